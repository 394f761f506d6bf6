/**
 * What every fault and disturbance is: a kind with its parameters, checked once, that acts on the controls of one
 * target as a function of time alone. Nothing here decides that a module runs away.
 */
import type { ModuleControls, RackControls, RoomControls } from '../controls.ts';
import type { ModulePlan } from '../plan.ts';
import { check, nearestName, ScenarioError } from '../validate.ts';

export type FaultTarget = 'module' | 'rack' | 'room';

/** Acts at `timeS`; must not depend on anything but the time and its own parameters. */
export interface FaultAction {
  readonly act: (timeS: number, controls: ModuleControls) => void;
}

/** A fault as a scenario holds it: its kind, its target and its parameters. */
export interface FaultEntry {
  readonly kind: string;
  readonly module?: string;
  readonly rack?: string;
  readonly startS?: number;
  readonly [parameter: string]: unknown;
}

/** A parameter: a number within bounds, or an optional one with its default. */
export interface Parameter {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly fallback?: number;
  /** What it is, for documents and error messages. */
  readonly about: string;
}

export type Values = Readonly<Record<string, number>>;

/** What makes a fault stronger. `or` is the same in a unit that fits cells of any size: one of the two is given. */
export interface Strength {
  readonly parameter: string;
  readonly strongerWhen: 'more' | 'less';
  readonly or?: string;
}

/** The strength in the unit that an entry (or its values) gives it in; in the other unit more is stronger. */
export function strengthOf(
  { parameter, strongerWhen, or }: Strength,
  entry: Readonly<Record<string, unknown>>,
): Strength {
  const isOther = or !== undefined && !entry[parameter] && Boolean(entry[or]);
  return isOther ? { parameter: or, strongerWhen: 'more' } : { parameter, strongerWhen };
}

export interface FaultKind {
  readonly kind: string;
  readonly about: string;
  /** False for what looks odd but endangers nobody. */
  readonly hazard: boolean;
  readonly target: FaultTarget;
  /** Acts on one cell of the module: parameter `cell`, from 0. */
  readonly onCell: boolean;
  readonly parameters: readonly Parameter[];
  /** The parameter that makes it stronger, and in which direction; for `solveFaultStrength`. */
  readonly strength?: Strength;
  /** Times at which the action is not smooth. */
  readonly breakpointsS: (values: Values) => number[];
  /** Changes what the module is rather than what happens to it. */
  readonly onPlan?: (values: Values, plan: ModulePlan) => ModulePlan;
  readonly onModule?: (timeS: number, values: Values, controls: ModuleControls) => void;
  readonly onRack?: (timeS: number, values: Values, controls: RackControls) => void;
  readonly onRoom?: (timeS: number, values: Values, controls: RoomControls) => void;
}

/** The parameters of `entry` with defaults filled in; `ScenarioError` naming `path` and the value. */
export function faultValues(kind: FaultKind, entry: FaultEntry, path: string): Values {
  // What is misspelt first: the parameter that it was meant to be is then missing, which would say less.
  const known = kind.parameters.map(({ name }) => name);
  for (const key of Object.keys(entry)) {
    if (key === 'kind' || targetKeys(kind).includes(key) || known.includes(key)) continue;
    const names = [...targetKeys(kind), ...known];
    const meant = nearestName(key, names);
    const expected = `a parameter of ${kind.kind} ${meant === undefined ? `(${names.join(', ')})` : `such as ${meant}`}`;
    throw new ScenarioError(`${path}.${key}`, expected, entry[key]);
  }
  const values: Record<string, number> = {};
  const { parameter: strength = '', or = '' } = kind.strength ?? {};
  for (const parameter of kind.parameters) {
    if (parameter.name === strength && entry[strength] === undefined && typeof entry[or] === 'number') {
      values[strength] = 0;
      continue;
    }
    const given = entry[parameter.name] ?? parameter.fallback;
    check(
      typeof given === 'number' && given >= parameter.low && given <= parameter.high,
      `${path}.${parameter.name}`,
      `a number between ${parameter.low} and ${parameter.high} (${parameter.about})`,
      given,
    );
    values[parameter.name] = given;
  }
  if (or !== '') {
    const both = entry[strength] !== undefined && (entry[or] ?? 0) !== 0;
    check(!both, `${path}.${or}`, `nothing beside ${strength}, which says the same`, entry[or]);
  }
  return values;
}

/** Keys that may name the target: what acts on a whole module may also be given a rack, and acts on all of it. */
export function targetKeys(kind: FaultKind): readonly string[] {
  if (kind.target === 'room') return [];
  if (kind.target === 'rack') return ['rack'];
  return kind.onCell ? ['module'] : ['module', 'rack'];
}

/** Parameters that many kinds have. */
export const START: Parameter = {
  name: 'startS',
  low: 0,
  high: 1e9,
  about: 'onset after the start of the run, s',
};
export const RAMP: Parameter = {
  name: 'rampS',
  low: 0,
  high: 1e9,
  fallback: 0,
  about: 'time to full strength, s',
};
export const DURATION: Parameter = {
  name: 'durationS',
  low: 0,
  high: 1e9,
  fallback: 1e9,
  about: 'how long it lasts, s',
};
export const CELL: Parameter = {
  name: 'cell',
  low: 0,
  high: 4095,
  fallback: 0,
  about: 'cell in the module, from 0',
};

/** A short in terms of the cell: what it would draw at the nominal voltage. */
export const SHORT_C: Parameter = {
  name: 'shortC',
  low: 0,
  high: 1000,
  fallback: 0,
  about: 'instead: current at nominal voltage in capacities per hour, 1/h',
};

/** Resistance of a short that is given as `resistanceOhm` or `shortC`; infinite where that is 0. */
export const shortOhm = (values: Values, controls: ModuleControls): number =>
  values['resistanceOhm']! > 0 ? values['resistanceOhm']! : controls.oneCOhm / values['shortC']!;

/** Share of full strength at `timeS`: 0 before the start, rising evenly over the ramp, 0 after the end. */
export function strengthAt(timeS: number, values: Values): number {
  const sinceS = timeS - values['startS']!;
  if (sinceS < 0 || sinceS >= (values['durationS'] ?? 1e9)) return 0;
  const rampS = values['rampS'] ?? 0;
  return sinceS >= rampS ? 1 : sinceS / rampS;
}

/** Start, end of the ramp and end. */
export function edges(values: Values): number[] {
  const startS = values['startS']!;
  return [startS, startS + (values['rampS'] ?? 0), startS + (values['durationS'] ?? 1e9)];
}
