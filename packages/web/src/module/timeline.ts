/** Levels of a module over a period, as stretches without a gap. */
import { type Level, levelRank } from '@emberwatch/engine/detector';

export interface Stretch {
  readonly level: Level;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface LevelAt {
  readonly timeMs: number;
  readonly to: Level;
}

/** @param changes of one module, oldest first, within the period */
export function stretchesOf(
  first: Level,
  changes: readonly LevelAt[],
  fromMs: number,
  toMs: number,
): Stretch[] {
  const stretches: Stretch[] = [];
  let [level, sinceMs] = [first, fromMs];
  for (const { timeMs, to } of changes) {
    if (timeMs > sinceMs && to !== level) {
      stretches.push({ level, fromMs: sinceMs, toMs: timeMs });
      sinceMs = timeMs;
    }
    level = to;
  }
  if (toMs > sinceMs) stretches.push({ level, fromMs: sinceMs, toMs });
  return stretches;
}

/** Level that holds at an instant; a change holds from its own instant on. */
export function levelAt(first: Level, changes: readonly LevelAt[], timeMs: number): Level {
  let level = first;
  for (const change of changes) {
    if (change.timeMs > timeMs) break;
    level = change.to;
  }
  return level;
}

export const mostSevereOf = (stretches: readonly Stretch[]): Level =>
  stretches.reduce<Level>(
    (worst, { level }) => (levelRank(level) > levelRank(worst) ? level : worst),
    'unknown',
  );
