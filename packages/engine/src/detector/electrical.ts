/** Voltages of one module: cells against their siblings, collapse, limits of the chemistry, insulation. */
import { CHANNEL_INDEX, CHANNELS, type Frame, type Nameplate } from '../telemetry/index.ts';
import { type CellDeviation, CellVoltages } from './cells.ts';
import { ChargeFeatures } from './charge.ts';
import { VoltageFall } from './fall.ts';
import type { SensorFaults } from './faults.ts';
import { FEATURE_INDEX } from './features.ts';
import { ListLength, padded } from './list-length.ts';
import { Load, StillUnderLoad } from './load.ts';
import { resolutionOf, Signal, writtenStep } from './signal.ts';

const VOLTAGE = CHANNEL_INDEX.voltage_v;
const CURRENT = CHANNEL_INDEX.current_a;
const CELL_MIN = CHANNEL_INDEX.cell_voltage_min_v;
const CELL_MAX = CHANNEL_INDEX.cell_voltage_max_v;
const CELL_MEAN = CHANNEL_INDEX.cell_voltage_mean_v;
const CELL_SUMMARY = [CELL_MIN, CELL_MAX, CELL_MEAN] as const;
const INSULATION = CHANNEL_INDEX.insulation_kohm;
const SOC = CHANNEL_INDEX.soc_percent;

/**
 * Highest voltage in regular use, V. LFP 3.65: protection level of common BMS; the others 4.25: 4.20 plus what
 * chargers overshoot (4.239 V measured in regular constant-voltage charging).
 */
const CHEMISTRY_MAX_V = { lfp: 3.65, nmc: 4.25, nca: 4.25, lco: 4.25, lmo: 4.25 } as const;
/** Above every chemistry in use, high-voltage LCO (4.45 V) included. */
const UNKNOWN_CHEMISTRY_MAX_V = 4.5;
/** From here on a charge of an unknown chemistry counts as overcharge: all but high-voltage LCO end at 4.2 V. */
const OVERCHARGE_UNKNOWN_V = 4.3;
const SINGLE_CELL_MAX_V = 6;

/** One cell that has lost more than this share of what its siblings have is no longer a cell out of balance. */
const CELL_COLLAPSE_SHARE = 0.5;
/** With a bad sense wire its neighbour reads as much too high. */
const WIRE_HIGH_SHARE = 1.3;
const MIN_VOLTAGE_V = 1;

const CELL_ORDER_TOLERANCE_V = 0.05;
const INCONSISTENT_HOLD_S = 60;
const LOW_SMOOTHING_S = 60;
const TRAVEL_S = 1200;
const RECENT_INTERVALS = 2.5;
/** What a cell has lost so much of confirms a leap of its temperature. */
const LOST_PERCENT = 15;
const LOST_AT_ONCE_SHARE = 0.5;
const KEPT_SHARE = 0.95;
/** Resolution of voltages whose digits do not say. */
const COARSE_VOLTAGE_V = 0.1;
const COARSE_CELL_V = 0.01;
/** Any cell has about so much, V. */
const TYPICAL_CELL_V = 3.7;
const NO_LOAD = new Load(Number.NaN);

export class Electrical {
  /** The voltage is falling in a way that makes heat believable. */
  sags = false;
  /** A cell has lost much of its voltage, and no load explains it. A dead input reads exactly nothing. */
  isLost = false;
  /** Every cell is measured, and none sags. */
  cellsKeepVoltage = false;
  isEvaluated = false;
  /** Distance between highest and lowest cell-equivalent voltage of the last 20 to 40 minutes, V. */
  travelledV = 0;
  private readonly voltage = new Signal(0.1, 1);
  private readonly nameplate: Nameplate;
  private readonly cellLists = new ListLength();
  private cells: CellVoltages | null = null;
  /** The voltage, or where there is none the median of the cells. */
  private readonly level = new Signal(0.01, 1);
  private readonly current = new Signal(0.1, 1);
  private readonly soc = new Signal(0.1, 1);
  private readonly fall = new VoltageFall();
  private readonly charge: ChargeFeatures;
  private lastCurrentS = Number.NEGATIVE_INFINITY;
  private travel = {
    startS: Number.NaN,
    low: Number.NaN,
    high: Number.NaN,
    lowBefore: Number.NaN,
    highBefore: Number.NaN,
  };
  private lowSmoothedMv = Number.NaN;
  private readonly stillVoltage = new StillUnderLoad();
  private readonly stillCells = new StillUnderLoad();
  private readonly stillSummary = new StillUnderLoad();
  private readonly summary = new Float64Array(CELL_SUMMARY.length).fill(Number.NaN);
  /** Voltages of the module, of its cells, and their lowest and highest, that do not answer to the load. */
  private isVoltageStuck = false;
  private areCellsStuck = false;
  private isSummaryStuck = false;
  private inconsistentSinceS = Number.NaN;

