import { createRandom } from '@emberwatch/engine/random';
import {
  auroc,
  LEARNERS,
  type Learner,
  type Parameters,
  rowsOfTable,
  scoreTable,
  type Table,
} from '@emberwatch/lab/learn';
import { describe, expect, it } from 'vitest';
import { imbalanced } from './problems.ts';
import { rowOf, scoreOf, scoresOf } from './scorers.ts';

const table = imbalanced({ rows: 1500, seed: 1, offset: -4 });
const unseen = imbalanced({ rows: 1500, seed: 2, offset: -4 });
const small: Parameters = { trees: 12 };
const parametersOf = ({ defaults }: Learner): Parameters => (Object.hasOwn(defaults, 'trees') ? small : {});

const rowsOf = ({ rows }: Table): number[] => Array.from({ length: rows }, (_, row) => row);

describe.each(Object.values(LEARNERS))('$id', (learner) => {
  const fit = (from: Table, seed = 1, parameters: Parameters = {}) =>
    learner.fit(from, { seed, parameters: { ...parametersOf(learner), ...parameters } }).scorer;
  const scorer = fit(table);

  it('tells unseen hazardous rows from calm ones better than chance', () => {
    const score = scoresOf(scorer, unseen);
    expect(auroc({ score, target: unseen.target })).toBeGreaterThan(
      learner.id === 'isolation-forest' ? 0.55 : 0.66,
    );
  });

  it('writes plain data: finite numbers, thresholds and order that every runtime shares', () => {
    expect(JSON.parse(JSON.stringify(scorer))).toEqual(scorer);
    for (const tree of scorer.kind === 'linear' ? [] : scorer.trees) {
      const nodes = tree.feature.length;
      expect(Object.values(tree).map(({ length }) => length)).toEqual(new Array(7).fill(nodes));
      for (let node = 0; node < nodes; node++) {
        expect(Math.fround(tree.threshold[node]!)).toBe(tree.threshold[node]);
        if (tree.feature[node]! < 0) continue;
        // Children stand behind their parent: whoever walks a tree comes to an end.
        expect(tree.left[node]).toBeGreaterThan(node);
        expect(tree.right[node]).toBeGreaterThan(node);
        const [left, right] = [tree.left[node]!, tree.right[node]!];
        expect(tree.cover[node]).toBeCloseTo(tree.cover[left]! + tree.cover[right]!, 6);
        expect(tree.cover[node]! * tree.value[node]!).toBeCloseTo(
          tree.cover[left]! * tree.value[left]! + tree.cover[right]! * tree.value[right]!,
          6,
        );
      }
    }
  });

  it('is scored as its document says', () => {
    const [score, plain] = [scoreTable(scorer, unseen), scoresOf(scorer, unseen)];
    expect(maxDifference(score, plain)).toBeLessThan(1e-12);
  });

  it('gives the same for the same seed', () => {
    expect(fit(table)).toEqual(scorer);
  });

  it('scores a row of which nothing was measured, and one of huge values', () => {
    for (const value of [Number.NaN, 3.4e38, -3.4e38])
      expect(
        scoreOf(
          scorer,
          table.features.map(() => value),
        ),
      ).toSatisfy(Number.isFinite);
  });

  it('learns although features are constant, never measured or infinite', () => {
    const columns = table.columns.map((column) => column.slice());
    columns[9]!.fill(Number.NaN);
    columns[10]!.fill(7);
    columns[11]![3] = Number.POSITIVE_INFINITY;
    const score = scoresOf(fit({ ...table, columns }), unseen);
    expect(score.every(Number.isFinite)).toBe(true);
  });

  it('does not look at rows without weight', () => {
    const doubled = rowsOfTable(
      table,
      [...rowsOf(table), ...rowsOf(unseen)].map((row) => row % 1500),
    );
    for (let row = 1500; row < 3000; row++) {
      doubled.weight[row] = 0;
      (doubled.target as Float32Array)[row] = 1 - doubled.target[row]!;
    }
    const without = scoresOf(scorer, unseen);
    const withThem = scoresOf(fit(doubled), unseen);
    if (/boosted-trees$|regression$/.test(learner.id))
      expect(maxDifference(without, withThem)).toBeLessThan(1e-6);
    else expect(auroc({ score: withThem, target: unseen.target })).toBeGreaterThan(0.55);
  });

  it('names a parameter that it does not have', () => {
    expect(() => fit(table, 1, { treees: 3 })).toThrow(/treees: no such parameter; there are /);
  });

  it('refuses rows that nobody can learn from', () => {
    const target = new Float32Array(table.rows);
    if (learner.id !== 'isolation-forest')
      expect(() => fit({ ...table, target })).toThrow('no hazardous row carries weight');
    expect(() => fit(rowsOfTable(table, []))).toThrow('there is no row to learn from');
    expect(() => fit({ ...table, target: target.fill(Number.NaN) })).toThrow('row 0: expected a target');
    const weight = table.weight.slice();
    weight[4] = -1;
    expect(() => fit({ ...table, weight })).toThrow('row 4: expected a weight of 0 or more, got -1');
  });
});

