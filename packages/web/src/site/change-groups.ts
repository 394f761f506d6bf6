import { ALARM_LEVELS, type Level } from '@emberwatch/engine/detector';
import type { ChangeEntry } from '../wire.ts';

/** Seen within so long of each other, equal changes have one cause: a feed began or stopped. */
const TOGETHER_MS = 3000;

const isAlarm = (level: Level): boolean => (ALARM_LEVELS as readonly Level[]).includes(level);

const belongTogether = (a: ChangeEntry, b: ChangeEntry): boolean =>
  a.from === b.from &&
  a.to === b.to &&
  a.reasons[0]?.rule === b.reasons[0]?.rule &&
  Math.abs(a.seenMs - b.seenMs) < TOGETHER_MS;

/** Equal changes in a row become one line; a change to or from an alarm always has its own. */
export function grouped(changes: readonly ChangeEntry[]): { change: ChangeEntry; count: number }[] {
  const groups: { change: ChangeEntry; count: number }[] = [];
  let before: ChangeEntry | undefined;
  for (const change of changes) {
    const group = groups.at(-1);
    const isPlain = !isAlarm(change.from) && !isAlarm(change.to);
    if (isPlain && group && before && belongTogether(before, change)) group.count++;
    else groups.push({ change, count: 1 });
    before = change;
  }
  return groups;
}
