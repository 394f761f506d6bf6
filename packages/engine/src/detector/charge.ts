/**
 * What a voltage does that its current does not explain. Changes are added up without the part of the resistance,
 * which is fitted online, and of the charge that was taken out; what is left should only rise, so that its distance
 * from its highest value of a while ago is a loss.
 */
import { FEATURE_INDEX } from './features.ts';
import { RecentHighest } from './highest.ts';
import { Roughness } from './roughness.ts';
import { SlopeWindow } from './slope.ts';

const {
  cellVoltageV: CELL_VOLTAGE,
  cellVoltageHighV: CELL_VOLTAGE_HIGH,
  drop10sPercent: DROP_10S,
  drop60sPercent: DROP_60S,
  drop10minPercent: DROP_10MIN,
  lostPercent: LOST,
  recoveredShare: RECOVERED,
  restSagMvPerH: REST_SAG,
  voltageRoughness: ROUGHNESS,
  cRate: C_RATE,
  loadHeatC2: LOAD_HEAT,
  taperShare: TAPER,
} = FEATURE_INDEX;
const VOLTAGE_FEATURES = [
  CELL_VOLTAGE,
  CELL_VOLTAGE_HIGH,
  DROP_10S,
  DROP_60S,
  DROP_10MIN,
  LOST,
  RECOVERED,
  REST_SAG,
  ROUGHNESS,
];

/** Share of the voltage that a whole charge is worth, end to end: 4.2 to 3.0 V (NMC), 3.4 to 2.5 V (LFP). */
const CHARGE_SHARE = 0.3;
/** Below its knee a discharge takes the rest of the voltage with the last twentieth of the charge. */
const KNEE_V = 3.4;
const KNEE_LFP_V = 3;
/** What no cell but LFP is below over hours, unless it is empty. */
const LFP_HIGHEST_V = 3.68;
const KNEE_FACTOR = 10;
/** A step of the current that says something of the resistance: share of 1C, or of the largest current seen. */
const STEP_C = 0.02;
const STEP_OF_PEAK = 0.05;
/** Weight that older steps keep beside a new one. */
const FIT_MEMORY = 0.98;
/** No cell in use loses more at 1C, nor a larger share at the largest current seen. */
const MAX_SHARE_PER_C = 0.15;
const MAX_SHARE_AT_PEAK = 0.3;
/** Below this a loss is no longer measured against what there was. */
const MIN_REFERENCE_V = 1;
const RECOVERY_MIN_PERCENT = 2;

const REST_C = 0.02;
const REST_OF_PEAK = 0.005;
/** Relaxation after a load. */
const RELAX_S = 600;

const ROUGH_FLOOR_SHARE = 1e-4;

const LOAD_S = 180;
const TAPER_MIN_SHARE = 0.02;

export class ChargeFeatures {
  private readonly capacityAh: number;
  private readonly highest = {
    tenSeconds: new RecentHighest(10),
    minute: new RecentHighest(60),
    ten: new RecentHighest(600),
    twoHours: new RecentHighest(7200),
  };
  private readonly levelHigh = new RecentHighest(7200);
  private readonly deepest = new RecentHighest(7200);
  private readonly chargePeak = new RecentHighest(1800);
  private readonly restSlope = new SlopeWindow(1800);
  private levelV = Number.NaN;
  private highV = Number.NaN;
  /** The changes that are not explained, added up from the first level on, V. */
  private unexplainedV = Number.NaN;
  private currentA = Number.NaN;
  private peakA = 0;
  private fitXx = 0;
  private fitXy = 0;
  private restS = 0;
  private isAtRest = false;
  private loadC2 = Number.NaN;
  private loadS = 0;
  private overchargedPercent = 0;
  /** Taken out since the last voltage, as share of the capacity. */
  private takenOut = 0;
  private readonly roughness = new Roughness();

  /** @param capacityAh NaN where unknown */
  constructor(capacityAh: number) {
    this.capacityAh = capacityAh;
  }

  /** After a long gap. The resistance and the calm level stay. */
  restart(): void {
    const { tenSeconds, minute, ten, twoHours } = this.highest;
    for (const highest of [tenSeconds, minute, ten, twoHours, this.levelHigh, this.deepest, this.chargePeak])
      highest.reset();
    this.restSlope.reset();
    this.levelV = Number.NaN;
    this.unexplainedV = Number.NaN;
    this.currentA = Number.NaN;
    this.restS = 0;
    this.isAtRest = false;
    this.loadC2 = Number.NaN;
    this.loadS = 0;
    this.takenOut = 0;
    this.roughness.restart();
  }

  /** @param isRecent a current came not long ago */
  addCurrent(
    timeS: number,
    elapsedS: number,
    intervalS: number,
    currentA: number,
    isRecent: boolean,
    features: Float64Array,
  ): void {
    if (Number.isNaN(currentA)) {
      if (isRecent) return;
      features[C_RATE] = Number.NaN;
      features[LOAD_HEAT] = Number.NaN;
      features[TAPER] = Number.NaN;
      this.isAtRest = false;
      return;
    }
    const sizeA = Math.abs(currentA);
    if (sizeA > this.peakA) this.peakA = sizeA;
    const cRate = currentA / this.capacityAh;
    features[C_RATE] = cRate;
    const limitA = Number.isNaN(cRate) ? REST_OF_PEAK * this.peakA : REST_C * this.capacityAh;
    this.isAtRest = sizeA <= limitA;
    if (cRate < 0) this.takenOut -= (cRate * elapsedS) / 3600;
    const squared = cRate * cRate;
    this.loadS += elapsedS;
    const gain = elapsedS / Math.min(LOAD_S, this.loadS);
    this.loadC2 = Number.isNaN(this.loadC2)
      ? squared
      : this.loadC2 + Math.min(1, gain) * (squared - this.loadC2);
    features[LOAD_HEAT] = this.loadC2;
    const peakA = this.chargePeak.add(timeS, intervalS, currentA);
    features[TAPER] = currentA > TAPER_MIN_SHARE * this.peakA && currentA > limitA ? 1 - currentA / peakA : 0;
  }

