/** The picture of one module: temperatures, voltage and gas over one time axis, with what happened marked in it. */
import type { ColumnName, ModuleEvents, Trajectory } from '@emberwatch/engine/physics';
import { degCOfKelvin, S_PER_H, S_PER_MIN } from '@emberwatch/engine/units';
import type { EChartsOption, SeriesOption } from 'echarts';
import { PAINT } from '../report/paint.ts';
import { hasEvent } from './run.ts';

export const CHART_WIDTH_PX = 1120;
const LEFT_PX = 64;
const RIGHT_PX = 24;
/** Title, then rows of event names. */
const TITLE_PX = 54;
const MARK_ROW_PX = 15;
const PANELS = [
  { title: 'Temperature, °C', heightPx: 270 },
  { title: 'Voltage, V', heightPx: 120 },
  { title: 'Gas in the air of the rack, ppm', heightPx: 150 },
] as const;
const GAP_PX = 44;
const BOTTOM_PX = 44;
const MOST_CELLS = 64;
/** Least ppm on the logarithmic axis; the truth knows no noise below it. */
const LEAST_PPM = 0.1;

interface Line {
  readonly panel: number;
  readonly name: string;
  readonly from: ColumnName;
  readonly color: string;
  readonly dash: 'solid' | number[];
  readonly convert: (value: number) => number;
}

const same = (value: number): number => value;
const ppm = (value: number): number => Math.max(value, LEAST_PPM);

/** Lines of a panel differ by dash as well as by colour. */
const line = (
  panel: number,
  name: string,
  from: ColumnName,
  color: string,
  dash: Line['dash'],
  convert: Line['convert'] = same,
): Line => ({ panel, name, from, color, dash, convert });

