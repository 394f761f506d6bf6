import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Block,
  MODEL_IDS,
  modelOf,
  type Point,
  type PointType,
} from '../../src/protocols/sunspec/models.ts';
import { PointRejections } from '../../src/protocols/sunspec/refusals.ts';
import { readChain, readModel } from '../../src/protocols/sunspec/registers.ts';
import { battery, chainOf, moduleOf, type RawModel, type RawPoints, stringOf, wordsOf } from './plant.ts';

const decode = (model: RawModel) => {
  const rejections = new PointRejections();
  const reading = readModel({ start: 0, words: Uint16Array.from(wordsOf(model)) }, rejections);
  return { reading, refusals: rejections.list() };
};

/** Everything that a type can say but "not implemented". */
const RAW: Record<Exclude<PointType, 'pad'>, fc.Arbitrary<number | string>> = {
  u16: fc.integer({ min: 0, max: 0xfffe }),
  i16: fc.integer({ min: -0x7fff, max: 0x7fff }),
  e16: fc.integer({ min: 0, max: 0xfffe }),
  sf: fc.integer({ min: -10, max: 10 }),
  u32: fc.integer({ min: 0, max: 0xfffffffe }),
  b32: fc.integer({ min: 0, max: 0x7fffffff }),
  text: fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/),
};

const pointsOf = (block: Block, fixed: RawPoints = {}): fc.Arbitrary<RawPoints> =>
  fc.record(
    Object.fromEntries(
      block.points
        .filter(({ type }) => type !== 'pad')
        .map(({ name, type }) => [name, name in fixed ? fc.constant(fixed[name]!) : RAW[type as 'u16']]),
    ),
  );

const anyModel: fc.Arbitrary<RawModel> = fc
  .tuple(fc.constantFrom(...MODEL_IDS), fc.integer({ min: 0, max: 6 }))
  .chain(([id, count]) => {
    const { fixed, repeat } = modelOf(id)!;
    const points = pointsOf(fixed, repeat ? { [repeat.count]: count } : {});
    const repeats = repeat
      ? fc.array(pointsOf(repeat), { minLength: count, maxLength: count })
      : fc.constant([]);
    return fc.record({ id: fc.constant<number>(id), points, repeats });
  });

/** As a person would compute it: the decimal number with these digits. */
const meant = ({ scaleFactor }: Point, raw: number | string, factors: RawPoints): number | string =>
  scaleFactor === null || typeof raw === 'string' ? raw : Number(`${raw}e${factors[scaleFactor]}`);

describe('registers', () => {
  it('any valid points come out as they went in', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        const { reading, refusals: rejections } = decode(model);
        expect(rejections).toEqual([]);
        const { fixed, repeat } = modelOf(model.id)!;
        for (const point of fixed.points)
          if (point.type !== 'pad')
            expect(reading!.values.get(point.name)).toBe(
              meant(point, model.points[point.name]!, model.points),
            );
        expect(reading!.repeats).toHaveLength(model.repeats!.length);
        for (const [i, part] of model.repeats!.entries())
          for (const point of repeat!.points)
            if (point.type !== 'pad')
              expect(reading!.repeats[i]!.get(point.name)).toBe(
                meant(point, part[point.name]!, model.points),
              );
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('what is not implemented is null, whatever its type', () => {
    for (const id of MODEL_IDS) {
      const count = modelOf(id)!.repeat?.count;
      const { reading } = decode({ id, points: count ? { [count]: 1 } : {}, repeats: count ? [{}] : [] });
      const values = [...reading!.values, ...(reading!.repeats[0] ?? [])];
      expect(values.filter(([name, value]) => value !== null && name !== count)).toEqual([]);
    }
  });

  it('a bit field is void as soon as its highest bit is set', () => {
    for (const Evt1 of [0x80000000, 0xffffffff, 0x80000002])
      expect(decode(battery({ Evt1 })).reading!.values.get('Evt1')).toBeNull();
  });

  it('without its scale factor a value is missing, and counted', () => {
    const { reading, refusals: rejections } = decode(moduleOf(1, 1, { V_SF: -0x8000 }));
    expect(reading!.values.get('V')).toBeNull();
    expect(reading!.values.get('CellVMax')).toBe(3.345);
    expect(rejections).toMatchObject([{ reason: 'no-scale-factor', count: 1, first: '805 at 0.V (V_SF)' }]);
  });

  it('scale factors beyond ten powers are refused', () => {
    for (const Tmp_SF of [11, -11, 0x7fff]) {
      const { reading, refusals: rejections } = decode(moduleOf(1, 1, { Tmp_SF }));
      expect(reading!.values.get('CellTmpMax')).toBeNull();
      // Three of the module, four of its cells.
      expect(rejections).toMatchObject([{ reason: 'scale-factor-refused', count: 7 }]);
    }
  });

  it('a length that does not fit the points is another model, and refused', () => {
    // The draft of 2014 had 38 registers before the modules.
    const words = Uint16Array.from([804, 38, ...Array.from({ length: 38 }, () => 1)]);
    const rejections = new PointRejections();
    expect(readModel({ start: 40_070, words }, rejections)).toBeNull();
    expect(rejections.list()).toMatchObject([
      { reason: 'wrong-length', count: 1, first: '804 at 40070: 38' },
    ]);
  });

  it('parts that are promised and not there are told', () => {
    const { reading, refusals: rejections } = decode(moduleOf(1, 1, { NCell: 14 }));
    expect(reading!.repeats).toHaveLength(4);
    expect(rejections).toMatchObject([{ reason: 'wrong-count', count: 1 }]);
  });
});

describe('chain of models', () => {
  const models = [battery(), stringOf(1, [{}, {}]), moduleOf(1, 1), moduleOf(1, 2)];
  const walk = (words: readonly number[]) => {
    const rejections = new PointRejections();
    const readings = readChain({ start: 40_000, words: Uint16Array.from(words) }, rejections);
    return {
      ids: readings.map(({ model }) => model.id),
      reasons: rejections.list().map(({ reason }) => reason),
    };
  };

  it('is walked to its end, past models that say nothing of modules', () => {
    expect(walk([...chainOf(models), 7, 7, 7])).toEqual({ ids: [802, 804, 805, 805], reasons: [] });
  });

  it('may be a piece that begins with a known model', () => {
    expect(walk(models.slice(1, 3).flatMap(wordsOf))).toEqual({ ids: [804, 805], reasons: [] });
    expect(walk([103, 1, 0])).toEqual({ ids: [], reasons: ['no-model'] });
    expect(walk([])).toEqual({ ids: [], reasons: ['no-model'] });
  });

  it('that ends too early gives the models that are whole, and says so', () => {
    const chain = chainOf(models);
    expect(walk(chain.slice(0, -10))).toEqual({ ids: [802, 804, 805], reasons: ['cut-off'] });
    expect(walk(chain.slice(0, -2))).toEqual({ ids: [802, 804, 805, 805], reasons: ['cut-off'] });
  });

  it('of any registers at all ends, without a value that is no number', () => {
    const words = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(802, 803, 804, 805, 0xffff)),
      {
        maxLength: 400,
      },
    );
    fc.assert(
      fc.property(words, fc.boolean(), (random, isChain) => {
        const rejections = new PointRejections();
        const start = isChain ? [0x5375, 0x6e53] : [];
        for (const { values, repeats } of readChain(
          { start: 0, words: Uint16Array.from([...start, ...random]) },
          rejections,
        ))
          for (const value of [values, ...repeats].flatMap((part) => [...part.values()]))
            if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      }),
      { numRuns: 2000, seed: 2 },
    );
  });
});
