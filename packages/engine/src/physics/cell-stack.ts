/**
 * The electrical side of a module: cells in parallel groups, groups in series. Reads temperatures, charges and
 * relaxation voltages from the state of the module, and writes the rates of charge and relaxation.
 */
import type { Random } from '../random.ts';
import { COULOMB_PER_AH, kelvinOfDegC } from '../units.ts';
import { ageOf, type CellAge } from './cells/ageing.ts';
import type { CellType } from './cells/cell-type.ts';
import type { ModuleControls } from './controls.ts';
import {
  compileElectrical,
  type ElectricalTables,
  gridOf,
  LEAST_RESISTANCE_K,
  lookUp,
  REFERENCE_K,
  storedShare,
} from './electrical.ts';
import { exponential } from './exponential.ts';
import { SLOT_CHARGE, SLOT_RELAXATION } from './kinetics/reaction.ts';
import type { ModulePlan } from './plan.ts';

/** Further below the middle of its collapse the separator conducts nothing. */
const SEPARATOR_WIDTHS = 12;
const PER_REFERENCE_K = 1 / REFERENCE_K;
const PER_LEAST_RESISTANCE_K = 1 / LEAST_RESISTANCE_K;
/** Cells within this of the lowest one are left alone. */
const BALANCED_WITHIN_V = 0.01;

export class CellStack {
  readonly series: number;
  readonly parallel: number;
  readonly cellCount: number;
  readonly tables: ElectricalTables;
  readonly capacityCoulomb: Float64Array;
  readonly resistanceFactor: Float64Array;
  /** Current that balancing draws from each cell. */
  readonly bleedA: Float64Array;
  /** Voltage of each parallel group at the last evaluation. */
  readonly groupV: Float64Array;
  /** Cells in series that one modelled group stands for. */
  readonly voltagePerCell: number;
  /** Below this the separator of no cell conducts. */
  readonly shortFreeBelowK: number;
  /** Shorts and joints of the controls count. */
  faulty = false;
  private readonly controls: ModuleControls;
  private readonly plan: ModulePlan;
  private readonly age: CellAge = { capacity: 1, resistance: 1 };
  private readonly balancingA: number;
  private readonly separatorSiemens: number;
  private readonly separatorK: number;
  private readonly separatorPerK: number;
  private readonly emptyRiseK: number;

