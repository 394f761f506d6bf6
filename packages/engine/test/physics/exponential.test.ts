import { describe, expect, it } from 'vitest';
import { exponential } from '../../src/physics/exponential.ts';

describe('exponential', () => {
  it('agrees with Math.exp to 1e-15 relative over its range', () => {
    let worst = 0;
    for (let i = 0; i <= 1_000_000; i++) {
      const x = -707.9 + (i * 1417) / 1_000_000;
      const exact = Math.exp(x);
      worst = Math.max(worst, Math.abs(exponential(x) - exact) / exact);
    }
    expect(worst).toBeLessThan(1e-15);
  });

  it('has the right values at the edges', () => {
    expect(exponential(0)).toBe(1);
    expect(exponential(-0)).toBe(1);
    expect(exponential(-800)).toBe(0);
    expect(exponential(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(exponential(800)).toBe(Number.POSITIVE_INFINITY);
    expect(exponential(709.7) / Math.exp(709.7)).toBeCloseTo(1, 14);
    // The logit of a reaction that has long ended passes all of these: a number or Infinity, never nothing.
    for (let x = 709.76; x < 709.79; x += 1e-5) expect(exponential(x), String(x)).toBeGreaterThan(1.7e308);
    expect(exponential(Number.NaN)).toBeNaN();
  });

  it('is bit-reproducible: fixed answers', () => {
    expect(exponential(1)).toBe(Math.E);
    expect(exponential(-40.5)).toBe(2.576757109154981e-18);
  });
});
