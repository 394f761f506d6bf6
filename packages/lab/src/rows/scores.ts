/**
 * What is compared: the model, and the rules that anybody could write (B1 to B8). All see the same figures, are held
 * alike (3 of 5 looks) and are calibrated to the same budget of false alarms.
 */
import { FEATURE_INDEX } from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, type Frame } from '@emberwatch/engine/telemetry';

export interface Score {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  /** Rising thresholds that are tried, in the unit of the score. */
  readonly grid: Float64Array;
  /** One threshold whatever the budget: the rule is what it is. */
  readonly isFixed?: true;
}

const LEVELS = 256;
const straight = (low: number, high: number): Float64Array =>
  Float64Array.from({ length: LEVELS }, (_, i) => low + ((high - low) * i) / (LEVELS - 1));
const byRatio = (low: number, high: number): Float64Array =>
  straight(Math.log(low), Math.log(high)).map(Math.exp);

/** Finer than any calibration resolves: 1.2e-7 to 1 − 1.2e-7. */
const MAX_LOG_ODDS = 16;

export const SCORES = [
  {
    id: 'model',
    label: 'model',
    unit: 'log-odds',
    grid: straight(-MAX_LOG_ODDS, MAX_LOG_ODDS),
  },
  { id: 'B1', label: 'B1 hottest surface', unit: '°C', grid: straight(20, 160) },
  { id: 'B2', label: 'B2 heating rate', unit: 'K/min', grid: byRatio(0.02, 200) },
  { id: 'B3', label: 'B3 cell or sibling deviation', unit: '× 100 mV or 5 %', grid: byRatio(0.005, 100) },
  { id: 'B4', label: 'B4 spread of temperatures', unit: 'K', grid: byRatio(0.2, 400) },
  { id: 'B5', label: 'B5 gas', unit: '× limit', grid: byRatio(0.005, 1000) },
  { id: 'B6', label: 'B6 full BMS (B1, B2 or B3)', unit: '× limit', grid: byRatio(0.1, 100) },
  { id: 'B7', label: 'B7 windowed z-score', unit: 'σ', grid: byRatio(0.5, 5000) },
  {
    id: 'B8',
    label: 'B8 persistence (already critical)',
    unit: '',
    grid: Float64Array.of(1),
    isFixed: true,
  },
] as const satisfies readonly Score[];

export type ScoreId = (typeof SCORES)[number]['id'];
export const SCORE_COUNT = SCORES.length;
export const MODEL_SCORE = 0;

/** A trained model as evaluation needs it. */
export interface Scorer {
  /** Log-odds before calibration, from the figures of a module (by FEATURE_INDEX). */
  score(features: Float64Array): number;
  /** Calibrated probability of a score. */
  probability(score: number): number;
}

const { hottestDegC, heatingKPerMin, spreadK, aboveSiblingsK, cellLowMv, belowSiblingsPercent } =
  FEATURE_INDEX;
const { voltageFallPercent, coPpm, h2Ppm, vocOverBaseline } = FEATURE_INDEX;

/** Math.max that leaves missing values out; NaN where all are. */
function maxOf(a: number, b: number, c = Number.NaN): number {
  let max = a;
  if (!(max >= b) && !Number.isNaN(b)) max = b;
  if (!(max >= c) && !Number.isNaN(c)) max = c;
  return max;
}

/** Limits that make figures comparable: rows B1 to B5 of the policy; B8 is the label of the indentation benchmark. */
const LIMITS = { hotDegC: 60, rateKPerMin: 2, cellMv: 100, siblingPercent: 5 } as const;
const LIMITS_GAS = { coPpm: 50, h2Ppm: 4000, vocOverBaseline: 3 } as const;
const PERSISTENCE = { hotDegC: 80, fallPercent: 25 } as const;

/** All scores of a module at one instant, in the order of SCORES, into `scores`. */
export function scoresOf(
  features: Float64Array,
  scorer: Scorer | null,
  z: number,
  scores: Float64Array,
): Float64Array {
  const hottest = features[hottestDegC]!;
  const rate = features[heatingKPerMin]!;
  const deviation = maxOf(
    features[cellLowMv]! / LIMITS.cellMv,
    features[belowSiblingsPercent]! / LIMITS.siblingPercent,
  );
  scores[0] = scorer ? scorer.score(features) : Number.NaN;
  scores[1] = hottest;
  scores[2] = rate;
  scores[3] = deviation;
  scores[4] = maxOf(features[spreadK]!, features[aboveSiblingsK]!);
  scores[5] = maxOf(
    features[coPpm]! / LIMITS_GAS.coPpm,
    features[h2Ppm]! / LIMITS_GAS.h2Ppm,
    features[vocOverBaseline]! / LIMITS_GAS.vocOverBaseline,
  );
  scores[6] = maxOf(hottest / LIMITS.hotDegC, rate / LIMITS.rateKPerMin, deviation);
  scores[7] = z;
  scores[8] = maxOf(hottest / PERSISTENCE.hotDegC, features[voltageFallPercent]! / PERSISTENCE.fallPercent);
  return scores;
}

/** Time over which a level and its scatter are learnt, and how long before they are believed, s. */
const Z_WINDOW_S = 1800;
const Z_WARM_UP_S = 300;
/** What sensors resolve: scatter is never smaller. */
const Z_FLOOR_DEGC = 0.1;
const Z_FLOOR_SHARE = 0.001;

/** B7: how many standard deviations temperature and voltage lie from their own past half hour, causally. */
export class WindowedZ {
  private readonly mean = new Float64Array(2);
  private readonly variance = new Float64Array(2);
  private readonly seenS = new Float64Array(2);
  private lastS = Number.NaN;

  add(timeS: number, frame: Frame): number {
    const elapsedS = timeS - this.lastS;
    this.lastS = timeS;
    const temperature = this.of(0, hottestOf(frame), elapsedS);
    const voltage = this.of(1, frame.values[CHANNEL_INDEX.voltage_v]!, elapsedS);
    return maxOf(temperature, voltage);
  }

  private of(k: number, value: number, elapsedS: number): number {
    if (Number.isNaN(value)) return Number.NaN;
    if (!(elapsedS <= Z_WINDOW_S)) this.seenS[k] = 0;
    if (this.seenS[k] === 0) {
      this.mean[k] = value;
      this.variance[k] = 0;
      this.seenS[k] = Number.MIN_VALUE;
      return Number.NaN;
    }
    const deviation = value - this.mean[k]!;
    const floor = k === 0 ? Z_FLOOR_DEGC : Math.max(1e-3, Math.abs(this.mean[k]!) * Z_FLOOR_SHARE);
    const z = Math.abs(deviation) / Math.max(floor, Math.sqrt(this.variance[k]!));
    const isWarm = this.seenS[k]! >= Z_WARM_UP_S;
    this.seenS[k]! += elapsedS;
    // While little has been seen all of it counts alike.
    const gain = 1 - Math.exp(-elapsedS / Math.min(Z_WINDOW_S, Math.max(elapsedS, this.seenS[k]!)));
    this.mean[k]! += gain * deviation;
    this.variance[k] = (1 - gain) * (this.variance[k]! + gain * deviation * deviation);
    return isWarm ? z : Number.NaN;
  }
}

function hottestOf({ values, cellTemperaturesDegC }: Frame): number {
  let hottest = maxOf(
    values[CHANNEL_INDEX.surface_temperature_max_degc]!,
    values[CHANNEL_INDEX.surface_temperature_mean_degc]!,
  );
  if (cellTemperaturesDegC) for (const value of cellTemperaturesDegC) hottest = maxOf(hottest, value);
  return hottest;
}
