/** Scenarios: what is accepted, what is refused and how, and the files that come with the project. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  defaultScenario,
  label,
  moduleIds,
  runCell,
  ScenarioError,
  type Simulation,
  simulate,
  validateCellCase,
  validateScenario,
} from '../../src/physics/index.ts';

const FOLDER = new URL('../../../../examples/scenarios/', import.meta.url);
const read = (file: string): Record<string, unknown> => parse(readFileSync(new URL(file, FOLDER), 'utf8'));
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
const cases = files.filter((file) => 'kinetics' in read(file));

/** Each file is run once. */
const runs = new Map<string, Simulation>();
function runOf(file: string): Simulation {
  const known = runs.get(file) ?? simulate(validateScenario(read(file)));
  runs.set(file, known);
  return known;
}

const short = { kind: 'internalShort', module: 'RackA1_Module01', startS: 0, resistanceOhm: 1 };

describe('validateScenario', () => {
  it('fills in the default warehouse: 64 modules in 8 racks', () => {
    const ids = moduleIds(defaultScenario());
    expect(ids.length).toBe(64);
    expect(ids[0]).toBe('RackA1_Module01');
    expect(ids[8]).toBe('RackA2_Module01');
    expect(ids[63]).toBe('RackB4_Module08');
  });

  it('leaves the sensors to the room that reads them', () => {
    expect(() => validateScenario({ name: 'x', sensors: { anything: true } })).not.toThrow();
  });

  it.each([
    [null, 'scenario: expected an object, got null'],
    [{}, 'name: expected a name, got nothing'],
    [{ name: 'x', sede: 3 }, 'sede: expected a key such as seed'],
    [{ name: 'x', module: { capacityAh: 100 } }, 'module.capacityAh: expected a key such as cellScale'],
    [
      { name: 'x', module: { capacityFactor: 0 } },
      'module.capacityFactor: expected a number between 0.01 and 10, got 0',
    ],
    [
      { name: 'x', module: { capacitySpread: 5 } },
      'module.capacitySpread: expected a number between 0 and 0.3, got 5',
    ],
    [
      { name: 'x', module: { series: 4096, parallel: 4096 } },
      'module: expected at most 2000000 cells and layers in all',
    ],
    [
      { name: 'x', durationS: 600, faults: [{ kind: 'coolingFailure', rack: 'RackA1', startS: 700 }] },
      'faults[0].startS: expected a time before the end of the run (600 s), got 700',
    ],
    [{ name: 'x', seed: 0.5 }, 'seed: expected an integer, got 0.5'],
    [{ name: 'x', durationS: '6h' }, 'durationS: expected a number between 0.001 and 100000000, got "6h"'],
    [
      {
        name: 'x',
        site: {
          racks: [
            { id: 'A', modules: 1 },
            { id: 'B', modules: 1 },
            { id: 'C', modules: 'eight' },
          ],
        },
      },
      'site.racks[2].modules: expected an integer between 1 and 64, got "eight"',
    ],
    [
      {
        name: 'x',
        site: {
          racks: [
            { id: 'A', modules: 1 },
            { id: 'A', modules: 1 },
          ],
        },
      },
      'site.racks[1].id: expected a name that no other rack has, got "A"',
    ],
    [{ name: 'x', module: { cell: 'lfp' } }, 'module.cell: expected one of lfp-280ah'],
    [
      { name: 'x', module: { startCharge: 80 } },
      'module.startCharge: expected a number between 0 and 1, got 80',
    ],
    [
      {
        name: 'x',
        load: {
          points: [
            [10, 1],
            [5, 1],
          ],
        },
      },
      'load.points[1][0]: expected a time not before the last, got 5',
    ],
    [
      { name: 'x', ambientDegC: 400 },
      'ambientDegC.points[0][1]: expected a number between -60 and 350, got 400',
    ],
    [{ name: 'x', faults: [{ kind: 'fire' }] }, 'faults[0].kind: expected one of internalShort'],
    [
      { name: 'x', faults: [{ ...short, cell: 16 }] },
      'faults[0].cell: expected an integer between 0 and 15, got 16',
    ],
    [
      { name: 'x', faults: [{ ...short, module: 'A' }] },
      'faults[0].module: expected a module such as RackA1_Module01, got "A"',
    ],
    [
      { name: 'x', faults: [{ ...short, ohm: 1 }] },
      'faults[0].ohm: expected a parameter of internalShort (module, startS, ',
    ],
    [
      { name: 'x', faults: [{ kind: 'coolingFailure', startS: 0 }] },
      'faults[0]: expected one of module, rack, got nothing',
    ],
    [{ name: 'x', recordCellsOf: ['B'] }, 'recordCellsOf[0]: expected a module such as'],
    [{ name: 'x', toleranceK: 0 }, 'toleranceK: expected a number between 1e-9 and 1, got 0'],
    [{ name: 'x', pnr: { temperature: 1 } }, 'pnr.temperature: expected one of the keys temperatureDegC'],
  ])('refuses %j', (value, message) => {
    expect(() => validateScenario(value)).toThrow(ScenarioError);
    expect(() => validateScenario(value)).toThrow(message);
  });
});

