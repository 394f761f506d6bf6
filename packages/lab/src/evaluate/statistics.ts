/** Figures with their uncertainty, from counts and lists. */
import { createRandom } from '@emberwatch/engine/random';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * One-sided upper limit of the mean of a Poisson variable of which `count` was seen (Garwood 1936): the mean at
 * which so few or fewer are seen with probability 1 − confidence. Zero seen gives 3.0 at 95 %.
 */
export function poissonUpper(count: number, confidence = 0.95): number {
  let [low, high] = [count, count + 10 + 6 * Math.sqrt(count + 1)];
  for (let i = 0; i < 60; i++) {
    const mean = (low + high) / 2;
    if (poissonAtMax(count, mean) > 1 - confidence) low = mean;
    else high = mean;
  }
  return (low + high) / 2;
}

/** P(X ≤ count) of a Poisson variable, summed in logarithms. */
function poissonAtMax(count: number, mean: number): number {
  let logTerm = -mean;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= count; k++) {
    logTerm += Math.log(mean / k);
    sum += Math.exp(logTerm);
  }
  return sum;
}

/** Interval of a share at 95 % (Wilson 1927); of no trials, everything. */
export function wilson(successes: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const z = 1.959964;
  const share = successes / trials;
  const centre = share + (z * z) / (2 * trials);
  const half = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return { low: Math.max(0, (centre - half) / scale), high: Math.min(1, (centre + half) / scale) };
}

/** Straight between the values of a sorted list; NaN of an empty one. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  // Infinite values stand for what never happened: nothing lies between them and a number.
  return at === below || a === b ? a : a + (at - below) * (b - a);
}

export const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Chance that a positive scores above a negative, ties half; NaN without both. */
export function auroc(positives: readonly number[], negatives: readonly number[]): number {
  if (positives.length === 0 || negatives.length === 0) return Number.NaN;
  const sorted = ascending(negatives);
  let wins = 0;
  for (const value of positives)
    wins +=
      (countWhere(sorted, (other) => other < value) + countWhere(sorted, (other) => other <= value)) / 2;
  return wins / (positives.length * negatives.length);
}

/** How many of a sorted list fulfil a condition that holds from its start. */
function countWhere(sorted: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Area under precision over recall as steps (average precision), ties taken together; NaN without positives. */
export function averagePrecision(positives: readonly number[], negatives: readonly number[]): number {
  const all = [
    ...positives.map((score) => ({ score, isPositive: true })),
    ...negatives.map((score) => ({ score, isPositive: false })),
  ].sort((a, b) => b.score - a.score);
  let [hits, seen, area, recall] = [0, 0, 0, 0];
  for (let i = 0; i < all.length; ) {
    const { score } = all[i]!;
    for (; i < all.length && all[i]!.score === score; i++, seen++) if (all[i]!.isPositive) hits++;
    area += (hits / positives.length - recall) * (hits / seen);
    recall = hits / positives.length;
  }
  return positives.length === 0 ? Number.NaN : area;
}

/**
 * 95 % interval of a figure of many runs: percentiles over samples of the runs, drawn with replacement
 * (Efron 1979). Samples of which the figure cannot be computed are left out; null where none can.
 */
export function bootstrap<T>(
  runs: readonly T[],
  stat: (sample: readonly T[]) => number,
  options: { readonly seed: number; readonly draws?: number },
): Interval | null {
  const { seed, draws = 500 } = options;
  const random = createRandom(seed, 'bootstrap');
  const values: number[] = [];
  for (let draw = 0; draw < draws && runs.length > 0; draw++) {
    const sample = runs.map(() => runs[random.integer(runs.length)]!);
    const value = stat(sample);
    if (!Number.isNaN(value)) values.push(value);
  }
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  return { low: quantileOf(values, 0.025), high: quantileOf(values, 0.975) };
}
