/** Lists of probes whose length changes, and a module of which only the coldest sensor is delivered. */
import { describe, expect, it } from 'vitest';
import { firstS, type Measured, noise, play, type RecordedHistory } from './site.ts';

const levels = (reported: RecordedHistory): string[] => reported.changes.map(({ to }) => to);
const named = (reported: RecordedHistory): string[] => [
  ...new Set(reported.faults.map((f) => `${f.kind} ${f.channel}`)),
];
const tenths = (value: number): number => Math.round(value * 10) / 10;

/** Four probes; the last climbs to 165 °C from 300 s on. The list lacks it where `isShort` says so. */
function climbing(isShort: (timeS: number) => boolean, endS = 900): RecordedHistory {
  const random = noise(21);
  const read = (degC: number): number => tenths(degC + 0.2 * random());
  return play(endS, 1, (t): Measured => {
    const list = [read(25), read(24.6), read(24.2), read(25 + Math.max(0, Math.min(140, (t - 300) * 0.7)))];
    return {
      voltage_v: 51 + 0.02 * random(),
      current_a: -20 + random(),
      probesDegC: isShort(t) ? list.slice(0, 3) : list,
    };
  });
}

describe('a list of probes that changes its length', () => {
  it('does not calm a module whose hottest probe is missing from then on', () => {
    const reported = climbing((t) => t > 480);
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(480);
    expect(levels(reported).at(-1)).toBe('critical');
    expect(named(reported)).toContain('dropout cell_temperatures_degc[4]');
  });

  it('hides nothing where every second list is shorter', () => {
    const whole = climbing(() => false);
    const reported = climbing((t) => t % 2 === 1);
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(firstS(whole, 'critical') + 20);
    expect(levels(reported).at(-1)).toBe('critical');
  });

  it('goes on from what it knew where a probe is added', () => {
    const random = noise(22);
    const reported = play(900, 1, (t) => ({
      voltage_v: 51 + 0.02 * random(),
      current_a: -20 + random(),
      probesDegC: [25, t < 300 ? 25 : 850, 24.5, ...(t < 600 ? [] : [24.8])].map((value) =>
        value === 850 ? value : tenths(value + 0.2 * random()),
      ),
    }));
    expect(levels(reported)).not.toContain('critical');
    expect(named(reported)).toEqual(['disagrees cell_temperatures_degc[2]']);
    expect(levels(reported).at(-1)).toBe('unknown');
  });

  it('lets go of probes that were taken away for good', () => {
    const random = noise(23);
    const reported = play(3 * 3600, 10, (t) => ({
      voltage_v: 51 + 0.02 * random(),
      current_a: -20 + random(),
      probesDegC: [25, 24.6, 24.2, 25.1]
        .slice(0, t < 600 ? 4 : 3)
        .map((value) => tenths(value + 0.2 * random())),
    }));
    expect(levels(reported)).toEqual(['normal']);
    expect(named(reported)).toEqual(['dropout cell_temperatures_degc[4]']);
    expect(reported.faults.at(-1)!.toMs! / 3.6e6).toBeLessThan(1.5);
  });
});

describe('a list of cell voltages that changes its length', () => {
  it('names the cell that is missing from then on, and goes on judging the others', () => {
    const random = noise(29);
    const reported = play(1800, 1, (t) => ({
      current_a: -20 + random(),
      surface_temperature_max_degc: tenths(25 + 0.2 * random()),
      cellsV: Array.from({ length: t < 600 ? 16 : 15 }, (_, i) => 3.3 + i / 1e4 + 0.0005 * random()),
    }));
    expect(named(reported)).toEqual(['dropout cell_voltages_v[16]']);
    expect(levels(reported)).toEqual(['normal']);
  });
});

describe('the coldest sensor', () => {
  it.each([1, 10])('is heat where no other is delivered (every %d s)', (stepS) => {
    const random = noise(24);
    const reported = play(900, stepS, (t) => ({
      voltage_v: 51 + 0.02 * random(),
      current_a: -20 + random(),
      surface_temperature_min_degc: tenths(25 + Math.max(0, (t - 300) * 0.5) + 0.2 * random()),
    }));
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(300 + 190 + 15);
    expect(levels(reported).at(-1)).toBe('critical');
  });

  it('speaks for the module where the hottest has failed', () => {
    const random = noise(25);
    const reported = play(900, 1, (t) => ({
      voltage_v: 51 + 0.02 * random(),
      current_a: -20 + random(),
      surface_temperature_max_degc: t < 200 ? tenths(26 + 0.2 * random()) : Number.NaN,
      surface_temperature_min_degc: tenths(25 + Math.max(0, (t - 300) * 0.5) + 0.2 * random()),
    }));
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(300 + 190 + 15);
  });

  it('that reads far above the hottest is a fault, and never calm', () => {
    const random = noise(26);
    const reported = play(900, 1, (t) => ({
      voltage_v: 51 + 0.02 * random(),
      current_a: -20 + random(),
      surface_temperature_max_degc: tenths(26 + 0.2 * random()),
      surface_temperature_min_degc: tenths(
        (t < 300 ? 25 : Math.min(150, 25 + (t - 300) * 2)) + 0.2 * random(),
      ),
    }));
    expect(named(reported)).toContain('disagrees surface_temperature_min_degc');
    expect(levels(reported).at(-1)).toBe('unknown');
  });
});

describe('a runaway that nothing but one sensor shows', () => {
  const only = (stepS: number, values: readonly number[], room = 25): RecordedHistory => {
    const random = noise(27);
    const fromS = 30 * stepS;
    return play(fromS + (values.length - 1) * stepS, stepS, (t) => ({
      surface_temperature_max_degc:
        t < fromS ? tenths(room + 0.2 * random()) : values[Math.round((t - fromS) / stepS)]!,
    }));
  };

  it('in two bursts with a pause between them is critical with the second', () => {
    const reported = only(
      1,
      [31, 84, 148, 97, 74, 79, 118, 152, 177, 190, 196, 199, 200.4, 201, 201.2, 200.9],
    );
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(30 + 14);
  });

  it.each([10, 20, 60])('in one leap is critical once it cools as a body does (every %d s)', (stepS) => {
    const coolsBy = 0.004 * stepS;
    const values = Array.from({ length: 12 }, (_, i) =>
      i === 0 ? 338.2 : tenths(25 + 335 * Math.exp(-coolsBy * (i - 1))),
    );
    expect(firstS(only(stepS, values), 'critical')).toBeLessThanOrEqual(30 * stepS + 10 * stepS);
  });

  it.each([5, 10, 20, 60].flatMap((stepS) => [1, 2, 3, 4, 5].map((seed) => ({ stepS, seed }))))(
    'is no runaway where it jumps about above 100 °C (every $stepS s, seed $seed)',
    ({ stepS, seed }) => {
      const random = noise(28 + seed);
      const reported = only(stepS, [345, ...Array.from({ length: 200 }, () => tenths(240 + 100 * random()))]);
      expect(levels(reported)).not.toContain('critical');
      expect(levels(reported).at(-1)).toBe('unknown');
    },
  );
});
