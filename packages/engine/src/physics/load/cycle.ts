/**
 * Cycles of a test bench: constant current, constant voltage until the current has faded, rests, pulses. The programme is
 * run beforehand on one mean cell with its electrical model and one temperature, and becomes points of current over time, so
 * that the run itself depends on time alone. Charge is counted as the run counts it: cycles do not drift.
 */
import { createRandom, type Random } from '../../random.ts';
import { COULOMB_PER_AH, kelvinOfDegC, S_PER_H } from '../../units.ts';
import { ageOf, type CellAge } from '../cells/ageing.ts';
import { cellTypeOf, kineticsOf } from '../cells/variant.ts';
import {
  compileElectrical,
  type ElectricalTables,
  LEAST_RESISTANCE_K,
  lookUp,
  REFERENCE_K,
} from '../electrical.ts';
import { exponential } from '../exponential.ts';
import {
  type CompiledKinetics,
  compileKinetics,
  FIRST_REACTION,
  react,
  SLOT_CHARGE,
  startReactions,
} from '../kinetics/reaction.ts';
import { DORMANT_BELOW_K } from '../module.ts';
import type { ModulePlan, Profile } from '../plan.ts';
import { profileAt } from '../profile.ts';
import { checkKeys, numberAt } from '../validate.ts';
import type { LoadContext } from './context.ts';

/** Longest step and largest change of charge in a step. */
const LONGEST_S = 60;
const MAX_CHARGE = 0.004;
/** A wobbling discharge changes its current this often, with this correlation time. */
const WOBBLE_S = 10;
const WOBBLE_KEPT_S = 25;
/** A programme that has made this many points stops: the rest of the run is a rest. */
const MAX_POINTS = 1_000_000;

interface Programme {
  readonly chargeC: number;
  readonly dischargeC: number;
  readonly upperV: number;
  readonly lowerV: number;
  readonly cutoffC: number;
  readonly from: number;
  readonly to: number;
  readonly restS: number;
  readonly restAfterChargeS: number;
  readonly startS: number;
  readonly cycles: number;
  readonly pulseEvery: number;
  readonly pulseC: number;
  readonly pulseS: number;
  readonly wobble: number;
  readonly highestDegC: number;
}

/** Points of the programme over the run, in capacities per hour. Errors: `ScenarioError` naming path and value. */
export function cycleProfile(given: Record<string, unknown>, context: LoadContext): Profile {
  const bench = new Bench(programmeOf(given, context.module), context);
  return { points: bench.run() };
}

function programmeOf(given: Record<string, unknown>, module: ModulePlan): Programme {
  const type = cellTypeOf(module);
  const fullV = type.openCircuitV.find(([share]) => share === 1)?.[1] ?? type.highestV;
  const defaults: { [K in keyof Programme]: readonly [number, number, number] } = {
    chargeC: [0.001, 20, 0.5],
    dischargeC: [0.001, 20, 0.5],
    upperV: [type.lowestV, type.highestV, fullV],
    lowerV: [type.lowestV, type.highestV, type.lowestV + 0.1],
    cutoffC: [0.001, 5, 0.05],
    from: [0, 1, 0],
    to: [0, 1, 1],
    restS: [0, 1e7, 600],
    restAfterChargeS: [0, 1e7, 600],
    startS: [0, 1e7, 0],
    cycles: [1, 1e6, 1e6],
    pulseEvery: [0, 1, 0],
    pulseC: [0, 20, 1],
    pulseS: [1, 600, 10],
    wobble: [0, 2, 0],
    highestDegC: [0, 1000, 65],
  };
  checkKeys(given, 'load.cycle', Object.keys(defaults).join(' '));
  const result: Record<string, number> = {};
  for (const [key, [low, high, fallback]] of Object.entries(defaults)) {
    result[key] = numberAt(given, key, `load.cycle.${key}`, low, high, fallback);
  }
  return result as unknown as Programme;
}

/** One mean cell on a bench, stepped through the programme. */
class Bench {
  private readonly programme: Programme;
  private readonly plan: ModulePlan;
  private readonly tables: ElectricalTables;
  private readonly ambientDegC: Profile;
  private readonly endS: number;
  private readonly highestK: number;
  private readonly random: Random;
  private readonly capacityAh: number;
  private readonly heatCapacityJPerK: number;
  private readonly coolingWPerK: number;
  private readonly points: [number, number][] = [];
  private readonly age: CellAge = { capacity: 1, resistance: 1 };
  private timeS = 0;
  private charge: number;
  private relaxationV = 0;
  private temperatureK: number;
  private wobble = 0;
  /** Slow reactions of a warm cell eat charge, which the bench gives back. */
  private readonly kinetics: CompiledKinetics;
  private readonly slots: Float64Array;
  private readonly rates: Float64Array;

