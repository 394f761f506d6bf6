import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlopeWindow } from '../../src/detector/slope.ts';
import { noise } from './site.ts';

function feed(
  window: SlopeWindow,
  stepS: number,
  n: number,
  value: (timeS: number) => number,
  stepSize = 0.001,
) {
  for (let i = 0; i < n; i++) window.add(i * stepS, value(i * stepS), stepS, stepSize);
}

describe('slope window', () => {
  it('returns the slope of a straight line exactly, from 20 Hz to one value a minute', () => {
    for (const stepS of [0.05, 0.1, 1, 5, 10, 30, 60]) {
      const window = new SlopeWindow(60);
      feed(window, stepS, Math.ceil(400 / stepS) + 10, (t) => 20 + 0.025 * t);
      expect(window.slopePerS, `every ${stepS} s`).toBeCloseTo(0.025, 9);
    }
  });

  it('knows nothing until half of its horizon is filled, nor after a reset', () => {
    const window = new SlopeWindow(60);
    feed(window, 1, 25, (t) => t);
    expect(window.slopePerS).toBeNaN();
    feed(window, 1, 120, (t) => t);
    expect(window.slopePerS).toBeCloseTo(1, 9);
    window.reset();
    expect(window.slopePerS).toBeNaN();
  });

  it('covers the true slope of noisy values about as often as 95 % promises', () => {
    const random = noise(7);
    let covered = 0;
    const runs = 1000;
    for (let run = 0; run < runs; run++) {
      const window = new SlopeWindow(60);
      feed(window, 1, 70, (t) => 0.01 * t + (random() + random() + random()) * 0.3);
      if (Math.abs(window.slopePerS - 0.01) <= window.uncertaintyPerS) covered++;
    }
    // Two-sided binomial limits at 4 sigma around 0.95.
    expect(covered / runs).toBeGreaterThan(0.92);
    expect(covered / runs).toBeLessThan(0.98);
  });

  it('a sensor of 1 K that flickers between two steps is never surely rising by 1 K/min', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 200, maxLength: 400 }), (flicker) => {
        const window = new SlopeWindow(60);
        flicker.forEach((isUp, i) => {
          window.add(i, isUp ? 30 : 29, 1, 1);
          expect(window.surelyRisingPerS * 60 >= 1).toBe(false);
        });
      }),
      { numRuns: 100 },
    );
  });
});
