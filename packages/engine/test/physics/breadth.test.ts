/** Cells of other sizes and makers, cells with layers, laboratories: what must hold for all of them. */
import { describe, expect, it } from 'vitest';
import { cellTypeOf, kineticsOf } from '../../src/physics/cells/variant.ts';
import {
  CELL_TYPES,
  cellTypeById,
  DEFAULT_MODULE,
  KINETICS,
  type Simulation,
  simulate,
  validateScenario,
} from '../../src/physics/index.ts';
import { kineticsById } from '../../src/physics/kinetics/index.ts';
import { degCOfKelvin, kelvinOfDegC } from '../../src/units.ts';

const bench = (given: Record<string, unknown>): Simulation =>
  simulate(validateScenario({ name: 'bench', laboratory: {}, ...given }));

const heater = (powerWPerKg: number, more: object = {}) => ({
  kind: 'externalHeating',
  module: 'Bench_Module01',
  startS: 60,
  powerWPerKg,
  ...more,
});

describe('a cell of another size', () => {
  it('is the type itself where nothing differs', () => {
    for (const { id } of CELL_TYPES) {
      expect(cellTypeOf({ ...DEFAULT_MODULE, cell: id })).toBe(cellTypeById(id));
      expect(kineticsOf({ ...DEFAULT_MODULE, cell: id })).toBe(kineticsById(cellTypeById(id).kinetics));
    }
  });

  it.each(CELL_TYPES.map(({ id }) => id))(
    '%s: behaves as many small ones, cooled and loaded in proportion',
    (cell) => {
      const scaled = (s: number) =>
        simulate(
          validateScenario({
            name: 'scaled',
            durationS: 3600,
            site: {
              racks: [{ id: 'A', modules: 1 }],
              rackAirM3: 50,
              rackAirFlowM3PerS: 2,
              roomCoolingWPerK: 1e5,
            },
            module: {
              cell,
              cellScale: s,
              series: 1,
              startCharge: 0.9,
              cellToCaseWPerK: 3 * s,
              caseHeatCapacityJPerK: 100 * s,
              caseToAirWPerK: 2 * s,
            },
            load: -0.5,
            faults: [
              {
                kind: 'internalShort',
                module: 'A_Module01',
                startS: 600,
                rampS: 60,
                startOhm: 100 / s,
                shortC: 10,
              },
              { kind: 'externalHeating', module: 'A_Module01', startS: 900, powerWPerKg: 150 },
            ],
          }),
        );
      const [one, five] = [scaled(1), scaled(5)];
      for (const name of ['voltageV', 'cellTemperatureMeanK', 'chargeShare'] as const) {
        const [a, b] = [one, five].map(({ trajectory }) => trajectory.column(name, 0));
        for (const row of [50, 65, 100, 300])
          expect(Math.abs(b![row]! - a![row]!)).toBeLessThan(1e-3 * Math.abs(a![row]!) + 0.004);
      }
      expect(five.energy.electricHeatJ / one.energy.electricHeatJ).toBeCloseTo(5, 2);
    },
  );

  it('reacts later by the shift: as fast at 120 °C plus the shift as before at 120 °C', () => {
    for (const { id } of CELL_TYPES) {
      const shifted = kineticsOf({ ...DEFAULT_MODULE, cell: id, onsetShiftK: 15 });
      shifted.reactions.forEach((reaction, k) => {
        const before = KINETICS.find((set) => set.id === shifted.id)!.reactions[k]!;
        const rate = (one: typeof before, temperatureK: number) =>
          one.frequencyPerS * Math.exp(-one.activationJPerMol / 8.31446261815324 / temperatureK);
        expect(rate(reaction, kelvinOfDegC(135)) / rate(before, kelvinOfDegC(120))).toBeCloseTo(1, 9);
      });
    }
  });

  it('runs away hotter with more heat of reaction, and later with another separator', () => {
    const run = (module: object) =>
      bench({
        durationS: 5400,
        module: { cell: 'nmc111-25ah', startCharge: 1, ...module },
        faults: [heater(150, { endsOnTrip: 1 })],
      }).events[0]!;
    const [plain, hot, late] = [run({}), run({ reactionHeatFactor: 1.3 }), run({ separatorShiftK: 20 })];
    expect(hot.peakK).toBeGreaterThan(plain.peakK + 50);
    expect(late.runawayS!).toBeGreaterThan(plain.runawayS!);
  });
});

