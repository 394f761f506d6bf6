/** From tallies to tables. Nothing here looks at rows: units are runs, modules and events. */
import { ALARM_LEVELS, type AlarmLevel } from '@emberwatch/engine/detector';
import { REGIMES, type RunMetrics } from '../rows/outcome.ts';
import { MODEL_SCORE, SCORES } from '../rows/scores.ts';
import {
  BUDGETS,
  type CalibratedThreshold,
  calibrate,
  episodesOf,
  exposureOf,
  type Rate,
  rateOf,
  yearsOf,
} from './budget.ts';
import { crossingAt, eventsOf, harmlessOf, type LeadStats, leadStats, leadsOf } from './lead.ts';
import {
  ascending,
  auroc,
  averagePrecision,
  bootstrap,
  type Interval,
  poissonUpper,
  wilson,
} from './statistics.ts';

/**
 * Incidents per module-year in the field: 0.2 failures per GW-year (EPRI/PNNL/TWAICE 2024, figure of 2023), 11 % of
 * them of cell or module, 2.5 GWh per GW and 47 kWh a module give 53,000 modules per GW.
 */
const FIELD_INCIDENTS_PER_MODULE_YEAR = 4e-6;
const BOOTSTRAP_SEED = 20;

export interface ScoreAtBudget extends CalibratedThreshold {
  readonly budget: string;
  readonly lead: LeadStats;
  readonly leadIntervention: LeadStats;
  /** 95 % over runs. */
  readonly recallInterval: Interval | null;
  /** On the evaluated runs, at the threshold that validation gave. */
  readonly falseAlarms: Rate;
}

export interface ScoreStats {
  readonly score: string;
  readonly label: string;
  readonly unit: string;
  readonly atBudgets: readonly ScoreAtBudget[];
  /** Modules that reach the point of no return against all others. */
  readonly auroc: number;
  readonly aurocInterval: Interval | null;
  readonly auprc: number;
  /** Precision of an alarm at field prevalence over recall, with false alarms as measured, and at their upper limit. */
  readonly fieldAuprc: number;
  readonly fieldAuprcLower: number;
  /** Among modules with a fault only: does it run away? */
  readonly runawayAuroc: number;
  readonly runawayRecallAtSpecificity90: number;
  /** Share of events whose module scored highest, and among the three highest, at the point of no return. */
  readonly top1: number;
  readonly top3: number;
  readonly placed: number;
  /** Recall and false alarms per module-year at every threshold: what a curve is drawn from. */
  readonly curve: readonly {
    readonly recall: number;
    readonly falsePerModuleYear: number;
    readonly medianLeadS: number;
  }[];
}

export interface PolicyStats {
  readonly level: AlarmLevel;
  readonly lead: LeadStats;
  readonly leadIntervention: LeadStats;
  readonly recallInterval: Interval | null;
  readonly falseAlarms: Rate;
  /** Modules with a fault that never reached the point of no return, and how many were given this level. */
  readonly harmless: number;
  readonly harmlessAlarmed: number;
}

const pnrMax = (runMetrics: readonly RunMetrics[], k: number): number[] =>
  eventsOf(runMetrics).map(({ fault }) => fault.max[k]!);
const harmlessMax = (runMetrics: readonly RunMetrics[], k: number): number[] =>
  harmlessOf(runMetrics).map(({ fault }) => fault.max[k]!);
const calmMax = (runMetrics: readonly RunMetrics[], k: number): number[] =>
  runMetrics.flatMap(({ exposures }) => exposures.flatMap(({ max }) => max.map((of) => of[k]!)));

