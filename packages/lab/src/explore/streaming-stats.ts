/** What is kept of a stream of numbers in bounded memory: exact counts and moments, a fair sample, a log histogram. */
import { createRandom, type Random } from '@emberwatch/engine/random';

/**
 * A uniform sample of a stream (algorithm L of Li, ACM TOMS 20(4), 1994): most values cost one comparison. The same
 * seed and stream give the same sample.
 */
export class Reservoir {
  readonly capacity: number;
  private readonly random: Random;
  private readonly items: Float64Array;
  private readonly width: number;
  private filled = 0;
  private seen = 0;
  private next: number;
  private weight: number;

  /** `width`: numbers of one item. */
  constructor(capacity: number, seed: number, stream: string, width = 1) {
    this.capacity = capacity;
    this.width = width;
    this.random = createRandom(seed, `explore/${stream}`);
    this.items = new Float64Array(capacity * width);
    this.weight = this.weightStep();
    this.next = capacity + this.skip();
  }

  add(value: number): void {
    const slot = this.slot();
    if (slot >= 0) this.items[slot] = value;
  }

  /** @param values `width` numbers; copied */
  addAll(values: ArrayLike<number>): void {
    const slot = this.slot();
    if (slot >= 0) for (let k = 0; k < this.width; k++) this.items[slot * this.width + k] = values[k]!;
  }

  /** Kept items, one behind the other; a view, valid until the next `add`. */
  values(): Float64Array {
    return this.items.subarray(0, this.filled * this.width);
  }

  private slot(): number {
    const at = this.seen++;
    if (at < this.capacity) return this.filled++;
    if (at < this.next) return -1;
    this.weight *= this.weightStep();
    this.next += this.skip() + 1;
    return this.random.integer(this.capacity);
  }

  private weightStep(): number {
    return Math.exp(Math.log(1 - this.random.uniform()) / this.capacity);
  }

  private skip(): number {
    return Math.floor(Math.log(1 - this.random.uniform()) / Math.log1p(-this.weight));
  }
}

/** The first four binary digits after the point share an octave among 16 bins. */
const BINS_PER_OCTAVE = 16;
const MIN_EXPONENT = -40;
const MAX_EXPONENT = 50;
const BIN_COUNT = (MAX_EXPONENT - MIN_EXPONENT) * BINS_PER_OCTAVE;

const floats = new Float64Array(1);
const words = new Uint32Array(floats.buffer);
/** Exponent and first digits as they stand in the number: many times faster than a logarithm. Little endian. */
function binOf(magnitude: number): number {
  floats[0] = magnitude;
  const bin = (words[1]! >>> 16) - ((1023 + MIN_EXPONENT) << 4);
  return bin < 0 ? 0 : bin >= BIN_COUNT ? BIN_COUNT - 1 : bin;
}

/** Lower edge of a bin. */
const edgeOf = (bin: number): number => {
  const octave = Math.floor(bin / BINS_PER_OCTAVE);
  return 2 ** (octave + MIN_EXPONENT) * (1 + (bin - octave * BINS_PER_OCTAVE) / BINS_PER_OCTAVE);
};

/** Counts of magnitudes in bins 3 to 6 % wide: quantiles and shares above a limit that is known only afterwards. */
export class LogHistogram {
  count = 0;
  zeros = 0;
  private readonly bins = new Float64Array(BIN_COUNT);

  add(value: number): void {
    this.count++;
    if (value === 0) this.zeros++;
    else this.bins[binOf(value < 0 ? -value : value)]!++;
  }

