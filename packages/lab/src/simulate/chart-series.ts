/** The lines and marks inside the panels of a chart. */
import type { ColumnName } from '@emberwatch/engine/physics';
import { degCOfKelvin } from '@emberwatch/engine/units';
import type { SeriesOption } from 'echarts';
import { PAINT } from '../svg/paint.ts';
import { isWithin, type Mark, RUNAWAY_COLOR, type View } from './view.ts';

const MAX_CELLS = 64;
const CELL_COLOR = '#e5a07c';
/** Least ppm on the logarithmic axis; the truth knows no noise below it. */
export const MIN_PPM = 0.1;

export interface Line {
  readonly panel: number;
  readonly name: string;
  readonly from: ColumnName;
  readonly color: string;
  readonly dash: 'solid' | number[];
  readonly convert: (value: number) => number;
}

/** Lines of a panel differ by dash as well as by colour. */
const line = (
  panel: number,
  name: string,
  from: ColumnName,
  color: string,
  dash: Line['dash'],
  convert: Line['convert'],
): Line => ({ panel, name, from, color, dash, convert });

const ppm = (value: number): number => Math.max(value, MIN_PPM);

const VOLTAGE_AND_GAS = [
  line(1, 'module', 'voltageV', PAINT.second, 'solid', (value) => value),
  line(2, 'carbon monoxide', 'coPpm', PAINT.first, 'solid', ppm),
  line(2, 'hydrogen', 'h2Ppm', PAINT.second, [6, 3], ppm),
  line(2, 'solvent vapour', 'vocPpm', PAINT.third, [2, 2], ppm),
];

const LINES_OF_CELLS: readonly Line[] = [
  line(0, 'hottest cell', 'cellTemperatureMaxK', PAINT.first, 'solid', degCOfKelvin),
  line(0, 'hottest surface', 'surfaceTemperatureMaxK', PAINT.first, [6, 3], degCOfKelvin),
  line(0, 'mean of the cells', 'cellTemperatureMeanK', PAINT.second, 'solid', degCOfKelvin),
  line(0, 'case', 'caseTemperatureK', PAINT.muted, [2, 2], degCOfKelvin),
  line(0, 'air of the rack', 'airTemperatureK', PAINT.third, [9, 3, 2, 3], degCOfKelvin),
  ...VOLTAGE_AND_GAS,
];

/** Of a lumped module the hottest cell is the mean one, and its case the surface. */
const LINES_OF_LUMP: readonly Line[] = [
  line(0, 'core', 'cellTemperatureMaxK', PAINT.first, 'solid', degCOfKelvin),
  line(0, 'surface', 'caseTemperatureK', PAINT.second, [6, 3], degCOfKelvin),
  line(0, 'air of the rack', 'airTemperatureK', PAINT.third, [9, 3, 2, 3], degCOfKelvin),
  ...VOLTAGE_AND_GAS,
];

export const linesOf = ({ trajectory }: View): readonly Line[] =>
  trajectory.header.cellsPerModule === 1 ? LINES_OF_LUMP : LINES_OF_CELLS;

/** Every line, mark and propagation step of `panels` panels. */
export function seriesOf(view: View, marks: readonly Mark[], panels: number): SeriesOption[] {
  return [
    ...cellSeries(view),
    ...linesOf(view).map((one) => lineSeries(view, one)),
    ...markSeries(view, marks, panels),
    ...stepSeries(view),
  ];
}

const timeOn = ({ unit }: View, timeS: number): number => timeS / unit.seconds;

/** Pairs of one column within the span, one row beyond it at each end. */
function points(view: View, values: Float32Array, convert: Line['convert']): [number, number][] {
  const { trajectory, span } = view;
  const { intervalS } = trajectory.header;
  const first = Math.max(0, Math.floor(span.fromS / intervalS));
  const last = Math.min(trajectory.rows - 1, Math.ceil(span.toS / intervalS));
  const pairs: [number, number][] = [];
  for (let row = first; row <= last; row++)
    pairs.push([timeOn(view, trajectory.timeS(row)), Math.round(convert(values[row]!) * 1000) / 1000]);
  return pairs;
}

const lineSeries = (view: View, { panel, name, from, color, dash, convert }: Line): SeriesOption => ({
  type: 'line',
  name,
  xAxisIndex: panel,
  yAxisIndex: panel,
  data: points(view, view.trajectory.column(from, view.event.module), convert),
  sampling: 'minmax',
  clip: true,
  symbol: 'none',
  lineStyle: { width: 1.6, type: dash, color },
  itemStyle: { color },
});

/** Every recorded cell as a thin line, so that propagation shows. */
function cellSeries(view: View): SeriesOption[] {
  const { trajectory, event } = view;
  const { recordCellsOf, cellsPerModule } = trajectory.header;
  if (!recordCellsOf.includes(event.module) || cellsPerModule < 2) return [];
  return Array.from(
    { length: Math.min(cellsPerModule, MAX_CELLS) },
    (_, cell): SeriesOption => ({
      type: 'line',
      name: `cell ${cell}`,
      data: points(view, trajectory.cellColumn('cellTemperatureK', event.module, cell), degCOfKelvin),
      sampling: 'minmax',
      clip: true,
      symbol: 'none',
      lineStyle: { width: 0.8, color: CELL_COLOR },
      z: 1,
    }),
  );
}

/** A line through every panel for each event. */
const markSeries = (view: View, marks: readonly Mark[], panels: number): SeriesOption[] =>
  Array.from({ length: panels }, (_, panel) => ({
    type: 'line',
    xAxisIndex: panel,
    yAxisIndex: panel,
    data: [],
    markLine: {
      silent: true,
      symbol: 'none',
      label: { show: false },
      data: marks.map(({ timeS, color }) => ({
        xAxis: timeOn(view, timeS),
        lineStyle: { color, width: 1, type: 'solid', opacity: 0.75 },
      })),
    },
  }));

/** A small triangle at the foot of the temperatures for each cell that runs away. */
function stepSeries(view: View): SeriesOption[] {
  const { event, span } = view;
  if (event.runaways.length < 2) return [];
  const steps = event.runaways.filter(({ timeS }) => isWithin(timeS, span));
  return [
    {
      type: 'scatter',
      data: steps.map(({ timeS }) => [timeOn(view, timeS), 0]),
      symbol: 'triangle',
      symbolSize: 7,
      symbolOffset: [0, -4],
      itemStyle: { color: RUNAWAY_COLOR },
      z: 5,
    },
  ];
}
