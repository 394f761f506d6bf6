/**
 * A stack of three cells behind a hot block, conducting in one dimension with contact resistances and one first-order
 * reaction. Reference: LIM1TR (Sandia), example Propagation, commit c2d859c: arrival of the layer means at 600 K and their
 * highest means. Parameters from that example; the grid is the same.
 */
import { expect, it } from 'vitest';
import { Stepper, type System, stepFactor } from '../../src/physics/integrate.ts';
import {
  compileKinetics,
  type KineticsSet,
  react,
  startReactions,
} from '../../src/physics/kinetics/reaction.ts';

const AMBIENT_K = 294.15;
const HEIGHT_M = 0.12;
const DEPTH_M = 0.04;
const AREA_M2 = HEIGHT_M * DEPTH_M;
const PERIMETER_M = 2 * (HEIGHT_M + DEPTH_M);
const SIDE_W_PER_M2K = 10;
const BLOCK = { widthM: 0.001, conductivity: 237, heatJPerM3K: 2700 * 900, volumes: 2 };
const CELL = { widthM: 0.0002, conductivity: 0.5, heatJPerM3K: 1800 * 800, volumes: 35 };
const CONTACTS_M2K_PER_W = [0.002, 0.004, 0.004];
const COUNT = BLOCK.volumes + 3 * CELL.volumes;

const SET: KineticsSet = {
  id: 'stack',
  chemistry: 'LCO',
  source: 'LIM1TR example Propagation',
  verified: true,
  notes: '',
  gasConstantJPerMolK: 8.314,
  reactions: [
    {
      name: 'one',
      form: 'firstOrder',
      frequencyPerS: 1e9,
      activationJPerMol: 110_000,
      heatJPerKg: 1.44e6,
      content: { kgPerKg: 0.35 },
      start: 1,
    },
  ],
};

class Stack implements System {
  readonly size = 3 * COUNT;
  private readonly kinetics = compileKinetics(SET, 1800 * CELL.widthM * AREA_M2, CELL.widthM * AREA_M2);
  private readonly conductance = new Float64Array(COUNT);
  readonly capacity = new Float64Array(COUNT);

  constructor() {
    const material = (i: number) => (i < BLOCK.volumes ? BLOCK : CELL);
    for (let i = 0; i < COUNT; i++) {
      const own = material(i);
      this.capacity[i] = own.heatJPerM3K * own.widthM * AREA_M2;
      if (i + 1 === COUNT) continue;
      const next = material(i + 1);
      const end = i + 1 - BLOCK.volumes;
      const contact = end % CELL.volumes === 0 ? CONTACTS_M2K_PER_W[end / CELL.volumes]! : 0;
      const resistance =
        (0.5 * own.widthM) / own.conductivity + contact + (0.5 * next.widthM) / next.conductivity;
      this.conductance[i] = AREA_M2 / resistance;
    }
  }

  /** Temperatures first, then a slot that lithium would have, then the reaction. */
  start(): Float64Array {
    const state = new Float64Array(this.size);
    for (let i = 0; i < COUNT; i++) {
      state[i] = i < BLOCK.volumes ? 973.15 : AMBIENT_K;
      startReactions(this.kinetics, state, 2 * COUNT + i, COUNT);
    }
    return state;
  }

  derive(_timeS: number, state: Float64Array, rates: Float64Array): void {
    let inW = 0;
    for (let i = 0; i < COUNT; i++) {
      const outW = i + 1 < COUNT ? this.conductance[i]! * (state[i]! - state[i + 1]!) : 0;
      const widthM = i < BLOCK.volumes ? BLOCK.widthM : CELL.widthM;
      const sideW = SIDE_W_PER_M2K * PERIMETER_M * widthM * (state[i]! - AMBIENT_K);
      const reactionW =
        i < BLOCK.volumes
          ? 0
          : react(this.kinetics, state[i]!, false, state, rates, COUNT + i, 2 * COUNT + i, COUNT);
      rates[i] = (inW - outW - sideW + reactionW) / this.capacity[i]!;
      inW = outW;
    }
  }

  weigh(_state: Float64Array, error: Float64Array): number {
    let worst = 0;
    for (let i = 0; i < COUNT; i++) worst = Math.max(worst, Math.abs(error[i]!));
    return worst / 1e-3;
  }
}

it('propagates as LIM1TR does, within 1 % in time and 0.5 % in peak', () => {
  const stack = new Stack();
  const state = stack.start();
  const stepper = new Stepper(stack.size);
  const rates = new Float64Array(stack.size);
  const arrival: (number | null)[] = [null, null, null];
  const peakK = [0, 0, 0];
  const mean = (values: Float64Array, layer: number) => {
    let sum = 0;
    for (let v = 0; v < CELL.volumes; v++) sum += values[BLOCK.volumes + layer * CELL.volumes + v]!;
    return sum / CELL.volumes;
  };
  stack.derive(0, state, rates);
  let timeS = 0;
  let stepS = 1e-4;
  while (timeS < 60) {
    const error = stepper.tryStep(stack, timeS, stepS, state, rates);
    if (error <= 1) {
      for (let layer = 0; layer < 3; layer++) {
        const before = mean(state, layer);
        const after = mean(stepper.next, layer);
        if (arrival[layer] === null && after >= 600) {
          arrival[layer] = timeS + (stepS * (600 - before)) / (after - before);
        }
        peakK[layer] = Math.max(peakK[layer]!, after);
      }
      timeS += stepS;
      state.set(stepper.next);
      rates.set(stepper.nextRates);
    }
    stepS *= stepFactor(error);
  }
  // Their rows are 0.1 s apart and interpolated; 1 % of the first arrival is 0.034 s.
  [3.410335734371014, 22.02548199835514, 37.43299395065087].forEach((reference, layer) => {
    expect(Math.abs(arrival[layer]! / reference - 1)).toBeLessThan(0.01);
  });
  // The mean of a layer is smooth enough for their rows; single volumes flash within less than a row.
  [950.8487822896645, 997.9281505478116, 995.2380002142118].forEach((reference, layer) => {
    expect(Math.abs(peakK[layer]! / reference - 1)).toBeLessThan(0.005);
  });
});
