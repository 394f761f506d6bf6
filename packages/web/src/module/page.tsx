/** One module: everything it measured, over any time, and what was made of it. */
import { CHANNELS } from '@emberwatch/engine/telemetry';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { hrefOf, replaceHash } from '../frame/route.ts';
import { timesIn, useTimes } from '../frame/times.ts';
import { naturalOrder } from '../live/names.ts';
import type { SiteStore, SiteView } from '../live/store.ts';
import { Compare, SpanBar, tierText } from './bar.tsx';
import { CellStrips } from './cell-strip.tsx';
import { columnsFor } from './columns.ts';
import { type Happenings, useHappenings } from './happenings.ts';
import { type HistoryState, useHistories } from './history.ts';
import { LevelLine } from './level-line.tsx';
import { limitsOf } from './limits.ts';
import { moduleHref, modulesOf } from './link.ts';
import { Panel, type PanelFrame } from './panel.tsx';
import { COMPARED_COLOURS } from './panel-options.ts';
import { csvOf } from './sheet.ts';
import { MOST_SIBLINGS, type Siblings, useSiblings } from './siblings.ts';
import { Side } from './side.tsx';
import { type Between, type Span, spanOf } from './span.ts';
import { pictureOf, saveFile } from './take-away.ts';
import { stretchesOf } from './timeline.ts';
import '../style/module.css';

interface ModulePageProps {
  readonly view: SiteView;
  readonly store: SiteStore;
  readonly moduleId: string;
  readonly parameters: URLSearchParams;
}

/** Spans that a double click or `Back` leads back through. */
const MOST_SPANS = 20;
const UTC = timesIn('UTC');

/** Which time is shown stands in the address; where one came from is remembered while the view is open. */
function useSpan(moduleId: string, span: Span, compared: readonly string[]) {
  const [before, setBefore] = useState<readonly Span[]>([]);
  const show = (next: Span, others = compared): void => replaceHash(moduleHref(moduleId, next, others));
  const onSpan = (next: Span): void => {
    setBefore((spans) => [...spans.slice(1 - MOST_SPANS), span]);
    show(next);
  };
  const onBack = (): void => {
    const last = before.at(-1);
    if (!last) return;
    setBefore(before.slice(0, -1));
    show(last);
  };
  const onCompare = (others: readonly string[]): void => show(span, others);
  return { onSpan, onBack, onCompare, canGoBack: before.length > 0 };
}

interface PanelsProps {
  readonly moduleId: string;
  readonly state: HistoryState;
  readonly siblings: Siblings | null;
  readonly happenings: Happenings;
  readonly frame: PanelFrame;
}

function Panels({ moduleId, state, siblings, happenings, frame }: PanelsProps): ReactNode {
  const { shown } = state;
  const { bounds } = frame;
  const panels = useMemo(() => {
    const [own] = shown?.histories ?? [];
    if (!shown || !own) return [];
    const lateMs = own.late.map((at) => own.timesMs[at]!);
    const moduleV = own.series.find(({ id }) => id === 'voltage_v')?.mean.findLast((v) => v !== null) ?? null;
    return CHANNELS.filter(({ id }) =>
      shown.histories.some(({ series }) => series.some((one) => one.id === id)),
    ).map(({ id, label, unit }) => ({
      id,
      label,
      unit,
      columns: columnsFor(id, shown.histories, siblings),
      marks: {
        changes: happenings.changes,
        faults: happenings.faults.filter(({ channel }) => channel === id),
        limits: limitsOf(id, moduleV),
        lateMs,
      },
    }));
  }, [shown, siblings, happenings]);
  const stretches = useMemo(() => {
    const within = happenings.changes.filter(({ timeMs }) => timeMs < bounds.toMs);
    return stretchesOf(
      happenings.first,
      within,
      Math.min(within[0]?.timeMs ?? bounds.fromMs, bounds.fromMs),
      bounds.toMs,
    )
      .filter(({ toMs }) => toMs > bounds.fromMs)
      .map((stretch) => ({ ...stretch, fromMs: Math.max(stretch.fromMs, bounds.fromMs) }));
  }, [happenings, bounds]);
  return (
    <>
      <div className="module-levels">
        <LevelLine label={`Levels of ${moduleId}`} stretches={stretches} bounds={bounds} />
      </div>
      <CellStrips moduleId={moduleId} bounds={bounds} />
      {panels.length === 0 ? (
        <p className="quiet">Nothing of it is stored for this time.</p>
      ) : (
        <div className="module-panels">
          {panels.map(({ id, label, unit, columns, marks }) => (
            <Panel
              key={id}
              channelId={id}
              label={label}
              unit={unit}
              columns={columns}
              marks={marks}
              frame={frame}
            />
          ))}
        </div>
      )}
    </>
  );
}

interface ActionsProps {
  readonly moduleId: string;
  readonly state: HistoryState;
  readonly charts: ReadonlyMap<string, uPlot>;
}

