/** Names of the marks above the pictures, each at its instant; those that would cover each other stand in rows. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { clockText } from './durations.ts';
import type { Mark } from './marks.ts';
import { LEFT_PX, RIGHT_PX } from './run-chart.tsx';
import type { Span } from './span.ts';

const PX_PER_LETTER = 6.1;
const PAD_PX = 14;
const ROW_PX = 15;

interface RailProps {
  readonly marks: readonly Mark[];
  readonly span: Span;
  readonly onGoTo: (timeS: number) => void;
}

interface Flag {
  readonly mark: Mark;
  readonly xPx: number;
  /** To the left of its line, where it would leave the picture on the right. */
  readonly isLeft: boolean;
  readonly row: number;
}

/** Rows are filled from above; a flag takes the first in which it covers none. */
export function flagsOf(marks: readonly Mark[], span: Span, widthPx: number): Flag[] {
  const taken: (readonly [number, number])[][] = [];
  return marks
    .filter(({ timeS }) => timeS >= span.fromS && timeS <= span.toS)
    .map((mark) => {
      const xPx = (widthPx * (mark.timeS - span.fromS)) / (span.toS - span.fromS);
      const lengthPx = (mark.name.length + 8) * PX_PER_LETTER + PAD_PX;
      const isLeft = xPx + lengthPx > widthPx;
      const [fromPx, toPx] = isLeft ? [xPx - lengthPx, xPx] : [xPx, xPx + lengthPx];
      let row = 0;
      while (taken[row]?.some(([from, to]) => fromPx < to && toPx > from)) row++;
      (taken[row] ??= []).push([fromPx, toPx]);
      return { mark, xPx, isLeft, row };
    });
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