describe('the scenarios of the project', () => {
  it.each(files.filter((file) => !cases.includes(file)))(
    '%s runs and conserves energy to one in a thousand',
    (file) => {
      const scenario = validateScenario(read(file));
      expect(`${scenario.name}.yaml`).toBe(file);
      const run = runOf(file);
      expect(Math.abs(run.energy.residual)).toBeLessThan(1e-3);
    },
  );

  it.each(cases)('%s is a case of one cell', (file) => {
    expect(runCell(validateCellCase(read(file))).runaway).toBe(true);
  });

  it('reach the point of no return where they should, and are labelled', () => {
    for (const file of ['seed-internal-short.yaml', 'warehouse-internal-short.yaml']) {
      const scenario = validateScenario(read(file));
      const run = runOf(file);
      const reached = run.events.filter(({ pnrThresholdS }) => pnrThresholdS !== null);
      expect(reached.map(({ module }) => module)).toEqual(['RackA2_Module01']);
      expect(reached[0]!.faultOnsetS).toBe(3600);
      expect(reached[0]!.runawayS).not.toBeNull();
      const marked = label(run.trajectory, scenario.label).filter(({ hazard }) => hazard.includes(1));
      expect(marked.map(({ module, severity }) => [module, severity])).toEqual([
        ['RackA2_Module01', 'runaway'],
      ]);
    }
  });

  it('of disturbances and harmless faults label no hazard', () => {
    for (const file of ['disturbances.yaml', 'harmless-faults.yaml', 'warehouse-calm.yaml']) {
      const scenario = validateScenario(read(file));
      const run = runOf(file);
      expect(run.events.every(({ pnrThresholdS }) => pnrThresholdS === null)).toBe(true);
      expect(label(run.trajectory, scenario.label).every(({ hazard }) => !hazard.includes(1))).toBe(true);
    }
  });

  // Vent, PNR by threshold, runaway in s, peak in K, cells that ran away. A change here is a change of the truth: say why.
  it.each([
    ['warehouse-internal-short', 9051.896, 9019.67, 9481.334, 687.1678, 1],
    ['seed-internal-short', 12392.2, 12454.77, 15534.44, 703.4483, 1],
    ['propagation', 2535.401, 2509.928, 3466.883, 880.551, 16],
    ['overcharge', 4825.243, 4792.699, 5278.175, 967.1836, 16],
  ])('%s keeps its answer to six digits', (name, ventS, pnrS, runawayS, peakK, cells) => {
    const event = runOf(`${name}.yaml`).events.find((one) => one.runawayS !== null)!;
    const found = [event.ventS, event.pnrThresholdS, event.runawayS, event.peakK];
    [ventS, pnrS, runawayS, peakK].forEach((wanted, i) => {
      expect(Math.abs(found[i]! / wanted - 1)).toBeLessThan(1e-6);
    });
    expect(event.runaways.length).toBe(cells);
  });
});
