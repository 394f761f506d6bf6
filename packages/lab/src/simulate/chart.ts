/** The picture of one module: temperatures, voltage and gas over one time axis, with what happened marked in it. */

import { hasEvent } from '@emberwatch/engine/physics';
import { kelvinOfDegC } from '@emberwatch/engine/units';
import type { EChartsOption } from 'echarts';
import { PAINT } from '../svg/paint.ts';
import { linesOf, MIN_PPM, seriesOf } from './chart-series.ts';
import { clock, type Mark, marksOf, type Span, type View } from './view.ts';

export const CHART_WIDTH_PX = 1120;
const LEFT_PX = 72;
const RIGHT_PX = 24;
/** Title and subtitle; below them rows of event names. */
const TITLE_PX = 54;
const MARK_ROW_PX = 15;
const PANELS = [
  { title: 'Temperature, °C', heightPx: 270 },
  { title: 'Voltage, V', heightPx: 120 },
  { title: 'Gas in the air of the rack, ppm', heightPx: 150 },
] as const;
const [TEMPERATURE, VOLTAGE, GAS] = [0, 1, 2];
const GAP_PX = 44;
const BOTTOM_PX = 44;
/** A calm module fills the panel with its few kelvins. */
const CALM_BELOW_DEG_C = 60;

/** Options for the chart library and the height that they need. */
export interface Chart {
  readonly options: EChartsOption;
  readonly heightPx: number;
}

export function moduleChart(view: View, title: string): Chart {
  const marks = marksOf(view);
  const tops: number[] = [];
  let atPx = TITLE_PX + Math.max(marks.length, 1) * MARK_ROW_PX + 22;
  for (const { heightPx } of PANELS) {
    tops.push(atPx);
    atPx += heightPx + GAP_PX;
  }
  const options: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: PAINT.ink },
    title: titles(view, title, tops),
    legend: legends(view, tops),
    grid: PANELS.map(({ heightPx }, p) => ({
      left: LEFT_PX,
      right: RIGHT_PX,
      top: tops[p]!,
      height: heightPx,
      // Panels keep the same width whatever their labels.
      outerBoundsMode: 'none',
    })),
    xAxis: PANELS.map((_, p) => timeAxis(view, p)),
    yAxis: PANELS.map((_, p) => valueAxis(p, isCalm(view))),
    series: seriesOf(view, marks, PANELS.length),
    graphic: markNames(marks, view.span, tops[0]!),
  };
  return { options, heightPx: atPx - GAP_PX + BOTTOM_PX };
}

function titles(view: View, title: string, tops: readonly number[]): NonNullable<EChartsOption['title']> {
  return [
    { text: title, left: 12, top: 8, textStyle: { fontSize: 16, color: PAINT.ink } },
    {
      text: subtitleOf(view),
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
  ];
}

function subtitleOf({ trajectory, event }: View): string {
  const kinds = hasEvent(event) ? event.faultKinds : event.disturbanceKinds;
  const ran = event.runaways.length;
  const cells = trajectory.header.cellsPerModule;
  const spread = ran > 0 && cells > 1 ? `; ${ran} of ${cells} cells ran away` : '';
  return `${kinds.join(', ') || 'no fault of its own'}${spread}. Truth of the simulation, not what sensors show.`;
}

const legends = (view: View, tops: readonly number[]): NonNullable<EChartsOption['legend']> =>
  PANELS.map((_, p) => ({
    show: p !== VOLTAGE,
    data: linesOf(view).flatMap(({ panel, name }) => (panel === p ? [name] : [])),
    right: RIGHT_PX,
    // Lines of events cross the space above the first panel, so its legend stands beside the title.
    top: p === TEMPERATURE ? 12 : tops[p]! - 26,
    itemGap: 16,
    itemWidth: 26,
    itemHeight: 2,
    textStyle: { fontSize: 11, color: PAINT.ink },
  }));

/** Only the last panel says the time. */
function timeAxis({ span, unit }: View, p: number) {
  const isLast = p === PANELS.length - 1;
  return {
    gridIndex: p,
    type: 'value' as const,
    min: span.fromS / unit.seconds,
    max: span.toS / unit.seconds,
    axisLabel: {
      show: isLast,
      color: PAINT.muted,
      formatter: (value: number) => String(Number(value.toFixed(2))),
    },
    axisTick: { show: isLast },
    axisLine: { onZero: false, lineStyle: { color: PAINT.muted } },
    splitLine: { lineStyle: { color: PAINT.grid } },
    ...(isLast && {
      name: `time from the start of the run, ${unit.name}`,
      nameLocation: 'middle' as const,
      nameGap: 26,
      nameTextStyle: { color: PAINT.muted },
    }),
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function valueAxis(p: number, calm: boolean) {
  return {
    gridIndex: p,
    axisLabel: { color: PAINT.muted, ...(p === GAS && { formatter: ppmText }) },
    splitLine: { lineStyle: { color: PAINT.grid } },
    ...(p === TEMPERATURE && { type: 'value' as const, scale: calm, splitNumber: 5 }),
    ...(p === VOLTAGE && { type: 'value' as const, scale: true, min: voltageFrom, splitNumber: 3 }),
    ...(p === GAS && { type: 'log' as const, min: MIN_PPM, max: ppmTo }),
  };
}

function isCalm({ trajectory, event }: View): boolean {
  const hottestK = kelvinOfDegC(CALM_BELOW_DEG_C);
  return (['cellTemperatureMaxK', 'airTemperatureK'] as const).every((column) =>
    trajectory.column(column, event.module).every((temperatureK) => temperatureK < hottestK),
  );
}

/** A dead module stands at 0 V; the axis does not begin below it. */
const voltageFrom = ({ min, max }: Range): number | null => (min > -0.02 * max && min < 0.5 * max ? 0 : null);

/** Traces of gas do not fill the panel. */
const ppmTo = ({ max }: Range): number => Math.max(100, 10 ** Math.ceil(Math.log10(max)));

const ppmText = (value: number): string => (value === MIN_PPM ? `≤ ${value}` : value.toLocaleString('en-US'));

/** Names of the events in rows above the first panel, each beside its line; late ones to the left of it. */
function markNames(marks: readonly Mark[], span: Span, topPx: number): NonNullable<EChartsOption['graphic']> {
  const widthPx = CHART_WIDTH_PX - LEFT_PX - RIGHT_PX;
  return marks.flatMap(({ timeS, name, color }, k) => {
    const atPx = LEFT_PX + (widthPx * (timeS - span.fromS)) / (span.toS - span.fromS);
    const rowPx = TITLE_PX + k * MARK_ROW_PX;
    const isLate = atPx > CHART_WIDTH_PX * 0.72;
    const align: 'left' | 'right' = isLate ? 'right' : 'left';
    return [
      {
        type: 'line' as const,
        silent: true,
        shape: { x1: atPx, x2: atPx, y1: rowPx + 2, y2: topPx },
        style: { stroke: color, lineWidth: 1, opacity: 0.75 },
      },
      {
        type: 'text' as const,
        silent: true,
        x: isLate ? atPx - 5 : atPx + 5,
        y: rowPx,
        style: { text: `${name} ${clock(timeS)}`, fill: color, font: '11px system-ui, sans-serif', align },
      },
    ];
  });
}
