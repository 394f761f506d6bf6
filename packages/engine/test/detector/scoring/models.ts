/** Small models for tests: trees drawn at random, documents that are whole. */
import { FEATURES, type ModelDocument, type TreeDocument } from '../../../src/detector/index.ts';
import { createRandom, type Random } from '../../../src/random.ts';

interface Growing {
  feature: number[];
  threshold: number[];
  left: number[];
  right: number[];
  missingLeft: number[];
  value: number[];
  cover: number[];
}

export function randomTree(random: Random, features: number, leaves: number): TreeDocument {
  const tree: Growing = {
    feature: [],
    threshold: [],
    left: [],
    right: [],
    missingLeft: [],
    value: [],
    cover: [],
  };
  const add = (cover: number): number => {
    tree.threshold.push(0);
    tree.left.push(-1);
    tree.right.push(-1);
    tree.missingLeft.push(0);
    tree.value.push(random.normal());
    tree.cover.push(cover);
    return tree.feature.push(-1) - 1;
  };
  const open = [add(1000)];
  while (open.length < leaves) {
    const node = open.splice(random.integer(open.length), 1)[0]!;
    tree.feature[node] = random.integer(features);
    tree.threshold[node] = Math.fround(random.normal());
    tree.missingLeft[node] = random.integer(2);
    const share = 0.05 + 0.9 * random.uniform();
    tree.left[node] = add(tree.cover[node]! * share);
    tree.right[node] = add(tree.cover[node]! * (1 - share));
    open.push(tree.left[node]!, tree.right[node]!);
  }
  return tree;
}

export const randomTrees = (
  seed: number,
  count: number,
  features: number,
  leaves: number,
): TreeDocument[] => {
  const random = createRandom(seed, 'trees');
  return Array.from({ length: count }, () => randomTree(random, features, leaves));
};

/** The leaf that a row comes to, as the document says it. */
export function leafOf(tree: TreeDocument, row: ArrayLike<number>): number {
  let node = 0;
  while (tree.feature[node]! >= 0) {
    const x = Math.fround(row[tree.feature[node]!]!);
    const goesLeft = Number.isNaN(x) ? tree.missingLeft[node] === 1 : x <= tree.threshold[node]!;
    node = goesLeft ? tree.left[node]! : tree.right[node]!;
  }
  return tree.value[node]!;
}

export function randomRow(random: Random, features: number): Float64Array {
  return Float64Array.from({ length: features }, () =>
    random.uniform() < 0.2 ? Number.NaN : random.normal(),
  );
}

const MODEL_FEATURES = FEATURES.filter(({ model }) => model).map(({ id, unit }) => ({ id, unit }));

/** One stump over one figure: score 4 above the limit, −4 below or where it is missing. */
export function stumpModel(
  feature: string,
  limit: number,
  overrides: Partial<ModelDocument> = {},
): ModelDocument {
  const at = MODEL_FEATURES.findIndex(({ id }) => id === feature);
  const stump: TreeDocument = {
    feature: [at, -1, -1],
    threshold: [Math.fround(limit), 0, 0],
    left: [1, -1, -1],
    right: [2, -1, -1],
    missingLeft: [1, 0, 0],
    value: [-3, -4, 4],
    cover: [1000, 900, 100],
  };
  const constant = (value: number): TreeDocument => ({
    feature: [-1], threshold: [0], left: [-1], right: [-1], missingLeft: [0], value: [value], cover: [1],
  }); // biome-ignore format: one node
  const sum = (trees: TreeDocument[]) => ({ kind: 'trees', combine: 'sum', base: 0, trees }) as const;
  return {
    name: 'stump-1',
    features: MODEL_FEATURES,
    scorer: sum([stump]),
    calibration: { score: [-5, 5], probability: [0, 1] },
    timeToPnr: {
      low: sum([constant(Math.log(60))]),
      median: sum([constant(Math.log(300))]),
      high: sum([constant(Math.log(1500))]),
      quantiles: [0.1, 0.9],
    },
    thresholds: {
      advisory: { probability: 0.3, budget: '1 per rack-month' },
      warning: { probability: 0.5, budget: '0.1 per rack-month' },
      critical: { probability: 0.8, budget: '0.01 per module-year' },
    },
    training: {
      learner: 'boosted-trees',
      parameters: { rounds: 1, shrink: true, name: 'größer' },
      plan: 'tiny',
      planSha256: 'a',
      datasetSha256: 'b',
      seed: 1,
      commit: 'c',
      rows: 10,
      positiveRows: 2,
      runs: 3,
    },
    metrics: { auc: 0.9 },
    ...overrides,
  };
}
