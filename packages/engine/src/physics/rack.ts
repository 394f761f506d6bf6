/**
 * A rack: its modules and the air between them. The air has little heat, so it is solved exactly over each step of
 * the rack, while the modules see its mean; a calm rack takes long steps, a hot one short ones.
 */
import { kelvinOfDegC } from '../units.ts';
import type { RackControls } from './controls.ts';
import { GAS_CONSTANT_J_PER_MOL_K } from './electrical.ts';
import { exponential } from './exponential.ts';
import type { Stepper } from './integrate.ts';
import { meanTowards, mixed, mixedMean } from './mixing.ts';
import { TAIL_CASE, TAIL_EJECTED_HEAT, TAIL_ESTIMATE, TAIL_HEAT_TO_AIR } from './module.ts';
import type { Emission, ModuleRun } from './module-run.ts';
import type { SitePlan } from './plan.ts';
import { type AirState, type RecordPlan, recordAir } from './record.ts';
import type { PlannedFault } from './scenario.ts';
import { SOLVENT_KG_PER_MOL } from './venting.ts';

/** Air at 25 °C and 1 atm (ideal gas, 28.97 g/mol) and its heat capacity. */
const AIR_KG_PER_M3 = 1.184;
const AIR_J_PER_KG_K = 1006;
export const AIR_J_PER_M3K = AIR_KG_PER_M3 * AIR_J_PER_KG_K;
const AIR_J_PER_MOL_K = AIR_J_PER_KG_K * 0.02897;
const PA = 101325;
const PPM = 1e6;

/** Longest step of a rack with a hot module, and of one with a module that heats fast. */
const HOT_STEP_S = 10;
const FAST_STEP_S = 1;
const HOT_K = kelvinOfDegC(70);
const FAST_K_PER_S = 0.02;

/** What a rack has given to the room. */
export interface Outflow {
  heatJ: number;
  h2Mol: number;
  coMol: number;
  vocMol: number;
}

export class Rack {
  readonly id: string;
  readonly runs: readonly ModuleRun[];
  readonly air: AirState;
  readonly outflow: Outflow = { heatJ: 0, h2Mol: 0, coMol: 0, vocMol: 0 };
  readonly controls: RackControls = { airFlowFactor: 1 };
  /** No current flows any more. */
  tripped = false;
  private chargeEnded = false;
  private dischargeEnded = false;
  private readonly faults: readonly PlannedFault[];
  private readonly site: SitePlan;
  private readonly moduleIndices: readonly number[];
  private readonly record: RecordPlan | undefined;
  private readonly before: AirState;
  /** Per module: takes part in short steps; what a calm one owes for the time that the air ran ahead of it. */
  private readonly hot: Uint8Array;
  private readonly owedToAirJ: Float64Array;
  private readonly fromNeighboursJ: Float64Array;
  private airKs = 0;
  /** Heat that left the air although no flow took it. */
  unexplainedJ = 0;

  constructor(
    id: string,
    runs: readonly ModuleRun[],
    moduleIndices: readonly number[],
    site: SitePlan,
    faults: readonly PlannedFault[],
    startK: number,
    record: RecordPlan | undefined,
  ) {
    this.id = id;
    this.runs = runs;
    this.moduleIndices = moduleIndices;
    this.site = site;
    this.faults = faults;
    this.air = { temperatureK: startK, coPpm: 0, h2Ppm: 0, vocPpm: 0 };
    this.before = { ...this.air };
    this.record = record;
    this.hot = new Uint8Array(runs.length);
    this.owedToAirJ = new Float64Array(runs.length);
    this.fromNeighboursJ = new Float64Array(runs.length);
    if (record) recordAir(record, moduleIndices, 0, 0, this.air, this.air);
  }

