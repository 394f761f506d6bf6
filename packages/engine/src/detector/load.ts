/**
 * What the load does, as far as it has to show in the other values: a current that swings moves the voltage by the
 * resistance, charge that goes in or out moves it along its curve. Where the nameplate is silent a cell counts as large
 * as they are built, so that little is expected of it.
 */
import { CHANNEL_INDEX, type Frame } from '../telemetry/index.ts';

const CURRENT = CHANNEL_INDEX.current_a;
const VOLTAGE = CHANNEL_INDEX.voltage_v;

/** Largest cells of storage (LFP 280 to 314 Ah). */
const LARGEST_AH = 300;
/** No use of a cell stays below a tenth of its rate for ever … */
const PEAK_C_RATE = 0.1;
/** … but at rest the largest current seen is the noise of its sensor: a module, a single cell. */
const SMALLEST_MODULE_AH = 50;
const SMALLEST_CELL_AH = 2;
const SINGLE_CELL_MAX_V = 6;
const REST_C_RATE = 0.02;
const USUAL_S = 3600;

export class Load {
  /** NaN where this frame has none. */
  currentA = Number.NaN;
  /** Capacity to judge currents by: of the nameplate, or the largest that fits. */
  capacityAh: number;
  readonly isRated: boolean;
  /** Charge that went in, less what went out, Ah. */
  chargedAh = 0;
  /** Size of the current over the last hour or so, A; NaN where it is not measured. */
  usualA = Number.NaN;
  private peakA = 0;

  /** @param ratedAh NaN where unknown */
  constructor(ratedAh: number) {
    this.isRated = ratedAh > 0;
    this.capacityAh = this.isRated ? ratedAh : LARGEST_AH;
  }

  /** Charging, discharging or not known to rest. */
  get isAtRest(): boolean {
    return Math.abs(this.currentA) < REST_C_RATE * this.capacityAh;
  }

  add({ values }: Frame, elapsedS: number): void {
    const currentA = values[CURRENT]!;
    this.currentA = currentA;
    if (Number.isNaN(currentA)) return;
    const sizeA = Math.abs(currentA);
    const gain = Number.isNaN(this.usualA) ? 1 : Math.min(1, elapsedS / USUAL_S);
    this.usualA = gain === 1 ? sizeA : this.usualA + gain * (sizeA - this.usualA);
    if (sizeA > this.peakA && !this.isRated) {
      this.peakA = sizeA;
      const smallestAh = values[VOLTAGE]! < SINGLE_CELL_MAX_V ? SMALLEST_CELL_AH : SMALLEST_MODULE_AH;
      this.capacityAh = Math.min(LARGEST_AH, Math.max(smallestAh, sizeA / PEAK_C_RATE));
    }
    // What flows at rest is the offset of the sensor.
    if (!this.isAtRest) this.chargedAh += (currentA * elapsedS) / 3600;
  }
}

/** Change of a cell's voltage by its resistance, V per C; cells in use have 0.03 to 0.1. */
const CELL_V_PER_C = 0.02;
/** The same along the flattest part of any curve (LFP), V per whole charge. */
const CELL_V_PER_CHARGE = 0.05;
/** So many steps of its sensor a value would have to move. */
const STEPS = 2;
const FRAMES = 30;
/** Voltages answer at once; a capacity that is only assumed, and slow polls, are given longer. */
const RATED_S = 60;
const UNRATED_S = 300;
/** A charge counter follows what went through it, but stands still when full or empty. */
const SOC_PERCENT = 1;
const SOC_LOW = 1;
const SOC_HIGH = 99;

/** A charger holds the voltage while its current fades: only a steady one has to raise it. */
const STEADY_SHARE = 0.9;

/** What the load did while a value stood still. */
export class StillUnderLoad {
  sinceS = Number.NaN;
  frames = 0;
  private lowA = Number.NaN;
  private highA = Number.NaN;
  /** Charge: lowest and highest count, most that went out at a stretch, most that went in. */
  private lowAh = Number.NaN;
  private highAh = Number.NaN;
  private outAh = 0;
  private inAh = 0;

  /** @param isSame the value is exactly that of the frame before */
  add(timeS: number, isSame: boolean, { currentA, chargedAh }: Load): void {
    if (!isSame) {
      this.sinceS = timeS;
      this.frames = 1;
      this.lowA = currentA;
      this.highA = currentA;
      this.lowAh = chargedAh;
      this.highAh = chargedAh;
      this.outAh = 0;
      this.inAh = 0;
      return;
    }
    this.frames++;
    if (Number.isNaN(currentA)) return;
    if (!(currentA >= this.lowA)) this.lowA = currentA;
    if (!(currentA <= this.highA)) this.highA = currentA;
    if (chargedAh < this.lowAh) this.lowAh = chargedAh;
    if (chargedAh > this.highAh) this.highAh = chargedAh;
    if (this.highAh - chargedAh > this.outAh) this.outAh = this.highAh - chargedAh;
    if (chargedAh - this.lowAh > this.inAh) this.inAh = chargedAh - this.lowAh;
  }

  /** A voltage of so many cells in series would have moved by several of its steps. */
  contradictsVoltage(timeS: number, load: Load, cells: number, stepV: number): boolean {
    if (!this.isLong(timeS, load)) return false;
    const swingA = Math.min(this.highA, 0) - Math.min(this.lowA, 0);
    const isSteady = this.lowA >= STEADY_SHARE * this.highA;
    const movedAh = isSteady ? Math.max(this.outAh, this.inAh) : this.outAh;
    const cellV = (CELL_V_PER_C * (swingA || 0) + CELL_V_PER_CHARGE * movedAh) / load.capacityAh;
    return cells * cellV > STEPS * stepV;
  }

  /** A charge counter would have moved. */
  contradictsSoc(timeS: number, load: Load, percent: number, stepPercent: number): boolean {
    if (!this.isLong(timeS, load) || !(percent > SOC_LOW && percent < SOC_HIGH)) return false;
    const share = Math.max(this.outAh, this.inAh) / load.capacityAh;
    return 100 * share > Math.max(SOC_PERCENT, STEPS * stepPercent);
  }

  private isLong(timeS: number, { isRated }: Load): boolean {
    return this.frames > FRAMES && timeS - this.sinceS > (isRated ? RATED_S : UNRATED_S);
  }
}
