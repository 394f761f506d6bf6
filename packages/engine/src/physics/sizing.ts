/** The strength of a fault for a wanted time to the point of no return, confirmed by a run of the whole site. */
import { type FaultEntry, type FaultKind, strengthOf } from './faults/fault.ts';
import { FAULT_KINDS } from './faults/index.ts';
import { type Scenario, validateScenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import { type StrengthTrial, solveFaultStrength } from './solve.ts';
import { check } from './validate.ts';

const TIME_WITHIN = 0.01;
const MAX_AIMS = 4;
const STRENGTH_DIGITS = 7;
/** A solved scenario runs this much longer than to its point of no return, so that the runaway is in it. */
const DURATION_MARGIN = 1.25;
const DURATION_STEP_S = 600;

/** A fault of the scenario that has a strength, with its place. */
export interface StrengthFault {
  readonly index: number;
  readonly entry: FaultEntry;
  readonly kind: FaultKind;
}

/** The first fault of the module that can be made stronger; undefined where there is none. */
export function strengthFaultOf(scenario: Scenario, moduleId: string): StrengthFault | undefined {
  const rack = moduleId.slice(0, moduleId.lastIndexOf('_'));
  for (const [index, entry] of scenario.faults.entries()) {
    const kind = FAULT_KINDS.find((candidate) => candidate.kind === entry.kind);
    if (kind?.strength && (entry.module === moduleId || entry.rack === rack))
      return { index, entry, kind: { ...kind, strength: strengthOf(kind.strength, entry) } };
  }
  return undefined;
}

export interface SizedFault {
  /** A strength exists whose time in a run of the whole site is the wanted one, to 1 %. */
  readonly found: boolean;
  readonly module: string;
  readonly wantedTimeToPnrS: number;
  /** Kind of the fault and path of its strength in the scenario, such as `faults[0].resistanceOhm`. */
  readonly faultKind: string;
  readonly path: string;
  readonly onsetS: number;
  readonly strength: number | null;
  /** From the onset of the fault, in the run of the whole site. */
  readonly timeToPnrS: number | null;
  /** Neighbouring trials on both sides of the wanted time: where none was found, 0.01 % lies between them. */
  readonly weakestInTime: StrengthTrial | null;
  readonly strongestLate: StrengthTrial | null;
  /** Heat at the weakest strength that reaches the point at all, where none was found. */
  readonly criticalHeatW: number | null;
  /** Semenov's bound for lasting heat in the same cell: the true critical heat is never lower. */
  readonly semenovHeatW: number | null;
  /** Highest temperature of trials that do not reach the point. */
  readonly largestAvertedK: number | null;
  readonly trials: readonly StrengthTrial[];
  readonly runs: number;
  /** Numbers of the scenario that make it the found one: the strength, and a longer run where it needs one. */
  readonly changes: readonly (readonly [path: string, value: number])[];
}

/** Errors: `ScenarioError` where the module has no fault with a strength. */
export function sizeFault(scenario: Scenario, module: string, wantedS: number): SizedFault {
  const fault = strengthFaultOf(scenario, module);
  check(
    fault !== undefined,
    'faults',
    `a fault of ${module} that has a strength`,
    scenario.faults.map(({ kind }) => kind),
  );
  const path = `faults[${fault.index}].${fault.kind.strength!.parameter}`;
  const onsetS = fault.entry.startS ?? 0;
  const durationS = durationFor(scenario, onsetS + wantedS);
  let aimS = wantedS;
  let result = solveFaultStrength(scenario, module, aimS);
  let runs = result.trials.length;
  let strength: number | null = null;
  let confirmedS: number | null = null;
  // The search runs the rack of the module alone. Where the rest of the site matters, it aims beside the wanted time.
  for (let aims = 1; result.strength !== null; aims++) {
    strength = Number(result.strength.toPrecision(STRENGTH_DIGITS));
    confirmedS = timeInWholeSite({ ...scenario, durationS }, module, fault, strength);
    runs++;
    if (isClose(confirmedS, wantedS) || confirmedS === null || aims === MAX_AIMS) break;
    aimS += wantedS - confirmedS;
    result = solveFaultStrength(scenario, module, aimS);
    runs += result.trials.length;
  }
  const found = result.strength !== null && isClose(confirmedS, wantedS);
  const changes: [string, number][] = found ? [[path, strength!]] : [];
  if (found && durationS !== scenario.durationS) changes.push(['durationS', durationS]);
  return {
    found,
    module,
    wantedTimeToPnrS: wantedS,
    faultKind: fault.kind.kind,
    path,
    onsetS,
    strength: found ? strength : null,
    timeToPnrS: found ? confirmedS : null,
    ...bracketOf(result.trials, fault, wantedS),
    criticalHeatW: result.criticalHeatW,
    semenovHeatW: result.semenovHeatW,
    largestAvertedK: result.largestAvertedK,
    trials: result.trials,
    runs,
    changes,
  };
}

const isClose = (timeS: number | null, wantedS: number): boolean =>
  timeS !== null && Math.abs(timeS / wantedS - 1) <= TIME_WITHIN;

/** Long enough for the runaway to be in it, never shorter than it was. */
const durationFor = (scenario: Scenario, pnrS: number): number =>
  Math.max(scenario.durationS, Math.ceil((pnrS * DURATION_MARGIN) / DURATION_STEP_S) * DURATION_STEP_S);

function timeInWholeSite(
  scenario: Scenario,
  module: string,
  { index, entry, kind }: StrengthFault,
  strength: number,
): number | null {
  const faults = scenario.faults.map((other, f) =>
    f === index ? { ...entry, [kind.strength!.parameter]: strength } : other,
  );
  const { events } = simulate(validateScenario({ ...scenario, faults, recordCellsOf: [] }));
  const pnrS = events.find((event) => event.module === module)?.pnrThresholdS ?? null;
  return pnrS === null ? null : pnrS - (entry.startS ?? 0);
}

/** Where the wanted time lies among the trials: the weakest that is not late, and the strongest that is. */
function bracketOf(trials: readonly StrengthTrial[], { kind }: StrengthFault, wantedS: number) {
  const sign = kind.strength!.strongerWhen === 'more' ? 1 : -1;
  const rising = trials.toSorted((a, b) => sign * (a.strength - b.strength));
  const isLate = ({ timeToPnrS }: StrengthTrial) => timeToPnrS === null || timeToPnrS > wantedS;
  return {
    weakestInTime: rising.find((trial) => !isLate(trial)) ?? null,
    strongestLate: rising.findLast(isLate) ?? null,
  };
}
