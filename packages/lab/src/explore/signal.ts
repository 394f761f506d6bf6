/** One signal of a recording: how much of it there is, where it lies, how it moves. */
import { LogHistogram, Moments, quantileOf, Reservoir, resolutionOf } from './streaming-stats.ts';

/** Values kept of each signal: a Kolmogorov–Smirnov distance of two such samples is good to about 0.02. */
const SAMPLE_SIZE = 8192;
const BIN_COUNT = 60;
/** A standard deviation of normal noise is 1.4826 times the median of its magnitude. */
const DEVIATION_OF_MEDIAN = 1.4826;
/** Second differences of white noise spread by √(1 + 4 + 1). */
const SECOND_DIFFERENCE = Math.sqrt(6);
/** A value that leaps away from both neighbours by so many times the noise: less than one in 10⁶ by chance. */
const SPIKE_NOISES = 6;
/** Quantiles that a summary gives. */
const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

export interface Histogram {
  /** Edges of equal bins; values beyond both ends are counted in the outermost. */
  readonly from: number;
  readonly to: number;
  /** Share of the values in each bin. */
  readonly shares: readonly number[];
}

export interface SignalSummary {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly values: number;
  /** Frames (or items of cell lists) that carry no value though the source has the column. */
  readonly missing: number;
  /** Delivered but outside what can be measured; counted among the missing. */
  readonly impossible: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
  /** By share below: "0.01" to "0.99", from a sample of at most 8192 values. */
  readonly quantiles: Readonly<Record<string, number>>;
  readonly histogram: Histogram | null;
  /** Step in which the values were rounded; null where none is seen. */
  readonly resolution: number | null;
  /**
   * Standard deviation of what changes from one frame to the next and not in a straight line: 1.4826 · median of
   * |x₋₁ − 2 x₀ + x₊₁| / √6. Zero where most frames repeat or continue a line; null where there are too few.
   */
  readonly noise: number | null;
  /** Share of frames with the value of the frame before. */
  readonly unchangedShare: number | null;
  /** Values that leap away from both neighbours, in opposite directions, by 6 times noise or step of their file or run. */
  readonly spikes: number;
  /** Largest change between two frames of the usual interval. */
  readonly largestStep: number | null;
}

/** The last two values of one module or cell, for how it moves. */
export interface Track {
  before: number;
  last: number;
}

export const newTrack = (): Track => ({ before: Number.NaN, last: Number.NaN });

export class SignalSketch {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  missing = 0;
  impossible = 0;
  private readonly moments = new Moments();
  private readonly sample: Reservoir;
  private readonly bends = new LogHistogram();
  private readonly steps = new LogHistogram();
  /** Of the source that is being read: each has noise of its own. */
  private readonly ownBends = new LogHistogram();
  private readonly ownLeaps = new LogHistogram();
  private readonly ownSteps = new LogHistogram();
  private spikes = 0;
  private largestStep = 0;

  constructor(id: string, label: string, unit: string, seed: number) {
    this.id = id;
    this.label = label;
    this.unit = unit;
    this.sample = new Reservoir(SAMPLE_SIZE, seed, id);
  }

  /** `isNext`: the frame follows the one before at the usual interval, so that differences mean something. */
  add(value: number, track: Track, isNext: boolean): void {
    if (Number.isNaN(value)) {
      this.missing++;
      track.before = track.last = Number.NaN;
      return;
    }
    this.moments.add(value);
    this.sample.add(value);
    if (!isNext) {
      track.before = Number.NaN;
      track.last = value;
      return;
    }
    const step = value - track.last;
    if (!Number.isNaN(step)) {
      this.ownSteps.add(step);
      if (Math.abs(step) > this.largestStep) this.largestStep = Math.abs(step);
      const stepBefore = track.last - track.before;
      if (!Number.isNaN(stepBefore)) {
        this.ownBends.add(step - stepBefore);
        this.ownLeaps.add(step * stepBefore < 0 ? Math.min(Math.abs(step), Math.abs(stepBefore)) : 0);
      }
    }
    track.before = track.last;
    track.last = value;
  }

  /** The end of a file or run: leaps are counted against its own noise, or the step of its values. */
  endSource(): void {
    const { ownBends, ownLeaps, ownSteps } = this;
    const scale = Math.max(noiseOf(ownBends) ?? 0, ownSteps.quantile(minShareOf(ownSteps)));
    if (ownLeaps.count > 0 && scale > 0) this.spikes += ownLeaps.countAbove(SPIKE_NOISES * scale);
    this.bends.take(ownBends);
    this.steps.take(ownSteps);
    new LogHistogram().take(ownLeaps);
  }

  get values(): number {
    return this.moments.count;
  }

  /** A fair sample in rising order. */
  sorted(): Float64Array {
    return this.sample.values().slice().sort();
  }

  /** Sizes of the changes from frame to frame. */
  get changes(): LogHistogram {
    return this.steps;
  }

  summary(): SignalSummary {
    const { moments } = this;
    const sorted = this.sorted();
    const resolution = resolutionOf(sorted);
    const noise = noiseOf(this.bends);
    return {
      id: this.id,
      label: this.label,
      unit: this.unit,
      values: moments.count,
      missing: this.missing,
      impossible: this.impossible,
      ...(moments.count === 0
        ? { min: null, max: null, mean: null, deviation: null }
        : {
            min: moments.min,
            max: moments.max,
            mean: moments.mean,
            deviation: moments.deviation,
          }),
      quantiles: Object.fromEntries(
        moments.count === 0 ? [] : QUANTILES.map((q) => [String(q), quantileOf(sorted, q)]),
      ),
      histogram: histogramOf(sorted),
      resolution,
      noise,
      unchangedShare: this.steps.count === 0 ? null : this.steps.zeros / this.steps.count,
      spikes: this.spikes,
      largestStep: this.steps.count === 0 ? null : this.largestStep,
    };
  }
}

const FEWEST_BENDS = 30;

const noiseOf = (bends: LogHistogram): number | null =>
  bends.count < FEWEST_BENDS ? null : (DEVIATION_OF_MEDIAN * bends.quantile(0.5)) / SECOND_DIFFERENCE;

/** Share below which the smallest 1 % of the steps that are steps lie: of rounded values, the step itself. */
const minShareOf = ({ count, zeros }: LogHistogram): number =>
  count === 0 ? 0 : (zeros + 0.01 * (count - zeros)) / count;

/** Between the 0.1 % and the 99.9 % quantile, so that one outlier does not press all into one bin. */
export function histogramOf(sorted: ArrayLike<number>, range?: readonly [number, number]): Histogram | null {
  if (sorted.length === 0) return null;
  let [from, to] = range ?? [quantileOf(sorted, 0.001), quantileOf(sorted, 0.999)];
  if (!(to > from)) {
    const half = Math.max(Math.abs(from) * 0.01, 0.5);
    [from, to] = [from - half, to + half];
  }
  const shares = new Array<number>(BIN_COUNT).fill(0);
  for (let i = 0; i < sorted.length; i++) {
    const bin = Math.floor(((sorted[i]! - from) / (to - from)) * BIN_COUNT);
    shares[Math.min(BIN_COUNT - 1, Math.max(0, bin))]! += 1 / sorted.length;
  }
  return { from, to, shares };
}
