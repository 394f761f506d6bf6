/** Voltages of one module: cells against their siblings, collapse, limits of the chemistry, insulation. */
import { CHANNEL_INDEX, CHANNELS, type Frame, type Nameplate } from '../telemetry/index.ts';
import { type CellDeviation, CellVoltages } from './cells.ts';
import { VoltageFall } from './fall.ts';
import type { SensorFaults } from './faults.ts';
import { FEATURE_INDEX } from './features.ts';
import { Signal } from './signal.ts';

const VOLTAGE = CHANNEL_INDEX.voltage_v;
const CURRENT = CHANNEL_INDEX.current_a;
const CELL_MIN = CHANNEL_INDEX.cell_voltage_min_v;
const CELL_MAX = CHANNEL_INDEX.cell_voltage_max_v;
const CELL_MEAN = CHANNEL_INDEX.cell_voltage_mean_v;
const INSULATION = CHANNEL_INDEX.insulation_kohm;

/**
 * Highest voltage in regular use, V. LFP 3.65: protection level of common BMS; the others 4.25: 4.20 plus what
 * chargers overshoot (4.239 V measured in regular constant-voltage charging).
 */
const CHEMISTRY_MAX_V = { lfp: 3.65, nmc: 4.25, nca: 4.25, lco: 4.25, lmo: 4.25 } as const;
/** Above every chemistry in use, high-voltage LCO (4.45 V) included. */
const UNKNOWN_CHEMISTRY_MAX_V = 4.5;
const SINGLE_CELL_MAX_V = 6;

/** One cell that has lost more than this share of what its siblings have is no longer a cell out of balance. */
const CELL_COLLAPSE_SHARE = 0.5;
/** With a bad sense wire its neighbour reads as much too high. */
const WIRE_HIGH_SHARE = 1.3;
const MIN_VOLTAGE_V = 1;

const STUCK_S = 60;
const STUCK_FRAMES = 30;
const STUCK_CURRENT_SHARE = 0.2;
const CELL_ORDER_TOLERANCE_V = 0.05;
const INCONSISTENT_HOLD_S = 60;
const LOW_SMOOTHING_S = 60;
const TRAVEL_S = 1200;

export class Electrical {
  /** The voltage is falling in a way that makes heat believable. */
  sags = false;
  isJudged = false;
  /** Distance between highest and lowest cell-equivalent voltage of the last 20 to 40 minutes, V. */
  travelledV = 0;
  private readonly voltage = new Signal(0.1, 1);
  private readonly nameplate: Nameplate;
  private cells: CellVoltages | null = null;
  /** The voltage, or where there is none the median of the cells. */
  private readonly level = new Signal(0.01, 1);
  private readonly current = new Signal(0.1, 1);
  private readonly fall = new VoltageFall();
  private travel = {
    startS: Number.NaN,
    low: Number.NaN,
    high: Number.NaN,
    lowBefore: Number.NaN,
    highBefore: Number.NaN,
  };
  private lowSmoothedMv = Number.NaN;
  private stuckFromA = Number.NaN;
  private inconsistentSinceS = Number.NaN;

  constructor(nameplate: Nameplate) {
    this.nameplate = nameplate;
  }

  /** After any gap: scans of cells deliver leftovers. */
  settle(timeS: number, intervalS: number): void {
    this.cells?.restart(timeS, intervalS);
  }

  get isSwitchedOff(): boolean {
    return this.fall.isSwitchedOff;
  }

  restart(): void {
    this.voltage.restart();
    this.level.restart();
    this.current.restart();
    this.fall.restart();
    this.travel.startS = Number.NaN;
    this.lowSmoothedMv = Number.NaN;
    this.stuckFromA = Number.NaN;
    this.inconsistentSinceS = Number.NaN;
    this.sags = false;
  }

  /** Position of the lowest cell, from 1; 0 where cells are not measured one by one. */
  get lowCell(): number {
    return this.cells?.lowCell ?? 0;
  }

