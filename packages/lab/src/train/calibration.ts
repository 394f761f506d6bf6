/** From scores to probabilities: Platt's logistic curve, fitted to validation rows weighted by the time they stand for. */
import type { CalibrationDocument, ScorerDocument } from '@emberwatch/engine/detector';

export interface PlattCurve {
  readonly slope: number;
  readonly offset: number;
}

export const logistic = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

const ROUNDS = 50;
/** A prior as strong as so many rows of each kind: where the kinds are told apart without error the slope stays finite. */
const PRIOR = 1;

/**
 * Newton's method on the weighted log-loss (Platt 1999, with the corrections of Lin, Lin and Weng 2007: targets a
 * little inside 0 and 1). A slope that is not positive would turn the order round: then only the offset is fitted.
 */
export function plattCurve(
  logOdds: ArrayLike<number>,
  target: ArrayLike<number>,
  weight: ArrayLike<number>,
): PlattCurve {
  const totals = [0, 0];
  for (let i = 0; i < logOdds.length; i++) totals[target[i]! > 0 ? 1 : 0]! += weight[i]!;
  const [rest, hazard] = totals as [number, number];
  if (rest === 0 || hazard === 0) return { slope: 1, offset: 0 };
  // In units of rows: sums of seconds would drown the prior.
  const scale = logOdds.length / (rest + hazard);
  const inside = [
    PRIOR / (rest * scale + 2 * PRIOR),
    (hazard * scale + PRIOR) / (hazard * scale + 2 * PRIOR),
  ];
  let curve: PlattCurve = { slope: 1, offset: Math.log(hazard / rest) };
  let damping = 1e-3;
  let loss = lossOf(curve, logOdds, target, weight, scale, inside);
  for (let round = 0; round < ROUNDS; round++) {
    const next = step(curve, logOdds, target, weight, scale, inside, damping);
    const nextLoss = lossOf(next, logOdds, target, weight, scale, inside);
    if (!(nextLoss < loss)) {
      damping *= 10;
      if (damping > 1e12) break;
      continue;
    }
    const isDone = loss - nextLoss < 1e-10 * loss;
    [curve, loss, damping] = [next, nextLoss, damping / 10];
    if (isDone) break;
  }
  return curve.slope > 0.05 ? curve : { slope: 1, offset: curve.offset };
}

function lossOf(
  { slope, offset }: PlattCurve,
  logOdds: ArrayLike<number>,
  target: ArrayLike<number>,
  weight: ArrayLike<number>,
  scale: number,
  inside: readonly number[],
): number {
  let loss = 0;
  for (let i = 0; i < logOdds.length; i++) {
    const f = slope * logOdds[i]! + offset;
    const softplus = f > 0 ? f + Math.log1p(Math.exp(-f)) : Math.log1p(Math.exp(f));
    loss += scale * weight[i]! * (softplus - inside[target[i]! > 0 ? 1 : 0]! * f);
  }
  return loss;
}

function step(
  { slope, offset }: PlattCurve,
  logOdds: ArrayLike<number>,
  target: ArrayLike<number>,
  weight: ArrayLike<number>,
  scale: number,
  inside: readonly number[],
  damping: number,
): PlattCurve {
  let [gSlope, gOffset, hSlope, hBoth, hOffset] = [0, 0, damping, 0, damping];
  for (let i = 0; i < logOdds.length; i++) {
    const s = logOdds[i]!;
    const p = logistic(slope * s + offset);
    const error = scale * weight[i]! * (p - inside[target[i]! > 0 ? 1 : 0]!);
    const curvature = scale * weight[i]! * p * (1 - p);
    gSlope += error * s;
    gOffset += error;
    hSlope += curvature * s * s;
    hBoth += curvature * s;
    hOffset += curvature;
  }
  const determinant = hSlope * hOffset - hBoth * hBoth;
  return {
    slope: slope - (hOffset * gSlope - hBoth * gOffset) / determinant,
    offset: offset - (hSlope * gOffset - hBoth * gSlope) / determinant,
  };
}

/** Whether a scorer gives log-odds already; the others give a share between 0 and 1. */
export const givesLogOdds = (scorer: ScorerDocument): boolean =>
  scorer.kind === 'linear' || (scorer.kind === 'trees' && scorer.combine === 'sum');

const MOST_LOG_ODDS = 20;
const STEP = 0.25;

/** The curve as points, in the scorer's own unit. */
export function calibrationOf(curve: PlattCurve, scorer: ScorerDocument): CalibrationDocument {
  const isLogOdds = givesLogOdds(scorer);
  const score: number[] = [];
  const probability: number[] = [];
  for (let logOdds = -MOST_LOG_ODDS; logOdds <= MOST_LOG_ODDS; logOdds += STEP) {
    const p = logistic(curve.slope * logOdds + curve.offset);
    if (probability.length > 0 && !(p > probability.at(-1)!)) continue;
    score.push(isLogOdds ? logOdds : logistic(logOdds));
    probability.push(p);
  }
  return { score, probability };
}
