/** Plans: YAML that says which runs a dataset consists of (docs/datasets.md). */
import { dirname, join } from 'node:path';
import { FAULT_KINDS, nearestName, ScenarioError } from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import { findExample } from '../example-files.ts';
import { keysOf, readYaml, type YamlFile } from '../simulate/document.ts';
import { checkDistributions, type Fields, isFields, merged } from './distribution.ts';
import { OUTCOMES, type Outcome } from './manifest.ts';

/** What parts and recipes may say of a run; values as they stand in the file, distributions not yet drawn. */
const OF_A_RUN = ['site', 'scenario', 'solve', 'sensors', 'nameplate', 'intervention', 'expect'];
const OF_A_PLAN = [
  'name',
  'description',
  'licence',
  'seed',
  'splits',
  'holdOut',
  'intervention',
  'parts',
  'recipes',
];
const OF_A_PLAN_ON_BASE = [
  ...OF_A_PLAN.filter((key) => key !== 'parts' && key !== 'recipes'),
  'base',
  'times',
];
const NAMEPLATE = ['capacityAh', 'chemistry', 'cellsInSeries'];
const NAME = /^[\w-]+$/;
const MAX_RUNS = 100_000;

export interface Recipe {
  readonly name: string;
  readonly runs: number;
  /** Parts in the order in which they are laid over each other; a name may be drawn. */
  readonly use: readonly unknown[];
  readonly own: Fields;
}

export interface Plan {
  readonly name: string;
  readonly description: string;
  /** Of the data that the plan makes. */
  readonly licence: string;
  readonly seed: number;
  /** Shares of the runs that are not held out. */
  readonly splits: { readonly validation: number; readonly test: number };
  readonly holdOut: {
    readonly families: readonly string[];
    readonly chemistries: readonly string[];
    readonly sites: readonly string[];
  };
  readonly intervention: boolean;
  readonly parts: Readonly<Record<string, Fields>>;
  readonly recipes: readonly Recipe[];
}

/** A plan with the file that it came from, for errors that name the place. */
export interface PlanFile {
  /** Where its parts and recipes stand. */
  readonly file: YamlFile;
  /** The plan as data: all that it takes to make the dataset again. */
  readonly value: unknown;
  readonly plan: Plan;
}

const DEFAULT_LICENCE = 'Apache-2.0, as the program that made them';

/**
 * Reads a plan named by path, or by its name in a folder `plans` of the current folder, of one above it, or of this
 * checkout. Errors: `InputError` with file, line, path and value.
 */
export async function loadPlan(pathOrName: string): Promise<PlanFile> {
  const file = await readYaml(findExample('plan', pathOrName));
  if (isFields(file.value) && 'base' in file.value) return onBase(file);
  return planIn(file);
}

const planIn = (file: YamlFile, value = file.value): PlanFile => ({
  file,
  value,
  plan: file.checked(checkPlan, value),
});

/** A plan that is another one with more runs of each recipe, another seed, other splits. */
async function onBase(file: YamlFile): Promise<PlanFile> {
  const { base, times, ...own } = file.checked((value) => checkOnBase(value as Fields));
  const below = planIn(await readYaml(join(dirname(file.path), base)));
  const recipes = below.plan.recipes.map(({ runs }, r) => ({
    ...((below.value as { recipes: Fields[] }).recipes[r] as Fields),
    runs: Math.ceil(runs * times),
  }));
  return planIn(below.file, { ...(below.value as Fields), ...own, recipes });
}

function checkOnBase(value: Fields): Fields & { base: string; times: number } {
  checkKeys(value, '', OF_A_PLAN_ON_BASE, 'a plan with a base');
  const { name, base, times = 1 } = value;
  const isFactor = typeof times === 'number' && times > 0;
  must(isFactor, 'times', 'a number above 0', times);
  return { ...value, name: textAt(name, 'name', NAME), base: textAt(base, 'base'), times: times as number };
}

