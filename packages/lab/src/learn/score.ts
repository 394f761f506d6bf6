/** Scores of many rows at once. */
import type { ScorerDocument, TreeDocument } from '@emberwatch/engine/detector';
import type { Table } from './table.ts';
import { meanPath } from './trees/isolation.ts';

/** Log-odds or target of sums, probability of means, anomaly between 0 and 1 of isolation forests. Shape [rows]. */
export function scoreTable(
  scorer: ScorerDocument,
  { columns, rows }: Pick<Table, 'columns' | 'rows'>,
): Float64Array {
  const score = new Float64Array(rows);
  if (scorer.kind === 'linear') {
    const { base, weight, centre, scale, limit } = scorer;
    score.fill(base);
    for (const [f, column] of columns.entries())
      for (let row = 0; row < rows; row++) {
        if (Number.isNaN(column[row]!)) continue;
        const scaled = (column[row]! - centre[f]!) / scale[f]!;
        score[row]! += weight[f]! * Math.min(Math.max(scaled, -limit), limit);
      }
    return score;
  }
  for (const tree of scorer.trees) addLeaves(tree, columns, score);
  const count = scorer.trees.length;
  if (scorer.kind === 'isolation') {
    const unit = count * meanPath(scorer.sampleSize);
    return score.map((sum) => 2 ** (-sum / unit));
  }
  const divisor = scorer.combine === 'mean' ? count : 1;
  return score.map((sum) => scorer.base + sum / divisor);
}

function addLeaves(tree: TreeDocument, columns: readonly Float32Array[], score: Float64Array): void {
  const { feature, threshold, left, right, missingLeft, value } = tree;
  for (let row = 0; row < score.length; row++) {
    let node = 0;
    for (let f = feature[0]!; f >= 0; f = feature[node]!) {
      const x = columns[f]![row]!;
      const isLeft = x <= threshold[node]! || (Number.isNaN(x) && missingLeft[node] === 1);
      node = isLeft ? left[node]! : right[node]!;
    }
    score[row]! += value[node]!;
  }
}
