/** The columns of one module, drawn from start to end in pieces of any size. */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { MISSING_SHARE, OUTLIER_SDS, OUTLIER_SHARE, SIGNALS, type Signal } from './signal.ts';

export interface HazardRows {
  /** First row of the module with the label. */
  readonly first: number;
  readonly count: number;
}

/** As the original rounds: three digits. */
const DIGITS = 1000;

export class DrawnModule {
  private readonly signals: readonly DrawnSignal[];

  constructor(name: string, rows: number, seed: number, hazard: HazardRows | null) {
    let before: DrawnSignal | null = null;
    this.signals = SIGNALS.map((signal) => {
      const random = (stream: string): Random =>
        createRandom(seed, `direct/${name}/${signal.column}/${stream}`);
      before = new DrawnSignal(signal, random, rows, hazard, before);
      return before;
    });
  }

  /** Rows [from, from + count) into each of `columns` from position `at` on; to be asked for in order. */
  fill(columns: readonly Float64Array[], at: number, from: number, count: number): void {
    this.signals.forEach((signal, i) => {
      signal.fill(columns[i]!, at, from, count);
    });
  }
}

class DrawnSignal {
  private readonly signal: Signal;
  private readonly noise: Random;
  private readonly spoils: Random;
  private readonly rows: number;
  private readonly hazard: HazardRows | null;
  private readonly level: number;
  /** What the hazard adds to each of its rows. */
  readonly added: Float64Array | null;
  private nextMissing: number;
  private nextOutlier: number;

  constructor(
    signal: Signal,
    random: (stream: string) => Random,
    rows: number,
    hazard: HazardRows | null,
    before: DrawnSignal | null,
  ) {
    this.signal = signal;
    this.noise = random('noise');
    this.spoils = random('gaps and outliers');
    this.rows = rows;
    this.hazard = hazard;
    const { level, above } = signal;
    this.level = (level ? random('level').uniformBetween(level[0], level[1]) : before!.level) + above;
    this.added = hazard && signal.hazard ? addedBy(signal, hazard.count, random('hazard'), before) : null;
    this.nextMissing = gap(this.spoils, MISSING_SHARE);
    this.nextOutlier = gap(this.spoils, OUTLIER_SHARE);
  }

  fill(column: Float64Array, at: number, from: number, count: number): void {
    const { level } = this;
    const { noiseSd, drift } = this.signal;
    const driftPerRow = drift / this.rows;
    fillNormal(this.noise, column, at, at + count);
    for (let i = 0; i < count; i++) {
      const value = level + driftPerRow * (from + i) + noiseSd * column[at + i]!;
      column[at + i] = Math.round(value * DIGITS) / DIGITS;
    }
    this.spoil(column, at, from, from + count);
    this.paint(column, at, from, from + count);
  }

  private spoil(column: Float64Array, at: number, from: number, to: number): void {
    const outlier = OUTLIER_SDS * this.signal.outlierSd;
    while (this.nextOutlier < to) {
      const i = at + this.nextOutlier - from;
      const isUp = this.spoils.integer(2) === 1;
      column[i] = Math.round((column[i]! + (isUp ? outlier : -outlier)) * DIGITS) / DIGITS;
      this.nextOutlier += 1 + gap(this.spoils, OUTLIER_SHARE);
    }
    while (this.nextMissing < to) {
      column[at + this.nextMissing - from] = Number.NaN;
      this.nextMissing += 1 + gap(this.spoils, MISSING_SHARE);
    }
  }

  private paint(column: Float64Array, at: number, from: number, to: number): void {
    if (!this.hazard || !this.added) return;
    const { first, count } = this.hazard;
    for (let row = Math.max(from, first); row < Math.min(to, first + count); row++) {
      const i = at + row - from;
      column[i] = Math.round((column[i]! + this.added[row - first]!) * DIGITS) / DIGITS;
    }
  }
}

function addedBy(signal: Signal, count: number, random: Random, before: DrawnSignal | null): Float64Array {
  const { offset, gain, power, noiseSd, followsColumnBefore } = signal.hazard!;
  return Float64Array.from({ length: count }, (_, k) => {
    const progression = k / count;
    const rise = gain * (power === 2 ? progression * progression : progression);
    const below = followsColumnBefore ? before!.added![k]! : 0;
    return below + offset + rise + noiseSd * random.normal();
  });
}

const TWO_OF_32_BITS = 2 / 2 ** 32;

/**
 * Standard normal numbers by the polar method of Marsaglia, two at a time and from 32 random bits each: plenty for
 * values of three digits, and twice as fast as `Random.normal`.
 */
function fillNormal(random: Random, column: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; ) {
    const u = random.uint32() * TWO_OF_32_BITS - 1;
    const v = random.uint32() * TWO_OF_32_BITS - 1;
    const s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    column[i++] = u * factor;
    if (i < to) column[i++] = v * factor;
  }
}

/** Rows until the next event of this share of rows: geometric. */
const gap = (random: Random, share: number): number =>
  Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - share));
