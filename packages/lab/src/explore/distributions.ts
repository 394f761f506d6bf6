/** Small pictures of distributions: one of each signal, or two laid over each other. */

import { shapes, words } from '../report/chart.ts';
import { drawPicture } from '../report/picture.ts';
import { axisOf } from '../report/points.ts';
import type { Html } from '../svg/html.ts';
import { PAINT } from '../svg/paint.ts';
import type { Histogram } from './signal.ts';

const WIDTH = 800;
const COLUMNS = 3;
const CELL_WIDTH = WIDTH / COLUMNS;
const CELL_HEIGHT = 112;
const PLOT_TOP = 22;
const PLOT_HEIGHT = 58;
const MARGIN = 8;

export interface Distribution {
  readonly title: string;
  /** Of one range. The second is drawn as a dashed line. */
  readonly histograms: readonly Histogram[];
}

/** Bars on the square root of the share, so that rare values are seen beside frequent ones. */
export async function drawDistributions(
  id: string,
  label: string,
  distributions: readonly Distribution[],
): Promise<Html> {
  const rows = Math.ceil(distributions.length / COLUMNS);
  const height = Math.max(1, rows) * CELL_HEIGHT;
  const children = distributions.flatMap(({ title, histograms }, i) => {
    const left = (i % COLUMNS) * CELL_WIDTH + MARGIN;
    const top = Math.floor(i / COLUMNS) * CELL_HEIGHT;
    return panel(title, histograms, left, top);
  });
  const option = {
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 0, max: 1 },
    yAxis: { type: 'value', show: false, min: 0, max: 1 },
    series: shapes(children),
  };
  return drawPicture({ id, label, width: WIDTH, height, option });
}

function panel(title: string, histograms: readonly Histogram[], left: number, top: number): object[] {
  const [first] = histograms;
  if (!first) return [];
  const width = CELL_WIDTH - 2 * MARGIN;
  const max = Math.max(...histograms.flatMap(({ shares }) => shares));
  const bottom = top + PLOT_TOP + PLOT_HEIGHT;
  const heightOf = (share: number): number => PLOT_HEIGHT * Math.sqrt(share / max);
  const children: object[] = [
    words({ x: left, y: top + 11, text: title, font: 'bold 11px sans-serif' }),
    {
      type: 'line',
      shape: { x1: left, y1: bottom, x2: left + width, y2: bottom },
      style: { stroke: PAINT.muted, lineWidth: 1 },
    },
  ];
  const step = width / first.shares.length;
  for (const [k, share] of first.shares.entries()) {
    if (share === 0) continue;
    const high = Math.max(1, heightOf(share));
    children.push({
      type: 'rect',
      shape: { x: left + k * step, y: bottom - high, width: Math.max(1, step - 0.6), height: high },
      style: { fill: PAINT.presence },
    });
  }
  const [, second] = histograms;
  if (second) {
    const points = second.shares.flatMap((share, k) => [
      [left + k * step, bottom - heightOf(share)],
      [left + (k + 1) * step, bottom - heightOf(share)],
    ]);
    children.push({
      type: 'polyline',
      shape: { points },
      style: { stroke: PAINT.first, fill: null, lineWidth: 1.4 },
    });
  }
  return [...children, ...ticks(first, left, width, bottom)];
}

/** Half of the width of a number. */
const EDGE = 12;

function ticks({ from, to }: Histogram, left: number, width: number, bottom: number): object[] {
  const { min, step, digits } = axisOf(from, to, (to - from) * 1e-9, 3);
  const children: object[] = [];
  for (let k = 0; k < 8; k++) {
    const value = min + k * step;
    if (value < from - 1e-9 * step || value > to + 1e-9 * step) continue;
    const x = left + (width * (value - from)) / (to - from);
    const text = Math.abs(value) >= 1e5 ? value.toExponential(0) : value.toFixed(Math.min(6, digits));
    // A number under the end of the axis would be cut off.
    const align = x > left + width - EDGE ? 'right' : 'center';
    children.push(
      {
        type: 'line',
        shape: { x1: x, y1: bottom, x2: x, y2: bottom + 3 },
        style: { stroke: PAINT.muted, lineWidth: 1 },
      },
      words({ x, y: bottom + 11, text, align, fill: PAINT.muted, font: '10px sans-serif' }),
    );
  }
  return children;
}
