/** Levels of a module over time, as a line of stretches. */
import type { ReactNode } from 'react';
import { LEVEL_WORD } from '../live/level.tsx';
import { useTimes } from '../ui/times.ts';
import type { Between } from './span.ts';
import type { Stretch } from './timeline.ts';

interface LevelLineProps {
  /** Whose line it is, for people who do not see it. */
  readonly label: string;
  readonly stretches: readonly Stretch[];
  readonly bounds: Between;
}

/** From so many percent of the width on there is room for the word. */
const WORD_FROM_PERCENT = 7;

export function LevelLine({ label, stretches, bounds }: LevelLineProps): ReactNode {
  const times = useTimes();
  const percent = (timeMs: number): number =>
    100 * Math.min(Math.max((timeMs - bounds.fromMs) / (bounds.toMs - bounds.fromMs), 0), 1);
  return (
    <ol className="level-line" aria-label={label}>
      {stretches.map(({ level, fromMs, toMs }) => {
        const [left, right] = [percent(fromMs), percent(toMs)];
        const text = `${LEVEL_WORD[level]} from ${times.instant(fromMs)} to ${times.instant(toMs)}`;
        return (
          <li
            key={fromMs}
            className={`level-${level}`}
            style={{ left: `${left}%`, width: `${right - left}%` }}
            title={text}
          >
            <span aria-hidden>{right - left > WORD_FROM_PERCENT ? LEVEL_WORD[level] : ''}</span>
            <span className="unseen">{text}</span>
          </li>
        );
      })}
    </ol>
  );
}