const maxDifference = (a: Float64Array, b: Float64Array): number =>
  a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0);

describe.each(['boosted-trees', 'logistic-regression'])('%s', (id) => {
  const learner = LEARNERS[id]!;
  const fit = (from: Table) => learner.fit(from, { seed: 1, parameters: parametersOf(learner) }).scorer;

  it('takes a weight as so many rows', () => {
    const random = createRandom(5, 'weights');
    const weight = Float32Array.from(table.weight, () => 1 + random.integer(3));
    const repeated = rowsOf(table).flatMap((row) => new Array(weight[row]!).fill(row));
    // Of the regression the penalty is per row of mean weight, so that it needs none.
    const parameters: Parameters = id === 'logistic-regression' ? { penalty: 0 } : small;
    const [weighted, whole] = [{ ...table, weight }, rowsOfTable(table, repeated)].map((from) =>
      scoresOf(learner.fit(from, { seed: 1, parameters }).scorer, unseen),
    );
    expect(maxDifference(weighted!, whole!)).toBeLessThan(2e-5);
  });

  it('does not care for the order of rows', () => {
    const random = createRandom(6, 'order');
    const order = rowsOf(table).sort(() => random.uniform() - 0.5);
    const [straight, shuffled] = [table, rowsOfTable(table, order)].map((from) =>
      scoresOf(fit(from), unseen),
    );
    expect(maxDifference(straight!, shuffled!)).toBeLessThan(1e-6);
  });
});

describe.each(['boosted-trees', 'random-forest'])('monotone constraints of %s', (id) => {
  it.each([
    ['increasing', 'f0 f3', 1],
    ['decreasing', 'f0', -1],
    ['increasing', 'f1 f2 f8', 1],
  ] as const)('%s %s holds wherever one looks', (name, features, direction) => {
    const { scorer } = LEARNERS[id]!.fit(table, { seed: 3, parameters: { trees: 25, [name]: features } });
    const random = createRandom(7, 'probes');
    for (let probe = 0; probe < 300; probe++) {
      const row = rowOf(unseen, random.integer(unseen.rows));
      for (const feature of features.split(' ')) {
        const f = table.features.indexOf(feature);
        let before = Number.NaN;
        for (let value = -4; value <= 4; value += 0.25) {
          row[f] = value;
          const score = scoreOf(scorer, row);
          if (!Number.isNaN(before)) expect(direction * (score - before)).toBeGreaterThanOrEqual(0);
          before = score;
        }
      }
    }
  });

  it('names a feature that the table does not have', () => {
    expect(() => LEARNERS[id]!.fit(table, { seed: 1, parameters: { increasing: 'f0 heat' } })).toThrow(
      'monotone constraint on heat: no feature of the table has this name',
    );
  });
});
