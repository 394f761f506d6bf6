/** Signals over time in bounded memory: the longer it lasts, the coarser it is kept. */

/** What a report draws; NaN where it was not measured. */
export const TRACE_SIGNALS = [
  'hottestDegC',
  'meanDegC',
  'ambientDegC',
  'heatingKPerMin',
  'voltageV',
  'currentA',
  'socPercent',
  'cellLowestV',
  'cellMeanV',
  'cellHighestV',
  'cellLowMv',
  'coPpm',
  'h2Ppm',
  'vocPpm',
  'hazardProbability',
] as const;
export type TraceSignal = (typeof TRACE_SIGNALS)[number];

const WIDTH = TRACE_SIGNALS.length;

/**
 * Full detail at first; once there is too much, stretches of time keep the smallest and the largest of each signal,
 * as two rows one after the other, so that no peak is lost.
 */
export class Trace {
  readonly timesMs: number[] = [];
  /** One array per signal, in the order of TRACE_SIGNALS. */
  readonly signals: number[][] = TRACE_SIGNALS.map(() => []);
  private readonly maxPoints: number;
  /** Length of time that a pair of rows stands for; 0 while every row is kept. */
  private stretchMs: number;
  private stretchStartMs = Number.NEGATIVE_INFINITY;

  constructor(maxPoints: number, stretchMs = 0) {
    this.maxPoints = maxPoints;
    this.stretchMs = stretchMs;
  }

  /** @param values one per TRACE_SIGNALS; copied */
  add(timeMs: number, values: ArrayLike<number>): void {
    if (this.stretchMs === 0) this.push(timeMs, values);
    else if (timeMs - this.stretchStartMs >= this.stretchMs) {
      this.stretchStartMs = timeMs;
      this.push(timeMs, values);
      this.push(timeMs, values);
    } else this.widen(timeMs, values);
    if (this.timesMs.length > this.maxPoints) this.halve();
  }

  private push(timeMs: number, values: ArrayLike<number>): void {
    this.timesMs.push(timeMs);
    for (let k = 0; k < WIDTH; k++) this.signals[k]!.push(values[k]!);
  }

  private widen(timeMs: number, values: ArrayLike<number>): void {
    const last = this.timesMs.length - 1;
    this.timesMs[last] = timeMs;
    for (let k = 0; k < WIDTH; k++) {
      const signal = this.signals[k]!;
      const value = values[k]!;
      if (!(value >= signal[last - 1]!) && !Number.isNaN(value)) signal[last - 1] = value;
      if (!(value <= signal[last]!) && !Number.isNaN(value)) signal[last] = value;
    }
  }

  /** Four rows become two: the smallest and the largest of each signal. */
  private halve(): void {
    const { timesMs, signals } = this;
    const count = timesMs.length;
    let n = 0;
    for (let i = 0; i < count; i += 4, n += 2) {
      const end = Math.min(i + 4, count);
      for (const signal of signals) {
        const [smallest, largest] = extremes(signal, i, end);
        signal[n] = smallest;
        signal[n + 1] = largest;
      }
      timesMs[n] = timesMs[i]!;
      timesMs[n + 1] = timesMs[end - 1]!;
    }
    timesMs.length = n;
    for (const signal of signals) signal.length = n;
    const spanMs = timesMs.at(-1)! - timesMs[0]!;
    this.stretchMs = Math.max(2 * this.stretchMs, (2 * spanMs) / n);
    this.stretchStartMs = timesMs[n - 2]!;
  }

  /** Forgets what is older than `fromMs`, a piece at a time. */
  dropBefore(fromMs: number): void {
    const n = this.rowsBefore(fromMs);
    if (n < 64) return;
    this.timesMs.splice(0, n);
    for (const signal of this.signals) signal.splice(0, n);
  }

  copyOf(other: Trace, fromMs: number): void {
    for (let i = other.rowsBefore(fromMs); i < other.timesMs.length; i++)
      this.push(
        other.timesMs[i]!,
        other.signals.map((signal) => signal[i]!),
      );
  }

  private rowsBefore(timeMs: number): number {
    let n = 0;
    while (n < this.timesMs.length && this.timesMs[n]! < timeMs) n++;
    return n;
  }
}

/** Smallest and largest of a stretch, NaN left out; NaN where there is nothing else. */
function extremes(values: readonly number[], start: number, end: number): [number, number] {
  let [smallest, largest] = [Number.NaN, Number.NaN];
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    if (!(value >= smallest)) smallest = value;
    if (!(value <= largest)) largest = value;
  }
  return [smallest, largest];
}
