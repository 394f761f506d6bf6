/**
 * Trees as flat integer arrays. What a tree asks of a value is only its place among the thresholds that the forest knows
 * of its feature: each value is looked up once, and a step of a tree is a subtraction of two small integers whose sign
 * chooses between two children side by side. No branch depends on the data but the end of a tree. A missing value has two
 * places, before and behind all thresholds; a node asks the one that its missing values go by. Leaves lead to themselves,
 * so that several rows can walk a tree in step.
 */
import type { TreeDocument } from './document.ts';

/** Rows that stay in the processor's nearest memory while the trees go over them. */
const BLOCK_ROWS = 64;
/** Place of a missing value that has to go right: behind all thresholds. */
const BEHIND = 0x7fff;
const BEFORE = -1;

export class Forest {
  private readonly featureCount: number;
  private readonly scales: readonly Scale[];
  private readonly roots: Int32Array;
  /** Which place of the row a node asks, the place of its own threshold, and its left child; the right one is next. */
  private readonly slot: Int32Array;
  private readonly cut: Int32Array;
  private readonly child: Int32Array;
  private readonly leafValue: Float64Array;
  private readonly places: Int32Array;

  constructor(trees: readonly TreeDocument[], featureCount: number) {
    this.featureCount = featureCount;
    this.scales = cutsOf(trees, featureCount).map((cuts) => new Scale(cuts));
    this.roots = new Int32Array(trees.length);
    let nodes = 0;
    for (const { feature } of trees) nodes += feature.length;
    this.slot = new Int32Array(nodes);
    this.cut = new Int32Array(nodes);
    this.child = new Int32Array(nodes);
    this.leafValue = new Float64Array(nodes);
    this.places = new Int32Array(2 * featureCount * BLOCK_ROWS);
    let next = 0;
    trees.forEach((tree, t) => {
      this.roots[t] = next;
      next = this.lay(tree, next);
    });
  }

  /** Breadth-first, so that children are neighbours. */
  private lay(tree: TreeDocument, start: number): number {
    const order = [0];
    for (let k = 0; k < order.length; k++) {
      const node = order[k]!;
      const i = start + k;
      const feature = tree.feature[node]!;
      if (feature < 0) {
        // Leads to itself: its threshold is before nothing.
        this.child[i] = i;
        this.cut[i] = BEHIND;
        this.leafValue[i] = tree.value[node]!;
        continue;
      }
      this.slot[i] = 2 * feature + (tree.missingLeft[node] === 1 ? 1 : 0);
      this.cut[i] = this.scales[feature]!.place(Math.fround(tree.threshold[node]!));
      this.child[i] = start + order.length;
      order.push(tree.left[node]!, tree.right[node]!);
    }
    return start + order.length;
  }

  /** Sum of the leaves that the row comes to. `row`: one value per feature, NaN where missing. */
  sum(row: ArrayLike<number>): number {
    const { featureCount, scales, roots, slot, cut, child, leafValue, places } = this;
    for (let f = 0; f < featureCount; f++) {
      const x = Math.fround(row[f]!);
      if (Number.isNaN(x)) {
        places[2 * f] = BEHIND;
        places[2 * f + 1] = BEFORE;
      } else places[2 * f] = places[2 * f + 1] = scales[f]!.place(x);
    }
    let sum = 0;
    for (let t = 0; t < roots.length; t++) {
      let node = roots[t]!;
      let next = child[node]!;
      while (next !== node) {
        node = next + ((cut[node]! - places[slot[node]!]!) >>> 31);
        next = child[node]!;
      }
      sum += leafValue[node]!;
    }
    return sum;
  }