  constructor(nameplate: Nameplate) {
    this.nameplate = nameplate;
    this.charge = new ChargeFeatures(nameplate.capacityAh ?? Number.NaN);
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
    this.soc.restart();
    this.charge.restart();
    this.travel.startS = Number.NaN;
    this.lowSmoothedMv = Number.NaN;
    this.inconsistentSinceS = Number.NaN;
    this.sags = false;
    this.isLost = false;
    for (const still of [this.stillVoltage, this.stillCells, this.stillSummary])
      still.add(Number.NaN, false, NO_LOAD);
    this.summary.fill(Number.NaN);
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
    load: Load,
    faults: SensorFaults,
    features: Float64Array,
  ): void {
    const { values, cellVoltagesV } = frame;
    if (cellVoltagesV) {
      const cellCount = this.cellLists.follow(cellVoltagesV.length, timeS);
      if (this.cells?.cellCount !== cellCount) this.cells = new CellVoltages(cellCount);
      this.cells.add(timeS, elapsedS, intervalS, padded(cellVoltagesV, cellCount));
    }
    const voltage = values[VOLTAGE]!;
    const hasCells = cellVoltagesV !== null && !Number.isNaN(this.cells!.medianV);
    if (!Number.isNaN(voltage)) this.voltage.add(timeS, voltage);
    // A switch opens the module's voltage, not that of its cells.
    const level = this.cells === null ? voltage : hasCells ? this.cells.medianV : Number.NaN;
    const beforeV = this.level.value;
    features[FEATURE_INDEX.cellLowMv] = this.cellLow(values, elapsedS, hasCells);
    this.followCurrent(values, timeS, elapsedS, intervalS, features);
    if (!Number.isNaN(level)) this.followLevel(level, values, hasCells, timeS, elapsedS, intervalS, features);
    else if (!this.level.isRecent(timeS, intervalS)) {
      features[FEATURE_INDEX.voltageFallPercent] = Number.NaN;
      this.charge.clear(features);
    }
    const hasLostCell = hasCells && this.cells!.lostCell > 0;
    this.sags = this.fall.sags || hasLostCell;
    const isSingle = voltage < SINGLE_CELL_MAX_V || this.nameplate.cellsInSeries === 1;
    // Of a single cell most is lost at once or not at all: one frame tells, before the filter does.
    const isHalved = isSingle && level < LOST_AT_ONCE_SHARE * beforeV;
    const hasFallen = isHalved || features[FEATURE_INDEX.voltageFallPercent]! >= LOST_PERCENT;
    this.isLost = hasLostCell || (hasFallen && level !== 0);
    this.cellsKeepVoltage = !this.sags && level >= KEPT_SHARE * beforeV && (hasCells || isSingle);
    this.evaluateStillness(values, hasCells, timeS, load, faults);
    const isLevelStuck = this.cells === null ? this.isVoltageStuck : this.areCellsStuck;
    this.isEvaluated =
      (!Number.isNaN(level) && !this.fall.isSwitchedOff && !isLevelStuck) ||
      (!Number.isNaN(values[CELL_MIN]!) && !this.isSummaryStuck);
    const highest = this.highestCell(values, hasCells);
    const { chemistry } = this.nameplate;
    const limitV = chemistry ? CHEMISTRY_MAX_V[chemistry] : UNKNOWN_CHEMISTRY_MAX_V;
    features[FEATURE_INDEX.cellOverV] = Number.isNaN(highest) ? Number.NaN : Math.max(0, highest - limitV);
    features[FEATURE_INDEX.overchargedPercent] = Number.isNaN(highest)
      ? Number.NaN
      : this.charge.overcharged(elapsedS, highest > (chemistry ? limitV : OVERCHARGE_UNKNOWN_V));
    features[FEATURE_INDEX.insulationOhmPerV] =
      voltage > MIN_VOLTAGE_V ? (values[INSULATION]! * 1000) / voltage : Number.NaN;
    this.evaluateSensors(values, hasCells, timeS, faults);
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

  private followCurrent(
    values: Float64Array,
    timeS: number,
    elapsedS: number,
    intervalS: number,
    features: Float64Array,
  ): void {
    const currentA = values[CURRENT]!;
    if (!Number.isNaN(currentA)) this.lastCurrentS = timeS;
    const isRecent = timeS - this.lastCurrentS <= RECENT_INTERVALS * intervalS;
    this.charge.addCurrent(timeS, elapsedS, intervalS, currentA, isRecent, features);
    const soc = values[SOC]!;
    if (!Number.isNaN(soc)) this.soc.add(timeS, soc);
    features[FEATURE_INDEX.chargePercent] = this.soc.isRecent(timeS, intervalS) ? this.soc.value : Number.NaN;
  }

  private followLevel(
    level: number,
    values: Float64Array,
    hasCells: boolean,
    timeS: number,
    elapsedS: number,
    intervalS: number,
    features: Float64Array,
  ): void {
    const { nameplate } = this;
    this.level.add(timeS, level);
    const { value, stepSize } = this.level;
    // Filtered alike, or the current would run ahead of the voltage by a frame.
    this.current.add(timeS, values[CURRENT]!);
    const currentA = this.current.value;
    const inSeries = hasCells ? 1 : (nameplate.cellsInSeries ?? (value < SINGLE_CELL_MAX_V ? 1 : Number.NaN));
    const perCellV = value / inSeries;
    this.followTravel(hasCells ? value : value / (inSeries || Math.max(1, Math.round(value / 3.7))), timeS);
    const percent = this.fall.add(
      timeS,
      intervalS,
      value,
      perCellV,
      currentA,
      nameplate.capacityAh ?? Number.NaN,
    );
    features[FEATURE_INDEX.voltageFallPercent] = hasCells
      ? Math.max(percent, this.collapsedCellPercent())
      : percent;
    if (this.fall.isSwitchedOff) this.charge.clear(features);
    else this.charge.addVoltage(timeS, elapsedS, intervalS, value, perCellV, currentA, stepSize, features);
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

  /** V; NaN where cells are not told apart and not counted. */
  private highestCell(values: Float64Array, hasCells: boolean): number {
    const highest = hasCells ? this.cells!.highestV : values[CELL_MAX]!;
    if (!Number.isNaN(highest)) return highest;
    const voltage = this.voltage.value;
    // Without a nameplate a voltage this small can only be a single cell's.
    return voltage / (this.nameplate.cellsInSeries ?? (voltage < SINGLE_CELL_MAX_V ? 1 : Number.NaN));
  }

  private evaluateSensors(
    values: Float64Array,
    hasCells: boolean,
    timeS: number,
    faults: SensorFaults,
  ): void {
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
    const low = values[CELL_MIN]!;
    const high = values[CELL_MAX]!;
    const mean = values[CELL_MEAN]!;
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

  /** Voltages that do not answer to the load, named until they move. */
  private evaluateStillness(
    values: Float64Array,
    hasCells: boolean,
    timeS: number,
    load: Load,
    faults: SensorFaults,
  ): void {
    const { voltage, cells, stillVoltage, stillCells } = this;
    if (!Number.isNaN(values[VOLTAGE]!)) {
      const isSame = voltage.unchangedCount > 1;
      stillVoltage.add(timeS, isSame, load);
      this.isVoltageStuck = isSame && (this.isVoltageStuck || this.voltageContradicts(timeS, load));
      if (this.isVoltageStuck)
        faults.see('stuck', CHANNELS[VOLTAGE]!.id, timeS, `at ${voltage.raw} V while the load changed`);
    }
    if (hasCells) {
      stillCells.add(timeS, cells!.isSame, load);
      this.areCellsStuck =
        cells!.isSame &&
        (this.areCellsStuck || stillCells.contradictsVoltage(timeS, load, 1, cells!.stepV || COARSE_CELL_V));
      if (this.areCellsStuck)
        faults.see('stuck', 'cell_voltages_v', timeS, 'not one cell moved while the load changed');
    }
    this.evaluateStillSummary(values, timeS, load, faults);
  }

  private voltageContradicts(timeS: number, load: Load): boolean {
    const { voltage } = this;
    const inSeries = this.nameplate.cellsInSeries ?? Math.max(1, Math.round(voltage.raw / TYPICAL_CELL_V));
    const stepV = resolutionOf(voltage, COARSE_VOLTAGE_V);
    return this.stillVoltage.contradictsVoltage(timeS, load, inSeries, stepV);
  }

  private evaluateStillSummary(values: Float64Array, timeS: number, load: Load, faults: SensorFaults): void {
    let isSame = true;
    let stepV = Number.NaN;
    let delivered = 0;
    for (let k = 0; k < CELL_SUMMARY.length; k++) {
      const value = values[CELL_SUMMARY[k]!]!;
      if (Number.isNaN(value)) continue;
      delivered++;
      if (value !== this.summary[k]) isSame = false;
      this.summary[k] = value;
    }
    if (delivered === 0) return;
    this.stillSummary.add(timeS, isSame, load);
    if (!isSame) {
      this.isSummaryStuck = false;
      return;
    }
    if (!this.isSummaryStuck) {
      for (const value of this.summary) {
        const step = writtenStep(value);
        if (step < stepV || Number.isNaN(stepV)) stepV = step;
      }
      this.isSummaryStuck = this.stillSummary.contradictsVoltage(timeS, load, 1, stepV || COARSE_CELL_V);
    }
    if (!this.isSummaryStuck) return;
    for (const channel of CELL_SUMMARY)
      if (!Number.isNaN(values[channel]!))
        faults.see('stuck', CHANNELS[channel]!.id, timeS, `at ${values[channel]} V while the load changed`);
  }
}
