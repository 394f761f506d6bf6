/** Which pairs of two parameters run away: one picture instead of trial and error. */
import { kelvinOfDegC } from '../units.ts';
import { FAULT_KINDS } from './faults/index.ts';
import { moduleIds, type Scenario, validateScenario } from './scenario.ts';
import { SiteRun } from './site.ts';
import { check, isRecord } from './validate.ts';

/** A number in the scenario, such as `faults[0].resistanceOhm` or `module.caseToAirWPerK`, and its values. */
export interface MapAxis {
  readonly path: string;
  readonly values: readonly number[];
}

/** Results row by row: that of x index i and y index j is at `j * x.values.length + i`. */
export interface RunawayMap {
  readonly module: string;
  readonly x: MapAxis;
  readonly y: MapAxis;
  readonly runaway: Uint8Array;
  /** Vented, but not run away. */
  readonly vented: Uint8Array;
  /** Time of the point of no return by threshold in s; NaN where it is not reached. */
  readonly pnrS: Float64Array;
  readonly peakDegC: Float64Array;
}

/**
 * Runs the rack of `moduleId` once for each pair of values. A parameter of a fault that the scenario leaves to its default
 * is a number of it, too. Errors: `ScenarioError` where a path names no number of the
 * scenario or a value is not allowed there.
 */
export function mapRunaway(
  scenario: Scenario,
  moduleId: string,
  x: MapAxis,
  y: MapAxis,
  progress?: (share: number) => void,
): RunawayMap {
  check(moduleIds(scenario).includes(moduleId), 'module', 'a module of the scenario', moduleId);
  const count = x.values.length * y.values.length;
  const map = {
    module: moduleId,
    x,
    y,
    runaway: new Uint8Array(count),
    vented: new Uint8Array(count),
    pnrS: new Float64Array(count),
    peakDegC: new Float64Array(count),
  };
  const rack = moduleId.slice(0, moduleId.lastIndexOf('_'));
  const whole = withDefault(withDefault(scenario, x.path), y.path);
  for (let at = 0; at < count; at++) {
    const i = at % x.values.length;
    const withX = withNumber(whole, x.path, x.values[i]!);
    const changed = validateScenario(withNumber(withX, y.path, y.values[(at - i) / x.values.length]!));
    const result = new SiteRun(changed, { silent: true, racks: [rack] }).run();
    const event = result.events.find(({ module }) => module === moduleId)!;
    map.runaway[at] = event.runawayS === null ? 0 : 1;
    map.vented[at] = event.ventS !== null && event.runawayS === null ? 1 : 0;
    map.pnrS[at] = event.pnrThresholdS ?? Number.NaN;
    map.peakDegC[at] = event.peakK - kelvinOfDegC(0);
    progress?.((at + 1) / count);
  }
  return map;
}

/** The scenario with the default of a fault's parameter written out, where the path names one that is left to it. */
export function withDefault(scenario: Scenario, path: string): Scenario {
  const [list, index, name] = keysOf(path);
  const entry = list === 'faults' ? scenario.faults[Number(index)] : undefined;
  if (!entry || name === undefined || entry[name] !== undefined) return scenario;
  const kind = FAULT_KINDS.find((candidate) => candidate.kind === entry.kind);
  const fallback = kind?.parameters.find((parameter) => parameter.name === name)?.fallback;
  if (fallback === undefined) return scenario;
  const faults = scenario.faults.map((other, f) =>
    f === Number(index) ? { ...entry, [name]: fallback } : other,
  );
  return { ...scenario, faults };
}

/** Values of an axis, both ends included, evenly spaced or evenly in their logarithm; six digits, as a person writes them. */
export function axisValues(from: number, to: number, steps: number, isLog: boolean): number[] {
  return Array.from({ length: steps }, (_, i) => {
    const share = i / (steps - 1);
    const value = isLog ? from * (to / from) ** share : from + (to - from) * share;
    return Number(value.toPrecision(6));
  });
}

const keysOf = (path: string): string[] => path.split(/[.[\]]+/).filter((key) => key !== '');

/** A copy of `value` with the number at `path` replaced. */
export function withNumber<T>(value: T, path: string, number: number): T {
  return replaced(value, keysOf(path), 0, path, number) as T;
}

function replaced(
  value: unknown,
  keys: readonly string[],
  depth: number,
  path: string,
  number: number,
): unknown {
  if (depth === keys.length) {
    check(typeof value === 'number', path, 'the path of a number in the scenario', value);
    return number;
  }
  const key = keys[depth]!;
  if (Array.isArray(value)) {
    const copy = [...value];
    copy[Number(key)] = replaced(copy[Number(key)], keys, depth + 1, path, number);
    return copy;
  }
  check(isRecord(value), path, 'the path of a number in the scenario', value);
  return { ...value, [key]: replaced(value[key], keys, depth + 1, path, number) };
}
