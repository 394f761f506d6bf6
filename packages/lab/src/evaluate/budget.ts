/** False-alarm budgets, and the thresholds that keep them. */
import { S_PER_H } from '@emberwatch/engine/units';
import type { RunMetrics } from '../rows/outcome.ts';
import { SCORES } from '../rows/scores.ts';
import { poissonUpper } from './statistics.ts';

const S_PER_YEAR = 365.25 * 24 * S_PER_H;
export const yearsOf = (moduleS: number): number => moduleS / S_PER_YEAR;

/** Modules in a rack, for budgets that are told by rack: that of the default warehouse. */
const MODULES_PER_RACK = 8;

export interface Budget {
  readonly id: 'advisory' | 'critical';
  readonly text: string;
  readonly perModuleYear: number;
}

export const BUDGETS = [
  {
    id: 'advisory',
    text: `1 advisory per rack-month (rack of ${MODULES_PER_RACK} modules)`,
    perModuleYear: 12 / MODULES_PER_RACK,
  },
  { id: 'critical', text: '0.01 critical per module-year', perModuleYear: 0.01 },
] as const satisfies readonly Budget[];

export interface Rate {
  readonly count: number;
  readonly moduleYears: number;
  /** NaN without exposure. */
  readonly perModuleYear: number;
  /** One-sided 95 % (Poisson). */
  readonly upperPerModuleYear: number;
}

export const rateOf = (count: number, moduleS: number): Rate => {
  const moduleYears = yearsOf(moduleS);
  return {
    count,
    moduleYears,
    perModuleYear: count / moduleYears,
    upperPerModuleYear: poissonUpper(count) / moduleYears,
  };
};

export interface CalibratedThreshold {
  /** Position in the grid of the score; null: even its highest threshold gives more alarms. */
  readonly level: number | null;
  readonly threshold: number;
  readonly seen: Rate;
  /** False: the exposure is too short to show the budget; the threshold is the lowest without any alarm. */
  readonly isSupported: boolean;
}

export const exposureOf = (runMetrics: readonly RunMetrics[]): number =>
  runMetrics.reduce((sum, { exposures }) => sum + exposures.reduce((s, { moduleS }) => s + moduleS, 0), 0);

/** Episodes at each level of the grid of score `k`, over everything that endangered nobody. Shape [levels]. */
export function episodesOf(runMetrics: readonly RunMetrics[], k: number): Float64Array {
  const counts = new Float64Array(SCORES[k]!.grid.length);
  for (const { exposures } of runMetrics)
    for (const { episodes } of exposures)
      for (const [level, count] of episodes[k]!.entries()) counts[level]! += count;
  return counts;
}

/**
 * The lowest threshold of score `k` at and above which no threshold gives more alarms than the budget allows. (A
 * very low one gives few episodes again: it never lets go.)
 */
export function calibrate(
  runMetrics: readonly RunMetrics[],
  k: number,
  perModuleYear: number,
): CalibratedThreshold {
  const { grid, ...score } = SCORES[k]!;
  const counts = episodesOf(runMetrics, k);
  const moduleS = exposureOf(runMetrics);
  const allowed = perModuleYear * yearsOf(moduleS);
  let level = grid.length;
  while (level > 0 && counts[level - 1]! <= allowed) level--;
  // A rule that is what it is has no other threshold; what it costs is shown beside it.
  if ('isFixed' in score) level = 0;
  const isReached = level < grid.length;
  return {
    level: isReached ? level : null,
    threshold: isReached ? grid[level]! : Number.NaN,
    seen: rateOf(counts[isReached ? level : grid.length - 1]!, moduleS),
    isSupported: allowed >= 1,
  };
}
