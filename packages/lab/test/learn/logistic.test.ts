import type { LinearDocument } from '@emberwatch/engine/detector';
import { logisticRegression, scoreTable } from '@emberwatch/lab/learn';
import { describe, expect, it } from 'vitest';
import { clouds, imbalanced } from './problems.ts';

describe('logistic regression', () => {
  it.each([
    ['clouds', clouds({ rows: 800, seed: 3 }), 1],
    [
      'few hazardous rows, many missing',
      imbalanced({ rows: 3000, seed: 3, offset: -4, missingShare: 0.3 }),
      0.1,
    ],
    ['no penalty', imbalanced({ rows: 3000, seed: 3, offset: -1 }), 0],
  ] as const)('ends where the loss has no slope: %s', (_, table, penalty) => {
    const parameters = { penalty, positiveWeight: 'balanced', limit: 3 } as const;
    const fitted = logisticRegression.fit(table, { seed: 1, parameters });
    const { weight, centre, scale, limit } = fitted.scorer as LinearDocument;
    const score = scoreTable(fitted.scorer, table);
    const positives = table.target.reduce((sum, hit) => sum + hit, 0);
    // Balanced: hazardous rows weigh as much as the others, the mean row weighs 1.
    const weightOf = (hit: number): number =>
      table.rows / 2 / (hit === 1 ? positives : table.rows - positives);
    const slopeAt = (input: (row: number) => number): number =>
      table.target.reduce((sum, hit, row) => {
        const miss = 1 / (1 + Math.exp(-score[row]!)) - hit;
        return sum + weightOf(hit) * miss * input(row);
      }, 0);
    expect(Math.abs(slopeAt(() => 1))).toBeLessThan(1e-3);
    for (const [f, column] of table.columns.entries()) {
      const slope = slopeAt((row) => {
        const scaled = (column[row]! - centre[f]!) / scale[f]!;
        return Number.isNaN(scaled) ? 0 : Math.min(Math.max(scaled, -limit), limit);
      });
      expect(Math.abs(slope + penalty * weight[f]!)).toBeLessThan(1e-3);
    }
  });
});
