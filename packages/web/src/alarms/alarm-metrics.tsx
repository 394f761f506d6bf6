import type { ReactNode } from 'react';
import { spanText } from '../ui/format.ts';
import type { AlarmMetrics } from '../wire.ts';
import { metricRows } from './metric-rows.ts';
import type { Polled } from './polling.ts';
import { KIND_WORD, sourceText } from './words.ts';

const SOURCES_SHOWN = 5;

/** Whether the alarms can be borne: counted by the service, at most over thirty days. */
export function Metrics({ polled: { body, problem } }: { polled: Polled<AlarmMetrics> }): ReactNode {
  return (
    <section className="panel alarm-figures" aria-labelledby="figures-title">
      <h2 id="figures-title">
        How many alarms
        {body?.sinceMs != null && <small>over {spanText(body.nowMs - body.sinceMs)}</small>}
      </h2>
      {problem !== null && <p className="wrong">Not known now: {problem}</p>}
      {body === null ? (
        problem === null && <p className="quiet">Asking the service…</p>
      ) : (
        <Table figures={body} />
      )}
    </section>
  );
}

function Table({ figures: metrics }: { figures: AlarmMetrics }): ReactNode {
  const top = metrics.topSources.slice(0, SOURCES_SHOWN);
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col">Now</th>
            <th scope="col">Target</th>
            <th scope="col">
              <span className="unseen">Within the target</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {metricRows(metrics).map(({ name, value, target, isWithin, source }) => (
            <tr key={name} className={isWithin === false ? 'is-above' : ''} title={source}>
              <th scope="row">{name}</th>
              <td>{value}</td>
              <td className="quiet">{target}</td>
              <td>{isWithin === null ? '' : isWithin ? <Sign text="met" /> : <Sign text="above" />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {top.length > 0 && (
        <>
          <h3>Most frequent</h3>
          <ol className="alarm-sources">
            {top.map(({ kind, source, alarms }) => (
              <li key={`${kind} ${source}`}>
                <span>{sourceText(source)}</span>
                <span className="quiet">{KIND_WORD[kind]}</span>
                <b>{alarms.toLocaleString('en')}</b>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

const Sign = ({ text }: { text: 'met' | 'above' }): ReactNode => (
  <span className={`figure-sign is-${text}`}>{text === 'met' ? '✓ met' : '▲ above'}</span>
);
