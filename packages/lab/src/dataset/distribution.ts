/** Values of a plan that are drawn: an object with one of these keys stands for a number, a choice or a place. */
import { nearestName, ScenarioError } from '@emberwatch/engine/physics';
import { createRandom, type Random } from '@emberwatch/engine/random';

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys that may stand beside the one that names the distribution. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  uniform: [],
  logUniform: [],
  normal: ['within'],
  integer: [],
  choice: ['weights'],
  chance: [],
  anyModule: [],
  anyRack: [],
  anyCell: [],
};
const NAMES = Object.keys(BESIDE);
/** Where something happens: known once the site and the modules of the run are drawn. */
const PLACES = ['anyModule', 'anyRack', 'anyCell'];
/** Drawn numbers are cut to this, so that what a manifest shows is what was run. */
const DIGITS = 6;

/** The name of the distribution that the value is, or null. */
function distributionOf(value: unknown): string | null {
  if (!isFields(value)) return null;
  const keys = Object.keys(value);
  const name = keys.find((key) => NAMES.includes(key));
  if (name === undefined) return null;
  return keys.every((key) => key === name || BESIDE[name]!.includes(key)) ? name : null;
}

/** What is drawn from: the module, rack and cells of the run, once they are known. */
export interface Places {
  readonly modules: readonly string[];
  readonly racks: readonly string[];
  readonly cells: number;
}

/**
 * Draws the values of one run. Each has a stream of its own, named by the run and its path, so that a value more or
 * less changes no other.
 */
export class Draw {
  private readonly seed: number;
  private readonly run: string;

  constructor(seed: number, run: string) {
    this.seed = seed;
    this.run = run;
  }

  random(path: string): Random {
    return createRandom(this.seed, `${this.run}/${path}`);
  }

  /** `value` with every distribution in it drawn. Places are left as they are while `places` is null. */
  resolve(value: unknown, path: string, places: Places | null): unknown {
    if (Array.isArray(value)) return value.map((item, i) => this.resolve(item, `${path}[${i}]`, places));
    if (!isFields(value)) return value;
    const name = distributionOf(value);
    if (name === null)
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, this.resolve(item, `${path}.${key}`, places)]),
      );
    if (PLACES.includes(name)) return places === null ? value : this.place(name, value[name], path, places);
    if (name === 'choice') return this.resolve(this.choice(value, path), `${path}.choice`, places);
    return this.number(name, value, path);
  }

  private number(name: string, value: Fields, path: string): number | boolean {
    const random = this.random(path);
    if (name === 'chance') return random.uniform() < (value['chance'] as number);
    const [a, b] = value[name] as [number, number];
    if (name === 'integer') return a + random.integer(b - a + 1);
    if (name === 'uniform') return cut(random.uniformBetween(a, b));
    if (name === 'logUniform') return cut(Math.exp(random.uniformBetween(Math.log(a), Math.log(b))));
    const [low, high] = (value['within'] as [number, number] | undefined) ?? [-Infinity, Infinity];
    return cut(Math.min(high, Math.max(low, a + b * random.normal())));
  }

  private choice(value: Fields, path: string): unknown {
    const options = value['choice'] as unknown[];
    const weights = (value['weights'] as number[] | undefined) ?? options.map(() => 1);
    let left = this.random(path).uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [i, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return options[i];
    }
    return options[weights.findLastIndex((weight) => weight > 0)];
  }

  /** `{anyModule: true}` is drawn for itself; `{anyModule: one}` is the same wherever this name stands. */
  private place(name: string, which: unknown, path: string, places: Places): unknown {
    const random = this.random(which === true ? path : `${name}/${String(which)}`);
    if (name === 'anyCell') return random.integer(places.cells);
    const from = name === 'anyModule' ? places.modules : places.racks;
    return from[random.integer(from.length)];
  }
}

const cut = (value: number): number => Number(value.toPrecision(DIGITS));

/** Errors: `ScenarioError` with the path of the first distribution below `value` that cannot be drawn from. */
export function checkDistributions(value: unknown, path: string): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkDistributions(item, `${path}[${i}]`);
    return;
  }
  if (!isFields(value)) return;
  const name = distributionOf(value);
  if (name !== null && name !== 'choice') {
    checkOne(name, value, path);
    return;
  }
  if (name === 'choice') checkChoice(value, path);
  const [only, ...others] = Object.keys(value);
  const meant = only === undefined || others.length > 0 || name ? undefined : nearestName(only, NAMES);
  if (meant !== undefined) throw new ScenarioError(path, `a value or {${meant}: …}`, value);
  for (const [key, item] of Object.entries(value)) checkDistributions(item, `${path}.${key}`);
}

function checkOne(name: string, value: Fields, path: string): void {
  const given = value[name];
  const at = `${path}.${name}`;
  if (PLACES.includes(name)) {
    if (given !== true && (typeof given !== 'string' || given === ''))
      throw new ScenarioError(at, 'true, or a name for places that are the same', given);
    return;
  }
  if (name === 'chance') {
    if (typeof given !== 'number' || !(given >= 0 && given <= 1))
      throw new ScenarioError(at, 'a number between 0 and 1', given);
    return;
  }
  const pair = name === 'normal' ? 'mean and standard deviation' : 'least and greatest value';
  if (!isPair(given)) throw new ScenarioError(at, `a list of two numbers (${pair})`, given);
  const [a, b] = given;
  if (name === 'normal' ? b < 0 : a > b) throw new ScenarioError(at, pair, given);
  if (name === 'logUniform' && a <= 0) throw new ScenarioError(at, 'numbers above 0', given);
  if (name === 'integer' && !(Number.isInteger(a) && Number.isInteger(b)))
    throw new ScenarioError(at, 'integers', given);
  const { within } = value;
  if (within !== undefined && (!isPair(within) || within[0] > within[1]))
    throw new ScenarioError(`${path}.within`, 'least and greatest value', within);
}

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((item) => Number.isFinite(item));

function checkChoice({ choice, weights }: Fields, path: string): void {
  if (!Array.isArray(choice) || choice.length === 0)
    throw new ScenarioError(`${path}.choice`, 'a list of what is chosen from', choice);
  if (weights === undefined) return;
  const fits =
    Array.isArray(weights) &&
    weights.length === choice.length &&
    weights.every((weight) => typeof weight === 'number' && weight >= 0) &&
    weights.some((weight) => weight > 0);
  if (!fits) throw new ScenarioError(`${path}.weights`, `${choice.length} numbers, not all 0`, weights);
}

/** `over` laid on `under`: objects key by key, anything else, distributions too, as a whole. */
export function merged(under: unknown, over: unknown): unknown {
  if (!isFields(under) || !isFields(over) || distributionOf(under) || distributionOf(over)) return over;
  const result: Fields = { ...under };
  for (const [key, value] of Object.entries(over))
    result[key] = key in under ? merged(under[key], value) : value;
  return result;
}
