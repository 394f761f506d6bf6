/** From which probability it speaks, and the budget of false alarms that each threshold was set by. */
import { ALARM_LEVELS } from '@emberwatch/engine/detector';
import type { ReactNode } from 'react';
import { LevelName } from '../live/level.tsx';
import type { ModelBody } from '../wire.ts';

type Model = NonNullable<ModelBody['model']>;

export function ThresholdsPanel({ model }: { model: Model }): ReactNode {
  const rows = ALARM_LEVELS.flatMap((level) => {
    const threshold = model.thresholds[level];
    return threshold ? [{ level, ...threshold }] : [];
  });
  return (
    <section className="panel" aria-labelledby="thresholds-title">
      <h2 id="thresholds-title">From when it speaks</h2>
      <svg className="threshold-scale" viewBox="0 0 400 26" preserveAspectRatio="none" aria-hidden>
        {rows.map(({ level, probability }, i) => (
          <rect
            key={level}
            className={`scale-${level}`}
            x={400 * probability}
            y="4"
            width={400 * ((rows[i + 1]?.probability ?? 1) - probability)}
            height="14"
          />
        ))}
        <rect className="scale-frame" x="0.5" y="4.5" width="399" height="13" />
      </svg>
      <dl className="thresholds">
        {rows.map(({ level, probability, budget }) => (
          <div key={level}>
            <dt>
              <LevelName level={level} /> <b>from {probability.toFixed(2)}</b>
            </dt>
            <dd>{budget}</dd>
          </div>
        ))}
      </dl>
      <p className="note">
        A threshold must hold for some seconds before it counts. Critical by the model alone also needs two
        kinds of physics that carry it, or a surface beyond operation.
      </p>
    </section>
  );
}
