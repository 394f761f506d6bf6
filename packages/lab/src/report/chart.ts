/** Panels above each other on one axis of time, with alarm episodes and silence behind them. */
import { type AlarmLevel, levelRank } from '@emberwatch/engine/detector';
import { TRACE_SIGNALS, type Trace } from '../watch/trace.ts';
import type { Html } from './html.ts';
import { LEVEL_PAINT, PAINT } from './paint.ts';
import { type Line, type Panel, panelsOf } from './panels.ts';
import { drawnPoints, presenceOf, type Span, silencesOf } from './points.ts';
import { drawPicture } from './svg.ts';
import { LEVEL_SHAPES } from './wording.ts';

const WIDTH = 800;
const LEFT = 58;
const RIGHT = 20;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
/** Room above the first panel for the marks of episodes. */
const TOP = 26;
const TITLE_PX = 22;
const PLOT_PX = 84;
const PANEL_PX = TITLE_PX + PLOT_PX + 8;
const BOTTOM = 30;
/** Two points are kept for each bucket. */
const BUCKETS = PLOT_WIDTH / 2;
const CHAR_PX = 6.2;
const MIN_MARK_DISTANCE_PX = 18;

export interface LevelSpan extends Span {
  readonly level: AlarmLevel;
}

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
  const [first, last] = [trace.timesMs[0], trace.timesMs.at(-1)];
  if (panels.length === 0 || first === undefined || last === undefined) return null;
  const range = { fromMs: first, toMs: Math.max(last, first + 1000) };
  const height = TOP + panels.length * PANEL_PX + BOTTOM;
  const bottomPx = TOP + panels.length * PANEL_PX - 8;
  // Grid 0 spans all panels and carries what lies behind them.
  const option = {
    grid: [
      { left: LEFT, right: RIGHT, top: TOP, height: bottomPx - TOP },
      ...panels.map((_, i) => ({ left: LEFT, right: RIGHT, top: topOf(i), height: PLOT_PX })),
    ],
    xAxis: [
      { type: 'time', gridIndex: 0, show: false, min: range.fromMs, max: range.toMs },
      ...panels.map((_, i) => timeAxis(i + 1, range, i === panels.length - 1)),
    ],
    yAxis: [
      { type: 'value', gridIndex: 0, show: false, min: 0, max: 1 },
      ...panels.map((panel, i) => valueAxis(i + 1, panel)),
    ],
    series: [
      behind(range, [
        ...backdrop(picture, range, bottomPx),
        ...panels.flatMap((panel, i) => panelHead(panel, TOP + i * PANEL_PX)),
      ]),
      ...panels.flatMap((panel, i) => linesOf(panel, i + 1, trace, range)),
    ],
  };
  return drawPicture({ id, label, width: WIDTH, height, option });
}

const topOf = (panel: number): number => TOP + panel * PANEL_PX + TITLE_PX;

/** Times without words: the page says that they are UTC. */
export const TIME_LABELS = {
  year: '{yyyy}',
  month: '{yyyy}-{MM}',
  day: '{MM}-{dd}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{ss}.{SSS}',
};

const timeAxis = (gridIndex: number, { fromMs, toMs }: Span, hasLabels: boolean): object => ({
  type: 'time',
  gridIndex,
  min: fromMs,
  max: toMs,
  axisLine: { show: true, onZero: false, lineStyle: { color: PAINT.muted } },
  axisTick: { show: hasLabels, lineStyle: { color: PAINT.muted } },
  axisLabel: { show: hasLabels, color: PAINT.ink, hideOverlap: true, formatter: TIME_LABELS },
  splitLine: { show: true, lineStyle: { color: PAINT.grid } },
  splitNumber: 6,
});

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

export const words = (
  x: number,
  y: number,
  text: string,
  fill: string,
  font: string,
  align = 'left',
): object => ({ type: 'text', style: { x, y, text, fill, font, align, verticalAlign: 'middle' } });

/** Title on the left, the lines and their names on the right. */
function panelHead({ title, limitText, lines }: Panel, top: number): object[] {
  const y = top + TITLE_PX / 2 + 1;
  const head = [words(LEFT, y, title, PAINT.ink, 'bold 12px sans-serif')];
  if (limitText !== '')
    head.push(words(LEFT + (title.length + 2) * CHAR_PX * 1.1, y, limitText, PAINT.muted, '11px sans-serif'));
  let x = WIDTH - RIGHT;
  for (const { name, color, dash } of [...lines].reverse()) {
    if (name === '') continue;
    head.push(words(x, y, name, PAINT.ink, '12px sans-serif', 'right'));
    x -= name.length * CHAR_PX + 6;
    head.push({
      type: 'line',
      shape: { x1: x - 24, y1: y, x2: x, y2: y },
      style: { stroke: color, lineWidth: 2, lineDash: dash === 'solid' ? null : dash },
    });
    x -= 24 + 14;
  }
  return head;
}

