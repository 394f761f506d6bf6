/** Grown trees as plain data. */
import type { TreeDocument } from '@emberwatch/engine/detector';
import { type Bins, FEATURES_PER_GROUP, MISSING_BIN } from './bins.ts';
import type { GrownTree } from './grow.ts';

const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** Leaf values of a tree and the weight of the rows in each leaf, per node; of inner nodes what stands there is unused. */
export interface Leaves {
  readonly value: Float64Array;
  readonly cover: Float64Array;
}

/** `order` and `weight` as the tree was grown. */
export function coverOf(tree: GrownTree, order: Int32Array, weight: Float64Array): Float64Array {
  return Float64Array.from(tree.feature, (feature, node) => {
    let sum = 0;
    if (feature < 0) for (let i = tree.start[node]!; i < tree.end[node]!; i++) sum += weight[order[i]!]!;
    return sum;
  });
}

export function treeDocument(tree: GrownTree, leaves: Leaves, cuts: readonly Float32Array[]): TreeDocument {
  return {
    feature: tree.feature,
    threshold: tree.feature.map((feature, node) =>
      // Behind the last cut: all that is measured on one side, what is missing on the other.
      feature < 0 ? 0 : (cuts[feature]![tree.bin[node]!] ?? LARGEST_FLOAT32),
    ),
    left: tree.left,
    right: tree.right,
    missingLeft: tree.missingLeft,
    value: Array.from(leaves.value),
    cover: Array.from(leaves.cover),
  };
}

/** The tree with other leaf values; covers and expectations of inner nodes follow from the leaves. */
function withLeaves(tree: TreeDocument, leafValueOf: (value: number) => number): TreeDocument {
  const { feature, left, right } = tree;
  const cover = [...tree.cover];
  const value = tree.value.map((v, node) => (feature[node]! < 0 ? leafValueOf(v) : 0));
  // Children come after their parent: one pass from behind.
  for (let node = feature.length - 1; node >= 0; node--) {
    if (feature[node]! < 0) continue;
    const [l, r] = [left[node]!, right[node]!];
    cover[node] = cover[l]! + cover[r]!;
    value[node] = (value[l]! * cover[l]! + value[r]! * cover[r]!) / cover[node]!;
  }
  return { ...tree, value, cover };
}

/**
 * Leaf values rounded to a grid on which every sum over the trees is exact in 32-bit floats, so that each runtime, in
 * whatever order and precision it adds, gives the same score. `largest` bounds the sum: it costs one part in 2^23 of it.
 */
export function exactLeaves(
  trees: readonly TreeDocument[],
  base: number,
): { trees: TreeDocument[]; base: number } {
  const largest = trees.reduce(
    (sum, { feature, value }) =>
      sum + value.reduce((max, v, node) => (feature[node]! < 0 ? Math.max(max, Math.abs(v)) : max), 0),
    Math.abs(base),
  );
  const grid = largest > 0 ? 2 ** (Math.ceil(Math.log2(largest)) - 23) : 1;
  // No minus zero: JSON does not know it.
  const rounded = (v: number): number => Math.round(v / grid) * grid + 0;
  return { base: rounded(base), trees: trees.map((tree) => withLeaves(tree, rounded)) };
}

/** Adds the leaf value that each row of `bins` comes to. */
export function addTree(tree: GrownTree, value: Float64Array, bins: Bins, score: Float64Array): void {
  const { feature, bin, left, right, missingLeft } = tree;
  for (let row = 0; row < bins.rows; row++) {
    let node = 0;
    while (feature[node]! >= 0) {
      const f = feature[node]!;
      const at =
        (bins.groups[Math.floor(f / FEATURES_PER_GROUP)]![row]! >>> (8 * (f % FEATURES_PER_GROUP))) & 255;
      const isLeft = at === MISSING_BIN ? missingLeft[node] === 1 : at <= bin[node]!;
      node = isLeft ? left[node]! : right[node]!;
    }
    score[row]! += value[node]!;
  }
}
