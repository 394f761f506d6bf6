/** Names of the marks above the pictures, each at its instant; those that would cover each other stand in rows. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { clockText } from './durations.ts';
import { flagsOf, type Mark } from './marks.ts';
import { LEFT_PX, RIGHT_PX } from './plot-area.ts';
import type { Span } from './span.ts';

const ROW_PX = 15;

interface RailProps {
  readonly marks: readonly Mark[];
  readonly span: Span;
  readonly onGoTo: (timeS: number) => void;
}

export function MarkRail({ marks, span, onGoTo }: RailProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [widthPx, setWidthPx] = useState(600);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidthPx(element.clientWidth - LEFT_PX - RIGHT_PX));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const flags = flagsOf(marks, span, widthPx);
  const rows = Math.max(0, ...flags.map(({ row }) => row)) + 1;
  return (
    <div className="rail" ref={box} style={{ height: rows * ROW_PX + 2 }}>
      {flags.map(({ mark, xPx, isLeft, row }) => (
        <button
          key={mark.id}
          type="button"
          className={`flag ${isLeft ? 'is-left' : ''}`}
          style={{
            left: LEFT_PX + xPx,
            top: row * ROW_PX,
            borderColor: `var(${mark.colour})`,
          }}
          onClick={() => onGoTo(mark.timeS)}
        >
          {mark.name} <b>{clockText(mark.timeS)}</b>
        </button>
      ))}
    </div>
  );
}
