import { createRandom } from '@emberwatch/engine/random';
import { poissonUpperLimit, thresholdForBudget } from '@emberwatch/lab/learn';
import { describe, expect, it } from 'vitest';

const HOURS_PER_YEAR = 8766;

/** Maxima whose share above x is exp(−x). */
const exponential = (blocks: number, seed: number): Float64Array => {
  const random = createRandom(seed, 'maxima');
  return Float64Array.from({ length: blocks }, () => -Math.log(1 - random.uniform()));
};

describe('thresholds from calm data', () => {
  it('holds the budget on other calm data, where the data can show it', () => {
    const calm = { maxima: exponential(8766, 1), blockHours: 1 };
    const choice = thresholdForBudget(calm, 20);
    expect(choice.basis).toBe('observed');
    expect(choice.exposureModuleYears).toBeCloseTo(1, 10);
    expect(choice.exceedances).toBeLessThanOrEqual(20);
    const others = exponential(50 * 8766, 2).filter((maximum) => maximum > choice.threshold);
    expect(others.length / 50).toBeLessThan(30);
    expect(others.length / 50).toBeGreaterThan(12);
    expect(choice.claim).toContain('episodes in 1.0 calm module-years');
  });

  it('is conformal: over many calm sets the mean rate on a new block is at most the budget', () => {
    const blocks = 99;
    const blockHours = HOURS_PER_YEAR / 100;
    // A tenth of the blocks.
    const budget = -Math.log(0.9) * 100;
    let share = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { threshold } = thresholdForBudget({ maxima: exponential(blocks, seed), blockHours }, budget);
      share += Math.exp(-threshold) / 400;
    }
    expect(share).toBeLessThan(0.105);
    expect(share).toBeGreaterThan(0.09);
  });

  it('extrapolates an exponential tail to what it is, and does not claim it', () => {
    const calm = { maxima: exponential(8766, 3), blockHours: 1 };
    const budget = 0.01;
    const choice = thresholdForBudget(calm, budget);
    expect(choice.basis).toBe('tail');
    // exp(−x) · 8766 = 0.01. The shape of 876 excesses is known to 1 / √876 (Hosking and Wallis 1987), which is
    // ln(0.1 / 1.1e−6)² / 2 times as much of the level: 2.2.
    expect(Math.abs(choice.threshold - Math.log(8766 / budget))).toBeLessThan(2 * 2.2);
    expect(Math.abs(choice.tailShape)).toBeLessThan(2 / Math.sqrt(876));
    expect(choice.thresholdUpper95).toBeGreaterThan(choice.threshold);
    expect(choice.exceedances).toBe(0);
    expect(choice.upperLimitPerModuleYear).toBeCloseTo(3, 1);
    expect(choice.claim).toBe(
      '0 episodes in 1.0 calm module-years: below 3.0 per module-year with 95 % confidence; the budget of 0.010 is extrapolated 1.0e+2 times beyond the exposure and not shown',
    );
  });

  it('extrapolates neither too high nor too low on the whole, and its upper limit covers the truth', () => {
    const truth = Math.log(1000 / 0.1);
    const choices = Array.from({ length: 20 }, (_, seed) =>
      thresholdForBudget({ maxima: exponential(1000, seed), blockHours: HOURS_PER_YEAR / 1000 }, 0.1),
    );
    const mean = choices.reduce((sum, { threshold }) => sum + threshold / 20, 0);
    expect(Math.abs(mean - truth)).toBeLessThan(1.5);
    expect(choices.filter(({ thresholdUpper95 }) => thresholdUpper95 >= truth).length).toBeGreaterThanOrEqual(
      15,
    );
  });

  it('refuses to extrapolate from next to nothing', () => {
    expect(() => thresholdForBudget({ maxima: exponential(50, 1), blockHours: 1 }, 0.01)).toThrow(
      '50 calm blocks of 1 h show at most 1.7e+2 episodes per module-year; a tail needs 200 blocks',
    );
    expect(() => thresholdForBudget({ maxima: [1, Number.NaN], blockHours: 1 }, 1)).toThrow('without NaN');
  });

  it('knows the limits of Poisson (Ulm 1990)', () => {
    expect(poissonUpperLimit(0, 0.95)).toBeCloseTo(2.9957, 4);
    expect(poissonUpperLimit(1, 0.95)).toBeCloseTo(4.7439, 4);
    expect(poissonUpperLimit(10, 0.975)).toBeCloseTo(18.3904, 3);
    expect(poissonUpperLimit(2000, 0.95)).toBeGreaterThan(2000);
  });
});
