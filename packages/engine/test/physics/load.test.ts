/** Loads and ambient temperatures that are laid down as programmes: cycles, grid work, ovens, days. */
import { describe, expect, it } from 'vitest';
import { simulate, validateScenario } from '../../src/physics/index.ts';
import { profileAt } from '../../src/physics/profile.ts';
import { degCOfKelvin } from '../../src/units.ts';

const DAY_S = 86_400;

const cycled = (cycle: object, given: Record<string, unknown> = {}, module: object = {}) => {
  const scenario = validateScenario({
    name: 'cycles',
    durationS: 2 * DAY_S,
    outputIntervalS: 20,
    laboratory: {},
    module: { cell: 'nmc111-25ah', startCharge: 0.5, ...module },
    load: { cycle },
    ...given,
  });
  const { trajectory } = simulate(scenario);
  const column = (name: 'voltageV' | 'chargeShare' | 'currentA' | 'cellTemperatureMaxK') =>
    trajectory.column(name, 0);
  return { scenario, column, voltage: column('voltageV'), charge: column('chargeShare') };
};

/** Highest (or lowest) charge of each swing. */
function turns(charge: Float32Array, sign: 1 | -1): number[] {
  const found: number[] = [];
  let best = -9;
  for (const share of charge) {
    const x = sign * share;
    if (x > best) best = x;
    else if (best - x > 0.3) {
      found.push(sign * best);
      best = x;
    }
    if (best - x > 0.3) best = x;
  }
  return found;
}

describe('cycles', () => {
  it.each([
    ['nmc111-25ah', 4.2, 2.9],
    ['lfp-22ah', 3.45, 2.6],
    ['lco-18650', 4.2, 2.9],
  ])('%s: the voltage ends at its limits, within millivolts', (cell, upperV, lowerV) => {
    const { voltage } = cycled({ chargeC: 0.7, dischargeC: 1 }, {}, { cell });
    expect(Math.max(...voltage)).toBeGreaterThan(upperV - 0.002);
    expect(Math.max(...voltage)).toBeLessThan(upperV + 0.002);
    expect(Math.min(...voltage)).toBeGreaterThan(lowerV - 0.01);
    expect(Math.min(...voltage)).toBeLessThan(lowerV + 0.2);
  });

  it('hold the voltage while the current fades to its cutoff', () => {
    const { voltage, column, scenario } = cycled({ chargeC: 1, dischargeC: 1, cutoffC: 0.1 });
    const current = column('currentA');
    const fading = [...voltage.keys()].filter(
      (row) => current[row]! > 3 && current[row]! < 24 && current[row - 1]! > current[row]!,
    );
    expect(fading.length).toBeGreaterThan(50);
    for (const row of fading) expect(Math.abs(voltage[row]! - 4.2)).toBeLessThan(0.003);
    const charging = scenario.load.points.filter(([, loadC]) => loadC > 0).map(([, loadC]) => loadC);
    expect(Math.min(...charging)).toBeGreaterThan(0.08);
  });

  it('do not drift in hundreds of cycles', () => {
    const { charge } = cycled(
      { chargeC: 2, dischargeC: 3, restS: 60, restAfterChargeS: 60 },
      { durationS: 14 * DAY_S, outputIntervalS: 60 },
    );
    const tops = turns(charge, 1);
    expect(tops.length).toBeGreaterThan(250);
    expect(Math.abs(tops.at(-1)! - tops[5]!)).toBeLessThan(0.01);
  });

  it('keep within their limits while the cell ages, and give less charge', () => {
    const { voltage, column } = cycled(
      { chargeC: 1, dischargeC: 1 },
      { durationS: 20 * DAY_S, outputIntervalS: 60 },
      { capacityLossPerDay: 0.01, resistanceGainPerDay: 0.02 },
    );
    expect(Math.max(...voltage)).toBeLessThan(4.206);
    expect(Math.min(...voltage)).toBeGreaterThan(2.88);
    const current = column('currentA');
    const charged = (from: number, to: number) =>
      current.subarray(from, to).reduce((sum, a) => sum + Math.max(a, 0), 0);
    const days = (n: number) => n * 1440;
    // The programme becomes shorter, so that the charge per time stays alike; per cycle it falls.
    const cyclesIn = (from: number, to: number) =>
      [...current.subarray(from, to).keys()].filter(
        (k) => current[from + k]! > 0 && current[from + k - 1]! <= 0,
      ).length;
    const early = charged(days(1), days(4)) / cyclesIn(days(1), days(4));
    const late = charged(days(17), days(20)) / cyclesIn(days(17), days(20));
    expect(late / early).toBeGreaterThan(0.75);
    expect(late / early).toBeLessThan(0.92);
  });

  it('keep to a part of the charge, and put pulses in', () => {
    const { charge, column } = cycled({ from: 0.3, to: 0.7, pulseEvery: 0.1, pulseC: 2, pulseS: 40 });
    const settled = charge.subarray(2000);
    expect(Math.min(...settled)).toBeGreaterThan(0.28);
    expect(Math.max(...settled)).toBeLessThan(0.72);
    expect(Math.min(...column('currentA'))).toBeCloseTo(-50, 3);
  });

  it('wobble as on a road, the same for the same seed', () => {
    const [a, b, c] = [1, 1, 2].map(
      (seed) => cycled({ wobble: 1 }, { seed, durationS: 7200 }).scenario.load.points,
    );
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });

  it.each([
    [{ cycle: { chargeC: 0 } }, 'load.cycle.chargeC: expected a number between 0.001 and 20, got 0'],
    [{ cycle: { upperV: 5 } }, 'load.cycle.upperV: expected a number between 2.8 and 4.25, got 5'],
    [{ cycle: { rate: 1 } }, 'load.cycle.rate: expected one of the keys chargeC'],
    [{ cycle: 1 }, 'load.cycle: expected an object, got 1'],
    [{ file: 'a.csv' }, 'load.file: expected points'],
    [{ grid: { rmsC: 11 } }, 'load.grid.rmsC: expected a number between 0 and 10, got 11'],
  ])('refuses %j', (load, message) => {
    expect(() => validateScenario({ name: 'x', module: { cell: 'nmc111-25ah' }, load })).toThrow(message);
  });
});

