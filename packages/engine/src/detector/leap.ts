/**
 * A surface that leaps from one frame to the next: a runaway that the sampling is too slow to follow, or a sensor that
 * has failed. What tells them apart: a hot body goes on, further in the same direction, or smoothly; other physics speak
 * for it. A broken wire stands still, jumps back and forth, or comes back. A sensor that got hot as a body does is
 * believed for as long as it stays hot, also at its rail.
 */

const LEAP_MIN_K = 20;
/** Slow sampling sees larger steps. */
const LEAP_K_PER_S = 1;
/** How far and how long a body must move after its leap; less where other signs speak for it. */
const ALONE = { moveK: 3, frames: 8, forS: 8 };
const WITH_SIGNS = { moveK: 1, frames: 5, forS: 2 };
/** At slow sampling so many frames are enough. */
const SLOW_INTERVAL_S = 5;
const SLOW_FRAMES = 5;
/** Its way must stand out of the steps that it takes: uniform noise never gets this far. */
const NOISE_FACTOR = 4;
/** At slow sampling the steps of a body are large, but all lead the same way. */
const SMOOTH_SHARE = 0.9;
/** A burning body loses tens of kelvins a frame; one that has come off reads the room. */
const BURNT_DEG_C = 100;
const COOLING_SHARE = 0.6;
/** Signs do not speak for a sensor that always jumps about. */
const QUIET_STEP_K = 5;
const STEP_GAIN = 0.1;
/** From cold an alarm of heat says nothing for a leap: a noisy sensor raises it, too. */
const WARM_DEG_C = 45;
/** Where a surface was believed to be as hot as this, what leaps from there is hot. */
const HEATED_DEG_C = 60;
/** A body that has been believed may go on leaping upwards for so long. */
const TRUSTED_S = 60;
/** Leaps back and forth: broken until it has been quiet for long. */
const ERRATIC_RETURNS = 3;
const ERRATIC_FOR_S = 50;
const ERRATIC_SLOW_FRAMES = 10;
const ERRATIC_MEMORY_S = 600;
const VERDICT_S = 60;
const VERDICT_FRAMES = 10;
/** A step down that stays is the new state of things only after long. */
const ACCEPT_LOW_S = 3600;

/**
 * A climb: so long, and a step or more onward, each a share of the whole, none nearly all of it, and its rise most of the
 * way that it went: noise goes far and gets nowhere.
 */
const CLIMB_S = 5;
const CLIMB_FRAMES = 5;
const CLIMB_FRAMES_S = 10;
/** Steps onward where each cell is seen to keep its voltage; one more where few frames have to be enough. */
const STEPS_AGAINST_VOLTAGE = 2;
const SLOW_CLIMB_INTERVAL_S = 3;
const CLIMB_STEP_SHARE = 0.05;
const CLIMB_LARGEST_SHARE = 0.88;
const CLIMB_KEPT_SHARE = 0.7;
/** Rising like this before it leaps, it leaps because it climbs. */
const RISING_K = 15;
const RISING_STEPS = 2;
/** A cell that loses its voltage confirms a leap of so long ago: loggers have more than one clock. */
const VOLTAGE_CONFIRMS_S = 120;

/** From the first value on so hot, so far above its neighbours, and not once moved by so much: not believed. */
const EXTREME_DEG_C = 90;
const CONTRADICTED_K = 60;
const MOVED_K = 1;

/** The conversion of a unit leaves dust. */
const DUST_K = 1e-6;

/** Without a value for longer: how it got where it is now was not seen. */
const HOLE_S = 3;
const HOLE_INTERVALS = 2.5;
/** No surface of a cell that burns rises faster for seconds. */
const FASTEST_K_PER_S = 100;
const INTERVAL_GAIN = 0.1;
const LOST_S = 30;
const LOST_INTERVALS = 5;
/** Of such a reading: alive once it has changed so often in so long, or not known to stand still after longer. */
const ALIVE_CHANGES = 3;
const ALIVE_S = 4;
const ALIVE_SLOW_S = 8;
const ALIVE_K_PER_S = 0.3;
const UNDISPROVED_S = 7;
/** A sensor that has shown steps as fine as this does not stand quite still where something burns. */
const FINE_STEP_K = 0.5;

