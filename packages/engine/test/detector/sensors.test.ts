import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Measured, noise, play, type RecordedHistory } from './site.ts';

/** A cell that is cycled: voltage travels, temperature follows a little. */
const cycled = (t: number, random: () => number): Measured => ({
  surface_temperature_max_degc: 25 + 3 * Math.sin(t / 1500) + random() * 0.02,
  voltage_v: 3.6 + 0.5 * Math.sin(t / 1200) + random() * 0.002,
  current_a: 1,
});

const named = (reported: RecordedHistory): string[] => [
  ...new Set(reported.faults.map(({ kind, channel }) => `${kind} ${channel}`)),
];
const levels = (reported: RecordedHistory): string[] => [...new Set(reported.changes.map(({ to }) => to))];

describe('sensor faults', () => {
  it('stuck: a fine temperature that stands still while the voltage travels', () => {
    const random = noise(2);
    const reported = play(6000, 1, (t) => ({
      ...cycled(t, random),
      ...(t > 2000 && { surface_temperature_max_degc: 26.123 }),
    }));
    expect(named(reported)).toEqual(['stuck surface_temperature_max_degc']);
    expect(levels(reported)).toEqual(['normal', 'unknown']);
  });

  it('impossible: refused values are named, and the level is unknown once nothing else tells of heat', () => {
    const reported = play(600, 1, (t) =>
      t < 300
        ? { surface_temperature_max_degc: 25, voltage_v: 3.7 }
        : { voltage_v: 3.7, impossible: ['surface_temperature_max_degc'] },
    );
    expect(named(reported)).toEqual(['impossible surface_temperature_max_degc']);
    expect(reported.changes.at(-1)).toMatchObject({ from: 'normal', to: 'unknown' });
  });

  it('impossible in every third frame: named, but what comes between is enough to judge', () => {
    const reported = play(900, 10, (t) =>
      t % 30 === 0
        ? { voltage_v: 3.7, impossible: ['surface_temperature_max_degc'] }
        : { surface_temperature_max_degc: 25, voltage_v: 3.7 },
    );
    expect(named(reported)).toEqual(['impossible surface_temperature_max_degc']);
    expect(levels(reported)).toEqual(['normal']);
  });

  it('a temperature that comes every minute beside a voltage every second is judged like any other', () => {
    const reported = play(3600, 1, (t) => ({
      voltage_v: 3.7,
      ...(t % 60 === 0 && { surface_temperature_max_degc: 25 + Math.max(0, t - 1200) / 20 }),
    }));
    expect(named(reported)).toEqual([]);
    const warning = reported.changes.find(({ to }) => to === 'warning')!;
    expect(warning.reasons[0]!.rule).toBe('B2-2');
    expect(warning.timeMs / 1000).toBeLessThan(1200 + 600);
  });

  it('dropout: a channel that came and is gone', () => {
    const measure = (t: number): Measured => ({
      voltage_v: 3.7,
      ...(t < 300 && { surface_temperature_max_degc: 25 }),
    });
    const reported = play(600, 1, measure);
    expect(named(reported)).toEqual(['dropout surface_temperature_max_degc']);
    expect(reported.faults[0]!.fromMs / 1000).toBe(299);
    expect(named(play(355, 1, measure))).toEqual([]);
  });

  it('dropout: a channel of its own slow pace is missed only after several of its own gaps', () => {
    const measure = (t: number): Measured => ({
      surface_temperature_max_degc: 25,
      ...(t % 600 === 0 && t < 12_000 && { h2_ppm: 1 }),
    });
    expect(named(play(11_400 + 2900, 5, measure))).toEqual([]);
    expect(named(play(11_400 + 6 * 600, 5, measure))).toEqual(['dropout h2_ppm']);
  });

  it('dropout: one outage is no pace of its own', () => {
    const measure = (t: number): Measured => ({
      surface_temperature_max_degc: 25,
      ...(!(t > 1000 && t < 4000) && t < 6000 && { h2_ppm: 1 }),
    });
    const reported = play(7000, 1, measure);
    expect(reported.faults.filter(({ toMs }) => toMs === null)).toHaveLength(2);
  });

  it('leap: one sensor jumps to 300 °C and stays while the voltage does not move', () => {
    const random = noise(4);
    const reported = play(3000, 1, (t) => ({
      ...cycled(t, random),
      ...(t > 1000 && { surface_temperature_max_degc: 300 + random() }),
    }));
    expect(named(reported)).toEqual(['disagrees surface_temperature_max_degc']);
    expect(levels(reported)).not.toContain('critical');
  });

  it('leap with a collapsing voltage is an event, not a fault', () => {
    const reported = play(1100, 1, (t) => ({
      surface_temperature_max_degc: t < 1002 ? 25 : Math.min(400, 25 + 80 * (t - 1001)),
      voltage_v: t < 1000 ? 3.9 : 0.4,
    }));
    expect(levels(reported)).toContain('critical');
    expect(named(reported)).toEqual([]);
  });

  it('one probe of four leaps, comes off, or stands still: named, and the others go on judging', () => {
    const base = (t: number): number => 25 + t / 200;
    const wander = (t: number, third: number): Measured => ({
      probesDegC: [base(t), base(t) + 0.3, third, base(t) - 0.2],
      voltage_v: 3.7 + t * 1e-6,
    });
    const leap = play(3000, 1, (t) => wander(t, t > 1500 ? 180 : base(t)));
    expect(named(leap)).toEqual(['disagrees cell_temperatures_degc[3]']);
    // Soon a warning; then nobody knows: a probe that was believed reads 180 °C, and the others do not speak for its place.
    expect(leap.changes.map(({ to }) => to)).toEqual(['normal', 'unknown', 'warning', 'unknown']);
    expect(leap.changes.at(-1)!.reasons[0]!.text).toContain('reads or read 100 °C or more');
    expect(leap.changes[2]!.reasons.map(({ rule }) => rule)).toEqual(['LEAP']);
    const loose = play(3000, 1, (t) =>
      wander(t, t > 1500 ? Math.max(5, base(t) - (t - 1500) / 10) : base(t)),
    );
    expect(named(loose)).toContain('disagrees cell_temperatures_degc[3]');
    expect(levels(loose)).toEqual(['normal']);
    const stuck = play(6000, 1, (t) => wander(t, t > 1500 ? 32.5 : base(t)));
    expect(named(stuck)).toEqual(['stuck cell_temperatures_degc[3]']);
  });

  it('a mean above the maximum cannot be', () => {
    const reported = play(300, 1, () => ({
      surface_temperature_max_degc: 25,
      surface_temperature_mean_degc: 33,
    }));
    expect(named(reported)).toEqual(['disagrees surface_temperature_max_degc']);
  });

  it('two neighbouring cells that deviate by as much in opposite directions share a wire', () => {
    const cellsV = [3.3, 3.3, 3.42, 3.18, 3.3, 3.3, 3.3, 3.3];
    const reported = play(900, 1, () => ({ cellsV, surface_temperature_max_degc: 25 }));
    expect(named(reported)).toEqual(['disagrees cell_voltages_v[4]']);
    expect(levels(reported)).toEqual(['normal']);
  });

  it('a cell whose value stands still while its siblings are discharged', () => {
    const reported = play(3600, 1, (t) => ({
      cellsV: Array.from({ length: 8 }, (_, i) => 4 - (i === 2 && t > 600 ? 600 : t) * 5e-5),
    }));
    expect(named(reported)).toContain('stuck cell_voltages_v[3]');
  });

  it('a fault that has gone is closed', () => {
    const reported = play(900, 1, (t) => ({
      voltage_v: 3.7,
      surface_temperature_max_degc: 25,
      ...(t > 300 &&
        t < 320 && {
          surface_temperature_max_degc: Number.NaN,
          impossible: ['surface_temperature_max_degc' as const],
        }),
    }));
    expect(reported.faults.map(({ toMs }) => toMs)).toEqual([null, 319_000]);
  });

  it('whatever one temperature sensor does while the voltage is calm, it never raises critical', () => {
    const value = fc.oneof(
      fc.constantFrom(-40, 0, 150, 850, Number.NaN),
      fc.double({ min: -60, max: 1250, noNaN: true }),
    );
    const segment = fc.record({
      lengthS: fc.integer({ min: 1, max: 400 }),
      value,
      noiseK: fc.constantFrom(0, 0.1, 30),
    });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
        const random = noise(9);
        let at = 0;
        // What comes back alive from a hole may have heated in it: that burns.
        const values = segments.flatMap(({ lengthS, value: level, noiseK }, i) => {
          const isAfterHole = Number.isNaN(segments[i - 1]?.value ?? 0);
          const noise = isAfterHole && noiseK === 0.1 ? 0 : noiseK;
          return Array.from({ length: lengthS }, () => level + random() * noise);
        });
        const reported = play(600 + values.length, 1, (t) => ({
          voltage_v: 3.7 + random() * 0.001,
          surface_temperature_max_degc: t < 600 ? 25 + random() * 0.05 : (values[at++] ?? 25),
        }));
        expect(levels(reported)).not.toContain('critical');
      }),
      // Fixed: noise that happens to climb for seconds like a body would be taken for one.
      { numRuns: 150, seed: 20260115 },
    );
  });
});