  constructor(type: CellType, plan: ModulePlan, controls: ModuleControls, random: Random) {
    const seriesInOne = plan.lumped ? plan.series : 1;
    const parallelInOne = plan.lumped ? plan.parallel : 1;
    this.series = plan.lumped ? 1 : plan.series;
    this.parallel = plan.lumped ? 1 : plan.parallel;
    this.cellCount = this.series * this.parallel;
    this.voltagePerCell = seriesInOne;
    this.controls = controls;
    this.plan = plan;
    this.balancingA = plan.balancingA;
    this.tables = compileElectrical(type, seriesInOne, parallelInOne);
    const n = this.cellCount;
    const nominalCoulomb = type.capacityAh * COULOMB_PER_AH * parallelInOne;
    this.capacityCoulomb = new Float64Array(n);
    this.resistanceFactor = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const capacity = plan.capacityFactor * (1 + plan.capacitySpread * boundedNormal(random));
      this.capacityCoulomb[i] = capacity * nominalCoulomb;
      this.resistanceFactor[i] = plan.resistanceFactor * (1 + plan.resistanceSpread * boundedNormal(random));
    }
    this.bleedA = new Float64Array(n);
    this.groupV = new Float64Array(this.series);
    this.separatorSiemens = parallelInOne / (type.separator.resistanceOhm * seriesInOne);
    this.separatorK = kelvinOfDegC(type.separator.collapseDegC);
    this.separatorPerK = 1 / type.separator.widthK;
    this.shortFreeBelowK = this.separatorK - SEPARATOR_WIDTHS * type.separator.widthK;
    this.emptyRiseK = type.separator.emptyRiseK;
  }

  /** Lets the cells age up to `timeS`; what they were at the start grows old evenly. */
  grow(timeS: number): void {
    const { plan, age } = this;
    if (plan.capacityLossPerDay === 0 && plan.resistanceGainPerDay === 0) return;
    const { capacity, resistance } = age;
    ageOf(plan, timeS, age);
    for (let i = 0; i < this.cellCount; i++) {
      this.capacityCoulomb[i] = (this.capacityCoulomb[i]! * age.capacity) / capacity;
      this.resistanceFactor[i] = (this.resistanceFactor[i]! * age.resistance) / resistance;
    }
  }

  /**
   * Writes the rates of charge and relaxation and, in the temperature slots, the electric heat of each cell in W; returns
   * their sum.
   */
  derive(state: Float64Array, rates: Float64Array, currentA: number): number {
    return this.parallel === 1
      ? this.chain(state, rates, currentA)
      : this.groups(state, rates, currentA, this.groupV);
  }

  /** Resistance of cell i at its temperature and charge. */
  private resistanceOhm(i: number, temperatureK: number, charge: number): number {
    const { tables } = this;
    const factor = exponential(tables.activationK * (perK(temperatureK) - PER_REFERENCE_K));
    return lookUp(tables.resistanceOhm, charge) * this.resistanceFactor[i]! * factor;
  }

  /** Conductance of all shorts inside cell i: internal short, wanted short heat, collapsed separator. */
  private insideSiemens(i: number, temperatureK: number, charge: number, voltageV: number): number {
    let siemens = this.controls.shortSiemens[i]!;
    const wantedW = this.controls.shortHeatW[i]!;
    if (wantedW > 0 && voltageV > 0.1) siemens += wantedW / (voltageV * voltageV);
    if (temperatureK > this.shortFreeBelowK)
      siemens += this.separatorSiemens * this.collapsed(temperatureK, charge);
    return siemens;
  }

  /** The same with the short outside it. */
  private shortSiemens(i: number, temperatureK: number, charge: number, voltageV: number): number {
    return this.insideSiemens(i, temperatureK, charge, voltageV) + this.controls.outsideSiemens[i]!;
  }

  /** How far the separator has collapsed, 0 to 1. */
  collapsed(temperatureK: number, charge: number): number {
    const middleK = this.separatorK + (charge < 1 ? this.emptyRiseK * (1 - charge) : 0);
    return 1 / (1 + exponential((middleK - temperatureK) * this.separatorPerK));
  }

  /** Sets the bleed of each cell from the voltages of the last evaluation. */
  balance(): void {
    if (this.balancingA === 0) return;
    let lowest = Number.POSITIVE_INFINITY;
    for (const voltage of this.groupV) lowest = Math.min(lowest, voltage);
    const limit = lowest + BALANCED_WITHIN_V * this.voltagePerCell;
    for (let i = 0; i < this.cellCount; i++) {
      const above = this.groupV[(i / this.parallel) | 0]! > limit && lowest > 0;
      this.bleedA[i] = above ? this.balancingA / this.parallel : 0;
    }
  }

  /** Voltage of each group at a state into `groupV`; `scratch` is overwritten. Leaves the model as it is. */
  voltages(state: Float64Array, scratch: Float64Array, currentA: number, groupV: Float64Array): void {
    if (this.parallel > 1) {
      this.groups(state, scratch, currentA, groupV);
      return;
    }
    const n = this.cellCount;
    const { resistanceFactor, shortFreeBelowK } = this;
    const { openCircuitV, resistanceOhm, activationK } = this.tables;
    const { faulty } = this;
    for (let i = 0; i < n; i++) {
      const temperatureK = state[i]!;
      const charge = state[n + i]!;
      const x = gridOf(charge);
      const g = x | 0;
      const part = x - g;
      const openV = openCircuitV[g]! + (openCircuitV[g + 1]! - openCircuitV[g]!) * part;
      const tableOhm = resistanceOhm[g]! + (resistanceOhm[g + 1]! - resistanceOhm[g]!) * part;
      const warm = exponential(activationK * (perK(temperatureK) - PER_REFERENCE_K));
      const ohm = tableOhm * resistanceFactor[i]! * warm;
      let voltage = openV + state[2 * n + i]! + currentA * ohm;
      if (faulty || temperatureK > shortFreeBelowK) {
        voltage /= 1 + ohm * this.shortSiemens(i, temperatureK, charge, openV);
      }
      groupV[i] = voltage;
    }
  }

  /** Cells in series: writes charge and relaxation rates and, in the temperature slot, the electric heat in W. */
  private chain(state: Float64Array, rates: Float64Array, currentA: number): number {
    const n = this.cellCount;
    const { tables, resistanceFactor, capacityCoulomb, bleedA, groupV } = this;
    const { openCircuitV, entropyVPerK, resistanceOhm, relaxationOhm, relaxationS, activationK } = tables;
    const perRelaxationOhm = 1 / relaxationOhm;
    const perRelaxationS = 1 / relaxationS;
    const { shortFreeBelowK } = this;
    const { faulty } = this;
    let sumW = 0;
    for (let i = 0; i < n; i++) {
      const temperatureK = state[i]!;
      const charge = state[n + i]!;
      const relaxationV = state[2 * n + i]!;
      const x = gridOf(charge);
      const g = x | 0;
      const part = x - g;
      const openV = openCircuitV[g]! + (openCircuitV[g + 1]! - openCircuitV[g]!) * part;
      const tableOhm = resistanceOhm[g]! + (resistanceOhm[g + 1]! - resistanceOhm[g]!) * part;
      const entropy = entropyVPerK[g]! + (entropyVPerK[g + 1]! - entropyVPerK[g]!) * part;
      const ohm =
        tableOhm * resistanceFactor[i]! * exponential(activationK * (perK(temperatureK) - PER_REFERENCE_K));
      let cellA = currentA;
      let voltage = openV + relaxationV + currentA * ohm;
      let heatW = 0;
      if (faulty || temperatureK > shortFreeBelowK) {
        const siemens = this.shortSiemens(i, temperatureK, charge, openV);
        voltage /= 1 + ohm * siemens;
        cellA = currentA - voltage * siemens;
        heatW =
          voltage * voltage * (siemens - this.controls.outsideSiemens[i]!) +
          currentA * currentA * this.controls.jointOhm[i]!;
      }
      groupV[i] = voltage;
      let storedA = cellA;
      if (charge > 1 && cellA > 0) {
        storedA = storedShare(charge) * cellA;
        heatW += (cellA - storedA) * openV;
      }
      heatW += cellA * (cellA * ohm + temperatureK * entropy) + relaxationV * relaxationV * perRelaxationOhm;
      rates[i] = heatW;
      rates[n + i] = (storedA - bleedA[i]!) / capacityCoulomb[i]!;
      rates[2 * n + i] = (cellA * relaxationOhm - relaxationV) * perRelaxationS;
      sumW += heatW;
    }
    return sumW;
  }

  /** Parallel groups in series: the cells of a group share one voltage. */
  private groups(state: Float64Array, rates: Float64Array, currentA: number, groupV: Float64Array): number {
    const n = this.cellCount;
    const { parallel, series } = this;
    let sumW = 0;
    for (let g = 0; g < series; g++) {
      let weighted = currentA;
      let siemens = 0;
      for (let i = g * parallel; i < (g + 1) * parallel; i++) {
        const charge = state[SLOT_CHARGE * n + i]!;
        const openV = lookUp(this.tables.openCircuitV, charge);
        const conductance = 1 / this.resistanceOhm(i, state[i]!, charge);
        weighted += (openV + state[SLOT_RELAXATION * n + i]!) * conductance;
        siemens += conductance + this.shortSiemens(i, state[i]!, charge, openV);
      }
      const voltage = weighted / siemens;
      groupV[g] = voltage;
      for (let i = g * parallel; i < (g + 1) * parallel; i++) {
        const charge = state[SLOT_CHARGE * n + i]!;
        const relaxationV = state[SLOT_RELAXATION * n + i]!;
        const openV = lookUp(this.tables.openCircuitV, charge);
        const ohm = this.resistanceOhm(i, state[i]!, charge);
        const cellA = (voltage - openV - relaxationV) / ohm;
        const shortW = voltage * voltage * this.insideSiemens(i, state[i]!, charge, openV);
        sumW += this.cellRates(i, state, rates, cellA, ohm, openV, relaxationV, shortW, currentA / parallel);
      }
    }
    return sumW;
  }

  private cellRates(
    i: number,
    state: Float64Array,
    rates: Float64Array,
    cellA: number,
    ohm: number,
    openV: number,
    relaxationV: number,
    shortW: number,
    terminalA: number,
  ): number {
    const n = this.cellCount;
    const { tables } = this;
    const charge = state[SLOT_CHARGE * n + i]!;
    const stored = cellA > 0 ? storedShare(charge) : 1;
    const entropicW = cellA * state[i]! * lookUp(tables.entropyVPerK, charge);
    const relaxationW = (relaxationV * relaxationV) / tables.relaxationOhm;
    const jointW = terminalA * terminalA * this.controls.jointOhm[i]!;
    const heatW =
      cellA * cellA * ohm + relaxationW + shortW + entropicW + jointW + (1 - stored) * cellA * openV;
    rates[i] = heatW;
    rates[SLOT_CHARGE * n + i] = (stored * cellA - this.bleedA[i]!) / this.capacityCoulomb[i]!;
    rates[SLOT_RELAXATION * n + i] = (cellA * tables.relaxationOhm - relaxationV) / tables.relaxationS;
    return heatW;
  }
}

/** 1/T for resistances. */
function perK(temperatureK: number): number {
  return temperatureK > LEAST_RESISTANCE_K ? PER_LEAST_RESISTANCE_K : 1 / temperatureK;
}

/** A standard normal number within ±3. */
export function boundedNormal(random: Random): number {
  return Math.max(-3, Math.min(3, random.normal()));
}
