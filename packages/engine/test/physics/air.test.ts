/** The air of rack and room against exact solutions. */
import { describe, expect, it } from 'vitest';
import { bench } from './bench.ts';

/** Moles in a cubic metre of air at 25 °C and 1 atm; molar mass of the solvent in g/mol; heat of air in J/(m³ K). */
const AIR_MOL_PER_M3 = 101_325 / (8.31446261815324 * 298.15);
const SOLVENT_G_PER_MOL = 90.08;
const AIR_J_PER_M3K = 1.184 * 1006;

const rack = (flowM3PerS: number, site: object = {}) => ({
  site: { racks: [{ id: 'A', modules: 1 }], rackAirM3: 1.2, rackAirFlowM3PerS: flowM3PerS, ...site },
});

describe('gas in a rack', () => {
  const leak = { kind: 'ventLeak', module: 'A_Module01', startS: 0, solventGPerH: 36 };
  const molPerS = 36 / 3600 / SOLVENT_G_PER_MOL;

  it('rises towards source over flow with the time constant of volume over flow', () => {
    const run = bench({ ...rack(0.01, { roomAirChangesPerH: 1e6 }), faults: [leak] }, 600);
    const voc = run.trajectory.column('vocPpm', 0);
    // What comes in pushes as much out: the source adds to the flow.
    const flowMolPerS = 0.01 * AIR_MOL_PER_M3 + molPerS;
    const finalPpm = (molPerS / flowMolPerS) * 1e6;
    // Rows lie on the ends of the steps of the rack, one a minute, where the solution is exact.
    for (const row of [6, 12, 30, 60]) {
      const exact = finalPpm * (1 - Math.exp((-row * 10 * flowMolPerS) / (1.2 * AIR_MOL_PER_M3)));
      expect(voc[row]! / exact).toBeCloseTo(1, 5);
    }
  });

  it('without any flow only collects, and pushes air out', () => {
    const run = bench({ ...rack(0), faults: [leak] }, 600);
    const voc = run.trajectory.column('vocPpm', 0);
    const exact = (1 - Math.exp((-molPerS * 600) / (1.2 * AIR_MOL_PER_M3))) * 1e6;
    expect(voc[60]! / exact).toBeCloseTo(1, 5);
  });

  it('comes back from the room: in a closed building nothing is lost', () => {
    const run = bench(
      {
        ...rack(0.5, { roomAirChangesPerH: 0, roomAirM3: 10 }),
        faults: [{ ...leak, durationS: 1800 }],
        outputIntervalS: 60,
      },
      40_000,
    );
    // 1800 s of source in 11.2 m³, after everything has mixed. The leak is asked at the start of each minute.
    const ppm = ((molPerS * 1800) / (11.2 * AIR_MOL_PER_M3)) * 1e6;
    expect(run.trajectory.column('vocPpm', 0).at(-1)! / ppm).toBeCloseTo(1, 1);
  });

  it('from elsewhere in the room reaches every rack', () => {
    const fault = { kind: 'gasInRoom', startS: 0, coGPerH: 28.01 };
    const run = bench(
      { ...rack(0.5, { roomAirM3: 100, roomAirChangesPerH: 2 }), faults: [fault], outputIntervalS: 60 },
      20_000,
    );
    // One mole an hour into 200 m³ an hour.
    const ppm = (1 / (200 * AIR_MOL_PER_M3)) * 1e6;
    expect(run.trajectory.column('coPpm', 0).at(-1)! / ppm).toBeCloseTo(1, 3);
  });
});

describe('heat in a rack', () => {
  it('warms the air by heat over flow, on top of the room', () => {
    const fault = { kind: 'externalHeating', module: 'A_Module01', startS: 0, powerW: 12 };
    const site = rack(0.02, { roomCoolingWPerK: 50, roomAirChangesPerH: 0 });
    const run = bench({ ...site, faults: [fault], outputIntervalS: 1000 }, 200_000, { cellToCaseWPerK: 3 });
    const rise = run.trajectory.column('airTemperatureK', 0).at(-1)! - 298.15;
    expect(rise / (12 / (0.02 * AIR_J_PER_M3K) + 12 / 50)).toBeCloseTo(1, 3);
  });
});
