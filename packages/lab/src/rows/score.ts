/** Scores of rows: the scorer that runs in the detector, on a table. */
import type { ScorerDocument } from '@emberwatch/engine/detector';
import { scoreTable, type Table } from '../learn/index.ts';

/** Whether a scorer gives log-odds already; the others give a share between 0 and 1. */
export const givesLogOdds = (scorer: ScorerDocument): boolean =>
  scorer.kind === 'linear' || (scorer.kind === 'trees' && scorer.combine === 'sum');

/** Shares kept off 0 and 1 before they become log-odds. */
const EDGE = 1e-7;
export const logOddsOf = (share: number): number => {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, share));
  return Math.log(inside / (1 - inside));
};

/** As log-odds, whatever the scorer gives. Shape [rows]. */
export function scoresOfTable(scorer: ScorerDocument, table: Table): Float64Array {
  const scores = scoreTable(scorer, table);
  return givesLogOdds(scorer) ? scores : scores.map(logOddsOf);
}
