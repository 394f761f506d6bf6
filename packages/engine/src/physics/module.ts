/**
 * One module: cells in series and parallel, each with a temperature, a charge, a relaxation voltage and its
 * reactions, joined thermally to their neighbours and to the case. All cells of a slot lie side by side:
 * `state[slot * cellCount + cell]`; the case, the running integrals and the estimate of the battery management
 * follow, and the reactions last, so that a cold module leaves them out. A lumped module is the same with one cell.
 */

import type { Random } from '../random.ts';
import { COULOMB_PER_AH, kelvinOfDegC } from '../units.ts';
import type { CellType } from './cells/cellType.ts';
import { cellTypeById } from './cells/index.ts';
import { type ModuleControls, moduleControls, neutralise } from './controls.ts';
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
import type { FaultAction } from './faults/fault.ts';
import type { System } from './integrate.ts';
import { kineticsById } from './kinetics/index.ts';
import {
  type CompiledKinetics,
  compileKinetics,
  FIRST_REACTION,
  react,
  SLOT_CHARGE,
  SLOT_RELAXATION,
  slotWeightJ,
  startReactions,
} from './kinetics/reaction.ts';
import type { ModulePlan } from './scenario.ts';
import { solventEvaporation } from './venting.ts';

/** Below this no reaction is evaluated: at 40 °C the fastest set turns over 5e-8 of its film per second. */
const DORMANT_BELOW_DEG_C = 40;

/** Quantities after the cells, counted from `tail`. */
export const TAIL_CASE = 0;
export const TAIL_HEAT_TO_AIR = 1;
export const TAIL_HEAT_TO_COOLANT = 2;
export const TAIL_ELECTRIC_HEAT = 3;
export const TAIL_HEATER = 4;
export const TAIL_ESTIMATE = 5;
export const TAIL_REACTION_HEAT = 6;
export const TAIL_EJECTED_HEAT = 7;
const TAIL_SIZE = 8;

/** Further below the middle of its collapse the separator conducts nothing. */
const SEPARATOR_WIDTHS = 12;
const PER_REFERENCE_K = 1 / REFERENCE_K;
const PER_LEAST_RESISTANCE_K = 1 / LEAST_RESISTANCE_K;
/** Cells within this of the lowest one are left alone. */
const BALANCED_WITHIN_V = 0.01;
/** Errors of voltage and charge in terms of kelvins. */
const K_PER_RELAXATION_V = 2;

export class ModuleModel implements System {
  readonly id: string;
  readonly type: CellType;
  readonly plan: ModulePlan;
  readonly series: number;
  readonly parallel: number;
  readonly cellCount: number;
  /** Cells of the type that one modelled cell stands for: 1 unless lumped. */
  readonly cellsInOne: number;
  /** Cells in series that one modelled group stands for. */
  readonly voltagePerCell: number;
  /** Equations integrated at present: without the reactions while the module is cold. */
  size: number;
  readonly fullSize: number;
  readonly tail: number;
  /** Where the slots of the reactions start: that of reaction k and cell i is at `reactions + k * cellCount + i`. */
  readonly reactions: number;
  awake = true;
  readonly kinetics: CompiledKinetics;
  readonly tables: ElectricalTables;
  readonly controls: ModuleControls;
  readonly capacityCoulomb: Float64Array;
  readonly resistanceFactor: Float64Array;
  readonly heatCapacityJPerK: Float64Array;
  readonly conductionWPerK: Float64Array;
  readonly bleedA: Float64Array;
  readonly vented: Uint8Array;
  /** Voltage of each parallel group at the last evaluation. */
  readonly groupV: Float64Array;
  faults: readonly FaultAction[] = [];
  /** Conditions of the present rack step. */
  airK = 0;
  neighboursW = 0;
  currentA = 0;
  currentSlopeAPerS = 0;
  currentFromS = 0;
  nominalCapacityCoulomb: number;
  toleranceK: number;
  private readonly separatorSiemens: number;
  private readonly separatorK: number;
  private readonly separatorPerK: number;
  private readonly shortFreeBelowK: number;
  private readonly emptyRiseK: number;
  private readonly ejectedHeatShare: number;
  private readonly energyPerChargeJ: number;

