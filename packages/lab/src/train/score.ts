/** Scores of rows: the scorer that runs in the detector, on a table. */
import type { ScorerDocument, TreeDocument } from '@emberwatch/engine/detector';
import type { Table } from '../learn/index.ts';

/** Whether a scorer gives log-odds already; the others give a share between 0 and 1. */
export const givesLogOdds = (scorer: ScorerDocument): boolean =>
  scorer.kind === 'linear' || (scorer.kind === 'trees' && scorer.combine === 'sum');

function leafOf(
  { feature, threshold, left, right, missingLeft, value }: TreeDocument,
  row: Float64Array,
): number {
  let node = 0;
  while (feature[node]! >= 0) {
    const x = row[feature[node]!]!;
    const goesLeft = Number.isNaN(x) ? missingLeft[node] === 1 : x <= threshold[node]!;
    node = goesLeft ? left[node]! : right[node]!;
  }
  return value[node]!;
}

export function scoreOf(scorer: ScorerDocument, row: Float64Array): number {
  if (scorer.kind === 'linear') {
    let sum = scorer.base;
    for (let f = 0; f < row.length; f++) {
      const z = (row[f]! - scorer.centre[f]!) / scorer.scale[f]!;
      if (!Number.isNaN(z)) sum += scorer.weight[f]! * Math.max(-scorer.limit, Math.min(scorer.limit, z));
    }
    return sum;
  }
  const sum = scorer.trees.reduce((total, tree) => total + leafOf(tree, row), 0);
  if (scorer.kind === 'isolation') return 2 ** (-sum / scorer.trees.length);
  return scorer.combine === 'mean' ? scorer.base + sum / scorer.trees.length : scorer.base + sum;
}

/** Shares kept off 0 and 1 before they become log-odds. */
const EDGE = 1e-7;
export const logOddsOf = (share: number): number => {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, share));
  return Math.log(inside / (1 - inside));
};

/** `raw`: as the scorer gives them, otherwise as log-odds. Shape [rows]. */
export function scoresOfTable(
  scorer: ScorerDocument,
  table: Table,
  as: 'raw' | 'log-odds' = 'log-odds',
): Float64Array {
  const isLogOdds = as === 'raw' || givesLogOdds(scorer);
  const row = new Float64Array(table.columns.length);
  const scores = new Float64Array(table.rows);
  for (let i = 0; i < table.rows; i++) {
    for (let f = 0; f < row.length; f++) row[f] = table.columns[f]![i]!;
    const score = scoreOf(scorer, row);
    scores[i] = isLogOdds ? score : logOddsOf(score);
  }
  return scores;
}
