/** Modules of one rack with the last value of each signal, or a hole where there is none. */
import { type ReactNode, useMemo, useState } from 'react';
import { naturalOrder } from '../live/names.ts';
import type { SiteView } from '../live/store.ts';
import { moduleHref } from '../module/link.ts';
import { quantity } from '../ui/format.ts';
import { hrefOf } from '../ui/route.ts';
import { Scrolled } from '../ui/scrolled.tsx';
import type { ModuleState, Signal } from '../wire.ts';
import { faultySignals, gapsOf, type RackCoverage, valueNow } from './coverage.ts';
import { SignalHeads } from './share-cell.tsx';

interface ModuleTableProps {
  readonly view: SiteView;
  readonly beat: number;
  /** Empty: modules without a rack. */
  readonly rackId: string;
  /** The whole site: what nobody delivers is no hole. */
  readonly whole: RackCoverage;
  readonly max: number;
}

export function ModuleTable({ view, beat, rackId, whole, max: first }: ModuleTableProps): ReactNode {
  const { moduleIndex, signals, sensorFaults } = view;
  const [max, setMax] = useState(first);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the roster is renewed in place
  const modules = useMemo(
    () =>
      [...moduleIndex.all()]
        .filter((module) => (module.rackId ?? '') === rackId)
        .sort((a, b) => naturalOrder(a.moduleId, b.moduleId)),
    [beat, rackId],
  );
  const faulty = useMemo(() => faultySignals(sensorFaults), [sensorFaults]);
  return (
    <section className="panel" aria-labelledby="rack-title">
      <div className="panel-bar">
        <h2 id="rack-title">What modules of {rackId || 'no rack'} deliver</h2>
        <a className="button" href={hrefOf('quality')}>
          All racks
        </a>
      </div>
      <Scrolled className="matrix">
        <table aria-label="Modules by signal">
          <SignalHeads signals={signals} first="Module" second="Delivers" />
          <tbody>
            {modules.slice(0, max).map((module) => (
              <Row
                key={module.moduleId}
                module={module}
                signals={signals}
                whole={whole}
                faulty={faulty.get(module.moduleId)}
              />
            ))}
          </tbody>
        </table>
      </Scrolled>
      {modules.length === 0 && <p className="quiet">No module is called to be in this rack.</p>}
      {modules.length > max && (
        <p className="panel-more">
          {(modules.length - max).toLocaleString('en')} more modules.{' '}
          <button type="button" className="link" onClick={() => setMax(max + first)}>
            Show more
          </button>
        </p>
      )}
    </section>
  );
}

interface RowProps {
  readonly module: ModuleState;
  readonly signals: readonly Signal[];
  readonly whole: RackCoverage;
  readonly faulty: ReadonlySet<string> | undefined;
}

function Row({ module, signals, whole, faulty }: RowProps): ReactNode {
  const { moduleId, isSilent } = module;
  return (
    <tr>
      <th scope="row">
        <a href={moduleHref(moduleId)}>{moduleId}</a>
      </th>
      <td title={gapsOf(module).join('; ')}>
        {isSilent ? <span className="hole-note">silent</span> : 'yes'}
      </td>
      {signals.map((signal, i) => {
        const value = valueNow(module, signal);
        const isFaulty = faulty?.has(signal.id);
        return (
          <td key={signal.id} className="signal">
            {value === null ? (
              <Missing isKnownHere={whole.delivered[i]! > 0} />
            ) : (
              quantity(value, signal.unit)
            )}
            {isFaulty && (
              <span className="share is-faulty" title="a sensor fault is open">
                ▲<span className="unseen"> sensor fault</span>
              </span>
            )}
          </td>
        );
      })}
    </tr>
  );
}

const Missing = ({ isKnownHere }: { isKnownHere: boolean }): ReactNode => (
  <span className={`share ${isKnownHere ? 'is-hole' : 'is-absent'}`} title="not delivered">
    {isKnownHere ? '○' : '–'}
    <span className="unseen"> not delivered</span>
  </span>
);
