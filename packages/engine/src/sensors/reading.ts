/** One sensor over a run: from what is true at its place to what it delivers. */
import { createRandom, type Random } from '../random.ts';
import type { ChannelId } from '../telemetry/index.ts';
import type { Break } from './faults.ts';
import type { SensorFaultTruth } from './measured.ts';
import type { ValueSensor } from './plan.ts';
import { type Rows, stepsToNext } from './rows.ts';

/** What is true at a place, row by row of the trajectory; the unit of the channel is `value * scale + offset`. */
export interface Truth {
  readonly values: Float32Array | Float64Array;
  readonly scale: number;
  readonly offset: number;
}

/** What a reading needs besides its sensor. */
export interface Site {
  readonly rows: Rows;
  /** Of the trajectory, s. */
  readonly intervalS: number;
  readonly seed: number;
  /** Truth of another quantity at the same module, for cross-sensitivity. */
  readonly other: (channel: ChannelId) => Truth;
  readonly air: Truth;
  /** For each row the one whose reading it delivers, where places are scanned in turn; null: its own. */
  readonly last: Int32Array | null;
  readonly faults: SensorFaultTruth[];
}

const LN_10 = Math.LN10;
const DRIFT_STEPS = 50;
const DRIFT_LIMIT_SD = 3;

/**
 * Values of `sensor` at all rows, shape [rows], NaN where missing. `name` is the name of its random streams:
 * each disturbance has its own, so that switching one on moves no other.
 */
export function readSensor(
  name: string,
  channel: string,
  sensor: ValueSensor,
  truth: Truth,
  breaks: readonly Break[],
  site: Site,
): Float64Array {
  const { rows, seed, last } = site;
  const stream = (of: string): Random => createRandom(seed, `${name}/${of}`);
  const out = sample(truth, sensor.t90S, site);
  addCross(out, sensor, site);
  const { offset, offsetSd } = sensor;
  const error = offset + (offsetSd > 0 ? offsetSd * stream('offset').normal() : 0);
  if (error !== 0) for (let i = 0; i < out.length; i++) out[i]! += error;
  if (sensor.driftSd > 0) addDrift(out, rows.truthS, sensor, stream('drift'));
  for (const fault of breaks) fault.bend(out, sensor);
  reportSaturation(out, sensor, channel, site);
  if (sensor.noiseSd > 0) addNoise(out, sensor.noiseSd, stream('noise'));
  if (sensor.outlierShare > 0 && sensor.noiseSd > 0)
    addOutliers(out, sensor, stream('outliers'), (row) => {
      const atS = rows.truthS[row]!;
      if (last === null || last[row] === row)
        site.faults.push({ channel, kind: 'outlier', fromS: atS, toS: atS });
    });
  clamp(out, sensor.min, sensor.max);
  for (const fault of breaks) fault.replace(out, sensor);
  roundTo(out, sensor.resolution);
  if (sensor.missingShare > 0) drop(out, sensor.missingShare, stream('missing'));
  return out;
}

/** Truth at the rows as a sensor of first order shows it: exact between rows of the trajectory. */
function sample(truth: Truth, t90S: number, site: Site): Float64Array {
  const { rows, intervalS } = site;
  const { values, scale, offset } = truth;
  const { index, share, count } = rows;
  const out = new Float64Array(count);
  if (t90S > 0) {
    lagged(values, t90S / LN_10, intervalS, rows, out);
    for (let i = 0; i < count; i++) out[i] = out[i]! * scale + offset;
  } else if (share === null) for (let i = 0; i < count; i++) out[i] = values[index[i]!]! * scale + offset;
  else
    for (let i = 0; i < count; i++) {
      const at = index[i]!;
      const before = values[at]!;
      const way = share[i]!;
      const value = way === 0 ? before : before + way * (values[at + 1]! - before);
      out[i] = value * scale + offset;
    }
  return out;
}

/**
 * y' = (u - y) / tau for a u that is straight between rows: y(t) = u(t) - s tau + (y0 - u0 + s tau) exp(-t / tau)
 * with its slope s. Steady at the start.
 */
