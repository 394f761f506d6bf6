/** Rows and values that were refused, each kind with its last value and what to do. */
import { type ReactNode, useState } from 'react';
import { documentHref } from '../documents/pages.ts';
import { countText, spanText } from '../ui/format.ts';
import { Scrolled } from '../ui/scrolled.tsx';
import type { RejectionRecord } from '../wire.ts';
import { reasonEntry } from './advice.ts';

interface RejectionsViewProps {
  readonly refusals: readonly RejectionRecord[];
  readonly nowMs: number;
  readonly startedMs: number | null;
}

const ALL = '';

export function RejectionsView({ refusals: rejections, nowMs, startedMs }: RejectionsViewProps): ReactNode {
  const [gateway, setGateway] = useState(ALL);
  const gateways = [...new Set(rejections.map(({ gatewayId }) => gatewayId))].sort();
  const listed = rejections
    .filter(({ gatewayId }) => gateway === ALL || gatewayId === gateway)
    .sort((a, b) => b.count - a.count);
  const since = startedMs === null ? '' : `, in ${spanText(nowMs - startedMs)} since the service started`;
  if (rejections.length === 0)
    return (
      <section className="panel">
        <h2>Nothing was refused{since}</h2>
        <p className="quiet">Every row and every value that arrived could be read.</p>
      </section>
    );
  return (
    <section className="panel" aria-labelledby="refused-title">
      <div className="panel-bar">
        <h2 id="refused-title">
          {countText(rejections.length, 'kind')} of refusal{since}
        </h2>
        {gateways.length > 1 && (
          <select value={gateway} aria-label="Gateway" onChange={({ target }) => setGateway(target.value)}>
            <option value={ALL}>All gateways</option>
            {gateways.map((id) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        )}
      </div>
      <p className="explanation">
        What cannot be read is never guessed: the value counts as missing, or the row is left out. A value of
        a row that is refused costs that value alone.{' '}
        <a className="doc-link" href={documentHref('telemetry', 'rejections')}>
          All reasons
        </a>
      </p>
      <Scrolled className="quality-table">
        <table aria-label="Refused rows and values">
          <thead>
            <tr>
              <th scope="col">Gateway</th>
              <th scope="col">Column</th>
              <th scope="col">Why</th>
              <th scope="col">Last value</th>
              <th scope="col" className="is-number">
                Count
              </th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {listed.map((rejected) => (
              <Row
                key={`${rejected.gatewayId} ${rejected.reason} ${rejected.column}`}
                refused={rejected}
                nowMs={nowMs}
              />
            ))}
          </tbody>
        </table>
      </Scrolled>
    </section>
  );
}

function Row({ refused: rejected, nowMs }: { refused: RejectionRecord; nowMs: number }): ReactNode {
  const { gatewayId, reason, column, count, lastMs, lastValue } = rejected;
  const { means, advice } = reasonEntry(reason);
  return (
    <tr>
      <th scope="row">{gatewayId}</th>
      <td>{column === null ? <span className="quiet">whole row</span> : <code>{column}</code>}</td>
      <td>
        {means}
        {advice && <span className="advice">{advice}</span>}
      </td>
      <td>{lastValue === null ? '–' : <code className="last-value">{lastValue}</code>}</td>
      <td className="is-number">{count.toLocaleString('en')}</td>
      <td className="quiet">{spanText(nowMs - lastMs)} ago</td>
    </tr>
  );
}
