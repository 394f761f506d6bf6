import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createModel,
  decodeModel,
  encodeModel,
  FEATURE_COUNT,
  FEATURE_INDEX,
  type ModelDocument,
} from '../../../src/detector/index.ts';
import { InputError } from '../../../src/telemetry/index.ts';
import { randomTrees, stumpModel } from './models.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const model = stumpModel('hottestDegC', 60);
const rejection = (document: unknown): string => {
  try {
    encodeModel(document as ModelDocument, sha256);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return 'accepted';
};

/** The document with one place changed: `scorer.trees.0.left.0`. */
function changed(place: string, value: unknown): unknown {
  const copy = structuredClone(model) as unknown as Record<string, unknown>;
  const keys = place.split('.');
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[keys.at(-1)!];
  else at[keys.at(-1)!] = value;
  return copy;
}

describe('the file of a model', () => {
  it('comes back as it was, and the same document gives the same bytes', () => {
    const bytes = encodeModel(model, sha256);
    expect(decodeModel(bytes, sha256)).toEqual(model);
    expect(encodeModel(structuredClone(model), sha256)).toEqual(bytes);
    // A line that a person can read, then nothing but ASCII.
    expect(Buffer.from(bytes).toString('latin1').split('\n')[0]).toMatch(
      /^emberwatch-model 1 [0-9a-f]{64} \d+$/,
    );
    expect(bytes.every((byte) => byte < 128)).toBe(true);
  });

  it('large trees come back to the last bit', () => {
    const scorer = { kind: 'trees', combine: 'sum', base: 0.1, trees: randomTrees(1, 100, 20, 31) } as const;
    const document = { ...model, scorer };
    expect(decodeModel(encodeModel(document, sha256), sha256)).toEqual(document);
  });

  it('whatever single byte is changed or cut off, it is refused', () => {
    const bytes = encodeModel(model, sha256);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, by) => {
          const broken = bytes.slice();
          broken[at] = (broken[at]! + by) & 255;
          expect(() => decodeModel(broken, sha256)).toThrow(InputError);
          expect(() => decodeModel(bytes.slice(0, at), sha256)).toThrow(InputError);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('says what is wrong with a file that is none', () => {
    const read = (text: string) => () => decodeModel(Buffer.from(text), sha256);
    expect(read('')).toThrow('not a model file');
    expect(read('PAR1\n')).toThrow('not a model file');
    expect(read(`emberwatch-model 2 ${'0'.repeat(64)} 0\n`)).toThrow('format version 2');
    expect(read(`emberwatch-model 1 ${'0'.repeat(64)} 2\n{}`)).toThrow('the file was changed');
    const payload = '{"name": 1}';
    expect(read(`emberwatch-model 1 ${sha256(Buffer.from(payload))} ${payload.length}\n${payload}`)).toThrow(
      'model: name must be a text',
    );
  });

  // [place, value, what the message says]
  it.each([
    ['name', 'a b', 'name is "a b"'],
    ['features.0.id', 'hottestDegC; drop', 'features[0].id'],
    ['features.1.id', 'hottestDegC', 'stands there twice'],
    ['scorer', null, 'scorer must be an object'],
    ['scorer.kind', 'code', 'scorer.kind is "code"'],
    ['scorer.trees', [], 'at least 1'],
    ['scorer.trees.0.threshold.0', 0.1, 'scorer.trees[0].threshold[0] is 0.1, which is no 32-bit float'],
    ['scorer.trees.0.threshold.0', null, 'scorer.trees[0].threshold[0] must be a finite number'],
    ['scorer.trees.0.left.0', 0, 'scorer.trees[0].left[0] is 0'],
    ['scorer.trees.0.left.0', 9, 'scorer.trees[0].left[0] is 9'],
    ['scorer.trees.0.left.0', 2, 'has a parent already'],
    ['scorer.trees.0.feature.0', 99, 'scorer.trees[0].feature[0] is 99'],
    ['scorer.trees.0.feature.0', -1, 'is reached from nowhere'],
    ['scorer.trees.0.cover.1', -1, 'scorer.trees[0].cover[1]'],
    ['scorer.trees.0.value', [1], 'has 1 entries instead of 3'],
    ['calibration.score', [5, -5], 'does not rise'],
    ['calibration.probability', [1, 0], 'falls'],
    ['calibration.probability.1', 2, 'between 0 and 1'],
    ['timeToPnr.median.combine', 'max', 'timeToPnr.median.combine'],
    ['thresholds.warning.probability', 0.1, 'thresholds.warning.probability'],
    ['thresholds.critical', undefined, 'thresholds.critical must be an object'],
    ['metrics.auc', Number.NaN, 'metrics.auc must be a finite number'],
    ['training.rows', '10', 'training.rows must be a finite number'],
  ])('refuses %s = %j and names the place', (place, value, says) => {
    expect(rejection(changed(place, value))).toContain(says);
  });

  it('whatever is put anywhere, it is refused with a place or works', () => {
    const places = Object.keys(flat(model as unknown as Record<string, unknown>));
    const features = new Float64Array(FEATURE_COUNT).fill(Number.NaN);
    const anything = fc.oneof(
      fc.constantFrom(
        null,
        undefined,
        [],
        {},
        '',
        'x',
        true,
        -1,
        0,
        1,
        2,
        1e9,
        0.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), anything, (place, value) => {
        const document = changed(place, value) as ModelDocument;
        if (rejection(document) !== 'accepted') return;
        const decoded = decodeModel(encodeModel(document, sha256), sha256);
        try {
          expect(createModel(decoded).probability(features)).not.toBeNaN();
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

function flat(value: Record<string, unknown>, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => [
      [`${prefix}${key}`, inner],
      ...(typeof inner === 'object' && inner !== null
        ? Object.entries(flat(inner as Record<string, unknown>, `${prefix}${key}.`))
        : []),
    ]),
  );
}

describe('a model at work', () => {
  const row = (values: Record<string, number>): Float64Array => {
    const features = new Float64Array(FEATURE_COUNT).fill(Number.NaN);
    for (const [id, value] of Object.entries(values))
      features[FEATURE_INDEX[id as keyof typeof FEATURE_INDEX]] = value;
    return features;
  };

  it('calibrates its score, tells the time and what moved it', () => {
    const at = createModel(model);
    expect(at.probability(row({ hottestDegC: 61 }))).toBeCloseTo(0.9, 9);
    expect(at.probability(row({ hottestDegC: 60 }))).toBeCloseTo(0.1, 9);
    expect(at.probability(row({}))).toBeCloseTo(0.1, 9);
    const time = at.timeToPnr(row({ hottestDegC: 61 }))!;
    expect([time.lowS, time.medianS, time.highS].map(Math.round)).toEqual([60, 300, 1500]);
    expect(at.drivers(row({ hottestDegC: 61 }))).toMatchObject([
      { feature: 'hottestDegC', value: 61, share: 1 },
    ]);
    expect(at.drivers(row({ hottestDegC: 50 }))).toEqual([]);
    expect(at.agreeingPhysics(row({ hottestDegC: 61 }))).toBe(1);
    expect(createModel({ ...model, timeToPnr: null }).timeToPnr(row({}))).toBeNull();
  });

  it('refuses figures that this version does not compute, or computes otherwise', () => {
    const named = (id: string, unit: string) => () =>
      createModel({ ...model, features: [{ id, unit }, ...model.features.slice(1)] });
    expect(named('colour', '')).toThrow(
      'features[0] is "colour", a figure that this version does not compute',
    );
    expect(named('hottestDegC', 'K')).toThrow('is in "K", here it is in "°C"');
    expect(named('watchedForMin', 'min')).toThrow('no model may look at it');
  });
});