export const STEADY = 0;
/** It has leapt, and is not believed yet. */
const CHECKING = 1;
/** It has leapt and does not behave like a body. */
export const FAULTY = 2;

export interface LeapSigns {
  /** The voltage is falling. */
  voltageSags: boolean;
  /** A cell has lost much of its voltage, and no load explains it. */
  voltageIsLost: boolean;
  /** The voltage of each cell is seen, and none falls. */
  cellsKeepVoltage: boolean;
  /** A row of heat or voltage is active. */
  isSuspicious: boolean;
  /** It is made of a reading that is not believed. */
  isMadeOfDoubted: boolean;
}

export class LeapTracker {
  state = STEADY;
  private fromDegC = Number.NaN;
  /** Where the last leap ended, since when, and the way from there. */
  private anchorDegC = Number.NaN;
  private sinceS = Number.NaN;
  private frames = 0;
  private wayK = 0;
  private largestStepK = 0;
  /** It has fallen since by a step that is a leap, as what burnt cools. */
  private hasCooled = false;
  private lastDegC = Number.NaN;
  private returns = 0;
  private returnedS = Number.NEGATIVE_INFINITY;
  private trustedUntilS = Number.NEGATIVE_INFINITY;
  /** What this sensor moves from frame to frame while nothing happens. */
  private usualStepK = 0;
  /** How far it has risen without a step down. */
  private risenK = 0;
  private rises = 0;
  /** The climb that is being checked: when and where from it began, its top, and how it got there. */
  private climbS = Number.NaN;
  private climbFrames = 0;
  private climbFromDegC = Number.NaN;
  private topDegC = Number.NaN;
  private stepsOnward = 0;
  private largestRiseK = 0;
  private climbWayK = 0;
  /** First value since the start or a gap, as long as it has not moved from there; NaN once it has. */
  private firstDegC = Number.NaN;
  private hasMoved = false;
  /** Last value that was believed while beyond operation, and when; NaN once it has been believed cooler. */
  private hotDegC = Number.NaN;
  private hotS = Number.NaN;
  private wasHot = false;
  /** Time of the last value, and usual time between values, s. */
  private lastS = Number.NaN;
  private everyS = Number.NaN;
  private isAfterHole = false;
  private holeS = 0;
  /** The leap lies in a hole or before the start, so that it is no sign of a broken sensor. */
  private isUnseen = false;
  private changes = 0;
  /** Finest step while it was believed. */
  private finestStepK = Number.POSITIVE_INFINITY;
  /** It has been believed, other than as an extreme value that never moved. */
  private wasBelieved = false;
  private contestedHotDegC = Number.NaN;
  private contestedS = Number.NaN;

  /** After a gap the values before it say nothing, but what burnt still may. */
  restart(): void {
    this.state = STEADY;
    this.firstDegC = Number.NaN;
    this.hasMoved = this.isHot;
    this.risenK = 0;
    this.rises = 0;
  }

  /** The leap led upwards. */
  get isUpward(): boolean {
    return this.anchorDegC > this.fromDegC;
  }

  /** It has read the same since the start. */
  get isUnmoved(): boolean {
    return !this.hasMoved;
  }

  /** It has been extreme since the start, and its neighbours contradict it. */
  get isRefuted(): boolean {
    return this.state !== STEADY && !this.hasMoved;
  }

  /** It was believed to burn, and nothing believed says otherwise. */
  get isHot(): boolean {
    return this.hotDegC >= BURNT_DEG_C;
  }

  /** The last believed value of a body that was hot when its sensor was lost not long ago; NaN otherwise. */
  heldDegC(timeS: number): number {
    if (!(timeS - this.hotS <= ACCEPT_LOW_S)) return Number.NaN;
    // Between two values of a slow sensor nothing is lost.
    return this.isHot || this.isHole(timeS - this.hotS) ? this.hotDegC : Number.NaN;
  }

  /** It was delivered, and has not been for long. */
  isLost(timeS: number, intervalS: number): boolean {
    return timeS - this.lastS > Math.max(LOST_S, LOST_INTERVALS * Math.max(intervalS, this.everyS));
  }

  private isHole(sinceS: number): boolean {
    return sinceS > HOLE_S && sinceS > HOLE_INTERVALS * this.everyS;
  }

