/** Sizing of faults, the critical heat, and the map. */
import { describe, expect, it } from 'vitest';
import { mapRunaway, simulate, solveFaultStrength, validateScenario } from '../../src/physics/index.ts';
import { withNumber } from '../../src/physics/map.ts';

const scenario = validateScenario({
  name: 'sizing',
  durationS: 30_000,
  module: { startCharge: 0.95 },
  faults: [
    {
      kind: 'internalShort',
      module: 'RackA2_Module01',
      cell: 7,
      startS: 3600,
      rampS: 3600,
      resistanceOhm: 0.02,
    },
  ],
});

describe('solveFaultStrength', () => {
  it('meets the wanted time within 1 % in a run of the whole site', () => {
    for (const wantedS of [5400, 7200, 10_800]) {
      const solved = solveFaultStrength(scenario, 'RackA2_Module01', wantedS);
      expect(solved.found).toBe(true);
      const run = simulate(withNumber(scenario, 'faults[0].resistanceOhm', solved.strength!));
      const event = run.events.find(({ module }) => module === 'RackA2_Module01')!;
      expect(Math.abs((event.pnrThresholdS! - 3600) / wantedS - 1)).toBeLessThan(0.01);
    }
  });

  it('says where none exists: the energy of the cell ends first', () => {
    const solved = solveFaultStrength(scenario, 'RackA2_Module01', 18_000);
    expect(solved.found).toBe(false);
    expect(solved.strength).toBeNull();
    // The bracket is closed: neighbouring strengths on both sides of the edge.
    expect(solved.strongestAverted!.strength / solved.weakestReaching!.strength - 1).toBeLessThan(2e-4);
    expect(solved.weakestReaching!.timeToPnrS!).toBeLessThan(18_000);
    expect(solved.largestAvertedK!).toBeGreaterThan(405);
    expect(solved.largestAvertedK!).toBeLessThan(413.15);
    // Semenov with frozen composition and unlimited energy is a lower bound of the heat that was found.
    expect(solved.semenovHeatW!).toBeGreaterThan(50);
    expect(solved.semenovHeatW!).toBeLessThan(solved.criticalHeatW!);
  });

  it('names what is missing', () => {
    const calm = validateScenario({ name: 'calm' });
    expect(() => solveFaultStrength(calm, 'RackA2_Module01', 3600)).toThrow(
      'a fault of RackA2_Module01 that has a strength',
    );
  });
});

describe('mapRunaway', () => {
  it('agrees with single runs and grows towards stronger shorts', () => {
    const small = { ...scenario, site: { ...scenario.site, racks: [{ id: 'RackA2', modules: 2 }] } };
    const x = { path: 'faults[0].resistanceOhm', values: [0.004, 0.01, 0.05] };
    const y = { path: 'module.startCharge', values: [0.4, 1] };
    const map = mapRunaway(small, 'RackA2_Module01', x, y);
    expect(map.runaway.length).toBe(6);
    const single = simulate(withNumber(withNumber(small, x.path, 0.01), y.path, 1)).events[0]!;
    expect(map.runaway[4]).toBe(single.runawayS === null ? 0 : 1);
    // The room hears of the one rack in both.
    expect(map.pnrS[4]).toBeCloseTo(single.pnrThresholdS!, 6);
    for (const row of [0, 3]) {
      expect(map.peakDegC[row]).toBeGreaterThan(map.peakDegC[row + 2]!);
      expect(map.runaway[row]).toBeGreaterThanOrEqual(map.runaway[row + 1]!);
      expect(map.runaway[row + 1]).toBeGreaterThanOrEqual(map.runaway[row + 2]!);
    }
    expect(() => mapRunaway(small, 'RackA2_Module01', { ...x, path: 'module.cell' }, y)).toThrow(
      'the path of a number',
    );
  });
});
