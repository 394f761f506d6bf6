/** The other modules of the rack as a quiet background: their median, and the range of them. */
import { useEffect, useState } from 'react';
import { useSession } from '../session/session.ts';
import type { HistoryBody } from '../wire.ts';
import { historyOf } from './history.ts';
import type { Between } from './span.ts';

/** Of a larger rack so many tell enough. */
export const MAX_SIBLINGS = 24;
const POINTS = 240;
/** Asked for at a time: the service serves others, too. */
const AT_ONCE = 4;
/** While the span goes on, they are asked for again when it has moved by this share of its length. */
const MOVED_SHARE = 1 / 30;

interface Band {
  readonly low: Float64Array;
  readonly median: Float64Array;
  readonly high: Float64Array;
}

export interface Siblings extends Between {
  readonly count: number;
  readonly stepMs: number;
  /** By channel; NaN where none of them measured anything. */
  readonly bands: ReadonlyMap<string, Band>;
}

/** A value holds for so many steps where no other comes. */
const HELD_STEPS = 2;

/** Mean of each step of one series; a value holds until the next one, for a while. */
function onGrid(
  { timesMs }: HistoryBody,
  values: readonly (number | null)[],
  { fromMs, toMs }: Between,
  steps: number,
): Float64Array {
  const grid = new Float64Array(steps).fill(Number.NaN);
  const stepMs = (toMs - fromMs) / steps;
  timesMs.forEach((timeMs, i) => {
    const at = Math.floor((timeMs - fromMs) / stepMs);
    const value = values[i] ?? null;
    if (value !== null && at >= 0 && at < steps) grid[at] = value;
  });
  let [last, age] = [Number.NaN, 0];
  for (let at = 0; at < steps; at++) {
    if (!Number.isNaN(grid[at]!)) [last, age] = [grid[at]!, 0];
    else if (++age <= HELD_STEPS) grid[at] = last;
  }
  return grid;
}

export function siblingsOf(histories: readonly HistoryBody[], bounds: Between, points = POINTS): Siblings {
  const longestMs = Math.max(0, ...histories.map(({ stepMs }) => stepMs));
  const spanMs = bounds.toMs - bounds.fromMs;
  const steps = Math.max(1, Math.min(points, Math.floor(spanMs / Math.max(longestMs, 1))));
  const grids = new Map<string, Float64Array[]>();
  for (const history of histories)
    for (const { id, mean } of history.series) {
      const grid = onGrid(history, mean, bounds, steps);
      const others = grids.get(id);
      if (others) others.push(grid);
      else grids.set(id, [grid]);
    }
  const bands = new Map([...grids].map(([id, all]) => [id, bandOf(all, steps)]));
  return { ...bounds, count: histories.length, stepMs: spanMs / steps, bands };
}

function bandOf(grids: readonly Float64Array[], steps: number): Band {
  const empty = (): Float64Array => new Float64Array(steps).fill(Number.NaN);
  const band = { low: empty(), median: empty(), high: empty() };
  for (let at = 0; at < steps; at++) {
    const values = grids
      .map((grid) => grid[at]!)
      .filter((value) => !Number.isNaN(value))
      .sort((a, b) => a - b);
    if (values.length === 0) continue;
    const middle = values.length >> 1;
    band.low[at] = values[0]!;
    band.high[at] = values.at(-1)!;
    band.median[at] = values.length % 2 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
  }
  return band;
}

/** Value of a band at an instant; null where there is none. */
export function bandAt(
  { fromMs, stepMs }: Siblings,
  values: Float64Array | undefined,
  timeMs: number,
): number | null {
  const value = values?.[Math.floor((timeMs - fromMs) / stepMs)];
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** Null while there are none to show. */
export function useSiblings(moduleIds: readonly string[], bounds: Between | null): Siblings | null {
  const session = useSession();
  const [siblings, setSiblings] = useState<Siblings | null>(null);
  const [requested, setRequested] = useState<Between | null>(null);
  const isMoved = bounds !== null && (requested === null || movedFar(requested, bounds));
  if (isMoved && requested !== bounds) setRequested(bounds);
  const key = moduleIds.join('\n');
  useEffect(() => {
    const ids = key === '' ? [] : key.split('\n').slice(0, MAX_SIBLINGS);
    if (!requested || ids.length === 0) {
      setSiblings(null);
      return;
    }
    const stop = new AbortController();
    const histories: HistoryBody[] = [];
    const query = { ...requested, maxPoints: POINTS, channels: null, withCells: false };
    const waiting = [...ids];
    const fetchSome = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
        histories.push(await historyOf(session, id, query, stop.signal));
    };
    Promise.all(Array.from({ length: AT_ONCE }, fetchSome)).then(
      () => setSiblings(siblingsOf(histories, requested)),
      // A background that cannot be had is left out; the module itself says what is wrong with the line.
      () => {},
    );
    return () => stop.abort();
  }, [session, key, requested]);
  return siblings;
}

const movedFar = (requested: Between, { fromMs, toMs }: Between): boolean => {
  const limitMs = (toMs - fromMs) * MOVED_SHARE;
  return Math.abs(requested.toMs - toMs) > limitMs || Math.abs(requested.fromMs - fromMs) > limitMs;
};
