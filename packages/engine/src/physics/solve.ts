/** Sizing: the strength of a fault that reaches the point of no return after a wanted time, or that none does. */
import { kelvinOfDegC } from '../units.ts';
import { cellTypeById } from './cells/index.ts';
import { cellTypeOf, kineticsOf } from './cells/variant.ts';
import { strengthOf } from './faults/fault.ts';
import { conductanceToSurroundings } from './network.ts';
import { profileAt } from './profile.ts';
import { type PlannedFault, planFaults, type Scenario } from './scenario.ts';
import { criticalPower, frozenHeat } from './semenov.ts';
import { SiteRun } from './site.ts';
import { check } from './validate.ts';

/** Wanted times are met to this share. */
const TIME_WITHIN = 0.005;
/** The critical strength is found to this share. */
const STRENGTH_WITHIN = 1e-4;
const MAX_TRIALS = 80;
/** The search looks this far around the strength that the scenario has. */
const SEARCH_FACTOR = 1000;

export interface StrengthTrial {
  readonly strength: number;
  /** From the onset of the fault; null where the point is not reached in time. */
  readonly timeToPnrS: number | null;
  readonly peakK: number;
}

export interface StrengthSolution {
  /** A strength exists. */
  readonly found: boolean;
  readonly parameter: string;
  /** The strength that meets the wanted time, or null. */
  readonly strength: number | null;
  readonly timeToPnrS: number | null;
  /** Weakest strength seen to reach the point within the searched time, and the strongest seen not to. */
  readonly weakestReaching: StrengthTrial | null;
  readonly strongestAverted: StrengthTrial | null;
  /** Where none exists: heat of the faulty cell at the weakest strength that reaches the point at all, in W. */
  readonly criticalHeatW: number | null;
  /** Semenov's bound for the same cell: never above the true critical heat of lasting faults. */
  readonly semenovHeatW: number | null;
  /** Highest temperature reached by runs that did not reach the point. */
  readonly largestAvertedK: number | null;
  readonly trials: readonly StrengthTrial[];
}

/**
 * Finds the strength of the first fault of `moduleId` that has one (see `FaultKind.strength`) for which the module
 * reaches its point of no return by threshold `timeToPnrS` after the onset, to ±1 %. Bisection in the logarithm of the
 * strength; takes it that a stronger fault is never later. Where no strength does, the solution says so with what
 * bounds it. Errors: `ScenarioError` where the module has no such fault.
 */
export function solveFaultStrength(
  scenario: Scenario,
  moduleId: string,
  timeToPnrS: number,
): StrengthSolution {
  const index = planFaults(scenario).findIndex(
    ({ kind, modules }) => kind.strength && modules.includes(moduleId),
  );
  check(
    index >= 0,
    'faults',
    `a fault of ${moduleId} that has a strength`,
    scenario.faults.map(({ kind }) => kind),
  );
  const fault = planFaults(scenario)[index]!;
  const { parameter, strongerWhen } = strengthOf(fault.kind.strength!, fault.values);
  const bounds = fault.kind.parameters.find(({ name }) => name === parameter)!;
  const given = Math.max(fault.values[parameter]!, 1e-6);
  const lowest = Math.max(bounds.low, given / SEARCH_FACTOR);
  const highest = Math.min(bounds.high, given * SEARCH_FACTOR);
  let strong = strongerWhen === 'more' ? highest : lowest;
  let weak = strongerWhen === 'more' ? lowest : highest;
  const trials: StrengthTrial[] = [];
  const attempt = (strength: number): StrengthTrial => {
    const trial = tryStrength(scenario, moduleId, index, fault, strength, timeToPnrS);
    trials.push(trial);
    return trial;
  };
  const late = (trial: StrengthTrial) => trial.timeToPnrS === null || trial.timeToPnrS > timeToPnrS;
  let strongTrial = attempt(strong);
  let weakTrial = attempt(weak);
  let best = closest(strongTrial, weakTrial, timeToPnrS);
  if (!late(strongTrial) && late(weakTrial)) {
    while (
      trials.length < MAX_TRIALS &&
      !meets(best, timeToPnrS) &&
      Math.abs(Math.log(strong / weak)) > STRENGTH_WITHIN
    ) {
      const middle = Math.sqrt(strong * weak);
      const trial = attempt(middle);
      if (late(trial)) {
        weak = middle;
        weakTrial = trial;
      } else {
        strong = middle;
        strongTrial = trial;
      }
      best = closest(best, trial, timeToPnrS);
    }
  }
  return solution(scenario, fault, trials, meets(best, timeToPnrS) ? best : null);
}