  mostDeviating(): CellDeviation | null {
    return this.cells?.mostDeviating() ?? null;
  }

  add(
    frame: Frame,
    timeS: number,
    elapsedS: number,
    intervalS: number,
    faults: SensorFaults,
    features: Float64Array,
  ): void {
    const { values, cellVoltagesV } = frame;
    if (cellVoltagesV && this.cells?.cellCount !== cellVoltagesV.length) {
      this.cells = new CellVoltages(cellVoltagesV.length);
    }
    if (cellVoltagesV) this.cells!.add(timeS, elapsedS, intervalS, cellVoltagesV);
    const voltage = values[VOLTAGE]!;
    const hasCells = cellVoltagesV !== null && !Number.isNaN(this.cells!.medianV);
    if (!Number.isNaN(voltage)) this.voltage.add(timeS, voltage);
    // A switch opens the module's voltage, not that of its cells.
    const level = this.cells === null ? voltage : hasCells ? this.cells.medianV : Number.NaN;
    features[FEATURE_INDEX.cellLowMv] = this.cellLow(values, elapsedS, hasCells);
    if (!Number.isNaN(level))
      features[FEATURE_INDEX.voltageFallPercent] = this.fallen(level, values, hasCells, timeS, intervalS);
    else if (!this.level.isRecent(timeS, intervalS)) features[FEATURE_INDEX.voltageFallPercent] = Number.NaN;
    this.sags = this.fall.sags || (hasCells && this.cells!.lostCell > 0);
    this.isJudged = (!Number.isNaN(level) && !this.fall.isSwitchedOff) || !Number.isNaN(values[CELL_MIN]!);
    features[FEATURE_INDEX.cellOverV] = this.overVoltage(values, hasCells);
    features[FEATURE_INDEX.insulationOhmPerV] =
      voltage > MIN_VOLTAGE_V ? (values[INSULATION]! * 1000) / voltage : Number.NaN;
    this.judgeSensors(values, hasCells, timeS, faults);
  }

  private cellLow(values: Float64Array, elapsedS: number, hasCells: boolean): number {
    // A pair of opposite neighbours is a wire, not a cell.
    if (hasCells) return this.cells!.wireCell > 0 ? 0 : this.cells!.lowMv;
    const lowMv = (values[CELL_MEAN]! - values[CELL_MIN]!) * 1000;
    if (Number.isNaN(lowMv)) return Number.NaN;
    const gain = Number.isNaN(this.lowSmoothedMv) ? 1 : 1 - Math.exp(-elapsedS / LOW_SMOOTHING_S);
    this.lowSmoothedMv = gain === 1 ? lowMv : this.lowSmoothedMv + gain * (lowMv - this.lowSmoothedMv);
    return this.lowSmoothedMv;
  }

  private fallen(
    level: number,
    values: Float64Array,
    hasCells: boolean,
    timeS: number,
    intervalS: number,
  ): number {
    const { nameplate } = this;
    this.level.add(timeS, level);
    const value = this.level.value;
    // Filtered alike, or the current would run ahead of the voltage by a frame.
    this.current.add(timeS, values[CURRENT]!);
    const inSeries = hasCells ? 1 : (nameplate.cellsInSeries ?? (value < SINGLE_CELL_MAX_V ? 1 : Number.NaN));
    this.followTravel(hasCells ? value : value / (inSeries || Math.max(1, Math.round(value / 3.7))), timeS);
    const percent = this.fall.add(timeS, intervalS, {
      levelV: value,
      perCellV: value / inSeries,
      currentA: this.current.value,
      capacityAh: nameplate.capacityAh ?? Number.NaN,
    });
    return hasCells ? Math.max(percent, this.collapsedCellPercent()) : percent;
  }

  /** What the lowest cell lacks of the median, %; 0 unless it has lost most of it. */
  private collapsedCellPercent(): number {
    const { lowestV, highestV, medianV } = this.cells!;
    const share = 1 - lowestV / medianV;
    return share >= CELL_COLLAPSE_SHARE && highestV < WIRE_HIGH_SHARE * medianV ? share * 100 : 0;
  }