  /** No voltage that can be believed. */
  clear(features: Float64Array): void {
    for (const feature of VOLTAGE_FEATURES) features[feature] = Number.NaN;
  }

  /**
   * @param levelV of the module or of its median cell, filtered, V
   * @param perCellV NaN where the number of cells is not known
   * @param currentA filtered like the voltage; NaN where missing
   * @param stepV resolution of the voltage
   */
  addVoltage(
    timeS: number,
    elapsedS: number,
    intervalS: number,
    levelV: number,
    perCellV: number,
    currentA: number,
    stepV: number,
    features: Float64Array,
  ): void {
    this.follow(levelV, perCellV, currentA);
    const { highest, unexplainedV } = this;
    const highV = this.levelHigh.add(timeS, intervalS, levelV);
    this.highV = highV;
    const percent = 100 / Math.max(MIN_REFERENCE_V, highV);
    features[CELL_VOLTAGE] = perCellV;
    features[CELL_VOLTAGE_HIGH] = highV * (perCellV / levelV || 1);
    features[DROP_10S] = (highest.tenSeconds.add(timeS, intervalS, unexplainedV) - unexplainedV) * percent;
    features[DROP_60S] = (highest.minute.add(timeS, intervalS, unexplainedV) - unexplainedV) * percent;
    features[DROP_10MIN] = (highest.ten.add(timeS, intervalS, unexplainedV) - unexplainedV) * percent;
    const lost = (highest.twoHours.add(timeS, intervalS, unexplainedV) - unexplainedV) * percent;
    features[LOST] = lost;
    const deepest = this.deepest.add(timeS, intervalS, lost);
    features[RECOVERED] = deepest > RECOVERY_MIN_PERCENT ? 1 - lost / deepest : 0;
    features[REST_SAG] = this.restSag(timeS, elapsedS, intervalS, perCellV, stepV);
    this.roughness.add(timeS, intervalS, unexplainedV, Math.max(stepV / 2, ROUGH_FLOOR_SHARE * highV));
    features[ROUGHNESS] = this.roughness.ratio;
  }

  /**
   * @param isOver a cell is above the highest voltage of its chemistry
   * @returns charged since then, % of the capacity; NaN without current or capacity
   */
  overcharged(elapsedS: number, isOver: boolean): number {
    const percent = (this.currentA / this.capacityAh / 36) * elapsedS;
    if (Number.isNaN(percent)) return Number.NaN;
    if ((isOver && percent > 0) || percent < 0)
      this.overchargedPercent = Math.max(0, this.overchargedPercent + percent);
    return this.overchargedPercent;
  }

  private follow(levelV: number, perCellV: number, currentA: number): void {
    const changeV = levelV - this.levelV;
    this.levelV = levelV;
    if (Number.isNaN(changeV)) this.unexplainedV = levelV;
    else this.unexplainedV += changeV + this.chargeShare(perCellV) * this.takenOut * levelV;
    this.takenOut = 0;
    if (Number.isNaN(currentA)) return;
    const changeA = currentA - this.currentA;
    this.currentA = currentA;
    if (Number.isNaN(changeA) || Number.isNaN(changeV)) return;
    const { capacityAh } = this;
    if (Math.abs(changeA) > (Number.isNaN(capacityAh) ? STEP_OF_PEAK * this.peakA : STEP_C * capacityAh)) {
      this.fitXx = FIT_MEMORY * this.fitXx + changeA * changeA;
      this.fitXy = FIT_MEMORY * this.fitXy + changeA * changeV;
    }
    if (this.fitXx > 0) this.unexplainedV -= this.resistanceOhm(levelV) * changeA;
  }

  /** Share of the voltage that the whole charge would take at the slope of here. */
  private chargeShare(perCellV: number): number {
    const highestV = this.highV * (perCellV / this.levelV);
    const kneeV = highestV < LFP_HIGHEST_V ? KNEE_LFP_V : KNEE_V;
    return perCellV < kneeV ? CHARGE_SHARE * KNEE_FACTOR : CHARGE_SHARE;
  }

  private resistanceOhm(levelV: number): number {
    const { capacityAh } = this;
    const maxOhm = Number.isNaN(capacityAh)
      ? (MAX_SHARE_AT_PEAK * levelV) / this.peakA
      : (MAX_SHARE_PER_C * levelV) / capacityAh;
    return Math.max(0, Math.min(maxOhm, this.fitXy / this.fitXx));
  }

  private restSag(
    timeS: number,
    elapsedS: number,
    intervalS: number,
    perCellV: number,
    stepV: number,
  ): number {
    if (!this.isAtRest || Number.isNaN(perCellV)) {
      if (this.restS > RELAX_S) this.restSlope.reset();
      this.restS = 0;
      return Number.NaN;
    }
    this.restS += elapsedS;
    if (this.restS <= RELAX_S) return Number.NaN;
    this.restSlope.add(timeS, perCellV * 1000, intervalS, stepV * 1000);
    return -this.restSlope.slopePerS * 3600;
  }
}