const meets = (trial: StrengthTrial, wantedS: number): boolean =>
  trial.timeToPnrS !== null && Math.abs(trial.timeToPnrS / wantedS - 1) <= TIME_WITHIN;

function closest(a: StrengthTrial, b: StrengthTrial, wantedS: number): StrengthTrial {
  const miss = (trial: StrengthTrial) => Math.abs((trial.timeToPnrS ?? Number.POSITIVE_INFINITY) - wantedS);
  return miss(b) < miss(a) ? b : a;
}

/** One run of the rack of the module, long enough to see times a little past the wanted one. */
function tryStrength(
  scenario: Scenario,
  moduleId: string,
  index: number,
  fault: PlannedFault,
  strength: number,
  wantedS: number,
): StrengthTrial {
  const onsetS = fault.values['startS'] ?? 0;
  const faults = scenario.faults.map((entry, f) =>
    f === index ? { ...entry, [strengthOf(fault.kind.strength!, fault.values).parameter]: strength } : entry,
  );
  const durationS = onsetS + wantedS * (1 + 2 * TIME_WITHIN) + scenario.outputIntervalS;
  const rack = moduleId.slice(0, moduleId.lastIndexOf('_'));
  const run = new SiteRun(
    { ...scenario, faults, durationS, recordCellsOf: [] },
    {
      silent: true,
      racks: [rack],
      until: (runs) => runs.some((one) => one.model.id === moduleId && one.watch.pnrS !== null),
    },
  );
  const event = run.run().events.find(({ module }) => module === moduleId)!;
  const timeToPnrS = event.pnrThresholdS === null ? null : event.pnrThresholdS - onsetS;
  return { strength, timeToPnrS, peakK: event.peakK };
}

function solution(
  scenario: Scenario,
  fault: PlannedFault,
  trials: readonly StrengthTrial[],
  best: StrengthTrial | null,
): StrengthSolution {
  const { parameter, strongerWhen } = strengthOf(fault.kind.strength!, fault.values);
  const stronger = strongerWhen === 'more' ? 1 : -1;
  const rank = (a: StrengthTrial, b: StrengthTrial) => stronger * (a.strength - b.strength);
  const reaching = trials.filter((trial) => trial.timeToPnrS !== null).toSorted(rank);
  const averted = trials.filter((trial) => trial.timeToPnrS === null).toSorted(rank);
  const weakest = reaching[0] ?? null;
  return {
    found: best !== null,
    parameter,
    strength: best?.strength ?? null,
    timeToPnrS: best?.timeToPnrS ?? null,
    weakestReaching: weakest,
    strongestAverted: averted[averted.length - 1] ?? null,
    criticalHeatW: !best && weakest ? heatOf(scenario, fault, weakest.strength) : null,
    semenovHeatW: semenovHeatW(scenario, fault),
    largestAvertedK: averted.length > 0 ? Math.max(...averted.map(({ peakK }) => peakK)) : null,
    trials,
  };
}

/** Heat of the fault at full strength: of a short at the nominal voltage, else the strength itself if it is one. */
function heatOf(scenario: Scenario, fault: PlannedFault, strength: number): number | null {
  const parameter = strengthOf(fault.kind.strength!, fault.values).parameter;
  if (parameter.endsWith('HeatW') || parameter === 'powerW') return strength;
  if (parameter !== 'resistanceOhm') return null;
  if (fault.kind.kind !== 'internalShort' && fault.kind.kind !== 'healingShort') return null;
  const { nominalV } = cellTypeById(scenario.module.cell);
  const voltage = nominalV * (scenario.module.lumped ? scenario.module.series : 1);
  return (voltage * voltage) / strength;
}

function semenovHeatW(scenario: Scenario, fault: PlannedFault): number | null {
  const { module } = scenario;
  const cells = module.lumped ? module.series * module.parallel : 1;
  const heat = frozenHeat(cellTypeOf(module), module.startCharge, kineticsOf(module));
  // Of a cell with layers: as if it were of one temperature.
  const cell = module.lumped ? 0 : Math.floor((fault.values['cell'] ?? 0) / module.slices);
  const coolingWPerK = conductanceToSurroundings(module, cell);
  const surroundingsK = kelvinOfDegC(profileAt(scenario.ambientDegC, 0));
  const point = criticalPower((t) => cells * heat(t), surroundingsK, coolingWPerK, kelvinOfDegC(400));
  return point ? point.powerW : null;
}
