import { describe, expect, it } from 'vitest';
import { createRandom } from '../src/random.ts';

describe('random', () => {
  it('repeats for the same seed and stream, and differs for another of either', () => {
    const draw = (seed: number, stream: string) => {
      const random = createRandom(seed, stream);
      return Array.from({ length: 8 }, () => random.uint32());
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(2 ** 40 + 1, 'a')).not.toEqual(draw(1, 'a'));
  });

  it('clones its state, the spare normal included', () => {
    const random = createRandom(3, 'x');
    random.normal();
    const copy = random.clone();
    for (let i = 0; i < 5; i++) expect(copy.normal()).toBe(random.normal());
  });

  it('has the moments of the uniform and of the normal distribution', () => {
    const random = createRandom(11);
    const n = 200_000;
    let u1 = 0;
    let u2 = 0;
    let z1 = 0;
    let z2 = 0;
    let z4 = 0;
    for (let i = 0; i < n; i++) {
      const u = random.uniform();
      const z = random.normal();
      if (!(u >= 0 && u < 1)) throw new Error(`outside [0, 1): ${u}`);
      u1 += u / n;
      u2 += (u * u) / n;
      z1 += z / n;
      z2 += (z * z) / n;
      z4 += (z * z * z * z) / n;
    }
    // Five standard errors of each mean at n = 200 000.
    expect(Math.abs(u1 - 1 / 2)).toBeLessThan(0.0033);
    expect(Math.abs(u2 - 1 / 3)).toBeLessThan(0.0034);
    expect(Math.abs(z1)).toBeLessThan(0.0112);
    expect(Math.abs(z2 - 1)).toBeLessThan(0.0159);
    expect(Math.abs(z4 - 3)).toBeLessThan(0.11);
  });

  it('draws every integer below a count equally often', () => {
    const random = createRandom(5);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]!++;
    // Six standard deviations of a binomial count around 10 000.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(560);
  });

  it('refuses what it cannot use, with the value', () => {
    expect(() => createRandom(0.5)).toThrow('got 0.5');
    expect(() => createRandom(1).integer(0)).toThrow('got 0');
  });
});
