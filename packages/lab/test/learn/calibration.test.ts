import { createRandom } from '@emberwatch/engine/random';
import { auprc, auroc, calibrated, fitIsotonic, fitPlatt, logLoss } from '@emberwatch/lab/learn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const ones = (count: number): Float64Array => new Float64Array(count).fill(1);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

function scored(rows: number, seed: number, truth: (score: number) => number) {
  const random = createRandom(seed, 'scored');
  const score = Float64Array.from({ length: rows }, () => 2 * random.normal());
  return { score, target: score.map((s) => (random.uniform() < truth(s) ? 1 : 0)), weight: ones(rows) };
}

describe('calibration', () => {
  it.each([
    ['isotonic', fitIsotonic, 0.03],
    ['Platt', fitPlatt, 0.01],
  ] as const)('%s finds the probability that made the rows', (_, fit, tolerance) => {
    const truth = (s: number): number => sigmoid(1.5 * s - 2);
    const document = fit(scored(100_000, 1, truth));
    for (let s = -2.5; s <= 2.5; s += 0.5)
      expect(Math.abs(calibrated(document, s) - truth(s))).toBeLessThan(tolerance);
  });

  it('of any rows it is at most 64 points that rise, inside 0 and 1', () => {
    const rows = fc.array(
      fc.record({
        score: fc.integer({ min: -40, max: 40 }),
        hit: fc.boolean(),
        weight: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 2, maxLength: 300 },
    );
    fc.assert(
      fc.property(rows, fc.boolean(), (made, isPlatt) => {
        fc.pre(made.some(({ hit }) => hit) && made.some(({ hit }) => !hit));
        const input = {
          score: made.map(({ score }) => score / 8),
          target: made.map(({ hit }) => (hit ? 1 : 0)),
          weight: made.map(({ weight }) => weight),
        };
        let document: ReturnType<typeof fitPlatt>;
        try {
          document = (isPlatt ? fitPlatt : fitIsotonic)(input);
        } catch (error) {
          expect(String(error)).toContain('higher scores are not more hazardous');
          return;
        }
        const { score, probability } = document;
        expect(score.length).toBeGreaterThan(0);
        expect(score.length).toBeLessThanOrEqual(64);
        expect(probability).toHaveLength(score.length);
        for (let k = 0; k < score.length; k++) {
          expect(Math.fround(score[k]!)).toBe(score[k]);
          expect(probability[k]).toBeGreaterThan(0);
          expect(probability[k]).toBeLessThan(1);
          if (k === 0) continue;
          expect(score[k]).toBeGreaterThan(score[k - 1]!);
          expect(probability[k]).toBeGreaterThan(probability[k - 1]!);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('isotonic takes weights as so many rows', () => {
    const rows = { score: [1, 2, 3, 4], target: [0, 1, 0, 1], weight: [2, 1, 1, 2] };
    const repeated = { score: [1, 1, 2, 3, 4, 4], target: [0, 0, 1, 0, 1, 1], weight: ones(6) };
    const [weighted, whole] = [fitIsotonic(rows), fitIsotonic(repeated)];
    // The half row that holds back is a half of a mean row in both.
    expect(weighted.score).toEqual(whole.score);
    expect(fitIsotonic({ ...repeated, weight: ones(6).fill(7) })).toEqual(whole);
  });

  it('keeps the order of the highest scores', () => {
    const document = fitIsotonic(scored(5000, 3, (s) => (s > 1 ? 0.8 : 0.01)));
    expect(calibrated(document, 7)).toBeGreaterThan(calibrated(document, 5));
  });

  it('needs both kinds of rows', () => {
    for (const fit of [fitIsotonic, fitPlatt])
      expect(() => fit({ score: [1, 2], target: [0, 1], weight: [1, 0] })).toThrow(
        'calibration needs hazardous and calm rows that carry weight',
      );
  });
});

describe('figures without threshold', () => {
  it('are those of scikit-learn', () => {
    // sklearn.metrics 1.2.1: roc_auc_score, average_precision_score, log_loss with sample_weight.
    const target = [0, 0, 1, 1, 0, 1, 0, 1];
    const score = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.7, 0.9];
    const weight = [1, 2, 1, 0.5, 3, 2, 1, 1];
    expect(auroc({ score, target })).toBeCloseTo(0.6875, 12);
    expect(auroc({ score, target, weight })).toBeCloseTo(0.58730158730159, 12);
    expect(auprc({ score, target })).toBeCloseTo(0.76785714285714, 12);
    expect(auprc({ score, target, weight })).toBeCloseTo(0.59231411862991, 12);
    expect(logLoss({ score, target, weight })).toBeCloseTo(0.60546063638049, 12);
  });

  it('says which score has no order', () => {
    expect(() => auroc({ score: [1, Number.NaN], target: [0, 1] })).toThrow(
      'score 1: expected a number, got NaN',
    );
  });
});
