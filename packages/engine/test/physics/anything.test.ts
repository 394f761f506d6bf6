/** Random sites with random faults of every kind: numbers stay numbers, and energy is conserved. */
import { expect, it } from 'vitest';
import { CELL_TYPES, FAULT_KINDS, simulate, validateScenario } from '../../src/physics/index.ts';
import { createRandom, type Random } from '../../src/random.ts';

const SITES = 100;

/** Evenly distributed in the logarithm. */
const spread = (random: Random, low: number, high: number) =>
  low * Math.exp(Math.log(high / low) * random.uniform());

/** A random scenario; strengths go with the heat capacity of the cell, from harmless to absurd. */
function randomScenario(seed: number): Record<string, unknown> {
  const random = createRandom(seed, 'anything');
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const type = pick(CELL_TYPES);
  const capacity = type.massKg * type.heatCapacityJPerKgK;
  const series = 1 + random.integer(8);
  const parallel = 1 + random.integer(3);
  const lumped = random.uniform() < 0.2;
  const cells = lumped ? 1 : series * parallel;
  const drawOf: Record<string, () => number> = {
    resistanceOhm: () => spread(random, 1e-4, 10),
    startOhm: () => spread(random, 1, 100),
    baseHeatW: () => spread(random, 0.1, capacity / 10),
    maxHeatW: () => spread(random, 0.1, capacity / 2),
    timeToMaxHeatS: () => spread(random, 1, 5000),
    powerW: () => spread(random, 0.1, capacity / 4),
    currentA: () => spread(random, 0.1, 5 * type.capacityAh),
    riseK: () => 30 * random.uniform(),
    rampS: () => spread(random, 1, 3000),
    durationS: () => spread(random, 1, 9000),
    startS: () => 5000 * random.uniform(),
    cell: () => random.integer(cells),
    firstCell: () => random.integer(cells),
    cells: () => 1 + random.integer(cells),
    capacityFactor: () => 0.3 + 0.7 * random.uniform(),
    resistanceFactor: () => 1 + 5 * random.uniform(),
    remaining: () => random.uniform(),
  };
  const faults = Array.from({ length: 1 + random.integer(3) }, () => {
    const kind = pick(FAULT_KINDS);
    const fault: Record<string, unknown> = { kind: kind.kind };
    if (kind.target === 'module') fault['module'] = `A_Module0${1 + random.integer(2)}`;
    if (kind.target === 'rack') fault['rack'] = 'A';
    for (const { name, low, high, fallback } of kind.parameters) {
      if (fallback !== undefined && random.uniform() < 0.3) continue;
      const value = drawOf[name]?.() ?? fallback ?? low;
      fault[name] = Math.min(Math.max(value, low), high);
    }
    return fault;
  });
  const wPerK = capacity * spread(random, 1e-4, 1e-3);
  return {
    name: `anything-${seed}`,
    seed,
    durationS: 9000,
    outputIntervalS: 30,
    site: { racks: [{ id: 'A', modules: 2 }], rackAirFlowM3PerS: pick([0, 0.01, 0.15, 2]) },
    module: {
      cell: type.id,
      series,
      parallel,
      lumped,
      startCharge: random.uniform(),
      cellToCellWPerK: 3 * wPerK * random.uniform(),
      cellToCaseWPerK: wPerK * (lumped ? series * parallel : 1) * random.uniform(),
      caseToAirWPerK: 3 * wPerK * random.uniform(),
      caseHeatCapacityJPerK: capacity * (0.1 + random.uniform()),
    },
    load: {
      points: [
        [0, 2 * random.uniform() - 1],
        [3000, 0],
        [4000, 2 * random.uniform() - 1],
      ],
    },
    ambientDegC: {
      points: [
        [0, 60 * random.uniform() - 10],
        [9000, 60 * random.uniform() - 10],
      ],
    },
    faults,
  };
}

it('survives whatever sites and faults it meets', () => {
  let ranAway = 0;
  for (let seed = 0; seed < SITES; seed++) {
    const run = simulate(validateScenario(randomScenario(seed)));
    expect(Math.abs(run.energy.residual), `energy of ${run.trajectory.header.name}`).toBeLessThan(1e-3);
    for (const column of run.trajectory.header.columns) {
      for (const module of [0, 1]) {
        const values = run.trajectory.column(column as 'voltageV', module);
        if (!values.every(Number.isFinite)) throw new Error(`${run.trajectory.header.name}: ${column}`);
        if (column.endsWith('Ppm') && !values.every((ppm) => ppm >= 0 && ppm <= 1.05e6))
          throw new Error(`${seed}: ${column}`);
      }
    }
    ranAway += run.events.filter(({ runawayS }) => runawayS !== null).length;
  }
  // Otherwise the sites are too tame to prove anything.
  expect(ranAway).toBeGreaterThan(4);
});