describe('a cell with layers', () => {
  const layered = (slices: number, more: object) =>
    bench({ durationS: 3000, module: { cell: 'nmc111-25ah', startCharge: 0.9, slices }, ...more });

  it('is one cell where nothing acts on one side: same voltage, charge and mean temperature', () => {
    const load = { load: { cycle: { dischargeC: 1, chargeC: 1 } } };
    const [one, four] = [layered(1, load), layered(4, load)];
    for (const row of [30, 100, 250]) {
      for (const name of ['voltageV', 'chargeShare'] as const)
        expect(four.trajectory.column(name, 0)[row]).toBeCloseTo(one.trajectory.column(name, 0)[row]!, 3);
      const mean = (run: Simulation) => run.trajectory.column('cellTemperatureMeanK', 0)[row]!;
      expect(Math.abs(mean(four) - mean(one))).toBeLessThan(0.05);
    }
  });

  it('is hotter on the heated face, by what conduction across it allows', () => {
    const { trajectory } = layered(5, {
      laboratory: { coolingWPerM2K: 0, contactWPerM2K: 1 },
      module: { cell: 'nmc111-25ah', startCharge: 0, slices: 5, throughCellWPerK: 0.5 },
      faults: [heater(20, { cells: 1 })],
    });
    const at = (cell: number) =>
      degCOfKelvin(trajectory.cellColumn('cellTemperatureK', 'Bench_Module01', cell)[150]!);
    // Steady flow through N layers that all warm up alike: ΔT of neighbours k and k+1 = P (N−1−k)/N / G, G = 5 × 0.5 W/K.
    const powerW = 20 * 0.72;
    for (let k = 0; k < 4; k++) expect(at(k) - at(k + 1)).toBeCloseTo((powerW * ((4 - k) / 5)) / 2.5, 1);
  });

  it('vents and runs away once, and conserves energy', () => {
    const run = layered(4, {
      faults: [{ kind: 'mechanicalShort', module: 'Bench_Module01', cell: 1, startS: 60, shortC: 20 }],
    });
    const [event] = run.events;
    expect(event!.vents).toHaveLength(1);
    expect(event!.runaways.map(({ cell }) => cell)).toEqual([1]);
    expect(Math.abs(run.energy.residual)).toBeLessThan(1e-4);
  });
});

describe('a laboratory', () => {
  it('cools cells of 1.5 and 300 Ah by their surface: time constants as m·cp/(h·A)', () => {
    for (const [cell, cellScale] of [
      ['lco-18650', 0.72],
      ['lfp-280ah', 1.07],
    ] as const) {
      const { module } = validateScenario({
        name: 'x',
        laboratory: { coolingWPerM2K: 10, surfaceFactor: 7 },
        module: { cell, cellScale },
      });
      const type = cellTypeOf(module);
      const surfaceM2 = 7 * Math.cbrt(type.volumeM3) ** 2;
      expect(module.caseToAirWPerK).toBeCloseTo(10 * surfaceM2, 10);
      expect(module.cellToCaseWPerK).toBeCloseTo(150 * surfaceM2, 8);
      expect(module.series).toBe(1);
    }
  });

  it('gives way to what the scenario says itself, and records its cells', () => {
    const scenario = validateScenario({
      name: 'x',
      laboratory: {},
      module: { series: 3, caseToAirWPerK: 7 },
    });
    expect(scenario.module.caseToAirWPerK).toBe(7);
    expect(scenario.module.series).toBe(3);
    expect(scenario.recordCellsOf).toEqual(['Bench_Module01']);
    expect(validateScenario(scenario)).toEqual(scenario);
  });

  it.each([
    [
      { laboratory: { coolingWPerM2K: -1 } },
      'laboratory.coolingWPerM2K: expected a number between 0 and 1000, got -1',
    ],
    [{ laboratory: { cooling: 1 } }, 'laboratory.cooling: expected one of the keys surfaceFactor'],
    [{ laboratory: 1 }, 'laboratory: expected an object, got 1'],
    [{ module: { cellScale: 0 } }, 'module.cellScale: expected a number between 0.001 and 1000, got 0'],
    [{ module: { onsetShiftK: 90 } }, 'module.onsetShiftK: expected a number between -40 and 60, got 90'],
    [{ module: { lumped: true, slices: 3 } }, 'module.slices: expected 1 where the module is lumped, got 3'],
    [{ module: { slices: 0 } }, 'module.slices: expected an integer between 1 and 50, got 0'],
  ])('refuses %j', (given, message) => {
    expect(() => validateScenario({ name: 'x', ...given })).toThrow(message);
  });
});