/** @param thresholds tallies of calm validation runs, which set every threshold */
export function scoreStats(
  runMetrics: readonly RunMetrics[],
  thresholds: readonly RunMetrics[],
  k: number,
): ScoreStats {
  const { id, label, unit } = SCORES[k]!;
  const events = eventsOf(runMetrics);
  const rank = (sample: readonly RunMetrics[]): number =>
    auroc(pnrMax(sample, k), [...calmMax(sample, k), ...harmlessMax(sample, k)]);
  const [harmless, hazardous] = [harmlessMax(runMetrics, k), pnrMax(runMetrics, k)];
  const placed = events.flatMap(({ fault }) => fault.rank?.[k] ?? []);
  return {
    score: id,
    label,
    unit,
    atBudgets: BUDGETS.map(({ id: budget, perModuleYear }) => {
      const threshold = calibrate(thresholds, k, perModuleYear);
      return { budget, ...threshold, ...atLevel(runMetrics, k, threshold.level) };
    }),
    auroc: rank(runMetrics),
    aurocInterval: bootstrap(runMetrics, rank, { seed: BOOTSTRAP_SEED, draws: 200 }),
    auprc: averagePrecision(hazardous, [...calmMax(runMetrics, k), ...harmless]),
    ...fieldAuprc(runMetrics, k),
    runawayAuroc: auroc(hazardous, harmless),
    runawayRecallAtSpecificity90: recallAtSpecificity(hazardous, harmless, 0.9),
    top1: shareOf(placed, 1),
    top3: shareOf(placed, 3),
    placed: placed.length,
    curve: curveOf(runMetrics, k),
  };
}

const shareOf = (places: readonly number[], max: number): number =>
  places.filter((place) => place <= max).length / places.length;

function atLevel(runMetrics: readonly RunMetrics[], k: number, level: number | null) {
  const events = eventsOf(runMetrics);
  const alarmS = crossingAt(k, level);
  const recall = (sample: readonly RunMetrics[]): number =>
    leadStats(leadsOf(eventsOf(sample), alarmS)).recall;
  const counts = episodesOf(runMetrics, k);
  return {
    lead: leadStats(leadsOf(events, alarmS)),
    leadIntervention: leadStats(leadsOf(events, alarmS, 'intervention')),
    recallInterval: recallInterval(runMetrics, recall),
    falseAlarms: rateOf(level === null ? 0 : counts[level]!, exposureOf(runMetrics)),
  };
}

/**
 * Over runs (bootstrap), and where that is wider over events (Wilson): of 9 events all caught, samples of them always
 * show all caught.
 */
function recallInterval(
  runMetrics: readonly RunMetrics[],
  recall: (sample: readonly RunMetrics[]) => number,
): Interval | null {
  const overRuns = bootstrap(runsWithEvents(runMetrics), recall, { seed: BOOTSTRAP_SEED });
  if (overRuns === null) return null;
  const { length } = eventsOf(runMetrics);
  const overEvents = wilson(Math.round(recall(runMetrics) * length), length);
  return { low: Math.min(overRuns.low, overEvents.low), high: Math.max(overRuns.high, overEvents.high) };
}

const runsWithEvents = (runMetrics: readonly RunMetrics[]): RunMetrics[] =>
  runMetrics.filter((run) => eventsOf([run]).length > 0);

/** Largest share of hazardous modules above a score that `specificity` of the harmless stay at or below. */
function recallAtSpecificity(
  hazardous: readonly number[],
  harmless: readonly number[],
  specificity: number,
): number {
  if (hazardous.length === 0 || harmless.length === 0) return Number.NaN;
  const sorted = ascending(harmless);
  const limit = sorted[Math.min(sorted.length - 1, Math.ceil(specificity * sorted.length) - 1)]!;
  return hazardous.filter((value) => value > limit).length / hazardous.length;
}

function curveOf(runMetrics: readonly RunMetrics[], k: number): ScoreStats['curve'] {
  const events = eventsOf(runMetrics);
  const counts = episodesOf(runMetrics, k);
  const years = yearsOf(exposureOf(runMetrics));
  return Array.from(counts, (count, level) => {
    const { recall, medianS } = leadStats(leadsOf(events, crossingAt(k, level)));
    return { recall, falsePerModuleYear: count / years, medianLeadS: medianS };
  });
}

