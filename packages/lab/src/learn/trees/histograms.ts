/**
 * Histograms of gradients over bins and the best split of a node. All state lies in shared memory, so that several
 * threads can each look after some groups of features; sums are exact (see `exactPairs`), so that
 * neither the order of rows nor the number of threads can change a tree.
 */
import { BINS, FEATURES_PER_GROUP, MISSING_BIN } from './bins.ts';

/** Of one feature: gradient and hessian of each bin, side by side. */
const FEATURE_STRIDE = 2 * BINS;

/** What the threads share. */
export interface Bench {
  readonly threads: number;
  readonly features: number;
  readonly groups: readonly Uint32Array[];
  /** Bins of values of each feature, the last one behind its last cut. */
  readonly binCounts: Int32Array;
  /** 1: the score may only rise with the feature, −1: only fall. */
  readonly monotone: Int8Array;
  readonly isConstrained: boolean;
  readonly lambda: number;
  readonly minChildWeight: number;
  readonly minGain: number;
  /** Rows of the node that is built, and gradient and hessian beside each, in that order. */
  readonly order: Int32Array;
  readonly pairs: Float64Array;
  /** Histograms: slot after slot. */
  readonly slots: Float64Array;
  /** 1: the feature may be split on, for each of the two nodes of a task. Shape [2 × features]. */
  readonly allowed: Uint8Array;
  /** Shape [TASK_INTEGERS] and [2 × NODE_NUMBERS]. */
  readonly task: Int32Array;
  readonly nodes: Float64Array;
  /** Shape [threads × 2 × SPLIT_NUMBERS]. */
  readonly splits: Float64Array;
}

/** Of `task`: slot to build, first row, row behind the last, slot of the parent or −1, slots of the nodes to split. */
export const TASK_INTEGERS = 6;
/** Of `nodes`: gradient, hessian, lowest and highest value that a leaf may have. */
export const NODE_NUMBERS = 4;
/** Of `splits`: gain, feature, bin, missing goes left, gradient and hessian of the left side. */
export const SPLIT_NUMBERS = 6;

export const slotSize = (features: number): number => features * FEATURE_STRIDE;

/** The groups of one thread: builds, takes from the parent, looks for the best split of both children. */
export function work(bench: Bench, thread: number): void {
  const { groups, features, task, slots, threads } = bench;
  const [build, start, end, parent, left, right] = task as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const splits = thread * 2 * SPLIT_NUMBERS;
  bench.splits.fill(0, splits, splits + 2 * SPLIT_NUMBERS);
  const size = slotSize(features);
  for (let k = thread; k < groups.length; k += threads) {
    const first = k * FEATURES_PER_GROUP;
    const width = Math.min(FEATURES_PER_GROUP, features - first) * FEATURE_STRIDE;
    const at = build * size + first * FEATURE_STRIDE;
    slots.fill(0, at, at + width);
    const add = width === FEATURES_PER_GROUP * FEATURE_STRIDE ? addGroup : addPartOfGroup;
    add(slots, at, width, groups[k]!, bench.order, bench.pairs, start, end);
    if (parent >= 0) subtract(slots, parent * size + first * FEATURE_STRIDE, at, width);
    for (let f = first; f < Math.min(first + FEATURES_PER_GROUP, features); f++) {
      if (left >= 0) scan(bench, f, left * size + f * FEATURE_STRIDE, 0, splits);
      if (right >= 0) scan(bench, f, right * size + f * FEATURE_STRIDE, 1, splits + SPLIT_NUMBERS);
    }
  }
}

/** Four features at a time: row, gradient and bins are read once for all of them. */
function addGroup(
  slots: Float64Array,
  at: number,
  _width: number,
  group: Uint32Array,
  order: Int32Array,
  pairs: Float64Array,
  start: number,
  end: number,
): void {
  const h0 = slots.subarray(at, at + FEATURE_STRIDE);
  const h1 = slots.subarray(at + FEATURE_STRIDE, at + 2 * FEATURE_STRIDE);
  const h2 = slots.subarray(at + 2 * FEATURE_STRIDE, at + 3 * FEATURE_STRIDE);
  const h3 = slots.subarray(at + 3 * FEATURE_STRIDE, at + 4 * FEATURE_STRIDE);
  for (let i = start; i < end; i++) {
    const bins = group[order[i]!]!;
    const g = pairs[2 * i]!;
    const h = pairs[2 * i + 1]!;
    const b0 = (bins & 255) << 1;
    const b1 = (bins >>> 7) & 510;
    const b2 = (bins >>> 15) & 510;
    const b3 = (bins >>> 23) & 510;
    h0[b0]! += g;
    h0[b0 + 1]! += h;
    h1[b1]! += g;
    h1[b1 + 1]! += h;
    h2[b2]! += g;
    h2[b2 + 1]! += h;
    h3[b3]! += g;
    h3[b3 + 1]! += h;
  }
}

