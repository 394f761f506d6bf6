/** What must hold for every scenario, tried on random ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CELL_TYPES,
  type ColumnName,
  cellTypeById,
  kineticsById,
  simulate,
  validateScenario,
} from '../../src/physics/index.ts';
import { SiteRun } from '../../src/physics/site.ts';
import { bench } from './bench.ts';

const cell = fc.constantFrom(...CELL_TYPES.map(({ id }) => id));
const charge = fc.double({ min: 0.2, max: 1, noNaN: true });
/** Multiples of what a cell of the type stores, in W per Wh: from harmless to fatal within the hour. */
const strength = fc.double({ min: 0.02, max: 3, noNaN: true });

/** A short in a cell of the type that gives about `share` W per Wh of it. */
function shortOf(id: string, share: number) {
  const type = CELL_TYPES.find((candidate) => candidate.id === id)!;
  const resistanceOhm = type.nominalV / (share * type.capacityAh);
  return { kind: 'internalShort', module: 'A_Module01', cell: 1, startS: 60, rampS: 300, resistanceOhm };
}

/** Whether a film that was spent grows again. */
const regrows = (id: string): boolean =>
  kineticsById(cellTypeById(id).kinetics).reactions.some(
    (reaction) => reaction.form === 'firstOrder' && reaction.regrowth !== undefined,
  );

/** Conductances that go with the size of the cell: hours to cool for large ones, minutes for small ones. */
function around(id: string) {
  const type = CELL_TYPES.find((candidate) => candidate.id === id)!;
  const capacity = type.massKg * type.heatCapacityJPerKgK;
  return {
    cell: id,
    series: 3,
    cellToCaseWPerK: capacity / 6000,
    cellToCellWPerK: capacity / 3000,
    caseToAirWPerK: capacity / 2000,
    caseHeatCapacityJPerK: capacity,
  };
}

describe('properties', () => {
  it('cooling never heats', () => {
    fc.assert(
      fc.property(
        cell,
        charge,
        strength,
        fc.double({ min: 1, max: 5, noNaN: true }),
        (id, startCharge, share, more) => {
          const module = { ...around(id), startCharge };
          const peakK = (factor: number) =>
            bench({ faults: [shortOf(id, share)], toleranceK: 1e-3 }, 5400, {
              ...module,
              caseToAirWPerK: module.caseToAirWPerK * factor,
            }).events[0]!.peakK;
          // In a runaway both end hot, by different paths: what was ejected differs by less than a kelvin in two hundred.
          expect(peakK(more)).toBeLessThanOrEqual(peakK(1) * 1.005);
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });

  it('more short never delays the point of no return', () => {
    fc.assert(
      fc.property(
        cell,
        charge,
        strength,
        fc.double({ min: 1, max: 3, noNaN: true }),
        (id, startCharge, share, more) => {
          const pnrS = (factor: number) =>
            bench({ faults: [shortOf(id, share * factor)], toleranceK: 1e-3 }, 5400, {
              ...around(id),
              startCharge,
            }).events[0]!.pnrThresholdS ?? Number.POSITIVE_INFINITY;
          // Event times are as exact as the integration: some milliseconds.
          expect(pnrS(more)).toBeLessThanOrEqual(pnrS(1) + 0.05);
        },
      ),
      { numRuns: 25, seed: 2 },
    );
  });

  it('no concentration is negative, no share beyond its bounds', () => {
    fc.assert(
      fc.property(cell, charge, strength, (id, startCharge, share) => {
        const { trajectory } = bench({ faults: [shortOf(id, share)] }, 5400, { ...around(id), startCharge });
        const within = (name: ColumnName, low: number, high: number) => {
          for (const value of trajectory.column(name, 0))
            if (!(value >= low && value <= high)) throw new Error(`${name} ${value}`);
        };
        for (const name of ['coPpm', 'h2Ppm', 'vocPpm'] as const) within(name, 0, 1e6);
        // Emptied cells stop within the last step of the voltage curve, 1 % below empty.
        within('chargeShare', -0.0101, 1.000001);
        // A share spent above 1 would be a negative concentration. Regrowing film may grow beyond its start.
        within('seiSpentShare', regrows(id) ? -10 : -1e-6, 1 + 1e-6);
        within('cathodeSpentShare', -1e-6, 1 + 1e-6);
        within('electrolyteSpentShare', -1e-6, 1 + 1e-6);
        within('anodeSpentShare', -1e-6, startCharge + 1e-6);
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  it('energy is conserved to 0.1 % through whatever happens', () => {
    fc.assert(
      fc.property(cell, charge, strength, (id, startCharge, share) => {
        const { energy } = bench({ faults: [shortOf(id, share)] }, 5400, { ...around(id), startCharge });
        expect(Math.abs(energy.residual)).toBeLessThan(1e-3);
      }),
      { numRuns: 25, seed: 4 },
    );
  });

  it('permuting racks permutes results', () => {
    const racks = ['A', 'B', 'C', 'D'].map((id, i) => ({ id, modules: i + 1 }));
    const run = (order: readonly number[]) =>
      simulate(
        validateScenario({
          name: 'permuted',
          durationS: 3600,
          site: { racks: order.map((i) => racks[i]!) },
          module: { series: 3 },
          load: 0.2,
          faults: [
            { kind: 'internalShort', module: 'C_Module02', startS: 300, rampS: 60, resistanceOhm: 0.004 },
          ],
        }),
      );
    const first = run([0, 1, 2, 3]);
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
        const other = run(order);
        for (const id of first.trajectory.header.modules) {
          for (const name of ['cellTemperatureMaxK', 'voltageV', 'vocPpm', 'airTemperatureK'] as const) {
            const a = first.trajectory.column(name, id);
            const b = other.trajectory.column(name, id);
            // Racks add up in the room in another order: rounding of doubles, seen through 32-bit rows.
            for (let row = 0; row < a.length; row++) {
              if (Math.abs(a[row]! - b[row]!) > 1e-6 * (1 + Math.abs(a[row]!)))
                throw new Error(`${id} ${name} ${row}`);
            }
          }
        }
      }),
      { numRuns: 5, seed: 5 },
    );
  });

  it('a run that keeps no rows is the same run', () => {
    const scenario = validateScenario({
      name: 'silent',
      outputIntervalS: 7,
      durationS: 5400,
      site: { racks: [{ id: 'A', modules: 2 }] },
      load: -0.3,
      faults: [{ kind: 'internalShort', module: 'A_Module02', startS: 0, rampS: 60, resistanceOhm: 0.004 }],
    });
    const loud = new SiteRun(scenario).run();
    const silent = new SiteRun(scenario, { silent: true }).run();
    expect(silent.events).toEqual(loud.events);
    expect(silent.energy).toEqual(loud.energy);
    expect(silent.trajectory).toBeUndefined();
  });

  it('a seed reproduces the run bit for bit, another seed does not', () => {
    const bytes = (seed: number) => {
      const scenario = validateScenario({
        name: 'seeded',
        seed,
        durationS: 5400,
        site: { racks: [{ id: 'A', modules: 2 }] },
        load: -0.1,
        faults: [{ kind: 'internalShort', module: 'A_Module02', startS: 0, rampS: 60, resistanceOhm: 0.004 }],
      });
      return new Uint8Array(simulate(scenario).trajectory.encode());
    };
    const first = bytes(1);
    expect(bytes(1)).toEqual(first);
    expect(bytes(2)).not.toEqual(first);
  });
});
