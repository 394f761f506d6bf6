/** Columns as bytes: each value is replaced by the number of the interval between two cuts that it falls into. */
import type { Table } from '../table.ts';

/** The bin of what was not measured. */
export const MISSING_BIN = 255;
/** Bins of values: 0 … 254. */
export const MAX_VALUE_BINS = 255;
/** Of one feature in a histogram. */
export const BINS = 256;
/** Bins of so many features stand in one 32-bit word, the first in the lowest byte: they are read together. */
export const FEATURES_PER_GROUP = 4;

const LARGEST_FLOAT32 = 3.4028234663852886e38;

export interface Bins {
  readonly rows: number;
  readonly features: number;
  /** Of features 4k … 4k + 3. Shape [rows] each. */
  readonly groups: readonly Uint32Array[];
  /** Rising; a value v stands in the first bin b with v <= cuts[b], or behind the last. Exact 32-bit floats. */
  readonly cuts: readonly Float32Array[];
}

/**
 * Cuts at equal shares of the weight (rare rows that weigh more get finer bins), and the bins of every row. Where a
 * column has at most `maxBins` different values, each gets its own bin.
 */
export function binTable(table: Table, weight: Float64Array, maxBins: number): Bins {
  const groups = emptyGroups(table);
  const sorter = new Sorter(table.rows);
  const cuts = table.columns.map((column, f) => {
    const measured = sorter.sort(column);
    const { values, order } = sorter;
    const cut = cutsOfSorted(values, order, measured, weight, maxBins);
    const group = groups[Math.floor(f / FEATURES_PER_GROUP)]!;
    const shift = 8 * (f % FEATURES_PER_GROUP);
    fillMissing(group, shift, column);
    for (let i = 0, bin = 0; i < measured; i++) {
      while (bin < cut.length && values[i]! > cut[bin]!) bin++;
      group[order[i]!]! |= bin << shift;
    }
    return cut;
  });
  fillUnused(groups, table.columns.length);
  return { rows: table.rows, features: table.columns.length, groups, cuts };
}

/**
 * Bytes of the last group that belong to no feature run through all values: sums over them are not used, but adding
 * again and again to the same one would make the loop wait for itself.
 */
function fillUnused(groups: readonly Uint32Array[], features: number): void {
  const group = groups.at(-1);
  for (let k = features % FEATURES_PER_GROUP; group && k > 0 && k < FEATURES_PER_GROUP; k++)
    for (let row = 0; row < group.length; row++) group[row]! |= (row & 255) << (8 * k);
}

/** Bins of other rows by the cuts of the training rows. */
export function binByCuts(table: Table, cuts: readonly Float32Array[]): Bins {
  const groups = emptyGroups(table);
  for (const [f, column] of table.columns.entries()) {
    const group = groups[Math.floor(f / FEATURES_PER_GROUP)]!;
    const shift = 8 * (f % FEATURES_PER_GROUP);
    for (let i = 0; i < table.rows; i++) group[i]! |= binOf(column[i]!, cuts[f]!) << shift;
  }
  return { rows: table.rows, features: table.columns.length, groups, cuts };
}

