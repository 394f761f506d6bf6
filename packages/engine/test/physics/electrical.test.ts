/** Charge, current and heat of cells and groups. */
import { describe, expect, it } from 'vitest';
import {
  compileElectrical,
  GAS_CONSTANT_J_PER_MOL_K,
  lookUp,
  storedEnergyJ,
} from '../../src/physics/electrical.ts';
import { cellTypeById } from '../../src/physics/index.ts';
import { kelvinOfDegC } from '../../src/units.ts';
import { bench } from './bench.ts';

const LFP = cellTypeById('lfp-280ah');
const last = (values: Float32Array) => values[values.length - 1]!;

describe('charge balance', () => {
  it('stores what flows in, and the management counts the same', () => {
    const run = bench({ load: 0.2 }, 3600, { startCharge: 0.3, series: 4 });
    // Rows are 32-bit floats.
    expect(last(run.trajectory.column('chargeShare', 0))).toBeCloseTo(0.5, 6);
    expect(last(run.trajectory.column('chargeEstimateShare', 0))).toBeCloseTo(0.5, 6);
    expect(last(run.trajectory.column('currentA', 0))).toBeCloseTo(56, 4);
  });

  it('loses to a leak what the management does not see', () => {
    const fault = {
      kind: 'internalShort',
      module: 'A_Module01',
      cell: 1,
      startS: 0,
      rampS: 0,
      resistanceOhm: 1,
    };
    const run = bench({ faults: [fault], recordCellsOf: ['A_Module01'] }, 86_400, {
      startCharge: 0.6,
      series: 4,
    });
    expect(last(run.trajectory.column('chargeEstimateShare', 0))).toBeCloseTo(0.6, 6);
    // 3.3 V over 1 Ω and 0.25 mΩ: 28.28 % of 280 Ah a day, a quarter of it in the mean of four cells. The voltage of
    // the curve is 3.27 to 3.31 V on the way.
    const lost = 4 * (0.6 - last(run.trajectory.column('chargeShare', 0)));
    expect(lost).toBeGreaterThan(0.279);
    expect(lost).toBeLessThan(0.284);
    const low = run.trajectory.cellColumn('cellVoltageV', 'A_Module01', 1);
    expect(last(low)).toBeCloseTo(last(run.trajectory.column('cellVoltageMinV', 0)), 5);
  });

  it('draws the current and the heat of a hard short', () => {
    // V/(R + Ri) with the open-circuit voltage of the curve; the heat is that voltage times the current.
    for (const [ohm, wantedA] of [
      [0.001, 2640],
      [0.01, 321.95],
      [0.1, 32.918],
    ] as const) {
      const fault = { kind: 'internalShort', module: 'A_Module01', startS: 0, rampS: 0, resistanceOhm: ohm };
      const run = bench({ faults: [fault], outputIntervalS: 0.01 }, 0.02, { startCharge: 0.5 });
      const voltage = run.trajectory.column('voltageV', 0)[0]!;
      // The table is for 3.3 V; the curve has 3.295 V at half charge.
      expect(voltage / ohm / (wantedA * (3.295 / 3.3))).toBeCloseTo(1, 4);
    }
  });
});

describe('A4: heat of a short', () => {
  it('is the stored energy, whatever its resistance', () => {
    const charge = 0.02;
    const capacityCoulomb = 280 * 3600;
    const tables = compileElectrical(LFP, 1, 1);
    const storedJ = storedEnergyJ(tables.openCircuitV, capacityCoulomb, charge);
    let entropicJ = 0;
    for (let i = 0; i < 1000; i++) {
      const share = ((i + 0.5) / 1000) * (charge + 0.01) - 0.01;
      // Discharge at about 303 K; the temperature changes by 12 K, which moves this by 2 % of 3 %.
      entropicJ += (-lookUp(tables.entropyVPerK, share) * 303 * (charge + 0.01) * capacityCoulomb) / 1000;
    }
    // Below empty the curve falls to zero within one more step of its grid, which holds a little energy.
    const tailJ = 0.5 * 2.5 * 0.01 * capacityCoulomb;
    const riseK = (storedJ + entropicJ + tailJ) / (LFP.massKg * LFP.heatCapacityJPerKgK);
    const rises = [0.005, 0.05].map((resistanceOhm) => {
      const fault = { kind: 'internalShort', module: 'A_Module01', startS: 0, rampS: 0, resistanceOhm };
      const run = bench({ faults: [fault], toleranceK: 1e-4 }, 40_000, {
        startCharge: charge,
        cellToCaseWPerK: 0,
      });
      return run.events[0]!.peakK - 298.15;
    });
    expect(Math.abs(rises[0]! / rises[1]! - 1)).toBeLessThan(2e-3);
    expect(Math.abs(rises[0]! / riseK - 1)).toBeLessThan(2e-3);
    // The reference identity: 896 Wh over 5.42 kg and 1100 J/(kg K) would be 541 K.
    expect((896 * 3600) / (5.42 * 1100)).toBeCloseTo(541.0265, 3);
  });
});

