/** The last moment to intervene where it is hard: many modules that run away together, and none that can be saved. */
import { describe, expect, it } from 'vitest';
import { COLUMNS, simulate, validateScenario } from '../../src/physics/index.ts';
import { runsAwayDespite } from '../../src/physics/intervention.ts';

describe('a rack of four NMC modules burns', () => {
  // Once a step of a burning cell ended in not-a-number here, in one of the runs of the search.
  const scenario = validateScenario({
    name: 'burning',
    durationS: 3600,
    site: { racks: [{ id: 'A', modules: 4 }] },
    module: { cell: 'nmc111-25ah', series: 12, parallel: 2, startCharge: 1, cellToCellWPerK: 3 },
    faults: [{ kind: 'externalHeating', rack: 'A', startS: 600, powerW: 3000 }],
  });
  const run = simulate(scenario, { intervention: true });

  it('every value is a number, and energy is conserved', () => {
    expect(run.events.map(({ runaways }) => runaways.length)).toEqual([24, 24, 24, 24]);
    for (const { peakK } of run.events) expect(peakK).toBeLessThan(1200);
    for (const column of COLUMNS)
      for (const { module } of run.events)
        expect(run.trajectory.column(column, module).every(Number.isFinite), column).toBe(true);
    expect(Math.abs(run.energy.residual)).toBeLessThan(1e-3);
  });

  it('the last moment of each module is one that averts, and a second later is too late', () => {
    for (const { pnrInterventionS, runawayS } of run.events) {
      expect(pnrInterventionS).toBeGreaterThan(600);
      expect(pnrInterventionS).toBeLessThan(runawayS!);
    }
    // Without the recorded room, which moves the moment by less than a second.
    const { module, pnrInterventionS } = run.events[2]!;
    expect(runsAwayDespite(scenario, module, pnrInterventionS! - 1, [])).toBe(false);
    expect(runsAwayDespite(scenario, module, pnrInterventionS! + 2, [])).toBe(true);
  });
});

it('a module that no intervention saves has no last moment', () => {
  const run = simulate(
    validateScenario({
      name: 'oven',
      durationS: 200_000,
      outputIntervalS: 600,
      ambientDegC: 80,
      site: { racks: [{ id: 'A', modules: 1 }], rackAirFlowM3PerS: 5, roomAirChangesPerH: 1000 },
      module: { cell: 'nmc111-25ah', series: 1, startCharge: 1, cellToCaseWPerK: 0.05, caseToAirWPerK: 500 },
      faults: [
        { kind: 'hotDay', startS: 0, riseK: 60 },
        { kind: 'externalHeating', module: 'A_Module01', startS: 600, powerW: 0.01 },
      ],
    }),
    { intervention: true },
  );
  expect(run.events[0]!.runawayS).not.toBeNull();
  expect(run.events[0]!.pnrInterventionS).toBeNull();
});
