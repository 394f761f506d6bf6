import type { AlignedData } from 'uplot';
import type { TrendBody, TrendSeries } from '../wire.ts';

/** A pause of more than so many usual steps is a gap in the line. */
const GAP_STEPS = 4;

function gapsAfter(timesMs: readonly number[], stepMs: number): Set<number> {
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - timesMs[i]!);
  const usualMs = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? stepMs;
  const limitMs = GAP_STEPS * Math.max(usualMs, stepMs);
  return new Set(steps.flatMap((step, i) => (step > limitMs ? [i] : [])));
}

/** Columns for uPlot: time in seconds, then highest and lowest of each series, with a hole in every gap. */
export function columnsOf({ timesMs, stepMs }: TrendBody, series: readonly TrendSeries[]): AlignedData {
  const gaps = gapsAfter(timesMs, stepMs);
  const spread = <T>(values: readonly T[], inGap: (at: number) => T): T[] =>
    values.flatMap((value, i) => (gaps.has(i) ? [value, inGap(i)] : [value]));
  const times = spread(
    timesMs.map((timeMs) => timeMs / 1000),
    (i) => timesMs[i]! / 1000 + stepMs / 2000,
  );
  const values = series.flatMap(({ min, max }) => [spread(max, () => null), spread(min, () => null)]);
  return [times, ...values] as AlignedData;
}
