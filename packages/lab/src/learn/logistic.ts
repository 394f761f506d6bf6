/** Class-weighted logistic regression on robustly scaled, clipped features. */
import type { LinearDocument } from '@emberwatch/engine/detector';
import type { Fitted, Learner } from './learner.ts';
import { checkTable, type PositiveWeight, positiveFactor, rowWeights, type Table } from './table.ts';
import { Sorter } from './trees/bins.ts';
import { settingsOf } from './trees/settings.ts';

export type LogisticParameters = {
  /** L2 of the weights of scaled features, beside a loss summed over rows of mean weight 1. */
  readonly penalty: number;
  /** Scaled features are clipped here. */
  readonly limit: number;
  readonly positiveWeight: PositiveWeight;
};

export const logisticRegression: Learner<LogisticParameters> = {
  id: 'logistic-regression',
  about: 'class-weighted logistic regression: robust scaling, clipping, L2, Newton’s method',
  defaults: { penalty: 1, limit: 8, positiveWeight: 'balanced' },
  fit: (table, options) => {
    const settings = settingsOf('logistic-regression', logisticRegression.defaults, options.parameters);
    checkTable(table);
    const weight = rowWeights(table, positiveFactor(table, settings.positiveWeight));
    const scorer = fit(table, weight, settings);
    options.onProgress?.(1);
    return { scorer, curve: null } satisfies Fitted;
  },
};

const MAX_STEPS = 100;

function fit(table: Table, weight: Float64Array, { penalty, limit }: LogisticParameters): LinearDocument {
  const sorter = new Sorter(table.rows);
  const scales = table.columns.map((column) => scaleOf(column, weight, sorter));
  const inputs = table.columns.map((column, f) => scaledColumn(column, scales[f]!, limit));
  const unit = meanPositive(weight);
  const problem = {
    inputs,
    target: table.target,
    weight: weight.map((w) => w / unit),
    penalty: Math.max(penalty, 1e-9),
  };
  let solution = new Float64Array(inputs.length + 1);
  let at = derivatives(problem, solution);
  for (let k = 0; k < MAX_STEPS; k++) {
    const step = solve(at.curvature, at.slope);
    const decrement = step.reduce((sum, s, i) => sum + s * at.slope[i]!, 0);
    if (decrement < 1e-12 * (1 + Math.abs(at.loss))) break;
    let share = 1;
    let next = moved(solution, step, share);
    // The loss is convex: a step that is halved often enough makes it smaller.
    while (share > 1e-9 && !(lossOf(problem, next) <= at.loss - 1e-4 * share * decrement))
      next = moved(solution, step, (share /= 2));
    if (share <= 1e-9) break;
    solution = next;
    at = derivatives(problem, solution);
  }
  return {
    kind: 'linear',
    base: solution.at(-1)!,
    weight: Array.from(solution.subarray(0, -1), (value) => value + 0),
    centre: scales.map(({ centre }) => centre),
    scale: scales.map(({ scale }) => scale),
    limit,
  };
}

const moved = (from: Float64Array, step: Float64Array, share: number): Float64Array<ArrayBuffer> =>
  Float64Array.from(from, (value, i) => value - share * step[i]!);

function meanPositive(weight: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const w of weight) {
    sum += w;
    if (w > 0) count++;
  }
  return sum / count;
}

interface Scale {
  readonly centre: number;
  readonly scale: number;
}

/** A normal distribution has this many standard deviations between its quartiles. */
const DEVIATIONS_BETWEEN_QUARTILES = 1.349;

/**
 * Median and distance of the quartiles in standard deviations of a normal distribution; where half of all values are
 * the same, the standard deviation. A feature that does not vary or was never measured gets scale 1 and says nothing.
 */
