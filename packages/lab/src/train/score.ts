/** Scores of rows: the scorer that runs in the detector, on a table. */
import { compileScorer, type ScorerDocument } from '@emberwatch/engine/detector';
import type { Table } from '../learn/index.ts';

/** Whether a scorer gives log-odds already; the others give a share between 0 and 1. */
export const givesLogOdds = (scorer: ScorerDocument): boolean =>
  scorer.kind === 'linear' || (scorer.kind === 'trees' && scorer.combine === 'sum');

/** Shares kept off 0 and 1 before they become log-odds. */
const EDGE = 1e-7;
export const logOddsOf = (share: number): number => {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, share));
  return Math.log(inside / (1 - inside));
};

/** `raw`: as the scorer gives them, otherwise as log-odds. Shape [rows]. */
export function scoresOfTable(
  scorer: ScorerDocument,
  { columns, rows }: Table,
  as: 'raw' | 'log-odds' = 'log-odds',
): Float64Array {
  const scores = new Float64Array(rows);
  compileScorer(scorer, columns.length).scoreAll(columns, rows, scores);
  return as === 'raw' || givesLogOdds(scorer) ? scores : scores.map(logOddsOf);
}
