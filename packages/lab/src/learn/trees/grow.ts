/** Grows one tree after another, always splitting the leaf with the largest gain. */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { BINS, type Bins, FEATURES_PER_GROUP, MISSING_BIN } from './bins.ts';
import {
  type Bench,
  leafValue,
  NODE_NUMBERS,
  SPLIT_NUMBERS,
  slotSize,
  TASK_INTEGERS,
  work,
} from './histograms.ts';

export interface GrowthLimits {
  readonly maxLeaves: number;
  readonly maxDepth: number;
  /** L2 of leaf values. */
  readonly lambda: number;
  /** Of both sides of a split, in units of the hessian. */
  readonly minChildWeight: number;
  readonly minGain: number;
  /** Of −1, 0, 1 per feature. */
  readonly monotone: Int8Array;
  /** Of the features that a node may be split on, drawn anew for each. */
  readonly nodeFeatureShare: number;
}

/** Nodes side by side; node 0 is the root. `feature` −1: a leaf, whose rows are `order[start … end)`. */
export interface GrownTree {
  readonly feature: number[];
  readonly bin: number[];
  readonly missingLeft: number[];
  readonly left: number[];
  readonly right: number[];
  /** Newton's step at each node, within its bounds; of inner nodes, too. */
  readonly value: number[];
  readonly start: number[];
  readonly end: number[];
}

interface Leaf extends Sums {
  readonly node: number;
  readonly depth: number;
  readonly slot: number;
  split: Split | null;
}

interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  /** Bounds of the value. */
  readonly lowest: number;
  readonly highest: number;
}

interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: number;
  /** Of the left side. */
  readonly gradient: number;
  readonly hessian: number;
}

const sharedNumbers = (count: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * count));

export class Grower {
  /** Rows of the last tree, leaf after leaf. */
  readonly order: Int32Array;
  private readonly bench: Bench;
  private readonly limits: GrowthLimits;
  private readonly held: Int32Array;
  private readonly goesLeft = new Uint8Array(BINS);
  private tree: GrownTree = emptyTree();
  /** Of the tree that grows. */
  private random: Random;
  private treeFeatures: Uint8Array;
  private gradients: Float64Array = new Float64Array(0);

  constructor(bins: Bins, limits: GrowthLimits) {
    const { rows, features, groups, cuts } = bins;
    this.limits = limits;
    this.held = new Int32Array(rows);
    this.treeFeatures = new Uint8Array(features).fill(1);
    this.random = createRandom(0);
    this.bench = {
      threads: 1,
      features,
      groups,
      binCounts: Int32Array.from(cuts, ({ length }) => length + 1),
      monotone: limits.monotone,
      isConstrained: limits.monotone.some((direction) => direction !== 0),
      lambda: limits.lambda,
      minChildWeight: limits.minChildWeight,
      minGain: limits.minGain,
      order: new Int32Array(new SharedArrayBuffer(4 * rows)),
      pairs: sharedNumbers(2 * rows),
      slots: sharedNumbers((limits.maxLeaves + 1) * slotSize(features)),
      allowed: new Uint8Array(new SharedArrayBuffer(2 * features)),
      task: new Int32Array(new SharedArrayBuffer(4 * TASK_INTEGERS)),
      nodes: sharedNumbers(2 * NODE_NUMBERS),
      splits: sharedNumbers(2 * SPLIT_NUMBERS),
    };
    this.order = this.bench.order;
  }

  /**
   * `gradients` holds gradient and hessian of each row (exact sums: see `exactPairs`); the rows of the tree are the
   * first `count` of `order`. `treeFeatures` are 1 where the tree may use the feature.
   */
  grow(gradients: Float64Array, count: number, treeFeatures: Uint8Array, random: Random): GrownTree {
    this.tree = emptyTree();
    this.random = random;
    this.treeFeatures = treeFeatures;
    this.gradients = gradients;
    let [gradient, hessian] = [0, 0];
    for (let i = 0; i < count; i++) {
      gradient += gradients[2 * this.order[i]!]!;
      hessian += gradients[2 * this.order[i]! + 1]!;
    }
    const unbounded = { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY };
    const root = this.addLeaf({ gradient, hessian, ...unbounded }, 0, 0, 0, count);
    const leaves = [root];
    if (this.limits.maxLeaves > 1 && this.mayBeSplit(root)) this.search(root, -1, [root, null]);
    while (leaves.length < this.limits.maxLeaves) {
      const next = leaves.reduce((best, leaf) => (gainOf(leaf) > gainOf(best) ? leaf : best));
      if (next.split === null) break;
      leaves.splice(leaves.indexOf(next), 1, ...this.divide(next, next.split, leaves.length));
    }
    return this.tree;
  }

  private addLeaf(sums: Sums, depth: number, slot: number, start: number, end: number): Leaf {
    const { tree } = this;
    const node = tree.feature.push(-1) - 1;
    tree.bin.push(0);
    tree.missingLeft.push(0);
    tree.left.push(-1);
    tree.right.push(-1);
    tree.value.push(leafValue(sums.gradient, sums.hessian, this.limits.lambda, sums.lowest, sums.highest));
    tree.start.push(start);
    tree.end.push(end);
    return { ...sums, node, depth, slot, split: null };
  }

  private mayBeSplit({ depth, hessian }: Leaf): boolean {
    return depth < this.limits.maxDepth && hessian >= 2 * this.limits.minChildWeight;
  }

