import { describe, expect, it } from 'vitest';
import { compileScorer, type ScorerDocument, type TreeDocument } from '../../../src/detector/index.ts';
import { createRandom } from '../../../src/random.ts';
import { leafOf, randomRow, randomTrees } from './models.ts';

/** The game of algorithm 1: expectation of a tree when only some features are known. */
function expectedOf(tree: TreeDocument, row: Float64Array, known: number, node = 0): number {
  const feature = tree.feature[node]!;
  if (feature < 0) return tree.value[node]!;
  const [left, right] = [tree.left[node]!, tree.right[node]!];
  if (known & (1 << feature)) {
    const x = row[feature]!;
    const goesLeft = Number.isNaN(x) ? tree.missingLeft[node] === 1 : x <= tree.threshold[node]!;
    return expectedOf(tree, row, known, goesLeft ? left : right);
  }
  const [coverLeft, coverRight] = [tree.cover[left]!, tree.cover[right]!];
  return (
    (coverLeft * expectedOf(tree, row, known, left) + coverRight * expectedOf(tree, row, known, right)) /
    (coverLeft + coverRight)
  );
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const sizeOf = (set: number): number => (set === 0 ? 0 : (set & 1) + sizeOf(set >> 1));

/** Shapley values by their definition, over all subsets. */
function shapley(trees: readonly TreeDocument[], row: Float64Array): number[] {
  const features = row.length;
  return Array.from(row, (_, f) => {
    let value = 0;
    for (let set = 0; set < 1 << features; set++) {
      if (set & (1 << f)) continue;
      const size = sizeOf(set);
      const weight = (factorial(size) * factorial(features - size - 1)) / factorial(features);
      for (const tree of trees)
        value += weight * (expectedOf(tree, row, set | (1 << f)) - expectedOf(tree, row, set));
    }
    return value;
  });
}

describe('scoring compiled trees', () => {
  const documents: ScorerDocument[] = [
    { kind: 'trees', combine: 'sum', base: -1.5, trees: randomTrees(1, 40, 12, 31) },
    { kind: 'trees', combine: 'mean', base: 0, trees: randomTrees(2, 30, 12, 60) },
    { kind: 'trees', combine: 'sum', base: 2, trees: randomTrees(3, 1, 12, 1) },
    { kind: 'isolation', sampleSize: 256, trees: randomTrees(4, 20, 12, 40) },
  ];
  const expected = (document: ScorerDocument, row: Float64Array): number => {
    if (document.kind === 'linear') throw new Error('not here');
    const sum = document.trees.reduce((total, tree) => total + leafOf(tree, row), 0);
    const mean = sum / document.trees.length;
    // c(256) = 2 (ln 255 + 0.5772) − 2 · 255 / 256 = 10.2448 (Liu 2008 gives 10.24).
    if (document.kind === 'isolation') return 2 ** (-mean / 10.2447709);
    return document.base + (document.combine === 'mean' ? mean : sum);
  };

  it.each(documents)('$kind $combine: one row, many rows and the document agree', (document) => {
    const random = createRandom(5, 'rows');
    const scorer = compileScorer(document, 12);
    const rows = Array.from({ length: 203 }, () => randomRow(random, 12));
    const columns = Array.from({ length: 12 }, (_, f) => Float32Array.from(rows, (row) => row[f]!));
    const scores = new Float64Array(203);
    scorer.scoreAll(columns, 203, scores);
    rows.forEach((row, i) => {
      expect(scorer.score(row)).toBeCloseTo(expected(document, row), 6);
      expect(scores[i]).toBeCloseTo(scorer.score(row), 12);
    });
  });

  it('decides on thresholds themselves, on infinities and on the largest float as the document says', () => {
    const trees = randomTrees(6, 30, 3, 20);
    const cuts = trees.flatMap(({ feature, threshold }) => threshold.filter((_, i) => feature[i]! >= 0));
    const huge = {
      ...trees[0]!,
      threshold: trees[0]!.threshold.map((t, i) => (i === 0 ? 3.4028234663852886e38 : t)),
    };
    const all = [...trees, huge];
    const scorer = compileScorer({ kind: 'trees', combine: 'sum', base: 0, trees: all }, 3);
    const values = [
      ...cuts,
      Number.NaN,
      0,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      3e38,
      -3e38,
      1e-40,
    ];
    for (const a of values.slice(0, 60))
      for (const b of values.slice(-9)) {
        const row = Float64Array.of(a, b, a);
        expect(scorer.score(row)).toBeCloseTo(
          all.reduce((sum, tree) => sum + leafOf(tree, row), 0),
          9,
        );
      }
  });

  it('a linear scorer clips what lies far out and takes what is missing as usual', () => {
    const scorer = compileScorer(
      { kind: 'linear', base: 1, weight: [2, -1], centre: [10, 0], scale: [5, 1], limit: 4 },
      2,
    );
    expect(scorer.score([15, 1])).toBe(1 + 2 - 1);
    expect(scorer.score([1000, Number.NaN])).toBe(1 + 8);
    const contributions = new Float64Array(2);
    expect(scorer.contributions([15, 1], contributions)).toBe(1);
    expect([...contributions]).toEqual([2, -1]);
  });
});

describe('contributions of features', () => {
  it('are the Shapley values of the trees, by brute force over all subsets', () => {
    for (let seed = 0; seed < 25; seed++) {
      const random = createRandom(seed, 'shapley');
      // Few features and many leaves: most come twice on a path.
      const features = 2 + random.integer(4);
      const trees = randomTrees(seed, 3, features, 2 + random.integer(12));
      const row = randomRow(random, features);
      const contributions = new Float64Array(features);
      const scorer = compileScorer({ kind: 'trees', combine: 'sum', base: 0.5, trees }, features);
      scorer.contributions(row, contributions);
      const exact = shapley(trees, row.map(Math.fround));
      for (const [f, value] of contributions.entries())
        expect(value, `seed ${seed}, feature ${f}`).toBeCloseTo(exact[f]!, 9);
    }
  });

  it('and the expectation add up to the score, of deep trees too', () => {
    for (const combine of ['sum', 'mean'] as const) {
      const trees = randomTrees(9, 50, 20, 63);
      const scorer = compileScorer({ kind: 'trees', combine, base: -2, trees }, 20);
      const random = createRandom(1, 'rows');
      for (let i = 0; i < 20; i++) {
        const row = randomRow(random, 20);
        const contributions = new Float64Array(20);
        const expectation = scorer.contributions(row, contributions);
        expect(expectation + contributions.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
          scorer.score(row),
          8,
        );
      }
    }
  });

  it('stay numbers where no training row took a way', () => {
    const [tree] = randomTrees(3, 1, 3, 8);
    const empty = { ...tree!, cover: tree!.cover.map((cover, node) => (node % 3 === 1 ? 0 : cover)) };
    const scorer = compileScorer({ kind: 'trees', combine: 'sum', base: 0, trees: [empty] }, 3);
    const random = createRandom(2, 'rows');
    for (let i = 0; i < 50; i++) {
      const contributions = new Float64Array(3);
      const row = randomRow(random, 3);
      const expectation = scorer.contributions(row, contributions);
      const sum = contributions.reduce((a, b) => a + b, expectation);
      expect(sum).toBeCloseTo(scorer.score(row), 3);
    }
  });
});
