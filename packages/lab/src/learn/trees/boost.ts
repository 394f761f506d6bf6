/** Gradient-boosted trees (Friedman 2001; histograms, missing values and constraints as XGBoost and LightGBM do). */

import type { TimeToPnrDocument, TreeDocument, TreesDocument } from '@emberwatch/engine/detector';
import { createRandom, type Random } from '@emberwatch/engine/random';
import { InputError } from '@emberwatch/engine/telemetry';
import type { FitOptions, Fitted, Learner } from '../learner.ts';
import { checkTable, type PositiveWeight, positiveFactor, rowWeights, type Table } from '../table.ts';
import { type Bins, binByCuts, binTable } from './bins.ts';
import { addTree, coverOf, exactLeaves, treeDocument } from './document.ts';
import { type GrownTree, thin, withGrower } from './grow.ts';
import { coarseFor, logistic, type Objective, pinball, squared } from './objective.ts';
import { directions, settingsOf } from './settings.ts';

/** A type, not an interface: only types are records of parameters. */
export type BoostParameters = {
  readonly trees: number;
  readonly learningRate: number;
  readonly maxLeaves: number;
  readonly maxDepth: number;
  readonly maxBins: number;
  /** L2 of leaf values. */
  readonly lambda: number;
  /** Least sum of hessians in a leaf: of the logistic loss at most a quarter of the weight, far less where it is sure. */
  readonly minChildWeight: number;
  readonly minGain: number;
  /** Of the rows, drawn anew for each tree. */
  readonly rowShare: number;
  /** Of the features, drawn anew for each tree. */
  readonly featureShare: number;
  /** Ids of features with which the score may only rise, only fall; blanks between them. */
  readonly increasing: string;
  readonly decreasing: string;
  /** Ends after so many trees without a better validation loss; the best number of trees is kept. */
  readonly patience: number;
};

export type HazardBoostParameters = BoostParameters & {
  readonly positiveWeight: PositiveWeight;
  /** `even`: a probability of one half; `prior`: the share of hazardous weight. With few positives `even` ranks better. */
  readonly start: string;
};

const DEFAULTS: BoostParameters = {
  trees: 200,
  learningRate: 0.1,
  maxLeaves: 31,
  maxDepth: 12,
  maxBins: 255,
  lambda: 1,
  minChildWeight: 1,
  minGain: 0,
  rowShare: 1,
  featureShare: 1,
  increasing: '',
  decreasing: '',
  patience: 30,
};

export const boostedTrees: Learner<HazardBoostParameters> = {
  id: 'boosted-trees',
  about: 'gradient-boosted trees: histograms, weights, missing values, monotone constraints, early stopping',
  defaults: { ...DEFAULTS, positiveWeight: 1, start: 'even' },
  fit: (table, options) => {
    const settings = settingsOf('boosted-trees', boostedTrees.defaults, options.parameters);
    if (settings.start !== 'even' && settings.start !== 'prior')
      throw new InputError(
        `boosted-trees: start: expected "even" or "prior", got ${JSON.stringify(settings.start)}`,
      );
    checkTable(table);
    const factor = positiveFactor(table, settings.positiveWeight);
    return boost(table, logistic(settings.start), settings, options, factor);
  },
};

/** Squared error; the target is any number. */
export const boostedRegression: Learner<BoostParameters> = {
  id: 'boosted-regression',
  about: 'gradient-boosted trees for a number: squared error',
  defaults: DEFAULTS,
  fit: (table, options) => {
    const settings = settingsOf('boosted-regression', DEFAULTS, options.parameters);
    checkTable(table);
    return boost(table, squared, settings, options);
  },
};

export type QuantileParameters = BoostParameters & { readonly quantile: number };

/** Pinball loss; the target is any number. Leaves are quantiles, which monotone constraints cannot bound. */
export const boostedQuantile: Learner<QuantileParameters> = {
  id: 'boosted-quantile',
  about: 'gradient-boosted trees for a quantile of a number: pinball loss',
  defaults: { ...DEFAULTS, minChildWeight: 20, quantile: 0.5 },
  fit: (table, options) => {
    const settings = settingsOf('boosted-quantile', boostedQuantile.defaults, options.parameters);
    if (settings.increasing || settings.decreasing)
      throw new InputError('boosted-quantile: quantiles cannot have monotone constraints');
    checkTable(table);
    return boost(table, pinball(settings.quantile), settings, options);
  },
};

const TIME_QUANTILES: readonly [number, number] = [0.1, 0.9];

/**
 * Quantiles of the target of `table`, the natural logarithm of the seconds to the point of no return, learnt from the
 * rows that have one. The three are learnt apart and can cross: whoever reads them sorts them.
 */
export function fitTimeToPnr(table: Table, options: FitOptions<BoostParameters>): TimeToPnrDocument {
  const of = (quantile: number, share: number): TreesDocument =>
    boostedQuantile.fit(table, {
      ...options,
      parameters: { minChildWeight: 20, ...options.parameters, quantile },
      ...(options.onProgress && { onProgress: (done: number) => options.onProgress!((share + done) / 3) }),
    }).scorer as TreesDocument;
  const [low, high] = TIME_QUANTILES;
  return { low: of(low, 0), median: of(0.5, 1), high: of(high, 2), quantiles: TIME_QUANTILES };
}