function Actions({ moduleId, state, charts }: ActionsProps): ReactNode {
  const times = useTimes();
  const { shown } = state;
  const nameOf = ({ fromMs, toMs }: Between): string =>
    `${moduleId.replace(/[^\w.-]+/g, '_')}-${new Date(fromMs).toISOString()}-${new Date(toMs).toISOString()}`.replaceAll(
      ':',
      '',
    );
  const savePicture = async (): Promise<void> => {
    if (!shown) return;
    const { fromMs, toMs } = shown.bounds;
    const panels = CHANNELS.flatMap(({ id, label, unit }) => {
      const chart = charts.get(id);
      return chart ? [{ caption: `${label} (${unit})`, chart }] : [];
    });
    const note = `${times.instant(fromMs)} to ${times.instant(toMs)}; ${tierText(shown)}`;
    const picture = await pictureOf({ title: moduleId, note, panels });
    if (picture) saveFile(`${nameOf(shown.bounds)}.png`, picture);
  };
  return (
    <span className="module-actions">
      <button
        type="button"
        className="button"
        disabled={!shown}
        onClick={() =>
          shown &&
          saveFile(`${nameOf(shown.bounds)}.csv`, new Blob([csvOf(shown.histories)], { type: 'text/csv' }))
        }
      >
        Save as CSV
      </button>
      <button type="button" className="button" disabled={!shown} onClick={savePicture}>
        Save as PNG
      </button>
    </span>
  );
}

function siblingIdsOf({ roster }: SiteView, moduleId: string, rackId: string | null | undefined): string[] {
  if (!rackId) return [];
  return [...roster.all()]
    .filter((other) => other.rackId === rackId && other.moduleId !== moduleId)
    .map((other) => other.moduleId)
    .sort(naturalOrder);
}

export default function ModulePage({ view, store, moduleId, parameters }: ModulePageProps): ReactNode {
  const module = view.roster.get(moduleId);
  const span = useMemo(() => spanOf(parameters), [parameters]);
  const compared = modulesOf(parameters, 'with').slice(0, COMPARED_COLOURS.length);
  const { onSpan, onBack, onCompare, canGoBack } = useSpan(moduleId, span, compared);
  const isConnected = view.connection === 'connected';
  const clock = useCallback(() => store.current().clockMs, [store]);
  const state = useHistories([moduleId, ...compared], span, clock, isConnected);
  const happenings = useHappenings(moduleId, span, view);
  const siblingIds = siblingIdsOf(view, moduleId, module?.rackId);
  // What was chosen is shown at once, with what is there of it; the rest follows.
  const bounds = span.kind === 'between' ? span : (state.shown?.bounds ?? null);
  const siblings = useSiblings(siblingIds, bounds);
  // What is asked for is drawn once it is there.
  const drawn = state.shown?.histories.slice(1).map((one) => one.moduleId) ?? [];
  const charts = useRef(new Map<string, uPlot>()).current;
  const readout = useRef<HTMLSpanElement>(null);
  const times = useTimes();
  const onPoint = (timeMs: number | null): void => {
    if (!readout.current) return;
    const utc = times.zone === 'UTC' || timeMs === null ? '' : ` · ${UTC.instant(timeMs)}`;
    readout.current.textContent = timeMs === null ? '' : `${times.instant(timeMs)}${utc}`;
  };
  const onZoom = (fromMs: number, toMs: number): void => onSpan({ kind: 'between', fromMs, toMs });
  const several =
    siblingIds.length > MOST_SIBLINGS ? `${MOST_SIBLINGS} of ${siblingIds.length}` : siblingIds.length;
  return (
    <main className="module-view" id="module" tabIndex={-1} aria-labelledby="module-title">
      <div className="module-head">
        <a href={hrefOf('site', { module: moduleId })}>← Site</a>
        <h2 id="module-title">{moduleId}</h2>
        {module?.rackId && (
          <span className="quiet">
            {module.rackId}
            {siblings && `; dashed and grey: median and range of ${several} others in it`}
          </span>
        )}
        <Compare moduleId={moduleId} compared={compared} roster={view.roster} onCompare={onCompare} />
        <Actions moduleId={moduleId} state={state} charts={charts} />
      </div>
      <SpanBar
        span={span}
        bounds={bounds}
        shown={state.shown}
        canGoBack={canGoBack}
        onSpan={onSpan}
        onBack={onBack}
      />
      <div className="module-body">
        <Side
          moduleId={moduleId}
          module={module}
          view={view}
          happenings={happenings}
          bounds={bounds}
          onZoom={onZoom}
        />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section className="panel module-trends" aria-label="Trends" tabIndex={0}>
          <p className="pointed-time">
            <span ref={readout} />
          </p>
          {state.problem && (
            <p className="wrong" role="alert">
              The history could not be loaded: {state.problem}
            </p>
          )}
          {bounds ? (
            <Panels
              moduleId={moduleId}
              state={state}
              siblings={siblings}
              happenings={happenings}
              frame={{ bounds, compared: drawn, onZoom, onBack, onPoint, charts }}
            />
          ) : (
            !state.problem && <p className="quiet">Loading…</p>
          )}
        </section>
      </div>
    </main>
  );
}
