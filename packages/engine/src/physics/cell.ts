/** One lumped cell in an oven or in an adiabatic calorimeter: the smallest complete run of the chemistry. */
import { J_PER_WH, kelvinOfDegC } from '../units.ts';
import { between, Stepper, type System, shareOfSignChange, slopeBetween, stepFactor } from './integrate.ts';
import { kineticsById } from './kinetics/index.ts';
import {
  type CompiledKinetics,
  compileKinetics,
  FIRST_REACTION,
  react,
  SLOT_CHARGE,
  slotWeightJ,
  startReactions,
} from './kinetics/reaction.ts';
import { check, checkKeys, isRecord, ScenarioError } from './validate.ts';

/** Stefan–Boltzmann constant, exact since the SI of 2019. */
const STEFAN_BOLTZMANN_W_PER_M2K4 = 5.670374419e-8;

/** A cell and what surrounds it; see `runCell`. */
export interface CellCase {
  readonly kinetics: string;
  /** A cylinder; both ends belong to the surface. */
  readonly shape: { readonly radiusM: number; readonly lengthM: number };
  readonly densityKgPerM3: number;
  readonly heatCapacityJPerKgK: number;
  readonly coolingWPerM2K?: number;
  readonly emissivity?: number;
  readonly startDegC: number;
  /** Share of full charge, 1 unless given. */
  readonly chargeShare?: number;
  readonly oven?: { readonly temperatureDegC: number };
  readonly adiabatic?: boolean;
  /** Constant heat inside, until `energyWh` is spent. */
  readonly powerW?: number;
  readonly energyWh?: number;
  readonly endS: number;
  /** Error allowed in one step, in kelvins; 1e-5 unless given. */
  readonly toleranceK?: number;
}

/** Times in seconds, temperatures in kelvin; null where it does not happen. */
export interface CellResult {
  /** The cell passes 200 °C. */
  readonly runaway: boolean;
  readonly timeToRateOneKPerSS: number | null;
  readonly temperatureAtRateOneKPerSK: number | null;
  readonly timeTo200DegCS: number | null;
  readonly peakK: number;
  readonly peakS: number;
}

const RUNAWAY_DEG_C = 200;
const RATE_K_PER_S = 1;
const DEFAULT_TOLERANCE_K = 1e-5;
const FIRST_STEP_S = 1e-3;
const LONGEST_STEP_S = 600;
/** Some hundred times what a runaway takes; a case with a number far out of range would otherwise never end. */
const MAX_STEPS = 5_000_000;

const CASE_KEYS =
  'kinetics shape densityKgPerM3 heatCapacityJPerKgK coolingWPerM2K emissivity startDegC chargeShare oven adiabatic powerW energyWh endS toleranceK';

/** Checks a plain object; throws `ScenarioError` naming the path and the value. */
export function validateCellCase(value: unknown): CellCase {
  if (!isRecord(value)) throw new ScenarioError('case', 'an object', value);
  checkKeys(value, 'case', CASE_KEYS);
  const at = (key: string) => `case.${key}`;
  check(
    typeof value['kinetics'] === 'string',
    at('kinetics'),
    'the name of a kinetics set',
    value['kinetics'],
  );
  kineticsById(value['kinetics'] as string, at('kinetics'));
  const shape = value['shape'];
  check(isRecord(shape), at('shape'), 'an object with radiusM and lengthM', shape);
  const positive = (record: Record<string, unknown>, key: string, path: string, required: boolean) => {
    const number = record[key];
    if (number === undefined && !required) return;
    check(typeof number === 'number' && number > 0 && number < 1e9, path, 'a number above 0', number);
  };
  for (const key of ['radiusM', 'lengthM']) {
    positive(shape as Record<string, unknown>, key, at(`shape.${key}`), true);
  }
  for (const key of ['densityKgPerM3', 'heatCapacityJPerKgK', 'endS']) positive(value, key, at(key), true);
  for (const key of ['toleranceK', 'energyWh']) positive(value, key, at(key), false);
  for (const key of ['coolingWPerM2K', 'powerW']) {
    const number = value[key];
    check(
      number === undefined || (typeof number === 'number' && number >= 0 && Number.isFinite(number)),
      at(key),
      'a number of at least 0',
      number,
    );
  }
  for (const key of ['emissivity', 'chargeShare']) {
    const share = value[key];
    check(
      share === undefined || (typeof share === 'number' && share >= 0 && share <= 1),
      at(key),
      'a number between 0 and 1',
      share,
    );
  }
  checkTemperature(value['startDegC'], at('startDegC'));
  const oven = value['oven'];
  check(
    isRecord(oven) !== (value['adiabatic'] === true),
    at('oven'),
    'either an oven or adiabatic: true',
    oven ?? value['adiabatic'],
  );
  if (isRecord(oven)) checkTemperature(oven['temperatureDegC'], at('oven.temperatureDegC'));
  return value as unknown as CellCase;
}

function checkTemperature(value: unknown, path: string): void {
  check(
    typeof value === 'number' && value > -100 && value < 2000,
    path,
    'a temperature in °C above -100',
    value,
  );
}

class LumpedCell implements System {
  readonly size: number;
  readonly kinetics: CompiledKinetics;
  readonly heatCapacityJPerK: number;
  powerW: number;
  private readonly surroundingsK: number;
  private readonly coolingWPerK: number;
  private readonly radiationWPerK4: number;
  private readonly toleranceK: number;

