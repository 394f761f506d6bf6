/** How good the data are: what is delivered, what was refused, which sensors are ill, who delivers. */
import { type ReactNode, useEffect, useState } from 'react';
import { usePolling } from '../alarms/polling.ts';
import type { SiteView } from '../live/store.ts';
import { countText } from '../ui/format.ts';
import { Parts } from '../ui/parts.tsx';
import type { Gateway, HealthBody, RejectionRecord, UnknownField } from '../wire.ts';
import { CoverageView } from './coverage-view.tsx';
import { FaultsView } from './faults-view.tsx';
import { GatewaysView } from './gateways-view.tsx';
import { RejectionsView } from './rejections-view.tsx';
import { UnknownFieldsView } from './unknown-fields-view.tsx';
import '../style/documents.css';
import '../style/models.css';
import '../style/quality.css';

interface QualityProps {
  readonly view: SiteView;
  /** `refused`, `faults`, `gateways`; null: what is delivered. */
  readonly item: string | null;
  readonly parameters: URLSearchParams;
}

/** The site is counted through so often, however fast it speaks. */
const BEAT_MS = 2000;

/** In an address: modules without a rack. */
const NO_RACK = '-';

function useBeat(size: number): number {
  const [beat, setBeat] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: modules that come are counted at once
  useEffect(() => {
    setBeat((before) => before + 1);
    const timer = window.setInterval(() => setBeat((before) => before + 1), BEAT_MS);
    return () => window.clearInterval(timer);
  }, [size]);
  return beat;
}

export default function QualityPage({ view, item, parameters }: QualityProps): ReactNode {
  const isConnected = view.connection === 'connected';
  const beat = useBeat(view.moduleIndex.size);
  const rejected = usePolling<{ refusals: RejectionRecord[]; unknownFields: UnknownField[] }>(
    '/refusals',
    isConnected,
    item,
  );
  const gateways = usePolling<{ gateways: Gateway[] }>('/gateways', isConnected, item);
  const { body: health } = usePolling<HealthBody>('/health', isConnected, null);
  const openFaults = view.sensorFaults.filter(({ toMs }) => toMs === null).length;
  const nowMs = view.health?.nowMs ?? health?.nowMs ?? 0;
  const problem = rejected.problem ?? gateways.problem;
  const rack = parameters.get('rack');
  const rejections = rejected.body?.refusals ?? [];
  return (
    <main className="quality" id="quality" tabIndex={-1}>
      <div className="models-head">
        <h2>Data quality</h2>
        <Totals health={health} />
        <Parts
          view="quality"
          current={item}
          parts={[
            { item: null, text: 'Coverage' },
            { item: 'refused', text: `Refused (${sumOf(rejections).toLocaleString('en')})` },
            { item: 'faults', text: `Sensor faults (${openFaults.toLocaleString('en')})` },
            { item: 'gateways', text: `Gateways (${gateways.body?.gateways.length ?? '–'})` },
          ]}
        />
      </div>
      <UnmatchedSpaces health={health} />
      {health !== null && health.unknownFieldCount > 0 && item !== 'refused' && (
        <p className="wrong">
          {countText(health.unknownFieldCount, 'field')} that gateways deliver are not known and are ignored:
          see <a href="#/quality/refused">Refused</a>.
        </p>
      )}
      {problem !== null && <p className="wrong">{problem}</p>}
      {item === 'refused' ? (
        <>
          <UnknownFieldsView fields={rejected.body?.unknownFields ?? []} nowMs={nowMs} />
          <RejectionsView refusals={rejections} nowMs={nowMs} startedMs={health?.startedMs ?? null} />
        </>
      ) : item === 'faults' ? (
        <FaultsView
          moduleId={parameters.get('module') ?? ''}
          isConnected={isConnected}
          occasion={openFaults}
          clockMs={view.clockMs}
        />
      ) : item === 'gateways' ? (
        <GatewaysView
          view={view}
          beat={beat}
          gateways={gateways.body?.gateways ?? []}
          refusals={rejections}
          nowMs={nowMs}
          ofAnyModule={health?.gatewaysOfAnyModule ?? []}
          onDone={gateways.again}
        />
      ) : (
        <CoverageView key={rack} view={view} beat={beat} rackId={rack === NO_RACK ? '' : rack} />
      )}
    </main>
  );
}

const sumOf = (rejections: readonly RejectionRecord[]): number =>
  rejections.reduce((sum, { count }) => sum + count, 0);

const UnmatchedSpaces = ({ health }: { health: HealthBody | null }): ReactNode =>
  health?.spacesUnmatched.map(({ space, pattern }) => (
    <p className="wrong" key={`${space} ${pattern}`}>
      Air space {space}: no rack is called {pattern}. Racks that were meant by it share the air of all others;
      put the name right in site.spaces of the settings.
    </p>
  ));

function Totals({ health }: { health: HealthBody | null }): ReactNode {
  if (!health) return null;
  const { framesAccepted, framesLate, framesRepeated } = health;
  return (
    <span className="quiet">
      {framesAccepted.toLocaleString('en')} frames taken, {framesLate.toLocaleString('en')} late,{' '}
      {framesRepeated.toLocaleString('en')} repeated
    </span>
  );
}
