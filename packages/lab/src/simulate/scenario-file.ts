/** Scenarios and cell cases as files: found by path or by name, checked, with errors that name the place. */
import {
  type CellResult,
  moduleIds,
  runCell,
  type Scenario,
  trajectoryBytes,
  validateCellCase,
  validateScenario,
} from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import { findExample } from '../example-files.ts';
import { readYaml, type YamlFile } from './document.ts';

/** A scenario with the file that it came from. */
export interface ScenarioFile {
  readonly file: YamlFile;
  readonly scenario: Scenario;
}

/** A trajectory is held in memory twice while it is written. */
const MAX_TRAJECTORY_BYTES = 1 << 30;

/**
 * Reads a scenario named by path, or by its name in a folder `scenarios` of the current folder, of one above it, or of
 * this checkout. Errors: `InputError` with file, line, path and value.
 */
export async function loadScenario(
  pathOrName: string,
  changes: { seed?: number } = {},
): Promise<ScenarioFile> {
  const file = await readYaml(findExample('scenario', pathOrName));
  const { value } = file;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const scenario = file.checked(validateScenario, isObject ? { ...value, ...changes } : value);
  checkSize(file.path, scenario);
  return { file, scenario };
}

/** Runs the cell case in a file, named like a scenario. Errors: `InputError` with file, line, path and value. */
export async function runCellFile(pathOrName: string): Promise<CellResult> {
  const file = await readYaml(findExample('scenario', pathOrName));
  const input = file.checked(validateCellCase);
  return file.checked(() => runCell(input));
}

/** Before hours of work, not after them. */
function checkSize(path: string, scenario: Scenario): void {
  const problem = excessOf(scenario);
  if (problem !== null) throw new InputError(`${path}: outputIntervalS: ${problem}`);
}

/** Why the trajectory would not fit into memory, in words; null where it does. */
export function excessOf(scenario: Scenario): string | null {
  const { durationS, outputIntervalS } = scenario;
  const modules = moduleIds(scenario).length;
  const bytes = trajectoryBytes(scenario);
  if (bytes <= MAX_TRAJECTORY_BYTES) return null;
  return (
    `${modules} modules for ${durationS} s every ${outputIntervalS} s would fill ` +
    `${(bytes / 1e9).toFixed(1)} GB; the limit is ${(MAX_TRAJECTORY_BYTES / 1e9).toFixed(1)} GB`
  );
}

/**
 * The module that a command means: the given one, else that of the first fault with a target. Errors: `InputError`
 * where it is not in the scenario or no fault names one.
 */
export function chosenModule({ file, scenario }: ScenarioFile, given: string | undefined): string {
  const known = moduleIds(scenario);
  if (given !== undefined) {
    if (known.includes(given)) return given;
    throw new InputError(
      `${file.path}: no module "${given}"; known: ${known.length > 4 ? `${known.slice(0, 3).join(', ')} … ${known.at(-1)}` : known.join(', ')}`,
    );
  }
  const entry = scenario.faults.find(({ module, rack }) => module !== undefined || rack !== undefined);
  const found = entry?.module ?? known.find((id) => id.startsWith(`${entry?.rack}_`));
  if (found === undefined)
    throw new InputError(`${file.path}: no fault names a module; say which one with --module`);
  return found;
}