function linesOf({ lines, limits }: Panel, axisIndex: number, trace: Trace, range: Span): object[] {
  const limitLines = limits.map(({ level, value, text }) => ({
    yAxis: value,
    lineStyle: { color: LEVEL_PAINT[level].edge, type: LEVEL_PAINT[level].dash, width: 1 },
    label: { formatter: text, position: 'insideStartTop', distance: 2, color: LEVEL_PAINT[level].edge },
  }));
  return lines.map((drawn, k) => ({
    type: 'line',
    xAxisIndex: axisIndex,
    yAxisIndex: axisIndex,
    silent: true,
    z: 3,
    symbol: 'none',
    showSymbol: true,
    emphasis: { disabled: true },
    lineStyle: { color: drawn.color, width: 1.4, type: drawn.dash, join: 'round' },
    itemStyle: { color: drawn.color },
    data: withDots(drawnPoints(trace.timesMs, valuesOf(trace, drawn), range, BUCKETS)),
    ...(k === 0 && limitLines.length > 0
      ? { markLine: { silent: true, symbol: 'none', animation: false, data: limitLines } }
      : {}),
  }));
}

const valuesOf = (trace: Trace, { signal }: Line): readonly number[] =>
  trace.signals[TRACE_SIGNALS.indexOf(signal)]!;

/** A value between two breaks has no line to be seen by. */
function withDots(points: ReturnType<typeof drawnPoints>): unknown[] {
  return points.map((point, i) => {
    const isBroken = (neighbour: (typeof points)[number] | undefined): boolean =>
      neighbour === undefined || neighbour[1] === null;
    const isAlone = point[1] !== null && isBroken(points[i - 1]) && isBroken(points[i + 1]);
    return isAlone ? { value: point, symbol: 'circle', symbolSize: 2.5 } : point;
  });
}

/** Silence in grey, episodes in the colour of their level with its mark above, the gravest moment as a line. */
function backdrop({ trace, episodes, peakMs }: SignalPicture, range: Span, bottomPx: number): object[] {
  const pxPerMs = PLOT_WIDTH / (range.toMs - range.fromMs);
  const xOf = (timeMs: number): number =>
    Number(
      (LEFT + (Math.min(range.toMs, Math.max(range.fromMs, timeMs)) - range.fromMs) * pxPerMs).toFixed(1),
    );
  const rect = (span: Span, style: object): object => {
    const x = xOf(span.fromMs);
    const width = Math.max(1, xOf(span.toMs) - x);
    return { type: 'rect', shape: { x, y: TOP, width, height: bottomPx - TOP }, style };
  };
  const silences = silencesOf(presenceOf(trace.timesMs).spans, 2 / pxPerMs);
  const shown = episodes.filter(({ fromMs, toMs }) => toMs >= range.fromMs && fromMs <= range.toMs);
  const children: object[] = silences.map((span) => rect(span, { fill: PAINT.silence }));
  for (const span of shown) children.push(rect(span, { fill: LEVEL_PAINT[span.level].fill, opacity: 0.25 }));
  for (const { fromMs, toMs, level } of shown)
    children.push({
      type: 'rect',
      shape: { x: xOf(fromMs), y: TOP - 3, width: Math.max(1, xOf(toMs) - xOf(fromMs)), height: 3 },
      style: { fill: LEVEL_PAINT[level].edge },
    });
  if (peakMs !== null) {
    const x = xOf(peakMs);
    const style = { stroke: PAINT.ink, lineWidth: 1, lineDash: [4, 3] };
    children.push({ type: 'line', shape: { x1: x, y1: TOP - 6, x2: x, y2: bottomPx }, style });
  }
  for (const span of apart(shown, xOf)) children.push(mark(xOf(span.fromMs), span.level));
  return children;
}

const behind = ({ fromMs }: Span, children: readonly object[]): object => ({
  type: 'custom',
  xAxisIndex: 0,
  yAxisIndex: 0,
  silent: true,
  clip: false,
  z: 1,
  data: [[fromMs, 0]],
  renderItem: () => ({ type: 'group', silent: true, children }),
});

const mark = (x: number, level: AlarmLevel): object => ({
  type: 'path',
  shape: { pathData: LEVEL_SHAPES[level], x: x - 6, y: 5, width: 12, height: 12 },
  style: { fill: LEVEL_PAINT[level].fill, stroke: LEVEL_PAINT[level].edge, lineWidth: 1 },
});

/** The gravest first; a mark that would lie on another is left out. */
function apart(spans: readonly LevelSpan[], xOf: (timeMs: number) => number): LevelSpan[] {
  const kept: LevelSpan[] = [];
  for (const span of [...spans].sort((a, b) => levelRank(b.level) - levelRank(a.level))) {
    const x = xOf(span.fromMs);
    if (kept.every((other) => Math.abs(xOf(other.fromMs) - x) >= MIN_MARK_DISTANCE_PX)) kept.push(span);
  }
  return kept;
}
