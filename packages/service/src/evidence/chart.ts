/** Charts as SVG text, drawn here: the pages run no script and ask no other host. */
import type { AlarmLevel, Level } from '@emberwatch/engine/detector';
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN } from '@emberwatch/engine/units';
import { Html, html } from './html.ts';
import { numberText, shapeAt, unitText } from './marks.ts';
import { localText } from './times.ts';

const LEFT = 44;
/** The names of the limits stand there. */
const RIGHT = 88;
/** Two of them stand side by side. */
export const HALF_PX = 352;
export const WHOLE_PX = 720;
const TITLE_PX = 16;
const MARK_PX = 13;
const AXIS_PX = 16;

export interface Line {
  /** Beside its end; empty for lines that are not named. */
  readonly name: string;
  /** `line-1` to `line-4`, or `neighbour`. */
  readonly style: string;
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
  /** Drawn as a band behind the line. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

export interface Limit {
  readonly value: number;
  readonly level: AlarmLevel;
  readonly name: string;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  /** All of it, and of the plot inside. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly lines: readonly Line[];
  readonly limits: readonly Limit[];
}

export interface TimeFrame {
  readonly fromMs: number;
  readonly toMs: number;
  /** Level changes, and the raising of the alarm. */
  readonly marks: readonly { readonly timeMs: number; readonly level: Level }[];
}

interface Scale {
  /** Right end of the plot. */
  readonly right: number;
  readonly x: (timeMs: number) => number;
  readonly y: (value: number) => number;
}

/** Null where no line has a value. */
export function drawPanel(panel: Panel, time: TimeFrame): Html | null {
  const values = panel.lines.flatMap(({ values, low, high }) =>
    [...values, ...(low ?? []), ...(high ?? [])].filter((value) => value !== null),
  );
  if (values.length === 0) return null;
  const range = rangeOf(values, panel.limits);
  const top = TITLE_PX + MARK_PX;
  const bottom = top + panel.heightPx;
  const right = panel.widthPx - RIGHT;
  const scale: Scale = {
    right,
    x: (timeMs) => LEFT + ((right - LEFT) * (timeMs - time.fromMs)) / (time.toMs - time.fromMs),
    y: (value) => bottom - (panel.heightPx * (value - range.min)) / (range.max - range.min),
  };
  const limits = panel.limits.filter(({ value }) => value >= range.min && value <= range.max);
  const named = panel.lines.filter(({ name }) => name !== '').map(({ name, style }) => ({ name, style }));
  const label = `${panel.title}, ${unitText(panel.unit)}: ${named.map(({ name }) => name).join(', ')}`;
  return html`<svg class="${panel.widthPx > HALF_PX ? 'chart wide' : 'chart'}" viewBox="0 0 ${panel.widthPx} ${bottom + AXIS_PX}" role="img" aria-label="${label}">
<text class="title" x="${LEFT}" y="11">${panel.title}, ${unitText(panel.unit)}</text>
${named.length > 1 ? legend(named, right) : null}
${valueAxis(range, scale)}
${timeAxis(time, scale, top, bottom)}
${marks(time, scale, top, bottom)}
${limits.map(({ value, level }) => html`<line class="limit ${level}" x1="${LEFT}" x2="${right}" y1="${px(scale.y(value))}" y2="${px(scale.y(value))}"/>`)}
${panel.lines.map((line) => drawLine(line, scale))}
${limitNames(limits, scale)}
</svg>`;
}

const px = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** All limits below the highest value and the next above it, so that the distance to it is seen. */
function rangeOf(values: readonly number[], limits: readonly Limit[]): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const next = Math.min(...limits.map(({ value }) => value).filter((value) => value >= high));
  if (Number.isFinite(next) && next - high < 3 * Math.max(high - low, 0.1 * Math.abs(high))) high = next;
  const span = high - low || Math.abs(high) * 0.1 || 1;
  const step = niceStep(span / 3);
  const floor = Math.floor((low - 0.04 * span) / step) * step;
  const min = low >= 0 ? Math.max(0, floor) : floor;
  return { min, max: Math.ceil((high + 0.04 * span) / step) * step, step };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10);
}

function valueAxis({ min, max, step }: Range, { y, right }: Scale): Html[] {
  const ticks: Html[] = [];
  const digits = Math.max(
    0,
    -Math.floor(Math.log10(step) + 1e-9) + (/^25/.test(step.toExponential()) ? 1 : 0),
  );
  for (let value = min; value <= max + step / 2; value += step) {
    const text = Math.abs(value) < step / 2 ? '0' : value.toFixed(Math.min(digits, 4)).replace('-', '−');
    ticks.push(
      html`<line class="grid" x1="${LEFT}" x2="${right}" y1="${px(y(value))}" y2="${px(y(value))}"/><text class="tick end" x="${LEFT - 5}" y="${px(y(value) + 3.5)}">${text}</text>`,
    );
  }
  return ticks;
}

const MIN_TICK_PX = 60;
const TIME_STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((min) => min * MS_PER_MIN);

function timeAxis({ fromMs, toMs }: TimeFrame, { x, right }: Scale, top: number, bottom: number): Html[] {
  const stepMs =
    TIME_STEPS_MS.find((step) => (toMs - fromMs) / step <= (right - LEFT) / MIN_TICK_PX) ?? MS_PER_DAY;
  const ticks: Html[] = [];
  for (let timeMs = Math.ceil(fromMs / stepMs) * stepMs; timeMs <= toMs; timeMs += stepMs) {
    const text =
      stepMs < MS_PER_H * 24 ? localText(timeMs, 'UTC').slice(11, 16) : localText(timeMs, 'UTC').slice(5, 10);
    const at = px(x(timeMs));
    ticks.push(
      html`<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/><text class="tick middle" x="${at}" y="${bottom + 12}">${text}</text>`,
    );
  }
  ticks.push(html`<text class="tick" x="${right + 6}" y="${bottom + 12}">UTC</text>`);
  return ticks;
}

