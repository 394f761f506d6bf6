/** The air of a rack for any volume and flow: sealed, almost sealed, a thimble, a hall. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate, validateScenario } from '../../src/physics/index.ts';
import { meanTowards, mixed, mixedMean } from '../../src/physics/mixing.ts';

const ROOM_K = 298.15;
const CELLS = ['lfp-22ah', 'nmc111-25ah', 'lco-18650'];

const heated = (cell: string, site: Record<string, unknown>, powerW: number) =>
  simulate(
    validateScenario({
      name: 'heated',
      durationS: 9000,
      outputIntervalS: 5,
      laboratory: { coolingWPerM2K: 60 },
      site,
      module: { cell, startCharge: 1 },
      faults: [{ kind: 'externalHeating', module: 'Bench_Module01', startS: 10, durationS: 2400, powerW }],
    }),
  );

const flows = fc.oneof(
  fc.constantFrom(0, 1e-18, 1e-15, 1e-12, 1e-9, 1e-6),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

describe('the air of a rack', () => {
  it('is never colder than the coldest of room and modules, and loses heat to the room alone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CELLS),
        flows,
        fc.constantFrom(0.02, 0.3, 2, 50),
        fc.integer({ min: 20, max: 400 }),
        (cell, rackAirFlowM3PerS, rackAirM3, powerW) => {
          const { trajectory, energy } = heated(cell, { rackAirFlowM3PerS, rackAirM3 }, powerW);
          for (const column of ['airTemperatureK', 'caseTemperatureK', 'cellTemperatureMinK'] as const)
            expect(Math.min(...trajectory.column(column, 0)), column).toBeGreaterThan(ROOM_K - 0.05);
          expect(Math.abs(energy.residual)).toBeLessThan(2e-3);
        },
      ),
      { numRuns: 40, seed: 20261201 },
    );
  }, 60_000);

  it('with a flow of 1e-18 m³/s is the air of a sealed box', () => {
    const [sealed, leaking] = [0, 1e-18].map((rackAirFlowM3PerS) =>
      heated('nmc111-25ah', { rackAirFlowM3PerS, rackAirM3: 0.3 }, 300).trajectory.column(
        'airTemperatureK',
        0,
      ),
    );
    for (const [i, K] of sealed!.entries()) expect(Math.abs(leaking![i]! - K)).toBeLessThan(0.5);
  });
});

describe('a mixed volume', () => {
  it('ends where many small steps lead, and its mean is theirs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 500, noNaN: true }),
        fc.double({ min: 0, max: 500, noNaN: true }),
        fc.double({ min: -50, max: 200, noNaN: true }),
        fc.oneof(
          fc.constantFrom(0, 1e-30, 1e-20, 9.9e-5, 1.01e-4),
          fc.double({ min: 0, max: 3, noNaN: true }),
        ),
        (value, outside, added, x) => {
          // Fourth-order steps of y' = added − x (y − outside) over a time of 1, and of its integral.
          const slope = (y: number): number => added - x * (y - outside);
          let [y, sum] = [value, 0];
          const h = 1 / 400;
          for (let i = 0; i < 400; i++) {
            const a = slope(y);
            const b = slope(y + (h / 2) * a);
            const c = slope(y + (h / 2) * b);
            const d = slope(y + h * c);
            const next = y + (h / 6) * (a + 2 * b + 2 * c + d);
            sum += h * ((y + next) / 2 - (h / 12) * (slope(next) - slope(y)));
            y = next;
          }
          expect(mixed(value, outside, added, x / 10, 10)).toBeCloseTo(y, 7);
          expect(mixedMean(value, outside, added, x / 10, 10)).toBeCloseTo(sum, 5);
          if (added === 0) expect(meanTowards(value, outside, x)).toBeCloseTo(sum, 5);
        },
      ),
      { numRuns: 300, seed: 20261201 },
    );
  });
});

describe('a module that burns cell by cell', () => {
  it.each([350, 354, 355, 359])('is followed to the end, whatever lit it (%d W)', (powerW) => {
    const { events } = simulate(
      validateScenario({
        name: 'propagation',
        seed: 11,
        durationS: 3600,
        site: { racks: [{ id: 'A', modules: 2 }] },
        module: { cell: 'nmc111-25ah', series: 6, startCharge: 0.9 },
        faults: [
          { kind: 'externalHeating', module: 'A_Module02', startS: 120, firstCell: 2, cells: 1, powerW },
        ],
      }),
    );
    expect(events[1]!.runaways.length).toBeGreaterThanOrEqual(3);
  });
});

describe('what is spent', () => {
  it.each(CELLS.flatMap((cell) => [120, 400].map((powerW) => ({ cell, powerW }))))(
    'never comes back ($cell, $powerW W)',
    ({ cell, powerW }) => {
      const { trajectory } = heated(cell, {}, powerW);
      let max = 0;
      for (const column of [
        'seiSpentShare',
        'anodeSpentShare',
        'cathodeSpentShare',
        'electrolyteSpentShare',
      ] as const) {
        const spent = trajectory.column(column, 0);
        for (let i = 1; i < spent.length; i++)
          expect(spent[i]!, `${column} ${i}`).toBeGreaterThanOrEqual(spent[i - 1]!);
        max = Math.max(max, spent.at(-1)!);
      }
      expect(max).toBeGreaterThan(1e-6);
      // It has cooled down to where no reaction is evaluated.
      expect(trajectory.column('cellTemperatureMaxK', 0).at(-1)!).toBeLessThan(313);
    },
  );
});
