import type { TrendBody, TrendSeries } from '../wire.ts';

type Numbers = (number | null)[];

const joined = (
  old: Numbers | undefined,
  kept: number,
  added: Numbers | undefined,
  count: number,
): Numbers => [...(old ?? new Array<null>(kept).fill(null)), ...(added ?? new Array<null>(count).fill(null))];

/** `next` begins at the last point of `old`, which may have grown since. */
export function mergeTrend(old: TrendBody, next: TrendBody): TrendBody {
  const from = next.timesMs[0];
  const newest = next.timesMs.at(-1);
  if (from === undefined || newest === undefined) return old;
  const first = old.timesMs.findIndex((timeMs) => timeMs >= newest - old.windowMs);
  const end = old.timesMs.findIndex((timeMs) => timeMs >= from);
  const [start, stop] = [first < 0 ? old.timesMs.length : first, end < 0 ? old.timesMs.length : end];
  const keep = <T>(values: T[]): T[] => values.slice(start, Math.max(start, stop));
  const kept = keep(old.timesMs).length;
  const ids = [...new Set([...old.series, ...next.series].map((series) => series.id))];
  const series = ids.map((id): TrendSeries => {
    const before = old.series.find((candidate) => candidate.id === id);
    const after = next.series.find((candidate) => candidate.id === id);
    const count = next.timesMs.length;
    return {
      ...(before ?? after)!,
      min: joined(before && keep(before.min), kept, after?.min, count),
      max: joined(before && keep(before.max), kept, after?.max, count),
    };
  });
  return { ...next, timesMs: [...keep(old.timesMs), ...next.timesMs], series };
}
