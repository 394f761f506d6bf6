/**
 * Thresholds for a budget of false alarms, from calm data alone, and what may be claimed of them. Where the budget
 * asks for less than the exposure can show, the tail is extrapolated, and the result says so.
 */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { InputError } from '@emberwatch/engine/telemetry';

export interface CalmScores {
  /** The highest score of each block of calm module time. */
  readonly maxima: ArrayLike<number>;
  /** Module time of one block; long enough that one disturbance is one block. */
  readonly blockHours: number;
}

export interface ThresholdChoice {
  /** The alarm is given at scores above it. */
  readonly threshold: number;
  /** `observed`: a quantile of the maxima; `tail`: beyond them, by a generalised Pareto distribution. */
  readonly basis: 'observed' | 'tail';
  /** 5 % of resampled calm data put the threshold above this; of `observed` ones it is the threshold. */
  readonly thresholdUpper95: number;
  readonly exposureModuleYears: number;
  /** Blocks of the calm data above the threshold. */
  readonly exceedances: number;
  /** What the method expects: of `tail` an extrapolation, not a measurement. */
  readonly expectedPerModuleYear: number;
  /** What the data show: 95 % upper limit of the rate (Poisson), 3.0 / exposure where nothing exceeds. */
  readonly upperLimitPerModuleYear: number;
  /** Shape of the tail, below 0: scores have an end; NaN where no tail was needed. */
  readonly tailShape: number;
  /** One sentence with the exposure, the limit and the extrapolation. */
  readonly claim: string;
}

const HOURS_PER_YEAR = 8766;
/** Of the maxima, for the tail. */
const TAIL_SHARE = 0.1;
const MIN_EXCESSES = 20;
const RESAMPLES = 200;

/**
 * The lowest threshold that `episodesPerModuleYear` allows. Observed (conformal: Vovk 2005, quantile of n + 1) where
 * that many blocks can show it, else peaks over threshold (Pickands 1975; probability-weighted moments, Hosking and
 * Wallis 1987). Errors: `InputError` where there are too few blocks for a tail, or the figures cannot be.
 */
export function thresholdForBudget(
  calm: CalmScores,
  episodesPerModuleYear: number,
  seed = 1,
): ThresholdChoice {
  const { blockHours } = calm;
  const sorted = Float64Array.from(calm.maxima).sort();
  const n = sorted.length;
  if (!(blockHours > 0)) throw new InputError(`blockHours: expected a length above 0, got ${blockHours}`);
  if (!(episodesPerModuleYear > 0))
    throw new InputError(`budget: expected a rate above 0, got ${episodesPerModuleYear}`);
  if (n === 0 || Number.isNaN(sorted[n - 1]!))
    throw new InputError('calm scores: expected block maxima without NaN');
  const blockYears = blockHours / HOURS_PER_YEAR;
  const share = -Math.expm1(-episodesPerModuleYear * blockYears);
  const rank = Math.ceil((1 - share) * (n + 1));
  const describe = describer(sorted, blockYears, episodesPerModuleYear);
  if (rank <= n) return describe(sorted[rank - 1]!, sorted[rank - 1]!, Number.NaN);
  const excesses = Math.floor(n * TAIL_SHARE);
  if (excesses < MIN_EXCESSES)
    throw new InputError(
      `${n} calm blocks of ${blockHours} h show at most ${(1 / ((n + 1) * blockYears)).toPrecision(2)} episodes per module-year; a tail needs ${MIN_EXCESSES / TAIL_SHARE} blocks`,
    );
  const { level, shape } = tailLevel(sorted, excesses, share);
  const random = createRandom(seed, 'tail');
  const levels = Float64Array.from(
    { length: RESAMPLES },
    () => tailLevel(resampled(sorted, random), excesses, share).level,
  ).sort();
  // A tail never allows less than what was seen.
  const threshold = Math.max(level, sorted[n - 1]!);
  return describe(threshold, Math.max(threshold, levels[Math.floor(0.95 * RESAMPLES)]!), shape);
}

const resampled = (sorted: Float64Array, random: Random): Float64Array =>
  Float64Array.from(sorted, () => sorted[random.integer(sorted.length)]!).sort();

/** The score that the share `share` of all blocks exceeds. */
function tailLevel(sorted: Float64Array, excesses: number, share: number): { level: number; shape: number } {
  const n = sorted.length;
  const start = sorted[n - excesses - 1]!;
  let [mean, weighted] = [0, 0];
  for (let i = 0; i < excesses; i++) {
    const excess = sorted[n - excesses + i]! - start;
    mean += excess / excesses;
    weighted += (excess * (excesses - 1 - i)) / (excesses - 1) / excesses;
  }
  if (!(mean > 0)) return { level: start, shape: 0 };
  const k = mean / (mean - 2 * weighted) - 2;
  // Moments with weights exist below 1/2; a heavier tail would be all guess.
  const shape = Math.min(-k, 0.5);
  const scale = mean * (1 - shape);
  const ratio = excesses / n / share;
  const rise = Math.abs(shape) < 1e-9 ? Math.log(ratio) : Math.expm1(shape * Math.log(ratio)) / shape;
  return { level: start + scale * rise, shape };
}

function describer(sorted: Float64Array, blockYears: number, budget: number) {
  const exposureModuleYears = sorted.length * blockYears;
  return (threshold: number, thresholdUpper95: number, tailShape: number): ThresholdChoice => {
    const exceedances = sorted.reduce((count, maximum) => count + (maximum > threshold ? 1 : 0), 0);
    const upperLimitPerModuleYear = poissonUpperLimit(exceedances, 0.95) / exposureModuleYears;
    const isTail = !Number.isNaN(tailShape);
    const expectedPerModuleYear = isTail ? budget : exceedances / exposureModuleYears;
    const shown = (value: number): string => value.toPrecision(2);
    const measured = `${exceedances} episodes in ${shown(exposureModuleYears)} calm module-years: below ${shown(upperLimitPerModuleYear)} per module-year with 95 % confidence`;
    const claim = isTail
      ? `${measured}; the budget of ${shown(budget)} is extrapolated ${shown(1 / (budget * exposureModuleYears))} times beyond the exposure and not shown`
      : `${measured}; the budget is ${shown(budget)}`;
    return {
      threshold,
      basis: isTail ? 'tail' : 'observed',
      thresholdUpper95,
      exposureModuleYears,
      exceedances,
      expectedPerModuleYear,
      upperLimitPerModuleYear,
      tailShape,
      claim,
    };
  };
}

/** The largest mean of a Poisson distribution under which `count` events or fewer are as unlikely as 1 − confidence. */
export function poissonUpperLimit(count: number, confidence: number): number {
  const atMost = (mean: number): number => {
    let term = -mean;
    let sum = Math.exp(term);
    for (let k = 1; k <= count; k++) {
      term += Math.log(mean / k);
      sum += Math.exp(term);
    }
    return sum;
  };
  let [low, high] = [0, 10 + 3 * count];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (atMost(middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}
