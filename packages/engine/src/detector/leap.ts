/**
 * A surface that leaps from one frame to the next: a runaway that the sampling is too slow to follow, or a sensor that
 * has failed. What tells them apart is what follows: a hot body goes on moving, one way, farther than its noise; a
 * broken wire stands still, jumps about, or comes back.
 */

const LEAP_MIN_K = 20;
/** Slow sampling sees larger steps. */
const LEAP_K_PER_S = 1;
/** How far and how long a body must move after its leap; less where other signs speak for it. */
const ALONE = { moveK: 3, frames: 8, forS: 8 };
const WITH_SIGNS = { moveK: 1, frames: 5, forS: 2 };
/** Its way must stand out of the steps that it takes: uniform noise never gets this far. */
const NOISE_FACTOR = 4;
/** A burning body loses tens of kelvins a frame; one that has come off reads the room. */
const BURNT_DEG_C = 100;
const COOLING_SHARE = 0.6;
/** Signs do not speak for a sensor that always jumps about. */
const QUIET_STEP_K = 5;
const STEP_GAIN = 0.1;
/** From cold an alarm of heat says nothing for a leap: a noisy sensor raises it, too. */
const WARM_DEG_C = 45;
/** A body that has been believed may go on leaping upwards for so long. */
const TRUSTED_S = 60;
/** Leaps back and forth: broken until it has been quiet for long. */
const ERRATIC_RESTARTS = 3;
const ERRATIC_FOR_S = 50;
const VERDICT_S = 60;
const VERDICT_FRAMES = 10;
/** A step down that stays is the new state of things only after long. */
const ACCEPT_LOW_S = 3600;

export const STEADY = 0;
/** It has leapt, and is not believed yet. */
const CHECKING = 1;
/** It has leapt and does not behave like a body. */
export const FAULTY = 2;

export interface LeapSigns {
  /** The voltage is falling. */
  voltageSags: boolean;
  /** A row of heat or voltage is active. */
  isSuspicious: boolean;
}

export class LeapJudge {
  state = STEADY;
  private fromDegC = Number.NaN;
  /** Where the last leap ended, since when, and the way from there. */
  private anchorDegC = Number.NaN;
  private sinceS = Number.NaN;
  private frames = 0;
  private wayK = 0;
  private largestStepK = 0;
  private lastDegC = Number.NaN;
  private restarts = 0;
  private trustedUntilS = Number.NEGATIVE_INFINITY;
  /** What this sensor moves from frame to frame while nothing happens. */
  private usualStepK = 0;

  /** After a gap the values before it say nothing. */
  restart(): void {
    this.state = STEADY;
  }

  /** The leap led upwards. */
  get isUpward(): boolean {
    return this.anchorDegC > this.fromDegC;
  }

  /**
   * @param beforeDegC the value of the frame before, NaN at the start and after a gap
   * @param signs what else speaks for a runaway
   * @returns whether the value can be believed
   */
  judge(timeS: number, elapsedS: number, beforeDegC: number, valueDegC: number, signs: LeapSigns): boolean {
    const limitK = Math.max(LEAP_MIN_K, LEAP_K_PER_S * elapsedS);
    if (this.state === STEADY) return this.judgeSteady(timeS, limitK, beforeDegC, valueDegC);
    if (Math.abs(valueDegC - this.fromDegC) < limitK) {
      this.state = STEADY;
      return true;
    }
    const speaks = signs.voltageSags || (signs.isSuspicious && this.fromDegC >= WARM_DEG_C);
    const hasSigns = speaks && this.usualStepK < QUIET_STEP_K;
    const stepK = valueDegC - this.lastDegC;
    const isLeap = Math.abs(stepK) > limitK && !(hasSigns && isCooling(this.lastDegC, valueDegC));
    this.lastDegC = valueDegC;
    if (isLeap) return this.leapAgain(timeS, stepK, valueDegC, hasSigns);
    this.frames++;
    this.wayK += Math.abs(stepK);
    this.largestStepK = Math.max(this.largestStepK, Math.abs(stepK));
    const ageS = timeS - this.sinceS;
    if (this.isUpward ? this.movesLikeABody(ageS, hasSigns) : ageS > ACCEPT_LOW_S) return this.believe(timeS);
    if (ageS > VERDICT_S && this.frames >= VERDICT_FRAMES) {
      this.state = FAULTY;
      // Judged by the last minute, over and over: what cools for an hour is a body in the end.
      if (this.isUpward) this.anchor(timeS, valueDegC);
    }
    return false;
  }

  private judgeSteady(timeS: number, limitK: number, beforeDegC: number, valueDegC: number): boolean {
    const stepK = Math.abs(valueDegC - beforeDegC);
    const isLeap = stepK > limitK;
    const isExpected = valueDegC > beforeDegC ? timeS < this.trustedUntilS : isCooling(beforeDegC, valueDegC);
    if (isLeap && !isExpected) {
      this.state = CHECKING;
      this.fromDegC = beforeDegC;
      this.lastDegC = valueDegC;
      this.restarts = 0;
      this.anchor(timeS, valueDegC);
      return false;
    }
    if (!isLeap && !Number.isNaN(stepK)) this.usualStepK += STEP_GAIN * (stepK - this.usualStepK);
    return true;
  }

  private leapAgain(timeS: number, stepK: number, valueDegC: number, hasSigns: boolean): boolean {
    this.anchor(timeS, valueDegC);
    // With other signs, a second leap upwards is a runaway.
    if (hasSigns && stepK > 0) return this.state === CHECKING ? this.believe(timeS) : false;
    if (++this.restarts >= ERRATIC_RESTARTS) this.state = FAULTY;
    return false;
  }

  private anchor(timeS: number, valueDegC: number): void {
    this.anchorDegC = valueDegC;
    this.sinceS = timeS;
    this.frames = 0;
    this.wayK = 0;
    this.largestStepK = 0;
  }

  private believe(timeS: number): true {
    this.state = STEADY;
    this.trustedUntilS = timeS + TRUSTED_S;
    return true;
  }

  private movesLikeABody(ageS: number, hasSigns: boolean): boolean {
    const need = hasSigns ? WITH_SIGNS : ALONE;
    const forS = this.restarts >= ERRATIC_RESTARTS ? ERRATIC_FOR_S : need.forS;
    if (this.frames < need.frames || ageS < forS) return false;
    const movedK = Math.abs(this.lastDegC - this.anchorDegC);
    const usualK = this.wayK / this.frames;
    const isSteady = this.largestStepK <= movedK / 2 && (hasSigns || usualK < QUIET_STEP_K);
    return isSteady && movedK > need.moveK && movedK >= NOISE_FACTOR * usualK;
  }
}

const isCooling = (beforeDegC: number, valueDegC: number): boolean =>
  beforeDegC >= BURNT_DEG_C && valueDegC < beforeDegC && valueDegC > COOLING_SHARE * beforeDegC;