  /**
   * From `fromS` to `toS`, with a current that changes straight from `currentA` by `slopeAPerS`. Hot modules and the air
   * go first in short steps, in which the calm ones keep their case temperatures; then these follow in one step, in the
   * mean of the air that was.
   */
  advance(
    stepper: Stepper,
    fromS: number,
    toS: number,
    room: AirState,
    currentA: number,
    slopeAPerS: number,
  ): void {
    const { runs, hot, owedToAirJ, fromNeighboursJ } = this;
    const current = this.carries(currentA + slopeAPerS * 0.5 * (toS - fromS)) ? 1 : 0;
    for (let m = 0; m < runs.length; m++) {
      const { model, hottestK } = runs[m]!;
      model.opened = this.tripped;
      model.currentA = current * currentA;
      model.currentSlopeAPerS = current * slopeAPerS;
      model.currentFromS = fromS;
      hot[m] = hottestK > HOT_K ? 1 : 0;
    }
    owedToAirJ.fill(0);
    fromNeighboursJ.fill(0);
    this.airKs = 0;
    let timeS = fromS;
    while (timeS < toS) {
      const stepS = Math.min(this.longestStepS(), toS - timeS);
      const endS = toS - timeS - stepS < 1e-9 * stepS ? toS : timeS + stepS;
      Object.assign(this.before, this.air);
      this.step(stepper, timeS, endS, room);
      if (this.record) recordAir(this.record, this.moduleIndices, timeS, endS, this.before, this.air);
      timeS = endS;
    }
    this.follow(stepper, fromS, toS);
  }

  /**
   * The battery management lets current through until a cell reaches a limit of its voltage, or the estimate full or
   * empty; then not in this direction until the current has turned. Asked once per exchange with the room.
   */
  private carries(meanA: number): boolean {
    if (meanA > 0) this.dischargeEnded = false;
    if (meanA < 0) this.chargeEnded = false;
    for (const { model, state } of this.runs) {
      const estimate = state[model.tail + TAIL_ESTIMATE]!;
      const { endsByEstimate } = model.plan;
      if (endsByEstimate && estimate >= 1) this.chargeEnded = true;
      if (endsByEstimate && estimate <= 0) this.dischargeEnded = true;
      for (const groupV of model.stack.groupV) {
        const cellV = groupV / model.voltagePerCell;
        if (cellV > model.type.highestV) this.chargeEnded = true;
        if (cellV < model.type.lowestV) this.dischargeEnded = true;
      }
    }
    return !this.tripped && !(meanA > 0 && this.chargeEnded) && !(meanA < 0 && this.dischargeEnded);
  }

  private longestStepS(): number {
    let longestS = 1e9;
    for (let m = 0; m < this.runs.length; m++) {
      if (this.hot[m] === 0) continue;
      if (this.runs[m]!.fastestKPerS > FAST_K_PER_S) return FAST_STEP_S;
      longestS = HOT_STEP_S;
    }
    return longestS;
  }

  /** The calm modules catch up; what they gave to the air beside what they owed goes on to the room. */
  private follow(stepper: Stepper, fromS: number, toS: number): void {
    const { outflow } = this;
    for (let m = 0; m < this.runs.length; m++) {
      if (this.hot[m] === 1) continue;
      const run = this.runs[m]!;
      const { model, emission } = run;
      const tail = model.tail + TAIL_HEAT_TO_AIR;
      const beforeJ = run.state[tail]!;
      model.airK = this.airKs / (toS - fromS);
      model.neighboursW = this.fromNeighboursJ[m]! / (toS - fromS);
      clear(emission);
      run.advance(stepper, fromS, toS);
      outflow.heatJ += run.state[tail]! - beforeJ - this.owedToAirJ[m]! + emission.heatJ;
      outflow.h2Mol += emission.h2Mol;
      outflow.coMol += emission.coMol;
      outflow.vocMol += emission.vocMol;
    }
  }

