/** What is stored of modules over a span, fetched anew as it goes on. */
import { MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { useEffect, useState } from 'react';
import { wordsOf } from '../session/request-error.ts';
import { type Session, useSession } from '../session/session.ts';
import type { HistoryBody } from '../wire.ts';
import { grown } from './live-history.ts';
import { type Between, boundsOf, type Span, tierOf } from './span.ts';

/** A day in minutes; about one for each pixel of the widest panel. */
const POINTS = 1440;
/** Frames that come are asked for so often; steps when about half of one has passed. */
const FRAMES_EVERY_MS = 2 * MS_PER_S;
const STEPS_EVERY_MS = { min: 3 * MS_PER_S, max: 30 * MS_PER_S };
/** Frames that came late stand between those that are there: all is fetched again so often. */
const WHOLE_EVERY_MS = MS_PER_MIN;

export interface HistoryQuery extends Between {
  readonly maxPoints: number;
  /** Null: all. */
  readonly channels: readonly string[] | null;
  readonly withCells: boolean;
}

/** @throws Refusal */
export async function historyOf(
  session: Session,
  moduleId: string,
  { fromMs, toMs, maxPoints, channels, withCells }: HistoryQuery,
  signal: AbortSignal,
): Promise<HistoryBody> {
  const tier = tierOf({ fromMs, toMs });
  const query = new URLSearchParams({
    fromMs: String(fromMs),
    toMs: String(toMs),
    maxPoints: String(maxPoints),
    ...(tier && { tier }),
    ...(channels && { channels: channels.join(',') }),
    ...(withCells && { cells: 'true' }),
  });
  const path = `/modules/${encodeURIComponent(moduleId)}/history?${query}`;
  return (await session.request<HistoryBody>('GET', path, undefined, signal))!;
}

export interface Shown {
  /** In the order of the modules; the first is the one that is looked at. */
  readonly histories: readonly HistoryBody[];
  /** What was asked for; of all that is kept, from its first point on. */
  readonly bounds: Between;
}

export interface HistoryState {
  /** Null until the first answer; kept while the next one is fetched. */
  readonly shown: Shown | null;
  readonly problem: string | null;
}

/** Of all that is kept nobody knows the beginning before it is there. */
function withBeginning(bounds: Between, histories: readonly HistoryBody[]): Between {
  if (bounds.fromMs > 0) return bounds;
  const firstMs = Math.min(...histories.flatMap(({ timesMs }) => timesMs[0] ?? []));
  return Number.isFinite(firstMs) ? { ...bounds, fromMs: firstMs } : bounds;
}

function waitMs({ histories }: Shown): number {
  const stepMs = Math.max(...histories.map((one) => one.stepMs));
  if (stepMs === 0) return FRAMES_EVERY_MS;
  return Math.min(Math.max(stepMs / 2, STEPS_EVERY_MS.min), STEPS_EVERY_MS.max);
}

async function requested(
  session: Session,
  moduleIds: readonly string[],
  bounds: Between,
  old: Shown | null,
  signal: AbortSignal,
): Promise<Shown> {
  const histories = await Promise.all(
    moduleIds.map(async (moduleId, k) => {
      const before = old?.histories[k];
      const lastMs = before?.stepMs === 0 ? before.timesMs.at(-1) : undefined;
      const fromMs = lastMs === undefined ? bounds.fromMs : lastMs + 1;
      if (before && fromMs >= bounds.toMs) return before;
      const query = { ...bounds, fromMs, maxPoints: POINTS, channels: null, withCells: false };
      const next = await historyOf(session, moduleId, query, signal);
      // Too many for frames: all of them in steps, when the next whole answer is due.
      return before && lastMs !== undefined ? grown(before, next, bounds.fromMs) : next;
    }),
  );
  const known = withBeginning(bounds, histories);
  // All that is kept was short enough for finer data.
  if (known !== bounds && tierOf(known) !== tierOf(bounds))
    return requested(session, moduleIds, known, null, signal);
  return { histories, bounds: known };
}

/** @param clock time of the site, Unix ms; null before the first frame */
export function useHistories(
  moduleIds: readonly string[],
  span: Span,
  clock: () => number | null,
  isConnected: boolean,
): HistoryState {
  const session = useSession();
  const [state, setState] = useState<HistoryState>({ shown: null, problem: null });
  const wanted = JSON.stringify([moduleIds, span]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `wanted` says what of them counts
  useEffect(() => {
    if (!isConnected) return;
    const stop = new AbortController();
    let [timer, shown, wholeMs] = [0, null as Shown | null, 0];
    const refresh = async (): Promise<void> => {
      let nextMs: number = FRAMES_EVERY_MS;
      try {
        const bounds = boundsOf(span, clock());
        const nowMs = performance.now();
        const isWhole = nowMs - wholeMs > WHOLE_EVERY_MS || isCoarse(shown);
        if (isWhole) wholeMs = nowMs;
        if (bounds) shown = await requested(session, moduleIds, bounds, isWhole ? null : shown, stop.signal);
        if (shown) nextMs = waitMs(shown);
        setState({ shown, problem: null });
      } catch (error) {
        if (stop.signal.aborted) return;
        setState({ shown, problem: wordsOf(error) });
      }
      if (span.kind === 'last' && !stop.signal.aborted) timer = window.setTimeout(refresh, nextMs);
    };
    void refresh();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [session, wanted, isConnected]);
  return state;
}

/** Steps, or nearly as many frames as are asked for at most. */
const isCoarse = (shown: Shown | null): boolean =>
  shown === null ||
  shown.histories.some(({ stepMs, timesMs }) => stepMs > 0 || timesMs.length > POINTS * 0.95);
