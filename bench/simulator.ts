/** The simulator over six hours of a warehouse, with all its rows kept. */
import {
  runCell,
  type Scenario,
  simulate,
  validateCellCase,
  validateScenario,
} from '@emberwatch/engine/physics';
import { exponential } from '../packages/engine/src/physics/exponential.ts';
import type { Site, Stats } from './job.ts';

const DURATION_S = 21_600;
const CELLS = 16;
const MODULES_PER_RACK = 8;
const FAULTY_MODULE = 'Rack0_Module01';
const LUMPED = { lumped: true, cellToCaseWPerK: 30, caseHeatCapacityJPerK: 12_000, caseToAirWPerK: 18 };
const HEAT = { kind: 'internalShortHeat', baseHeatW: 200, maxHeatW: 2500, timeToMaxHeatS: 7200 };
const SHORT = { kind: 'internalShort', cell: 7, rampS: 5400, startOhm: 10, resistanceOhm: 0.008 };
const onset = { module: FAULTY_MODULE, startS: 3600 };
const COOLING = { kind: 'coolingFailure', rack: 'Rack0', startS: 3600, remaining: 0.3 };

const PLANS: Readonly<Record<Site, { readonly module: object; readonly faults: readonly object[] }>> = {
  lumped: { module: LUMPED, faults: [] },
  lumpedRunaway: { module: LUMPED, faults: [{ ...HEAT, ...onset }, COOLING] },
  calm: { module: {}, faults: [] },
  runaway: { module: {}, faults: [{ ...SHORT, ...onset }] },
};

export function siteScenario(site: Site, modules: number, seed: number): Scenario {
  const { module, faults } = PLANS[site];
  const racks = Array.from({ length: modules / MODULES_PER_RACK }, (_, r) => ({
    id: `Rack${r}`,
    modules: MODULES_PER_RACK,
  }));
  return validateScenario({
    name: site,
    seed,
    durationS: DURATION_S,
    outputIntervalS: 10,
    site: { racks },
    module: { cell: 'lfp-280ah', series: CELLS, startCharge: 0.9, ...module },
    load: {
      points: [
        [0, 0.1],
        [3000, 0.1],
        [3000, 0],
        [3600, 0],
        [3600, -0.1],
        [6600, -0.1],
        [6600, 0],
        [7200, 0],
      ],
      repeatS: 7200,
    },
    ambientDegC: {
      points: [
        [0, 22],
        [10_800, 28],
        [21_600, 25],
      ],
    },
    faults,
  });
}

/** Without the search of the last moment to intervene: that is a number of further runs. */
export function simulateSite(scenario: Scenario): Stats {
  const { events, effort, trajectory } = simulate(scenario);
  const cells = scenario.module.lumped ? 1 : CELLS;
  return {
    moduleS: events.length * scenario.durationS,
    cellS: events.length * cells * scenario.durationS,
    steps: effort.steps,
    evaluations: effort.evaluations,
    runaways: events.filter(({ runawayS }) => runawayS !== null).length,
    rows: trajectory.rows,
  };
}

const CELL_RUNS = 300;
/** Kim et al. 2007: an 18650 of LCO, whose whole surface an oven heats. */
const CELL = {
  kinetics: 'lco-kim-2007',
  shape: { radiusM: 0.009, lengthM: 0.065 },
  densityKgPerM3: 2580,
  heatCapacityJPerKgK: 830,
  coolingWPerM2K: 7.17,
  emissivity: 0.8,
  startDegC: 25,
  powerW: 0,
};

/** One cell alone in an oven, again and again. */
export function cellRuns(ovenDegC: number, endS: number): Stats {
  const cellCase = validateCellCase({ ...CELL, oven: { temperatureDegC: ovenDegC }, endS });
  let runaways = 0;
  for (let k = 0; k < CELL_RUNS; k++) if (runCell(cellCase).runaway) runaways++;
  return { moduleS: CELL_RUNS * endS, cellS: CELL_RUNS * endS, runaways };
}

const EXPONENTIALS = 4e7;
const ARGUMENTS = 4096;

/** How many exponentials of typical arguments a second holds, one after another. */
export function exponentials(own: boolean): Stats {
  const args = Float64Array.from({ length: ARGUMENTS }, (_, i) => -40 * (i / ARGUMENTS));
  let sum = 0;
  for (let lap = 0; lap < EXPONENTIALS / ARGUMENTS; lap++)
    if (own) for (let i = 0; i < ARGUMENTS; i++) sum += exponential(args[i]!);
    else for (let i = 0; i < ARGUMENTS; i++) sum += Math.exp(args[i]!);
  return { exponentials: EXPONENTIALS, sum };
}
