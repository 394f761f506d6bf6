/** Runs of a plan: everything about each of them is drawn and checked before the first one is simulated. */

import { createHash } from 'node:crypto';
import { chemistryOf } from '@emberwatch/engine/chemistry';
import {
  cellsOf,
  cellTypeOf,
  FAULT_KINDS,
  moduleIds,
  type Scenario,
  ScenarioError,
  strengthFaultOf,
  validateScenario,
} from '@emberwatch/engine/physics';
import { createRandom } from '@emberwatch/engine/random';
import { type SensorPlan, validateSensorPlan } from '@emberwatch/engine/sensors';
import type { Nameplate } from '@emberwatch/engine/telemetry';
import { MS_PER_MIN } from '@emberwatch/engine/units';
import { excessOf } from '../simulate/scenario-file.ts';
import { Draw, type Fields, isFields, type Places } from './distribution.ts';
import type { Outcome, Split } from './manifest.ts';
import { errorInRun, type PlanFile, type Recipe, wholeRecipe } from './plan.ts';
import { type ProfileFiles, resolveProfile } from './profile-file.ts';

/** The strength of a fault is looked for that reaches the point of no return in a wanted time. */
export interface Solving {
  readonly module: string;
  /** Position of the fault in the scenario. */
  readonly fault: number;
  readonly timeToPnrS: number;
  /** Where none does, or the run is too long to look: the run fails, or keeps the strength that was drawn. */
  readonly otherwise: 'fail' | 'asDrawn';
}

/** A run as it is handed to a worker. */
export interface DrawnRun {
  /** `000017`. */
  readonly run: string;
  readonly recipe: string;
  readonly seed: number;
  readonly split: Split;
  readonly site: string;
  readonly chemistry: string;
  readonly family: string;
  readonly kinds: readonly string[];
  readonly nameplate: Nameplate;
  readonly startMs: number;
  readonly scenario: Scenario;
  readonly sensors: SensorPlan;
  readonly solve: Solving | null;
  readonly intervention: boolean;
  readonly expect: Outcome | null;
}

const FIRST_START_MS = Date.UTC(2026, 0, 1);
const START_WITHIN_MINUTES = 365 * 24 * 60;
const DEFAULT_SITE_NAME = 'site';
const DEFAULT_TIME_TO_PNR_S = 3600;
/** A run whose fault is sized lasts until a quarter of the time to the point of no return after it. */
const AFTER_PNR = 1.25;

/** Part `k` of `n`, counted from 1: every n-th run. */
export interface Shard {
  readonly k: number;
  readonly n: number;
}

/** All runs in order, or those of part `k` of `n`. Errors: `InputError` with file, line, recipe, path and value. */
export function* drawRuns(
  source: PlanFile,
  profiles: ProfileFiles,
  shard: Shard | null = null,
): Generator<DrawnRun> {
  let index = 0;
  for (const recipe of source.plan.recipes)
    for (let k = 0; k < recipe.runs; k++, index++)
      if (shard === null || index % shard.n === shard.k - 1)
        yield drawRun(source, profiles, recipe, k, index);
}

function drawRun(
  source: PlanFile,
  profiles: ProfileFiles,
  recipe: Recipe,
  k: number,
  index: number,
): DrawnRun {
  const { plan } = source;
  const run = String(index).padStart(6, '0');
  // Named by its place in the recipe: a recipe more or longer changes no run of another.
  const draw = new Draw(plan.seed, `${recipe.name}/${k}`);
  const used = recipe.use.map((name, i) => String(draw.resolve(name, `use[${i}]`, null)));
  try {
    const whole = wholeRecipe(plan, recipe, used);
    const seed = draw.random('seed').uint32();
    const fields = placed(draw, draw.resolve(whole, 'run', null) as Fields);
    const scenario = scenarioOf(fields, profiles, `${recipe.name}-${run}`, seed);
    const { chemistry } = cellTypeOf(scenario.module);
    const sensors = validateSensorPlan(fields['sensors']);
    const site = siteName(fields['site']);
    const sized = solving(fields['solve'], withCells(scenario, fields, sensors));
    const excess = excessOf(sized.scenario);
    if (excess !== null) throw problemAt('scenario.outputIntervalS', excess);
    const kinds = kindsOf(scenario);
    return {
      run,
      recipe: recipe.name,
      seed: scenario.seed,
      site,
      chemistry,
      kinds,
      family: kinds[0] ?? 'calm',
      split: splitOf(source, recipe, k, { kinds, chemistry, site }),
      nameplate: nameplateOf(fields['nameplate'], scenario),
      startMs: FIRST_START_MS + draw.random('start').integer(START_WITHIN_MINUTES) * MS_PER_MIN,
      ...sized,
      sensors,
      intervention: (fields['intervention'] as boolean | undefined) ?? plan.intervention,
      expect: (fields['expect'] as Outcome | undefined) ?? null,
    };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw errorInRun(source, recipe, used, error.path, `run ${run}: ${error.message}`);
  }
}

/** Places are drawn once the site and the modules of the run are known. */
function placed(draw: Draw, fields: Fields): Fields {
  const given = (fields['scenario'] ?? {}) as Fields;
  const scenario = inScenario(() =>
    validateScenario({ name: 'places', ...picked(given, 'site', 'module', 'laboratory') }),
  );
  const places: Places = {
    modules: moduleIds(scenario),
    racks: scenario.site.racks.map(({ id }) => id),
    // Faults count layers, each of which may be struck.
    cells: cellsOf(scenario.module),
  };
  return draw.resolve(fields, 'run', places) as Fields;
}

