/** Panels above each other on one axis of time, with alarm episodes and silence behind them. */

import type { Html } from '../svg/html.ts';
import { LEVEL_PAINT, PAINT } from '../svg/paint.ts';
import { TRACE_SIGNALS, type Trace } from '../watch/trace.ts';
import { BrokenTimeAxis, timeAxis } from './broken-time-axis.ts';
import { type LevelSpan, type Overlays, overlays } from './overlays.ts';
import { type Panel, panelsOf } from './panels.ts';
import { drawPicture } from './picture.ts';
import { drawnPoints, type Point, presenceOf, silencesOf } from './points.ts';

const WIDTH = 800;
const LEFT = 58;
/** The names of the limits stand there. */
const RIGHT = 92;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
/** Room above the first panel for the marks of episodes. */
const TOP = 26;
const TITLE_PX = 22;
const PLOT_PX = 84;
const PANEL_PX = TITLE_PX + PLOT_PX + 8;
const BOTTOM = 40;
/** Two points are kept for each bucket. */
const BUCKETS = PLOT_WIDTH / 2;
const LIMIT_NAME_PX = 12;

export interface SignalPicture {
  readonly id: string;
  readonly label: string;
  readonly trace: Trace;
  readonly episodes: readonly LevelSpan[];
  /** When the gravest level was reached; null where there is nothing to point at. */
  readonly peakMs: number | null;
}

/** Null where the trace has no value to draw. */
export async function drawSignals(picture: SignalPicture): Promise<Html | null> {
  const { id, label, trace } = picture;
  const panels = panelsOf(trace);
  const [fromMs, toMs] = [trace.timesMs[0], trace.timesMs.at(-1)];
  if (panels.length === 0 || fromMs === undefined || toMs === undefined) return null;
  const time = new BrokenTimeAxis({ fromMs, toMs }, silencesOf(presenceOf(trace.timesMs).spans));
  const height = TOP + panels.length * PANEL_PX + BOTTOM;
  const bottomPx = TOP + panels.length * PANEL_PX - 8;
  const behind: Overlays = { time, left: LEFT, width: PLOT_WIDTH, top: TOP, bottom: bottomPx };
  const children = [
    ...overlays(behind, trace, picture.episodes, picture.peakMs),
    ...panels.flatMap((panel, i) => [
      ...panelHead(panel, TOP + i * PANEL_PX),
      ...limitNames(panel, TOP + i * PANEL_PX + TITLE_PX),
    ]),
  ];
  // Grid 0 spans all panels and carries what lies behind them.
  const gridOf = (top: number, plotHeight: number): object => ({
    left: LEFT,
    right: RIGHT,
    top,
    height: plotHeight,
  });
  const option = {
    grid: [
      gridOf(TOP, bottomPx - TOP),
      ...panels.map((_, i) => gridOf(TOP + i * PANEL_PX + TITLE_PX, PLOT_PX)),
    ],
    xAxis: [
      { type: 'value', gridIndex: 0, show: false, min: 0, max: time.length },
      ...panels.map((_, i) => timeAxis(time, i + 1, i === panels.length - 1)),
    ],
    yAxis: [
      { type: 'value', gridIndex: 0, show: false, min: 0, max: 1 },
      ...panels.map((panel, i) => valueAxis(i + 1, panel)),
    ],
    series: [shapes(children), ...panels.flatMap((panel, i) => linesOf(panel, i + 1, trace, time))],
  };
  return drawPicture({ id, label, width: WIDTH, height, option });
}

const valueAxis = (gridIndex: number, { axis }: Panel): object => ({
  type: 'value',
  gridIndex,
  min: axis.min,
  max: axis.max,
  interval: axis.step,
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: { color: PAINT.ink, formatter: (value: number) => value.toFixed(axis.digits) },
  splitLine: { lineStyle: { color: PAINT.grid } },
});

/** Anything drawn by place, behind the lines. */
export const shapes = (children: readonly object[]): object => ({
  type: 'custom',
  xAxisIndex: 0,
  yAxisIndex: 0,
  silent: true,
  clip: false,
  z: 1,
  data: [[0, 0]],
  renderItem: () => ({ type: 'group', silent: true, children }),
});

interface Words {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly fill?: string;
  readonly font?: string;
  readonly align?: 'left' | 'right' | 'center';
}

