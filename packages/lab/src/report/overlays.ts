/** What lies behind the signals: silence in grey, episodes in the colour of their level, the gravest moment. */
import { type AlarmLevel, levelRank } from '@emberwatch/engine/detector';
import { LEVEL_PAINT, PAINT } from '../svg/paint.ts';
import type { Trace } from '../watch/trace.ts';
import type { BrokenTimeAxis } from './broken-time-axis.ts';
import { presenceOf, type Span, silencesOf } from './points.ts';
import { duration, LEVEL_SHAPES } from './wording.ts';

const MIN_MARK_DISTANCE_PX = 16;
/** A fold as wide as this says how long the silence was. */
const MIN_NAMED_FOLD_PX = 12;

/** Where the panels lie, px. */
export interface Overlays {
  readonly time: BrokenTimeAxis;
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
}

export interface LevelSpan extends Span {
  readonly level: AlarmLevel;
}

export function overlays(
  place: Overlays,
  trace: Trace,
  episodes: readonly LevelSpan[],
  peakMs: number | null,
): object[] {
  const { time, left, width, top, bottom } = place;
  const xOf = (timeMs: number): number => Number((left + (time.at(timeMs) / time.length) * width).toFixed(1));
  const rect = (span: Span, y: number, height: number, style: object): object => {
    const x = xOf(span.fromMs);
    return { type: 'rect', shape: { x, y, width: Math.max(1, xOf(span.toMs) - x), height }, style };
  };
  const silences = silencesOf(presenceOf(trace.timesMs).spans).filter(
    ({ fromMs, toMs }) => xOf(toMs) - xOf(fromMs) >= 2,
  );
  const shown = episodes.filter(({ fromMs, toMs }) => toMs >= time.fromMs && fromMs <= time.toMs);
  const children = silences.map((span) => rect(span, top, bottom - top, { fill: PAINT.silence }));
  for (const span of shown)
    children.push(
      rect(span, top, bottom - top, {
        fill: LEVEL_PAINT[span.level].fill,
        opacity: span.level === 'critical' ? 0.15 : 0.25,
      }),
    );
  for (const span of shown) children.push(rect(span, top - 3, 3, { fill: LEVEL_PAINT[span.level].edge }));
  for (const fold of time.folds) {
    const [from, to] = [xOf(fold.fromMs), xOf(fold.toMs)];
    if (to - from >= MIN_NAMED_FOLD_PX) children.push(foldName(fold, (from + to) / 2, (top + bottom) / 2));
  }
  if (peakMs !== null) {
    const x = xOf(peakMs);
    const style = { stroke: PAINT.ink, lineWidth: 1, lineDash: [4, 3] };
    children.push({ type: 'line', shape: { x1: x, y1: top - 6, x2: x, y2: bottom }, style });
  }
  for (const span of apart(shown, xOf)) children.push(mark(xOf(span.fromMs), span.level, top));
  return children;
}

const foldName = ({ fromMs, toMs }: Span, x: number, y: number): object => ({
  type: 'text',
  x,
  y,
  rotation: Math.PI / 2,
  style: {
    text: `no frames for ${duration(toMs - fromMs)}`,
    fill: PAINT.muted,
    font: '10px sans-serif',
    align: 'center',
    verticalAlign: 'middle',
  },
});

const mark = (x: number, level: AlarmLevel, top: number): object => ({
  type: 'path',
  shape: { pathData: LEVEL_SHAPES[level], x: x - 6, y: top - 21, width: 12, height: 12 },
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
