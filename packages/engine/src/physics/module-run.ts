/** Takes one module through time: steps, events, venting and rows of output. */

import { interpolate } from './electrical.ts';
import { exponential } from './exponential.ts';
import { between, type Stepper, shareOfSignChange, stepFactor } from './integrate.ts';
import { releasedHeatJ, SLOT_CHARGE } from './kinetics/reaction.ts';
import {
  type ModuleModel,
  TAIL_CASE,
  TAIL_EJECTED_HEAT,
  TAIL_ELECTRIC_HEAT,
  TAIL_HEAT_TO_AIR,
  TAIL_HEAT_TO_COOLANT,
  TAIL_HEATER,
} from './module.ts';
import type { ModuleRecorder } from './record.ts';
import {
  decomposedShare,
  fullGasMol,
  gasComposition,
  gasShares,
  pressureAtm,
  SOLVENT_KG_PER_MOL,
} from './venting.ts';
import { type ModuleWatch, WATCHED_FROM_K } from './watch.ts';

const FIRST_STEP_S = 0.5;
/** A step that ends this close to a wanted time, as a share of itself, ends there. */
const SNAP = 1e-9;
/** A cold module is woken before it is this much hotter than where its reactions begin. */
const WAKE_WITHIN_K = 5;
/** A charger that stops at a voltage is this late at most. */
const CHARGER_WITHIN_S = 1;
/** Vents that open within this of the start of a step open at once. */
const SHORTEST_S = 1e-6;

/** Gas that has left a module since it was last asked, in moles, and heat that it and ejected mass carried, in J. */
export interface Emission {
  h2Mol: number;
  coMol: number;
  vocMol: number;
  /** All gases together. */
  totalMol: number;
  heatJ: number;
}

export class ModuleRun {
  readonly model: ModuleModel;
  readonly state: Float64Array;
  readonly rates: Float64Array;
  readonly watch: ModuleWatch;
  readonly emission: Emission = { h2Mol: 0, coMol: 0, vocMol: 0, totalMol: 0, heatJ: 0 };
  /** Hottest cell now, and the fastest rise. */
  hottestK: number;
  fastestKPerS = 0;
  steps = 0;
  ejectedJ = 0;
  private stepS = FIRST_STEP_S;
  private readonly shares: Float64Array;
  /** Gas of a complete decomposition of each cell, by its charge when it vented. */
  private readonly fullMol: Float64Array;
  private readonly released: Float64Array;
  private readonly ventCharge: Float64Array;
  private readonly vapourLeft: Float64Array;
  private readonly startHeatCapacityJPerK: number;
  private readonly startState: Float64Array;
  private readonly recorder: ModuleRecorder | undefined;

  constructor(
    model: ModuleModel,
    state: Float64Array,
    watch: ModuleWatch,
    recorder: ModuleRecorder | undefined,
  ) {
    this.model = model;
    this.state = state;
    this.rates = new Float64Array(model.fullSize);
    this.watch = watch;
    this.recorder = recorder;
    this.shares = gasShares(model.kinetics);
    this.fullMol = new Float64Array(model.cellCount);
    this.released = new Float64Array(model.cellCount);
    this.ventCharge = new Float64Array(model.cellCount);
    this.vapourLeft = new Float64Array(model.cellCount).fill(1);
    this.startHeatCapacityJPerK = model.heatCapacityJPerK[0]!;
    this.startState = state.slice();
    this.hottestK = state[0]!;
    // Voltages are asked for before the first step.
    model.airK = state[0]!;
    model.derive(0, state, this.rates);
  }

