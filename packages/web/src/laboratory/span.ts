/** Stretch of a run. */
export interface Span {
  readonly fromS: number;
  readonly toS: number;
}

const BEFORE_S = 1800;
const AFTER_S = 900;

/** From half an hour before the first of some instants to a while after the last, within the run; null without any. */
export function closeUp(timesS: readonly number[], endS: number): Span | null {
  if (timesS.length === 0) return null;
  const fromS = Math.max(0, Math.min(...timesS) - BEFORE_S);
  const toS = Math.min(endS, Math.max(...timesS) + AFTER_S);
  return toS - fromS < 0.8 * endS ? { fromS, toS } : null;
}
