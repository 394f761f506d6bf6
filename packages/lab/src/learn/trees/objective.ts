/** What the trees make small: its start, its gradients, its loss. Scores are log-odds, or the target itself. */

export interface Objective {
  /** The score before the first tree. */
  start(target: Float32Array, weight: Float64Array): number;
  /** What no derivative of a row exceeds. */
  bound(score: Float64Array, target: Float32Array, weight: Float64Array): number;
  /**
   * First and second derivative of the loss by the score of each row, side by side in `pairs`, rounded by adding and
   * taking away `coarse`.
   */
  derive(
    score: Float64Array,
    target: Float32Array,
    weight: Float64Array,
    pairs: Float64Array,
    coarse: number,
  ): void;
  /** Weighted mean. */
  loss(score: Float64Array, target: Float32Array, weight: Float64Array): number;
  /** Of a leaf, from the residuals of its rows, where Newton's step is no good answer. */
  readonly leafOf?: (residuals: Float64Array, weights: Float64Array) => number;
}

/** `prior` starts at the share of hazardous weight, `even` at a probability of one half. */
export const logistic = (from: 'even' | 'prior'): Objective => ({
  start: (target, weight) => {
    if (from === 'even') return 0;
    const share = weightedMean(target, weight);
    return Math.log(share / (1 - share));
  },
  bound: (_score, _target, weight) => largestOf(weight),
  derive: (score, target, weight, pairs, coarse) => {
    for (let i = 0; i < score.length; i++) {
      const probability = 1 / (1 + Math.exp(-score[i]!));
      pairs[2 * i] = (probability - target[i]!) * weight[i]! + coarse - coarse;
      pairs[2 * i + 1] = probability * (1 - probability) * weight[i]! + coarse - coarse;
    }
  },
  loss: (score, target, weight) =>
    meanOf(weight, (i) => {
      const margin = target[i] === 1 ? -score[i]! : score[i]!;
      // log(1 + exp(margin)) without overflow.
      return Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
    }),
});

/** Half the squared error; the loss is the mean squared error. */
export const squared: Objective = {
  start: weightedMean,
  bound: (score, target, weight) => largestOf(weight, (i) => Math.max(1, Math.abs(score[i]! - target[i]!))),
  derive: (score, target, weight, pairs, coarse) => {
    for (let i = 0; i < score.length; i++) {
      pairs[2 * i] = (score[i]! - target[i]!) * weight[i]! + coarse - coarse;
      pairs[2 * i + 1] = weight[i]! + coarse - coarse;
    }
  },
  loss: (score, target, weight) => meanOf(weight, (i) => (score[i]! - target[i]!) ** 2),
};

/**
 * Pinball loss (Koenker and Bassett 1978): its curvature is nought, so the rows of a leaf count by their weight when
 * it is split, and its value is the quantile of its residuals.
 */
export const pinball = (quantile: number): Objective => ({
  start: (target, weight) => weightedQuantile(Float64Array.from(target), weight, quantile),
  bound: (_score, _target, weight) => largestOf(weight),
  derive: (score, target, weight, pairs, coarse) => {
    for (let i = 0; i < score.length; i++) {
      pairs[2 * i] = (target[i]! > score[i]! ? -quantile : 1 - quantile) * weight[i]! + coarse - coarse;
      pairs[2 * i + 1] = weight[i]! + coarse - coarse;
    }
  },
  loss: (score, target, weight) =>
    meanOf(weight, (i) => {
      const above = target[i]! - score[i]!;
      return above > 0 ? quantile * above : (quantile - 1) * above;
    }),
  leafOf: (residuals, weights) => weightedQuantile(residuals, weights, quantile),
});

function weightedMean(values: Float32Array, weight: Float64Array): number {
  return meanOf(weight, (i) => values[i]!);
}

function meanOf(weight: Float64Array, value: (i: number) => number): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < weight.length; i++) {
    if (weight[i] === 0) continue;
    sum += value(i) * weight[i]!;
    total += weight[i]!;
  }
  return sum / total;
}

/** The least value that has at least the share `quantile` of the weight at or below it; changes the order of `values`. */
function weightedQuantile(values: Float64Array, weights: Float64Array, quantile: number): number {
  const weight = weights.slice();
  let [low, high, pivot] = [0, values.length, Number.NaN];
  let sought = quantile * weight.reduce((sum, w) => sum + w, 0);
  // Quickselect: what is below the pivot, equal to it, above it; only one part is looked at again.
  while (low < high) {
    pivot = middleOf(values[low]!, values[(low + high) >> 1]!, values[high - 1]!);
    let [equal, above, below, same] = [low, high, 0, 0];
    for (let i = low; i < above; ) {
      if (values[i]! < pivot) {
        below += weight[i]!;
        swap(values, weight, i++, equal++);
      } else if (values[i]! > pivot) swap(values, weight, i, --above);
      else same += weight[i++]!;
    }
    if (sought <= below && below > 0) high = equal;
    else if (sought <= below + same) return pivot;
    else {
      sought -= below + same;
      low = above;
    }
  }
  return pivot;
}

const middleOf = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

function swap(values: Float64Array, weight: Float64Array, i: number, j: number): void {
  const [value, w] = [values[i]!, weight[i]!];
  values[i] = values[j]!;
  weight[i] = weight[j]!;
  values[j] = value;
  weight[j] = w;
}

/**
 * Added to a derivative and taken away again, it leaves the derivative on a grid so coarse that every sum of `rows`
 * values up to `bound` is exact in 64-bit floats, and so fine (one part in 2^30 of the bound at four million rows)
 * that it does not matter. Sums then depend on no order, differences of histograms leave no dust, and an empty bin
 * is 0.
 */
export function coarseFor(bound: number, rows: number): number {
  const grid = 2 ** (Math.ceil(Math.log2(bound * rows)) - 52);
  return 1.5 * 2 ** 52 * grid;
}

function largestOf(weight: Float64Array, factor: (i: number) => number = () => 1): number {
  let largest = 0;
  for (let i = 0; i < weight.length; i++) largest = Math.max(largest, weight[i]! * factor(i));
  return largest;
}