describe('battery management', () => {
  it('ends charge and discharge at the limits, and lets the current turn', () => {
    const load = {
      points: [
        [0, 0.5],
        [7200, 0.5],
        [7200, -0.5],
        [21600, -0.5],
      ],
    };
    const run = bench({ load }, 21_600, { startCharge: 0.6, series: 2 });
    const charge = run.trajectory.column('chargeShare', 0);
    const current = run.trajectory.column('currentA', 0);
    expect(Math.max(...charge)).toBeLessThan(1.01);
    expect(Math.min(...charge)).toBeGreaterThan(-0.01);
    expect(current[100]).toBe(140);
    expect(current[700]).toBe(0);
    expect(current[800]).toBe(-140);
    expect(last(current)).toBe(0);
  });

  it('does not hold back an overcharge', () => {
    const fault = { kind: 'overcharge', module: 'A_Module01', startS: 0, currentA: 140 };
    const run = bench({ faults: [fault] }, 3600, { startCharge: 0.9 });
    expect(last(run.trajectory.column('chargeShare', 0))).toBeGreaterThan(1.02);
    expect(last(run.trajectory.column('cellVoltageMaxV', 0))).toBeGreaterThan(4);
  });
});

describe('cells in parallel', () => {
  it('share the current by resistance and feed the short of one of them', () => {
    const even = bench({ load: -0.5 }, 600, { series: 2, parallel: 2, startCharge: 0.8 });
    expect(last(even.trajectory.column('currentA', 0))).toBeCloseTo(-280, 3);
    expect(last(even.trajectory.column('chargeShare', 0))).toBeCloseTo(0.8 - 0.5 / 6, 5);
    const fault = {
      kind: 'internalShort',
      module: 'A_Module01',
      cell: 0,
      startS: 0,
      rampS: 0,
      resistanceOhm: 0.02,
    };
    const shorted = bench({ faults: [fault] }, 1200, { series: 2, parallel: 2, startCharge: 0.8 });
    // Both cells of the group lose charge: the sum is V/R times the time.
    const lostCoulomb = (0.8 - last(shorted.trajectory.column('chargeShare', 0))) * 4 * 280 * 3600;
    const meanV =
      0.5 *
      (shorted.trajectory.column('cellVoltageMinV', 0)[0]! +
        last(shorted.trajectory.column('cellVoltageMinV', 0)));
    expect(lostCoulomb / ((meanV / 0.02) * 1200)).toBeCloseTo(1, 2);
  });

  it('give the same as one large cell when all are alike', () => {
    const small = bench({ load: 0.3 }, 1800, {
      series: 3,
      parallel: 2,
      startCharge: 0.4,
      cellToCellWPerK: 5,
    });
    const large = bench({ load: 0.3 }, 1800, {
      series: 3,
      parallel: 1,
      startCharge: 0.4,
      cellToCellWPerK: 5,
    });
    expect(last(small.trajectory.column('cellVoltageMeanV', 0))).toBeCloseTo(
      last(large.trajectory.column('cellVoltageMeanV', 0)),
      4,
    );
  });
});

describe('a lumped module', () => {
  it('has the voltage and the energy of its cells', () => {
    const shape = { series: 16, startCharge: 0.7 };
    const lumped = bench({ load: 0.2 }, 1800, { ...shape, lumped: true, cellToCaseWPerK: 16 });
    const resolved = bench({ load: 0.2 }, 1800, shape);
    const [a, b] = [lumped, resolved].map(({ trajectory }) => trajectory);
    expect(last(a!.column('voltageV', 0))).toBeCloseTo(last(b!.column('voltageV', 0)), 2);
    expect(last(a!.column('cellVoltageMeanV', 0))).toBeCloseTo(last(b!.column('cellVoltageMeanV', 0)), 3);
    expect(last(a!.column('cellTemperatureMeanK', 0))).toBeCloseTo(
      last(b!.column('cellTemperatureMeanK', 0)),
      2,
    );
    expect(last(a!.column('surfaceTemperatureMaxK', 0))).toBeCloseTo(
      last(a!.column('caseTemperatureK', 0)),
      4,
    );
  });
});

describe('resistance', () => {
  it('falls with temperature as its activation energy says', () => {
    const drop = (ambientDegC: number) => {
      const run = bench({ ambientDegC, load: -0.5, outputIntervalS: 0.01 }, 0.02, { startCharge: 0.5 });
      const rest = bench({ ambientDegC, outputIntervalS: 0.01 }, 0.02, { startCharge: 0.5 });
      return rest.trajectory.column('voltageV', 0)[0]! - run.trajectory.column('voltageV', 0)[0]!;
    };
    const factor = Math.exp((20e3 / GAS_CONSTANT_J_PER_MOL_K) * (1 / kelvinOfDegC(0) - 1 / kelvinOfDegC(25)));
    expect(drop(25)).toBeCloseTo(140 * 2.5e-4, 5);
    expect(drop(0) / drop(25)).toBeCloseTo(factor, 3);
  });
});