/**
 * Area under precision over recall where precision is π·recall / (π·recall + false alarms per module-year), π the
 * incidents per module-year in the field: alarms per year that are right, of all.
 */
function fieldAuprc(
  runMetrics: readonly RunMetrics[],
  k: number,
): { fieldAuprc: number; fieldAuprcLower: number } {
  const years = yearsOf(exposureOf(runMetrics));
  const counts = episodesOf(runMetrics, k);
  const points = curveOf(runMetrics, k).map(({ recall }, level) => ({ recall, count: counts[level]! }));
  const area = (falseAlarms: (count: number) => number): number => {
    let [sum, before] = [0, 0];
    for (const { recall, count } of points.toReversed()) {
      const right = FIELD_INCIDENTS_PER_MODULE_YEAR * recall;
      if (recall > before) sum += (recall - before) * (right / (right + falseAlarms(count)));
      before = Math.max(before, recall);
    }
    return sum;
  };
  if (eventsOf(runMetrics).length === 0) return { fieldAuprc: Number.NaN, fieldAuprcLower: Number.NaN };
  return {
    fieldAuprc: area((count) => count / years),
    fieldAuprcLower: area((count) => poissonUpper(count) / years),
  };
}

export function policyStats(runMetrics: readonly RunMetrics[]): PolicyStats[] {
  const events = eventsOf(runMetrics);
  const harmless = harmlessOf(runMetrics);
  const moduleS = exposureOf(runMetrics);
  return ALARM_LEVELS.map((level, rank) => {
    const alarmS = ({ alarmS }: { alarmS: readonly number[] }): number => alarmS[rank]!;
    const recall = (sample: readonly RunMetrics[]): number =>
      leadStats(leadsOf(eventsOf(sample), alarmS)).recall;
    return {
      level,
      lead: leadStats(leadsOf(events, alarmS)),
      leadIntervention: leadStats(leadsOf(events, alarmS, 'intervention')),
      recallInterval: recallInterval(runMetrics, recall),
      falseAlarms: rateOf(falseAlarmsAt(runMetrics, rank), moduleS),
      harmless: harmless.length,
      harmlessAlarmed: harmless.filter(({ fault }) => !Number.isNaN(alarmS(fault))).length,
    };
  });
}

const falseAlarmsAt = (runMetrics: readonly RunMetrics[], rank: number): number =>
  runMetrics.reduce(
    (sum, { exposures }) => sum + exposures.reduce((s, { alarms }) => s + alarms[rank]!, 0),
    0,
  );

export interface FalseAlarmRow {
  /** Regime, disturbance, `calm` or `sensor fault`. */
  readonly name: string;
  readonly modules: number | null;
  /** Of the real policy, at advisory, warning and critical or above. */
  readonly levels: readonly Rate[];
  /** Of the model at the calibrated thresholds, by budget; null by regime. */
  readonly model: readonly Rate[] | null;
}

/** By what an alarm would have been fooled by, the longest first. `modelLevels`: grid positions by budget. */
export function falseAlarmsByKind(
  runMetrics: readonly RunMetrics[],
  modelLevels: readonly (number | null)[],
): FalseAlarmRow[] {
  const exposures = runMetrics.flatMap((metrics) => metrics.exposures);
  const kinds = [...new Set(exposures.map(({ kind }) => kind))];
  const rows = kinds.map((name) => {
    const of = exposures.filter(({ kind, modules }) => kind === name && modules > 0);
    const moduleS = of.reduce((sum, exposure) => sum + exposure.moduleS, 0);
    const total = (count: (exposure: (typeof of)[number]) => number): Rate =>
      rateOf(
        of.reduce((sum, exposure) => sum + count(exposure), 0),
        moduleS,
      );
    return {
      name,
      modules: of.reduce((sum, { modules }) => sum + modules, 0),
      levels: ALARM_LEVELS.map((_, rank) => total(({ alarms }) => alarms[rank]!)),
      model: modelLevels.map((level) =>
        total(({ episodes }) => (level === null ? 0 : episodes[MODEL_SCORE]![level]!)),
      ),
    };
  });
  return rows.sort((a, b) => b.levels[0]!.moduleYears - a.levels[0]!.moduleYears);
}

