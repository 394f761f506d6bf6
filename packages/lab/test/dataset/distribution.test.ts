import { ScenarioError } from '@emberwatch/engine/physics';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDistributions, Draw, merged } from '../../src/dataset/distribution.ts';

const PLACES = { modules: ['RackA1_Module01', 'RackA1_Module02'], racks: ['RackA1'], cells: 16 };
const many = (value: unknown, count = 4000): unknown[] =>
  Array.from({ length: count }, (_, k) => new Draw(1, `run/${k}`).resolve(value, 'x', PLACES));
const mean = (values: readonly unknown[]): number =>
  (values as number[]).reduce((sum, value) => sum + value, 0) / values.length;

describe('drawn values', () => {
  it('have the range and the mean of their distribution', () => {
    const uniform = many({ uniform: [2, 4] }) as number[];
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(4);
    expect(mean(uniform)).toBeCloseTo(3, 1);
    // Half of a value drawn evenly in its logarithm lies below the geometric mean.
    const logUniform = many({ logUniform: [1, 100] }) as number[];
    expect(logUniform.filter((value) => value < 10).length / logUniform.length).toBeCloseTo(0.5, 1);
    const normal = many({ normal: [10, 2] }) as number[];
    expect(mean(normal)).toBeCloseTo(10, 0);
    expect(Math.sqrt(mean(normal.map((value) => (value - 10) ** 2)))).toBeCloseTo(2, 0);
    const within = many({ normal: [10, 2], within: [9, 11] }) as number[];
    expect([Math.min(...within), Math.max(...within)]).toEqual([9, 11]);
    expect(new Set(many({ integer: [3, 5] }))).toEqual(new Set([3, 4, 5]));
    expect(mean(many({ chance: 0.3 }).map(Number))).toBeCloseTo(0.3, 1);
  });

  it('are chosen by weight, and what is chosen may itself be drawn', () => {
    const chosen = many({ choice: ['a', { uniform: [0, 1] }], weights: [3, 1] });
    expect(chosen.filter((value) => value === 'a').length / chosen.length).toBeCloseTo(0.75, 1);
    expect(chosen.filter((value) => value !== 'a').every((value) => typeof value === 'number')).toBe(true);
    expect(new Set(many({ choice: ['a', 'b'], weights: [1, 0] }))).toEqual(new Set(['a']));
  });

  it('name the same place where the same name stands', () => {
    for (let k = 0; k < 50; k++) {
      const [a, b, c] = new Draw(k, 'run').resolve(
        [{ anyModule: 'one' }, { anyModule: 'one' }, { anyCell: true }],
        'faults',
        PLACES,
      ) as [string, string, number];
      expect(b).toBe(a);
      expect(PLACES.modules).toContain(a);
      expect(c).toBeLessThan(16);
    }
    expect(new Set(many([{ anyModule: true }, { anyModule: true }]).map(String)).size).toBe(4);
    expect(new Draw(1, 'run').resolve({ anyModule: true }, 'x', null)).toEqual({ anyModule: true });
  });

  it('do not change when another value comes or goes', () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(keys, fc.nat(), (names, seed) => {
        const all = Object.fromEntries(names.map((name) => [name, { uniform: [0, 1] }]));
        const { [names[0]!]: _, ...fewer } = all;
        const drawnAll = new Draw(seed, 'run').resolve(all, 'run', null) as Record<string, number>;
        const drawnFewer = new Draw(seed, 'run').resolve(fewer, 'run', null);
        const { [names[0]!]: __, ...rest } = drawnAll;
        expect(drawnFewer).toEqual(rest);
      }),
    );
  });
});

describe('parts laid over each other', () => {
  it('merge key by key; lists and distributions are replaced as a whole', () => {
    expect(merged({ a: { b: 1, c: 2 } }, { a: { c: 3 } })).toEqual({ a: { b: 1, c: 3 } });
    expect(merged({ a: { uniform: [1, 2] } }, { a: { logUniform: [3, 4] } })).toEqual({
      a: { logUniform: [3, 4] },
    });
    expect(merged({ a: { uniform: [1, 2] } }, { a: { points: [] } })).toEqual({ a: { points: [] } });
    expect(merged({ a: [1, 2] }, { a: [3] })).toEqual({ a: [3] });
  });
});

describe('distributions that cannot be drawn from', () => {
  it.each([
    [{ uniform: [4, 2] }, 'x.uniform: expected least and greatest value, got [4,2]'],
    [{ uniform: 3 }, 'x.uniform: expected a list of two numbers (least and greatest value), got 3'],
    [{ logUniform: [0, 2] }, 'x.logUniform: expected numbers above 0, got [0,2]'],
    [{ integer: [1, 2.5] }, 'x.integer: expected integers, got [1,2.5]'],
    [{ normal: [1, -2] }, 'x.normal: expected mean and standard deviation, got [1,-2]'],
    [{ normal: [1, 2], within: 3 }, 'x.within: expected least and greatest value, got 3'],
    [{ choice: [] }, 'x.choice: expected a list of what is chosen from, got []'],
    [{ choice: [1, 2], weights: [1] }, 'x.weights: expected 2 numbers, not all 0, got [1]'],
    [{ choice: [1, { chance: 2 }] }, 'x.choice[1].chance: expected a number between 0 and 1, got 2'],
    [{ anyModule: false }, 'x.anyModule: expected true, or a name for places that are the same, got false'],
    [{ unifrom: [1, 2] }, 'x: expected a value or {uniform: …}, got {"unifrom":[1,2]}'],
  ])('%j', (value, message) => {
    expect(() => checkDistributions(value, 'x')).toThrow(new ScenarioError('x', 'y', 0).constructor as never);
    expect(() => checkDistributions(value, 'x')).toThrow(message);
  });
});
