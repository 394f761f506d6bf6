/** What a scorer document means, written down as simply as can be: what is compiled has to agree. */
import type { ScorerDocument, TreeDocument } from '@emberwatch/engine/detector';
import type { Table } from '@emberwatch/lab/learn';

function leafOf(tree: TreeDocument, row: readonly number[]): number {
  let node = 0;
  while (tree.feature[node]! >= 0) {
    const value = row[tree.feature[node]!]!;
    const isLeft = Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node]!;
    node = isLeft ? tree.left[node]! : tree.right[node]!;
  }
  return tree.value[node]!;
}

const meanPath = (n: number): number =>
  n <= 1 ? 0 : n === 2 ? 1 : 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;

export function scoreOf(scorer: ScorerDocument, row: readonly number[]): number {
  if (scorer.kind === 'linear') {
    const { base, weight, centre, scale, limit } = scorer;
    return row.reduce((sum, value, f) => {
      if (Number.isNaN(value)) return sum;
      return sum + weight[f]! * Math.min(Math.max((value - centre[f]!) / scale[f]!, -limit), limit);
    }, base);
  }
  const leaves = scorer.trees.map((tree) => leafOf(tree, row));
  const sum = leaves.reduce((total, leaf) => total + leaf, 0);
  if (scorer.kind === 'isolation') return 2 ** (-sum / leaves.length / meanPath(scorer.sampleSize));
  return scorer.base + (scorer.combine === 'sum' ? sum : sum / leaves.length);
}

export const rowOf = ({ columns }: Table, row: number): number[] => columns.map((column) => column[row]!);

export const scoresOf = (scorer: ScorerDocument, table: Table): Float64Array =>
  Float64Array.from({ length: table.rows }, (_, row) => scoreOf(scorer, rowOf(table, row)));
