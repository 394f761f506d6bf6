/** One measured quantity over time: cleaned value, resolution, how long it has stood still. */

const INTERVAL_GAIN = 0.1;
const RECENT_INTERVALS = 2.5;

export class Signal {
  /** Median of the last three values: a single outlier does not pass. NaN until there is a value. */
  value = Number.NaN;
  /** Last value as it came. */
  raw = Number.NaN;
  lastTimeS = Number.NEGATIVE_INFINITY;
  /** Since when the raw value is exactly the same. */
  unchangedSinceS = Number.NaN;
  unchangedCount = 0;
  /** Usual time between values, s: channels may come more rarely than frames. NaN until there are two. */
  intervalS = Number.NaN;
  /** Smallest step seen, at most `maxStep`. */
  stepSize: number;
  private readonly maxStep: number;
  /** The resolution comes from the data. */
  stepSeen = false;
  /** How often it has changed. */
  changes = 0;
  private previous = Number.NaN;
  private beforePrevious = Number.NaN;

  /** @param assumedStep resolution until the data shows another. @param maxStep upper bound of what counts as one. */
  constructor(assumedStep: number, maxStep: number) {
    this.stepSize = assumedStep;
    this.maxStep = maxStep;
  }

  /** After a gap: old values do not speak of the present; what was learnt of the sensor stays. */
  restart(): void {
    this.value = Number.NaN;
    this.previous = Number.NaN;
    this.beforePrevious = Number.NaN;
    this.raw = Number.NaN;
    this.lastTimeS = Number.NEGATIVE_INFINITY;
    this.unchangedSinceS = Number.NaN;
    this.unchangedCount = 0;
  }

  /** The last value still speaks for now: a channel may come more rarely than frames. */
  isRecent(timeS: number, frameIntervalS: number): boolean {
    return timeS - this.lastTimeS <= RECENT_INTERVALS * Math.max(frameIntervalS, this.intervalS || 0);
  }

  add(timeS: number, raw: number): void {
    const step = Math.abs(raw - this.raw);
    if (step > 0) {
      this.learnStep(step);
      this.unchangedSinceS = timeS;
      this.unchangedCount = 1;
    } else if (step === 0) {
      this.unchangedCount++;
    } else {
      this.unchangedSinceS = timeS;
      this.unchangedCount = 1;
    }
    this.beforePrevious = this.previous;
    this.previous = this.raw;
    this.raw = raw;
    this.learnInterval(timeS - this.lastTimeS);
    this.lastTimeS = timeS;
    this.value = medianOfThree(raw, this.previous, this.beforePrevious);
  }

  private learnInterval(sinceLastS: number): void {
    if (Number.isNaN(this.intervalS)) {
      if (Number.isFinite(sinceLastS)) this.intervalS = sinceLastS;
    } else this.intervalS += INTERVAL_GAIN * (Math.min(sinceLastS, 5 * this.intervalS) - this.intervalS);
  }

  private learnStep(step: number): void {
    const bounded = Math.min(step, this.maxStep);
    // Floating-point dust of a unit conversion is no resolution.
    if (bounded < 1e-6) return;
    this.changes++;
    if (!this.stepSeen || bounded < this.stepSize) this.stepSize = bounded;
    this.stepSeen = true;
  }
}

/** Steps of what is written with few digits, the finest last; a half and a quarter are steps of their own. */
const WRITTEN_STEPS = [1, 0.5, 0.25, 0.1, 0.01, 0.001] as const;
const WRITTEN_DUST = 1e-6;

/**
 * The coarsest step that a single value may have been rounded to: all that is known of a sensor that has never moved.
 * NaN where it has more digits than sensors have: the conversion of a unit hides the step.
 */
export function writtenStep(value: number): number {
  for (const step of WRITTEN_STEPS) {
    const steps = value / step;
    if (Math.abs(steps - Math.round(steps)) < WRITTEN_DUST * Math.max(1, Math.abs(steps) * 1e-3)) return step;
  }
  return Number.NaN;
}

/** After so many changes the steps of a sensor are known. */
const CHANGES_NEEDED = 5;

/** Step of a sensor: the smallest that it took, or until it has moved a few times what its digits say. */
export function resolutionOf({ stepSeen, stepSize, changes, raw }: Signal, otherwise: number): number {
  if (changes >= CHANGES_NEEDED) return stepSize;
  const written = writtenStep(raw) || otherwise;
  return stepSeen ? Math.min(stepSize, written) : written;
}

/** Median; with fewer than three numbers the latest one. */
export function medianOfThree(a: number, b: number, c: number): number {
  if (Number.isNaN(c) || Number.isNaN(b)) return a;
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

const scratch = new Float64Array(4096);

/** Median of the finite ones among the first `length` values; NaN where there are none. Does not change them. */
export function medianOf(values: ArrayLike<number>, length: number): number {
  let n = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) scratch[n++] = value;
  }
  if (n === 0) return Number.NaN;
  const upper = selectInScratch(n, n >> 1);
  if (n % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n >> 1; i++) if (scratch[i]! > lower) lower = scratch[i]!;
  return (lower + upper) / 2;
}

/** The k-th smallest of the first n in scratch, smaller ones moved before it (Hoare's selection). */
function selectInScratch(n: number, k: number): number {
  let [left, right] = [0, n - 1];
  while (left < right) {
    const pivot = scratch[(left + right) >> 1]!;
    let [i, j] = [left, right];
    while (i <= j) {
      while (scratch[i]! < pivot) i++;
      while (scratch[j]! > pivot) j--;
      if (i > j) break;
      const swapped = scratch[i]!;
      scratch[i++] = scratch[j]!;
      scratch[j--] = swapped;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return scratch[k]!;
}