  /** The smaller side is built in slot `freeSlot`, the larger is what remains of the parent. */
  private divide(leaf: Leaf, split: Split, freeSlot: number): Leaf[] {
    const { tree } = this;
    const { node, slot, depth } = leaf;
    const [start, end] = [tree.start[node]!, tree.end[node]!];
    const middle = this.partition(split, start, end);
    tree.feature[node] = split.feature;
    tree.bin[node] = split.bin;
    tree.missingLeft[node] = split.missingLeft;
    const isLeftSmaller = middle - start <= end - middle;
    const [leftSums, rightSums] = this.childSums(leaf, split);
    const left = this.addLeaf(leftSums, depth + 1, isLeftSmaller ? freeSlot : slot, start, middle);
    const right = this.addLeaf(rightSums, depth + 1, isLeftSmaller ? slot : freeSlot, middle, end);
    tree.left[node] = left.node;
    tree.right[node] = right.node;
    const isLast = freeSlot + 1 >= this.limits.maxLeaves;
    if (!isLast && (this.mayBeSplit(left) || this.mayBeSplit(right)))
      this.search(isLeftSmaller ? left : right, slot, [left, right]);
    return [left, right];
  }

  /** On a feature with a direction the middle of both values becomes the bound of either side, as in XGBoost. */
  private childSums(leaf: Leaf, split: Split): [Sums, Sums] {
    const { lambda, monotone } = this.limits;
    const { lowest, highest } = leaf;
    const left = { gradient: split.gradient, hessian: split.hessian, lowest, highest };
    const right = {
      gradient: leaf.gradient - split.gradient,
      hessian: leaf.hessian - split.hessian,
      lowest,
      highest,
    };
    const direction = monotone[split.feature]!;
    if (direction === 0) return [left, right];
    const [leftValue, rightValue] = [left, right].map((side) =>
      leafValue(side.gradient, side.hessian, lambda, lowest, highest),
    );
    const middle = (leftValue! + rightValue!) / 2;
    return direction > 0
      ? [
          { ...left, highest: middle },
          { ...right, lowest: middle },
        ]
      : [
          { ...left, lowest: middle },
          { ...right, highest: middle },
        ];
  }

  /** Rows of the left side first, each side in the order it had; returns where the right side starts. */
  private partition({ feature, bin, missingLeft }: Split, start: number, end: number): number {
    const { order, held, goesLeft } = this;
    goesLeft.fill(1, 0, bin + 1).fill(0, bin + 1);
    goesLeft[MISSING_BIN] = missingLeft;
    const group = this.bench.groups[Math.floor(feature / FEATURES_PER_GROUP)]!;
    const shift = 8 * (feature % FEATURES_PER_GROUP);
    let left = start;
    let right = 0;
    for (let i = start; i < end; i++) {
      const row = order[i]!;
      const isLeft = goesLeft[(group[row]! >>> shift) & 255]!;
      // Both are written, one of them counts: no branch that the processor has to guess.
      order[left] = row;
      held[right] = row;
      left += isLeft;
      right += 1 - isLeft;
    }
    order.set(held.subarray(0, right), left);
    return left;
  }

  /** Builds the histogram of `built`, takes it from that in `parentSlot` and finds the best splits of `leaves`. */
  private search(built: Leaf, parentSlot: number, leaves: readonly [Leaf, Leaf | null]): void {
    const { bench, tree, gradients, limits } = this;
    const { order, pairs, task } = bench;
    const [start, end] = [tree.start[built.node]!, tree.end[built.node]!];
    for (let i = start; i < end; i++) {
      const row = order[i]!;
      pairs[2 * i] = gradients[2 * row]!;
      pairs[2 * i + 1] = gradients[2 * row + 1]!;
    }
    task.set([built.slot, start, end, parentSlot]);
    for (const [k, leaf] of leaves.entries()) {
      const isSought = leaf !== null && this.mayBeSplit(leaf);
      task[4 + k] = isSought ? leaf.slot : -1;
      if (!isSought) continue;
      bench.nodes.set([leaf.gradient, leaf.hessian, leaf.lowest, leaf.highest], k * NODE_NUMBERS);
      this.allow(k, limits.nodeFeatureShare);
    }
    work(bench, 0);
    for (const [k, leaf] of leaves.entries()) if (leaf !== null) leaf.split = this.bestSplit(k);
  }

  private allow(node: number, share: number): void {
    const { features, allowed } = this.bench;
    const at = node * features;
    allowed.set(this.treeFeatures, at);
    if (share < 1) thin(allowed.subarray(at, at + features), share, this.random);
  }

  /** Of what each thread found; where gains are equal, the first feature. */
  private bestSplit(node: number): Split | null {
    const { splits, threads } = this.bench;
    let best: Split | null = null;
    for (let thread = 0; thread < threads; thread++) {
      const at = (2 * thread + node) * SPLIT_NUMBERS;
      const [gain, feature, bin, missingLeft, gradient, hessian] = splits.subarray(at) as unknown as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      if (gain <= 0 || (best && (gain < best.gain || (gain === best.gain && feature > best.feature))))
        continue;
      best = { gain, feature, bin, missingLeft, gradient, hessian };
    }
    return best;
  }
}

/** Keeps a share of the ones in `flags`, at least one, drawn without replacement. */
export function thin(flags: Uint8Array, share: number, random: Random): void {
  let left = flags.reduce((sum, flag) => sum + flag, 0);
  let wanted = Math.max(1, Math.round(share * left));
  for (let f = 0; f < flags.length; f++) {
    if (flags[f] === 0) continue;
    if (random.uniform() * left < wanted) wanted--;
    else flags[f] = 0;
    left--;
  }
}

const gainOf = ({ split }: Leaf): number => split?.gain ?? 0;

const emptyTree = (): GrownTree => ({
  feature: [],
  bin: [],
  missingLeft: [],
  left: [],
  right: [],
  value: [],
  start: [],
  end: [],
});
