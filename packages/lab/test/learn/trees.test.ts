import type { TreesDocument } from '@emberwatch/engine/detector';
import { createRandom } from '@emberwatch/engine/random';
import {
  auroc,
  boostedQuantile,
  boostedRegression,
  boostedTrees,
  fitTimeToPnr,
  isolationForest,
  randomForest,
  rowsOfTable,
  scoreTable,
  type Table,
} from '@emberwatch/lab/learn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smote } from '../../src/learn/smote.ts';
import { binTable, float32Below } from '../../src/learn/trees/bins.ts';
import { meanPath } from '../../src/learn/trees/isolation.ts';
import { imbalanced } from './problems.ts';

function tableOf(columns: readonly (readonly number[])[], target: readonly number[]): Table {
  return {
    features: columns.map((_, f) => `f${f}`),
    rows: target.length,
    columns: columns.map((column) => Float32Array.from(column)),
    target: Float32Array.from(target),
    weight: new Float32Array(target.length).fill(1),
    run: Int32Array.from(target, (_, row) => row),
  };
}

const one = { trees: 1, learningRate: 1, lambda: 0, minChildWeight: 1e-12 };

describe('bins', () => {
  it('stand where the cuts say, whatever the values', () => {
    const floats = fc.array(fc.float({ noNaN: false }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(floats, fc.integer({ min: 2, max: 255 }), (values, maxBins) => {
        const table = tableOf(
          [values],
          values.map(() => 0),
        );
        const { cuts, groups } = binTable(table, new Float64Array(values.length).fill(1), maxBins);
        const cut = cuts[0]!;
        expect(cut.length).toBeLessThan(maxBins);
        for (let k = 1; k < cut.length; k++) expect(cut[k]).toBeGreaterThan(cut[k - 1]!);
        for (const [row, value] of table.columns[0]!.entries()) {
          const found = cut.findIndex((threshold) => value <= threshold);
          const bin = Number.isNaN(value) ? 255 : found < 0 ? cut.length : found;
          expect(groups[0]![row]! & 255).toBe(bin);
        }
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('are finer where rows weigh more', () => {
    const values = Array.from({ length: 10_000 }, (_, row) => row);
    const weight = Float64Array.from(values, (row) => (row >= 9000 ? 9 : 1));
    const [cut] = binTable(tableOf([values], values), weight, 100).cuts;
    expect(cut!.filter((threshold) => threshold > 9000).length).toBeGreaterThan(45);
  });

  it('round down to 32-bit floats', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const below = float32Below(value);
        expect(Math.fround(below)).toBe(below);
        if (value >= -3.4028234663852886e38) expect(below).toBeLessThanOrEqual(value);
      }),
      { seed: 4 },
    );
  });
});

describe('trees', () => {
  it('find a step and its height exactly', () => {
    const x = Array.from({ length: 100 }, (_, row) => row);
    const table = tableOf(
      [x],
      x.map((v) => (v < 37 ? 2 : 10)),
    );
    const { scorer } = boostedRegression.fit(table, { seed: 1, parameters: { ...one, maxLeaves: 2 } });
    const [tree] = (scorer as TreesDocument).trees;
    expect(tree!.threshold[0]).toBe(36.5);
    // Leaves lie on a grid of 2^-19.
    for (const [row, score] of scoreTable(scorer, table).entries())
      expect(score).toBeCloseTo(table.target[row]!, 5);
    expect(tree!.cover).toEqual([100, 37, 63]);
  });

  it('learn where missing values belong', () => {
    const x = Array.from({ length: 90 }, (_, row) => (row % 3 === 0 ? Number.NaN : row));
    for (const high of [0, 1]) {
      const table = tableOf(
        [x],
        x.map((v) => (Number.isNaN(v) ? high : v > 45 ? 1 : 0)),
      );
      const { scorer } = boostedRegression.fit(table, { seed: 1, parameters: { ...one, maxLeaves: 3 } });
      expect(Array.from(scoreTable(scorer, table))).toEqual(Array.from(table.target));
    }
  });

  it('tell missing from measured, where that is all there is', () => {
    const x = Array.from({ length: 50 }, (_, row) => (row % 2 === 0 ? Number.NaN : row));
    const table = tableOf(
      [x],
      x.map((v) => (Number.isNaN(v) ? 1 : 0)),
    );
    const { scorer } = boostedRegression.fit(table, { seed: 1, parameters: { ...one, maxLeaves: 2 } });
    expect(Array.from(scoreTable(scorer, table))).toEqual(Array.from(table.target));
  });

  it('send what was never missing in training where most rows went', () => {
    const x = Array.from({ length: 100 }, (_, row) => row);
    const table = tableOf(
      [x],
      x.map((v) => (v < 80 ? 0 : 1)),
    );
    const { scorer } = boostedRegression.fit(table, { seed: 1, parameters: { ...one, maxLeaves: 2 } });
    expect((scorer as TreesDocument).trees[0]!.missingLeft[0]).toBe(1);
  });

  it('stop where other runs no longer gain, and keep the best', () => {
    const [table, validation] = [5, 6].map((seed) => imbalanced({ rows: 1500, seed, offset: -2 }));
    const parameters = { trees: 400, learningRate: 0.3, patience: 10 };
    const { scorer, curve } = boostedTrees.fit(table!, { seed: 1, parameters, validation: validation! });
    const losses = curve!.validation;
    expect(losses.length).toBeLessThan(400);
    const best = losses.indexOf(Math.min(...losses));
    expect((scorer as TreesDocument).trees).toHaveLength(best + 1);
    expect(losses.length).toBe(best + 1 + 10);
    expect(curve!.train.at(-1)).toBeLessThan(curve!.train[0]!);
  });

  it('draw rows and features by the seed alone', () => {
    const table = imbalanced({ rows: 1500, seed: 5, offset: -2 });
    const parameters = { trees: 10, rowShare: 0.6, featureShare: 0.5 };
    const [a, b, c] = [1, 1, 2].map((seed) => boostedTrees.fit(table, { seed, parameters }).scorer);
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    for (const { feature } of (a as TreesDocument).trees)
      expect(new Set(feature.filter((f) => f >= 0)).size).toBeLessThanOrEqual(6);
  });

  it('add up exactly in 32-bit floats, in any order', () => {
    const table = imbalanced({ rows: 1500, seed: 5, offset: -2 });
    const { scorer } = boostedTrees.fit(table, { seed: 1, parameters: { trees: 300 } });
    const { trees, base } = scorer as TreesDocument;
    const sums = [trees, [...trees].reverse()].map((order) =>
      order.reduce(
        (sum, { value, feature }) => {
          const leaf = value[feature.lastIndexOf(-1)]!;
          return [Math.fround(sum[0]! + leaf), sum[1]! + leaf];
        },
        [base, base],
      ),
    );
    expect(new Set(sums.flat()).size).toBe(1);
  });
});

describe('quantiles', () => {
  const random = createRandom(8, 'quantiles');
  const rows = 8000;
  const x = Array.from({ length: rows }, () => random.uniformBetween(0, 4));
  const table = tableOf(
    [x],
    x.map((v) => 3 + v + 0.3 * v * random.normal()),
  );

  it('hold on rows never seen: a tenth below the low one, a tenth above the high one', () => {
    const order = x.map((_, row) => row);
    const [train, unseen] = [order.slice(0, 5000), order.slice(5000)].map((part) => rowsOfTable(table, part));
    const { low, median, high, quantiles } = fitTimeToPnr(train!, {
      seed: 1,
      parameters: { trees: 60, maxLeaves: 8, minChildWeight: 100 },
    });
    expect(quantiles).toEqual([0.1, 0.9]);
    const below = [low, median, high].map((scorer) => {
      const score = scoreTable(scorer, unseen!);
      return unseen!.target.reduce((count, y, row) => count + (y < score[row]! ? 1 : 0), 0) / unseen!.rows;
    });
    for (const [k, quantile] of [0.1, 0.5, 0.9].entries())
      expect(Math.abs(below[k]! - quantile)).toBeLessThan(0.04);
  });

  it('start and leaves are weighted quantiles, ties and all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 1, max: 4 })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.constantFrom(0.1, 0.5, 0.9),
        (rows, quantile) => {
          const made = {
            ...tableOf(
              [rows.map(() => 1)],
              rows.map(([y]) => y),
            ),
            weight: Float32Array.from(rows, ([, w]) => w),
          };
          const { scorer } = boostedQuantile.fit(made, { seed: 1, parameters: { trees: 1, quantile } });
          const repeated = rows.flatMap(([y, w]) => new Array(w).fill(y)).sort((a, b) => a - b);
          const expected = repeated[Math.max(0, Math.ceil(quantile * repeated.length - 1e-9) - 1)];
          expect(scoreTable(scorer, made)[0]).toBeCloseTo(expected, 5);
        },
      ),
      { seed: 5 },
    );
  });

  it('refuse what they cannot keep', () => {
    expect(() => boostedQuantile.fit(table, { seed: 1, parameters: { increasing: 'f0' } })).toThrow(
      'boosted-quantile: quantiles cannot have monotone constraints',
    );
    expect(() => boostedQuantile.fit(table, { seed: 1, parameters: { quantile: 1.5 } })).toThrow(
      'boosted-quantile: quantile: expected a number between 0.001 and 0.999, got 1.5',
    );
  });
});