describe('grid work', () => {
  it('has the rest, the spread and the memory of the day it is fitted to', () => {
    const { points } = validateScenario({
      name: 'grid',
      durationS: DAY_S,
      seed: 3,
      module: { startCharge: 0.5 },
      load: { grid: { rmsC: 0.61, everyS: 1, highestC: 20, bandCharge: 0.5 } },
    }).load;
    const loads = points.map(([, loadC]) => loadC);
    const resting = loads.filter((loadC) => loadC === 0).length / loads.length;
    const variance = loads.reduce((sum, loadC) => sum + loadC * loadC, 0) / loads.length;
    const memory = (lag: number) =>
      loads.slice(lag).reduce((sum, loadC, i) => sum + loadC * loads[i]!, 0) /
      (loads.length - lag) /
      variance;
    expect(Math.abs(resting - 0.62)).toBeLessThan(0.05);
    expect(Math.sqrt(variance)).toBeGreaterThan(0.5);
    expect(Math.sqrt(variance)).toBeLessThan(0.72);
    for (const [lag, measured] of [
      [10, 0.782],
      [30, 0.591],
      [60, 0.463],
      [120, 0.321],
    ] as const)
      expect(Math.abs(memory(lag) - measured)).toBeLessThan(0.12);
  });

  it('keeps the charge between its ends for a month', () => {
    const { trajectory } = simulate(
      validateScenario({
        name: 'grid',
        durationS: 30 * DAY_S,
        outputIntervalS: 600,
        laboratory: {},
        load: { grid: { rmsC: 0.4, everyS: 60 } },
      }),
    );
    const charge = trajectory.column('chargeShare', 0);
    expect(Math.min(...charge)).toBeGreaterThan(0.05);
    expect(Math.max(...charge)).toBeLessThan(0.97);
  });
});

describe('ambient temperature', () => {
  const of = (ambientDegC: unknown) => validateScenario({ name: 'x', ambientDegC }).ambientDegC;

  it('rises as an oven does, 5 K/min to 250 °C, and back', () => {
    const oven = of({ ramp: { fromDegC: 25, toDegC: 250, kPerMin: 5, startS: 600, holdS: 1800 } });
    expect(profileAt(oven, 0)).toBe(25);
    expect(profileAt(oven, 600 + 600)).toBeCloseTo(75, 9);
    expect(profileAt(oven, 600 + 2700 + 900)).toBe(250);
    expect(profileAt(oven, 1e6)).toBe(25);
  });

  it('swings by the day, from any hour', () => {
    const day = of({ daily: { meanDegC: 20, swingK: 10 } });
    const late = of({ daily: { meanDegC: 20, swingK: 10, startH: 7 } });
    expect(profileAt(day, 15 * 3600)).toBe(25);
    expect(profileAt(day, 6 * 3600)).toBe(15);
    for (const hour of [0, 1, 5.5, 12, 16.9, 17, 23, 40])
      expect(profileAt(late, hour * 3600)).toBeCloseTo(profileAt(day, (hour + 7) * 3600), 9);
  });

  it('of an oven reaches the cell; opened, it lets it cool', () => {
    const { trajectory } = simulate(
      validateScenario({
        name: 'oven',
        durationS: 10_800,
        laboratory: { coolingWPerM2K: 40 },
        module: { cell: 'lco-18650', startCharge: 0 },
        faults: [{ kind: 'oven', startS: 600, riseK: 75, kPerMin: 5, durationS: 7200 }],
      }),
    );
    const at = (timeS: number) => degCOfKelvin(trajectory.column('cellTemperatureMaxK', 0)[timeS / 10]!);
    expect(at(7700)).toBeGreaterThan(98);
    expect(at(7700)).toBeLessThan(101);
    expect(at(10_800)).toBeLessThan(40);
  });
});

describe('a profile of many points', () => {
  it('is read as by a walk through it', () => {
    const points = Array.from({ length: 1001 }, (_, i): [number, number] => [
      Math.floor(i / 2) * 7,
      (i * 37) % 101,
    ]);
    const walk = (timeS: number): number => {
      const after = points.findIndex(([t]) => t > timeS);
      if (after === 0) return points[0]![1];
      if (after < 0) return points.at(-1)![1];
      const [[t0, y0], [t1, y1]] = [points[after - 1]!, points[after]!];
      return y0 + ((y1 - y0) * (timeS - t0)) / (t1 - t0);
    };
    for (let timeS = 0; timeS < 3600; timeS += 3.5) expect(profileAt({ points }, timeS)).toBe(walk(timeS));
  });
});