  constructor(programme: Programme, { module, ambientDegC, seed, durationS }: LoadContext) {
    const type = cellTypeOf(module);
    const cells = module.series * module.parallel;
    const perCase = module.lumped ? 1 : cells;
    const caseWPerK = (module.caseToAirWPerK + module.coolantWPerK) / perCase;
    this.programme = programme;
    this.plan = module;
    this.tables = compileElectrical(type, 1, 1);
    this.ambientDegC = ambientDegC;
    this.endS = durationS;
    this.highestK = kelvinOfDegC(programme.highestDegC);
    this.random = createRandom(seed, 'load/cycle');
    this.capacityAh = type.capacityAh;
    const ownJPerK = type.massKg * type.heatCapacityJPerKgK * (module.lumped ? cells : 1);
    this.heatCapacityJPerK = ownJPerK + module.caseHeatCapacityJPerK / perCase;
    const sum = module.cellToCaseWPerK + caseWPerK;
    this.coolingWPerK = sum > 0 ? (module.cellToCaseWPerK * caseWPerK) / sum : 0;
    if (module.lumped) {
      this.heatCapacityJPerK /= cells;
      this.coolingWPerK /= cells;
    }
    this.charge = module.startCharge;
    this.temperatureK = kelvinOfDegC(profileAt(ambientDegC, 0));
    this.kinetics = compileKinetics(
      kineticsOf(module),
      type.massKg,
      type.volumeM3,
      undefined,
      DORMANT_BELOW_K,
    );
    this.slots = new Float64Array(FIRST_REACTION + this.kinetics.count);
    this.rates = new Float64Array(this.slots.length);
    startReactions(this.kinetics, this.slots, FIRST_REACTION, 1);
  }

  run(): [number, number][] {
    const { programme } = this;
    this.hold(0, programme.startS);
    for (let k = 0; k < programme.cycles && !this.over; k++) {
      const startS = this.timeS;
      this.chargeUp();
      this.hold(0, programme.restAfterChargeS);
      this.discharge();
      this.hold(0, programme.restS);
      // Too hot, or nothing to do: wait.
      if (this.timeS === startS) this.hold(0, LONGEST_S);
    }
    this.jump(0);
    return this.points;
  }

  private get over(): boolean {
    return this.timeS >= this.endS || this.points.length > MAX_POINTS;
  }

  /** A tester interrupts a step where the cell is too hot, and a battery management does. */
  private get isHot(): boolean {
    return this.temperatureK >= this.highestK;
  }

  private get ohm(): number {
    const warmK = Math.min(this.temperatureK, LEAST_RESISTANCE_K);
    const warm = exponential(this.tables.activationK * (1 / warmK - 1 / REFERENCE_K));
    return (
      lookUp(this.tables.resistanceOhm, this.charge) * this.plan.resistanceFactor * this.age.resistance * warm
    );
  }

  private voltageAt(loadC: number): number {
    const openV = lookUp(this.tables.openCircuitV, this.charge);
    return openV + this.relaxationV + loadC * this.capacityAh * this.ohm;
  }

  /** The current changes at once. */
  private jump(loadC: number): void {
    const last = this.points.at(-1);
    if (!last || last[0] !== this.timeS || last[1] !== loadC) this.points.push([this.timeS, loadC]);
  }

  /** One step in which the current goes straight from one value to another. */
  private step(stepS: number, fromC: number, toC: number): void {
    const { tables, plan } = this;
    ageOf(plan, this.timeS, this.age);
    const meanC = 0.5 * (fromC + toC);
    const currentA = meanC * this.capacityAh;
    const lostW = (this.relaxationV * this.relaxationV) / tables.relaxationOhm;
    const entropy = lookUp(tables.entropyVPerK, this.charge);
    const ohmicW = currentA * (currentA * this.ohm + this.temperatureK * entropy);
    const heatW = ohmicW + lostW + this.react(stepS);
    const kept = exponential(-stepS / tables.relaxationS);
    const finalV = currentA * tables.relaxationOhm;
    this.relaxationV = finalV + (this.relaxationV - finalV) * kept;
    this.charge +=
      (currentA * stepS) / (this.capacityAh * COULOMB_PER_AH * plan.capacityFactor * this.age.capacity);
    const ambientK = kelvinOfDegC(profileAt(this.ambientDegC, this.timeS));
    if (this.coolingWPerK > 0) {
      const finalK = ambientK + heatW / this.coolingWPerK;
      const cooled = exponential((-stepS * this.coolingWPerK) / this.heatCapacityJPerK);
      this.temperatureK = finalK + (this.temperatureK - finalK) * cooled;
    } else this.temperatureK += (heatW * stepS) / this.heatCapacityJPerK;
    this.timeS += stepS;
  }

  /** Lets the reactions go on; returns their heat in W. */
  private react(stepS: number): number {
    const { kinetics, slots, rates } = this;
    if (this.temperatureK < DORMANT_BELOW_K) return 0;
    slots[SLOT_CHARGE] = this.charge;
    const heatW = react(kinetics, this.temperatureK, false, slots, rates, SLOT_CHARGE, FIRST_REACTION, 1);
    for (let at = FIRST_REACTION; at < slots.length; at++) slots[at] = slots[at]! + stepS * rates[at]!;
    this.charge += stepS * rates[SLOT_CHARGE]!;
    return heatW;
  }