function scenarioOf(fields: Fields, profiles: ProfileFiles, name: string, seed: number): Scenario {
  const given = (fields['scenario'] ?? {}) as Fields;
  return inScenario(() => {
    const durationS = validateScenario({ name, ...picked(given, 'durationS') }).durationS;
    const load = resolveProfile(given['load'], 'load', profiles, durationS);
    const ambientDegC = resolveProfile(given['ambientDegC'], 'ambientDegC', profiles, durationS);
    return validateScenario({
      name,
      seed,
      ...given,
      ...(load === undefined ? {} : { load }),
      ...(ambientDegC === undefined ? {} : { ambientDegC }),
    });
  });
}

/** Sensors of single cells need the cells of the truth. */
function withCells(scenario: Scenario, fields: Fields, { cellVoltages, probes }: SensorPlan): Scenario {
  const given = ((fields['scenario'] ?? {}) as Fields)['recordCellsOf'];
  const isNeeded = given === undefined && (cellVoltages !== null || probes !== null);
  return isNeeded ? { ...scenario, recordCellsOf: moduleIds(scenario) } : scenario;
}

/** Errors of a scenario name its place in the run. */
function inScenario<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw problemAt(`scenario.${error.path}`, error.message.slice(error.path.length + 2));
  }
}

function problemAt(path: string, problem: string): ScenarioError {
  const error = new ScenarioError(path, '', undefined);
  error.message = `${path}: ${problem}`;
  return error;
}

const picked = (fields: Fields, ...keys: string[]): Fields =>
  Object.fromEntries(keys.flatMap((key) => (fields[key] === undefined ? [] : [[key, fields[key]]])));

function siteName(value: unknown): string {
  const site = value ?? DEFAULT_SITE_NAME;
  if (typeof site !== 'string' || !/^[\w-]+$/.test(site))
    throw new ScenarioError('site', 'a name of letters, digits, - and _', site);
  return site;
}

/** Kinds of the faults, hazardous ones first. */
function kindsOf({ faults }: Scenario): string[] {
  const isHazard = (kind: string): boolean => FAULT_KINDS.find((known) => known.kind === kind)!.hazard;
  const kinds = [...new Set(faults.map(({ kind }) => kind))];
  return [...kinds.filter(isHazard), ...kinds.filter((kind) => !isHazard(kind))];
}

/**
 * Held-out kinds of faults, chemistries and sites come first, in this order. The other runs of a recipe are spread by
 * the golden ratio: every few runs in a row have nearly the wanted shares.
 */
function splitOf(
  { plan }: PlanFile,
  recipe: Recipe,
  k: number,
  run: { readonly kinds: readonly string[]; readonly chemistry: string; readonly site: string },
): Split {
  const { holdOut, splits, seed } = plan;
  if (run.kinds.some((kind) => holdOut.families.includes(kind))) return 'held-out-family';
  const chemistries = holdOut.chemistries.map((name) => name.toLowerCase());
  if (chemistries.includes(run.chemistry.toLowerCase())) return 'held-out-chemistry';
  if (holdOut.sites.includes(run.site)) return 'held-out-site';
  const at = (createRandom(seed, `split/${recipe.name}`).uniform() + k * GOLDEN) % 1;
  if (at < splits.test) return 'test';
  return at < splits.test + splits.validation ? 'validation' : 'train';
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** What is said about the modules, where the plan says that it is. */
function nameplateOf(value: unknown, { module }: Scenario): Nameplate {
  const reported = (value ?? {}) as Fields;
  const cell = cellTypeOf(module);
  for (const [key, isReported] of Object.entries(reported))
    if (typeof isReported !== 'boolean')
      throw new ScenarioError(`nameplate.${key}`, 'true, false or {chance: …}', isReported);
  return {
    ...(reported['capacityAh']
      ? { capacityAh: Number((cell.capacityAh * module.parallel).toPrecision(4)) }
      : {}),
    ...(reported['cellsInSeries'] ? { cellsInSeries: module.series } : {}),
    ...(reported['chemistry'] ? { chemistry: chemistryOf(cell.chemistry) } : {}),
  };
}

/** A run whose fault is sized is made long enough to see what comes of it. */
function solving(value: unknown, scenario: Scenario): Pick<DrawnRun, 'scenario' | 'solve'> {
  if (!isFields(value)) return { scenario, solve: null };
  const { timeToPnrS = DEFAULT_TIME_TO_PNR_S, otherwise = 'fail' } = value;
  if (typeof timeToPnrS !== 'number' || !(timeToPnrS > 0))
    throw new ScenarioError('solve.timeToPnrS', 'seconds from the onset of the fault', timeToPnrS);
  const sized = moduleIds(scenario)
    .map((module) => ({ module, fault: strengthFaultOf(scenario, module) }))
    .find(({ fault }) => fault !== undefined);
  if (!sized?.fault) {
    const kinds = scenario.faults.map(({ kind }) => kind);
    throw new ScenarioError('solve', 'a scenario with a fault that has a strength', kinds);
  }
  const { module, fault } = sized;
  const durationS = Math.max(
    scenario.durationS,
    Math.ceil((fault.entry.startS ?? 0) + timeToPnrS * AFTER_PNR),
  );
  return {
    scenario: { ...scenario, durationS },
    solve: { module, fault: fault.index, timeToPnrS, otherwise: otherwise as Solving['otherwise'] },
  };
}

/** What a run is made of: a finished one is known again by it. */
export const keyOfRun = (run: DrawnRun, madeBy: string, seedCsv: boolean): string =>
  createHash('sha256')
    .update(JSON.stringify([run, madeBy, seedCsv]))
    .digest('hex');
