/** The same figures for parts of the runs. */
import { ALARM_LEVELS } from '@emberwatch/engine/detector';
import type { CalibratedThreshold } from './budget.ts';
import { episodesOf, exposureOf, type Rate, rateOf } from './budget.ts';
import { crossingAt, eventsOf, harmlessOf, leadFigures, leadsOf } from './lead.ts';
import type { RunTally } from './outcome.ts';
import { MODEL_SCORE } from './scores.ts';
import { auroc } from './statistics.ts';

export interface PartFigures {
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

export function partFigures(
  name: string,
  tallies: readonly RunTally[],
  thresholds: readonly CalibratedThreshold[],
): PartFigures {
  const [events, harmless] = [eventsOf(tallies), harmlessOf(tallies)];
  const moduleS = exposureOf(tallies);
  const counts = episodesOf(tallies, MODEL_SCORE);
  const most = (of: typeof events): number[] => of.map(({ fault }) => fault.most[MODEL_SCORE]!);
  const rates = ALARM_LEVELS.map((_, rank) =>
    rateOf(
      tallies.reduce((sum, { exposures }) => sum + exposures.reduce((s, one) => s + one.alarms[rank]!, 0), 0),
      moduleS,
    ),
  );
  return {
    name,
    runs: tallies.length,
    events: events.length,
    harmless: harmless.length,
    policy: ALARM_LEVELS.map((_, rank) => {
      const { recall, medianS } = leadFigures(leadsOf(events, ({ alarmS }) => alarmS[rank]!));
      return { recall, medianS };
    }),
    falseAlarms: rates,
    harmlessCritical:
      harmless.filter(({ fault }) => !Number.isNaN(fault.alarmS[ALARM_LEVELS.length - 1]!)).length /
      harmless.length,
    model: thresholds.map(({ level }) => {
      const { recall, medianS } = leadFigures(leadsOf(events, crossingAt(MODEL_SCORE, level)));
      return { recall, medianS, falseAlarms: rateOf(level === null ? 0 : counts[level]!, moduleS) };
    }),
    runawayAuroc: thresholds.length > 0 ? auroc(most(events), most(harmless)) : Number.NaN,
  };
}

export const BREAKDOWNS = ['split', 'family', 'chemistry', 'site'] as const;

/** Every value of a property of runs, in the order of the alphabet. */
export function breakdown(
  by: (typeof BREAKDOWNS)[number],
  tallies: readonly RunTally[],
  thresholds: readonly CalibratedThreshold[],
): PartFigures[] {
  const names = [...new Set(tallies.map(({ record }) => record[by] as string))].sort();
  return names.map((name) =>
    partFigures(
      name,
      tallies.filter(({ record }) => record[by] === name),
      thresholds,
    ),
  );
}
