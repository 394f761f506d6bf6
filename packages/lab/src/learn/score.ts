/** Scores of many rows at once, by the same code as live. */
import { compileScorer, type ScorerDocument } from '@emberwatch/engine/detector';
import type { Table } from './table.ts';

/** Log-odds or target of sums, probability of means, anomaly between 0 and 1 of isolation forests. Shape [rows]. */
export function scoreTable(
  scorer: ScorerDocument,
  { columns, rows }: Pick<Table, 'columns' | 'rows'>,
): Float64Array {
  const scores = new Float64Array(rows);
  compileScorer(scorer, columns.length).scoreAll(columns, rows, scores);
  return scores;
}
