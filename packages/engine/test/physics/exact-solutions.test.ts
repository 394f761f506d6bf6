/** Exact solutions: what the equations must give without any reference code. */
import { describe, expect, it } from 'vitest';
import { exponential } from '../../src/physics/exponential.ts';
import { conductanceToSurroundings, simulate, validateScenario } from '../../src/physics/index.ts';
import { Stepper, type System, stepFactor } from '../../src/physics/integrate.ts';
import {
  compileKinetics,
  FIRST_REACTION,
  type KineticsSet,
  react,
  startReactions,
} from '../../src/physics/kinetics/reaction.ts';
import { bench } from './bench.ts';

/** Takes a system from 0 to `endS` with error control. */
function integrate(system: System, state: Float64Array, endS: number): void {
  const stepper = new Stepper(system.size);
  const rates = new Float64Array(system.size);
  let timeS = 0;
  let stepS = 1e-6;
  system.derive(0, state, rates);
  while (timeS < endS) {
    const triedS = Math.min(stepS, endS - timeS);
    const error = stepper.tryStep(system, timeS, triedS, state, rates);
    if (error <= 1) {
      state.set(stepper.next);
      rates.set(stepper.nextRates);
      timeS = triedS === endS - timeS ? endS : timeS + triedS;
    }
    stepS = triedS * stepFactor(error);
  }
}

/** Exponential integral E1 by its continued fraction (Abramowitz and Stegun 5.1.22), for x above 5. */
function e1(x: number): number {
  let fraction = 0;
  for (let k = 200; k >= 1; k--) fraction = k / (1 + k / (x + fraction));
  return Math.exp(-x) / (x + fraction);
}

const SINGLE: KineticsSet = {
  id: 'single',
  chemistry: 'LCO',
  source: 'test',
  verified: true,
  notes: '',
  gasConstantJPerMolK: 8.314,
  reactions: [
    {
      name: 'one',
      form: 'firstOrder',
      frequencyPerS: 1e13,
      activationJPerMol: 1.3e5,
      heatJPerKg: 1e6,
      content: { kgPerKg: 0.1 },
      start: 0.8,
    },
  ],
};

describe('a single Arrhenius reaction on a linear ramp of temperature', () => {
  it('follows the closed form with the exponential integral', () => {
    const kinetics = compileKinetics(SINGLE, 1, 1e-3);
    const rampKPerS = 10 / 60;
    const startK = 350;
    const ramp: System = {
      size: FIRST_REACTION + 1,
      derive: (_timeS, state, rates) => {
        react(kinetics, state[0]!, false, state, rates, 1, FIRST_REACTION, 1);
        rates[0] = rampKPerS;
        rates[2] = 0;
      },
      weigh: (_state, error) => Math.abs(error[FIRST_REACTION]!) / 1e-9,
    };
    const theta = 1.3e5 / 8.314;
    const integral = (t: number) => t * Math.exp(-theta / t) - theta * e1(theta / t);
    for (const endK of [380, 400, 420, 440, 460]) {
      const state = new Float64Array(ramp.size);
      state[0] = startK;
      startReactions(kinetics, state, FIRST_REACTION, 1);
      integrate(ramp, state, (endK - startK) / rampKPerS);
      const exact = 0.8 * Math.exp((-1e13 / rampKPerS) * (integral(endK) - integral(startK)));
      // Local errors of 1e-9 add up over some thousand steps.
      expect(Math.abs(exponential(state[FIRST_REACTION]!) - exact)).toBeLessThan(1e-6);
    }
  });
});