  /** Magnitude below which a share `q` lies, linear inside a bin; NaN without values. */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN;
    let left = q * this.count - this.zeros;
    if (left <= 0) return 0;
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      const inside = this.bins[bin]!;
      if (left <= inside) return edgeOf(bin) + (left / inside) * (edgeOf(bin + 1) - edgeOf(bin));
      left -= inside;
    }
    return edgeOf(BIN_COUNT);
  }

  /** How many are larger, to the width of a bin. */
  countAbove(limit: number): number {
    if (!(limit > 0)) return this.count - this.zeros;
    let count = 0;
    for (let bin = binOf(limit) + 1; bin < BIN_COUNT; bin++) count += this.bins[bin]!;
    return count;
  }

  /** Adds what another has counted, and empties it. */
  take(other: LogHistogram): void {
    this.count += other.count;
    this.zeros += other.zeros;
    for (let bin = 0; bin < BIN_COUNT; bin++) this.bins[bin]! += other.bins[bin]!;
    other.count = other.zeros = 0;
    other.bins.fill(0);
  }

  /** Occupied bins, `merge` of them put together. */
  bars(merge: number): { from: number; to: number; count: number }[] {
    const bars: { from: number; to: number; count: number }[] = [];
    for (let bin = 0; bin < BIN_COUNT; bin += merge) {
      let count = 0;
      for (let k = bin; k < bin + merge; k++) count += this.bins[k] ?? 0;
      if (count > 0) bars.push({ from: edgeOf(bin), to: edgeOf(bin + merge), count });
    }
    return bars;
  }
}

/** Mean and spread in one pass (Welford), with the extremes. */
export class Moments {
  count = 0;
  mean = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const off = value - this.mean;
    this.mean += off / this.count;
    this.squares += off * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** Standard deviation of the values; NaN without any. */
  get deviation(): number {
    return this.count === 0 ? Number.NaN : Math.sqrt(this.squares / this.count);
  }
}

/** Of sorted values, linear between them; NaN where there is none. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!);
}

/** Steps in which people and instruments round. */
const ROUND_STEPS = [5, 2, 1];
const LARGEST_POWER = 3;
const SMALLEST_POWER = -7;
/** Of values that must lie on the grid; the rest may be outliers or converted. */
const ON_GRID_SHARE = 0.995;
/** Of a step: what a conversion may add. */
const OFF_GRID_STEPS = 0.002;
/** Relative precision of 32-bit floats, in which many files are kept. */
const FLOAT_ERROR = 1.2e-7;
const FEWEST_DISTINCT = 3;

/**
 * The step in which values were rounded: the largest of 1, 2, 5 · 10^k whose multiples they are, or the usual distance of neighbouring values where that repeats (a converter with odd steps).
 * Null: no step is seen.
 *
 * @param sorted values in rising order, a fair sample
 */
export function resolutionOf(sorted: ArrayLike<number>): number | null {
  const distinct: number[] = [];
  const times: number[] = [];
  const error = FLOAT_ERROR * Math.max(Math.abs(sorted[0] ?? 0), Math.abs(sorted[sorted.length - 1] ?? 0));
  for (let i = 0; i < sorted.length; i++) {
    // Differences of rounded values differ by what floats cannot hold.
    if (i > 0 && sorted[i]! - distinct.at(-1)! <= error) times[times.length - 1]!++;
    else times[distinct.push(sorted[i]!) - 1] = 1;
  }
  if (distinct.length < FEWEST_DISTINCT) return null;
  const span = distinct.at(-1)! - distinct[0]!;
  const isGrid = (step: number): boolean => {
    if (error > OFF_GRID_STEPS * step || step > span) return false;
    let off = 0;
    for (const [i, value] of distinct.entries()) {
      const steps = value / step;
      if (Math.abs(steps - Math.round(steps)) > OFF_GRID_STEPS + error / step) off += times[i]!;
    }
    return off <= (1 - ON_GRID_SHARE) * sorted.length;
  };
  for (let power = LARGEST_POWER; power >= SMALLEST_POWER; power--)
    for (const factor of ROUND_STEPS) {
      const step = Number(`${factor}e${power}`);
      if (isGrid(step)) return step;
    }
  return oddStep(distinct);
}

/** Smallest usual distance of neighbours, if the other distances are multiples of it. */
function oddStep(distinct: readonly number[]): number | null {
  const gaps = distinct.slice(1).map((value, i) => value - distinct[i]!);
  const sorted = [...gaps].sort((a, b) => a - b);
  const step = quantileOf(sorted, 0.1);
  const fits = gaps.filter((gap) => Math.abs(gap / step - Math.round(gap / step)) < 0.05 && gap > step / 2);
  return fits.length >= 0.95 * gaps.length && gaps.length > 10 ? Number(step.toPrecision(4)) : null;
}
