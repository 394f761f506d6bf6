/**
 * The experiment as a person wrote it: a plain object with what stands in the YAML of `npx emberwatch simulate`, no
 * default filled in. The form changes it in place, the link and the file hold it as it is.
 */
import { type Scenario, ScenarioError, trajectoryBytes, validateScenario } from '@emberwatch/engine/physics';
import { type SensorPlan, validateSensorPlan } from '@emberwatch/engine/sensors';

export type ScenarioDocument = Readonly<Record<string, unknown>>;

/** What a page may hold of one run; the command line allows four times as much. */
const MAX_TRAJECTORY_BYTES = 1 << 28;

/** Why it cannot be run: place in the document, and a sentence with what was expected and found. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export type Checked =
  | { readonly scenario: Scenario; readonly sensors: SensorPlan; readonly problem: null }
  | { readonly scenario: null; readonly sensors: null; readonly problem: Problem };

/** The scenario and its sensors with every default filled in, or what is wrong with them. */
export function checkedDocument(document: ScenarioDocument): Checked {
  try {
    const scenario = validateScenario(document);
    const bytes = trajectoryBytes(scenario);
    if (bytes > MAX_TRAJECTORY_BYTES)
      return wrong(
        'outputIntervalS',
        `outputIntervalS: a row every ${scenario.outputIntervalS} s would fill ${Math.round(bytes / 1e6)} MB; ` +
          `the page takes ${Math.round(MAX_TRAJECTORY_BYTES / 1e6)} MB, the command line more`,
      );
    const sensors = validateSensorPlan(document['sensors'] ?? { preset: 'rack' });
    return { scenario, sensors, problem: null };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return wrong(error.path, error.message);
  }
}

const wrong = (path: string, message: string): Checked => ({
  scenario: null,
  sensors: null,
  problem: { path, message },
});

const keysOf = (path: string): (string | number)[] =>
  path
    .split(/[.[\]]+/)
    .filter((key) => key !== '')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));

/** What stands at a path such as `faults[0].resistanceOhm`; undefined where nothing does. */
export function valueAt(document: ScenarioDocument, path: string): unknown {
  let value: unknown = document;
  for (const key of keysOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** A copy with another value at the path; undefined takes it out, so that the default holds. */
export function withValue(document: ScenarioDocument, path: string, value: unknown): ScenarioDocument {
  return replaced(document, keysOf(path), value) as ScenarioDocument;
}

function replaced(holder: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const list = Array.isArray(holder) ? [...holder] : [];
    const next = replaced(list[key], rest, value);
    if (next === undefined) list.splice(key, 1);
    else list[key] = next;
    return list;
  }
  const record: Record<string, unknown> = isRecord(holder) ? { ...holder } : {};
  const next = replaced(record[key], rest, value);
  if (next === undefined) delete record[key];
  else record[key] = next;
  return record;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Several values at once. */
export const withValues = (
  document: ScenarioDocument,
  changes: readonly (readonly [path: string, value: unknown])[],
): ScenarioDocument => changes.reduce((next, [path, value]) => withValue(next, path, value), document);
