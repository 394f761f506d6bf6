import type { ReactNode } from 'react';
import { documentHref } from '../documents/pages.ts';
import { LevelName } from '../live/level.tsx';
import { Scrolled } from '../ui/scrolled.tsx';
import type { ModelBody } from '../wire.ts';
import { type RuleRow, rulesOf } from './rules.ts';

const PHYSICS_TEXT = { thermal: 'heat', electrical: 'voltage', gas: 'gas' } as const;

/** Every row of the policy as it runs. */
export function RulesView({ model }: { model: ModelBody['model'] }): ReactNode {
  const rows = rulesOf(model?.thresholds ?? null);
  const heldBack = rows.filter(({ heldBackBelow }) => heldBackBelow !== null).map(({ id }) => id);
  return (
    <section className="panel" aria-labelledby="rules-title">
      <h2 id="rules-title">The rules</h2>
      <p className="explanation">
        Each row raises its level by itself, and no warning of a row is ever silenced by another. A figure
        that is missing neither raises nor clears. What the figures are, and when they are blind:{' '}
        <a className="doc-link" href={documentHref('features')}>
          figures
        </a>
        .
        {heldBack.length > 0 &&
          ` The model takes one thing away: while it can judge and stays below its critical threshold, ${heldBack.join(' and ')} remain a warning.`}
      </p>
      <Scrolled className="model-table">
        <table aria-label="Rows of the policy">
          <thead>
            <tr>
              <th scope="col">Level</th>
              <th scope="col">Rule</th>
              <th scope="col">Physics</th>
              <th scope="col">Raised by</th>
              <th scope="col">Held for</th>
              <th scope="col">Where it comes from</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      </Scrolled>
    </section>
  );
}

function Row({ row }: { row: RuleRow }): ReactNode {
  const { id, level, physics, condition, heldS, why, heldBackBelow, isOfModel } = row;
  return (
    <tr>
      <td>
        <LevelName level={level} />
      </td>
      <th scope="row">
        <code>{id}</code>
      </th>
      <td>{isOfModel ? 'model' : physics ? PHYSICS_TEXT[physics] : 'agreement'}</td>
      <td>
        {condition}
        {heldBackBelow !== null && (
          <span className="quiet">
            {' '}
            (a warning while the model says less than {heldBackBelow.toFixed(2)})
          </span>
        )}
      </td>
      <td className="is-number">{heldS === null ? '–' : `${heldS} s`}</td>
      <td className="quiet">{why}</td>
    </tr>
  );
}
