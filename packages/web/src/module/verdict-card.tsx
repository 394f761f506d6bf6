/** What is held of a module, in words: its level and why, and what the model says. */
import type { ReactNode } from 'react';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import { distinctReasons } from '../live/reasons.ts';
import { spanText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { ModuleState } from '../wire.ts';

export function Verdict({ module, clockMs }: { module: ModuleState; clockMs: number | null }): ReactNode {
  const times = useTimes();
  const { level, sinceMs, reasons, lastKnownLevel } = module;
  return (
    <>
      <div className={`verdict level-${level}`}>
        <LevelMark level={level} />
        <strong>{LEVEL_WORD[level]}</strong>
        <span>
          since {times.short(sinceMs, clockMs)}
          {clockMs !== null && `, ${spanText(clockMs - sinceMs)}`}
        </span>
        {level === 'unknown' && lastKnownLevel && <span>last known: {LEVEL_WORD[lastKnownLevel]}</span>}
      </div>
      {reasons.length > 0 && (
        <ul className="reasons">
          {distinctReasons(reasons).map((reason) => (
            <li key={reason.rule}>{reason.text}</li>
          ))}
        </ul>
      )}
    </>
  );
}

const percentText = (share: number): string =>
  share > 0 && share < 0.001 ? '< 0.1 %' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** What the model holds of it; nothing without a model, or while the data cannot be believed. */
export function Hazard({ module }: { module: ModuleState }): ReactNode {
  const { hazardProbability, timeToPnr, drivers, level } = module;
  if (hazardProbability === null) return null;
  return (
    <section>
      <h3>Model</h3>
      <dl className="figures">
        <div>
          <dt>Probability of hazard</dt>
          <dd>{percentText(hazardProbability)}</dd>
        </div>
        {timeToPnr && (
          <div>
            <dt>Point of no return in</dt>
            <dd>
              {spanText(1000 * timeToPnr.medianS)}{' '}
              <span className="quiet">
                ({spanText(1000 * timeToPnr.lowS)} to {spanText(1000 * timeToPnr.highS)})
              </span>
            </dd>
          </div>
        )}
      </dl>
      {level === 'critical' && drivers?.length === 0 && (
        <p className="quiet">
          It knows only what comes before a point of no return. A low figure beside a critical alarm is no
          sign that the danger is over.
        </p>
      )}
      {drivers && drivers.length > 0 && (
        <ul className="plain">
          {drivers.map(({ label, value, digits, unit, share }) => (
            <li key={label}>
              {label}{' '}
              {value === null ? 'not measured' : `${value.toFixed(digits).replace('-', '−')} ${unit}`.trim()}{' '}
              <span className="quiet">{percentText(share)} of what raised it</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
