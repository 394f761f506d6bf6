/** Scenarios and cell cases as files: found by path or by name, checked, with errors that name the place. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CellResult,
  COLUMNS,
  FAULT_KINDS,
  type FaultEntry,
  type FaultKind,
  moduleIds,
  runCell,
  type Scenario,
  strengthOf,
  validateCellCase,
  validateScenario,
} from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import { readYaml, type YamlFile } from './document.ts';

/** A scenario with the file that it came from. */
export interface ScenarioFile {
  readonly file: YamlFile;
  readonly scenario: Scenario;
}

const HERE = dirname(fileURLToPath(import.meta.url));
/** A trajectory is held in memory twice while it is written. */
const MOST_TRAJECTORY_BYTES = 1 << 30;
const BYTES_PER_NUMBER = 4;

/**
 * Reads a scenario named by path, or by its name in a folder `scenarios` of the current folder, of one above it, or of
 * this checkout. Errors: `InputError` with file, line, path and value.
 */
export async function loadScenario(
  pathOrName: string,
  changes: { seed?: number } = {},
): Promise<ScenarioFile> {
  const file = await readYaml(findScenario(pathOrName));
  const { value } = file;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const scenario = file.checked(validateScenario, isObject ? { ...value, ...changes } : value);
  checkSize(file.path, scenario);
  return { file, scenario };
}

/** Runs the cell case in a file, named like a scenario. Errors: `InputError` with file, line, path and value. */
export async function runCellFile(pathOrName: string): Promise<CellResult> {
  const file = await readYaml(findScenario(pathOrName));
  const input = file.checked(validateCellCase);
  return file.checked(() => runCell(input));
}

function findScenario(pathOrName: string): string {
  if (existsSync(pathOrName)) return pathOrName;
  const folders = scenarioFolders();
  if (/^[\w-]+$/.test(pathOrName)) {
    for (const folder of folders) {
      const path = join(folder, `${pathOrName}.yaml`);
      if (existsSync(path)) return path;
    }
    const known = [...new Set(folders.flatMap(namesIn))].sort();
    if (known.length > 0)
      throw new InputError(
        `${pathOrName}: no such file, and no scenario of this name; known: ${known.join(', ')}`,
      );
  }
  return pathOrName;
}

/** Folders `scenarios` here and above, first of the current folder, then of this program. */
const scenarioFolders = (): string[] =>
  [...above(resolve('.')), ...above(HERE)]
    .map((folder) => join(folder, 'scenarios'))
    .filter((folder) => existsSync(folder));

const above = (folder: string): string[] =>
  folder === dirname(folder) ? [folder] : [folder, ...above(dirname(folder))];

const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));

/** Before hours of work, not after them. */
function checkSize(path: string, scenario: Scenario): void {
  const problem = excessOf(scenario);
  if (problem !== null) throw new InputError(`${path}: outputIntervalS: ${problem}`);
}

/** Why the trajectory would not fit into memory, in words; null where it does. */
export function excessOf(scenario: Scenario): string | null {
  const { durationS, outputIntervalS, module } = scenario;
  const modules = moduleIds(scenario).length;
  const cells = module.lumped ? 1 : module.series * module.parallel;
  const perRow = COLUMNS.length * modules + 2 * cells * scenario.recordCellsOf.length;
  const bytes = (durationS / outputIntervalS + 1) * perRow * BYTES_PER_NUMBER;
  if (bytes <= MOST_TRAJECTORY_BYTES) return null;
  return (
    `${modules} modules for ${durationS} s every ${outputIntervalS} s would fill ` +
    `${(bytes / 1e9).toFixed(1)} GB; the limit is ${(MOST_TRAJECTORY_BYTES / 1e9).toFixed(1)} GB`
  );
}

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