export function falseAlarmsByRegime(runMetrics: readonly RunMetrics[]): FalseAlarmRow[] {
  const all = runMetrics.flatMap(({ regimes }) => regimes);
  return REGIMES.flatMap((name) => {
    const of = all.filter(({ regime }) => regime === name);
    if (of.length === 0) return [];
    const moduleS = of.reduce((sum, regime) => sum + regime.moduleS, 0);
    const levels = ALARM_LEVELS.map((_, rank) =>
      rateOf(
        of.reduce((sum, { alarms }) => sum + alarms[rank]!, 0),
        moduleS,
      ),
    );
    return [{ name, modules: null, levels, model: null }];
  });
}

/** Which row of the policy gave them, the commonest first. */
export function falseAlarmsByRule(runMetrics: readonly RunMetrics[]): FalseAlarmRow[] {
  const moduleS = exposureOf(runMetrics);
  const counts = new Map<string, number[]>();
  for (const { exposures } of runMetrics)
    for (const { rules } of exposures)
      for (const [rule, alarms] of Object.entries(rules)) {
        const sum = counts.get(rule) ?? [0, 0, 0];
        counts.set(
          rule,
          sum.map((count, rank) => count + alarms[rank]!),
        );
      }
  return [...counts]
    .sort((a, b) => b[1][0]! - a[1][0]!)
    .map(([name, alarms]) => ({
      name,
      modules: null,
      levels: alarms.map((count) => rateOf(count, moduleS)),
      model: null,
    }));
}

export interface Reliability {
  /** Bins that something fell into. `share`: of all time that was judged. */
  readonly bins: readonly { readonly predicted: number; readonly observed: number; readonly share: number }[];
  readonly brier: number;
  /** Expected calibration error: mean distance of observed from predicted, weighted by time. */
  readonly ece: number;
  /** Brier score of always saying the mean. */
  readonly brierOfMean: number;
}

/** Of rows, weighted by time: those within the hazard window against those that are surely not. */
export function reliabilityOf(runMetrics: readonly RunMetrics[]): Reliability | null {
  const sum = new Float64Array(runMetrics[0]?.reliability.length ?? 0);
  for (const { reliability } of runMetrics) for (const [i, value] of reliability.entries()) sum[i]! += value;
  const bins = Array.from({ length: sum.length / 4 }, (_, bin) => [...sum.subarray(4 * bin, 4 * bin + 4)]);
  const all = bins.reduce((total, [timeS]) => total + timeS!, 0);
  if (all === 0) return null;
  const filled = bins
    .filter(([timeS]) => timeS! > 0)
    .map(([timeS, hazardS, predicted]) => ({
      predicted: predicted! / timeS!,
      observed: hazardS! / timeS!,
      share: timeS! / all,
    }));
  const mean = bins.reduce((total, bin) => total + bin[1]!, 0) / all;
  return {
    bins: filled,
    brier: bins.reduce((total, bin) => total + bin[3]!, 0) / all,
    ece: filled.reduce(
      (total, { predicted, observed, share }) => total + share * Math.abs(predicted - observed),
      0,
    ),
    brierOfMean: mean * (1 - mean),
  };
}

/** Lead times of an alarm as a survival curve: share of events with at least so much. */
export const survivalOf = (leadsS: readonly number[]): { leadS: number; share: number }[] =>
  ascending(leadsS.filter((leadS) => leadS > 0)).map((leadS, i, { length }) => ({
    leadS,
    share: (length - i) / leadsS.length,
  }));