function lagged(
  values: Truth['values'],
  tauS: number,
  intervalS: number,
  { index, share, count }: Rows,
  out: Float64Array,
): void {
  const decay = Math.exp(-intervalS / tauS);
  let row = 0;
  let state = values[0] ?? 0;
  for (let i = 0; i < count; i++) {
    const target = index[i]!;
    for (; row < target; row++) {
      const lagK = ((values[row + 1]! - values[row]!) / intervalS) * tauS;
      state = values[row + 1]! - lagK + (state - values[row]! + lagK) * decay;
    }
    const way = share === null ? 0 : share[i]!;
    if (way === 0) out[i] = state;
    else {
      const rise = values[row + 1]! - values[row]!;
      const lagK = (rise / intervalS) * tauS;
      const part = Math.exp((-way * intervalS) / tauS);
      out[i] = values[row]! + way * rise - lagK + (state - values[row]! + lagK) * part;
    }
  }
}

function addCross(out: Float64Array, sensor: ValueSensor, site: Site): void {
  for (const [channel, amount] of Object.entries(sensor.cross)) {
    const seen = sample(site.other(channel as ChannelId), sensor.t90S, site);
    for (let i = 0; i < out.length; i++) out[i]! += amount * seen[i]!;
  }
}

/** Ornstein–Uhlenbeck process at fixed steps, straight in between, so that the sampling does not change it. */
function addDrift(out: Float64Array, truthS: Float64Array, sensor: ValueSensor, random: Random): void {
  const { driftSd, driftTimeS } = sensor;
  const stepS = driftTimeS / DRIFT_STEPS;
  const keep = Math.exp(-1 / DRIFT_STEPS);
  const kick = driftSd * Math.sqrt(1 - keep * keep);
  const limit = DRIFT_LIMIT_SD * driftSd;
  const bounded = (value: number): number => Math.max(-limit, Math.min(limit, value));
  let before = bounded(driftSd * random.normal());
  let after = bounded(before * keep + kick * random.normal());
  let step = 0;
  for (let i = 0; i < out.length; i++) {
    const at = truthS[i]! / stepS;
    for (; at >= step + 1; step++) {
      before = after;
      after = bounded(before * keep + kick * random.normal());
    }
    out[i]! += before + (at - step) * (after - before);
  }
}

/** Polar method of Marsaglia as in `Random.normal`, two at a time. */
function addNoise(out: Float64Array, sd: number, random: Random): void {
  for (let i = 0; i < out.length; i++) out[i]! += sd * random.normal();
}

function addOutliers(
  out: Float64Array,
  sensor: ValueSensor,
  random: Random,
  report: (row: number) => void,
): void {
  const { outlierShare, outlierSigma, noiseSd } = sensor;
  const by = outlierSigma * noiseSd;
  for (
    let i = stepsToNext(random, outlierShare) - 1;
    i < out.length;
    i += stepsToNext(random, outlierShare)
  ) {
    out[i]! += random.uniform() < 0.5 ? -by : by;
    report(i);
  }
}

/** While there is more, or less, than the sensor can show. */
function reportSaturation(out: Float64Array, { min, max }: ValueSensor, channel: string, site: Site): void {
  const { truthS } = site.rows;
  for (let i = 0; i < out.length; i++) {
    if (!(out[i]! > max || out[i]! < min)) continue;
    const fromS = truthS[i]!;
    while (i < out.length && (out[i]! > max || out[i]! < min)) i++;
    site.faults.push({ channel, kind: 'saturated', fromS, toS: truthS[i] ?? null });
  }
}

function clamp(out: Float64Array, min: number, max: number): void {
  for (let i = 0; i < out.length; i++) {
    if (out[i]! < min) out[i] = min;
    else if (out[i]! > max) out[i] = max;
  }
}

const MAX_DECIMALS = 9;

/**
 * A resolution of `whole / parts` with parts a power of ten: one division at the end, which rounds correctly, so that
 * values are the nearest doubles to their decimals, without dust such as 25.200000000000003.
 */
export function roundTo(out: Float64Array, resolution: number): void {
  if (resolution === 0) return;
  let parts = 1;
  for (let d = 0; d < MAX_DECIMALS && Math.abs(Math.round(resolution * parts) / parts - resolution) > 0; d++)
    parts *= 10;
  const whole = Math.round(resolution * parts);
  const perUnit = parts / whole;
  // Adding 0 makes 0 of -0.
  for (let i = 0; i < out.length; i++) out[i] = (Math.round(out[i]! * perUnit) * whole) / parts + 0;
}

function drop(out: Float64Array, share: number, random: Random): void {
  for (let i = stepsToNext(random, share) - 1; i < out.length; i += stepsToNext(random, share))
    out[i] = Number.NaN;
}
