/** A scorer document made ready to score: rows in, scores and contributions out. */
import { TreeContributions } from './contributions.ts';
import type { IsolationDocument, LinearDocument, ScorerDocument, TreesDocument } from './document.ts';
import { Forest } from './forest.ts';

/** Euler's constant. */
const EULER = 0.5772156649015329;

export interface Scorer {
  readonly featureCount: number;
  /** Score of one row. `row`: one value per feature of the model, in its order, NaN where missing. */
  score(row: ArrayLike<number>): number;
  /** Scores of many rows. `columns`: one array per feature, shape [rows] each. `scores`: shape [rows], written. */
  scoreAll(columns: readonly ArrayLike<number>[], rows: number, scores: Float64Array): void;
  /**
   * What each feature adds to the score of this row against the expectation (exact Shapley values of the trees, path
   * dependent: Lundberg, Erion and Lee 2018, algorithm 2). Contributions and expectation add up to the score; of an
   * isolation forest, to the exponent of its score.
   *
   * @param contributions shape [features], written
   * @returns the expectation
   */
  contributions(row: ArrayLike<number>, contributions: Float64Array): number;
}

/** @param featureCount length of a row. The document must be valid: see `checkModel`. */
export function compileScorer(trained: ScorerDocument, featureCount: number): Scorer {
  if (trained.kind === 'linear') return new LinearScorer(trained, featureCount);
  return trained.kind === 'isolation'
    ? isolationScorer(trained, featureCount)
    : treesScorer(trained, featureCount);
}

function treesScorer({ trees, combine, base }: TreesDocument, featureCount: number): Scorer {
  const weight = combine === 'mean' ? 1 / trees.length : 1;
  return new TreeScorer(new Forest(trees, featureCount), new TreeContributions(trees, featureCount), {
    featureCount,
    base,
    weight,
    isExponent: false,
  });
}

/** Score 2^(−mean path / c(sampleSize)) (Liu 2008, eq. 2). */
function isolationScorer({ trees, sampleSize }: IsolationDocument, featureCount: number): Scorer {
  const weight = -1 / (trees.length * meanPath(sampleSize));
  return new TreeScorer(new Forest(trees, featureCount), new TreeContributions(trees, featureCount), {
    featureCount,
    base: 0,
    weight,
    isExponent: true,
  });
}

/** Mean path length of an unsuccessful search among so many rows (Liu 2008, eq. 1). */
function meanPath(rows: number): number {
  if (rows <= 2) return 1;
  return 2 * (Math.log(rows - 1) + EULER) - (2 * (rows - 1)) / rows;
}

interface TreeScorerOptions {
  readonly featureCount: number;
  readonly base: number;
  /** Of the sum over the trees. */
  readonly weight: number;
  readonly isExponent: boolean;
}

class TreeScorer implements Scorer {
  readonly featureCount: number;
  private readonly forest: Forest;
  private readonly explain: TreeContributions;
  private readonly options: TreeScorerOptions;

  constructor(forest: Forest, explain: TreeContributions, options: TreeScorerOptions) {
    this.featureCount = options.featureCount;
    this.forest = forest;
    this.explain = explain;
    this.options = options;
  }

  private ofSum(sum: number): number {
    const { base, weight, isExponent } = this.options;
    const score = base + weight * sum;
    return isExponent ? 2 ** score : score;
  }

  score(row: ArrayLike<number>): number {
    return this.ofSum(this.forest.sum(row));
  }

  scoreAll(columns: readonly ArrayLike<number>[], rows: number, scores: Float64Array): void {
    this.forest.sums(columns, rows, scores);
    for (let i = 0; i < rows; i++) scores[i] = this.ofSum(scores[i]!);
  }

  contributions(row: ArrayLike<number>, contributions: Float64Array): number {
    const { base, weight } = this.options;
    const expected = this.explain.add(row, contributions.fill(0));
    for (let f = 0; f < contributions.length; f++) contributions[f]! *= weight;
    return base + weight * expected;
  }
}

/** base + Σ weight · clip((value − centre) / scale); a missing value counts as its centre. */
class LinearScorer implements Scorer {
  readonly featureCount: number;
  private readonly terms: LinearDocument;
  private readonly row: Float64Array;

  constructor(terms: LinearDocument, featureCount: number) {
    this.terms = terms;
    this.featureCount = featureCount;
    this.row = new Float64Array(featureCount);
  }

  private term(feature: number, value: number): number {
    const { weight, centre, scale, limit } = this.terms;
    const z = (value - centre[feature]!) / scale[feature]!;
    return Number.isNaN(z) ? 0 : weight[feature]! * Math.max(-limit, Math.min(limit, z));
  }

  score(row: ArrayLike<number>): number {
    let sum = this.terms.base;
    for (let f = 0; f < this.featureCount; f++) sum += this.term(f, row[f]!);
    return sum;
  }

  scoreAll(columns: readonly ArrayLike<number>[], rows: number, scores: Float64Array): void {
    const { row } = this;
    for (let i = 0; i < rows; i++) {
      for (let f = 0; f < this.featureCount; f++) row[f] = columns[f]![i]!;
      scores[i] = this.score(row);
    }
  }

  contributions(row: ArrayLike<number>, contributions: Float64Array): number {
    for (let f = 0; f < this.featureCount; f++) contributions[f] = this.term(f, row[f]!);
    return this.terms.base;
  }
}