/** The plan that a plain object is. Errors: `ScenarioError` naming the path and the value. */
export function checkPlan(value: unknown): Plan {
  if (!isFields(value)) throw new ScenarioError('plan', 'an object with name and recipes', value);
  checkKeys(value, '', OF_A_PLAN, 'a plan');
  const parts = fieldsAt(value['parts'] ?? {}, 'parts');
  for (const [name, part] of Object.entries(parts)) checkFragment(part, `parts.${name}`, OF_A_RUN, 'a part');
  const plan: Plan = {
    name: textAt(value['name'], 'name', NAME),
    description: value['description'] === undefined ? '' : textAt(value['description'], 'description'),
    licence: value['licence'] === undefined ? DEFAULT_LICENCE : textAt(value['licence'], 'licence'),
    seed: seedOf(value['seed'] ?? 1),
    splits: splitsOf(value['splits'] ?? {}),
    holdOut: holdOutOf(value['holdOut'] ?? {}),
    intervention: booleanAt(value['intervention'] ?? false, 'intervention'),
    parts: parts as Record<string, Fields>,
    recipes: recipesOf(value['recipes'], parts),
  };
  const runs = plan.recipes.reduce((sum, recipe) => sum + recipe.runs, 0);
  must(runs <= MAX_RUNS, 'recipes', `at most ${MAX_RUNS} runs in all`, runs);
  return plan;
}

function recipesOf(value: unknown, parts: Fields): Recipe[] {
  must(Array.isArray(value) && value.length > 0, 'recipes', 'a list of recipes', value);
  const seen = new Set<string>();
  return (value as unknown[]).map((recipe, r) => {
    const path = `recipes[${r}]`;
    checkFragment(recipe, path, ['name', 'runs', 'use', ...OF_A_RUN], 'a recipe');
    const { name, runs, use = [], ...own } = recipe as Fields;
    const known = textAt(name, `${path}.name`, NAME);
    must(!seen.has(known), `${path}.name`, 'a name that no other recipe has', known);
    seen.add(known);
    const isCount = typeof runs === 'number' && Number.isInteger(runs) && runs >= 1;
    must(isCount, `${path}.runs`, 'a number of runs, 1 or more', runs);
    must(Array.isArray(use), `${path}.use`, 'a list of parts', use);
    for (const [i, named] of (use as unknown[]).entries()) checkUse(named, `${path}.use[${i}]`, parts);
    return { name: known, runs: runs as number, use: use as unknown[], own };
  });
}

/** A name of a part, or a choice of such names. */
function checkUse(named: unknown, path: string, parts: Fields): void {
  if (isFields(named) && Array.isArray(named['choice'])) {
    for (const [i, option] of named['choice'].entries()) checkUse(option, `${path}.choice[${i}]`, parts);
    return;
  }
  const known = Object.keys(parts);
  if (typeof named === 'string' && known.includes(named)) return;
  const meant = typeof named === 'string' ? nearestName(named, known) : undefined;
  const expected = meant
    ? `a part such as ${meant}`
    : `one of the parts ${known.join(', ') || '(there are none)'}`;
  throw new ScenarioError(path, expected, named);
}

function checkFragment(value: unknown, path: string, known: readonly string[], what: string): void {
  const fragment = fieldsAt(value, path);
  checkKeys(fragment, path, known, what);
  checkDistributions(fragment, path);
  const { scenario, solve, nameplate, expect, intervention } = fragment;
  if (scenario !== undefined) fieldsAt(scenario, `${path}.scenario`);
  if (nameplate !== undefined)
    checkKeys(fieldsAt(nameplate, `${path}.nameplate`), `${path}.nameplate`, NAMEPLATE, 'a nameplate');
  if (solve !== undefined && solve !== false) checkSolve(fieldsAt(solve, `${path}.solve`), `${path}.solve`);
  if (intervention !== undefined) booleanAt(intervention, `${path}.intervention`);
  if (expect === undefined) return;
  const isOutcome = OUTCOMES.includes(expect as Outcome);
  must(isOutcome, `${path}.expect`, `one of ${OUTCOMES.join(', ')}`, expect);
}

function checkSolve(solve: Fields, path: string): void {
  checkKeys(solve, path, ['timeToPnrS', 'otherwise'], 'solve');
  const { otherwise = 'fail' } = solve;
  must(otherwise === 'fail' || otherwise === 'asDrawn', `${path}.otherwise`, 'fail or asDrawn', otherwise);
}

