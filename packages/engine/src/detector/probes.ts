/** Temperature probes of one module: the hottest and coldest that can be believed, and those that cannot. */
import { FAULTY, type LeapSigns, LeapTracker, STEADY } from './leap.ts';
import { medianOf, medianOfThree, writtenStep } from './signal.ts';

/** A probe this much colder than all others has come off. */
const LOOSE_K = 15;
const LOOSE_HOLD_S = 120;
/** A probe that stands still while the median of all moved by this much; a fine one for long by less. */
const STUCK_SIBLINGS_MOVED_K = 6;
const STUCK_FINE_SIBLINGS_MOVED_K = 3;
const STUCK_FINE_S = 3600;
const STUCK_FINE_STEP_K = 0.1;
/** From so many on the median says what the module is like, and one cold outlier does not widen the spread. */
const MEDIAN_MIN_PROBES = 4;

const PER_PROBE = [
  'previous',
  'beforePrevious',
  'looseSinceS',
  'unchangedLowDegC',
  'unchangedHighDegC',
  'unchangedSinceS',
] as const;

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
  /** Highest reading of a probe that is broken, or has been extreme since the start; NaN where there is none. */
  doubtedDegC = Number.NaN;
  /** Highest reading, now or when it was lost, of a probe that was believed before and is not now; NaN where there is none. */
  contestedDegC = Number.NaN;
  /** Highest believed reading as it came. */
  readDegC = Number.NaN;
  /** A leap was confirmed in this frame. */
  isConfirmed = false;
  /** Every probe reads exactly what it read before. */
  isSame = false;
  medianDegC = Number.NaN;
  /** PROBE_… of each probe. */
  readonly states: Uint8Array;
  private readonly leaps: LeapTracker[];
  private readonly previous: Float64Array;
  private readonly beforePrevious: Float64Array;
  private readonly looseSinceS: Float64Array;
  private readonly unchangedLowDegC: Float64Array;
  private readonly unchangedHighDegC: Float64Array;
  private readonly unchangedSinceS: Float64Array;

  constructor(probeCount: number) {
    this.probeCount = probeCount;
    this.states = new Uint8Array(probeCount);
    this.leaps = Array.from({ length: probeCount }, () => new LeapTracker());
    const empty = (): Float64Array => new Float64Array(probeCount).fill(Number.NaN);
    this.previous = empty();
    this.beforePrevious = empty();
    this.looseSinceS = empty();
    this.unchangedLowDegC = empty();
    this.unchangedHighDegC = empty();
    this.unchangedSinceS = empty();
  }

  /** The same for lists of another length, with what is known of the probes. */
  resized(probeCount: number): ProbeTemperatures {
    const resized = new ProbeTemperatures(probeCount);
    resized.take(this);
    return resized;
  }

  private take(known: ProbeTemperatures): void {
    const count = Math.min(this.probeCount, known.probeCount);
    for (let i = 0; i < count; i++) this.leaps[i] = known.leaps[i]!;
    for (const field of PER_PROBE) this[field].set(known[field].subarray(0, count));
    this.states.set(known.states.subarray(0, count));
  }

  restart(): void {
    for (const leap of this.leaps) leap.restart();
    this.states.fill(PROBE_OK);
    this.previous.fill(Number.NaN);
    this.beforePrevious.fill(Number.NaN);
    this.looseSinceS.fill(Number.NaN);
    this.unchangedSinceS.fill(Number.NaN);
  }

  /** No list in this frame. */
  rest(): void {
    this.readDegC = Number.NaN;
    this.doubtedDegC = Number.NaN;
    this.hottestDegC = Number.NaN;
    this.medianDegC = Number.NaN;
    this.contestedDegC = Number.NaN;
  }

  /**
   * @param temperaturesDegC one per probe, °C, NaN where missing
   * @param signs what else speaks for a runaway
   * @param rackDegC what other modules of the rack are at; NaN where there are too few
   */
  add(
    timeS: number,
    elapsedS: number,
    temperaturesDegC: Float64Array,
    signs: LeapSigns,
    rackDegC: number,
  ): void {
    const medianDegC = medianOf(temperaturesDegC, this.probeCount);
    this.medianDegC = medianDegC;
    this.isSame = true;
    const neighboursDegC = rackDegC < medianDegC ? rackDegC : medianDegC;
    let coldestDegC = Number.NaN;
    let secondDegC = Number.NaN;
    this.hottestDegC = Number.NaN;
    this.unconfirmedDegC = Number.NaN;
    this.doubtedDegC = Number.NaN;
    this.readDegC = Number.NaN;
    this.contestedDegC = Number.NaN;
    this.isConfirmed = false;
    let heldDegC = Number.NaN;
    let heldProbe = 0;
    for (let i = 0; i < this.probeCount; i++) {
      const raw = temperaturesDegC[i]!;
      let value = Number.NaN;
      if (!Number.isNaN(raw)) {
        if (raw !== this.previous[i]) this.isSame = false;
        this.evaluateProbe(i, raw, timeS, elapsedS, medianDegC, neighboursDegC, signs);
        value = medianOfThree(raw, this.previous[i]!, this.beforePrevious[i]!);
        this.beforePrevious[i] = this.previous[i]!;
        this.previous[i] = raw;
      }
      if (Number.isNaN(raw) || this.states[i] !== PROBE_OK) {
        const lost = Number.isNaN(raw) ? this.leaps[i]!.lostDegC(timeS) : Number.NaN;
        if (lost > this.unconfirmedDegC || Number.isNaN(this.unconfirmedDegC)) this.unconfirmedDegC = lost;
        const contested = this.leaps[i]!.contestedDegC(timeS);
        if (contested > this.contestedDegC || Number.isNaN(this.contestedDegC))
          this.contestedDegC = contested;
        const held = this.leaps[i]!.heldDegC(timeS);
        if (held > heldDegC || Number.isNaN(heldDegC)) {
          heldDegC = held;
          heldProbe = i + 1;
        }
        continue;
      }
      if (!(raw <= this.readDegC)) this.readDegC = raw;
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
    // What burns where a wire has torn goes on burning, whatever the other probes read.
    if (heldDegC > this.hottestDegC) {
      secondDegC = this.hottestDegC;
      this.hottestDegC = heldDegC;
      this.hottestProbe = heldProbe;
    }
    this.hottestAloneK = this.hottestDegC - secondDegC;
    this.referenceDegC = this.probeCount >= MEDIAN_MIN_PROBES ? medianDegC : coldestDegC;
  }

  /** The leap of this probe has been judged a fault, or is still being checked. */
  isFaulty(i: number): boolean {
    return this.states[i] !== PROBE_LEAPT || this.leaps[i]!.state === FAULTY;
  }

  /** This probe has stopped delivering while others go on. */
  isLost(i: number, timeS: number, intervalS: number): boolean {
    return !Number.isNaN(this.medianDegC) && this.leaps[i]!.isLost(timeS, intervalS);
  }

  /** What a probe read last, °C. */
  lastDegC(i: number): number {
    return this.previous[i]!;
  }

  get isHot(): boolean {
    return this.leaps.some(({ isHot }) => isHot);
  }

  /** Finest step that the readings are written with, K; NaN where their digits do not say. */
  get stepK(): number {
    let finest = Number.NaN;
    for (const value of this.previous) {
      const step = writtenStep(value);
      if (step < finest || Number.isNaN(finest)) finest = step;
    }
    return finest;
  }

  /** What is wrong with a probe that leapt, to end a sentence. */
  why(i: number): string {
    return this.leaps[i]!.why(this.previous[i]!);
  }

  private evaluateProbe(
    i: number,
    raw: number,
    timeS: number,
    elapsedS: number,
    medianDegC: number,
    neighboursDegC: number,
    signs: LeapSigns,
  ): void {
    const leap = this.leaps[i]!;
    const wasChecked = leap.state !== STEADY;
    const isBelieved = leap.evaluate(timeS, elapsedS, this.previous[i]!, raw, signs, neighboursDegC);
    if (!isBelieved) {
      this.states[i] = PROBE_LEAPT;
      if ((leap.state === FAULTY || leap.isRefuted) && !(raw <= this.doubtedDegC)) this.doubtedDegC = raw;
      if (leap.state !== FAULTY && leap.isUpward && !(raw <= this.unconfirmedDegC))
        this.unconfirmedDegC = raw;
      return;
    }
    if (wasChecked && leap.isHot) this.isConfirmed = true;
    if (this.states[i] === PROBE_LEAPT) this.states[i] = PROBE_OK;
    this.followStillness(i, raw, timeS, medianDegC);
    if (this.probeCount < 3) return;
    if (raw > medianDegC - LOOSE_K) this.looseSinceS[i] = Number.NaN;
    else if (Number.isNaN(this.looseSinceS[i]!)) this.looseSinceS[i] = timeS;
    const isLoose = timeS - this.looseSinceS[i]! > LOOSE_HOLD_S;
    if (isLoose && this.states[i] === PROBE_OK) this.states[i] = PROBE_LOOSE;
    else if (!isLoose && this.states[i] === PROBE_LOOSE) this.states[i] = PROBE_OK;
  }

  /** A probe at its rail after a climb stands still, too: it burns. */
  private followStillness(i: number, raw: number, timeS: number, medianDegC: number): void {
    if (raw !== this.previous[i] || Number.isNaN(this.unchangedSinceS[i]!)) {
      this.unchangedLowDegC[i] = medianDegC;
      this.unchangedHighDegC[i] = medianDegC;
      this.unchangedSinceS[i] = timeS;
      if (this.states[i] === PROBE_STUCK) this.states[i] = PROBE_OK;
      return;
    }
    if (medianDegC < this.unchangedLowDegC[i]!) this.unchangedLowDegC[i] = medianDegC;
    if (medianDegC > this.unchangedHighDegC[i]!) this.unchangedHighDegC[i] = medianDegC;
    const movedK = this.unchangedHighDegC[i]! - this.unchangedLowDegC[i]!;
    if (movedK <= STUCK_FINE_SIBLINGS_MOVED_K || this.probeCount < 3) return;
    if (this.states[i] !== PROBE_OK || this.leaps[i]!.isHot) return;
    const isFine = timeS - this.unchangedSinceS[i]! >= STUCK_FINE_S && this.stepK <= STUCK_FINE_STEP_K;
    if (isFine || movedK > STUCK_SIBLINGS_MOVED_K) this.states[i] = PROBE_STUCK;
  }
}
