/** How a panel is drawn. */
import uPlot from 'uplot';
import { colourOf, fontOf } from '../ui/theme.ts';
import type { Times } from '../ui/times.ts';
import type { Limit } from './limits.ts';
import type { Between } from './span.ts';

export const PANEL_HEIGHT_PX = 116;
export const PLOT_LEFT_PX = 50;
export const PLOT_RIGHT_PX = 18;

/** Lines of a panel behind those it is compared with. */
export const LINES = { low: 1, high: 2, siblingLow: 3, siblingHigh: 4, siblingMedian: 5 } as const;
export const FIRST_COMPARED = 6;
/** The module itself is drawn last: nothing hides it. */
export const ownLine = (compared: number): number => FIRST_COMPARED + compared;
/** Of the compared modules, in their order. */
export const COMPARED_COLOURS = ['--series-3', '--event-pnr', '--event-last', '--line-hot'] as const;

/** A line that does not move is drawn as one, not as noise at full height. */
const MIN_PAD: Readonly<Record<string, number>> = {
  degC: 0.5,
  V: 0.02,
  A: 0.5,
  mV: 2,
  ppm: 2,
  percent: 0.5,
};
/** A limit this near, in heights of what was measured, is worth the room. */
const NEAR_LIMIT = 0.4;

function rangeFor(unit: string, limits: () => readonly Limit[]): uPlot.Range.Function {
  return (_chart, min, max) => {
    if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
    const pad = Math.max((max - min) * 0.1, Math.abs(max) * 0.001, MIN_PAD[unit] ?? 0.05);
    const near = limits().filter(
      ({ value }) => value > max && value < max + NEAR_LIMIT * Math.max(max - min, 4 * pad),
    );
    return [min - pad, Math.max(max, ...near.map(({ value }) => value)) + pad];
  };
}

const STEPS = [5, 2, 1, 0.5, 0.2, 0.1];
const FEWEST_TICKS = 3;

/** Three or four round numbers: enough to read a value, few enough to stay quiet. */
function splitsOf(min: number, max: number): number[] {
  const power = 10 ** Math.floor(Math.log10(max - min));
  const countOf = (step: number): number => Math.floor(max / step) - Math.ceil(min / step) + 1;
  const step = power * (STEPS.find((factor) => countOf(factor * power) >= FEWEST_TICKS) ?? 0.1);
  return Array.from({ length: countOf(step) }, (_, i) => (Math.ceil(min / step) + i) * step);
}

const tickText = (value: number): string => String(Number(value.toPrecision(5))).replace('-', '−');

/** Marks a day apart are named by their date. */
const DAY_S = 86_400;

function timeTick(times: Times, timeS: number, stepS: number): string {
  const timeMs = timeS * 1000;
  if (stepS >= DAY_S) return times.date(timeMs).slice(5);
  return stepS < 60 ? times.time(timeMs) : times.time(timeMs).slice(0, 5);
}

function linesOf(compared: number): uPlot.Series[] {
  const own = colourOf('--series-1');
  const siblings = colourOf('--series-2');
  const hidden = { points: { show: false }, width: 0, spanGaps: false };
  const line = (stroke: string, width: number): uPlot.Series => ({
    stroke,
    width,
    points: { show: false },
    spanGaps: false,
  });
  return [
    {},
    { ...hidden },
    { ...hidden },
    { ...hidden },
    { ...hidden },
    { ...line(siblings, 1), dash: [4, 3] },
    ...Array.from({ length: compared }, (_, k) => line(colourOf(COMPARED_COLOURS[k]!), 1.25)),
    line(own, 1.5),
  ];
}

function axesOf(times: Times): uPlot.Axis[] {
  const axis = {
    stroke: colourOf('--muted'),
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { show: false },
    font: fontOf(11),
  };
  return [
    {
      ...axis,
      size: 18,
      gap: 2,
      space: 70,
      values: (_chart, splits, _axis, _space, stepS) => splits.map((timeS) => timeTick(times, timeS, stepS)),
    },
    {
      ...axis,
      size: PLOT_LEFT_PX,
      splits: (_chart, _axis, min, max) => splitsOf(min, max),
      values: (_chart, splits) => splits.map(tickText),
    },
  ];
}

interface PanelHooks {
  readonly bounds: () => Between;
  readonly limits: () => readonly Limit[];
  readonly behind: (chart: uPlot) => void;
  readonly before: (chart: uPlot) => void;
  readonly onCursor: (chart: uPlot) => void;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

/** Shorter drags are a slip of the hand. */
const MIN_DRAG_PX = 4;

export function panelOptions(
  unit: string,
  compared: number,
  widthPx: number,
  times: Times,
  hooks: PanelHooks,
): uPlot.Options {
  const select = (chart: uPlot): void => {
    const { left, width } = chart.select;
    if (width < MIN_DRAG_PX) return;
    const [fromS, toS] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')];
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    hooks.onZoom(fromS * 1000, toS * 1000);
  };
  const band = (high: number, low: number, colour: string, alpha: string): uPlot.Band => ({
    series: [high, low],
    fill: `${colourOf(colour)}${alpha}`,
  });
  const { bounds } = hooks;
  return {
    width: widthPx,
    height: PANEL_HEIGHT_PX,
    padding: [6, PLOT_RIGHT_PX, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: 'module-view' },
      points: { size: 6 },
      y: false,
      drag: { x: true, y: false, setScale: false },
      // A double click leads back to the span before, which the page knows.
      bind: { dblclick: () => null },
    },
    hooks: {
      drawClear: [hooks.behind],
      draw: [hooks.before],
      setCursor: [hooks.onCursor],
      setSelect: [select],
    },
    tzDate: (timeS) => uPlot.tzDate(new Date(timeS * 1000), times.zone),
    scales: {
      x: { range: () => [bounds().fromMs / 1000, bounds().toMs / 1000] },
      y: { range: rangeFor(unit, hooks.limits) },
    },
    axes: axesOf(times),
    series: linesOf(compared),
    bands: [
      band(LINES.siblingHigh, LINES.siblingLow, '--series-2', '26'),
      band(LINES.high, LINES.low, '--series-1', '40'),
    ],
  };
}
