/** Grows one tree after another, always splitting the leaf with the largest gain. */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { type Bins, FEATURES_PER_GROUP, MISSING_BIN } from './bins.ts';
import { leafValue, NODE_NUMBERS, SharedBuffers, SPLIT_NUMBERS } from './histograms.ts';
import { WorkerPool } from './worker-pool.ts';

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

class Grower {
  /** Rows of the last tree, leaf after leaf. */
  readonly order: Int32Array;
  /** Gradient and hessian of each row, side by side; their sums must be exact (see `coarseFor`). */
  readonly gradients: Float64Array;
  private readonly buffers: SharedBuffers;
  private readonly pool: WorkerPool;
  private readonly limits: GrowthLimits;
  private tree: GrownTree = emptyTree();
  /** Of the tree that grows. */
  private random: Random;
  private treeFeatures: Uint8Array;

  constructor(bins: Bins, limits: GrowthLimits, threads = 1) {
    const { rows, features, groups, cuts } = bins;
    const { maxLeaves, lambda, minChildWeight, minGain, monotone } = limits;
    this.limits = limits;
    this.treeFeatures = new Uint8Array(features).fill(1);
    this.random = createRandom(0);
    this.buffers = new SharedBuffers({
      threads: Math.max(1, Math.min(threads, groups.length)),
      rows,
      features,
      slots: maxLeaves,
      lambda,
      minChildWeight,
      minGain,
      isConstrained: monotone.some((direction) => direction !== 0),
    });
    for (const [k, group] of groups.entries()) this.buffers.groups[k]!.set(group);
    this.buffers.binCounts.set(cuts.map(({ length }) => length + 1));
    this.buffers.monotone.set(monotone);
    this.pool = new WorkerPool(this.buffers);
    this.order = this.buffers.order;
    this.gradients = this.buffers.gradients;
  }

  /** The rows of the tree are the first `count` of `order`. `treeFeatures` are 1 where the tree may use the feature. */
  grow(count: number, treeFeatures: Uint8Array, random: Random): GrownTree {
    this.tree = emptyTree();
    this.random = random;
    this.treeFeatures = treeFeatures;
    const [gradient, hessian] = this.totals(count);
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

  end(): void {
    this.pool.end();
  }

  private totals(count: number): [number, number] {
    const { kernel, gradients, order, pairs, nodes } = this.buffers;
    const [from, to] = [order.byteOffset, order.byteOffset + 4 * count];
    if (count === 0) return [0, 0];
    kernel.gather(gradients.byteOffset, from, pairs.byteOffset, to);
    kernel.total(nodes.byteOffset, pairs.byteOffset, pairs.byteOffset + 16 * count);
    return [nodes[0]!, nodes[1]!];
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
    const { kernel, order, held, goesLeft, groups } = this.buffers;
    goesLeft.fill(1, 0, bin + 1).fill(0, bin + 1);
    goesLeft[MISSING_BIN] = missingLeft;
    const group = groups[Math.floor(feature / FEATURES_PER_GROUP)]!;
    const shift = 8 * (feature % FEATURES_PER_GROUP);
    const [from, to] = [order.byteOffset + 4 * start, order.byteOffset + 4 * end];
    const middle = kernel.partition(from, to, group.byteOffset, shift, goesLeft.byteOffset, held.byteOffset);
    // Addresses beyond two gigabytes come back as negative numbers.
    const left = ((middle >>> 0) - order.byteOffset) / 4;
    order.set(held.subarray(0, end - left), left);
    return left;
  }

  /** Builds the histogram of `built`, takes it from that in `parentSlot` and finds the best splits of `leaves`. */
  private search(built: Leaf, parentSlot: number, leaves: readonly [Leaf, Leaf | null]): void {
    const { buffers, tree, limits } = this;
    const { order, pairs, task, gradients } = buffers;
    const [start, end] = [tree.start[built.node]!, tree.end[built.node]!];
    const [from, to] = [order.byteOffset + 4 * start, order.byteOffset + 4 * end];
    // The root's pairs are there: its sum was taken from them.
    if (parentSlot >= 0 && end > start)
      buffers.kernel.gather(gradients.byteOffset, from, pairs.byteOffset + 16 * start, to);
    task.set([built.slot, start, end, parentSlot]);
    for (const [k, leaf] of leaves.entries()) {
      const isSought = leaf !== null && this.mayBeSplit(leaf);
      task[4 + k] = isSought ? leaf.slot : -1;
      if (!isSought) continue;
      buffers.nodes.set([leaf.gradient, leaf.hessian, leaf.lowest, leaf.highest], k * NODE_NUMBERS);
      this.allow(k, limits.nodeFeatureShare);
    }
    this.pool.run(end - start);
    for (const [k, leaf] of leaves.entries()) if (leaf !== null) leaf.split = this.bestSplit(k);
  }

  private allow(node: number, share: number): void {
    const { allowed, plan } = this.buffers;
    const { features } = plan;
    const at = node * features;
    allowed.set(this.treeFeatures, at);
    if (share < 1) thin(allowed.subarray(at, at + features), share, this.random);
  }

  /** Of what each thread found; where gains are equal, the first feature. */
  private bestSplit(node: number): Split | null {
    const { splits, plan } = this.buffers;
    let best: Split | null = null;
    for (let thread = 0; thread < plan.threads; thread++) {
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

/** Whatever happens to `use`, the threads are sent home. */
export function withGrower<T>(
  bins: Bins,
  limits: GrowthLimits,
  threads: number | undefined,
  use: (grower: Grower) => T,
): T {
  const grower = new Grower(bins, limits, threads);
  try {
    return use(grower);
  } finally {
    grower.end();
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