  constructor(input: CellCase) {
    const { radiusM, lengthM } = input.shape;
    const volumeM3 = Math.PI * radiusM * radiusM * lengthM;
    const areaM2 = 2 * Math.PI * radiusM * (radiusM + lengthM);
    const massKg = volumeM3 * input.densityKgPerM3;
    const exposed = input.adiabatic ? 0 : areaM2;
    this.kinetics = compileKinetics(kineticsById(input.kinetics), massKg, volumeM3);
    this.size = FIRST_REACTION + this.kinetics.count;
    this.heatCapacityJPerK = massKg * input.heatCapacityJPerKgK;
    this.surroundingsK = kelvinOfDegC(input.oven?.temperatureDegC ?? input.startDegC);
    this.coolingWPerK = (input.coolingWPerM2K ?? 0) * exposed;
    this.radiationWPerK4 = (input.emissivity ?? 0) * STEFAN_BOLTZMANN_W_PER_M2K4 * exposed;
    this.powerW = input.powerW ?? 0;
    this.toleranceK = input.toleranceK ?? DEFAULT_TOLERANCE_K;
  }

  derive(_timeS: number, state: Float64Array, rates: Float64Array): void {
    const temperatureK = state[0]!;
    const surroundingsK = this.surroundingsK;
    const heatW = react(this.kinetics, temperatureK, false, state, rates, SLOT_CHARGE, FIRST_REACTION, 1);
    const squares = temperatureK * temperatureK + surroundingsK * surroundingsK;
    const radiationWPerK = this.radiationWPerK4 * squares * (temperatureK + surroundingsK);
    const lossW = (this.coolingWPerK + radiationWPerK) * (temperatureK - surroundingsK);
    rates[0] = (heatW + this.powerW - lossW) / this.heatCapacityJPerK;
    rates[2] = 0;
  }

  weigh(state: Float64Array, error: Float64Array): number {
    const { kinetics } = this;
    let worstK = Math.abs(error[0]!);
    for (let k = 0; k < kinetics.count; k++) {
      const slot = FIRST_REACTION + k;
      const errorJ = slotWeightJ(kinetics, k, state[slot]!) * Math.abs(error[slot]!);
      worstK = Math.max(worstK, errorJ / this.heatCapacityJPerK);
    }
    return worstK / this.toleranceK;
  }
}

/**
 * Runs one lumped cell. The balance is m·cp·dT/dt = reactions + power − h·A·(T−T∞) − ε·σ·A·(T⁴−T∞⁴).
 * Errors: `ScenarioError` on an invalid case.
 */
export function runCell(input: CellCase): CellResult {
  validateCellCase(input);
  const cell = new LumpedCell(input);
  const stepper = new Stepper(cell.size);
  const state = new Float64Array(cell.size);
  const rates = new Float64Array(cell.size);
  const watch = new CellWatch();
  state[0] = kelvinOfDegC(input.startDegC);
  state[SLOT_CHARGE] = input.chargeShare ?? 1;
  startReactions(cell.kinetics, state, FIRST_REACTION, 1);
  const powerEndS =
    input.energyWh !== undefined && cell.powerW > 0
      ? (input.energyWh * J_PER_WH) / cell.powerW
      : Number.POSITIVE_INFINITY;
  let timeS = 0;
  let stepS = FIRST_STEP_S;
  let tries = 0;
  for (const endS of powerEndS < input.endS ? [powerEndS, input.endS] : [input.endS]) {
    cell.derive(timeS, state, rates);
    while (timeS < endS) {
      check(
        ++tries <= MAX_STEPS,
        'case',
        `a run that ends within ${MAX_STEPS} steps (is a number far out of range?)`,
        `${timeS} s after them`,
      );
      const last = timeS + stepS >= endS;
      const triedS = last ? endS - timeS : stepS;
      const error = stepper.tryStep(cell, timeS, triedS, state, rates);
      if (error <= 1) {
        watch.see(timeS, triedS, state[0]!, rates[0]!, stepper.next[0]!, stepper.nextRates[0]!);
        state.set(stepper.next);
        rates.set(stepper.nextRates);
        timeS = last ? endS : timeS + triedS;
      }
      stepS = Math.min(triedS * stepFactor(error), LONGEST_STEP_S);
    }
    cell.powerW = 0;
  }
  return watch.result();
}

/** Finds the events of a run from its steps. */
class CellWatch {
  private rateS: number | null = null;
  private rateK: number | null = null;
  private hotS: number | null = null;
  private peakK = 0;
  private peakS = 0;

  see(timeS: number, stepS: number, y0: number, r0: number, y1: number, r1: number): void {
    const hotK = kelvinOfDegC(RUNAWAY_DEG_C);
    if (this.hotS === null && y1 >= hotK) {
      const share = y0 >= hotK ? 0 : shareOfSignChange((s) => between(y0, r0, y1, r1, stepS, s) - hotK);
      this.hotS = timeS + share * stepS;
    }
    if (this.rateS === null && r1 >= RATE_K_PER_S) {
      const share =
        r0 >= RATE_K_PER_S
          ? 0
          : shareOfSignChange((s) => slopeBetween(y0, r0, y1, r1, stepS, s) - RATE_K_PER_S);
      this.rateS = timeS + share * stepS;
      this.rateK = between(y0, r0, y1, r1, stepS, share);
    }
    const turns = r0 > 0 && r1 < 0;
    const share = turns ? shareOfSignChange((s) => slopeBetween(y0, r0, y1, r1, stepS, s)) : y1 > y0 ? 1 : 0;
    const topK = between(y0, r0, y1, r1, stepS, share);
    if (topK > this.peakK) {
      this.peakK = topK;
      this.peakS = timeS + share * stepS;
    }
  }

  result(): CellResult {
    return {
      runaway: this.hotS !== null,
      timeToRateOneKPerSS: this.rateS,
      temperatureAtRateOneKPerSK: this.rateK,
      timeTo200DegCS: this.hotS,
      peakK: this.peakK,
      peakS: this.peakS,
    };
  }
}
