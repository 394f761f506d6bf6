/** How much a module is a matter of concern. */
import { ALARM_LEVELS, type Level, levelRank } from '@emberwatch/engine/detector';
import type { ModuleState } from '../wire.ts';

export const isAlarm = (level: Level | null): boolean =>
  level !== null && (ALARM_LEVELS as readonly Level[]).includes(level);

/** A module that fell silent in alarm is still a concern: silence must not calm the picture. */
export const concernOf = (module: ModuleState): Level =>
  module.level === 'unknown' && isAlarm(module.lastKnownLevel) ? module.lastKnownLevel! : module.level;

export const byConcern = (a: ModuleState, b: ModuleState): number =>
  levelRank(concernOf(b)) - levelRank(concernOf(a)) || a.sinceMs - b.sinceMs;