describe('order of convergence', () => {
  it('is three for a fixed step on a self-heating reaction', () => {
    const kinetics = compileKinetics(SINGLE, 1, 1e-3);
    const self: System = {
      size: FIRST_REACTION + 1,
      derive: (_timeS, state, rates) => {
        rates[0] = react(kinetics, state[0]!, false, state, rates, 1, FIRST_REACTION, 1) / 1000;
        rates[2] = 0;
      },
      weigh: () => 0,
    };
    const endK = (steps: number): number => {
      const stepper = new Stepper(self.size);
      const state = new Float64Array(self.size);
      const rates = new Float64Array(self.size);
      state[0] = 420;
      startReactions(kinetics, state, FIRST_REACTION, 1);
      self.derive(0, state, rates);
      for (let i = 0; i < steps; i++) {
        stepper.tryStep(self, 0, 100 / steps, state, rates);
        state.set(stepper.next);
        rates.set(stepper.nextRates);
      }
      return state[0]!;
    };
    const exact = endK(12_800);
    const errors = [100, 200, 400, 800].map((steps) => Math.abs(endK(steps) - exact));
    const orders = errors.slice(1).map((error, i) => Math.log2(errors[i]! / error));
    for (const order of orders) {
      expect(order).toBeGreaterThan(2.85);
      expect(order).toBeLessThan(3.2);
    }
  });

  it('makes the error follow the tolerance of error control', () => {
    const runawayS = (toleranceK: number) =>
      bench(
        { toleranceK, faults: [{ kind: 'externalHeating', module: 'A_Module01', startS: 0, powerW: 400 }] },
        6000,
      ).events[0]!.runawayS!;
    const exact = runawayS(1e-5);
    const loose = Math.abs(runawayS(0.03) - exact);
    const tight = Math.abs(runawayS(3e-4) - exact);
    expect(loose / exact).toBeLessThan(1e-3);
    expect(tight / exact).toBeLessThan(2e-5);
  });
});

describe('thermal network', () => {
  const still = {
    site: { racks: [{ id: 'A', modules: 1 }], rackAirFlowM3PerS: 1e6, roomCoolingWPerK: 1e9 },
    ambientDegC: 20,
  };

  it('of one core and one case follows the two exponentials of its matrix', () => {
    const [coreJPerK, caseJPerK, insideWPerK, outsideWPerK, powerW] = [5.42 * 1100, 2000, 3, 2, 20];
    const run = simulate(
      validateScenario({
        name: 'two nodes',
        durationS: 6000,
        toleranceK: 1e-5,
        ...still,
        module: {
          series: 1,
          lumped: true,
          cellToCaseWPerK: insideWPerK,
          caseHeatCapacityJPerK: caseJPerK,
          caseToAirWPerK: outsideWPerK,
        },
        faults: [{ kind: 'externalHeating', module: 'A_Module01', startS: 0, powerW }],
      }),
    );
    const a = insideWPerK / coreJPerK;
    const b = insideWPerK / caseJPerK;
    const c = outsideWPerK / caseJPerK;
    const root = Math.sqrt((a + b + c) ** 2 - 4 * a * c);
    const fast = -(a + b + c + root) / 2;
    const slow = -(a + b + c - root) / 2;
    const finalK = powerW / insideWPerK + powerW / outsideWPerK;
    // Starts at rest with the slope P/C: finalK + x e^{fast t} + y e^{slow t}.
    const x = (powerW / coreJPerK + finalK * slow) / (fast - slow);
    const y = -finalK - x;
    const core = run.trajectory.column('cellTemperatureMaxK', 0);
    for (const row of [50, 150, 300, 600]) {
      const exact = 293.15 + finalK + x * Math.exp(fast * row * 10) + y * Math.exp(slow * row * 10);
      // A 32-bit float of 300 K has steps of 3e-5 K.
      expect(Math.abs(core[row]! - exact)).toBeLessThan(2e-4);
    }
  });

  it('of sixteen cells comes to rest where the linear network says', () => {
    const scenario = validateScenario({
      name: 'rest',
      durationS: 300_000,
      outputIntervalS: 1000,
      toleranceK: 1e-4,
      ...still,
      faults: [
        { kind: 'externalHeating', module: 'A_Module01', startS: 0, firstCell: 3, cells: 1, powerW: 20 },
      ],
    });
    const run = simulate(scenario);
    const core = run.trajectory.column('cellTemperatureMaxK', 0);
    const riseK = 20 / conductanceToSurroundings(scenario.module, 3);
    expect(run.events[0]!.peakK).toBeLessThan(313.15);
    expect(Math.abs(core[core.length - 1]! - 293.15 - riseK)).toBeLessThan(2e-4);
  });
});
