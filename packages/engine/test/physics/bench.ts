/** One module alone on a test bench: without spread, balancing or load, in air that stays at its temperature. */
import { type Simulation, simulate, validateScenario } from '../../src/physics/index.ts';

const BENCH_MODULE = {
  series: 1,
  startCharge: 1,
  startChargeSpread: 0,
  capacitySpread: 0,
  resistanceSpread: 0,
  balancingA: 0,
  cellToCaseWPerK: 1,
  caseHeatCapacityJPerK: 3000,
  caseToAirWPerK: 3,
};

export function bench(changes: Record<string, unknown>, durationS: number, module: object = {}): Simulation {
  return simulate(
    validateScenario({
      name: 'bench',
      durationS,
      site: { racks: [{ id: 'A', modules: 1 }], rackAirFlowM3PerS: 0.5 },
      module: { ...BENCH_MODULE, ...module },
      ...changes,
    }),
  );
}