  /**
   * What it read last at 100 °C or more without being believed, until it is believed again; NaN where it never was
   * believed: then other sensors speak for the module.
   */
  contestedDegC(timeS: number): number {
    return this.wasBelieved && timeS - this.contestedS <= ACCEPT_LOW_S ? this.contestedHotDegC : Number.NaN;
  }

  /** What it read when it was lost before anybody knew whether to believe it; NaN otherwise. */
  lostDegC(timeS: number): number {
    return this.state === CHECKING && this.isUpward && timeS - this.climbS <= ACCEPT_LOW_S
      ? this.lastDegC
      : Number.NaN;
  }

  /** What is wrong, to end a sentence. */
  why(valueDegC: number): string {
    if (!this.hasMoved)
      return `has stood at ${valueDegC.toFixed(1)} °C since the start, far above its neighbours`;
    if (this.returns >= ERRATIC_RETURNS) return `jumps back and forth, now at ${valueDegC.toFixed(1)} °C`;
    return this.isUpward
      ? `leapt to ${valueDegC.toFixed(1)} °C and does not behave like a hot body`
      : `fell to ${valueDegC.toFixed(1)} °C at once, as no body cools`;
  }

  /**
   * @param beforeDegC the value of the frame before, NaN at the start and after a gap
   * @param signs what else speaks for a runaway
   * @param neighboursDegC what stands beside it reads; NaN where there is nothing
   * @returns whether the value can be believed
   */
  evaluate(
    timeS: number,
    elapsedS: number,
    beforeDegC: number,
    valueDegC: number,
    signs: LeapSigns,
    neighboursDegC: number,
  ): boolean {
    this.followInterval(timeS);
    if (!this.hasMoved) this.noteMoved(valueDegC);
    const limitK = Math.max(LEAP_MIN_K, LEAP_K_PER_S * elapsedS);
    const isBelieved =
      this.state === STEADY
        ? this.evaluateSteady(timeS, limitK, beforeDegC, valueDegC, neighboursDegC)
        : this.evaluateLeap(timeS, elapsedS, limitK, valueDegC, signs, neighboursDegC);
    if (isBelieved) {
      if (this.hasMoved || valueDegC < EXTREME_DEG_C) this.wasBelieved = true;
      this.noteHot(timeS, valueDegC);
      this.contestedHotDegC = Number.NaN;
    } else if (valueDegC >= BURNT_DEG_C) {
      this.contestedHotDegC = valueDegC;
      this.contestedS = timeS;
    }
    return isBelieved;
  }

  private followInterval(timeS: number): void {
    const sinceS = timeS - this.lastS;
    this.lastS = timeS;
    this.isAfterHole = this.isHole(sinceS);
    this.holeS = sinceS;
    if (sinceS === this.everyS || Number.isNaN(sinceS)) return;
    if (Number.isNaN(this.everyS)) this.everyS = sinceS;
    else this.everyS += INTERVAL_GAIN * (Math.min(sinceS, 5 * this.everyS) - this.everyS);
  }

  /** One frame may be an outlier. */
  private noteHot(timeS: number, valueDegC: number): void {
    const isHot = valueDegC >= HEATED_DEG_C && this.hasMoved;
    if (!isHot || !this.wasHot) this.hotDegC = Number.NaN;
    else {
      this.hotDegC = valueDegC;
      this.hotS = timeS;
    }
    this.wasHot = isHot;
  }

  private noteMoved(valueDegC: number): void {
    if (Number.isNaN(this.firstDegC)) this.firstDegC = valueDegC;
    this.hasMoved = Math.abs(valueDegC - this.firstDegC) > MOVED_K;
  }

  private evaluateSteady(
    timeS: number,
    limitK: number,
    beforeDegC: number,
    valueDegC: number,
    neighboursDegC: number,
  ): boolean {
    if (!this.hasMoved && valueDegC >= EXTREME_DEG_C && valueDegC - neighboursDegC >= CONTRADICTED_K) {
      this.check(timeS, neighboursDegC, valueDegC);
      this.isUnseen = true;
      return false;
    }
    const changeK = valueDegC - beforeDegC;
    const stepK = Math.abs(changeK);
    const isLeap = stepK > limitK;
    const isExpected =
      changeK > 0 ? timeS < this.trustedUntilS || this.isRising : isCooling(beforeDegC, valueDegC);
    if (isLeap && !isExpected) {
      this.check(timeS, beforeDegC, valueDegC);
      this.isUnseen = this.isAfterHole && changeK <= FASTEST_K_PER_S * this.holeS;
      return false;
    }
    if (Number.isNaN(stepK)) return true;
    if (isLeap && changeK > 0) this.trustedUntilS = timeS + TRUSTED_S;
    if (changeK > 0) {
      this.risenK += changeK;
      this.rises++;
    } else {
      this.risenK = 0;
      this.rises = 0;
    }
    if (!isLeap) this.usualStepK += STEP_GAIN * (stepK - this.usualStepK);
    if (stepK > DUST_K && stepK < this.finestStepK) this.finestStepK = stepK;
    return true;
  }