  /** From `fromS` to `toS` under the conditions set in the model. */
  advance(stepper: Stepper, fromS: number, toS: number): void {
    const { model, state, rates } = this;
    let timeS = fromS;
    model.wake(this.hottestK);
    model.derive(timeS, state, rates);
    stepper.evaluations++;
    while (timeS < toS) {
      const left = toS - timeS;
      const last = this.stepS >= left * (1 - SNAP);
      let triedS = last ? left : this.stepS;
      const error = stepper.tryStep(model, timeS, triedS, state, rates);
      if (!(error <= 1)) {
        this.stepS = triedS * stepFactor(error);
        if (!(this.stepS > 1e-9))
          throw new Error(`${model.id}: step of ${this.stepS} s at ${timeS} s, error ${error}`);
        continue;
      }
      this.measure(stepper.next, stepper.nextRates);
      if (!model.awake && this.hottestK > model.kinetics.dormantBelowK + WAKE_WITHIN_K) {
        this.stepS = 0.5 * triedS;
        continue;
      }
      if (model.faults.length > 0 && model.endsExtra()) {
        // Back to shortly before: the charger stops within a second of its limit.
        if (triedS > CHARGER_WITHIN_S) {
          this.stepS = Math.max(0.5 * triedS, CHARGER_WITHIN_S);
          model.derive(timeS, state, rates);
          continue;
        }
        model.extraEnded = true;
        model.derive(timeS, state, rates);
        continue;
      }
      let vents = -1;
      if (this.hottestK > WATCHED_FROM_K) {
        vents = this.nextVent(stepper);
        if (vents >= 0) {
          const share = this.ventShare(stepper, vents, triedS);
          if (share * triedS < SHORTEST_S) {
            this.openVents(timeS, vents);
            model.derive(timeS, state, rates);
            continue;
          }
          if (share < 1 - SNAP) {
            triedS *= share;
            stepper.tryStep(model, timeS, triedS, state, rates);
            this.measure(stepper.next, stepper.nextRates);
          }
        }
        this.watch.see(timeS, triedS, state, rates, stepper.next, stepper.nextRates, model.cellCount);
      } else this.watch.peak(timeS, triedS, state, stepper.next, model.cellCount);
      const nextS = last && triedS === left ? toS : timeS + triedS;
      if (this.recorder) {
        this.recorder.rows(timeS, nextS, state, rates, stepper.next, stepper.nextRates);
        model.act(nextS);
      }
      this.take(stepper);
      timeS = nextS;
      this.steps++;
      if (!last || error > 0.2) this.stepS = triedS * stepFactor(error);
      else this.stepS = Math.max(this.stepS, triedS * stepFactor(error));
      if (!model.awake && this.hottestK >= model.kinetics.dormantBelowK) {
        model.wake(this.hottestK);
        model.derive(timeS, state, rates);
      }
      if (!model.awake && model.faults.length === 0) continue;
      const opened = this.openVents(timeS, vents);
      if (this.release() || opened) model.derive(timeS, state, rates);
    }
  }

  /** Makes the end of the last step the present. Without allocation, which `subarray` would cost. */
  private take(stepper: Stepper): void {
    const { state, rates } = this;
    const { next, nextRates } = stepper;
    const n = this.model.size;
    for (let at = 0; at < n; at++) {
      state[at] = next[at]!;
      rates[at] = nextRates[at]!;
    }
  }

  /** Hottest cell and fastest rise at the end of a step. */
  private measure(state: Float64Array, rates: Float64Array): void {
    let hottestK = 0;
    let fastest = 0;
    for (let i = 0; i < this.model.cellCount; i++) {
      if (state[i]! > hottestK) hottestK = state[i]!;
      if (rates[i]! > fastest) fastest = rates[i]!;
    }
    this.hottestK = hottestK;
    this.fastestKPerS = fastest;
  }

  /** Of the cell whose first layer is `first`: the mean over its layers, which share one gas space. */
  private overpressure(first: number, state: Float64Array): number {
    const { slices } = this.model;
    let sum = 0;
    for (let i = first; i < first + slices; i++) sum += this.layerOverpressure(i, state);
    return sum / slices;
  }

  private layerOverpressure(i: number, state: Float64Array): number {
    const { model } = this;
    const decomposed = decomposedShare(
      model.kinetics,
      this.shares,
      state,
      model.reactions + i,
      model.cellCount,
    );
    const gasMol = decomposed * fullGasMol(model.type, state[SLOT_CHARGE * model.cellCount + i]!);
    return pressureAtm(model.type, state[i]!, gasMol) - model.type.vent.openingAtm - 1;
  }

  private isWatched(first: number, state: Float64Array): boolean {
    for (let i = first; i < first + this.model.slices; i++) if (state[i]! >= WATCHED_FROM_K) return true;
    return false;
  }

  /** The closed cell with the highest overpressure at the end of the step, or -1. */
  private nextVent(stepper: Stepper): number {
    const { model } = this;
    let found = -1;
    let highest = 0;
    for (let i = 0; i < model.cellCount; i += model.slices) {
      if (model.vented[i] === 1 || !this.isWatched(i, stepper.next)) continue;
      const over = this.overpressure(i, stepper.next);
      if (over > highest) {
        highest = over;
        found = i;
      }
    }
    return found;
  }

  /** The share of the step at which cell i reaches the pressure of its vent. */
  private ventShare(stepper: Stepper, i: number, stepS: number): number {
    const { state, rates, model } = this;
    if (this.overpressure(i, state) >= 0) return 0;
    const trial = new Float64Array(model.fullSize);
    const n = model.cellCount;
    return shareOfSignChange((share) => {
      for (let slot = -2; slot < model.kinetics.count; slot++) {
        const first = slot < 0 ? (slot + 2) * n + i : model.reactions + slot * n + i;
        for (let at = first; at < first + model.slices; at++)
          trial[at] = between(
            state[at]!,
            rates[at]!,
            stepper.next[at]!,
            stepper.nextRates[at]!,
            stepS,
            share,
          );
      }
      return this.overpressure(i, trial);
    });
  }