const VOLTAGE_AND_GAS = [
  line(1, 'module', 'voltageV', PAINT.second, 'solid'),
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

/** Stretch of the run that is drawn. */
export interface Span {
  readonly fromS: number;
  readonly toS: number;
}

interface Mark {
  readonly timeS: number;
  readonly name: string;
  readonly color: string;
}

function marksOf(event: ModuleEvents, span: Span): Mark[] {
  const marks = [
    { timeS: event.faultOnsetS, name: 'fault begins', color: PAINT.muted },
    { timeS: event.pnrInterventionS, name: 'last moment to intervene', color: PAINT.second },
    { timeS: event.ventS, name: 'vent opens', color: PAINT.third },
    { timeS: event.pnrThresholdS, name: 'point of no return', color: PAINT.first },
    { timeS: event.runawayS, name: 'runaway', color: '#b30f37' },
  ];
  return marks
    .flatMap(({ timeS, ...mark }) =>
      timeS !== null && timeS >= span.fromS && timeS <= span.toS ? [{ timeS, ...mark }] : [],
    )
    .sort((a, b) => a.timeS - b.timeS);
}

interface TimeUnit {
  readonly name: string;
  readonly seconds: number;
}

const timeUnitOf = ({ fromS, toS }: Span): TimeUnit => {
  if (toS - fromS > 3 * S_PER_H) return { name: 'h', seconds: S_PER_H };
  return toS - fromS > 5 * S_PER_MIN ? { name: 'min', seconds: S_PER_MIN } : { name: 's', seconds: 1 };
};

/** Options for the chart library and the height that they need. */
export interface Chart {
  readonly options: EChartsOption;
  readonly heightPx: number;
}

export function moduleChart(trajectory: Trajectory, event: ModuleEvents, span: Span, title: string): Chart {
  const lines = trajectory.header.cellsPerModule === 1 ? LINES_OF_LUMP : LINES_OF_CELLS;
  const unit = timeUnitOf(span);
  const marks = marksOf(event, span);
  const topPx = TITLE_PX + Math.max(marks.length, 1) * MARK_ROW_PX + 22;
  const tops: number[] = [];
  let atPx = topPx;
  for (const { heightPx } of PANELS) {
    tops.push(atPx);
    atPx += heightPx + GAP_PX;
  }
  const heightPx = atPx - GAP_PX + BOTTOM_PX;
  const x = (timeS: number): number => timeS / unit.seconds;
  const options: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: PAINT.ink },
    title: [
      { text: title, left: 12, top: 8, textStyle: { fontSize: 16, color: PAINT.ink } },
      {
        text: subtitleOf(trajectory, event),
        left: 12,
        top: 31,
        textStyle: { fontSize: 12, fontWeight: 'normal', color: PAINT.muted },
      },
      ...PANELS.map((panel, p) => ({
        text: panel.title,
        left: 12,
        top: tops[p]! - 24,
        textStyle: { fontSize: 12, color: PAINT.ink },
      })),
    ],
    legend: PANELS.map((_, p) => ({
      data: lines.filter(({ panel }) => panel === p).map(({ name }) => name),
      right: RIGHT_PX,
      // Lines of events cross the space above the first panel, so its legend stands beside the title.
      top: p === 0 ? 12 : tops[p]! - 26,
      itemGap: 16,
      itemWidth: 26,
      itemHeight: 2,
      textStyle: { fontSize: 11, color: PAINT.ink },
      show: p !== 1,
    })),
    grid: PANELS.map((panel, p) => ({
      left: LEFT_PX,
      right: RIGHT_PX,
      top: tops[p]!,
      height: panel.heightPx,
    })),
    xAxis: PANELS.map((_, p) => ({
      gridIndex: p,
      type: 'value',
      min: x(span.fromS),
      max: x(span.toS),
      axisLabel: { show: p === PANELS.length - 1, color: PAINT.muted },
      axisTick: { show: p === PANELS.length - 1 },
      axisLine: { onZero: false, lineStyle: { color: PAINT.muted } },
      splitLine: { lineStyle: { color: PAINT.grid } },
      ...(p === PANELS.length - 1 && {
        name: `time from the start of the run, ${unit.name}`,
        nameLocation: 'middle' as const,
        nameGap: 26,
        nameTextStyle: { color: PAINT.muted },
      }),
    })),
    yAxis: PANELS.map((_, p) => ({
      gridIndex: p,
      type: p === 2 ? 'log' : 'value',
      scale: p === 1,
      ...(p === 1 && { min: fromZeroIfNear }),
      splitNumber: p === 1 ? 3 : 5,
      ...(p === 2 && { min: LEAST_PPM }),
      axisLabel: { color: PAINT.muted, ...(p === 2 && { formatter: ppmText }) },
      splitLine: { lineStyle: { color: PAINT.grid } },
    })),
    series: [
      ...cellSeries(trajectory, event.module, span, x),
      ...lines.map((line) => lineSeries(trajectory, event.module, line, span, x)),
      ...markSeries(marks, x),
      ...stepSeries(event, span, x),
    ],
    graphic: markNames(marks, span, tops[0]!),
  };
  return { options, heightPx };
}

/** A dead module stands at 0 V; the axis does not begin below it. */
const fromZeroIfNear = ({ min, max }: { min: number; max: number }): number | null =>
  min > -0.02 * max && min < 0.5 * max ? 0 : null;

const ppmText = (value: number): string =>
  value === LEAST_PPM ? `≤ ${value}` : value.toLocaleString('en-US');

function subtitleOf(trajectory: Trajectory, event: ModuleEvents): string {
  const kinds = hasEvent(event) ? event.faultKinds : event.disturbanceKinds;
  const ran = event.runaways.length;
  const cells = trajectory.header.cellsPerModule;
  const spread = ran > 0 && cells > 1 ? `; ${ran} of ${cells} cells ran away` : '';
  return `${kinds.join(', ') || 'no fault of its own'}${spread}. Truth of the simulation, not what sensors show.`;
}

/** Pairs of one column within the span, one row beyond it at each end. */
function points(
  values: Float32Array,
  trajectory: Trajectory,
  span: Span,
  x: (timeS: number) => number,
  convert: (value: number) => number,
): [number, number][] {
  const { intervalS } = trajectory.header;
  const first = Math.max(0, Math.floor(span.fromS / intervalS));
  const last = Math.min(trajectory.rows - 1, Math.ceil(span.toS / intervalS));
  const pairs: [number, number][] = [];
  for (let row = first; row <= last; row++)
    pairs.push([x(trajectory.timeS(row)), Math.round(convert(values[row]!) * 1000) / 1000]);
  return pairs;
}