  private get isRising(): boolean {
    const { risenK, rises, usualStepK, returns } = this;
    return (
      rises >= RISING_STEPS &&
      risenK >= RISING_K &&
      risenK >= NOISE_FACTOR * usualStepK &&
      returns < ERRATIC_RETURNS
    );
  }

  private check(timeS: number, fromDegC: number, valueDegC: number): void {
    if (timeS - this.returnedS > ERRATIC_MEMORY_S) this.returns = 0;
    this.state = this.returns < ERRATIC_RETURNS ? CHECKING : FAULTY;
    this.hasCooled = false;
    this.fromDegC = fromDegC;
    this.lastDegC = valueDegC;
    this.isUnseen = false;
    this.risenK = 0;
    this.rises = 0;
    this.anchor(timeS, valueDegC);
    this.startClimb(timeS, fromDegC, valueDegC);
  }

  private evaluateLeap(
    timeS: number,
    elapsedS: number,
    limitK: number,
    valueDegC: number,
    signs: LeapSigns,
    neighboursDegC: number,
  ): boolean {
    if (!this.isUpward && valueDegC > this.fromDegC + limitK && this.fromDegC < BURNT_DEG_C) {
      this.noteReturn(timeS);
      this.check(timeS, this.fromDegC, valueDegC);
      return false;
    }
    if (this.isBack(valueDegC, limitK)) return this.comesBack(timeS, limitK, valueDegC);
    if (this.isUpward && this.isLookedAtAnew(valueDegC)) {
      this.check(timeS, this.fromDegC, valueDegC);
      this.isUnseen = true;
      return false;
    }
    const stepK = valueDegC - this.lastDegC;
    const isLeap = Math.abs(stepK) > limitK;
    this.climbFrames++;
    if (Math.abs(stepK) > MOVED_K) this.climbWayK += Math.abs(stepK);
    if (this.state === FAULTY && isLeap && stepK > 0 && this.returns < ERRATIC_RETURNS) {
      // Something happens to what stood still: looked at anew.
      this.state = CHECKING;
      this.startClimb(timeS, this.lastDegC, valueDegC);
    } else this.followClimb(valueDegC);
    const speaks =
      signs.voltageSags || signs.voltageIsLost || (signs.isSuspicious && this.fromDegC >= WARM_DEG_C);
    const hasSigns = speaks && this.usualStepK < QUIET_STEP_K;
    const before = this.lastDegC;
    this.lastDegC = valueDegC;
    if (this.isUpward && this.isConfirmed(timeS, elapsedS, valueDegC, signs, hasSigns))
      return this.believe(timeS);
    if (isLeap) {
      // Between two values of a slow sensor a burnt cell cools by tens of kelvins.
      const isSeenCooling = isCooling(before, valueDegC) && (hasSigns || elapsedS >= SLOW_INTERVAL_S);
      if (!isSeenCooling || !this.isUpward) return this.leapAgain(timeS, elapsedS, stepK, valueDegC);
      this.hasCooled = true;
    }
    // It cools from its top, however it got there.
    if (elapsedS >= SLOW_INTERVAL_S && stepK < 0 && before >= this.topDegC) this.anchor(timeS, before);
    this.frames++;
    this.wayK += Math.abs(stepK);
    this.largestStepK = Math.max(this.largestStepK, Math.abs(stepK));
    if (Math.abs(stepK) > DUST_K) this.changes++;
    if (
      this.isUnseen &&
      this.isUpward &&
      !signs.isMadeOfDoubted &&
      this.isAlive(timeS, elapsedS, neighboursDegC)
    )
      return this.believe(timeS);
    const ageS = timeS - this.sinceS;
    if (this.isUpward ? this.movesLikeABody(ageS, elapsedS, hasSigns) : ageS > ACCEPT_LOW_S)
      return this.believe(timeS);
    if (ageS > VERDICT_S && this.frames >= VERDICT_FRAMES) {
      this.state = FAULTY;
      // Judged by the last minute, over and over: what cools for an hour is a body in the end.
      if (this.isUpward) this.anchor(timeS, valueDegC);
    }
    return false;
  }

