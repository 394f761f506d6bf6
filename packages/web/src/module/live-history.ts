/** A history that is looked at while it grows. */
import type { HistoryBody, HistorySeries } from '../wire.ts';

type Numbers = (number | null)[];

const joined = (a: Numbers | undefined, aCount: number, b: Numbers | undefined, bCount: number): Numbers => [
  ...(a ?? new Array<null>(aCount).fill(null)),
  ...(b ?? new Array<null>(bCount).fill(null)),
];

/** Frames of `next`, all later than those of `old`, put behind them; those before `fromMs` are let go. */
export function grown(old: HistoryBody, next: HistoryBody, fromMs: number): HistoryBody {
  const found = old.timesMs.findIndex((timeMs) => timeMs >= fromMs);
  const first = found < 0 ? old.timesMs.length : found;
  const timesMs = old.timesMs.slice(first);
  const ids = [...new Set([...old.series, ...next.series].map(({ id }) => id))];
  const series = ids.map((id): HistorySeries => {
    const before = old.series.find((one) => one.id === id);
    const after = next.series.find((one) => one.id === id);
    const both = (pick: (one: HistorySeries) => Numbers): Numbers =>
      joined(before && pick(before).slice(first), timesMs.length, after && pick(after), next.timesMs.length);
    return {
      ...(before ?? after)!,
      min: both((one) => one.min),
      mean: both((one) => one.mean),
      max: both((one) => one.max),
    };
  });
  const late = [
    ...old.late.filter((at) => at >= first).map((at) => at - first),
    ...next.late.map((at) => at + timesMs.length),
  ];
  return { ...next, timesMs: [...timesMs, ...next.timesMs], series, late };
}
