/**
 * Histograms of gradients over bins and the best split of a node. All state lies in shared memory, so that several
 * threads can each look after some groups of features; sums are exact (see `coarseFor`), so that neither the order of
 * rows nor the number of threads can change a tree.
 */
import { BINS, FEATURES_PER_GROUP, MISSING_BIN } from './bins.ts';
import { type Kernel, kernelOn, type SharedMemory, sharedMemory } from './kernel.ts';

/** Of one feature: gradient and hessian of each bin, side by side. */
const FEATURE_NUMBERS = 2 * BINS;
const GROUP_NUMBERS = FEATURES_PER_GROUP * FEATURE_NUMBERS;

/** What every thread has to know to see the same. */
export interface SharedBuffersPlan {
  readonly threads: number;
  readonly rows: number;
  readonly features: number;
  readonly slots: number;
  readonly lambda: number;
  readonly minChildWeight: number;
  readonly minGain: number;
  readonly isConstrained: boolean;
}

/** Of `task`: slot to build, first row, row behind the last, slot of the parent or −1, slots of the nodes to split. */
const TASK_INTEGERS = 6;
/** Of `nodes`: gradient, hessian, lowest and highest value that a leaf may have. */
export const NODE_NUMBERS = 4;
/** Of `splits`: gain, feature, bin, missing goes left, gradient and hessian of the left side. */
export const SPLIT_NUMBERS = 6;
/** Of `control`: number of the task that is to be done (−1: go home), threads that have done it, threads at work. */
const CONTROL_INTEGERS = 3;

/** Views of the shared memory, and the loops on it. */
export class SharedBuffers {
  readonly plan: SharedBuffersPlan;
  readonly memory: SharedMemory;
  readonly kernel: Kernel;
  /** Gradient and hessian of each row. */
  readonly gradients: Float64Array;
  /** The same, in the order of the rows of the node that is built. */
  readonly pairs: Float64Array;
  /** Histograms: slot after slot, of each feature one. */
  readonly slots: Float64Array;
  readonly nodes: Float64Array;
  readonly splits: Float64Array;
  readonly groups: readonly Uint32Array[];
  /** Rows, leaf after leaf. */
  readonly order: Int32Array;
  readonly held: Int32Array;
  /** Bins of values of each feature, the last one behind its last cut. */
  readonly binCounts: Int32Array;
  readonly task: Int32Array;
  readonly control: Int32Array;
  /** 1: the score may only rise with the feature, −1: only fall. */
  readonly monotone: Int8Array;
  /** 1: the feature may be split on, for each of the two nodes of a task. */
  readonly allowed: Uint8Array;
  /** Of each bin, for the split that is carried out. */
  readonly goesLeft: Uint8Array;