export const words = ({
  fill = PAINT.ink,
  font = '12px sans-serif',
  align = 'left',
  ...rest
}: Words): object => ({
  type: 'text',
  style: { ...rest, fill, font, align, verticalAlign: 'middle' },
});

/** Of text of 12 px in the usual sans-serif fonts, px. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text)
    width += /[mwMW]/.test(char) ? 10 : /[A-Z_]/.test(char) ? 8 : /[fijlrt.,\-/() ]/.test(char) ? 4 : 6.8;
  return width;
}

/** Title on the left, the lines and their names on the right. */
function panelHead({ title, limitText, lines }: Panel, top: number): object[] {
  const y = top + TITLE_PX / 2 + 1;
  const head = [words({ x: LEFT, y, text: title, font: 'bold 12px sans-serif' })];
  if (limitText !== '') {
    const x = LEFT + widthOf(title) * 1.08 + 12;
    head.push(words({ x, y, text: limitText, fill: PAINT.muted, font: '11px sans-serif' }));
  }
  let x = WIDTH - 4;
  for (const { name, color, dash } of [...lines].reverse()) {
    if (name === '') continue;
    head.push(words({ x, y, text: name, align: 'right' }));
    x -= widthOf(name) + 6;
    head.push({
      type: 'line',
      shape: { x1: x - 24, y1: y, x2: x, y2: y },
      style: { stroke: color, lineWidth: 2, lineDash: dash },
    });
    x -= 24 + 12;
  }
  return head;
}

/** Beside the plot, at the height of their lines, moved apart where they would overlap. */
function limitNames({ limits, axis }: Panel, top: number): object[] {
  const yOf = (value: number): number => top + (PLOT_PX * (axis.max - value)) / (axis.max - axis.min);
  const rows = [...limits].sort((a, b) => b.value - a.value).map((limit) => ({ limit, y: yOf(limit.value) }));
  for (let i = 1; i < rows.length; i++) rows[i]!.y = Math.max(rows[i]!.y, rows[i - 1]!.y + LIMIT_NAME_PX);
  const bottom = top + PLOT_PX;
  for (let i = rows.length - 1; i >= 0; i--)
    rows[i]!.y = Math.min(rows[i]!.y, (rows[i + 1]?.y ?? bottom + LIMIT_NAME_PX) - LIMIT_NAME_PX);
  return rows.map(({ limit, y }) => {
    const fill = LEVEL_PAINT[limit.level].edge;
    return words({ x: WIDTH - RIGHT + 4, y, text: limit.text, fill, font: '11px sans-serif' });
  });
}

function linesOf({ lines, limits }: Panel, axisIndex: number, trace: Trace, time: BrokenTimeAxis): object[] {
  const limitLines = limits.map(({ level, value }) => ({
    yAxis: value,
    lineStyle: { color: LEVEL_PAINT[level].edge, type: LEVEL_PAINT[level].dash, width: 1 },
    label: { show: false },
  }));
  const valuesOf = (k: number): readonly number[] => trace.signals[TRACE_SIGNALS.indexOf(lines[k]!.signal)]!;
  const placeOf = (timeMs: number): number => time.at(timeMs);
  return lines.map((line, k) => ({
    type: 'line',
    xAxisIndex: axisIndex,
    yAxisIndex: axisIndex,
    silent: true,
    z: 3,
    symbol: 'none',
    emphasis: { disabled: true },
    lineStyle: { color: line.color, width: 1.4, type: line.dash, join: 'round' },
    data: withDots(drawnPoints(trace.timesMs, valuesOf(k), placeOf, time.length / BUCKETS), time),
    ...(k === 0 && limitLines.length > 0
      ? { markLine: { silent: true, symbol: 'none', animation: false, data: limitLines } }
      : {}),
  }));
}

/** A value between two breaks has no line to be seen by: it becomes a dash of a pixel. */
function withDots(points: readonly Point[], time: BrokenTimeAxis): Point[] {
  const half = (0.6 * time.length) / PLOT_WIDTH;
  const isBroken = (point: Point | undefined): boolean => point === undefined || point[1] === null;
  return points.flatMap((point, i) => {
    const isAlone = !isBroken(point) && isBroken(points[i - 1]) && isBroken(points[i + 1]);
    if (!isAlone) return [point];
    const at = Math.min(time.length - half, Math.max(half, point[0]));
    return [
      [at - half, point[1]],
      [at + half, point[1]],
    ] satisfies Point[];
  });
}
