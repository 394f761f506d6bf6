/** Where two verdict timelines of a module differ, and by how much. */
import { ALARM_LEVELS, type Level, levelRank } from '@emberwatch/engine/detector';
import { LEVEL_WORD } from '../live/level.tsx';
import type { Stretch } from '../module/timeline.ts';
import { spanText } from '../ui/format.ts';

export interface Difference {
  /** `unknown`: could not be judged; else the level that was reached. */
  readonly level: Level;
  readonly kind: 'earlier' | 'later' | 'only-then' | 'only-now' | 'ends-earlier' | 'ends-later';
  /** When it began, then and now; null where it did not. */
  readonly thenMs: number | null;
  readonly nowMs: number | null;
  /** How far apart, or for how long it was at that level, ms. */
  readonly byMs: number;
}

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Two intervals of a level this far apart are still one event that was seen at two times. */
const SAME_EVENT_MS = 30 * 60_000;

/** While the module stood at the level or above; of `unknown` at nothing else. */
function intervalsAt(stretches: readonly Stretch[], level: Level): Interval[] {
  const intervals: { fromMs: number; toMs: number }[] = [];
  for (const stretch of stretches) {
    const isAt = level === 'unknown' ? stretch.level === level : levelRank(stretch.level) >= levelRank(level);
    if (!isAt) continue;
    const last = intervals.at(-1);
    if (last?.toMs === stretch.fromMs) last.toMs = stretch.toMs;
    else intervals.push({ fromMs: stretch.fromMs, toMs: stretch.toMs });
  }
  return intervals;
}

const apartMs = (a: Interval, b: Interval): number => Math.max(a.fromMs - b.toMs, b.fromMs - a.toMs, 0);

/** Each interval with the one of the other timeline that it means; both lists are in the order of time. */
function paired(
  then: readonly Interval[],
  now: readonly Interval[],
): [Interval | undefined, Interval | undefined][] {
  const pairs: [Interval | undefined, Interval | undefined][] = [];
  const free = [...now];
  for (const interval of then) {
    const at = free.findIndex((other) => apartMs(interval, other) <= SAME_EVENT_MS);
    pairs.push([interval, at < 0 ? undefined : free.splice(at, 1)[0]]);
  }
  return [...pairs, ...free.map((interval): [undefined, Interval] => [undefined, interval])];
}

function differencesOf(level: Level, then: Interval | undefined, now: Interval | undefined): Difference[] {
  const [thenMs, nowMs] = [then?.fromMs ?? null, now?.fromMs ?? null];
  const at = { level, thenMs, nowMs };
  if (!then || !now) {
    const only = (then ?? now)!;
    return [{ ...at, kind: then ? 'only-then' : 'only-now', byMs: only.toMs - only.fromMs }];
  }
  const differences: Difference[] = [];
  const startMs = now.fromMs - then.fromMs;
  const endMs = now.toMs - then.toMs;
  if (startMs !== 0)
    differences.push({ ...at, kind: startMs < 0 ? 'earlier' : 'later', byMs: Math.abs(startMs) });
  if (endMs !== 0)
    differences.push({ ...at, kind: endMs < 0 ? 'ends-earlier' : 'ends-later', byMs: Math.abs(endMs) });
  return differences;
}

/** Gravest level first, then by time. Empty: both timelines are the same to the millisecond. */
export function compared(then: readonly Stretch[], now: readonly Stretch[]): Difference[] {
  const levels: readonly Level[] = [...[...ALARM_LEVELS].reverse(), 'unknown'];
  return levels.flatMap((level) =>
    paired(intervalsAt(then, level), intervalsAt(now, level)).flatMap(([a, b]) => differencesOf(level, a, b)),
  );
}

/** A sentence; `time` writes an instant. */
export function differenceText(difference: Difference, time: (timeMs: number) => string): string {
  const { level, kind, thenMs, nowMs, byMs } = difference;
  const word = level === 'unknown' ? 'Not judged' : LEVEL_WORD[level];
  const span = spanText(byMs);
  if (kind === 'only-then')
    return `${word} only then: at ${time(thenMs!)}, for ${span}; today's model is silent`;
  if (kind === 'only-now') return `${word} only now: at ${time(nowMs!)}, for ${span}; nothing was said then`;
  if (kind === 'ends-earlier') return `${word} ends ${span} earlier now`;
  if (kind === 'ends-later') return `${word} lasts ${span} longer now`;
  return `${word} ${span} ${kind} now: ${time(nowMs!)} instead of ${time(thenMs!)}`;
}
