/** Do the product's slope and the query's agree where temperature rises or falls at a constant rate? */
import { SlopeWindow } from '../packages/engine/src/detector/slope.ts';
import type { Stats } from './job.ts';

const HORIZON_S = 60;
const INTERVAL_S = 1;
const STEP_K = 0.001;
/** What counts as a constant rate: the share of the variance over 180 s that a line explains, the slope over 60 s
 * against the one over 180 s, and at least so much of it. */
const MIN_R2 = 0.99;
const SAME_SLOPE = 0.005;
const MIN_K_PER_MIN = 0.3;
const FULL_WINDOW_ROWS = 170;
const WITHIN = 0.01;

/** Rows of t (s), x (°C), slope (K/s over 60 s), slope180, r2 and n (over 180 s), in the order of t. */
export function compareSlopes(rows: readonly Readonly<Record<string, unknown>>[]): Stats {
  const window = new SlopeWindow(HORIZON_S);
  const relative: number[] = [];
  const kPerMin: number[] = [];
  let insideInterval = 0;
  let beforeS = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const [timeS, value, slope] = [Number(row['t']), Number(row['x']), Number(row['slope'])];
    if (timeS - beforeS > HORIZON_S) window.reset();
    beforeS = timeS;
    window.add(timeS, value, INTERVAL_S, STEP_K);
    const isSame = Math.abs(slope / Number(row['slope180']) - 1) <= SAME_SLOPE;
    const isConstant = isSame && Number(row['r2']) >= MIN_R2 && Number(row['n']) >= FULL_WINDOW_ROWS;
    if (!isConstant || Math.abs(slope) * 60 < MIN_K_PER_MIN || Number.isNaN(window.slopePerS)) continue;
    const difference = Math.abs(window.slopePerS - slope);
    relative.push(difference / Math.abs(slope));
    kPerMin.push(60 * difference);
    if (difference <= window.uncertaintyPerS) insideInterval++;
  }
  kPerMin.sort((a, b) => a - b);
  const compared = relative.length;
  return {
    compared,
    medianKPerMin: kPerMin[compared >> 1] ?? Number.NaN,
    within1Percent: (100 * relative.filter((difference) => difference <= WITHIN).length) / compared,
    insideIntervalPercent: (100 * insideInterval) / compared,
  };
}