  private openVents(timeS: number, byPressure: number): boolean {
    const { model } = this;
    if (byPressure < 0 && model.faults.length === 0) return false;
    let opened = false;
    for (let i = 0; i < model.cellCount; i++) {
      if (model.vented[i] === 1) continue;
      const first = i - (i % model.slices);
      if (first !== byPressure && !this.isForcedOpen(first)) continue;
      model.vented[i] = 1;
      this.ventCharge[i] = Math.max(this.state[SLOT_CHARGE * model.cellCount + i]!, 0);
      this.fullMol[i] = fullGasMol(model.type, this.ventCharge[i]!) * model.cellsInOne;
      if (i === first) this.watch.vent(timeS, i);
      opened = true;
    }
    return opened;
  }

  /** A fault opens the vent of the cell whose first layer is `first`. */
  private isForcedOpen(first: number): boolean {
    const { slices, controls } = this.model;
    for (let i = first; i < first + slices; i++) if (controls.ventOpen[i] === 1) return true;
    return false;
  }

  /** Lets gas, vapour and ejected mass out of vented cells; true where the balance of a cell has changed. */
  private release(): boolean {
    const { model, state, emission } = this;
    const n = model.cellCount;
    const evaporation = model.reactions + (model.kinetics.count - 1) * n;
    let changed = false;
    for (let i = 0; i < n; i++) {
      if (model.vented[i] === 0 || state[i]! < model.kinetics.dormantBelowK) continue;
      const left = exponential(state[evaporation + i]!);
      const decomposed = decomposedShare(model.kinetics, this.shares, state, model.reactions + i, n);
      const step = decomposed - this.released[i]!;
      const vapourKg = (this.vapourLeft[i]! - left) * model.type.vent.solventKg * model.cellsInOne;
      if (step <= 0 && vapourKg <= 0) continue;
      const gas = gasComposition(model.type, this.ventCharge[i]!);
      const gasMol = step * this.fullMol[i]!;
      const vapourMol = vapourKg / SOLVENT_KG_PER_MOL;
      emission.h2Mol += gasMol * gas.h2;
      emission.coMol += gasMol * gas.co;
      emission.vocMol += gasMol * gas.voc + vapourMol;
      emission.totalMol += gasMol + vapourMol;
      const ejected = step * interpolate(model.type.gas.ejectedShare, this.ventCharge[i]!);
      const lostJPerK = ejected * this.startHeatCapacityJPerK;
      model.heatCapacityJPerK[i] = model.heatCapacityJPerK[i]! - lostJPerK;
      const heatJ = lostJPerK * (state[i]! - model.airK);
      const keptJ = heatJ * model.plan.ejectaToCase;
      state[model.tail + TAIL_CASE] =
        state[model.tail + TAIL_CASE]! + keptJ / model.plan.caseHeatCapacityJPerK;
      emission.heatJ += heatJ - keptJ;
      this.ejectedJ += lostJPerK * state[i]! - keptJ;
      this.released[i] = decomposed;
      this.vapourLeft[i] = left;
      changed = true;
    }
    return changed;
  }

  /** Parts of the energy balance since the start, in J. Reaction heat comes from what has reacted. */
  balance() {
    const { model, state, startState } = this;
    const n = model.cellCount;
    const { kinetics } = model;
    let reactionsJ = 0;
    let storedJ =
      model.plan.caseHeatCapacityJPerK *
      (state[model.tail + TAIL_CASE]! - startState[model.tail + TAIL_CASE]!);
    for (let i = 0; i < n; i++) {
      storedJ += model.heatCapacityJPerK[i]! * state[i]! - this.startHeatCapacityJPerK * startState[i]!;
      for (let k = 0; k < kinetics.count; k++) {
        const at = model.reactions + k * n + i;
        reactionsJ += releasedHeatJ(kinetics, k, state[at]!) - releasedHeatJ(kinetics, k, startState[at]!);
        if (kinetics.regrowth > 0 && kinetics.form[k] === 3) {
          reactionsJ += kinetics.regrowth * (state[at]! - startState[at]!) * kinetics.heatJ[0]!;
        }
      }
    }
    const tail = model.tail;
    return {
      reactionsJ,
      storedJ,
      electricJ: state[tail + TAIL_ELECTRIC_HEAT]!,
      heaterJ: state[tail + TAIL_HEATER]!,
      airJ: state[tail + TAIL_HEAT_TO_AIR]!,
      coolantJ: state[tail + TAIL_HEAT_TO_COOLANT]!,
      ejectedJ: this.ejectedJ + state[tail + TAIL_EJECTED_HEAT]!,
    };
  }
}