  /** What brings the bench back to where it is now, so that a step can be tried. */
  private saved(): () => void {
    const { timeS, charge, relaxationV, temperatureK } = this;
    const slots = this.slots.slice();
    return () => {
      Object.assign(this, { timeS, charge, relaxationV, temperatureK });
      this.slots.set(slots);
    };
  }

  /** A constant current for a time. */
  private hold(loadC: number, forS: number): void {
    if (forS <= 0 || this.over) return;
    this.jump(loadC);
    const untilS = Math.min(this.timeS + forS, this.endS);
    while (this.timeS < untilS - 1e-9) this.step(Math.min(LONGEST_S, untilS - this.timeS), loadC, loadC);
    this.jump(loadC);
  }

  /** Constant current up to the voltage, then constant voltage until the current has faded. */
  private chargeUp(): void {
    const { upperV, chargeC, cutoffC, to } = this.programme;
    this.constantCurrent(chargeC, () => this.isHot || this.charge >= to || this.voltageAt(chargeC) >= upperV);
    if (this.isHot) return;
    let loadC = Math.min(chargeC, this.fadingC());
    this.jump(loadC);
    while (!this.over && this.charge < to && loadC > cutoffC) {
      const stepS = Math.min(LONGEST_S, Math.max((0.02 * S_PER_H) / chargeC / 10, 1));
      // The current at the end of the step, found by trying: the voltage must end at the limit.
      const back = this.saved();
      let nextC = loadC;
      for (let i = 0; i < 3; i++) {
        back();
        this.step(stepS, loadC, nextC);
        nextC = Math.min(loadC, Math.max(this.fadingC(), 0));
      }
      loadC = nextC;
      back();
      this.step(stepS, this.points.at(-1)![1], loadC);
      this.jump(loadC);
    }
  }

  /** The current at which the voltage is at its upper limit. */
  private fadingC(): number {
    return (this.programme.upperV - this.voltageAt(0)) / (this.ohm * this.capacityAh);
  }

  /** Steps until `done`, the last one shortened so that it ends there to a thousandth of a step. */
  private constantCurrent(loadC: number, done: () => boolean): void {
    if (done()) return;
    this.jump(loadC);
    const stepS = Math.min(LONGEST_S, (MAX_CHARGE * S_PER_H) / Math.abs(loadC));
    while (!this.over) {
      const back = this.saved();
      this.step(stepS, loadC, loadC);
      if (!done()) continue;
      let low = 0;
      let high = stepS;
      while (high - low > 1e-3 * stepS) {
        const middle = 0.5 * (low + high);
        back();
        this.step(middle, loadC, loadC);
        if (done()) high = middle;
        else low = middle;
      }
      back();
      this.step(high, loadC, loadC);
      break;
    }
    this.jump(loadC);
  }

  /** Down to the voltage or the charge, with pulses on the way, or with a current that wobbles as on a road. */
  private discharge(): void {
    const { lowerV, dischargeC, from, pulseEvery } = this.programme;
    const empty = (loadC: number): boolean =>
      this.isHot || this.charge <= from || this.voltageAt(loadC) <= lowerV;
    if (this.programme.wobble > 0) {
      this.wobbling(empty);
      return;
    }
    while (!this.over && !empty(-dischargeC)) {
      const pauseAt = pulseEvery > 0 ? this.charge - pulseEvery : -1;
      this.constantCurrent(-dischargeC, () => empty(-dischargeC) || this.charge <= pauseAt);
      if (pulseEvery === 0 || empty(-dischargeC)) return;
      this.pulse();
    }
  }

  /** Rest, discharge pulse, rest, charge pulse, rest; left out where it would leave the limits of voltage. */
  private pulse(): void {
    const { pulseC, pulseS, upperV, lowerV } = this.programme;
    const lowest = this.voltageAt(-pulseC) - pulseC * this.capacityAh * this.tables.relaxationOhm;
    const highest = this.voltageAt(pulseC) + pulseC * this.capacityAh * this.tables.relaxationOhm;
    if (lowest < lowerV || highest > upperV) return;
    for (const loadC of [0, -pulseC, 0, 0.75 * pulseC, 0])
      this.hold(loadC, loadC === 0 ? 4 * pulseS : pulseS);
  }

  private wobbling(empty: (loadC: number) => boolean): void {
    const { dischargeC, wobble, upperV } = this.programme;
    const kept = exponential(-WOBBLE_S / WOBBLE_KEPT_S);
    let loadC = -dischargeC;
    this.jump(loadC);
    while (!this.over && !empty(loadC)) {
      this.wobble = this.wobble * kept + Math.sqrt(1 - kept * kept) * this.random.normal();
      const wanted = Math.max(-dischargeC * (1 + wobble * this.wobble), -2.5 * dischargeC);
      const nextC = this.voltageAt(wanted) > upperV ? 0 : Math.min(wanted, 0.6 * dischargeC);
      this.step(WOBBLE_S, loadC, nextC);
      loadC = nextC;
      this.jump(loadC);
    }
  }
}
