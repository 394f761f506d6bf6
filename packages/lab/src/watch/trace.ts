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
] as const;
export type TraceSignal = (typeof TRACE_SIGNALS)[number];

const WIDTH = TRACE_SIGNALS.length;

export class Trace {
  readonly timesMs: number[] = [];
  /** One array per signal, in the order of TRACE_SIGNALS. */
  readonly signals: number[][] = TRACE_SIGNALS.map(() => []);
  private readonly maxPoints: number;
  private spacingMs: number;

  constructor(maxPoints: number, spacingMs = 0) {
    this.maxPoints = maxPoints;
    this.spacingMs = spacingMs;
  }

  /** @param values one per TRACE_SIGNALS; copied */
  add(timeMs: number, values: ArrayLike<number>): void {
    const last = this.timesMs.at(-1);
    if (last !== undefined && timeMs - last < this.spacingMs) return;
    this.timesMs.push(timeMs);
    for (let k = 0; k < WIDTH; k++) this.signals[k]!.push(values[k]!);
    if (this.timesMs.length > this.maxPoints) this.halve();
  }

  private halve(): void {
    const keepEven = (values: number[]): void => {
      let n = 0;
      for (let i = 0; i < values.length; i += 2) values[n++] = values[i]!;
      values.length = n;
    };
    keepEven(this.timesMs);
    this.signals.forEach(keepEven);
    const spanMs = this.timesMs.at(-1)! - this.timesMs[0]!;
    this.spacingMs = Math.max(2 * this.spacingMs, spanMs / this.maxPoints);
  }

  /** Forgets what is older than `fromMs`. */
  dropBefore(fromMs: number): void {
    let n = 0;
    while (n < this.timesMs.length && this.timesMs[n]! < fromMs) n++;
    if (n < 64) return;
    this.timesMs.splice(0, n);
    for (const signal of this.signals) signal.splice(0, n);
  }

  copyOf(other: Trace): void {
    other.timesMs.forEach((timeMs, i) => {
      this.add(
        timeMs,
        other.signals.map((signal) => signal[i]!),
      );
    });
  }
}