function scaleOf(column: Float32Array, weight: Float64Array, sorter: Sorter): Scale {
  const measured = sorter.sort(column);
  const { values, order } = sorter;
  // Infinite values stand at the ends.
  let [from, to] = [0, measured];
  while (from < to && values[from] === Number.NEGATIVE_INFINITY) from++;
  while (to > from && values[to - 1] === Number.POSITIVE_INFINITY) to--;
  let [total, sum, squares] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    total += weight[order[i]!]!;
    sum += weight[order[i]!]! * values[i]!;
  }
  if (total === 0) return { centre: 0, scale: 1 };
  for (let i = from; i < to; i++) squares += weight[order[i]!]! * (values[i]! - sum / total) ** 2;
  const quantile = (share: number): number => {
    let below = 0;
    for (let i = from; i < to; i++) if ((below += weight[order[i]!]!) >= share * total) return values[i]!;
    return values[to - 1]!;
  };
  const spread = (quantile(0.75) - quantile(0.25)) / DEVIATIONS_BETWEEN_QUARTILES;
  const deviation = Math.sqrt(squares / total);
  return { centre: quantile(0.5) + 0, scale: Math.fround(spread || deviation) || 1 };
}

function scaledColumn(column: Float32Array, { centre, scale }: Scale, limit: number): Float64Array {
  const scaled = new Float64Array(column.length);
  for (let i = 0; i < column.length; i++)
    if (!Number.isNaN(column[i]!))
      scaled[i] = Math.min(Math.max((column[i]! - centre) / scale, -limit), limit);
  return scaled;
}

interface Problem {
  readonly inputs: readonly Float64Array[];
  readonly target: Float32Array;
  readonly weight: Float64Array;
  readonly penalty: number;
}

function margins({ inputs, target }: Problem, solution: Float64Array): Float64Array {
  const margin = new Float64Array(target.length).fill(solution.at(-1)!);
  for (const [f, column] of inputs.entries()) {
    const slope = solution[f]!;
    if (slope !== 0) for (let i = 0; i < column.length; i++) margin[i]! += slope * column[i]!;
  }
  return margin;
}

function lossOf(problem: Problem, solution: Float64Array, margin = margins(problem, solution)): number {
  const { target, weight, penalty } = problem;
  let loss = 0;
  for (let f = 0; f < solution.length - 1; f++) loss += (penalty / 2) * solution[f]! ** 2;
  for (let i = 0; i < margin.length; i++) {
    const against = target[i] === 1 ? -margin[i]! : margin[i]!;
    loss += weight[i]! * (Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against))));
  }
  return loss;
}

/** Loss, its first derivative, and the second as rows of the lower triangle; the offset comes last. */
function derivatives(problem: Problem, solution: Float64Array) {
  const { inputs, target, weight, penalty } = problem;
  const size = solution.length;
  const margin = margins(problem, solution);
  const slope = new Float64Array(size);
  const curvature = Array.from({ length: size }, (_, f) => new Float64Array(f + 1));
  const loss = lossOf(problem, solution, margin);
  const row = new Float64Array(size).fill(1);
  for (let i = 0; i < margin.length; i++) {
    const w = weight[i]!;
    if (w === 0) continue;
    const probability = 1 / (1 + Math.exp(-margin[i]!));
    const miss = w * (probability - target[i]!);
    const bend = w * probability * (1 - probability);
    for (let f = 0; f < size - 1; f++) row[f] = inputs[f]![i]!;
    for (let f = 0; f < size; f++) {
      const x = row[f]!;
      if (x === 0) continue;
      slope[f]! += miss * x;
      const line = curvature[f]!;
      const bent = bend * x;
      for (let g = 0; g <= f; g++) line[g]! += bent * row[g]!;
    }
  }
  for (let f = 0; f < size; f++) {
    if (f < size - 1) slope[f]! += penalty * solution[f]!;
    // The offset has no penalty, but where all rows are certain its curvature would be nought.
    curvature[f]![f]! += f < size - 1 ? penalty : 1e-9;
  }
  return { loss, slope, curvature };
}

/** Solves a symmetric positive system by Cholesky's method; `matrix` is its lower triangle. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const lower = matrix.map((line) => line.slice());
  for (const [i, line] of lower.entries())
    for (let j = 0; j <= i; j++) {
      let sum = line[j]!;
      for (let k = 0; k < j; k++) sum -= line[k]! * lower[j]![k]!;
      line[j] = i === j ? Math.sqrt(sum) : sum / lower[j]![j]!;
    }
  const solution = right.slice();
  for (let i = 0; i < solution.length; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= lower[i]![k]! * solution[k]!;
    solution[i]! /= lower[i]![i]!;
  }
  for (let i = solution.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < solution.length; k++) solution[i]! -= lower[k]![i]! * solution[k]!;
    solution[i]! /= lower[i]![i]!;
  }
  return solution;
}
