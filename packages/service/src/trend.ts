/**
 * The recent past of one module in bounded memory. Time is cut into steps; each step keeps the lowest and the
 * highest value of every signal, so that a spike of one sample is never averaged away.
 */
export const TREND_WINDOW_MS = 2 * 3_600_000;
export const TREND_POINTS = 720;
export const TREND_STEP_MS = TREND_WINDOW_MS / TREND_POINTS;

const FIRST_CAPACITY = 32;

interface TrendSeries {
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

export interface TrendPoints {
  /** Time of the last sample in each step, Unix ms, rising. */
  readonly timesMs: number[];
  /** By signal, in the order given to the constructor; null where the signal was never seen. */
  readonly series: (TrendSeries | null)[];
}

interface Columns {
  min: Float32Array;
  max: Float32Array;
}

const emptyColumn = (length: number): Float32Array => new Float32Array(length).fill(Number.NaN);

const toJsonNumber = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : null;

export class Trend {
  private timesMs = new Float64Array(FIRST_CAPACITY);
  private readonly columns: (Columns | null)[];
  /** Position of the oldest point; the ring turns once it has its full size. */
  private first = 0;
  private count = 0;
  private lastStep = Number.NEGATIVE_INFINITY;

  constructor(signalCount: number) {
    this.columns = Array.from({ length: signalCount }, () => null);
  }

  /** Times of one module rise: the decoder refuses others. */
  push(timeMs: number, values: ArrayLike<number>): void {
    const step = Math.floor(timeMs / TREND_STEP_MS);
    if (step !== this.lastStep) {
      this.lastStep = step;
      this.addPoint();
    }
    const at = this.position(this.count - 1);
    this.timesMs[at] = timeMs;
    for (let i = 0; i < this.columns.length; i++) {
      const value = values[i]!;
      if (Number.isNaN(value)) continue;
      const column = (this.columns[i] ??= this.newColumns());
      if (!(column.min[at]! <= value)) column.min[at] = value;
      if (!(column.max[at]! >= value)) column.max[at] = value;
    }
  }

  /** Points from `afterMs` on, none older than the window before the newest. */
  points(afterMs = Number.NEGATIVE_INFINITY): TrendPoints {
    const newestMs = this.count > 0 ? this.timesMs[this.position(this.count - 1)]! : 0;
    const fromMs = Math.max(afterMs, newestMs - TREND_WINDOW_MS);
    const positions: number[] = [];
    for (let i = 0; i < this.count; i++) {
      const at = this.position(i);
      if (this.timesMs[at]! >= fromMs) positions.push(at);
    }
    return {
      timesMs: positions.map((at) => this.timesMs[at]!),
      series: this.columns.map((column) =>
        column
          ? {
              min: positions.map((at) => toJsonNumber(column.min[at]!)),
              max: positions.map((at) => toJsonNumber(column.max[at]!)),
            }
          : null,
      ),
    };
  }

  private position(index: number): number {
    return (this.first + index) % this.timesMs.length;
  }

  private addPoint(): void {
    if (this.count === this.timesMs.length && this.count < TREND_POINTS) this.grow();
    if (this.count === this.timesMs.length) this.first = (this.first + 1) % this.timesMs.length;
    else this.count++;
    const at = this.position(this.count - 1);
    for (const column of this.columns) {
      if (!column) continue;
      column.min[at] = Number.NaN;
      column.max[at] = Number.NaN;
    }
  }

  /** Only ever before the ring has turned, so positions stay. */
  private grow(): void {
    const length = Math.min(TREND_POINTS, this.timesMs.length * 2);
    const timesMs = new Float64Array(length);
    timesMs.set(this.timesMs);
    this.timesMs = timesMs;
    for (const column of this.columns) {
      if (!column) continue;
      for (const key of ['min', 'max'] as const) {
        const grown = emptyColumn(length);
        grown.set(column[key]);
        column[key] = grown;
      }
    }
  }

  private newColumns(): Columns {
    return { min: emptyColumn(this.timesMs.length), max: emptyColumn(this.timesMs.length) };
  }
}