  private step(stepper: Stepper, fromS: number, toS: number, room: AirState): void {
    const { site, runs, controls, air, hot } = this;
    const stepS = toS - fromS;
    controls.airFlowFactor = 1;
    for (const fault of this.faults) fault.kind.onRack?.(fromS, fault.values, controls);
    const flowM3PerS = site.rackAirFlowM3PerS * controls.airFlowFactor;
    const flowWPerK = flowM3PerS * AIR_J_PER_M3K;
    const airK = this.meanAirK(stepS, flowWPerK, room.temperatureK);
    this.airKs += airK * stepS;
    let coldestK = Math.min(room.temperatureK, air.temperatureK);
    let vocMol = 0;
    let intoAirJ = 0;
    let ejectedJ = 0;
    for (let m = 0; m < runs.length; m++) {
      const { model, state, emission } = runs[m]!;
      const neighboursW = this.fromNeighboursW(m, stepS);
      coldestK = Math.min(coldestK, state[model.tail + TAIL_CASE]!);
      vocMol += (model.controls.leakKgPerS * stepS) / SOLVENT_KG_PER_MOL;
      if (hot[m] === 1) {
        model.airK = airK;
        model.neighboursW = neighboursW;
        clear(emission);
        intoAirJ -= state[model.tail + TAIL_HEAT_TO_AIR]!;
        ejectedJ -= state[model.tail + TAIL_EJECTED_HEAT]!;
        continue;
      }
      const toAirWPerK = model.plan.caseToAirWPerK * model.controls.coolingFactor;
      const heatJ = toAirWPerK * (state[model.tail + TAIL_CASE]! - airK) * stepS;
      this.owedToAirJ[m] = this.owedToAirJ[m]! + heatJ;
      this.fromNeighboursJ[m] = this.fromNeighboursJ[m]! + neighboursW * stepS;
      intoAirJ += heatJ;
    }
    let totalMol = vocMol;
    let h2Mol = 0;
    let coMol = 0;
    for (let m = 0; m < runs.length; m++) {
      if (hot[m] === 0) continue;
      const run = runs[m]!;
      const { emission, model, state } = run;
      run.advance(stepper, fromS, toS);
      intoAirJ += state[model.tail + TAIL_HEAT_TO_AIR]!;
      ejectedJ += state[model.tail + TAIL_EJECTED_HEAT]! + emission.heatJ;
      h2Mol += emission.h2Mol;
      coMol += emission.coMol;
      vocMol += emission.vocMol;
      totalMol += emission.totalMol;
    }
    // Gas that comes in pushes as much air out.
    const pushedMolPerS = totalMol / stepS;
    const heat = { intoAirJ: intoAirJ + ejectedJ, ejectedJ };
    this.exchangeHeat(stepS, flowWPerK, pushedMolPerS, room.temperatureK, heat, coldestK);
    const airMol = (site.rackAirM3 * PA) / (GAS_CONSTANT_J_PER_MOL_K * room.temperatureK);
    const perS = flowM3PerS / site.rackAirM3 + pushedMolPerS / airMol;
    const outflow = this.outflow;
    const ppmPerMol = PPM / airMol;
    const { h2Ppm, coPpm, vocPpm } = air;
    air.h2Ppm = concentration(h2Ppm, room.h2Ppm, h2Mol * ppmPerMol, perS, stepS);
    air.coPpm = concentration(coPpm, room.coPpm, coMol * ppmPerMol, perS, stepS);
    air.vocPpm = concentration(vocPpm, room.vocPpm, vocMol * ppmPerMol, perS, stepS);
    outflow.h2Mol += h2Mol - (air.h2Ppm - h2Ppm) / ppmPerMol;
    outflow.coMol += coMol - (air.coPpm - coPpm) / ppmPerMol;
    outflow.vocMol += vocMol - (air.vocPpm - vocPpm) / ppmPerMol;
  }

