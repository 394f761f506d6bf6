/** Lowest, mean and highest of each step: made of frames, or of finer steps. */
import { CELL_ARRAYS, CHANNEL_COUNT, CHANNELS } from '@emberwatch/engine/telemetry';
import type { FrameRows } from './rows.ts';

export interface SeriesSteps {
  /** Values in each step; 0 where there is none, and NaN in the others. */
  readonly counts: number[];
  readonly min: number[];
  readonly mean: number[];
  readonly max: number[];
}

/** Steps with at least one frame, rising. */
export class Steps {
  readonly timesMs: number[];
  /** 1 where a frame came late. */
  readonly late: number[];
  /** By id, as in `HistorySeries`. */
  readonly series: Map<string, SeriesSteps>;

  constructor(timesMs: number[] = [], late: number[] = [], series: Map<string, SeriesSteps> = new Map()) {
    this.timesMs = timesMs;
    this.late = late;
    this.series = series;
  }

  get count(): number {
    return this.timesMs.length;
  }
}

export interface StepOptions {
  /** Whole multiples of it are the beginnings; 0: each time is a step. */
  readonly stepMs: number;
  /** Ids of channels; null: all that were measured. */
  readonly channels?: readonly string[] | null;
  readonly withCells?: boolean;
}

/** Ids of single cells, counted from 1; made once. */
const CELL_IDS = CELL_ARRAYS.map(({ id }) => ({ id, ids: [] as string[] }));
const cellId = (which: 0 | 1, cell: number): string => {
  const { id, ids } = CELL_IDS[which]!;
  return (ids[cell] ??= `${id}[${cell + 1}]`);
};
const isCellId = (id: string): boolean => id.endsWith(']');

/** Takes frames or steps in the order of their time. */
export class StepMaker {
  readonly steps = new Steps();
  private readonly stepMs: number;
  private readonly withCells: boolean;
  private readonly channels: ReadonlySet<string> | null;
  private readonly wanted: readonly number[];

  constructor({ stepMs, channels = null, withCells = false }: StepOptions) {
    this.stepMs = stepMs;
    this.withCells = withCells;
    this.channels = channels && new Set(channels);
    this.wanted = Array.from({ length: CHANNEL_COUNT }, (_, i) => i).filter(
      (i) => !channels || channels.includes(CHANNELS[i]!.id),
    );
  }

  addRow(rows: FrameRows, row: number): void {
    const at = this.open(rows.timesMs[row]!, rows.late[row]!);
    for (const i of this.wanted) {
      const value = rows.values[row * CHANNEL_COUNT + i]!;
      if (!Number.isNaN(value)) add(this.seriesOf(CHANNELS[i]!.id), at, 1, value, value, value);
    }
    if (!this.withCells) return;
    this.addCells(0, at, rows.cellVoltagesV[row]);
    this.addCells(1, at, rows.cellTemperaturesDegC[row]);
  }

  /** Adds the steps that begin in [fromMs, toMs). */
  addSteps(finer: Steps, fromMs: number, toMs: number): void {
    const chosen = [...finer.series].filter(([id]) => this.isWanted(id));
    finer.timesMs.forEach((timeMs, step) => {
      if (timeMs < fromMs || timeMs >= toMs) return;
      const at = this.open(timeMs, finer.late[step]!);
      for (const [id, { counts, min, mean, max }] of chosen)
        if (counts[step]! > 0) add(this.seriesOf(id), at, counts[step]!, min[step]!, mean[step]!, max[step]!);
    });
  }

  private isWanted(id: string): boolean {
    return isCellId(id) ? this.withCells : !this.channels || this.channels.has(id);
  }

  private addCells(which: 0 | 1, at: number, cells: Float64Array | null | undefined): void {
    if (!cells) return;
    for (let cell = 0; cell < cells.length; cell++) {
      const value = cells[cell]!;
      if (!Number.isNaN(value)) add(this.seriesOf(cellId(which, cell)), at, 1, value, value, value);
    }
  }

  /** Position of the step of a time, begun where it is new. */
  private open(timeMs: number, late: number): number {
    const { timesMs, late: lates } = this.steps;
    const startMs = this.stepMs > 0 ? Math.floor(timeMs / this.stepMs) * this.stepMs : timeMs;
    if (timesMs.length === 0 || timesMs[timesMs.length - 1]! < startMs) {
      timesMs.push(startMs);
      lates.push(0);
      for (const series of this.steps.series.values()) extend(series);
    }
    const at = timesMs.length - 1;
    if (late) lates[at] = 1;
    return at;
  }

  private seriesOf(id: string): SeriesSteps {
    const known = this.steps.series.get(id);
    if (known) return known;
    const series: SeriesSteps = { counts: [], min: [], mean: [], max: [] };
    for (let step = 0; step < this.steps.count; step++) extend(series);
    this.steps.series.set(id, series);
    return series;
  }
}

function extend({ counts, min, mean, max }: SeriesSteps): void {
  counts.push(0);
  min.push(Number.NaN);
  mean.push(Number.NaN);
  max.push(Number.NaN);
}

function add(series: SeriesSteps, at: number, count: number, min: number, mean: number, max: number): void {
  const before = series.counts[at]!;
  series.counts[at] = before + count;
  if (before === 0) {
    series.min[at] = min;
    series.mean[at] = mean;
    series.max[at] = max;
    return;
  }
  if (min < series.min[at]!) series.min[at] = min;
  if (max > series.max[at]!) series.max[at] = max;
  series.mean[at] = series.mean[at]! + ((mean - series.mean[at]!) * count) / (before + count);
}
