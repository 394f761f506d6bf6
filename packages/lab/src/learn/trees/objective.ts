/** What the trees make small: its start, its gradients, its loss. Scores are log-odds, or the target itself. */

export interface Objective {
  /** The score before the first tree. */
  start(target: Float32Array, weight: Float64Array): number;
  /** First and second derivative of the loss by the score of each row, side by side in `pairs`. */
  derive(score: Float64Array, target: Float32Array, weight: Float64Array, pairs: Float64Array): void;
  /** Weighted mean. */
  loss(score: Float64Array, target: Float32Array, weight: Float64Array): number;
  /** Of a leaf, from the residuals of its rows, where Newton's step is no good answer. */
  readonly leafOf?: (residuals: Float64Array, weights: Float64Array) => number;
}

const MIN_HESSIAN = 1e-16;

/** `prior` starts at the share of hazardous weight, `even` at a probability of one half. */
export const logistic = (from: 'even' | 'prior'): Objective => ({
  start: (target, weight) => {
    if (from === 'even') return 0;
    const share = weightedMean(target, weight);
    return Math.log(share / (1 - share));
  },
  derive: (score, target, weight, pairs) => {
    for (let i = 0; i < score.length; i++) {
      const probability = 1 / (1 + Math.exp(-score[i]!));
      pairs[2 * i] = (probability - target[i]!) * weight[i]!;
      pairs[2 * i + 1] = Math.max(probability * (1 - probability), MIN_HESSIAN) * weight[i]!;
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
  derive: (score, target, weight, pairs) => {
    for (let i = 0; i < score.length; i++) {
      pairs[2 * i] = (score[i]! - target[i]!) * weight[i]!;
      pairs[2 * i + 1] = weight[i]!;
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
  derive: (score, target, weight, pairs) => {
    for (let i = 0; i < score.length; i++) {
      pairs[2 * i] = (target[i]! > score[i]! ? -quantile : 1 - quantile) * weight[i]!;
      pairs[2 * i + 1] = weight[i]!;
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

/** The least value that has at least the share `quantile` of the weight at or below it. */
export function weightedQuantile(values: Float64Array, weight: Float64Array, quantile: number): number {
  const order = Int32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  let total = 0;
  for (const w of weight) total += w;
  let below = 0;
  for (const i of order) {
    below += weight[i]!;
    if (below >= quantile * total && weight[i]! > 0) return values[i]!;
  }
  return values[order.at(-1) ?? 0] ?? Number.NaN;
}

/**
 * Rounds to a grid so coarse that every sum of rows is exact in 64-bit floats, and so fine (one part in 2^31 of the
 * largest at four million rows) that it does not matter: sums then depend on no order, differences of histograms
 * leave no dust, and an empty bin is 0.
 */
export function exactPairs(pairs: Float64Array): void {
  let largest = 0;
  for (let i = 0; i < pairs.length; i++) largest = Math.max(largest, Math.abs(pairs[i]!));
  if (largest === 0) return;
  const grid = 2 ** (Math.ceil(Math.log2(largest * pairs.length)) - 52);
  // Added to a number so large, all finer digits are lost; taken away again, the rounded number remains.
  const coarse = 1.5 * 2 ** 52 * grid;
  for (let i = 0; i < pairs.length; i++) pairs[i] = pairs[i]! + coarse - coarse;
}
