/** Any time of the past as it was known then, and what the model of today says of the same frames. */
import { MS_PER_H } from '@emberwatch/engine/units';
import { type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { isAlarm } from '../live/concern.ts';
import type { Roster } from '../live/roster.ts';
import type { SiteView } from '../live/store.ts';
import { modulesOf } from '../module/link.ts';
import { type Between, betweenOf } from '../module/span.ts';
import { wordsOf } from '../session/refusal.ts';
import { useSession } from '../session/session.ts';
import { SiteMap } from '../site/site-map.tsx';
import { replayHref } from '../ui/replay-link.ts';
import { replaceHash } from '../ui/route.ts';
import { EventList } from './event-list.tsx';
import { eventsOf } from './events.ts';
import { useJudging } from './judging.ts';
import { PastSite } from './past-site.ts';
import { LONGEST_MS, PeriodForm } from './period-form.tsx';
import { Playhead } from './playhead.ts';
import { type Told, toldOf } from './told.ts';
import { Transport } from './transport.tsx';
import { JudgingStatus, VerdictLines } from './verdict-lines.tsx';
import { verdictsOf } from './verdicts.ts';
import '../style/module.css';
import '../style/replay.css';

const FIRST_MS = MS_PER_H;
/** Modules that one export takes by name; a smaller site is judged again as a whole. */
const MOST_NAMED = 256;
const MOST_FOLLOWED = 8;
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
    const asked = betweenOf(parameters);
    return asked && { ...asked, fromMs: Math.max(asked.fromMs, asked.toMs - LONGEST_MS) };
  }, [parameters]);
  const chosen = useMemo(() => modulesOf(parameters, 'module'), [parameters]);
  const { clockMs } = view;
  useEffect(() => {
    if (!period && clockMs !== null) replaceHash(replayHref(clockMs - FIRST_MS, clockMs + 1));
  }, [period, clockMs]);
  if (!period || view.roster.size === 0)
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

interface ToldState {
  readonly told: Told | null;
  readonly problem: string | null;
}

function useTold(roster: Roster, { fromMs, toMs }: Between): ToldState {
  const session = useSession();
  const [state, setState] = useState<ToldState>({ told: null, problem: null });
  useEffect(() => {
    const stop = new AbortController();
    const moduleIds = [...roster.all()].map(({ moduleId }) => moduleId);
    toldOf(session, moduleIds, { fromMs, toMs }, stop.signal).then(
      (told) => setState({ told, problem: null }),
      (error) => stop.signal.aborted || setState({ told: null, problem: wordsOf(error) }),
    );
    return () => stop.abort();
  }, [session, roster, fromMs, toMs]);
  return state;
}

/** Of a large site the racks of what is looked at: siblings must be judged together. Null: all of it. */
function scopeOf(roster: Roster, wanted: readonly string[]): readonly string[] | null {
  if (roster.size <= MOST_NAMED) return null;
  const racks = new Set(wanted.map((id) => roster.get(id)?.rackId ?? `module ${id}`));
  return [...roster.all()]
    .filter(({ moduleId, rackId }) => racks.has(rackId ?? `module ${moduleId}`))
    .map(({ moduleId }) => moduleId)
    .slice(0, MOST_NAMED);
}

interface ReplayProps {
  readonly view: SiteView;
  readonly period: Between;
  readonly chosen: readonly string[];
  readonly atMs: number;
}

const NOT_TOLD: Told = { levels: new Map(), changes: [], alarms: [], isCut: false };

function Replay({ view, period, chosen, atMs }: ReplayProps): ReactNode {
  const { roster } = view;
  const { told, problem } = useTold(roster, period);
  const playhead = useRef<Playhead | null>(null);
  playhead.current ??= new Playhead(period, atMs);
  const head = playhead.current;
  useEffect(() => head.pause, [head]);
  const events = useMemo(() => eventsOf(told ?? NOT_TOLD), [told]);
  const wanted = useMemo(
    () => [
      ...new Set([...chosen, ...events.filter(({ to }) => isAlarm(to)).map(({ moduleId }) => moduleId)]),
    ],
    [chosen, events],
  );
  const scope = useMemo(() => scopeOf(roster, wanted), [roster, wanted]);
  const isReady = told !== null && (scope === null || scope.length > 0);
  const judging = useJudging(period, scope, wanted.slice(0, MOST_FOLLOWED), isReady);
  const judgement = judging.state.step === 'judged' ? judging.state.judgement : null;
  const verdicts = useMemo(
    () => verdictsOf(told ?? NOT_TOLD, judgement, period, chosen),
    [told, judgement, period, chosen],
  );
  const scopeText =
    scope && `Judged were the ${scope.length} modules of their racks: gas in other racks is not compared.`;
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
          {told && <PastMap told={told} roster={roster} playhead={head} values={judgement?.values ?? null} />}
          <section className="panel past-verdicts" aria-labelledby="verdicts-title">
            <h2 id="verdicts-title">What was told then, and what the model of today says</h2>
            {told && scope?.length === 0 ? (
              <p className="quiet">
                The site is too large to be judged again as a whole, and nothing was in alarm. Open the replay
                from a module to judge its rack.
              </p>
            ) : (
              <JudgingStatus
                judging={judging}
                verdicts={verdicts}
                alarms={told?.alarms ?? []}
                period={period}
                scopeText={scopeText}
              />
            )}
            {told && (
              <VerdictLines verdicts={verdicts} judgement={judgement} period={period} playhead={head} />
            )}
          </section>
        </div>
        <EventList events={events} isCut={told?.isCut ?? false} playhead={head} />
      </div>
    </main>
  );
}

interface PastMapProps {
  readonly told: Told;
  readonly roster: Roster;
  readonly playhead: Playhead;
  readonly values: Parameters<PastSite['setValues']>[0] | null;
}

/** The map of the site, moved by the playhead. */
function PastMap({ told, roster, playhead, values }: PastMapProps): ReactNode {
  const site = useMemo(() => {
    const racks = new Map([...roster.all()].map(({ moduleId, rackId }) => [moduleId, rackId]));
    return new PastSite(told, racks, playhead.period.fromMs);
  }, [told, roster, playhead]);
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
  const chosen = selected === null ? undefined : site.roster.get(selected);
  return (
    <>
      <SiteMap
        store={site}
        roster={site.roster}
        retired={NONE_RETIRED}
        selected={selected}
        rackId={rackId}
        isFew={site.roster.size <= FEW_MODULES}
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
