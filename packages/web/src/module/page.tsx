/** One module: everything it measured, over any time, and what was made of it. */
import { type ReactNode, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { naturalOrder } from '../live/names.ts';
import type { SiteStore, SiteView } from '../live/store.ts';
import { hrefOf, replaceHash } from '../ui/route.ts';
import { timesIn, useTimes } from '../ui/times.ts';
import { Actions } from './actions.tsx';
import { Compare, SpanBar } from './bar.tsx';
import { useHappenings } from './events.ts';
import { useHistories } from './history.ts';
import { moduleHref, modulesOf } from './link.ts';
import { COMPARED_COLOURS } from './panel-options.ts';
import { Panels } from './panels.tsx';
import { MAX_SIBLINGS, useSiblings } from './siblings.ts';
import { Side } from './side.tsx';
import { type Span, spanOf } from './span.ts';
import '../style/module.css';

interface ModulePageProps {
  readonly view: SiteView;
  readonly store: SiteStore;
  readonly moduleId: string;
  readonly parameters: URLSearchParams;
}

/** Spans that a double click or `Back` leads back through. */
const MAX_SPANS = 20;
const UTC = timesIn('UTC');

/** Which time is shown stands in the address; where one came from is remembered while the view is open. */
function useSpan(moduleId: string, span: Span, compared: readonly string[]) {
  const [before, setBefore] = useState<readonly Span[]>([]);
  const show = (next: Span, others = compared): void => replaceHash(moduleHref(moduleId, next, others));
  const onSpan = (next: Span): void => {
    setBefore((spans) => [...spans.slice(1 - MAX_SPANS), span]);
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

function siblingIdsOf(
  { moduleIndex }: SiteView,
  moduleId: string,
  rackId: string | null | undefined,
): string[] {
  if (!rackId) return [];
  return [...moduleIndex.all()]
    .filter((other) => other.rackId === rackId && other.moduleId !== moduleId)
    .map((other) => other.moduleId)
    .sort(naturalOrder);
}

/** A module whose frames are ahead of all others is followed by its own clock. */
function latestMs({ clockMs, moduleIndex }: SiteView, moduleId: string): number | null {
  const ownMs = moduleIndex.get(moduleId)?.timeMs ?? null;
  return ownMs === null || clockMs === null ? clockMs : Math.max(ownMs, clockMs);
}

const othersText = (count: number): string =>
  `${count > MAX_SIBLINGS ? `${MAX_SIBLINGS} of ${count}` : count} others in it`;

/** The instant under the pointer, past React; where the page shows times of the site, also in UTC. */
function useReadout() {
  const readout = useRef<HTMLSpanElement>(null);
  const times = useTimes();
  const onPoint = (timeMs: number | null): void => {
    if (!readout.current) return;
    const utc = times.zone === 'UTC' || timeMs === null ? '' : ` · ${UTC.instant(timeMs)}`;
    readout.current.textContent = timeMs === null ? '' : `${times.instant(timeMs)}${utc}`;
  };
  return { readout, onPoint };
}

export default function ModulePage({ view, store, moduleId, parameters }: ModulePageProps): ReactNode {
  const { moduleIndex } = view;
  const module = moduleIndex.get(moduleId);
  const span = useMemo(() => spanOf(parameters), [parameters]);
  const compared = modulesOf(parameters, 'with').slice(0, COMPARED_COLOURS.length);
  const { onCompare, ...moves } = useSpan(moduleId, span, compared);
  const { onSpan, onBack } = moves;
  const clock = (): number | null => latestMs(store.current(), moduleId);
  const state = useHistories([moduleId, ...compared], span, clock, view.connection === 'connected');
  const happenings = useHappenings(moduleId, span, view);
  const siblingIds = siblingIdsOf(view, moduleId, module?.rackId);
  // What was chosen is shown at once, with what is there of it; the rest follows.
  const bounds = span.kind === 'between' ? span : (state.shown?.bounds ?? null);
  const siblings = useSiblings(siblingIds, bounds);
  // What is asked for is drawn once it is there.
  const drawn = state.shown?.histories.slice(1).map((one) => one.moduleId) ?? [];
  const charts = useRef(new Map<string, uPlot>()).current;
  const { readout, onPoint } = useReadout();
  const onZoom = (fromMs: number, toMs: number): void => onSpan({ kind: 'between', fromMs, toMs });
  return (
    <main className="module-view" id="module" tabIndex={-1} aria-labelledby="module-title">
      <div className="module-head">
        <a href={hrefOf('site', { module: moduleId })}>← Site</a>
        <h2 id="module-title">{moduleId}</h2>
        {module?.rackId && (
          <span className="quiet">
            {module.rackId}
            {siblings && `; dashed and grey: median and range of ${othersText(siblingIds.length)}`}
          </span>
        )}
        <Compare moduleId={moduleId} compared={compared} moduleIndex={moduleIndex} onCompare={onCompare} />
        <Actions moduleId={moduleId} shown={state.shown} charts={charts} />
      </div>
      <SpanBar span={span} bounds={bounds} shown={state.shown} {...moves} />
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
              shown={state.shown}
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