  constructor(id: string, plan: ModulePlan, random: Random, toleranceK: number) {
    const type = cellTypeById(plan.cell);
    const seriesInOne = plan.lumped ? plan.series : 1;
    const parallelInOne = plan.lumped ? plan.parallel : 1;
    this.id = id;
    this.type = type;
    this.plan = plan;
    this.toleranceK = toleranceK;
    this.series = plan.lumped ? 1 : plan.series;
    this.parallel = plan.lumped ? 1 : plan.parallel;
    this.cellCount = this.series * this.parallel;
    this.cellsInOne = seriesInOne * parallelInOne;
    this.voltagePerCell = seriesInOne;
    const n = this.cellCount;
    const massKg = type.massKg * this.cellsInOne;
    this.kinetics = compileKinetics(
      kineticsById(type.kinetics),
      massKg,
      type.volumeM3 * this.cellsInOne,
      solventEvaporation(type.vent.solventKg * this.cellsInOne),
      kelvinOfDegC(DORMANT_BELOW_DEG_C),
    );
    this.tables = compileElectrical(type, seriesInOne, parallelInOne);
    this.tail = FIRST_REACTION * n;
    this.reactions = this.tail + TAIL_SIZE;
    this.fullSize = this.reactions + this.kinetics.count * n;
    this.size = this.fullSize;
    this.controls = moduleControls(n);
    this.nominalCapacityCoulomb = type.capacityAh * COULOMB_PER_AH * parallelInOne * this.parallel;
    this.capacityCoulomb = new Float64Array(n);
    this.resistanceFactor = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const capacity = plan.capacityFactor * (1 + plan.capacitySpread * bounded(random));
      this.capacityCoulomb[i] = (capacity * this.nominalCapacityCoulomb) / this.parallel;
      this.resistanceFactor[i] = plan.resistanceFactor * (1 + plan.resistanceSpread * bounded(random));
    }
    this.heatCapacityJPerK = new Float64Array(n).fill(massKg * type.heatCapacityJPerKgK);
    this.conductionWPerK = new Float64Array(n).fill(plan.cellToCellWPerK);
    this.bleedA = new Float64Array(n);
    this.vented = new Uint8Array(n);
    this.groupV = new Float64Array(this.series);
    this.separatorSiemens = parallelInOne / (type.separator.resistanceOhm * seriesInOne);
    this.separatorK = kelvinOfDegC(type.separator.collapseDegC);
    this.separatorPerK = 1 / type.separator.widthK;
    this.shortFreeBelowK = this.separatorK - SEPARATOR_WIDTHS * type.separator.widthK;
    this.emptyRiseK = type.separator.emptyRiseK;
    this.ejectedHeatShare = type.gas.ejectedHeatShare;
    this.energyPerChargeJ = type.nominalV * type.capacityAh * COULOMB_PER_AH * this.cellsInOne;
  }

  /** Writes the state of a fresh module at `temperatureK`; `random` draws the spread of charge. */
  start(state: Float64Array, temperatureK: number, random: Random): void {
    const n = this.cellCount;
    for (let i = 0; i < n; i++) {
      state[i] = temperatureK;
      state[SLOT_CHARGE * n + i] = Math.min(
        this.plan.startCharge * (1 + this.plan.startChargeSpread * bounded(random)),
        1,
      );
      state[SLOT_RELAXATION * n + i] = 0;
      startReactions(this.kinetics, state, this.reactions + i, n);
    }
    state.fill(0, this.tail, this.reactions);
    state[this.tail + TAIL_CASE] = temperatureK;
    state[this.tail + TAIL_ESTIMATE] = this.plan.startCharge;
  }

  /** Takes the reactions in or leaves them out, by the hottest cell at the start of a step of the rack. */
  wake(hottestK: number): void {
    this.awake = hottestK >= this.kinetics.dormantBelowK;
    this.size = this.awake ? this.fullSize : this.reactions;
  }

  /** Lets the faults of this module act at `timeS`. */
  act(timeS: number): void {
    if (this.faults.length === 0) return;
    neutralise(this.controls);
    for (const fault of this.faults) fault.act(timeS, this.controls);
  }

  /** Current of the module in A at `timeS`, positive when charging. */
  currentAt(timeS: number): number {
    return this.currentA + this.currentSlopeAPerS * (timeS - this.currentFromS) + this.controls.extraCurrentA;
  }

  derive(timeS: number, state: Float64Array, rates: Float64Array): void {
    if (this.faults.length > 0) this.act(timeS);
    const currentA = this.currentAt(timeS);
    const n = this.cellCount;
    const { tail, kinetics, plan, controls, heatCapacityJPerK, conductionWPerK, awake, shortFreeBelowK } =
      this;
    const caseK = state[tail + TAIL_CASE]!;
    const electricHeatW =
      this.parallel === 1
        ? this.chain(state, rates, currentA)
        : this.groups(state, rates, currentA, this.groupV);
    let toCaseW = 0;
    let heaterW = 0;
    let reactionW = 0;
    let fromBeforeW = 0;
    let ejectedW = 0;
    for (let i = 0; i < n; i++) {
      const temperatureK = state[i]!;
      let reactionHeatW = 0;
      if (awake) {
        const chargeAt = SLOT_CHARGE * n + i;
        const electricalCharge = rates[chargeAt]!;
        const vented = this.vented[i] === 1;
        reactionHeatW = react(kinetics, temperatureK, vented, state, rates, chargeAt, this.reactions + i, n);
        rates[chargeAt] = rates[chargeAt]! + electricalCharge;
      }
      let insideW = rates[i]! + reactionHeatW;
      if (this.vented[i] === 1 && temperatureK > shortFreeBelowK) {
        const lostW =
          insideW * this.ejectedHeatShare * this.collapsed(temperatureK, state[SLOT_CHARGE * n + i]!);
        ejectedW += lostW;
        insideW -= lostW;
      }
      const intoCaseW = plan.cellToCaseWPerK * (temperatureK - caseK);
      const onwardW = i + 1 < n ? conductionWPerK[i]! * (temperatureK - state[i + 1]!) : 0;
      const externalW = controls.heaterW[i]!;
      rates[i] = (insideW + externalW + fromBeforeW - onwardW - intoCaseW) / heatCapacityJPerK[i]!;
      fromBeforeW = onwardW;
      toCaseW += intoCaseW;
      heaterW += externalW;
      reactionW += reactionHeatW;
    }
    const toAirW = plan.caseToAirWPerK * controls.coolingFactor * (caseK - this.airK);
    const toCoolantW = plan.coolantWPerK * controls.coolantFactor * (caseK - kelvinOfDegC(plan.coolantDegC));
    rates[tail + TAIL_CASE] = (toCaseW + this.neighboursW - toAirW - toCoolantW) / plan.caseHeatCapacityJPerK;
    rates[tail + TAIL_HEAT_TO_AIR] = toAirW;
    rates[tail + TAIL_HEAT_TO_COOLANT] = toCoolantW;
    rates[tail + TAIL_ELECTRIC_HEAT] = electricHeatW;
    rates[tail + TAIL_HEATER] = heaterW;
    rates[tail + TAIL_ESTIMATE] = currentA / this.nominalCapacityCoulomb;
    rates[tail + TAIL_REACTION_HEAT] = reactionW;
    rates[tail + TAIL_EJECTED_HEAT] = ejectedW;
  }

  /** Resistance of cell i at its temperature and charge. */
  resistanceOhm(i: number, temperatureK: number, charge: number): number {
    const { tables } = this;
    const factor = exponential(tables.activationK * (perK(temperatureK) - PER_REFERENCE_K));
    return lookUp(tables.resistanceOhm, charge) * this.resistanceFactor[i]! * factor;
  }

  /** Conductance of all shorts inside cell i: internal short, wanted short heat, collapsed separator. */
  private shortSiemens(i: number, temperatureK: number, charge: number, voltage: number): number {
    let siemens = this.controls.shortSiemens[i]!;
    const wantedW = this.controls.shortHeatW[i]!;
    if (wantedW > 0 && voltage > 0.1) siemens += wantedW / (voltage * voltage);
    if (temperatureK > this.shortFreeBelowK)
      siemens += this.separatorSiemens * this.collapsed(temperatureK, charge);
    return siemens;
  }

  /** How far the separator has collapsed, 0 to 1. */
  private collapsed(temperatureK: number, charge: number): number {
    const middleK = this.separatorK + (charge < 1 ? this.emptyRiseK * (1 - charge) : 0);
    return 1 / (1 + exponential((middleK - temperatureK) * this.separatorPerK));
  }

  /** Sets the bleed of each cell from the voltages of the last evaluation. */
  balance(): void {
    if (this.plan.balancingA === 0) return;
    let lowest = Number.POSITIVE_INFINITY;
    for (const voltage of this.groupV) lowest = Math.min(lowest, voltage);
    const limit = lowest + BALANCED_WITHIN_V * this.voltagePerCell;
    for (let i = 0; i < this.cellCount; i++) {
      const above = this.groupV[(i / this.parallel) | 0]! > limit && lowest > 0;
      this.bleedA[i] = above ? this.plan.balancingA / this.parallel : 0;
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
    const faulty = this.faults.length > 0;
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
    const faulty = this.faults.length > 0;
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
        heatW = voltage * voltage * siemens + currentA * currentA * this.controls.jointOhm[i]!;
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
        const shortW = voltage * voltage * this.shortSiemens(i, state[i]!, charge, openV);
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

  weigh(state: Float64Array, error: Float64Array): number {
    const n = this.cellCount;
    const { kinetics, heatCapacityJPerK } = this;
    const dormantK = kinetics.dormantBelowK;
    let worstK = Math.abs(error[this.tail + TAIL_CASE]!);
    for (let i = 0; i < n; i++) {
      const kPerJ = 1 / heatCapacityJPerK[i]!;
      const chargeK = this.energyPerChargeJ * kPerJ * Math.abs(error[SLOT_CHARGE * n + i]!);
      const cellK = Math.max(
        Math.abs(error[i]!),
        chargeK,
        K_PER_RELAXATION_V * Math.abs(error[SLOT_RELAXATION * n + i]!),
      );
      if (!(cellK <= worstK)) worstK = cellK;
      if (state[i]! < dormantK) continue;
      for (let k = 0; k < kinetics.count; k++) {
        const at = this.reactions + k * n + i;
        const slotError = Math.abs(error[at]!);
        if (slotError < 1e-9) continue;
        const slotK = slotWeightJ(kinetics, k, state[at]!) * slotError * kPerJ;
        if (slotK > worstK) worstK = slotK;
      }
    }
    return worstK / this.toleranceK;
  }
}

/** A standard normal number within ±3. */
function bounded(random: Random): number {
  return Math.max(-3, Math.min(3, random.normal()));
}

/** 1/T for resistances. */
function perK(temperatureK: number): number {
  return temperatureK > LEAST_RESISTANCE_K ? PER_LEAST_RESISTANCE_K : 1 / temperatureK;
}
