/**
 * Exact Shapley values of trees, path dependent (Lundberg, Erion and Lee 2018, "Consistent individualized feature
 * attribution for tree ensembles", algorithm 2): a feature that is not known yet takes both ways of a node, each with
 * the share of the training rows that took it. Time per tree: leaves × depth².
 */
import type { TreeDocument } from './document.ts';

/** A way that no training row took has no share; it must not divide by nothing. */
const MIN_SHARE = 1e-12;

/** One feature on the way to a node, and how its presence and absence weigh. */
interface Path {
  readonly feature: Int32Array;
  readonly zero: Float64Array;
  readonly one: Float64Array;
  readonly weight: Float64Array;
}

export class TreeContributions {
  private readonly trees: readonly TreeDocument[];
  /** Share of the rows of its parent that came to each node. */
  private readonly shares: readonly Float64Array[];
  private readonly expectations: Float64Array;
  private readonly path: Path;
  private tree: TreeDocument;
  private share: Float64Array;
  private row: Float32Array;
  private out: Float64Array = new Float64Array(0);

  constructor(trees: readonly TreeDocument[], featureCount: number) {
    this.trees = trees;
    this.shares = trees.map(sharesOf);
    this.expectations = Float64Array.from(trees, expectationOf);
    // A path of each depth is a copy of the one above it: (d + 1)(d + 2) / 2 elements in all.
    const depth = Math.max(0, ...trees.map(depthOf)) + 2;
    const size = (depth * (depth + 1)) / 2 + depth;
    this.path = {
      feature: new Int32Array(size),
      zero: new Float64Array(size),
      one: new Float64Array(size),
      weight: new Float64Array(size),
    };
    this.tree = trees[0]!;
    this.share = this.shares[0]!;
    this.row = new Float32Array(featureCount);
  }

  /**
   * Adds the contributions of all trees.
   *
   * @returns expectation of the sum of the trees
   */
  add(row: ArrayLike<number>, contributions: Float64Array): number {
    for (let f = 0; f < this.row.length; f++) this.row[f] = row[f]!;
    this.out = contributions;
    let expected = 0;
    for (let t = 0; t < this.trees.length; t++) {
      this.tree = this.trees[t]!;
      this.share = this.shares[t]!;
      expected += this.expectations[t]!;
      this.walk(0, 0, 0, 1, 1, -1);
    }
    return expected;
  }

  /** @param start where the path of the parent begins, `length` features of it */
  private walk(
    node: number,
    start: number,
    length: number,
    zero: number,
    one: number,
    feature: number,
  ): void {
    const { path, tree } = this;
    // The path of this node stands behind that of its parent.
    const at = start + length;
    copyPath(path, start, at, length);
    extend(path, at, length, zero, one, feature);
    let count = length + 1;
    const split = tree.feature[node]!;
    if (split < 0) {
      for (let i = 1; i < count; i++) {
        const weight = unwoundSum(path, at, count, i);
        this.out[path.feature[at + i]!]! +=
          weight * (path.one[at + i]! - path.zero[at + i]!) * tree.value[node]!;
      }
      return;
    }
    const value = this.row[split]!;
    const goesLeft = Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node]!;
    const [hot, cold] = goesLeft
      ? [tree.left[node]!, tree.right[node]!]
      : [tree.right[node]!, tree.left[node]!];
    let [incomingZero, incomingOne] = [1, 1];
    // A feature that has been met before is taken out and comes in again with both shares.
    for (let i = 1; i < count; i++) {
      if (path.feature[at + i] !== split) continue;
      incomingZero = path.zero[at + i]!;
      incomingOne = path.one[at + i]!;
      unwind(path, at, count, i);
      count--;
      break;
    }
    this.walk(hot, at, count, incomingZero * this.share[hot]!, incomingOne, split);
    this.walk(cold, at, count, incomingZero * this.share[cold]!, 0, split);
  }
}

