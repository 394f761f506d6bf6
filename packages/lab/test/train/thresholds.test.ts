import { describe, expect, it } from 'vitest';
import { MODEL_SCORE, SCORES } from '../../src/rows/scores.ts';
import { separation, thresholdsOf } from '../../src/train/thresholds.ts';
import { degCOfLogOdds, type Plan, tallied } from '../evaluate/runs.ts';

const heated = (run: string, rateKPerS: number, pnrS: number | null): Plan => ({
  run,
  modules: ['a'],
  durationS: 3600,
  fault: { module: 'a', onsetS: 600, rateKPerS, pnrS },
});
/** Two run away at 115 °C; two are heated to 55 °C and to 85 °C and do not. */
const FAULTS = [
  heated('000001', 0.05, 2400),
  heated('000002', 0.05, 2400),
  heated('000003', 0.01, null),
  heated('000004', 0.02, null),
];
const CALM: Plan = { run: '000005', modules: ['a'], durationS: 7200 };
const { grid } = SCORES[MODEL_SCORE];

describe('where a probability becomes a level', () => {
  it('critical lies above what harmless faults reach and below what runs away', async () => {
    const { level, recall, harmless } = separation(await tallied(FAULTS), 0);
    expect([recall, harmless]).toEqual([1, 0]);
    expect(degCOfLogOdds(grid[level]!)).toBeGreaterThan(84);
    expect(degCOfLogOdds(grid[level]!)).toBeLessThan(90);
  });

  it('it is never below what calm data ask for', async () => {
    const runMetrics = await tallied([...FAULTS, CALM]);
    expect(separation(runMetrics, 200).level).toBeGreaterThanOrEqual(200);
  });

  it('levels rise, and say what they were set by', async () => {
    // Whatever is above 25 °C is likely to be a hazard: the budget alone decides.
    const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-(logOdds + 5)));
    const { advisory, warning, critical } = thresholdsOf(await tallied([...FAULTS, CALM]), probabilityOf);
    expect(advisory.probability).toBeLessThanOrEqual(warning.probability);
    expect(warning.probability).toBeLessThan(critical.probability);
    // Calm modules stay at 25 °C, log-odds −2.5: the first threshold above that is quiet.
    expect(degCOfLogOdds(grid[advisory.level]!)).toBeGreaterThan(25);
    expect(degCOfLogOdds(grid[advisory.level]!)).toBeLessThan(27);
    expect(advisory.budget).toContain('too short to show the budget');
    expect(critical.budget).toContain('reached by 100 % of those that run away');
  });

  it('a quiet validation does not make an unlikely hazard a warning', async () => {
    const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
    const { advisory, warning } = thresholdsOf(await tallied([...FAULTS, CALM]), probabilityOf);
    expect(advisory.probability).toBeCloseTo(0.3, 1);
    expect(warning.probability).toBeCloseTo(0.6, 1);
    expect(advisory.probability).toBeGreaterThanOrEqual(0.3);
    expect(warning.probability).toBeGreaterThanOrEqual(0.6);
  });
});