const lineSeries = (
  trajectory: Trajectory,
  module: string,
  line: Line,
  span: Span,
  x: (timeS: number) => number,
): SeriesOption => ({
  type: 'line',
  name: line.name,
  xAxisIndex: line.panel,
  yAxisIndex: line.panel,
  data: points(trajectory.column(line.from, module), trajectory, span, x, line.convert),
  sampling: 'minmax',
  clip: true,
  symbol: 'none',
  lineStyle: { width: 1.6, type: line.dash, color: line.color },
  itemStyle: { color: line.color },
});

/** Every recorded cell as a thin line, so that propagation shows. */
function cellSeries(
  trajectory: Trajectory,
  module: string,
  span: Span,
  x: (timeS: number) => number,
): SeriesOption[] {
  const { recordCellsOf, cellsPerModule } = trajectory.header;
  if (!recordCellsOf.includes(module) || cellsPerModule < 2) return [];
  return Array.from(
    { length: Math.min(cellsPerModule, MOST_CELLS) },
    (_, cell): SeriesOption => ({
      type: 'line',
      name: `cell ${cell}`,
      data: points(
        trajectory.cellColumn('cellTemperatureK', module, cell),
        trajectory,
        span,
        x,
        degCOfKelvin,
      ),
      sampling: 'minmax',
      clip: true,
      showSymbol: false,
      lineStyle: { width: 0.8, color: '#e5a07c' },
      z: 1,
    }),
  );
}

/** A line through every panel for each event. */
const markSeries = (marks: readonly Mark[], x: (timeS: number) => number): SeriesOption[] =>
  PANELS.map((_, p) => ({
    type: 'line',
    xAxisIndex: p,
    yAxisIndex: p,
    data: [],
    markLine: {
      silent: true,
      symbol: 'none',
      label: { show: false },
      data: marks.map(({ timeS, color }) => ({
        xAxis: x(timeS),
        lineStyle: { color, width: 1, type: 'solid', opacity: 0.75 },
      })),
    },
  }));

/** A small triangle at the foot of the temperatures for each cell that runs away. */
function stepSeries(event: ModuleEvents, span: Span, x: (timeS: number) => number): SeriesOption[] {
  if (event.runaways.length < 2) return [];
  const steps = event.runaways.filter(({ timeS }) => timeS >= span.fromS && timeS <= span.toS);
  return [
    {
      type: 'scatter',
      data: steps.map(({ timeS }) => [x(timeS), 0]),
      symbol: 'triangle',
      symbolSize: 7,
      symbolOffset: [0, -4],
      itemStyle: { color: '#b30f37' },
      z: 5,
    },
  ];
}

/** Names of the events in rows above the first panel, each beside its line; late ones to the left of it. */
function markNames(marks: readonly Mark[], span: Span, topPx: number): NonNullable<EChartsOption['graphic']> {
  const widthPx = CHART_WIDTH_PX - LEFT_PX - RIGHT_PX;
  return marks.flatMap((mark, k) => {
    const atPx = LEFT_PX + (widthPx * (mark.timeS - span.fromS)) / (span.toS - span.fromS);
    const rowPx = TITLE_PX + k * MARK_ROW_PX;
    const isLate = atPx > CHART_WIDTH_PX * 0.72;
    const text = `${mark.name} ${clock(mark.timeS)}`;
    return [
      {
        type: 'line' as const,
        silent: true,
        shape: { x1: atPx, x2: atPx, y1: rowPx + 2, y2: topPx },
        style: { stroke: mark.color, lineWidth: 1, opacity: 0.75 },
      },
      {
        type: 'text' as const,
        silent: true,
        x: isLate ? atPx - 5 : atPx + 5,
        y: rowPx,
        style: {
          text,
          fill: mark.color,
          font: '11px system-ui, sans-serif',
          align: isLate ? ('right' as const) : ('left' as const),
        },
      },
    ];
  });
}

/** `3:27:20` from the start of the run. */
export function clock(timeS: number): string {
  const total = Math.round(timeS);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(total / 3600)}:${pad(Math.floor(total / 60) % 60)}:${pad(total % 60)}`;
}