  /** Mean temperature of the air over a step if the cases kept theirs. */
  private meanAirK(stepS: number, flowWPerK: number, roomK: number): number {
    let conductanceWPerK = flowWPerK;
    let weighted = flowWPerK * roomK;
    for (const { model, state } of this.runs) {
      const toAirWPerK = model.plan.caseToAirWPerK * model.controls.coolingFactor;
      conductanceWPerK += toAirWPerK;
      weighted += toAirWPerK * state[model.tail + TAIL_CASE]!;
    }
    if (conductanceWPerK === 0) return this.air.temperatureK;
    const finalK = weighted / conductanceWPerK;
    const x = (conductanceWPerK * stepS) / (this.site.rackAirM3 * AIR_J_PER_M3K);
    return meanTowards(this.air.temperatureK, finalK, x);
  }

  /**
   * The air takes `intoAirJ` evenly over the step and passes on what it does not keep. That its cases have moved meanwhile
   * leads it no further down than to the coldest of its neighbours, but for what evaporates in it. Then gas that came out
   * pushes some of it away.
   */
  private exchangeHeat(
    stepS: number,
    flowWPerK: number,
    pushedMolPerS: number,
    roomK: number,
    { intoAirJ, ejectedJ }: { readonly intoAirJ: number; readonly ejectedJ: number },
    coldestK: number,
  ): void {
    const { air } = this;
    const capacityJPerK = this.site.rackAirM3 * AIR_J_PER_M3K;
    const beforeK = air.temperatureK;
    const addedK = intoAirJ / capacityJPerK;
    const perS = flowWPerK / capacityJPerK;
    const lowestK = mixed(coldestK, coldestK, Math.min(0, ejectedJ) / capacityJPerK, perS, stepS);
    const exchangedK = Math.max(mixed(beforeK, roomK, addedK, perS, stepS), lowestK);
    const meanK = mixedMean(beforeK, roomK, addedK, perS, stepS);
    const keptJ = capacityJPerK * (exchangedK - beforeK);
    this.unexplainedJ += Math.abs(intoAirJ - keptJ - flowWPerK * stepS * (meanK - roomK));
    air.temperatureK = mixed(exchangedK, roomK, 0, (pushedMolPerS * AIR_J_PER_MOL_K) / capacityJPerK, stepS);
    this.outflow.heatJ += intoAirJ - capacityJPerK * (air.temperatureK - beforeK);
  }

  /** Heat from the cases above and below, in W, held over a step. */
  private fromNeighboursW(m: number, stepS: number): number {
    return this.betweenCasesW(m - 1, m, stepS) - this.betweenCasesW(m, m + 1, stepS);
  }

  /**
   * Heat from case a to case b: what two cases alone would exchange in the step, with half of the capacity of each, since
   * the other half deals with the neighbour on the other side. Bounded for any step, and the same seen from both.
   */
  private betweenCasesW(a: number, b: number, stepS: number): number {
    const conductance = this.site.moduleToModuleWPerK;
    const from = this.runs[a];
    const to = this.runs[b];
    if (!from || !to || conductance === 0) return 0;
    const halfA = 0.5 * from.model.plan.caseHeatCapacityJPerK;
    const halfB = 0.5 * to.model.plan.caseHeatCapacityJPerK;
    const jointJPerK = (halfA * halfB) / (halfA + halfB);
    const excessK = from.state[from.model.tail + TAIL_CASE]! - to.state[to.model.tail + TAIL_CASE]!;
    return (excessK * jointJPerK * (1 - exponential((-conductance * stepS) / jointJPerK))) / stepS;
  }
}

function clear(emission: Emission): void {
  emission.h2Mol = 0;
  emission.coMol = 0;
  emission.vocMol = 0;
  emission.totalMol = 0;
  emission.heatJ = 0;
}

/** Concentration after a step, fed with `sourcePpm` in all. */
function concentration(ppm: number, roomPpm: number, sourcePpm: number, perS: number, stepS: number): number {
  return Math.max(0, mixed(ppm, roomPpm, sourcePpm, perS, stepS));
}