/** Shapes that would cover each other are one: the gravest of them stands, all keep their line. */
function marks({ marks: list, fromMs, toMs }: TimeFrame, { x }: Scale, top: number, bottom: number): Html[] {
  let lastX = Number.NEGATIVE_INFINITY;
  return list
    .filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs)
    .map(({ timeMs, level }) => {
      const at = x(timeMs);
      const isCovered = at - lastX < 10;
      if (!isCovered) lastX = at;
      const line = html`<line class="change ${level}" x1="${px(at)}" x2="${px(at)}" y1="${top}" y2="${bottom}"/>`;
      return isCovered ? line : html`${line}${shapeAt(level, at, top - 6, 10)}`;
    });
}

function legend(named: readonly { name: string; style: string }[], end: number): Html[] {
  let right = end;
  return [...named].reverse().map(({ name, style }) => {
    const text = html`<text class="tick end" x="${px(right)}" y="11">${name}</text>`;
    right -= name.length * 5.3 + 6;
    const line = html`<line class="${style}" x1="${px(right - 16)}" x2="${px(right)}" y1="7.5" y2="7.5"/>`;
    right -= 16 + 12;
    return html`${text}${line}`;
  });
}

const NAME_PX = 10;

function limitNames(limits: readonly Limit[], { y, right }: Scale): Html[] {
  let lowest = Number.NEGATIVE_INFINITY;
  return [...limits]
    .sort((a, b) => b.value - a.value)
    .map(({ value, level, name }) => {
      lowest = Math.max(y(value) + 3.5, lowest + NAME_PX);
      return html`${shapeAt(level, right + 9, lowest - 3.5, 8)}<text class="tick" x="${right + 16}" y="${px(lowest)}">${numberText(value)} ${name}</text>`;
    });
}

/** A pause of more than so many usual steps is a gap in the line. */
const GAP_STEPS = 5;

function drawLine({ style, timesMs, values, low, high }: Line, scale: Scale): Html {
  const maxGapMs = GAP_STEPS * usualStepMs(timesMs);
  const band = low && high ? bandPath(timesMs, low, high, maxGapMs, scale) : '';
  const path = linePath(timesMs, values, maxGapMs, scale);
  return html`${band === '' ? null : new Html(`<path class="band ${style}" d="${band}"/>`)}${path === '' ? null : html`<path class="${style}" d="${path}"/>`}`;
}

function usualStepMs(timesMs: readonly number[]): number {
  if (timesMs.length < 2) return Number.POSITIVE_INFINITY;
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - timesMs[i]!);
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)]!;
}

/** Lowest and highest of each pixel are kept: a spike of one frame is seen. */
function linePath(
  timesMs: readonly number[],
  values: readonly (number | null)[],
  maxGapMs: number,
  scale: Scale,
): string {
  let path = '';
  let column: { x: number; first: number; low: number; high: number; last: number } | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isDown = false;
  const put = (x: number, y: number): void => {
    path += `${isDown ? 'L' : 'M'}${px(x)} ${px(y)}`;
    isDown = true;
  };
  const flush = (): void => {
    if (!column) return;
    const { x, first, low, high, last } = column;
    for (const y of first <= last ? [low, high] : [high, low]) if (low !== high || y === low) put(x, y);
    if (low === high && !isDown) put(x, first);
    if (last !== high && last !== low) put(x, last);
    column = null;
  };
  timesMs.forEach((timeMs, i) => {
    const value = values[i];
    if (value === null || value === undefined || timeMs - lastMs > maxGapMs) {
      flush();
      // A value alone gets a dot's width, or nobody sees it.
      if (isDown) path += 'h.6';
      isDown = false;
    }
    if (value === null || value === undefined) return;
    lastMs = timeMs;
    const [x, y] = [Math.round(scale.x(timeMs) * 2) / 2, scale.y(value)];
    if (column && column.x !== x) flush();
    if (column) column = { ...column, low: Math.min(column.low, y), high: Math.max(column.high, y), last: y };
    else column = { x, first: y, low: y, high: y, last: y };
  });
  flush();
  return path === '' ? '' : `${path}h.6`;
}

function bandPath(
  timesMs: readonly number[],
  low: readonly (number | null)[],
  high: readonly (number | null)[],
  maxGapMs: number,
  { x, y }: Scale,
): string {
  let path = '';
  let above: string[] = [];
  let below: string[] = [];
  const close = (): void => {
    if (above.length > 1) path += `M${above.join('L')}L${below.reverse().join('L')}Z`;
    above = [];
    below = [];
  };
  let lastMs = Number.NEGATIVE_INFINITY;
  timesMs.forEach((timeMs, i) => {
    const [bottom, top] = [low[i], high[i]];
    if (typeof bottom !== 'number' || typeof top !== 'number' || timeMs - lastMs > maxGapMs) close();
    if (typeof bottom !== 'number' || typeof top !== 'number') return;
    lastMs = timeMs;
    above.push(`${px(x(timeMs))} ${px(y(top))}`);
    below.push(`${px(x(timeMs))} ${px(y(bottom))}`);
  });
  close();
  return path;
}
