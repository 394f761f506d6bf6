/** Random forest (Breiman 2001) on the histograms of the boosted trees. */

import type { TreeDocument } from '@emberwatch/engine/detector';
import { createRandom, type Random } from '@emberwatch/engine/random';
import type { Learner } from '../learner.ts';
import { checkTable, type PositiveWeight, positiveFactor, rowWeights, type Table } from '../table.ts';
import { binTable } from './bins.ts';
import { coverOf, exactLeaves, treeDocument } from './document.ts';
import { withGrower } from './grow.ts';
import { directions, settingsOf } from './settings.ts';

export type ForestParameters = {
  readonly trees: number;
  readonly maxLeaves: number;
  readonly maxDepth: number;
  readonly maxBins: number;
  /** Least number of drawn rows in a leaf. */
  readonly minChildWeight: number;
  /** Of the features that a node looks at. */
  readonly nodeFeatureShare: number;
  readonly increasing: string;
  readonly decreasing: string;
  readonly positiveWeight: PositiveWeight;
};

/** With squared error a leaf is the share of hazardous rows, and the gain that of Gini's impurity. */
export const randomForest: Learner<ForestParameters> = {
  id: 'random-forest',
  about: 'random forest: rows drawn by weight, features drawn at each node, mean of the leaves',
  defaults: {
    trees: 100,
    maxLeaves: 128,
    maxDepth: 24,
    maxBins: 255,
    minChildWeight: 5,
    nodeFeatureShare: 0.3,
    increasing: '',
    decreasing: '',
    positiveWeight: 'balanced',
  },
  fit: (table, options) => {
    const settings = settingsOf('random-forest', randomForest.defaults, options.parameters);
    checkTable(table);
    const weight = rowWeights(table, positiveFactor(table, settings.positiveWeight));
    const bins = binTable(table, weight, settings.maxBins);
    const monotone = directions(table, settings.increasing, settings.decreasing);
    const limits = { ...settings, lambda: 0, minGain: 0, monotone };
    const allFeatures = new Uint8Array(bins.features).fill(1);
    const trees: TreeDocument[] = [];
    withGrower(bins, limits, options.threads, (grower) => {
      for (let t = 0; t < settings.trees; t++) {
        const random = createRandom(options.seed, `forest/${t}`);
        const drawn = drawByWeight(weight, random.clone());
        const count = fillPairs(table, drawn, grower.gradients, grower.order);
        const tree = grower.grow(count, allFeatures, random);
        const cover = coverOf(tree, grower.order, drawn);
        trees.push(treeDocument(tree, { value: Float64Array.from(tree.value), cover }, bins.cuts));
        options.onProgress?.((t + 1) / settings.trees);
      }
    });
    return { scorer: { kind: 'trees', combine: 'mean', ...exactLeaves(trees, 0) }, curve: null };
  },
};

/** How often each row comes in as many draws as there are rows with weight, each by its weight. */
function drawByWeight(weight: Float64Array, random: Random): Float64Array {
  const drawn = new Float64Array(weight.length);
  let [total, draws] = [0, 0];
  for (const w of weight) {
    total += w;
    if (w > 0) draws++;
  }
  // Sorted uniform numbers are sums of exponential ones: the rows are walked through once.
  const gaps = new Float64Array(draws + 1);
  let length = 0;
  for (let k = 0; k <= draws; k++) length += gaps[k] = -Math.log(1 - random.uniform());
  const scale = total / length;
  let row = 0;
  let end = weight[0]!;
  let at = 0;
  for (let k = 0; k < draws; k++) {
    at += gaps[k]! * scale;
    while (at >= end && row < weight.length - 1) end += weight[++row]!;
    drawn[row]!++;
  }
  return drawn;
}

/** From a score of 0 Newton's step of squared error is the weighted mean of the target. */
function fillPairs(table: Table, drawn: Float64Array, pairs: Float64Array, order: Int32Array): number {
  let count = 0;
  for (let row = 0; row < table.rows; row++) {
    const times = drawn[row]!;
    if (times > 0) order[count++] = row;
    pairs[2 * row] = -times * table.target[row]!;
    pairs[2 * row + 1] = times;
  }
  return count;
}