describe('random forest', () => {
  it('is the mean of shares: between 0 and 1, calibrated when nothing is balanced', () => {
    const [table, unseen] = [5, 6].map((seed) => imbalanced({ rows: 4000, seed, offset: -2 }));
    const parameters = { trees: 40, positiveWeight: 1 };
    const score = scoreTable(randomForest.fit(table!, { seed: 1, parameters }).scorer, unseen!);
    const mean = (values: ArrayLike<number>): number =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    expect(score.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(Math.abs(mean(score) - mean(unseen!.target))).toBeLessThan(0.03);
  });
});

describe('isolation forest', () => {
  it('knows the mean path of an unsuccessful search', () => {
    // Exact: 2 H(n - 1) - 2 (n - 1) / n with harmonic numbers; of more rows Euler's approximation.
    expect([0, 1, 2].map(meanPath)).toEqual([0, 0, 1]);
    for (const [rows, tolerance] of [
      [3, 0.5],
      [256, 0.004],
      [100_000, 2e-5],
    ] as const) {
      let harmonic = 0;
      for (let k = 1; k < rows; k++) harmonic += 1 / k;
      expect(Math.abs(meanPath(rows) - (2 * harmonic - (2 * (rows - 1)) / rows))).toBeLessThan(tolerance);
    }
  });

  it('learns from calm rows alone and finds what is far from them', () => {
    const random = createRandom(9, 'isolation');
    const columns = [0, 1, 2].map(() => Array.from({ length: 600 }, () => random.normal()));
    const target = columns[0]!.map((_, row) => (row < 60 ? 1 : 0));
    for (const column of columns) for (let row = 0; row < 60; row++) column[row]! += 4;
    const table = tableOf(columns, target);
    const { scorer } = isolationForest.fit(table, { seed: 1 });
    expect(auroc({ score: scoreTable(scorer, table), target })).toBeGreaterThan(0.97);
    const calm = rowsOfTable(
      table,
      target.flatMap((hit, row) => (hit ? [] : [row])),
    );
    expect(isolationForest.fit(calm, { seed: 1 }).scorer).toEqual(scorer);
  });
});

describe('SMOTE', () => {
  it('makes up rows between hazardous neighbours of the same run', () => {
    const table = imbalanced({ rows: 1500, seed: 5, offset: -4, missingShare: 0.1 });
    const hazardous = table.target.reduce((sum, hit) => sum + hit, 0);
    const whole = smote(table, 1);
    expect(whole.rows).toBe(2 * (1500 - hazardous));
    expect(whole.target.reduce((sum, hit) => sum + hit, 0)).toBe(whole.rows / 2);
    const runs = new Set(Array.from(table.run).filter((_, row) => table.target[row] === 1));
    for (let row = 1500; row < whole.rows; row++) expect(runs.has(whole.run[row]!)).toBe(true);
    for (const [f, column] of whole.columns.entries()) {
      const own = Array.from(table.columns[f]!).filter(
        (v, row) => table.target[row] === 1 && !Number.isNaN(v),
      );
      const [min, max] = [Math.min(...own), Math.max(...own)];
      for (const value of column.subarray(1500))
        if (!Number.isNaN(value)) expect(value >= min - 1e-5 && value <= max + 1e-5).toBe(true);
    }
    expect(smote(table, 1)).toEqual(whole);
  });
});