function addPartOfGroup(
  slots: Float64Array,
  at: number,
  width: number,
  group: Uint32Array,
  order: Int32Array,
  pairs: Float64Array,
  start: number,
  end: number,
): void {
  for (let part = 0; part * FEATURE_STRIDE < width; part++) {
    const histogram = slots.subarray(at + part * FEATURE_STRIDE, at + (part + 1) * FEATURE_STRIDE);
    const shift = 8 * part;
    for (let i = start; i < end; i++) {
      const bin = ((group[order[i]!]! >>> shift) & 255) << 1;
      histogram[bin]! += pairs[2 * i]!;
      histogram[bin + 1]! += pairs[2 * i + 1]!;
    }
  }
}

function subtract(slots: Float64Array, from: number, what: number, width: number): void {
  for (let i = 0; i < width; i++) slots[from + i]! -= slots[what + i]!;
}

function scan(bench: Bench, feature: number, at: number, node: number, splitAt: number): void {
  if (bench.allowed[node * bench.features + feature] === 0) return;
  const last = bench.binCounts[feature]! - 1;
  const missing = at + 2 * MISSING_BIN;
  const hasMissing = bench.slots[missing + 1]! > 0;
  if (bench.isConstrained) {
    scanWithin(bench, feature, at, hasMissing ? last : last - 1, false, node, splitAt);
    if (hasMissing) scanWithin(bench, feature, at, last - 1, true, node, splitAt);
  } else {
    scanFreely(bench, feature, at, hasMissing ? last : last - 1, false, node, splitAt);
    if (hasMissing) scanFreely(bench, feature, at, last - 1, true, node, splitAt);
  }
}

/**
 * Cuts behind each bin up to `lastBin`, missing values on one side (XGBoost, Chen and Guestrin 2016, eq. 7 without
 * the half). Where none is missing the heavier side is where a missing value will go.
 */
function scanFreely(
  bench: Bench,
  feature: number,
  at: number,
  lastBin: number,
  isMissingLeft: boolean,
  node: number,
  splitAt: number,
): void {
  const { slots, nodes, splits, lambda, minChildWeight } = bench;
  const gradient = nodes[node * NODE_NUMBERS]!;
  const hessian = nodes[node * NODE_NUMBERS + 1]!;
  const missing = at + 2 * MISSING_BIN;
  const isNoneMissing = slots[missing + 1] === 0;
  let g = isMissingLeft ? slots[missing]! : 0;
  let h = isMissingLeft ? slots[missing + 1]! : 0;
  const own = (gradient * gradient) / (hessian + lambda);
  let best = Math.max(splits[splitAt]!, bench.minGain + 1e-10 * own);
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
  bench: Bench,
  feature: number,
  at: number,
  lastBin: number,
  isMissingLeft: boolean,
  node: number,
  splitAt: number,
): void {
  const { slots, nodes, splits, lambda, minChildWeight } = bench;
  const [gradient, hessian, lowest, highest] = nodes.subarray(node * NODE_NUMBERS) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const missing = at + 2 * MISSING_BIN;
  const isNoneMissing = slots[missing + 1] === 0;
  const direction = bench.monotone[feature]!;
  let g = isMissingLeft ? slots[missing]! : 0;
  let h = isMissingLeft ? slots[missing + 1]! : 0;
  const ownValue = leafValue(gradient, hessian, lambda, lowest, highest);
  const own = -(2 * gradient + (hessian + lambda) * ownValue) * ownValue;
  let best = Math.max(splits[splitAt]!, bench.minGain + 1e-10 * Math.abs(own));
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
