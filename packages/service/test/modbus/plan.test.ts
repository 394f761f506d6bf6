import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FoundModel, planOf } from '../../src/protocols/modbus/plan.ts';
import { MODEL_IDS, modelOf } from '../../src/protocols/sunspec/models.ts';

const chain: fc.Arbitrary<FoundModel[]> = fc
  .array(
    fc.record({
      id: fc.constantFrom(...MODEL_IDS),
      parts: fc.integer({ min: 0, max: 60 }),
      gap: fc.constantFrom(0, 0, 0, 5),
    }),
    { maxLength: 12 },
  )
  .map((wanted) => {
    let address = 40_070;
    return wanted.map(({ id, parts, gap }) => {
      const { fixed, repeat } = modelOf(id)!;
      const length = fixed.size + (repeat ? parts * repeat.size : 0);
      const found = { id, address: address + gap, length };
      address = found.address + 2 + length;
      return found;
    });
  });

describe('blocks of registers', () => {
  it('hold every point once, no more than allowed, and cut none', () => {
    fc.assert(
      fc.property(chain, fc.integer({ min: 64, max: 125 }), (models, maxRegisters) => {
        const { blocks } = planOf(models, maxRegisters);
        for (const { start, end } of blocks) expect(end - start).toBeLessThanOrEqual(maxRegisters);
        const owners = new Map<number, number[]>();
        for (const [i, { start, end }] of blocks.entries())
          for (let at = start; at < end; at++) owners.set(at, [...(owners.get(at) ?? []), i]);
        const blockAt = (address: number): number => {
          const holding = owners.get(address) ?? [];
          if (holding.length !== 1) throw new Error(`register ${address} is in ${holding.length} blocks`);
          return holding[0]!;
        };
        for (const { id, address, length } of models) {
          const { fixed, repeat } = modelOf(id)!;
          // Header, values and scale factors of the fixed part come with one answer.
          const first = blockAt(address);
          expect(Array.from({ length: 2 + fixed.size }, (_, i) => blockAt(address + i))).toEqual(
            Array(2 + fixed.size).fill(first),
          );
          for (let at = fixed.size; repeat && at < length; at += repeat.size)
            expect(blockAt(address + 2 + at)).toBe(blockAt(address + 2 + at + repeat.size - 1));
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('are checked again where a model needs several', () => {
    const small = { id: 805, address: 100, length: 42 + 4 * 10 };
    const large = { id: 805, address: 184, length: 42 + 4 * 40 };
    const { split } = planOf([small, large]);
    expect([...split]).toEqual([[large, { start: 184 + 2 + 36, end: 184 + 2 + 42 }]]);
  });

  it('keep to one model each', () => {
    const models = [0, 1].map((i) => ({ id: 805, address: 1000 + 44 * i, length: 42 }));
    expect(planOf(models).blocks).toEqual([
      { start: 1000, end: 1044 },
      { start: 1044, end: 1088 },
    ]);
  });
});
