/** The cells of a module over time: how far each stands from the middle of all of them at that instant. */
import type { HistoryBody } from '../wire.ts';

export interface CellTable {
  readonly timesMs: readonly number[];
  readonly stepMs: number;
  readonly cells: number;
  /** Deviation from the median of the cells, by cell, then time; NaN where it was not measured. */
  readonly deviations: Float32Array;
  /** Values, the same way. */
  readonly values: Float32Array;
  readonly max: Deviation | null;
}

export interface Deviation {
  /** Counted from 1, as the channel is. */
  readonly cell: number;
  readonly atMs: number;
  /** Mean deviation over a few points around it, in the unit of the array. */
  readonly by: number;
}

/** A single point is an outlier: a cell that deviates does so for several. */
const SMOOTHED_POINTS = 5;
/** Fewer cells have no middle. */
const FEWEST_CELLS = 3;

/** @param array `cell_voltages_v` or `cell_temperatures_degc`; null: there are too few of them to compare */
export function cellTableOf(history: HistoryBody, array: string): CellTable | null {
  const series = history.series.filter(({ id }) => id.startsWith(`${array}[`));
  if (series.length < FEWEST_CELLS) return null;
  const { timesMs, stepMs } = history;
  const cells = Math.max(...series.map(({ id }) => numberOf(id)));
  const values = new Float32Array(cells * timesMs.length).fill(Number.NaN);
  for (const { id, mean } of series) {
    const start = (numberOf(id) - 1) * timesMs.length;
    mean.forEach((value, at) => {
      if (value !== null) values[start + at] = value;
    });
  }
  const deviations = values.slice();
  for (let at = 0; at < timesMs.length; at++) {
    const column = [];
    for (let cell = 0; cell < cells; cell++) {
      const value = values[cell * timesMs.length + at]!;
      if (!Number.isNaN(value)) column.push(value);
    }
    column.sort((a, b) => a - b);
    const half = column.length >> 1;
    const median = column.length % 2 ? column[half]! : ((column[half - 1] ?? 0) + (column[half] ?? 0)) / 2;
    for (let cell = 0; cell < cells; cell++) deviations[cell * timesMs.length + at]! -= median;
  }
  return { timesMs, stepMs, cells, values, deviations, max: mostDeviating(timesMs, cells, deviations) };
}

const numberOf = (id: string): number => Number.parseInt(id.slice(id.indexOf('[') + 1), 10);

function mostDeviating(
  timesMs: readonly number[],
  cells: number,
  deviations: Float32Array,
): Deviation | null {
  let max: Deviation | null = null;
  const width = Math.min(SMOOTHED_POINTS, timesMs.length);
  for (let cell = 0; cell < cells; cell++)
    for (let at = 0; at + width <= timesMs.length; at++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += deviations[cell * timesMs.length + at + k]!;
      const by = sum / width;
      if (!Number.isNaN(by) && Math.abs(by) > Math.abs(max?.by ?? 0))
        max = { cell: cell + 1, atMs: timesMs[at + (width >> 1)]!, by };
    }
  return max;
}
