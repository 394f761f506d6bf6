/**
 * One module: cells in series and parallel, each with a temperature, a charge, a relaxation voltage and its
 * reactions, joined thermally to their neighbours and to the case. All cells of a slot lie side by side:
 * `state[slot * cellCount + cell]`; the case, the running integrals and the estimate of the battery management
 * follow, and the reactions last, so that a cold module leaves them out. A lumped module is the same with one cell.
 */

import type { Random } from '../random.ts';
import { COULOMB_PER_AH, kelvinOfDegC } from '../units.ts';
import { boundedNormal, CellStack } from './cell-stack.ts';
import type { CellType } from './cells/cell-type.ts';
import { cellTypeOf, kineticsOf, nodesOf } from './cells/variant.ts';
import { type ModuleControls, moduleControls, neutralise } from './controls.ts';
import type { FaultAction } from './faults/fault.ts';
import type { System } from './integrate.ts';
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
import type { ModulePlan } from './plan.ts';
import { solventEvaporation } from './venting.ts';

/** Below this no reaction is evaluated: at 40 °C the fastest set turns over 5e-8 of its film per second. */
export const DORMANT_BELOW_K = kelvinOfDegC(40);

/** Quantities after the cells, counted from `tail`. */
export const TAIL_CASE = 0;
export const TAIL_HEAT_TO_AIR = 1;
export const TAIL_HEAT_TO_COOLANT = 2;
export const TAIL_ELECTRIC_HEAT = 3;
export const TAIL_HEATER = 4;
export const TAIL_ESTIMATE = 5;
const TAIL_REACTION_HEAT = 6;
export const TAIL_EJECTED_HEAT = 7;
const TAIL_SIZE = 8;

/** Errors of voltage and charge in terms of kelvins. */
const K_PER_RELAXATION_V = 2;

export class ModuleModel implements System {
  readonly id: string;
  readonly type: CellType;
  readonly plan: ModulePlan;
  readonly series: number;
  /** Layers of one cell, side by side among the cells of a parallel group. */
  readonly slices: number;
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
  /** The circuit is open: no current, whatever drives it. */
  opened = false;
  /** What a fault adds to the current has ended at its voltage. */
  extraEnded = false;
  readonly kinetics: CompiledKinetics;
  readonly stack: CellStack;
  readonly controls: ModuleControls;
  readonly heatCapacityJPerK: Float64Array;
  readonly conductionWPerK: Float64Array;
  readonly vented: Uint8Array;
  faults: readonly FaultAction[] = [];
  /** Conditions of the present rack step. */
  airK = 0;
  neighboursW = 0;
  currentA = 0;
  currentSlopeAPerS = 0;
  currentFromS = 0;
  nominalCapacityCoulomb: number;
  toleranceK: number;
  private readonly ejectedHeatShare: number;
  /** Current of one capacity per hour. */
  private readonly oneCA: number;
  private readonly energyPerChargeJ: number;

  constructor(id: string, whole: ModulePlan, random: Random, toleranceK: number) {
    const plan = nodesOf(whole);
    const type = cellTypeOf(plan);
    const seriesInOne = plan.lumped ? plan.series : 1;
    const parallelInOne = plan.lumped ? plan.parallel : 1;
    this.id = id;
    this.slices = whole.slices;
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
      kineticsOf(plan),
      massKg,
      type.volumeM3 * this.cellsInOne,
      solventEvaporation(type.vent.solventKg * this.cellsInOne),
      DORMANT_BELOW_K,
    );
    this.tail = FIRST_REACTION * n;
    this.reactions = this.tail + TAIL_SIZE;
    this.fullSize = this.reactions + this.kinetics.count * n;
    this.size = this.fullSize;
    this.nominalCapacityCoulomb = type.capacityAh * COULOMB_PER_AH * parallelInOne * this.parallel;
    this.oneCA = type.capacityAh * parallelInOne * this.parallel;
    const oneCOhm = (type.nominalV * seriesInOne) / this.oneCA;
    this.controls = moduleControls(n, this.series, oneCOhm, massKg * whole.slices);
    this.stack = new CellStack(type, plan, this.controls, random);
    this.heatCapacityJPerK = new Float64Array(n).fill(massKg * type.heatCapacityJPerKgK);
    this.conductionWPerK = new Float64Array(n).map((_, i) =>
      (i + 1) % whole.slices === 0 ? plan.cellToCellWPerK : plan.throughCellWPerK * whole.slices,
    );
    this.vented = new Uint8Array(n);
    this.ejectedHeatShare = type.gas.ejectedHeatShare;
    this.energyPerChargeJ = type.nominalV * type.capacityAh * COULOMB_PER_AH * this.cellsInOne;
  }

  /** Writes the state of a fresh module at `temperatureK`; `random` draws the spread of charge. */
  start(state: Float64Array, temperatureK: number, random: Random): void {
    const n = this.cellCount;
    for (let i = 0; i < n; i++) {
      state[i] = temperatureK;
      state[SLOT_CHARGE * n + i] = Math.min(
        this.plan.startCharge * (1 + this.plan.startChargeSpread * boundedNormal(random)),
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
    this.stack.faulty = true;
    neutralise(this.controls);
    for (const fault of this.faults) fault.act(timeS, this.controls);
    if (this.opened && this.controls.heaterEndsOnTrip) this.controls.heaterW.fill(0);
  }

  /** Current of the module in A at `timeS`, positive when charging. */
  currentAt(timeS: number): number {
    const { controls } = this;
    if (this.opened || controls.contactorOpen) return 0;
    const rackA = this.currentA + this.currentSlopeAPerS * (timeS - this.currentFromS);
    if (this.extraEnded) return rackA;
    return rackA + controls.extraCurrentA + controls.extraLoadC * this.oneCA;
  }

  /** A fault that adds to the current ends at a voltage, and a cell is above it by the last evaluation. */
  endsExtra(): boolean {
    const limitV = this.controls.extraEndsAtV * this.voltagePerCell;
    return !this.extraEnded && limitV < 1e9 && this.stack.groupV.some((voltage) => voltage >= limitV);
  }

  derive(timeS: number, state: Float64Array, rates: Float64Array): void {
    if (this.faults.length > 0) this.act(timeS);
    const currentA = this.currentAt(timeS);
    const n = this.cellCount;
    const { tail, kinetics, plan, controls, heatCapacityJPerK, conductionWPerK, awake, stack } = this;
    const caseK = state[tail + TAIL_CASE]!;
    const electricHeatW = stack.derive(state, rates, currentA);
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
      if (this.vented[i] === 1 && temperatureK > stack.shortFreeBelowK) {
        const collapsed = stack.collapsed(temperatureK, state[SLOT_CHARGE * n + i]!);
        const lostW = insideW * this.ejectedHeatShare * collapsed;
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
      if (cellK > worstK) worstK = cellK;
      else if (Number.isNaN(cellK)) return Number.POSITIVE_INFINITY;
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
