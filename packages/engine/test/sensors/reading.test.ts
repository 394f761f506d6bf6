/** One sensor against what can be known of it exactly. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { degCOfKelvin } from '../../src/units.ts';
import { EXACT, meanOf, measured, sdOf, voltages } from './ground-truth.ts';

const MANY = 40_000;

/** A sensor of the voltage with these settings. */
const voltage = (settings: Record<string, unknown>) => ({
  channels: { voltage_v: { ...EXACT, ...settings } },
});

describe('lag', () => {
  const stepAt = (timeS: number) => ({ voltageV: (at: number) => (at >= timeS ? 1 : 0) });

  it.each([0.5, 1, 3])('reaches 90 %% of a step after t90, sampled every %d s', (intervalS) => {
    // The trajectory rises from 0 to 1 within a hundredth of the lag.
    const module = measured(
      { rows: 4001, intervalS: 0.05, columns: stepAt(10) },
      { ...voltage({ t90S: 9 }), sampling: { intervalS } },
    );
    // A step of 50 ms acts as one in its middle.
    const expected = (timeS: number) => (timeS < 10 ? 0 : 1 - 10 ** (-(timeS - 9.975) / 9));
    expect(expected(9.975 + 9)).toBeCloseTo(0.9, 12);
    for (let i = 0; i < module.rows; i++) {
      const timeS = module.truthS[i]!;
      if (Math.abs(timeS - 10) > 0.1) expect(voltages(module)[i]).toBeCloseTo(expected(timeS), 4);
    }
  });

  it('follows a ramp behind by its time constant, also between rows of the trajectory', () => {
    const tauS = 20 / Math.LN10;
    const module = measured(
      { rows: 41, intervalS: 10, columns: { voltageV: (timeS) => timeS } },
      { ...voltage({ t90S: 20, max: 1e4 }), sampling: { intervalS: 0.7 } },
    );
    for (let i = 0; i < module.rows; i += 17) {
      const timeS = module.truthS[i]!;
      expect(voltages(module)[i]).toBeCloseTo(timeS - tauS + tauS * Math.exp(-timeS / tauS), 4);
    }
  });

  it('does not depend on how often it is sampled', () => {
    const truth = { rows: 200, intervalS: 2, columns: { voltageV: (t: number) => 3 + Math.sin(t / 20) } };
    const often = measured(truth, { ...voltage({ t90S: 8 }), sampling: { intervalS: 0.5 } });
    const seldom = measured(truth, { ...voltage({ t90S: 8 }), sampling: { intervalS: 30 } });
    for (let i = 0; i < seldom.rows; i++)
      expect(voltages(seldom)[i]).toBeCloseTo(voltages(often)[i * 60]!, 9);
  });
});

describe('sampling the truth', () => {
  it('is straight between rows', () => {
    const module = measured(
      { rows: 11, intervalS: 10, columns: { voltageV: (timeS) => timeS } },
      { ...voltage({ max: 1e4 }), sampling: { intervalS: 0.7 } },
    );
    for (let i = 0; i < module.rows; i++) expect(voltages(module)[i]).toBeCloseTo(0.7 * i, 9);
    expect(module.rows).toBe(Math.floor(100 / 0.7) + 1);
  });
});

describe('noise', () => {
  const noisy = measured({ rows: MANY }, voltage({ noiseSd: 0.2 }));
  const errors = voltages(noisy).map((value) => value - 50);

  it('has the deviation of its setting, no mean and no memory', () => {
    // Standard errors: 0.2/√n of the mean, 0.2/√2n of the deviation, 1/√n of the correlation; five of each.
    expect(Math.abs(meanOf(errors))).toBeLessThan((5 * 0.2) / Math.sqrt(MANY));
    expect(Math.abs(sdOf(errors) - 0.2)).toBeLessThan((5 * 0.2) / Math.sqrt(2 * MANY));
    const pairs = Array.from(errors.subarray(1), (error, i) => error * errors[i]!);
    expect(Math.abs(meanOf(pairs) / 0.04)).toBeLessThan(5 / Math.sqrt(MANY));
  });

  it('is normal: shares beyond one, two and three deviations', () => {
    for (const [sigmas, share] of [
      [1, 0.3173],
      [2, 0.0455],
      [3, 0.0027],
    ] as const) {
      const beyond = errors.filter((error) => Math.abs(error) > sigmas * 0.2).length / MANY;
      expect(Math.abs(beyond - share)).toBeLessThan(5 * Math.sqrt(share / MANY));
    }
  });

  it('is scaled for all sensors by noiseFactor', () => {
    const twice = measured({ rows: MANY }, { noiseFactor: 2, ...voltage({ noiseSd: 0.2 }) });
    expect(sdOf(voltages(twice))).toBeCloseTo(2 * sdOf(voltages(noisy)), 6);
  });
});

describe('drift', () => {
  it('has its deviation and forgets in its time, however it is sampled', () => {
    const drifting = voltage({ driftSd: 0.5, driftTimeS: 50 });
    const module = measured({ rows: 200_001 }, drifting);
    const errors = voltages(module).map((value) => value - 50);
    // About 200000/100 independent values; straight pieces between the steps take off one part in a hundred.
    expect(Math.abs(sdOf(errors) - 0.5)).toBeLessThan(0.05);
    const apart = (lagS: number) =>
      meanOf(Array.from(errors.subarray(lagS), (error, i) => error * errors[i]!)) / sdOf(errors) ** 2;
    expect(Math.abs(apart(50) - Math.exp(-1))).toBeLessThan(0.08);
    expect(errors.every((error) => Math.abs(error) <= 1.5 + 1e-5)).toBe(true);
    const seldom = measured({ rows: 200_001 }, { ...drifting, sampling: { intervalS: 40 } });
    expect(voltages(seldom)[100]).toBe(voltages(module)[4000]);
  });

  it('an offset of its own is another one for each sensor', () => {
    const own = (seed: number) =>
      voltages(measured({ rows: 2 }, voltage({ offsetSd: 2, offset: 1 }), { seed }))[0]! - 51;
    const offsets = Array.from({ length: 400 }, (_, seed) => own(seed));
    expect(Math.abs(sdOf(offsets) - 2)).toBeLessThan((5 * 2) / Math.sqrt(800));
    expect(Math.abs(meanOf(offsets))).toBeLessThan((5 * 2) / 20);
  });
});

