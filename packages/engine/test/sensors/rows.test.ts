/** When rows are taken, what arrives of them, and what the clock says. */
import { describe, expect, it } from 'vitest';
import { EXACT, meanOf, measured, sdOf, voltages } from './ground-truth.ts';

const exact = { channels: { voltage_v: EXACT } };
const steps = (values: Float64Array) => values.subarray(1).map((value, i) => value - values[i]!);

describe('sampling', () => {
  it('follows the trajectory unless told otherwise', () => {
    const module = measured({ rows: 11, intervalS: 10 }, exact, { startMs: 1e12 });
    expect(Array.from(module.truthS)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(module.timeMs[3]).toBe(1e12 + 30_000);
  });

  it.each([0.05, 0.1, 0.7, 60])('every %d s, exactly, to the end', (intervalS) => {
    const module = measured({ rows: 121, intervalS: 10 }, { ...exact, sampling: { intervalS } });
    expect(module.rows).toBe(Math.floor(1200 / intervalS + 1e-6) + 1);
    for (let i = 0; i < module.rows; i += 7) expect(module.truthS[i]).toBeCloseTo(i * intervalS, 9);
  });

  it('irregular: evenly between the two, always onwards', () => {
    const module = measured({ rows: 20_001 }, { ...exact, sampling: { intervalS: [9, 19] } });
    const intervals = steps(module.truthS);
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(9);
    expect(Math.max(...intervals)).toBeLessThanOrEqual(19);
    const standardError = 10 / Math.sqrt(12 * intervals.length);
    expect(Math.abs(meanOf(intervals) - 14)).toBeLessThan(5 * standardError);
  });

  it('jitter trembles around the grid and never turns back', () => {
    const module = measured({ rows: 5001 }, { ...exact, sampling: { intervalS: 1, jitterS: 0.1 } });
    const off = module.truthS.map((timeS) => timeS - Math.round(timeS));
    expect(sdOf(off)).toBeGreaterThan(0.08);
    expect(sdOf(off)).toBeLessThan(0.11);
    const wild = measured({ rows: 5001 }, { ...exact, sampling: { intervalS: 1, jitterS: 1 } });
    expect(Math.min(...steps(wild.truthS))).toBeGreaterThan(0);
  });
});

describe('gateway', () => {
  const truth = { rows: 40_001, modules: ['A', 'B', 'C'], rackOf: [0, 0, 1] };
  const plan = { ...exact, gateway: { dropoutsPerDay: 200, dropoutS: [10, 1000] } };

  it('drops rows of all modules of its rack at once, and of no other', () => {
    const [a, b, c] = [0, 1, 2].map((module) => measured(truth, plan, { module }));
    expect(a!.truthS).toEqual(b!.truthS);
    expect(a!.truthS).not.toEqual(c!.truthS);
    const dropouts = a!.sensorFaults.filter(({ kind }) => kind === 'dropout');
    expect(dropouts.every(({ channel }) => channel === 'gateway')).toBe(true);
    for (const { fromS, toS } of dropouts)
      expect(a!.truthS.some((timeS) => timeS >= fromS && timeS < toS!)).toBe(false);
    const lost = dropouts.reduce((sum, { fromS, toS }) => sum + Math.min(toS!, 40_000) - fromS, 0);
    expect(Math.abs(40_001 - a!.rows - lost)).toBeLessThan(dropouts.length + 2);
    // A day of delivered time has 200; a rate of n has a standard deviation of √n.
    const expected = (200 * a!.rows) / 86_400;
    expect(Math.abs(dropouts.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  it('late rows stand behind newer ones, with the stamp of when they were measured', () => {
    const late = measured({ rows: 2001 }, { ...exact, gateway: { lateShare: 0.02, lateS: [3, 8] } });
    const reported = late.sensorFaults.filter(({ kind }) => kind === 'late');
    expect(Math.abs(reported.length - 40)).toBeLessThan(32);
    expect(late.rows).toBe(2001);
    const back = steps(late.truthS).filter((step) => step < 0).length;
    expect(back).toBeGreaterThan(20);
    late.truthS.forEach((timeS, i) => {
      expect(late.timeMs[i]).toBe(timeS * 1000);
    });
    expect([...late.truthS].sort((x, y) => x - y)).toEqual(Array.from({ length: 2001 }, (_, i) => i));
  });
});

describe('clock', () => {
  const stampsOf = (clock: Record<string, unknown>) => measured({ rows: 1001 }, { ...exact, clock });

  it('offset, drift and jumps are in the stamps, not in the truth', () => {
    const module = stampsOf({
      offsetS: 7,
      driftPpm: 1000,
      jumps: [
        { atS: 300, byS: -60 },
        { atS: 600, byS: 3600 },
      ],
    });
    const ahead = (timeS: number) => module.timeMs[timeS]! / 1000 - timeS;
    expect(ahead(0)).toBe(7);
    expect(ahead(299)).toBeCloseTo(7 + 0.299, 3);
    expect(ahead(300)).toBeCloseTo(7 + 0.3 - 60, 3);
    expect(ahead(1000)).toBeCloseTo(7 + 1 - 60 + 3600, 3);
    expect(module.truthS[1000]).toBe(1000);
    expect(module.sensorFaults.map(({ kind, fromS }) => [kind, fromS])).toEqual([
      ['offset', 0],
      ['drifting', 0],
      ['jump', 300],
      ['jump', 600],
    ]);
  });

  it('jumps at random as often as asked, for all of a rack', () => {
    const module = stampsOf({ jumpsPerDay: 900, jumpS: [-30, -30] });
    const jumps = module.sensorFaults.filter(({ kind }) => kind === 'jump');
    expect(Math.abs(jumps.length - 900 / 86.4)).toBeLessThan(13);
    expect(module.timeMs[1000]).toBe(1_000_000 - 30_000 * jumps.length);
  });

  it('stamps are on their grid', () => {
    const module = measured(
      { rows: 101 },
      { ...exact, sampling: { intervalS: 0.3 }, clock: { resolutionS: 1 } },
    );
    expect(module.timeMs.every((timeMs) => timeMs % 1000 === 0)).toBe(true);
  });
});

describe('places scanned in turn', () => {
  const truth = {
    rows: 401,
    cells: { count: 20, temperatureK: () => 300, voltageV: (timeS: number) => 3 + timeS / 1000 },
  };
  const scan = (gateway: Record<string, unknown>, intervalS = 1) =>
    measured(truth, {
      ...exact,
      sampling: { intervalS },
      gateway,
      cellVoltages: { ...EXACT, scanS: 10, unscanned: 6.5535 },
    });

  it('two of twenty are new in each row, all within a scan', () => {
    const cells = scan({}).cellVoltagesV!;
    for (let row = 20; row < 400; row++) {
      const changed = cells.filter((column) => column[row] !== column[row - 1]).length;
      expect(changed).toBe(2);
      for (const column of cells) {
        const ageS = row - (column[row]! - 3) * 1000;
        expect(ageS).toBeGreaterThan(-0.001);
        expect(ageS).toBeLessThan(10.001);
      }
    }
  });

  it('in a slow row each was read at its own instant', () => {
    const cells = scan({}, 40).cellVoltagesV!;
    const agesS = cells.map((column) => 400 - (column[10]! - 3) * 1000);
    expect(Math.max(...agesS) - Math.min(...agesS)).toBeGreaterThan(9);
    expect(new Set(agesS.map((age) => age.toFixed(1))).size).toBe(20);
  });

  it('after a start the places that had no turn deliver the value of nothing, and it is told', () => {
    const module = scan({ restartChance: 1 });
    const cells = module.cellVoltagesV!;
    const waiting = (row: number) => cells.filter((column) => column[row] === 6.5535).length;
    const first = waiting(0);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(20);
    for (let row = 1; row < 10; row++) expect(waiting(row)).toBe(Math.max(0, first - 2 * row));
    const reported = module.sensorFaults.filter(({ kind }) => kind === 'unscanned');
    expect(reported).toHaveLength(first);
    for (const { channel, fromS, toS } of reported) {
      const k = Number(/\[(\d+)\]/.exec(channel)![1]) - 1;
      expect(fromS).toBe(0);
      expect(cells[k]![toS!]).not.toBe(6.5535);
      expect(cells[k]![toS! - 1]).toBe(6.5535);
    }
    expect(voltages(module)[0]).toBe(50);
  });
});
