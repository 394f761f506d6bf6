/** The same figures for parts of the runs. */
import { ALARM_LEVELS } from '@emberwatch/engine/detector';
import type { RunMetrics } from '../rows/outcome.ts';
import { MODEL_SCORE } from '../rows/scores.ts';
import type { CalibratedThreshold } from './budget.ts';
import { episodesOf, exposureOf, type Rate, rateOf } from './budget.ts';
import { crossingAt, eventsOf, harmlessOf, leadStats, leadsOf } from './lead.ts';
import { auroc } from './statistics.ts';

export interface PartStats {
  readonly name: string;
  readonly runs: number;
  readonly events: number;
  readonly harmless: number;
  /** Of the real policy, at advisory, warning, critical: share of events caught, median lead (missed: 0), s. */
  readonly policy: readonly { readonly recall: number; readonly medianS: number }[];
  readonly falseAlarms: readonly Rate[];
  /** Share of harmless faults that were called critical. */
  readonly harmlessCritical: number;
  /** Of the model at its thresholds, by budget; empty without a model. */
  readonly model: readonly {
    readonly recall: number;
    readonly medianS: number;
    readonly falseAlarms: Rate;
  }[];
  /** Of the model, does a faulty module run away? NaN without a model. */
  readonly runawayAuroc: number;
}

export function partStats(
  name: string,
  runMetrics: readonly RunMetrics[],
  thresholds: readonly CalibratedThreshold[],
): PartStats {
  const [events, harmless] = [eventsOf(runMetrics), harmlessOf(runMetrics)];
  const moduleS = exposureOf(runMetrics);
  const counts = episodesOf(runMetrics, MODEL_SCORE);
  const max = (of: typeof events): number[] => of.map(({ fault }) => fault.max[MODEL_SCORE]!);
  const rates = ALARM_LEVELS.map((_, rank) =>
    rateOf(
      runMetrics.reduce(
        (sum, { exposures }) => sum + exposures.reduce((s, one) => s + one.alarms[rank]!, 0),
        0,
      ),
      moduleS,
    ),
  );
  return {
    name,
    runs: runMetrics.length,
    events: events.length,
    harmless: harmless.length,
    policy: ALARM_LEVELS.map((_, rank) => {
      const { recall, medianS } = leadStats(leadsOf(events, ({ alarmS }) => alarmS[rank]!));
      return { recall, medianS };
    }),
    falseAlarms: rates,
    harmlessCritical:
      harmless.filter(({ fault }) => !Number.isNaN(fault.alarmS[ALARM_LEVELS.length - 1]!)).length /
      harmless.length,
    model: thresholds.map(({ level }) => {
      const { recall, medianS } = leadStats(leadsOf(events, crossingAt(MODEL_SCORE, level)));
      return { recall, medianS, falseAlarms: rateOf(level === null ? 0 : counts[level]!, moduleS) };
    }),
    runawayAuroc: thresholds.length > 0 ? auroc(max(events), max(harmless)) : Number.NaN,
  };
}

export const BREAKDOWNS = ['split', 'family', 'chemistry', 'site'] as const;

/** Every value of a property of runs, in the order of the alphabet. */
export function breakdown(
  by: (typeof BREAKDOWNS)[number],
  runMetrics: readonly RunMetrics[],
  thresholds: readonly CalibratedThreshold[],
): PartStats[] {
  const names = [...new Set(runMetrics.map(({ record }) => record[by] as string))].sort();
  return names.map((name) =>
    partStats(
      name,
      runMetrics.filter(({ record }) => record[by] === name),
      thresholds,
    ),
  );
}