function boost(
  table: Table,
  objective: Objective,
  settings: BoostParameters,
  options: Omit<FitOptions<BoostParameters>, 'parameters'>,
  factor = 1,
): Fitted {
  const weight = rowWeights(table, factor);
  const bins = binTable(table, weight, settings.maxBins);
  const monotone = directions(table, settings.increasing, settings.decreasing);
  const limits = { ...settings, monotone, nodeFeatureShare: 1 };
  const base = Math.fround(objective.start(table.target, weight));
  const score = new Float64Array(table.rows).fill(base);
  const validation = options.validation && new Held(options.validation, bins, objective, base, factor);
  const carrying = rowsWithWeight(weight);
  const curve = { train: [] as number[], validation: [] as number[] };
  const trees: TreeDocument[] = [];
  withGrower(bins, limits, options.threads, (grower) => {
    for (let round = 0; round < settings.trees; round++) {
      const bound = objective.bound(score, table.target, weight);
      objective.derive(score, table.target, weight, grower.gradients, coarseFor(bound, table.rows));
      const random = createRandom(options.seed, `boost/${round}`);
      const count = drawRows(grower.order, carrying, settings.rowShare, random.clone());
      const features = new Uint8Array(bins.features).fill(1);
      if (settings.featureShare < 1) thin(features, settings.featureShare, random);
      const tree = grower.grow(count, features, random);
      const value = leafValues(tree, grower.order, table, weight, score, objective, settings.learningRate);
      trees.push(treeDocument(tree, { value, cover: coverOf(tree, grower.order, weight) }, bins.cuts));
      advance(tree, value, grower.order, count, bins, score);
      if (validation) {
        curve.train.push(objective.loss(score, table.target, weight));
        curve.validation.push(validation.lossAfter(tree, value));
      }
      options.onProgress?.((round + 1) / settings.trees);
      if (tree.feature.length === 1) break;
      if (validation && trees.length - bestRound(curve.validation) >= settings.patience) break;
    }
  });
  const kept = validation ? bestRound(curve.validation) : trees.length;
  return {
    scorer: { kind: 'trees', combine: 'sum', ...exactLeaves(trees.slice(0, kept), base) },
    curve: validation ? curve : null,
  };
}

/** Number of trees with the least loss. */
const bestRound = (losses: readonly number[]): number =>
  losses.reduce((best, loss, i) => (loss < losses[best]! ? i : best), 0) + 1;

function rowsWithWeight(weight: Float64Array): Int32Array {
  const rows = new Int32Array(weight.length);
  let count = 0;
  for (let row = 0; row < weight.length; row++) if (weight[row]! > 0) rows[count++] = row;
  return rows.subarray(0, count);
}

/** All rows, or a share of them, into the front of `order`; returns how many. */
function drawRows(order: Int32Array, rows: Int32Array, share: number, random: Random): number {
  if (share === 1) {
    order.set(rows);
    return rows.length;
  }
  let count = 0;
  for (const row of rows) if (random.uniform() < share) order[count++] = row;
  return count;
}

/** Shrunk by the learning rate. */
function leafValues(
  tree: GrownTree,
  order: Int32Array,
  { target }: Table,
  weight: Float64Array,
  score: Float64Array,
  { leafOf }: Objective,
  learningRate: number,
): Float64Array {
  return Float64Array.from(tree.value, (step, node) => {
    if (!leafOf || tree.feature[node]! >= 0) return learningRate * step;
    const rows = order.subarray(tree.start[node]!, tree.end[node]!);
    const [residuals, weights] = [new Float64Array(rows.length), new Float64Array(rows.length)];
    for (let i = 0; i < rows.length; i++) {
      residuals[i] = target[rows[i]!]! - score[rows[i]!]!;
      weights[i] = weight[rows[i]!]!;
    }
    return learningRate * leafOf(residuals, weights);
  });
}

/** Rows that the tree was grown on stand leaf by leaf already; others are led through it. */
function advance(
  tree: GrownTree,
  value: Float64Array,
  order: Int32Array,
  count: number,
  bins: Bins,
  score: Float64Array,
): void {
  if (count < bins.rows) {
    addTree(tree, value, bins, score);
    return;
  }
  for (const [node, feature] of tree.feature.entries()) {
    if (feature >= 0) continue;
    for (let i = tree.start[node]!; i < tree.end[node]!; i++) score[order[i]!]! += value[node]!;
  }
}

/** Rows that are not trained on and decide when to stop. */
class Held {
  private readonly bins: Bins;
  private readonly score: Float64Array;
  private readonly weight: Float64Array;
  private readonly table: Table;
  private readonly objective: Objective;

  constructor(table: Table, trained: Bins, objective: Objective, base: number, factor: number) {
    checkTable(table);
    this.table = table;
    this.objective = objective;
    this.bins = binByCuts(table, trained.cuts);
    this.score = new Float64Array(table.rows).fill(base);
    this.weight = rowWeights(table, factor);
  }

  lossAfter(tree: GrownTree, value: Float64Array): number {
    addTree(tree, value, this.bins, this.score);
    return this.objective.loss(this.score, this.table.target, this.weight);
  }
}
