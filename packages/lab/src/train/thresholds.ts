/** Where a model's probability becomes a level: set on validation runs that endangered nobody, to stated budgets. */
import type { CalibrationDocument, ModelThreshold } from '@emberwatch/engine/detector';
import { BUDGETS, type Budget, calibrate } from '../evaluate/budget.ts';
import { harmlessOf } from '../evaluate/lead.ts';
import { calibrated } from '../learn/index.ts';
import type { RunMetrics } from '../rows/outcome.ts';
import { MODEL_SCORE, SCORES } from '../rows/scores.ts';

const { grid } = SCORES[MODEL_SCORE];
/** Between an advisory and a critical alarm: once in ten module-years. */
const WARNING_PER_MODULE_YEAR = 0.1;

/** A runaway that was only warned of weighs as much as so many harmless faults called critical. */
const RUNAWAY_WORTH = 2;

/**
 * A level says at least how likely the hazard is, in the mix of the plan: calm runs of validation are short, and real
 * recordings are noisier than any plan.
 */
const MIN_PROBABILITY = { advisory: 0.3, warning: 0.6 } as const;

export interface Separation {
  /** Position in the grid of the model's score. */
  readonly level: number;
  /** Share of modules that run away and reach it before they do, and of harmless faults that reach it. */
  readonly recall: number;
  readonly harmless: number;
}

/**
 * The threshold that tells faults that run away from faults that never come near: the largest difference of the two shares
 * (Youden 1950, with costs), not below `least`; of equal ones the lowest.
 */
export function separation(runMetrics: readonly RunMetrics[], min: number): Separation {
  const runaways = runMetrics.flatMap(({ faults }) =>
    faults.filter(({ isOwn, runawayS }) => isOwn && runawayS !== null),
  );
  const harmless = harmlessOf(runMetrics);
  const share = (of: readonly boolean[]): number => of.filter(Boolean).length / Math.max(1, of.length);
  let best: Separation | null = null;
  for (let level = min; level < grid.length; level++) {
    const found = {
      level,
      recall: share(runaways.map(({ crossedS, runawayS }) => crossedS[MODEL_SCORE]![level]! < runawayS!)),
      harmless: share(harmless.map(({ fault }) => fault.max[MODEL_SCORE]! >= grid[level]!)),
    };
    if (best === null || worth(found) > worth(best) + 1e-12) best = found;
  }
  return best ?? { level: grid.length - 1, recall: 0, harmless: 0 };
}

const worth = ({ recall, harmless }: Separation): number => RUNAWAY_WORTH * recall - harmless;

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

export interface SetThreshold extends ModelThreshold {
  readonly level: number;
}

/** Thresholds as log-odds become calibrated probabilities by `probabilityOf`. */
export function thresholdsOf(
  runMetrics: readonly RunMetrics[],
  probabilityOf: (logOdds: number) => number,
): Readonly<Record<'advisory' | 'warning' | 'critical', SetThreshold>> {
  const atLeast = (probability: number): number => {
    const level = grid.findIndex((score) => probabilityOf(score) >= probability);
    return level < 0 ? grid.length - 1 : level;
  };
  const at = (perModuleYear: number): { level: number; seen: string } => {
    const { level, seen, isSupported } = calibrate(runMetrics, MODEL_SCORE, perModuleYear);
    const support = isSupported
      ? ''
      : '; too short to show the budget: the lowest threshold without an alarm';
    return {
      level: level ?? grid.length - 1,
      seen: `${seen.count} alarms in ${seen.moduleYears.toPrecision(3)} module-years of validation (at most ${seen.upperPerModuleYear.toPrecision(2)} per module-year, 95 %)${support}`,
    };
  };
  const text = (id: Budget['id']): Budget => BUDGETS.find((budget) => budget.id === id)!;
  const set = (level: number, budget: string): SetThreshold => ({
    level,
    probability: probabilityOf(grid[level]!),
    budget,
  });
  const advisory = at(text('advisory').perModuleYear);
  const warning = at(WARNING_PER_MODULE_YEAR);
  const calm = at(text('critical').perModuleYear);
  const advisoryLevel = Math.max(advisory.level, atLeast(MIN_PROBABILITY.advisory));
  const warningLevel = Math.max(warning.level, advisoryLevel, atLeast(MIN_PROBABILITY.warning));
  const critical = separation(runMetrics, Math.max(calm.level, warningLevel));
  return {
    advisory: set(advisoryLevel, `${text('advisory').text}: ${advisory.seen}`),
    warning: set(warningLevel, `${WARNING_PER_MODULE_YEAR} warnings per module-year: ${warning.seen}`),
    critical: set(
      critical.level,
      `${text('critical').text}: ${calm.seen}. Above it, what tells runaway from harmless faults best: reached by ${percent(critical.recall)} of those that run away, before they do, and by ${percent(critical.harmless)} of those that do not`,
    ),
  };
}

export const probabilityBy =
  (calibration: CalibrationDocument, isLogOdds: boolean) =>
  (logOdds: number): number =>
    calibrated(calibration, isLogOdds ? logOdds : 1 / (1 + Math.exp(-logOdds)));