  /** A hole while it was checked, or what stood still since before anybody saw it has begun to move. */
  private isLookedAtAnew(valueDegC: number): boolean {
    if (this.isAfterHole && this.state === CHECKING) return true;
    if (this.state !== FAULTY || !this.isUnseen || this.returns >= ERRATIC_RETURNS) return false;
    const isQuiet = Math.abs(valueDegC - this.lastDegC) < QUIET_STEP_K;
    return isQuiet && Math.abs(valueDegC - this.anchorDegC) > MOVED_K;
  }

  /**
   * Nobody saw it leap: it is hot unless something says that the sensor is broken. It jumps about, or it stands quite
   * still although it is fine or its neighbours contradict it.
   */
  private isAlive(timeS: number, elapsedS: number, neighboursDegC: number): boolean {
    if (this.state !== CHECKING || this.returnedS >= this.climbS) return false;
    const { frames, wayK, changes } = this;
    const quietK = Math.max(QUIET_STEP_K, ALIVE_K_PER_S * elapsedS);
    if (wayK >= quietK * frames && !this.hasKeptItsWay()) return false;
    const ageS = timeS - this.sinceS;
    if (elapsedS >= SLOW_INTERVAL_S && changes > 0 && ageS >= ALIVE_SLOW_S && wayK < quietK * frames)
      return true;
    if (changes >= ALIVE_CHANGES && ageS >= ALIVE_S) return true;
    if (ageS < UNDISPROVED_S) return false;
    const isContradicted = this.lastDegC - neighboursDegC >= CONTRADICTED_K;
    return changes > 0 || !(isContradicted || this.finestStepK < FINE_STEP_K);
  }

  private hasKeptItsWay(): boolean {
    return this.lastDegC - this.anchorDegC >= CLIMB_KEPT_SHARE * this.wayK;
  }

  private isBack(valueDegC: number, limitK: number): boolean {
    const { fromDegC } = this;
    return this.isUpward ? Math.abs(valueDegC - fromDegC) < limitK : valueDegC > fromDegC - limitK;
  }

  /** What jumps back and forth is not believed between its jumps either, until it has been quiet. */
  private comesBack(timeS: number, limitK: number, valueDegC: number): boolean {
    const wasAway = !this.isBack(this.lastDegC, limitK);
    this.lastDegC = valueDegC;
    if (wasAway) this.noteReturn(timeS);
    if (this.returns >= ERRATIC_RETURNS && timeS - this.returnedS < ERRATIC_FOR_S) {
      this.state = FAULTY;
      return false;
    }
    this.state = STEADY;
    return true;
  }

  private startClimb(timeS: number, fromDegC: number, valueDegC: number): void {
    this.climbS = timeS;
    this.climbFrames = 0;
    this.climbFromDegC = fromDegC;
    this.topDegC = valueDegC;
    this.stepsOnward = 0;
    this.largestRiseK = valueDegC - fromDegC;
    this.climbWayK = Math.abs(this.largestRiseK);
  }

  private followClimb(valueDegC: number): void {
    const riseK = valueDegC - this.topDegC;
    if (riseK <= 0) return;
    if (riseK >= CLIMB_STEP_SHARE * (valueDegC - this.climbFromDegC)) this.stepsOnward++;
    if (riseK > this.largestRiseK) this.largestRiseK = riseK;
    this.topDegC = valueDegC;
  }

  /** Other physics, or the way it got there, say that it is hot. */
  private isConfirmed(
    timeS: number,
    elapsedS: number,
    valueDegC: number,
    signs: LeapSigns,
    hasSigns: boolean,
  ): boolean {
    const ageS = timeS - this.climbS;
    if (signs.voltageIsLost && ageS <= VOLTAGE_CONFIRMS_S && valueDegC >= HEATED_DEG_C) return true;
    if (this.state !== CHECKING) return false;
    if (hasSigns && this.stepsOnward > 0) return true;
    if (hasSigns && signs.isSuspicious && this.fromDegC >= HEATED_DEG_C) return true;
    return this.climbs(ageS, elapsedS, valueDegC, signs.cellsKeepVoltage);
  }

