import { createRandom } from '@emberwatch/engine/random';
import { describe, expect, it } from 'vitest';
import {
  auroc,
  averagePrecision,
  bootstrap,
  poissonUpper,
  quantileOf,
  wilson,
} from '../../src/evaluate/statistics.ts';

describe('figures with their uncertainty', () => {
  it('upper limits of counts are those of the tables (Garwood 1936, one-sided 95 %)', () => {
    expect(poissonUpper(0)).toBeCloseTo(2.9957, 3);
    expect(poissonUpper(1)).toBeCloseTo(4.7439, 3);
    expect(poissonUpper(10)).toBeCloseTo(16.962, 2);
    expect(poissonUpper(400)).toBeGreaterThan(433);
    expect(poissonUpper(400)).toBeLessThan(436);
  });

  it('Wilson: 14 of 14 show no more than 78 %, 27 of 27 no more than 87.5 %', () => {
    expect(wilson(14, 14).low).toBeCloseTo(0.785, 3);
    expect(wilson(27, 27).low).toBeCloseTo(0.875, 3);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('areas agree with counting by hand', () => {
    // Pairs won: 0.9 beats three; 0.4 beats 0.1, ties with 0.4, loses to 0.6.
    expect(auroc([0.9, 0.4], [0.1, 0.4, 0.6])).toBeCloseTo((3 + 1.5) / 6, 12);
    // In falling order: +, −, +, −: precision 1 at the first, 2/3 at the second.
    expect(averagePrecision([0.9, 0.5], [0.7, 0.1])).toBeCloseTo((1 + 2 / 3) / 2, 12);
    // All tied: the share of positives.
    expect(averagePrecision([1], [1, 1, 1])).toBeCloseTo(0.25, 12);
    expect(auroc([], [1])).toBeNaN();
  });

  it('quantiles lie straight between the values', () => {
    expect(quantileOf([1, 2, 4], 0.5)).toBe(2);
    expect(quantileOf([1, 2, 4], 0.75)).toBe(3);
    expect(quantileOf([], 0.5)).toBeNaN();
  });

  it('intervals of the bootstrap hold the truth about as often as they say', () => {
    const random = createRandom(5, 'coverage');
    const trials = 200;
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      // Forty runs, each with an alarm in time with a chance of 70 %.
      const runs = Array.from({ length: 40 }, () => (random.uniform() < 0.7 ? 1 : 0));
      const mean = (sample: readonly number[]): number =>
        sample.reduce<number>((sum, one) => sum + one, 0) / sample.length;
      const interval = bootstrap(runs, mean, { seed: trial, draws: 200 })!;
      if (interval.low <= 0.7 && interval.high >= 0.7) held++;
    }
    // 95 % of 200 is 190 with a standard deviation of 3; the percentile method is a little short with 40 runs.
    expect(held).toBeGreaterThan(175);
    expect(held).toBeLessThan(200);
  });
});
