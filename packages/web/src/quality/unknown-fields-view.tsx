/** Fields that are delivered and that nobody knows: what they hold is not evaluated. */
import type { ReactNode } from 'react';
import { documentHref } from '../documents/pages.ts';
import { countText, spanText } from '../ui/format.ts';
import { Scrolled } from '../ui/scrolled.tsx';
import type { UnknownField } from '../wire.ts';

interface UnknownFieldsProps {
  readonly fields: readonly UnknownField[];
  readonly nowMs: number;
}

export function UnknownFieldsView({ fields, nowMs }: UnknownFieldsProps): ReactNode {
  if (fields.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="unknown-fields-title">
      <h2 id="unknown-fields-title">{countText(fields.length, 'field')} not known, so ignored</h2>
      <p className="explanation">
        What they hold is not evaluated, be it a temperature. Correct the name at the gateway; a field that is
        delivered on purpose belongs in <code>ignoreFields</code> of the settings.{' '}
        <a className="doc-link" href={documentHref('telemetry')}>
          Names of channels
        </a>
      </p>
      <Scrolled className="quality-table">
        <table aria-label="Fields that are not known">
          <thead>
            <tr>
              <th scope="col">Gateway</th>
              <th scope="col">Field</th>
              <th scope="col">Did you mean</th>
              <th scope="col" className="is-number">
                Deliveries
              </th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(({ gatewayId, field, didYouMean, deliveries, lastMs }) => (
              <tr key={`${gatewayId} ${field}`}>
                <th scope="row">{gatewayId}</th>
                <td>
                  <code>{field}</code>
                </td>
                <td>{didYouMean === null ? '–' : <code>{didYouMean}</code>}</td>
                <td className="is-number">{deliveries.toLocaleString('en')}</td>
                <td className="quiet">{spanText(nowMs - lastMs)} ago</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </section>
  );
}
