/** Any time of the past as it was known then, and what the model of today says of the same frames. */
import { MS_PER_H } from '@emberwatch/engine/units';
import { type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ModuleIndex } from '../live/module-index.ts';
import { isAlarm } from '../live/severity.ts';
import type { SiteView } from '../live/store.ts';
import { modulesOf } from '../module/link.ts';
import { type Between, betweenOf } from '../module/span.ts';
import { wordsOf } from '../session/request-error.ts';
import { useSession } from '../session/session.ts';
import { SiteMap } from '../site/site-map.tsx';
import { replayHref } from '../ui/replay-link.ts';
import { replaceHash } from '../ui/route.ts';
import { useEvaluation } from './evaluation.ts';
import { EventList } from './event-list.tsx';
import { eventsOf } from './events.ts';
import { PastSite } from './past-site.ts';
import { LONGEST_MS, PeriodForm } from './period-form.tsx';
import { Playhead } from './playhead.ts';
import { type RecordedHistory, recordedHistoryOf } from './recorded-history.ts';
import { Transport } from './transport.tsx';
import { EvaluationStatus, VerdictLines } from './verdict-lines.tsx';
import { verdictsOf } from './verdicts.ts';
import '../style/module.css';
import '../style/replay.css';

const FIRST_MS = MS_PER_H;
/** Modules that one export takes by name; a smaller site is judged again as a whole. */
const MAX_NAMED = 256;
const MAX_FOLLOWED = 8;
const FEW_MODULES = 4;
/** Retiring is of now: the past shows what was delivered then. */
const NONE_RETIRED: readonly never[] = [];

interface ReplayPageProps {
  readonly view: SiteView;
  readonly parameters: URLSearchParams;
}

/** Without a time in the address: the last hour. */
export default function ReplayPage({ view, parameters }: ReplayPageProps): ReactNode {
  const period = useMemo(() => {
    const requested = betweenOf(parameters);
    return requested && { ...requested, fromMs: Math.max(requested.fromMs, requested.toMs - LONGEST_MS) };
  }, [parameters]);
  const chosen = useMemo(() => modulesOf(parameters, 'module'), [parameters]);
  const { clockMs } = view;
  useEffect(() => {
    if (!period && clockMs !== null) replaceHash(replayHref(clockMs - FIRST_MS, clockMs + 1));
  }, [period, clockMs]);
  if (!period || view.moduleIndex.size === 0)
    return (
      <main className="empty" id="replay" tabIndex={-1}>
        <p className="quiet">Waiting for the site…</p>
      </main>
    );
  const { fromMs, toMs } = period;
  return (
    <Replay
      key={`${fromMs} ${toMs} ${parameters.get('module')}`}
      view={view}
      period={period}
      chosen={chosen}
      atMs={Number(parameters.get('at')) || fromMs}
    />
  );
}

interface RecordedHistoryState {
  readonly recorded: RecordedHistory | null;
  readonly problem: string | null;
}

function useRecordedHistory(moduleIndex: ModuleIndex, { fromMs, toMs }: Between): RecordedHistoryState {
  const session = useSession();
  const [state, setState] = useState<RecordedHistoryState>({ recorded: null, problem: null });
  useEffect(() => {
    const stop = new AbortController();
    const moduleIds = [...moduleIndex.all()].map(({ moduleId }) => moduleId);
    recordedHistoryOf(session, moduleIds, { fromMs, toMs }, stop.signal).then(
      (recorded) => setState({ recorded, problem: null }),
      (error) => stop.signal.aborted || setState({ recorded: null, problem: wordsOf(error) }),
    );
    return () => stop.abort();
  }, [session, moduleIndex, fromMs, toMs]);
  return state;
}

/** Of a large site the racks of what is looked at: siblings must be judged together. Null: all of it. */
function scopeOf(moduleIndex: ModuleIndex, wanted: readonly string[]): readonly string[] | null {
  if (moduleIndex.size <= MAX_NAMED) return null;
  const racks = new Set(wanted.map((id) => moduleIndex.get(id)?.rackId ?? `module ${id}`));
  return [...moduleIndex.all()]
    .filter(({ moduleId, rackId }) => racks.has(rackId ?? `module ${moduleId}`))
    .map(({ moduleId }) => moduleId)
    .slice(0, MAX_NAMED);
}

interface ReplayProps {
  readonly view: SiteView;
  readonly period: Between;
  readonly chosen: readonly string[];
  readonly atMs: number;
}

const NOTHING_RECORDED: RecordedHistory = { levels: new Map(), changes: [], alarms: [], isCut: false };

