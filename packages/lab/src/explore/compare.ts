/** Two recordings or datasets side by side, signal by signal: simulated against real. */
import type { SignalSketch, SignalSummary } from './signal.ts';
import type { LogHistogram } from './streaming-stats.ts';
import { quantileOf } from './streaming-stats.ts';

export interface SignalComparison {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly values: readonly [number, number];
  readonly medians: readonly [number, number];
  /** Largest difference of the two distribution functions of the levels (Kolmogorov–Smirnov), 0 to 1. */
  readonly levelKs: number;
  /** Mean distance that values must move to turn one distribution into the other (Wasserstein 1), in `unit`. */
  readonly levelWasserstein: number;
  /** The same over the 5 % to 95 % range of the second: 0.1 means a tenth of its usual range. */
  readonly levelWassersteinShare: number | null;
  /** Kolmogorov–Smirnov distance of the sizes of the changes from frame to frame; they depend on the interval. */
  readonly changeKs: number;
  readonly noise: readonly [number | null, number | null];
  readonly resolution: readonly [number | null, number | null];
  readonly missingShare: readonly [number, number];
  /** Where two samples of the same distribution would differ by chance: 1.36 √(1/n + 1/m), the 5 % limit of KS. */
  readonly chanceKs: number;
}

interface Side {
  readonly sketches: readonly SignalSketch[];
  readonly summaries: readonly SignalSummary[];
}

const KS_AT_5_PERCENT = 1.36;

/** Signals that both deliver, the most different first. */
export function compareSignals(a: Side, b: Side): SignalComparison[] {
  const compared = a.sketches.flatMap((sketch, i) => {
    const other = b.sketches[i]!;
    if (sketch.values === 0 || other.values === 0) return [];
    const [x, y] = [sketch.sorted(), other.sorted()];
    const [first, second] = [a.summaries, b.summaries].map(
      (list) => list.find(({ id }) => id === sketch.id)!,
    );
    const wasserstein = wassersteinOf(x, y);
    const range = quantileOf(y, 0.95) - quantileOf(y, 0.05);
    return [
      {
        id: sketch.id,
        label: sketch.label,
        unit: sketch.unit,
        values: [sketch.values, other.values] as const,
        medians: [quantileOf(x, 0.5), quantileOf(y, 0.5)] as const,
        levelKs: kolmogorovSmirnov(x, y),
        levelWasserstein: wasserstein,
        levelWassersteinShare: range > 0 ? wasserstein / range : null,
        changeKs: histogramKs(sketch.changes, other.changes),
        noise: [first!.noise, second!.noise] as const,
        resolution: [first!.resolution, second!.resolution] as const,
        missingShare: [missingShare(first!), missingShare(second!)] as const,
        chanceKs: KS_AT_5_PERCENT * Math.sqrt(1 / x.length + 1 / y.length),
      },
    ];
  });
  return compared.sort((p, q) => q.levelKs - p.levelKs);
}

export const missingShare = ({ values, missing }: SignalSummary): number =>
  values + missing === 0 ? 0 : missing / (values + missing);

/** Of two samples in rising order. */
export function kolmogorovSmirnov(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [i, j, max] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i]! <= value) i++;
    while (j < y.length && y[j]! <= value) j++;
    max = Math.max(max, Math.abs(i / x.length - j / y.length));
  }
  return max;
}

/** Area between the two distribution functions; samples in rising order, in their unit. */
export function wassersteinOf(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [i, j, area] = [0, 0, 0];
  let before = Math.min(x[0]!, y[0]!);
  while (i < x.length || j < y.length) {
    const value = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
    area += Math.abs(i / x.length - j / y.length) * (value - before);
    while (i < x.length && x[i]! <= value) i++;
    while (j < y.length && y[j]! <= value) j++;
    before = value;
  }
  return area;
}

/** At the edges of the bins; what lies inside one bin of 3 to 6 % counts as equal. */
function histogramKs(a: LogHistogram, b: LogHistogram): number {
  if (a.count === 0 || b.count === 0) return Number.NaN;
  let [atA, atB] = [a.zeros / a.count, b.zeros / b.count];
  let max = Math.abs(atA - atB);
  const steps = [
    ...a.bars(1).map(({ from, count }) => ({ from, a: count / a.count, b: 0 })),
    ...b.bars(1).map(({ from, count }) => ({ from, a: 0, b: count / b.count })),
  ].sort((p, q) => p.from - q.from);
  for (const [k, step] of steps.entries()) {
    atA += step.a;
    atB += step.b;
    if (steps[k + 1]?.from !== step.from) max = Math.max(max, Math.abs(atA - atB));
  }
  return max;
}
