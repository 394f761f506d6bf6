/** The last two hours of a module for the page, out of the store: the signals of `signals.ts` in steps of 10 s. */
import type { Static } from 'typebox';
import { TREND_SIGNALS } from '../monitor/signals.ts';
import type { History, Store } from '../store/store.ts';
import type { TrendBody } from './schemas.ts';

const TREND_WINDOW_MS = 2 * 3_600_000;
const TREND_STEP_MS = 10_000;
/** One frame a second; denser ones come from the store in steps of their own. */
const MAX_ROWS = 7200;
/** Of many cells a value for each step is enough. */
const MAX_CELL_ROWS = TREND_WINDOW_MS / TREND_STEP_MS;

interface Range {
  readonly lowest: number;
  readonly highest: number;
}

const NOTHING: Range = { lowest: Number.NaN, highest: Number.NaN };

/** Value of a signal in one row of the history; NaN where there is none. */
type Reader = (history: History, row: number) => Range;

export async function trendOf(
  store: Store,
  moduleId: string,
  lastMs: number,
  afterMs = Number.NEGATIVE_INFINITY,
): Promise<Static<typeof TrendBody>> {
  const fromMs = Math.floor(Math.max(lastMs - TREND_WINDOW_MS, afterMs) / TREND_STEP_MS) * TREND_STEP_MS;
  const query = { moduleId, fromMs, toMs: lastMs + 1 };
  let history = await store.history({ ...query, maxPoints: MAX_ROWS });
  // Cells are many: they are asked for only where nothing else tells.
  if (!hasSeries(history, /^surface_temperature_m(ax|ean)_/) || !hasSeries(history, /^cell_voltage_max_/))
    history = await store.history({ ...query, maxPoints: MAX_CELL_ROWS, withCells: true });
  const { timesMs, rowsOf } = stepsOf(history);
  const series = TREND_SIGNALS.flatMap(({ id, label, unit }) => {
    const ranges = rowsOf.map((rows) => rangeOf(history, rows, readerOf(id)));
    if (ranges.every(({ highest }) => Number.isNaN(highest))) return [];
    const min = ranges.map(({ lowest }) => toJsonNumber(lowest));
    const max = ranges.map(({ highest }) => toJsonNumber(highest));
    return [{ id, label, unit, min, max }];
  });
  return { moduleId, stepMs: TREND_STEP_MS, windowMs: TREND_WINDOW_MS, timesMs, series };
}

const hasSeries = ({ series }: History, id: RegExp): boolean => series.some((one) => id.test(one.id));

/** Time of the last row in each step, and the rows of each. */
function stepsOf({ timesMs }: History): { timesMs: number[]; rowsOf: number[][] } {
  const lastMs: number[] = [];
  const rowsOf: number[][] = [];
  let step = Number.NaN;
  timesMs.forEach((timeMs, row) => {
    const own = Math.floor(timeMs / TREND_STEP_MS);
    if (own !== step) rowsOf.push([]);
    step = own;
    rowsOf.at(-1)!.push(row);
    lastMs[rowsOf.length - 1] = timeMs;
  });
  return { timesMs: lastMs, rowsOf };
}

/** The lowest and the highest of each step: a spike of one sample is kept. */
function rangeOf(history: History, rows: readonly number[], read: Reader): Range {
  let { lowest, highest } = NOTHING;
  for (const row of rows) {
    const range = read(history, row);
    if (!(lowest <= range.lowest) && !Number.isNaN(range.lowest)) lowest = range.lowest;
    if (!(highest >= range.highest) && !Number.isNaN(range.highest)) highest = range.highest;
  }
  return { lowest, highest };
}

function readerOf(signalId: string): Reader {
  if (signalId === 'hottest_degc') return hottest;
  if (signalId === 'cell_spread_mv') return cellSpread;
  return (history, row) => channelRange(history, signalId, row);
}

function channelRange({ series }: History, id: string, row: number): Range {
  const found = series.find((one) => one.id === id);
  return found ? { lowest: found.min[row]!, highest: found.max[row]! } : NOTHING;
}

const hottest: Reader = (history, row) => {
  const reported = channelRange(history, 'surface_temperature_max_degc', row);
  const probes = cellMeans(history, 'cell_temperatures_degc[', row, Math.max);
  if (Number.isNaN(reported.highest) && Number.isNaN(probes))
    return channelRange(history, 'surface_temperature_mean_degc', row);
  if (Number.isNaN(reported.highest)) return { lowest: probes, highest: probes };
  return Number.isNaN(probes) ? reported : { ...reported, highest: Math.max(reported.highest, probes) };
};

/** Of the means of a row: its lowest and highest may be of different instants, and a step of load is no spread. */
const cellSpread: Reader = (history, row) => {
  const mean = (id: string) => history.series.find((one) => one.id === id)?.mean[row] ?? Number.NaN;
  const reportedV = mean('cell_voltage_max_v') - mean('cell_voltage_min_v');
  const cellsV = (pick: (a: number, b: number) => number) =>
    cellMeans(history, 'cell_voltages_v[', row, pick);
  const spreadV = Number.isNaN(reportedV) ? cellsV(Math.max) - cellsV(Math.min) : reportedV;
  return { lowest: spreadV * 1000, highest: spreadV * 1000 };
};

function cellMeans(
  { series }: History,
  idStart: string,
  row: number,
  pick: (a: number, b: number) => number,
): number {
  let picked = Number.NaN;
  for (const { id, mean } of series) {
    if (!id.startsWith(idStart) || Number.isNaN(mean[row]!)) continue;
    picked = Number.isNaN(picked) ? mean[row]! : pick(picked, mean[row]!);
  }
  return picked;
}

const toJsonNumber = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
