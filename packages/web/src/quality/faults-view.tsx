/** Sensor faults, open and past, by module and channel. */
import { SENSOR_FAULT_KINDS, type SensorFault, type SensorFaultKind } from '@emberwatch/engine/detector';
import { type ReactNode, useEffect, useState } from 'react';
import { moduleHref } from '../module/link.ts';
import { wordsOf } from '../session/request-error.ts';
import { useSession } from '../session/session.ts';
import { Choice } from '../ui/choice.tsx';
import { spanText } from '../ui/format.ts';
import { Scrolled } from '../ui/scrolled.tsx';
import { useTimes } from '../ui/times.ts';
import type { SensorFaultPage } from '../wire.ts';
import { FAULT_ADVICE } from './advice.ts';

const PAGE = 100;
/** So many are held; who looks for older ones narrows to a module. */
const MAX_HELD = 2000;

const SHOWN = [
  { value: 'open', text: 'Open' },
  { value: 'all', text: 'Open and past' },
] as const;

interface Held {
  readonly faults: readonly SensorFault[];
  readonly cursor: string | null;
  readonly problem: string | null;
}

interface FaultsViewProps {
  /** Module that is asked for; empty: all. */
  readonly moduleId: string;
  readonly isConnected: boolean;
  /** Asks anew when it changes. */
  readonly occasion: number;
  readonly clockMs: number | null;
}

function useFaults(isOpenOnly: boolean, moduleId: string, isConnected: boolean, occasion: number) {
  const session = useSession();
  const [held, setHeld] = useState<Held | null>(null);
  const ask = (cursor: string | null): Promise<SensorFaultPage | null> => {
    const query = new URLSearchParams({ limit: String(PAGE), openOnly: String(isOpenOnly) });
    if (moduleId) query.set('moduleId', moduleId);
    if (cursor) query.set('cursor', cursor);
    return session.request<SensorFaultPage>('GET', `/sensor-faults?${query}`);
  };
  const failed = (error: unknown): void =>
    setHeld((before) => ({ faults: [], cursor: null, ...before, problem: wordsOf(error) }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: `ask` is made of what stands here
  useEffect(() => {
    if (!isConnected) return;
    let isWanted = true;
    ask(null)
      .then((page) => {
        if (isWanted)
          setHeld({ faults: page?.sensorFaults ?? [], cursor: page?.cursor ?? null, problem: null });
      })
      .catch((error: unknown) => isWanted && failed(error));
    return () => {
      isWanted = false;
    };
  }, [session, isOpenOnly, moduleId, isConnected, occasion]);
  const more = (): void => {
    if (!held?.cursor) return;
    ask(held.cursor)
      .then((page) =>
        setHeld({
          faults: [...held.faults, ...(page?.sensorFaults ?? [])].slice(0, MAX_HELD),
          cursor: page?.cursor ?? null,
          problem: null,
        }),
      )
      .catch(failed);
  };
  return { held, more };
}

const ANY = '';

export function FaultsView({ moduleId, isConnected, occasion, clockMs }: FaultsViewProps): ReactNode {
  const [shown, setShown] = useState<'open' | 'all'>('open');
  const [name, setName] = useState(moduleId);
  const [kind, setKind] = useState<SensorFaultKind | typeof ANY>(ANY);
  const { held, more } = useFaults(shown === 'open', moduleId, isConnected, occasion);
  const wanted = name.trim().toLowerCase();
  const listed = (held?.faults ?? []).filter(
    (fault) =>
      (kind === ANY || fault.kind === kind) &&
      `${fault.moduleId} ${fault.channel}`.toLowerCase().includes(wanted),
  );
  return (
    <section className="panel" aria-labelledby="faults-title">
      <div className="panel-bar">
        <h2 id="faults-title">Sensor faults</h2>
        <Choice label="Which" options={SHOWN} value={shown} onChoose={setShown} />
        <input
          type="search"
          placeholder="Module or channel"
          aria-label="Module or channel"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <select
          value={kind}
          aria-label="Kind of fault"
          onChange={({ target }) => setKind(target.value as SensorFaultKind | typeof ANY)}
        >
          <option value={ANY}>Every kind</option>
          {(Object.keys(SENSOR_FAULT_KINDS) as SensorFaultKind[]).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </div>
      <p className="explanation">
        A sensor that is ill is named and taken out of the judgement: what it says raises no level alone, and
        what it hides is missing.
      </p>
      {held?.problem && <p className="wrong">{held.problem}</p>}
      {listed.length > 0 && <Table faults={listed} clockMs={clockMs} />}
      {held && listed.length === 0 && (
        <p className="quiet">{held.faults.length > 0 ? 'None of these matches.' : 'No sensor fault.'}</p>
      )}
      {held?.cursor && (
        <p className="panel-more">
          <button type="button" className="button" disabled={held.faults.length >= MAX_HELD} onClick={more}>
            Show older ones
          </button>
        </p>
      )}
    </section>
  );
}

function Table({ faults, clockMs }: { faults: readonly SensorFault[]; clockMs: number | null }): ReactNode {
  const times = useTimes();
  return (
    <Scrolled className="quality-table">
      <table aria-label="Sensor faults">
        <thead>
          <tr>
            <th scope="col">Module</th>
            <th scope="col">Channel</th>
            <th scope="col">What is wrong</th>
            <th scope="col">From</th>
            <th scope="col">For</th>
          </tr>
        </thead>
        <tbody>
          {faults.map(({ moduleId, channel, kind, text, fromMs, toMs }) => (
            <tr key={`${moduleId} ${channel} ${kind} ${fromMs}`}>
              <th scope="row">
                <a href={moduleHref(moduleId)}>{moduleId}</a>
              </th>
              <td>
                <code>{channel}</code>
              </td>
              <td>
                <span className="saying">{text}</span>
                {toMs === null && <span className="advice">{FAULT_ADVICE[kind]}</span>}
              </td>
              <td className="quiet">{times.short(fromMs, clockMs)}</td>
              <td>
                {toMs === null ? (
                  <b>{clockMs === null ? 'open' : `open, ${spanText(clockMs - fromMs)}`}</b>
                ) : (
                  spanText(toMs - fromMs)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}