describe('missing values and outliers', () => {
  const module = measured(
    { rows: 200_000 },
    voltage({ noiseSd: 0.1, missingShare: 0.01, outlierShare: 0.002, outlierSigma: 50 }),
  );
  const values = voltages(module);

  it('come in their shares', () => {
    const missing = values.filter(Number.isNaN).length;
    expect(Math.abs(missing - 2000)).toBeLessThan(5 * Math.sqrt(2000));
    const off = values.filter((value) => Math.abs(value - 50) > 4);
    expect(Math.abs(off.length - 400 * 0.99)).toBeLessThan(5 * 20);
    const upwards = off.filter((value) => value > 50).length;
    expect(Math.abs(upwards - off.length / 2)).toBeLessThan(5 * Math.sqrt(off.length / 4));
    expect(off.every((value) => Math.abs(Math.abs(value - 50) - 5) < 0.6)).toBe(true);
  });

  it('each outlier is told, and nothing that is none', () => {
    const reported = new Set(
      module.sensorFaults.map(({ kind, channel, fromS }) => `${kind} ${channel} ${fromS}`),
    );
    const wrong = values.filter(
      (value, row) =>
        !Number.isNaN(value) && reported.has(`outlier voltage_v ${row}`) !== Math.abs(value - 50) > 4,
    );
    expect(wrong).toHaveLength(0);
  });

  it('switching them on moves no other value', () => {
    const calm = voltages(measured({ rows: 200_000 }, voltage({ noiseSd: 0.1 })));
    let same = 0;
    values.forEach((value, row) => {
      if (value === calm[row]) same++;
    });
    expect(same).toBeGreaterThan(200_000 * 0.985);
  });
});

describe('resolution', () => {
  it('delivers the nearest double to the decimal of its grid', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 0.3, 0.5, 1, 2, 5, 12.5, 1e-6),
        fc.float({ min: -1000, max: 1000, noNaN: true }),
        (resolution, value) => {
          const module = measured(
            { rows: 2, columns: { voltageV: () => value } },
            voltage({ resolution, min: -1e6, max: 1e6 }),
          );
          const read = voltages(module)[0]!;
          expect(Math.abs(read - value)).toBeLessThanOrEqual(resolution / 2 + 1e-9);
          expect(read).toBe(Number(read.toFixed(6)));
          expect(Object.is(read, -0)).toBe(false);
          const steps = read / resolution;
          expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
        },
      ),
    );
  });
});

describe('range', () => {
  it('reads its limit beyond it, and it is told when the truth was beyond', () => {
    const module = measured(
      { rows: 101, columns: { voltageV: (timeS) => timeS } },
      voltage({ min: 5, max: 80 }),
    );
    expect(voltages(module)[2]).toBe(5);
    expect(voltages(module)[100]).toBe(80);
    expect(module.sensorFaults).toEqual([
      { channel: 'voltage_v', kind: 'saturated', fromS: 0, toS: 5 },
      { channel: 'voltage_v', kind: 'saturated', fromS: 81, toS: null },
    ]);
  });

  it('noise at a floor is no saturation', () => {
    const module = measured(
      { rows: 500 },
      { deliver: ['co_ppm'], channels: { co_ppm: { ...EXACT, noiseSd: 1, min: 0 } } },
    );
    expect(Math.min(...module.channels.get('co_ppm')!)).toBe(0);
    expect(module.sensorFaults).toEqual([]);
  });
});

describe('cross-sensitivity', () => {
  it('a CO cell answers to hydrogen by its share, with its own lag', () => {
    const truth = { rows: 301, columns: { h2Ppm: (timeS: number) => (timeS > 0 ? 1000 : 0) } };
    const read = (t90S: number) =>
      measured(truth, {
        deliver: ['co_ppm'],
        channels: { co_ppm: { ...EXACT, t90S, cross: { h2_ppm: 0.12 } } },
      }).channels.get('co_ppm')!;
    expect(read(0)[10]).toBeCloseTo(120, 9);
    const lagging = read(30);
    expect(lagging[31]! / 120).toBeCloseTo(0.9, 1);
    expect(lagging[300]).toBeCloseTo(120, 6);
  });

  it('a vapour sensor answers to the humidity, which falls as the same air warms', () => {
    const airK = (timeS: number) => 293.15 + timeS / 10;
    const module = measured(
      { rows: 101, columns: { airTemperatureK: airK } },
      {
        humidityPercent: 60,
        deliver: ['voc_ppm', 'humidity_percent'],
        channels: { voc_ppm: { ...EXACT, cross: { humidity_percent: 0.1 } }, humidity_percent: EXACT },
      },
    );
    const humidity = module.channels.get('humidity_percent')!;
    // Saturation pressures of water: 2339 Pa at 20 °C, 4246 Pa at 30 °C (CRC Handbook).
    expect(humidity[0]).toBeCloseTo(60, 9);
    expect(degCOfKelvin(airK(100))).toBeCloseTo(30, 9);
    expect(humidity[100]).toBeCloseTo((60 * 2339) / 4246, 0);
    expect(module.channels.get('voc_ppm')![100]).toBeCloseTo(humidity[100]! / 10, 9);
  });
});
