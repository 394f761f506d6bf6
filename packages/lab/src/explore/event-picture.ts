/** Hazardous modules against calm ones, signal by signal, on the clock of the event. */

import { shapes, words } from '../report/chart.ts';
import { drawPicture } from '../report/picture.ts';
import { type Axis, axisOf } from '../report/points.ts';
import type { Html } from '../svg/html.ts';
import { PAINT } from '../svg/paint.ts';
import type { Aligned, AlignedSignal } from './event-alignment.ts';

const WIDTH = 800;
const LEFT = 58;
const RIGHT = 92;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
/** The legend; below it a row for each mark. */
const LEGEND_PX = 22;
const TITLE_PX = 22;
const PLOT_PX = 92;
const PANEL_PX = TITLE_PX + PLOT_PX + 8;
const BOTTOM = 44;
const TICK_MIN = 10;
const MARK_ROW_PX = 13;

/** The place of a value in its panel, px. */
interface Place {
  readonly x: (minutes: number) => number;
  readonly y: (value: number) => number;
}

export async function drawEvents(aligned: Aligned): Promise<Html> {
  const { minutes, signals, marks, anchor } = aligned;
  const half = (minutes[1]! - minutes[0]!) / 2;
  const [from, to] = [minutes[0]! - half, minutes.at(-1)! + half];
  const x = (at: number): number => LEFT + (PLOT_WIDTH * (at - from)) / (to - from);
  const shown = [
    { name: anchor, minutes: 0 },
    ...marks.filter((mark) => mark.minutes >= from && mark.minutes <= to),
  ];
  const plotsTop = LEGEND_PX + shown.length * MARK_ROW_PX + 4;
  const bottom = plotsTop + signals.length * PANEL_PX;
  const children: object[] = [...legend()];
  for (const [i, mark] of shown.entries()) children.push(...markLine(mark.name, x(mark.minutes), i, bottom));
  for (const [i, signal] of signals.entries()) {
    const top = plotsTop + i * PANEL_PX;
    const axis = axisFor(signal);
    const plotTop = top + TITLE_PX;
    const y = (value: number): number =>
      plotTop +
      (PLOT_PX * (axis.max - Math.min(axis.max, Math.max(axis.min, value)))) / (axis.max - axis.min);
    const text = `${signal.label}, change since an hour before, ${signal.unit}`;
    children.push(
      words({ x: LEFT, y: top + TITLE_PX / 2 + 2, text, font: 'bold 12px sans-serif' }),
      ...gridLines(axis, y),
      ...band(signal.calm, minutes, { x, y }, PAINT.second),
      ...band(signal.hazardous, minutes, { x, y }, PAINT.first),
      ...line(signal.calm.middle, minutes, { x, y }, PAINT.second, [5, 3]),
      ...line(signal.hazardous.middle, minutes, { x, y }, PAINT.first, 'solid'),
    );
  }
  for (let at = Math.ceil(from / TICK_MIN) * TICK_MIN; at <= to; at += TICK_MIN)
    children.push(words({ x: x(at), y: bottom + 12, text: String(at).replace('-', '−'), align: 'center' }));
  children.push(
    words({
      x: LEFT + PLOT_WIDTH / 2,
      y: bottom + 30,
      text: `minutes from ${anchor}`,
      align: 'center',
      fill: PAINT.muted,
    }),
  );
  const option = {
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 0, max: 1 },
    yAxis: { type: 'value', show: false, min: 0, max: 1 },
    series: shapes(children),
  };
  const label = `${signals.length} signals of hazardous and calm modules around ${anchor}`;
  return drawPicture({ id: 'around', label, width: WIDTH, height: bottom + BOTTOM, option });
}

/** Noise is not blown up, and a runaway at the end does not press the hour before it flat. */
function axisFor({ hazardous, calm, unit }: AlignedSignal): Axis {
  const before = [hazardous, calm].flatMap((group) =>
    [...group.low, ...group.high].filter((value) => value !== null),
  );
  const sorted = before.sort((a, b) => a - b);
  const low = sorted[Math.floor(0.01 * sorted.length)] ?? 0;
  const high = sorted[Math.ceil(0.99 * (sorted.length - 1))] ?? 0;
  return axisOf(Math.min(0, low), Math.max(0, high), unit === '%' || unit === 'K' ? 1 : 10);
}

function legend(): object[] {
  const entry = (x: number, text: string, stroke: string, lineDash: number[] | null): object[] => [
    {
      type: 'line',
      shape: { x1: x, y1: 10, x2: x + 26, y2: 10 },
      style: { stroke, lineWidth: 2, ...(lineDash && { lineDash }) },
    },
    words({ x: x + 32, y: 10, text }),
  ];
  return [
    ...entry(LEFT, 'hazardous modules, median and 10 to 90 %', PAINT.first, null),
    ...entry(LEFT + 310, 'calm modules of the same times', PAINT.second, [5, 3]),
  ];
}

/** The first is the anchor; each has its name in a row of its own, so that none lies on another. */
function markLine(text: string, x: number, row: number, bottom: number): object[] {
  const isAnchor = row === 0;
  const stroke = isAnchor ? PAINT.ink : PAINT.muted;
  const y = LEGEND_PX + (row + 0.5) * MARK_ROW_PX;
  return [
    {
      type: 'line',
      shape: { x1: x, y1: y - MARK_ROW_PX / 2, x2: x, y2: bottom - 8 },
      style: { stroke, lineWidth: isAnchor ? 1.4 : 1, ...(!isAnchor && { lineDash: [3, 3] }) },
    },
    words({
      x: x - 4,
      y,
      text: text.replace(/^the /, ''),
      align: 'right',
      fill: stroke,
      font: '11px sans-serif',
    }),
  ];
}

function gridLines(axis: Axis, y: Place['y']): object[] {
  const children: object[] = [];
  for (let value = axis.min; value <= axis.max + axis.step / 2; value += axis.step)
    children.push(
      {
        type: 'line',
        shape: { x1: LEFT, y1: y(value), x2: LEFT + PLOT_WIDTH, y2: y(value) },
        style: { stroke: PAINT.grid, lineWidth: 1 },
      },
      words({
        x: LEFT - 6,
        y: y(value),
        text: value.toFixed(axis.digits).replace('-', '−'),
        align: 'right',
        font: '11px sans-serif',
      }),
    );
  return children;
}

type Values = readonly (number | null)[];

function band(
  { low, high }: AlignedSignal['calm'],
  minutes: readonly number[],
  at: Place,
  fill: string,
): object[] {
  const places = minutes.flatMap((minute, b) =>
    low[b] == null || high[b] == null ? [] : [{ x: at.x(minute), low: at.y(low[b]!), high: at.y(high[b]!) }],
  );
  if (places.length < 2) return [];
  const points = [
    ...places.map(({ x, high: y }) => [x, y]),
    ...places.reverse().map(({ x, low: y }) => [x, y]),
  ];
  return [{ type: 'polygon', shape: { points }, style: { fill, opacity: 0.18 } }];
}

function line(
  values: Values,
  minutes: readonly number[],
  at: Place,
  stroke: string,
  lineDash: number[] | 'solid',
): object[] {
  const points = minutes.flatMap((minute, b) =>
    values[b] == null ? [] : [[at.x(minute), at.y(values[b]!)]],
  );
  if (points.length < 2) return [];
  return [
    {
      type: 'polyline',
      shape: { points },
      style: { stroke, fill: null, lineWidth: 1.5, ...(lineDash !== 'solid' && { lineDash }) },
    },
  ];
}