  /** Without `memory` a new one is made; with it, the same arrays are seen again. */
  constructor(plan: SharedBuffersPlan, memory: SharedMemory | null = null) {
    const { rows, features, threads } = plan;
    const groups = Math.ceil(features / FEATURES_PER_GROUP);
    const lengths = {
      numbers: [
        2 * rows,
        2 * rows,
        plan.slots * groups * GROUP_NUMBERS,
        2 * NODE_NUMBERS,
        threads * 2 * SPLIT_NUMBERS,
      ],
      words: [...new Array(groups).fill(rows), rows, rows, features, TASK_INTEGERS, CONTROL_INTEGERS],
      bytes: [features, 2 * features, BINS],
    };
    const place = new Place();
    const numbers = lengths.numbers.map((length) => place.take(length, 8));
    const words = lengths.words.map((length) => place.take(length, 4));
    const bytes = lengths.bytes.map((length) => place.take(length, 1));
    this.plan = plan;
    this.memory = memory ?? sharedMemory(place.end);
    this.kernel = kernelOn(this.memory);
    const { buffer } = this.memory;
    const [gradients, pairs, slots, nodes, splits] = numbers.map(
      ([at, length]) => new Float64Array(buffer, at, length),
    );
    const integers = words.map(([at, length]) => new Int32Array(buffer, at, length));
    const [order, held, binCounts, task, control] = integers.slice(groups);
    const [monotone, allowed, goesLeft] = bytes.map(([at, length]) => new Uint8Array(buffer, at, length));
    this.gradients = gradients!;
    this.pairs = pairs!;
    this.slots = slots!;
    this.nodes = nodes!;
    this.splits = splits!;
    this.groups = integers
      .slice(0, groups)
      .map(({ byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
    this.order = order!;
    this.held = held!;
    this.binCounts = binCounts!;
    this.task = task!;
    this.control = control!;
    this.monotone = new Int8Array(buffer, monotone!.byteOffset, features);
    this.allowed = allowed!;
    this.goesLeft = goesLeft!;
  }

  /** Of a slot of histograms. */
  get slotNumbers(): number {
    return this.groups.length * GROUP_NUMBERS;
  }
}

/** Arrays behind each other, each from a new line of the cache on. */
class Place {
  end = 0;

  take(length: number, elementBytes: number): readonly [at: number, length: number] {
    const at = this.end;
    this.end += Math.ceil((length * elementBytes) / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
    return [at, length];
  }
}
const CACHE_LINE_BYTES = 64;

/** The groups of one thread: builds, takes from the parent, looks for the best split of both children. */
export function work(buffers: SharedBuffers, thread: number): void {
  const { kernel, slots, groups, order, pairs, slotNumbers } = buffers;
  const { features, threads } = buffers.plan;
  const [build, start, end, parent, left, right] = buffers.task as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const splits = thread * 2 * SPLIT_NUMBERS;
  buffers.splits.fill(0, splits, splits + 2 * SPLIT_NUMBERS);
  const orderAt = order.byteOffset + 4 * start;
  const orderEnd = order.byteOffset + 4 * end;
  const pairsAt = pairs.byteOffset + 16 * start;
  for (let k = thread; k < groups.length; k += threads) {
    const at = build * slotNumbers + k * GROUP_NUMBERS;
    const address = slots.byteOffset + 8 * at;
    slots.fill(0, at, at + GROUP_NUMBERS);
    if (end > start) kernel.addGroup(address, groups[k]!.byteOffset, orderAt, pairsAt, orderEnd);
    if (parent >= 0) {
      const from = slots.byteOffset + 8 * (parent * slotNumbers + k * GROUP_NUMBERS);
      kernel.subtract(from, address, from + 8 * GROUP_NUMBERS);
    }
    const first = k * FEATURES_PER_GROUP;
    for (let f = first; f < Math.min(first + FEATURES_PER_GROUP, features); f++) {
      if (left >= 0) scan(buffers, f, left * slotNumbers + f * FEATURE_NUMBERS, 0, splits);
      if (right >= 0) scan(buffers, f, right * slotNumbers + f * FEATURE_NUMBERS, 1, splits + SPLIT_NUMBERS);
    }
  }
}

function scan(buffers: SharedBuffers, feature: number, at: number, node: number, splitAt: number): void {
  if (buffers.allowed[node * buffers.plan.features + feature] === 0) return;
  const last = buffers.binCounts[feature]! - 1;
  const hasMissing = buffers.slots[at + 2 * MISSING_BIN + 1]! > 0;
  const cut = buffers.plan.isConstrained ? scanWithin : scanFreely;
  cut(buffers, feature, at, hasMissing ? last : last - 1, false, node, splitAt);
  if (hasMissing) cut(buffers, feature, at, last - 1, true, node, splitAt);
}

/**
 * Cuts behind each bin up to `lastBin`, missing values on one side (XGBoost, Chen and Guestrin 2016, eq. 7 without
 * the half). Where none is missing the heavier side is where a missing value will go.
 */
function scanFreely(
  buffers: SharedBuffers,
  feature: number,
  at: number,
  lastBin: number,
  isMissingLeft: boolean,
  node: number,
  splitAt: number,
): void {
  const { slots, nodes, splits } = buffers;
  const { lambda, minChildWeight, minGain } = buffers.plan;
  const gradient = nodes[node * NODE_NUMBERS]!;
  const hessian = nodes[node * NODE_NUMBERS + 1]!;
  const missing = at + 2 * MISSING_BIN;
  const isNoneMissing = slots[missing + 1] === 0;
  let g = isMissingLeft ? slots[missing]! : 0;
  let h = isMissingLeft ? slots[missing + 1]! : 0;
  const own = (gradient * gradient) / (hessian + lambda);
  let best = Math.max(splits[splitAt]!, minGain + 1e-10 * own);
  for (let bin = 0; bin <= lastBin; bin++) {
    const binHessian = slots[at + 2 * bin + 1]!;
    if (binHessian === 0) continue;
    h += binHessian;
    g += slots[at + 2 * bin]!;
    if (h < minChildWeight) continue;
    const otherH = hessian - h;
    if (otherH < minChildWeight) break;
    const otherG = gradient - g;
    const gain = (g * g) / (h + lambda) + (otherG * otherG) / (otherH + lambda) - own;
    if (!(gain > best)) continue;
    best = gain;
    splits[splitAt] = gain;
    splits[splitAt + 1] = feature;
    splits[splitAt + 2] = bin;
    splits[splitAt + 3] = isMissingLeft || (isNoneMissing && h > otherH) ? 1 : 0;
    splits[splitAt + 4] = g;
    splits[splitAt + 5] = h;
  }
}

/** The same where leaves have bounds and sides an order: values are clipped, and the gain is that of clipped ones. */
function scanWithin(
  buffers: SharedBuffers,
  feature: number,
  at: number,
  lastBin: number,
  isMissingLeft: boolean,
  node: number,
  splitAt: number,
): void {
  const { slots, nodes, splits } = buffers;
  const { lambda, minChildWeight, minGain } = buffers.plan;
  const [gradient, hessian, lowest, highest] = nodes.subarray(node * NODE_NUMBERS) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const missing = at + 2 * MISSING_BIN;
  const isNoneMissing = slots[missing + 1] === 0;
  const direction = buffers.monotone[feature]!;
  let g = isMissingLeft ? slots[missing]! : 0;
  let h = isMissingLeft ? slots[missing + 1]! : 0;
  const ownValue = leafValue(gradient, hessian, lambda, lowest, highest);
  const own = -(2 * gradient + (hessian + lambda) * ownValue) * ownValue;
  let best = Math.max(splits[splitAt]!, minGain + 1e-10 * Math.abs(own));
  for (let bin = 0; bin <= lastBin; bin++) {
    const binHessian = slots[at + 2 * bin + 1]!;
    if (binHessian === 0) continue;
    h += binHessian;
    g += slots[at + 2 * bin]!;
    if (h < minChildWeight) continue;
    const otherH = hessian - h;
    if (otherH < minChildWeight) break;
    const otherG = gradient - g;
    const left = leafValue(g, h, lambda, lowest, highest);
    const right = leafValue(otherG, otherH, lambda, lowest, highest);
    if (direction * (right - left) < 0) continue;
    const gain =
      -(2 * g + (h + lambda) * left) * left - (2 * otherG + (otherH + lambda) * right) * right - own;
    if (!(gain > best)) continue;
    best = gain;
    splits[splitAt] = gain;
    splits[splitAt + 1] = feature;
    splits[splitAt + 2] = bin;
    splits[splitAt + 3] = isMissingLeft || (isNoneMissing && h > otherH) ? 1 : 0;
    splits[splitAt + 4] = g;
    splits[splitAt + 5] = h;
  }
}

/** Newton's step of a leaf, within its bounds. */
export function leafValue(
  gradient: number,
  hessian: number,
  lambda: number,
  lowest: number,
  highest: number,
): number {
  const value = -gradient / (hessian + lambda);
  return value < lowest ? lowest : value > highest ? highest : value;
}