function splitsOf(value: unknown): Plan['splits'] {
  const splits = fieldsAt(value, 'splits');
  checkKeys(splits, 'splits', ['validation', 'test'], 'splits');
  const { validation = 0, test = 0 } = splits;
  for (const [name, share] of Object.entries({ validation, test }))
    must(
      typeof share === 'number' && share >= 0 && share <= 1,
      `splits.${name}`,
      'a share from 0 to 1',
      share,
    );
  const shares = { validation: validation as number, test: test as number };
  must(shares.validation + shares.test <= 1, 'splits', 'shares that leave something to train on', value);
  return shares;
}

function holdOutOf(value: unknown): Plan['holdOut'] {
  const holdOut = fieldsAt(value, 'holdOut');
  checkKeys(holdOut, 'holdOut', ['families', 'chemistries', 'sites'], 'holdOut');
  const kinds = FAULT_KINDS.map(({ kind }) => kind);
  const families = namesAt(holdOut['families'], 'holdOut.families');
  for (const [i, family] of families.entries())
    must(kinds.includes(family), `holdOut.families[${i}]`, oneOf(family, kinds), family);
  return {
    families,
    chemistries: namesAt(holdOut['chemistries'], 'holdOut.chemistries'),
    sites: namesAt(holdOut['sites'], 'holdOut.sites'),
  };
}

const oneOf = (given: string, known: readonly string[]): string => {
  const meant = nearestName(given, known);
  return meant ? `a kind of fault such as ${meant}` : `one of ${known.join(', ')}`;
};

function namesAt(value: unknown, path: string): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.every((name) => typeof name === 'string');
  must(isList, path, 'a list of names', value);
  return value as string[];
}

function checkKeys(fields: Fields, path: string, known: readonly string[], what: string): void {
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    const meant = nearestName(key, known);
    const expected = meant ? `such as ${meant}` : `(${known.join(', ')})`;
    throw new ScenarioError(
      path === '' ? key : `${path}.${key}`,
      `a key of ${what} ${expected}`,
      fields[key],
    );
  }
}

function fieldsAt(value: unknown, path: string): Fields {
  must(isFields(value), path, 'an object', value);
  return value as Fields;
}

function textAt(value: unknown, path: string, pattern = /\S/): string {
  must(typeof value === 'string' && pattern.test(value), path, 'a name', value);
  return value as string;
}

function booleanAt(value: unknown, path: string): boolean {
  must(typeof value === 'boolean', path, 'true or false', value);
  return value as boolean;
}

function seedOf(value: unknown): number {
  must(Number.isSafeInteger(value), 'seed', 'an integer', value);
  return value as number;
}

function must(holds: boolean, path: string, expected: string, value: unknown): void {
  if (!holds) throw new ScenarioError(path, expected, value);
}

/** The recipe with its parts below it. `used` are the names that were drawn. */
export const wholeRecipe = (plan: Plan, recipe: Recipe, used: readonly string[]): Fields =>
  [...used.map((name) => plan.parts[name]!), recipe.own].reduce<Fields>(
    (under, over) => merged(under, over) as Fields,
    {},
  );

/**
 * What is wrong with a drawn run, as an error that names the line of the plan: of the recipe or of the part that the
 * value came from. `path` is that of the value in the run.
 */
export function errorInRun(
  { file, plan }: PlanFile,
  recipe: Recipe,
  used: readonly string[],
  path: string,
  message: string,
): InputError {
  const r = plan.recipes.indexOf(recipe);
  // A first key `scenario` would be taken for the name of the whole.
  const wanted = keysOf(`run.${path}`).slice(1);
  const candidates = [
    { at: `recipes[${r}]`, depth: depthOf(recipe.own, wanted) },
    ...used.toReversed().map((name) => ({ at: `parts.${name}`, depth: depthOf(plan.parts[name]!, wanted) })),
  ];
  const deepest = Math.max(...candidates.map(({ depth }) => depth));
  const { at } = candidates.find(({ depth }) => depth === deepest)!;
  return new InputError(`${file.path}: ${file.placeOf(`${at}.${path}`)}recipe ${recipe.name}: ${message}`);
}

/** How many keys of the path exist below `value`. */
function depthOf(value: unknown, keys: readonly (string | number)[]): number {
  let depth = 0;
  for (let at = value; depth < keys.length; depth++) {
    const next = (at as Record<string | number, unknown> | undefined)?.[keys[depth]!];
    if (next === undefined) break;
    at = next;
  }
  return depth;
}