  private followTravel(perCell: number, timeS: number): void {
    const { travel } = this;
    if (!(timeS - travel.startS < TRAVEL_S)) {
      travel.lowBefore = travel.low;
      travel.highBefore = travel.high;
      travel.low = perCell;
      travel.high = perCell;
      travel.startS = timeS;
    }
    if (perCell < travel.low) travel.low = perCell;
    if (perCell > travel.high) travel.high = perCell;
    const low = travel.lowBefore < travel.low ? travel.lowBefore : travel.low;
    const high = travel.highBefore > travel.high ? travel.highBefore : travel.high;
    this.travelledV = high - low;
  }

  private overVoltage(values: Float64Array, hasCells: boolean): number {
    const { chemistry, cellsInSeries } = this.nameplate;
    const limitV = chemistry ? CHEMISTRY_MAX_V[chemistry] : UNKNOWN_CHEMISTRY_MAX_V;
    let highest = hasCells ? this.cells!.highestV : values[CELL_MAX]!;
    if (Number.isNaN(highest)) {
      const voltage = this.voltage.value;
      // Without a nameplate a voltage this small can only be a single cell's.
      const inSeries = cellsInSeries ?? (voltage < SINGLE_CELL_MAX_V ? 1 : Number.NaN);
      highest = voltage / inSeries;
    }
    return Number.isNaN(highest) ? Number.NaN : Math.max(0, highest - limitV);
  }

  private judgeSensors(values: Float64Array, hasCells: boolean, timeS: number, faults: SensorFaults): void {
    const { cells } = this;
    if (hasCells && cells!.wireCell > 0) {
      const at = cells!.wireCell;
      faults.see(
        'disagrees',
        `cell_voltages_v[${at}]`,
        timeS,
        'its neighbour deviates by as much the other way: sense wire',
      );
    }
    if (hasCells && cells!.stuckCell > 0)
      faults.see(
        'stuck',
        `cell_voltages_v[${cells!.stuckCell}]`,
        timeS,
        'while the median of the cells moves',
      );
    if (hasCells && cells!.lostCell > 0)
      faults.see('dropout', `cell_voltages_v[${cells!.lostCell}]`, timeS, 'its siblings still are');
    this.judgeStuckVoltage(values[CURRENT]!, timeS, faults);
    const [low, high, mean] = [values[CELL_MIN]!, values[CELL_MAX]!, values[CELL_MEAN]!];
    const disordered = low > high + CELL_ORDER_TOLERANCE_V || mean > high + CELL_ORDER_TOLERANCE_V;
    if (!disordered) this.inconsistentSinceS = Number.NaN;
    else if (Number.isNaN(this.inconsistentSinceS)) this.inconsistentSinceS = timeS;
    if (timeS - this.inconsistentSinceS > INCONSISTENT_HOLD_S)
      faults.see(
        'disagrees',
        CHANNELS[CELL_MAX]!.id,
        timeS,
        'the highest cell is below the lowest or the mean',
      );
  }

  /** A voltage that does not answer to a large change of the current. */
  private judgeStuckVoltage(currentA: number, timeS: number, faults: SensorFaults): void {
    const { voltage } = this;
    if (voltage.unchangedCount <= 1 || Number.isNaN(this.stuckFromA)) this.stuckFromA = currentA;
    const capacityAh = this.nameplate.capacityAh ?? Number.NaN;
    if (
      voltage.unchangedCount > STUCK_FRAMES &&
      timeS - voltage.unchangedSinceS > STUCK_S &&
      Math.abs(currentA - this.stuckFromA) / capacityAh > STUCK_CURRENT_SHARE
    )
      faults.see('stuck', CHANNELS[VOLTAGE]!.id, timeS, `at ${voltage.raw} V while the current changed`);
  }
}