  /** The same for many rows, tree by tree over blocks of rows. `columns`: one array per feature, shape [rows] each. */
  sums(columns: readonly ArrayLike<number>[], rows: number, sums: Float64Array): void {
    const { places } = this;
    const width = 2 * this.featureCount;
    for (let start = 0; start < rows; start += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, rows - start);
      for (let f = 0; f < this.featureCount; f++) {
        const column = columns[f]!;
        const scale = this.scales[f]!;
        for (let r = 0; r < count; r++) {
          const x = Math.fround(column[start + r]!);
          const at = r * width + 2 * f;
          if (Number.isNaN(x)) {
            places[at] = BEHIND;
            places[at + 1] = BEFORE;
          } else places[at] = places[at + 1] = scale.place(x);
        }
      }
      this.sumBlock(count, start, sums);
    }
  }

  private sumBlock(count: number, start: number, sums: Float64Array): void {
    const { roots, slot, cut, child, leafValue, places } = this;
    const width = 2 * this.featureCount;
    for (let r = 0; r < count; r++) sums[start + r] = 0;
    const whole = count - (count % 4);
    for (let t = 0; t < roots.length; t++) {
      const root = roots[t]!;
      for (let r = 0; r < whole; r += 4) {
        const [rowA, rowB, rowC, rowD] = [r * width, (r + 1) * width, (r + 2) * width, (r + 3) * width];
        let [a, b, c, d] = [root, root, root, root];
        let [nextA, nextB, nextC, nextD] = [child[a]!, child[b]!, child[c]!, child[d]!];
        while (((nextA ^ a) | (nextB ^ b) | (nextC ^ c) | (nextD ^ d)) !== 0) {
          a = nextA + ((cut[a]! - places[rowA + slot[a]!]!) >>> 31);
          b = nextB + ((cut[b]! - places[rowB + slot[b]!]!) >>> 31);
          c = nextC + ((cut[c]! - places[rowC + slot[c]!]!) >>> 31);
          d = nextD + ((cut[d]! - places[rowD + slot[d]!]!) >>> 31);
          nextA = child[a]!;
          nextB = child[b]!;
          nextC = child[c]!;
          nextD = child[d]!;
        }
        const i = start + r;
        sums[i]! += leafValue[a]!;
        sums[i + 1]! += leafValue[b]!;
        sums[i + 2]! += leafValue[c]!;
        sums[i + 3]! += leafValue[d]!;
      }
      for (let r = whole; r < count; r++) {
        let node = root;
        let next = child[node]!;
        while (next !== node) {
          node = next + ((cut[node]! - places[r * width + slot[node]!]!) >>> 31);
          next = child[node]!;
        }
        sums[start + r]! += leafValue[node]!;
      }
    }
  }
}

function cutsOf(trees: readonly TreeDocument[], featureCount: number): Float32Array[] {
  const sets = Array.from({ length: featureCount }, () => new Set<number>());
  for (const { feature, threshold } of trees)
    feature.forEach((f, node) => {
      if (f >= 0) sets[f]!.add(Math.fround(threshold[node]!));
    });
  return sets.map((set) => Float32Array.from(set).sort());
}

const BUCKETS = 128;
const LARGEST_USUAL = 1e30;

/** The thresholds of a feature, rising: how many of them are below a value, by a table of equal stretches. */
class Scale {
  private readonly cuts: Float32Array;
  private readonly min: number;
  private readonly bucketsPerUnit: number;
  /** How many cuts are below each stretch. */
  private readonly starts = new Int32Array(BUCKETS + 1);

  constructor(cuts: Float32Array) {
    this.cuts = cuts;
    this.min = cuts[0] ?? 0;
    // "All that is measured" is a threshold, too: it would make one stretch of all others.
    const largest = cuts.findLast((cut) => cut < LARGEST_USUAL) ?? this.min;
    const span = largest - this.min;
    this.bucketsPerUnit = span > 0 ? BUCKETS / span : 0;
    for (const cut of cuts) for (let b = this.bucket(cut) + 1; b <= BUCKETS; b++) this.starts[b]!++;
  }

  private bucket(value: number): number {
    const b = (value - this.min) * this.bucketsPerUnit;
    return b > 0 ? (b < BUCKETS ? Math.trunc(b) : BUCKETS - 1) : 0;
  }

  place(value: number): number {
    const { cuts, starts } = this;
    const b = this.bucket(value);
    const end = starts[b + 1]!;
    let place = starts[b]!;
    while (place < end && cuts[place]! < value) place++;
    return place;
  }
}