function binOf(value: number, cuts: Float32Array): number {
  if (Number.isNaN(value)) return MISSING_BIN;
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= cuts[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

const emptyGroups = ({ columns, rows }: Table): Uint32Array[] =>
  Array.from({ length: Math.ceil(columns.length / FEATURES_PER_GROUP) }, () => new Uint32Array(rows));

function fillMissing(group: Uint32Array, shift: number, column: Float32Array): void {
  for (let i = 0; i < column.length; i++) if (Number.isNaN(column[i]!)) group[i]! |= MISSING_BIN << shift;
}

function cutsOfSorted(
  values: Float32Array,
  order: Uint32Array,
  measured: number,
  weight: Float64Array,
  maxBins: number,
): Float32Array {
  let distinct = measured > 0 ? 1 : 0;
  let total = 0;
  for (let i = 0; i < measured; i++) {
    if (i > 0 && values[i]! > values[i - 1]!) distinct++;
    total += weight[order[i]!]!;
  }
  const cuts: number[] = [];
  const cutBetween = (i: number): void => {
    // A sum of two halves does not overflow; rounding down keeps the lower value below the cut or at it.
    cuts.push(float32Below(values[i - 1]! / 2 + values[i]! / 2));
  };
  let below = 0;
  let next = total / maxBins;
  for (let i = 1; i < measured; i++) {
    below += weight[order[i - 1]!]!;
    if (!(values[i]! > values[i - 1]!)) continue;
    if (distinct > maxBins) {
      if (below < next || cuts.length === maxBins - 1) continue;
      // A value that fills several bins takes its share of them: the rest is divided anew.
      next = below + (total - below) / (maxBins - cuts.length - 1);
    }
    cutBetween(i);
  }
  return Float32Array.from(cuts);
}

/** The largest 32-bit float that is not above `value`. */
export function float32Below(value: number): number {
  const rounded = Math.fround(Math.min(value, LARGEST_FLOAT32));
  // No minus zero: JSON does not know it.
  if (rounded <= value) return Math.max(rounded, -LARGEST_FLOAT32) + 0;
  scratch[0] = rounded;
  // Bits of a positive float rise with it, those of a negative one fall.
  scratchBits[0]! += rounded > 0 ? -1 : 1;
  return scratch[0]!;
}
const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

const DIGIT_BITS = 11;
const DIGITS = 2048;

/** Radix sort of a column with the rows that the values come from; three digits of eleven bits. */
export class Sorter {
  readonly values: Float32Array;
  order: Uint32Array;
  private keys: Uint32Array;
  private otherKeys: Uint32Array;
  private otherOrder: Uint32Array;
  private readonly counts = new Uint32Array(3 * DIGITS);

  constructor(rows: number) {
    this.keys = new Uint32Array(rows);
    this.otherKeys = new Uint32Array(rows);
    this.order = new Uint32Array(rows);
    this.otherOrder = new Uint32Array(rows);
    this.values = new Float32Array(rows);
  }

  /** Fills `values` and `order` with what is measured, rising; returns how many. */
  sort(column: Float32Array): number {
    const measured = this.load(column);
    for (let digit = 0; digit < 3; digit++) this.pass(digit, measured);
    for (let i = 0; i < measured; i++) this.values[i] = column[this.order[i]!]!;
    return measured;
  }

  /** Keys are bits of the value, turned so that they rise with it. */
  private load(column: Float32Array): number {
    const bits = new Uint32Array(column.buffer, column.byteOffset, column.length);
    const { keys, order, counts } = this;
    counts.fill(0);
    let n = 0;
    for (let i = 0; i < column.length; i++) {
      if (Number.isNaN(column[i]!)) continue;
      // Minus zero and zero are one value.
      const word = column[i] === 0 ? 0 : bits[i]!;
      const key = (word & 0x80000000 ? ~word : word | 0x80000000) >>> 0;
      keys[n] = key;
      order[n++] = i;
      counts[key & (DIGITS - 1)]!++;
      counts[DIGITS + ((key >>> DIGIT_BITS) & (DIGITS - 1))]!++;
      counts[2 * DIGITS + (key >>> (2 * DIGIT_BITS))]!++;
    }
    return n;
  }

  private pass(digit: number, n: number): void {
    const { keys, order, otherKeys, otherOrder } = this;
    const counts = this.counts.subarray(digit * DIGITS, (digit + 1) * DIGITS);
    for (let d = 0, at = 0; d < DIGITS; d++) {
      const count = counts[d]!;
      counts[d] = at;
      at += count;
    }
    const shift = digit * DIGIT_BITS;
    for (let i = 0; i < n; i++) {
      const key = keys[i]!;
      const to = counts[(key >>> shift) & (DIGITS - 1)]!++;
      otherKeys[to] = key;
      otherOrder[to] = order[i]!;
    }
    this.keys = otherKeys;
    this.order = otherOrder;
    this.otherKeys = keys;
    this.otherOrder = order;
  }
}
