/** What all learners of trees can be told, and how it is checked. */
import { InputError } from '@emberwatch/engine/telemetry';
import type { Table } from '../table.ts';
import { MAX_VALUE_BINS } from './bins.ts';

/** Bounds, inclusive. */
type Range = readonly [min: number, max: number, isWhole?: boolean];

const RANGES: Readonly<Record<string, Range>> = {
  trees: [1, 10_000, true],
  maxLeaves: [2, 4096, true],
  maxDepth: [1, 64, true],
  maxBins: [2, MAX_VALUE_BINS, true],
  patience: [1, 10_000, true],
  learningRate: [1e-6, 1],
  lambda: [0, 1e9],
  minGain: [0, 1e9],
  minChildWeight: [1e-12, 1e12],
  rowShare: [1e-6, 1],
  featureShare: [1e-6, 1],
  nodeFeatureShare: [1e-6, 1],
  penalty: [0, 1e12],
  limit: [1, 1e6],
  sampleSize: [2, 1e6, true],
  quantile: [0.001, 0.999],
};

/**
 * The defaults with what is given instead. Errors: `InputError` naming a parameter that the learner does not have, or
 * that cannot be.
 */
export function settingsOf<P extends Readonly<Record<string, number | string | boolean>>>(
  learner: string,
  defaults: P,
  given: Partial<P> = {},
): P {
  for (const [name, value] of Object.entries(given)) {
    const place = `${learner}: ${name}`;
    if (!Object.hasOwn(defaults, name))
      throw new InputError(`${place}: no such parameter; there are ${Object.keys(defaults).join(', ')}`);
    if (name === 'positiveWeight') {
      if (value !== 'balanced' && !(typeof value === 'number' && value > 0 && value < 1e9))
        throw new InputError(
          `${place}: expected a number above 0 or "balanced", got ${JSON.stringify(value)}`,
        );
      continue;
    }
    if (typeof value !== typeof defaults[name])
      throw new InputError(`${place}: expected a ${typeof defaults[name]}, got ${JSON.stringify(value)}`);
    const range = RANGES[name];
    if (range && typeof value === 'number') checkRange(place, value, range);
  }
  return { ...defaults, ...given };
}

function checkRange(place: string, value: number, [min, max, isWhole]: Range): void {
  if (!(value >= min && value <= max) || (isWhole && !Number.isInteger(value)))
    throw new InputError(
      `${place}: expected a ${isWhole ? 'whole ' : ''}number between ${min} and ${max}, got ${value}`,
    );
}

/**
 * Directions by feature, 1 where the score may only rise with it, −1 where it may only fall, from names with blanks
 * between them. Errors: `InputError` where a name is no feature, or one has both directions.
 */
export function directions({ features }: Table, increasing: string, decreasing: string): Int8Array {
  const found = new Int8Array(features.length);
  for (const [text, direction] of [
    [increasing, 1],
    [decreasing, -1],
  ] as const)
    for (const name of text.split(/\s+/).filter(Boolean)) {
      const f = features.indexOf(name);
      if (f < 0)
        throw new InputError(`monotone constraint on ${name}: no feature of the table has this name`);
      if (found[f] === -direction)
        throw new InputError(`monotone constraint on ${name}: it cannot both rise and fall`);
      found[f] = direction;
    }
  return found;
}