  private climbs(ageS: number, elapsedS: number, valueDegC: number, cellsKeepVoltage: boolean): boolean {
    if (ageS < CLIMB_S || this.returns >= ERRATIC_RETURNS || this.usualStepK >= QUIET_STEP_K) return false;
    // A step that nobody saw, or one of a sensor that has jumped, says less.
    const more = this.returns + (this.isUnseen ? 1 : 0);
    if (this.stepsOnward < stepsNeeded(elapsedS, cellsKeepVoltage) + more) return false;
    if (this.climbFrames < Math.min(CLIMB_FRAMES, CLIMB_FRAMES_S / elapsedS)) return false;
    const riseK = this.topDegC - this.climbFromDegC;
    return (
      this.largestRiseK <= CLIMB_LARGEST_SHARE * riseK &&
      valueDegC - this.climbFromDegC >= CLIMB_KEPT_SHARE * this.climbWayK
    );
  }

  private leapAgain(timeS: number, elapsedS: number, stepK: number, valueDegC: number): boolean {
    this.anchor(timeS, valueDegC);
    // Further in the direction of the leap is what a body does, but for one that has just cooled as much.
    const goesOn = stepK > 0 === this.isUpward && !this.hasCooled;
    this.hasCooled = false;
    if (goesOn) return false;
    this.noteReturn(timeS);
    // A cell that burns may cool between two bursts: the second is a climb of its own.
    if (this.isUpward && stepK < 0 && elapsedS < SLOW_INTERVAL_S)
      this.startClimb(timeS, valueDegC, valueDegC);
    if (this.returns >= ERRATIC_RETURNS) this.state = FAULTY;
    return false;
  }

  private noteReturn(timeS: number): void {
    this.returns++;
    this.returnedS = timeS;
  }

  private anchor(timeS: number, valueDegC: number): void {
    this.anchorDegC = valueDegC;
    this.sinceS = timeS;
    this.frames = 0;
    this.wayK = 0;
    this.largestStepK = 0;
    this.changes = 0;
  }

  private believe(timeS: number): true {
    this.state = STEADY;
    this.hasMoved = true;
    this.wasHot = this.isUpward;
    this.trustedUntilS = timeS + TRUSTED_S;
    return true;
  }

  private movesLikeABody(ageS: number, elapsedS: number, hasSigns: boolean): boolean {
    const need = hasSigns ? WITH_SIGNS : ALONE;
    const isErratic = this.returns >= ERRATIC_RETURNS;
    const slowFrames = isErratic ? ERRATIC_SLOW_FRAMES : SLOW_FRAMES;
    const frames = elapsedS >= SLOW_INTERVAL_S ? slowFrames : need.frames;
    const forS = isErratic ? ERRATIC_FOR_S : need.forS;
    if (this.frames < frames || ageS < forS) return false;
    const movedK = Math.abs(this.lastDegC - this.anchorDegC);
    const usualK = this.wayK / this.frames;
    const isQuiet =
      usualK < QUIET_STEP_K || (elapsedS >= SLOW_INTERVAL_S && movedK >= SMOOTH_SHARE * this.wayK);
    const isSteady = this.largestStepK <= movedK / 2 && (hasSigns || isQuiet);
    return isSteady && movedK > need.moveK && movedK >= NOISE_FACTOR * usualK;
  }
}

/** A cell that burns loses its voltage within seconds: where each is seen to keep it, more has to be seen of the heat. */
function stepsNeeded(elapsedS: number, cellsKeepVoltage: boolean): number {
  if (!cellsKeepVoltage) return 1;
  return elapsedS < SLOW_CLIMB_INTERVAL_S ? STEPS_AGAINST_VOLTAGE : STEPS_AGAINST_VOLTAGE + 1;
}

const isCooling = (beforeDegC: number, valueDegC: number): boolean =>
  beforeDegC >= BURNT_DEG_C && valueDegC < beforeDegC && valueDegC > COOLING_SHARE * beforeDegC;
