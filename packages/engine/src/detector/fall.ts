/**
 * A voltage that collapses, told from one that is discharged: a collapse takes seconds, or happens at rest, or ends
 * where no discharge goes; and it does not come back.
 */

/** The reference is the highest level of the last one to two windows. */
const FAST_S = 5;
const SLOW_S = 30;
const WINDOW_FRAMES = 3;
/** Below this share of the nominal rate a cell is at rest. */
const REST_C_RATE = 0.05;
/** No discharge ends below this, V per cell. */
const DEEP_V = 1.8;
/** A fall beside a growing discharge current is the load's: share that 1C may explain. */
const LOAD_SHARE_PER_C = 0.12;
/** GB 38031-2025 C.5.3.7 (a). */
const COLLAPSE_SHARE = 0.25;
const RECOVERED_SHARE = 0.15;
const SAG_SHARE = 0.03;
/** Several cells in series do not lose everything at once: a switch has opened. */
const SWITCH_MIN_V = 12;
const SWITCH_SHARE = 0.95;
const MIN_REFERENCE_V = 1;

class HighWater {
  private startS = Number.NaN;
  private now = { levelV: Number.NaN, dischargeA: 0 };
  private before = { levelV: Number.NaN, dischargeA: 0 };
  private readonly windowS: number;

  constructor(windowS: number) {
    this.windowS = windowS;
  }

  reset(): void {
    this.startS = Number.NaN;
    this.now.levelV = Number.NaN;
    this.before.levelV = Number.NaN;
  }

  add(timeS: number, intervalS: number, levelV: number, dischargeA: number): void {
    if (!(timeS - this.startS < Math.max(this.windowS, WINDOW_FRAMES * intervalS))) {
      const older = this.before;
      this.before = this.now;
      this.now = older;
      this.startS = timeS;
    } else if (levelV <= this.now.levelV) return;
    this.now.levelV = levelV;
    this.now.dischargeA = dischargeA;
  }

  /** The higher of both windows. */
  get reference(): { readonly levelV: number; readonly dischargeA: number } {
    return this.before.levelV >= this.now.levelV ? this.before : this.now;
  }
}

export class VoltageFall {
  /** The voltage is falling: heat and leaps of a temperature become believable. */
  sags = false;
  /** The voltage was switched off, and says nothing of the battery. */
  isSwitchedOff = false;
  private readonly fast = new HighWater(FAST_S);
  private readonly slow = new HighWater(SLOW_S);
  private collapsedFromV = Number.NaN;

  /** After a gap; a collapse is not forgotten. */
  restart(): void {
    this.fast.reset();
    this.slow.reset();
    this.sags = false;
  }

  /**
   * @param levelV of the module or of its median cell, V
   * @param perCellV NaN where the number of cells is not known
   * @param currentA positive charges; NaN where it is not measured
   * @param capacityAh NaN where unknown
   * @returns how far the voltage has fallen, %; NaN while it is switched off
   */
  add(
    timeS: number,
    intervalS: number,
    levelV: number,
    perCellV: number,
    currentA: number,
    capacityAh: number,
  ): number {
    const dischargeA = Math.max(0, -currentA || 0);
    const { levelV: highestV } = this.slow.reference;
    this.isSwitchedOff =
      (this.isSwitchedOff || highestV > SWITCH_MIN_V) &&
      levelV < (1 - SWITCH_SHARE) * Math.max(highestV || 0, SWITCH_MIN_V);
    if (this.isSwitchedOff) {
      this.sags = false;
      return Number.NaN;
    }
    this.fast.add(timeS, intervalS, levelV, dischargeA);
    this.slow.add(timeS, intervalS, levelV, dischargeA);
    const fastShare = this.shareBelow(this.fast.reference, levelV, dischargeA, capacityAh);
    const slowShare = this.shareBelow(this.slow.reference, levelV, dischargeA, capacityAh);
    const isAtRest = Math.abs(currentA) < REST_C_RATE * capacityAh;
    const share = Math.max(
      fastShare,
      isAtRest || perCellV < DEEP_V ? slowShare : 0,
      this.stillCollapsed(levelV),
    );
    if (share >= COLLAPSE_SHARE && Number.isNaN(this.collapsedFromV))
      this.collapsedFromV = this.slow.reference.levelV;
    this.sags = slowShare > SAG_SHARE || share > SAG_SHARE;
    return share * 100;
  }

  private shareBelow(
    reference: { levelV: number; dischargeA: number },
    levelV: number,
    dischargeA: number,
    capacityAh: number,
  ): number {
    if (!(reference.levelV >= MIN_REFERENCE_V)) return 0;
    const addedC = Math.max(0, dischargeA - reference.dischargeA) / capacityAh || 0;
    return Math.max(0, 1 - levelV / reference.levelV - LOAD_SHARE_PER_C * addedC);
  }

  /** Share that is still missing of the level before a collapse; 0 once it has come back. */
  private stillCollapsed(levelV: number): number {
    const share = 1 - levelV / this.collapsedFromV;
    if (share < RECOVERED_SHARE) this.collapsedFromV = Number.NaN;
    return share >= RECOVERED_SHARE ? share : 0;
  }
}
