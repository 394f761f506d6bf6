/** What the detector held of the module, instant by instant, under the truth of it. */
import { LEVELS } from '@emberwatch/engine/detector';
import type { ReactNode } from 'react';
import { LEVEL_WORD } from '../live/level.tsx';
import { clockText } from './durations.ts';
import { LEFT_PX, RIGHT_PX } from './plot-area.ts';
import type { Span } from './span.ts';
import { stretchesOf, type Watched } from './watch.ts';

interface StripProps {
  readonly watched: Watched;
  readonly module: string;
  readonly endS: number;
  readonly span: Span;
}

export function LevelStrip({ watched, module, endS, span }: StripProps): ReactNode {
  const stretches = stretchesOf(watched, module, endS);
  const percent = (timeS: number): number =>
    100 * Math.min(Math.max((timeS - span.fromS) / (span.toS - span.fromS), 0), 1);
  return (
    <figure className="run-chart">
      <figcaption>
        <span>Detector {watched.model ? `with model ${watched.model}` : 'by its rules alone'}</span>
      </figcaption>
      <ol className="strip" style={{ marginInline: `${LEFT_PX}px ${RIGHT_PX}px` }}>
        {stretches.map(({ level, fromS, toS }) => {
          const [left, right] = [percent(fromS), percent(toS)];
          return (
            right > left && (
              <li
                key={fromS}
                className={`level-${level} rank-${LEVELS.indexOf(level)}`}
                style={{ left: `${left}%`, width: `${right - left}%` }}
                title={`${LEVEL_WORD[level]} from ${clockText(fromS)} to ${clockText(toS)}`}
              >
                <span>{right - left > 7 ? LEVEL_WORD[level] : ''}</span>
                <span className="unseen">
                  {LEVEL_WORD[level]} from {clockText(fromS)} to {clockText(toS)}
                </span>
              </li>
            )
          );
        })}
      </ol>
    </figure>
  );
}
