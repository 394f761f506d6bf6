/** What is drawn over the lines of a panel: limits, changes of level, faults of its sensor, late frames. */
import type { SensorFault } from '@emberwatch/engine/detector';
import type uPlot from 'uplot';
import { isAlarm } from '../live/severity.ts';
import { colourOf, fontOf } from '../ui/theme.ts';
import type { ChangeEntry } from '../wire.ts';
import type { Limit } from './limits.ts';

export interface Marks {
  readonly changes: readonly ChangeEntry[];
  /** Of this channel. */
  readonly faults: readonly SensorFault[];
  readonly limits: readonly Limit[];
  /** Times of frames that were stored and not judged, Unix ms. */
  readonly lateMs: readonly number[];
}

const LATE_TICK_PX = 5;
const NAME_PX = 12;

const xOf = (chart: uPlot, timeMs: number): number => chart.valToPos(timeMs / 1000, 'x', true);

/** Nothing beyond the plot is drawn. */
function within(chart: uPlot, draw: (ctx: CanvasRenderingContext2D, scale: number) => void): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx, window.devicePixelRatio);
  ctx.restore();
}

/** Behind the lines. */
export function drawBehind(chart: uPlot, { faults, limits }: Marks): void {
  const { left, top, width, height } = chart.bbox;
  within(chart, (ctx, scale) => {
    for (const { fromMs, toMs } of faults) {
      const fromPx = Math.max(xOf(chart, fromMs), left);
      const toPx = toMs === null ? left + width : Math.min(xOf(chart, toMs), left + width);
      if (toPx <= fromPx) continue;
      ctx.fillStyle = colourOf('--fault-band');
      ctx.fillRect(fromPx, top, Math.max(toPx - fromPx, 2 * scale), height);
    }
    const { min = Number.NaN, max = Number.NaN } = chart.scales['y'] ?? {};
    let lastY = Number.POSITIVE_INFINITY;
    for (const { value, level } of limits) {
      if (!(value >= min && value <= max)) continue;
      const y = chart.valToPos(value, 'y', true);
      ctx.strokeStyle = colourOf(`--${level}-edge`);
      ctx.lineWidth = scale;
      ctx.setLineDash([5 * scale, 4 * scale]);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
      // Names that would cover each other, or leave the plot, are left out: the caption has all limits.
      if (lastY - y < NAME_PX * scale || y - top < NAME_PX * scale) continue;
      lastY = y;
      ctx.fillStyle = colourOf('--muted');
      ctx.font = fontOf(10 * scale);
      ctx.textAlign = 'left';
      ctx.fillText(level, left + 3 * scale, y - 3 * scale);
    }
  });
}

/** Before the lines. */
export function drawBefore(chart: uPlot, { changes, lateMs }: Marks): void {
  const { top, height } = chart.bbox;
  within(chart, (ctx, scale) => {
    ctx.setLineDash([]);
    for (const { timeMs, from, to } of changes) {
      const x = xOf(chart, timeMs);
      ctx.strokeStyle = isAlarm(to) ? colourOf(`--${to}-edge`) : colourOf('--line-strong');
      ctx.lineWidth = isAlarm(to) || isAlarm(from) ? 1.5 * scale : scale;
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
    }
    ctx.fillStyle = colourOf('--event-pnr');
    for (const timeMs of lateMs)
      ctx.fillRect(
        xOf(chart, timeMs) - scale,
        top + height - LATE_TICK_PX * scale,
        2 * scale,
        LATE_TICK_PX * scale,
      );
  });
}