const scopeTextOf = (scope: readonly string[] | null): string | null =>
  scope && `Judged were the ${scope.length} modules of their racks: gas in other racks is not compared.`;

function Replay({ view, period, chosen, atMs }: ReplayProps): ReactNode {
  const { moduleIndex } = view;
  const { recorded, problem } = useRecordedHistory(moduleIndex, period);
  const playhead = useRef<Playhead | null>(null);
  playhead.current ??= new Playhead(period, atMs);
  const head = playhead.current;
  useEffect(() => head.pause, [head]);
  const events = useMemo(() => eventsOf(recorded ?? NOTHING_RECORDED), [recorded]);
  const wanted = useMemo(
    () => [
      ...new Set([...chosen, ...events.filter(({ to }) => isAlarm(to)).map(({ moduleId }) => moduleId)]),
    ],
    [chosen, events],
  );
  const scope = useMemo(() => scopeOf(moduleIndex, wanted), [moduleIndex, wanted]);
  const isReady = recorded !== null && (scope === null || scope.length > 0);
  const evaluating = useEvaluation(period, scope, wanted.slice(0, MAX_FOLLOWED), isReady);
  const evaluation = evaluating.state.step === 'judged' ? evaluating.state.evaluation : null;
  const verdicts = useMemo(
    () => verdictsOf(recorded ?? NOTHING_RECORDED, evaluation, period, chosen),
    [recorded, evaluation, period, chosen],
  );
  const values = evaluation?.values ?? null;
  return (
    <main className="replay" id="replay" tabIndex={-1} aria-labelledby="replay-title">
      <div className="replay-head">
        <h2 id="replay-title">Replay</h2>
        <PeriodForm
          period={period}
          onChoose={({ fromMs, toMs }) => replaceHash(replayHref(fromMs, toMs, chosen))}
        />
      </div>
      {problem && (
        <p className="wrong" role="alert">
          What was told then could not be loaded: {problem}
        </p>
      )}
      <Transport playhead={head} events={events} />
      <div className="replay-body">
        <div className="replay-main">
          {recorded && (
            <PastMap recorded={recorded} moduleIndex={moduleIndex} playhead={head} values={values} />
          )}
          <section className="panel past-verdicts" aria-labelledby="verdicts-title">
            <h2 id="verdicts-title">What was told then, and what the model of today says</h2>
            {recorded && scope?.length === 0 ? (
              <p className="quiet">
                The site is too large to be judged again as a whole, and nothing was in alarm. Open the replay
                from a module to judge its rack.
              </p>
            ) : (
              <EvaluationStatus
                evaluating={evaluating}
                verdicts={verdicts}
                alarms={recorded?.alarms ?? []}
                period={period}
                scopeText={scopeTextOf(scope)}
              />
            )}
            {recorded && (
              <VerdictLines verdicts={verdicts} evaluation={evaluation} period={period} playhead={head} />
            )}
          </section>
        </div>
        <EventList events={events} isCut={recorded?.isCut ?? false} playhead={head} />
      </div>
    </main>
  );
}

interface PastMapProps {
  readonly recorded: RecordedHistory;
  readonly moduleIndex: ModuleIndex;
  readonly playhead: Playhead;
  readonly values: Parameters<PastSite['setValues']>[0] | null;
}

/** The map of the site, moved by the playhead. */
function PastMap({ recorded, moduleIndex, playhead, values }: PastMapProps): ReactNode {
  const site = useMemo(() => {
    const racks = new Map([...moduleIndex.all()].map(({ moduleId, rackId }) => [moduleId, rackId]));
    return new PastSite(recorded, racks, playhead.period.fromMs);
  }, [recorded, moduleIndex, playhead]);
  useSyncExternalStore(site.onModules, site.version);
  useEffect(() => {
    const move = (): void => site.moveTo(playhead.current().timeMs);
    move();
    return playhead.subscribe(move);
  }, [site, playhead]);
  useEffect(() => {
    if (values) site.setValues(values);
  }, [site, values]);
  const [selected, setSelected] = useState<string | null>(null);
  const [rackId, setRackId] = useState<string | null>(null);
  const chosen = selected === null ? undefined : site.moduleIndex.get(selected);
  return (
    <>
      <SiteMap
        store={site}
        moduleIndex={site.moduleIndex}
        retired={NONE_RETIRED}
        selected={selected}
        rackId={rackId}
        isFew={site.moduleIndex.size <= FEW_MODULES}
        onSelect={setSelected}
        onZoom={setRackId}
      />
      {chosen && (
        <p className="past-chosen" role="status">
          <strong>{chosen.moduleId}</strong> {chosen.reasons[0]?.text ?? 'No reason was told in this time.'}
        </p>
      )}
    </>
  );
}
