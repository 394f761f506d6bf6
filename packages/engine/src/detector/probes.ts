/** Temperature probes of one module: the hottest and coldest that can be believed, and those that cannot. */
import { FAULTY, LeapJudge, type LeapSigns, STEADY } from './leap.ts';
import { medianOf, medianOfThree } from './signal.ts';

/** A probe this much colder than all others has come off. */
const LOOSE_K = 15;
const LOOSE_HOLD_S = 120;
/** A probe that stands still while the median of the others moved by this much. */
const STUCK_SIBLINGS_MOVED_K = 6;
/** From so many on the median says what the module is like, and one cold outlier does not widen the spread. */
const MEDIAN_MIN_PROBES = 4;

export const PROBE_OK = 0;
export const PROBE_LEAPT = 1;
export const PROBE_LOOSE = 2;
const PROBE_STUCK = 3;

export class ProbeTemperatures {
  readonly probeCount: number;
  hottestDegC = Number.NaN;
  hottestProbe = 0;
  /** How far the hottest stands above the next hottest, K; NaN with fewer than two. */
  hottestAloneK = Number.NaN;
  /** What the hottest is compared with: the median, or with few probes the coldest. */
  referenceDegC = Number.NaN;
  /** Highest reading of a probe that has leapt up and is being checked; NaN where there is none. */
  unconfirmedDegC = Number.NaN;
  /** PROBE_… of each probe. */
  readonly states: Uint8Array;
  private readonly leaps: readonly LeapJudge[];
  private readonly previous: Float64Array;
  private readonly beforePrevious: Float64Array;
  private readonly looseSinceS: Float64Array;
  private readonly unchangedMedian: Float64Array;

  constructor(probeCount: number) {
    this.probeCount = probeCount;
    this.states = new Uint8Array(probeCount);
    this.leaps = Array.from({ length: probeCount }, () => new LeapJudge());
    const empty = (): Float64Array => new Float64Array(probeCount).fill(Number.NaN);
    this.previous = empty();
    this.beforePrevious = empty();
    this.looseSinceS = empty();
    this.unchangedMedian = empty();
  }

  restart(): void {
    for (const leap of this.leaps) leap.restart();
    this.states.fill(PROBE_OK);
    this.previous.fill(Number.NaN);
    this.beforePrevious.fill(Number.NaN);
    this.looseSinceS.fill(Number.NaN);
    this.unchangedMedian.fill(Number.NaN);
  }

  /**
   * @param temperaturesDegC one per probe, °C, NaN where missing
   * @param signs what else speaks for a runaway
   */
  add(timeS: number, elapsedS: number, temperaturesDegC: Float64Array, signs: LeapSigns): void {
    const medianDegC = medianOf(temperaturesDegC, this.probeCount);
    let coldestDegC = Number.NaN;
    let secondDegC = Number.NaN;
    this.hottestDegC = Number.NaN;
    this.unconfirmedDegC = Number.NaN;
    for (let i = 0; i < this.probeCount; i++) {
      const raw = temperaturesDegC[i]!;
      if (Number.isNaN(raw)) continue;
      this.judge(i, raw, timeS, elapsedS, medianDegC, signs);
      const value = medianOfThree(raw, this.previous[i]!, this.beforePrevious[i]!);
      this.beforePrevious[i] = this.previous[i]!;
      this.previous[i] = raw;
      if (this.states[i] !== PROBE_OK) continue;
      if (value <= this.hottestDegC) {
        if (!(value <= secondDegC)) secondDegC = value;
      } else {
        secondDegC = this.hottestDegC;
        this.hottestDegC = value;
        this.hottestProbe = i + 1;
      }
      // One that is far colder than the others may have come off: it says nothing of the spread.
      if (value > medianDegC - LOOSE_K && !(value >= coldestDegC)) coldestDegC = value;
    }
    this.hottestAloneK = this.hottestDegC - secondDegC;
    this.referenceDegC = this.probeCount >= MEDIAN_MIN_PROBES ? medianDegC : coldestDegC;
  }

  /** The leap of this probe has been judged a fault, or is still being checked. */
  isFaulty(i: number): boolean {
    return this.states[i] !== PROBE_LEAPT || this.leaps[i]!.state === FAULTY;
  }

  private judge(
    i: number,
    raw: number,
    timeS: number,
    elapsedS: number,
    medianDegC: number,
    signs: LeapSigns,
  ): void {
    const leap = this.leaps[i]!;
    const isBelieved = leap.judge(timeS, elapsedS, this.previous[i]!, raw, signs);
    if (!isBelieved) {
      this.states[i] = PROBE_LEAPT;
      if (leap.state !== FAULTY && leap.isUpward && !(raw <= this.unconfirmedDegC))
        this.unconfirmedDegC = raw;
      return;
    }
    if (this.states[i] === PROBE_LEAPT && leap.state === STEADY) this.states[i] = PROBE_OK;
    if (this.probeCount < 3) return;
    if (raw > medianDegC - LOOSE_K) this.looseSinceS[i] = Number.NaN;
    else if (Number.isNaN(this.looseSinceS[i]!)) this.looseSinceS[i] = timeS;
    const isLoose = timeS - this.looseSinceS[i]! > LOOSE_HOLD_S;
    if (isLoose && this.states[i] === PROBE_OK) this.states[i] = PROBE_LOOSE;
    else if (!isLoose && this.states[i] === PROBE_LOOSE) this.states[i] = PROBE_OK;

    if (raw !== this.previous[i] || Number.isNaN(this.unchangedMedian[i]!)) {
      this.unchangedMedian[i] = medianDegC;
      if (this.states[i] === PROBE_STUCK) this.states[i] = PROBE_OK;
    } else if (
      this.states[i] === PROBE_OK &&
      Math.abs(medianDegC - this.unchangedMedian[i]!) > STUCK_SIBLINGS_MOVED_K
    ) {
      this.states[i] = PROBE_STUCK;
    }
  }
}