function copyPath({ feature, zero, one, weight }: Path, from: number, to: number, length: number): void {
  for (let i = 0; i < length; i++) {
    feature[to + i] = feature[from + i]!;
    zero[to + i] = zero[from + i]!;
    one[to + i] = one[from + i]!;
    weight[to + i] = weight[from + i]!;
  }
}

/** EXTEND of the paper. `length`: elements before. */
function extend(
  { feature, zero, one, weight }: Path,
  at: number,
  length: number,
  zeroShare: number,
  oneShare: number,
  newFeature: number,
): void {
  feature[at + length] = newFeature;
  zero[at + length] = zeroShare;
  one[at + length] = oneShare;
  weight[at + length] = length === 0 ? 1 : 0;
  for (let i = length - 1; i >= 0; i--) {
    const w = weight[at + i]!;
    weight[at + i + 1]! += (oneShare * w * (i + 1)) / (length + 1);
    weight[at + i] = (zeroShare * w * (length - i)) / (length + 1);
  }
}

/** UNWIND of the paper: takes element `i` out of `count`. */
function unwind({ feature, zero, one, weight }: Path, at: number, count: number, i: number): void {
  const last = count - 1;
  const oneShare = one[at + i]!;
  const zeroShare = zero[at + i]!;
  let next = weight[at + last]!;
  for (let j = last - 1; j >= 0; j--) {
    if (oneShare === 0) {
      weight[at + j] = (weight[at + j]! * count) / (zeroShare * (last - j));
      continue;
    }
    const w = weight[at + j]!;
    weight[at + j] = (next * count) / ((j + 1) * oneShare);
    next = w - (weight[at + j]! * zeroShare * (last - j)) / count;
  }
  for (let j = i; j < last; j++) {
    feature[at + j] = feature[at + j + 1]!;
    zero[at + j] = zero[at + j + 1]!;
    one[at + j] = one[at + j + 1]!;
  }
}

/** Sum of the weights that UNWIND would leave. */
function unwoundSum({ zero, one, weight }: Path, at: number, count: number, i: number): number {
  const last = count - 1;
  const oneShare = one[at + i]!;
  const zeroShare = zero[at + i]!;
  let total = 0;
  let next = weight[at + last]!;
  for (let j = last - 1; j >= 0; j--) {
    if (oneShare === 0) {
      total += (weight[at + j]! * count) / (zeroShare * (last - j));
      continue;
    }
    const w = (next * count) / ((j + 1) * oneShare);
    total += w;
    next = weight[at + j]! - (w * zeroShare * (last - j)) / count;
  }
  return total;
}

function sharesOf({ feature, left, right, cover }: TreeDocument): Float64Array {
  const shares = new Float64Array(feature.length).fill(1);
  feature.forEach((f, node) => {
    if (f < 0) return;
    const [l, r] = [left[node]!, right[node]!];
    const both = cover[l]! + cover[r]!;
    shares[l] = both > 0 ? Math.min(1 - MIN_SHARE, Math.max(MIN_SHARE, cover[l]! / both)) : 0.5;
    shares[r] = 1 - shares[l]!;
  });
  return shares;
}

/** By the same shares as the contributions, so that both add up to the score. Children come after their parent. */
function expectationOf(tree: TreeDocument): number {
  const shares = sharesOf(tree);
  const expected = Float64Array.from(tree.value);
  for (let node = tree.feature.length - 1; node >= 0; node--) {
    if (tree.feature[node]! < 0) continue;
    const [l, r] = [tree.left[node]!, tree.right[node]!];
    expected[node] = shares[l]! * expected[l]! + shares[r]! * expected[r]!;
  }
  return expected[0]!;
}

function depthOf({ feature, left, right }: TreeDocument): number {
  const depths = new Int32Array(feature.length);
  let deepest = 0;
  feature.forEach((f, node) => {
    const depth = depths[node]!;
    if (depth > deepest) deepest = depth;
    if (f < 0) return;
    depths[left[node]!] = depth + 1;
    depths[right[node]!] = depth + 1;
  });
  return deepest;
}
