import { describe, expect, it } from 'vitest';
import { firstS, type Measured, noise, play, playMany, type RecordedHistory, rulesAt } from './site.ts';

const levels = (reported: RecordedHistory): string[] => reported.changes.map(({ to }) => to);

describe('a runaway that the sampling is too slow to follow', () => {
  /** One of four probes warms for 20 minutes, then leaps by 200 K twice and cools slowly; the pack hides the voltage. */
  const pack = (stepS: number) => {
    const random = noise(8);
    const hot = (t: number): number => {
      if (t < 3600) return 31;
      if (t < 4800) return 31 + ((t - 3600) / 1200) * 50;
      return 81 + Math.min(400, ((t - 4800) / stepS) * 200) * Math.exp(-Math.max(0, t - 4800) / 3000);
    };
    return play(7200, stepS, (t) => ({
      voltage_v: 380,
      probesDegC: [31, hot(t), 31, 31].map((value) => value + random() * 0.1),
    }));
  };

  it.each([1, 10])(
    'is critical within a minute, names the probe and does not fall back (every %d s)',
    (stepS) => {
      const reported = pack(stepS);
      expect(firstS(reported, 'critical')).toBeGreaterThan(4800);
      expect(firstS(reported, 'critical')).toBeLessThan(4860);
      expect(reported.changes.at(-1)!.to).toBe('critical');
      expect(reported.changes.at(-1)!.reasons[0]!.text).toContain('probe 2');
      expect(reported.faults).toEqual([]);
    },
  );

  it('without any forewarning it is told at once as a leap, and critical once it moves like a body', () => {
    const reported = play(2400, 1, (t) => ({
      voltage_v: 380,
      surface_temperature_max_degc: t < 1800 ? 30 : 30 + 420 * Math.exp(-(t - 1800) / 900),
    }));
    expect(rulesAt(reported, 'warning')).toEqual(['LEAP']);
    expect(firstS(reported, 'warning')).toBeLessThan(1806);
    expect(firstS(reported, 'critical')).toBeLessThan(1830);
  });

  it('that burns out cools by tens of kelvins a frame, and its sensor is no fault', () => {
    const reported = play(7200, 10, (t) => ({
      voltage_v: t < 1800 ? 3.8 : 0.02,
      surface_temperature_max_degc:
        t < 1200 ? 25 : t < 1800 ? 25 + (t - 1200) / 8 : 30 + 500 * Math.exp(-(t - 1800) / 130),
    }));
    expect(reported.faults).toEqual([]);
    expect(levels(reported).slice(0, 4)).toEqual(['normal', 'advisory', 'warning', 'critical']);
    expect(firstS(reported, 'critical')).toBeLessThan(1860);
  });

  it('sampled every two minutes it is found all the same', () => {
    const reported = play(6 * 3600, 120, (t) => ({
      voltage_v: 3.7,
      surface_temperature_max_degc: 25 + Math.max(0, t - 7200) / 55,
    }));
    expect(levels(reported)).toEqual(['normal', 'advisory', 'warning', 'critical']);
  });

  it('that lies in a gap is seen when the frames come back', () => {
    const reported = play(3600, 1, (t) => {
      if (t > 2400 && t < 2550) return null;
      const after = t >= 2550;
      return {
        voltage_v: after ? 0.02 : 3.8,
        surface_temperature_max_degc: after ? 450 - (t - 2550) / 10 : 25 + Math.max(0, t - 1800) / 20,
      };
    });
    expect(firstS(reported, 'critical')).toBeLessThan(2560);
  });

  it('that has begun before the first frame is critical from the start, never normal', () => {
    expect(levels(play(600, 1, () => ({ voltage_v: 0.01, surface_temperature_max_degc: 300 })))).toEqual([
      'critical',
    ]);
  });
});

describe('a hot module', () => {
  it('that creeps to 130 °C at 0.5 K/min is critical from 90 °C on, and stays so while it is hot', () => {
    const reported = play(6 * 3600, 10, (t) => ({
      voltage_v: 3.8,
      surface_temperature_max_degc: Math.min(130, 25 + t / 120),
    }));
    expect(levels(reported)).toEqual(['normal', 'advisory', 'warning', 'critical']);
    expect(firstS(reported, 'critical')).toBeLessThan((92 - 25) * 120);
  });
});

describe('a cell of a pack', () => {
  const cells = (t: number, lastV: number | undefined): number[] =>
    Array.from({ length: 96 }, (_, i) => (i === 39 && t >= 1200 ? (lastV ?? Number.NaN) : 3.7));

  it('that collapses is a warning within seconds, and critical with the heat of its neighbourhood', () => {
    const reported = play(1500, 1, (t) => ({
      cellsV: cells(t, 0.2),
      surface_temperature_max_degc: 25 + Math.max(0, t - 1200) * 0.1,
    }));
    expect(firstS(reported, 'warning')).toBeLessThan(1210);
    expect(firstS(reported, 'critical')).toBeLessThan(1320);
  });

  it('that is no longer delivered is named, and makes a leap of a temperature believable', () => {
    const reported = play(1500, 1, (t) => ({
      cellsV: cells(t, undefined),
      surface_temperature_max_degc:
        t < 1210 ? 30 : Math.min(430, 30 + (t - 1209) * 100) - Math.max(0, t - 1214) / 5,
    }));
    expect(reported.faults[0]).toMatchObject({ kind: 'dropout', channel: 'cell_voltages_v[40]' });
    expect(firstS(reported, 'critical')).toBeLessThan(1225);
  });
});

describe('what is no event', () => {
  it('a logger that writes zeros for eight seconds', () => {
    const reported = play(2400, 1, (t) => {
      const isLost = t >= 1200 && t < 1208;
      return { voltage_v: isLost ? 0 : 3.7, surface_temperature_max_degc: isLost ? 0 : 25 };
    });
    expect(levels(reported)).toEqual(['normal']);
    expect(reported.faults[0]).toMatchObject({ kind: 'impossible', channel: 'all channels' });
  });

  it('a board that reports 0 V and 150 °C for five minutes is no critical', () => {
    const reported = play(7200, 1, (t) => {
      const isWrong = t >= 3000 && t < 3300;
      return { voltage_v: isWrong ? 0 : 3.7, surface_temperature_max_degc: isWrong ? 150 : 25 };
    });
    expect(levels(reported)).not.toContain('critical');
    expect(reported.changes.at(-1)!.to).toBe('normal');
  });

  it('a contactor that opens: the voltage is switched off, and that is said', () => {
    const reported = play(3600, 1, (t) => ({
      voltage_v: t % 1800 > 1200 ? 2 : 380,
      surface_temperature_max_degc: 30,
    }));
    expect(new Set(levels(reported))).toEqual(new Set(['normal', 'unknown']));
    expect(reported.changes[1]!.reasons[0]!.text).toContain('switched off');
  });

  it('the knee of a deep discharge without a current to explain it is no collapse', () => {
    const random = noise(12);
    const reported = play(7200, 1, (t) => {
      const left = 1800 - (t % 3600);
      const voltage = left > 0 ? 2 + 1.25 * (1 - Math.exp(-left / 60)) : 3.1;
      return { voltage_v: voltage + random() * 0.001, surface_temperature_max_degc: 25 };
    });
    expect(levels(reported)).toEqual(['normal']);
  });

  it('three cells in three chambers: without a rack nothing says that they are siblings', () => {
    const chamber =
      (degC: number, phase: number) =>
      (t: number): Measured => ({
        surface_temperature_max_degc: degC + Math.sin(t / 900 + phase),
        voltage_v: 3.6 + 0.5 * Math.sin(t / 1200 + phase),
      });
    const reported = playMany(7200, 1, { a: chamber(25, 0), b: chamber(25, 2), c: chamber(45, 4) }, {}, null);
    expect(reported.changes.map(({ to }) => to)).toEqual(['normal', 'normal', 'normal']);
  });
});

describe('doubt', () => {
  it('a picture that stands still under load is no live telemetry', () => {
    const random = noise(6);
    const reported = play(4000, 1, (t) =>
      t < 2000
        ? {
            voltage_v: 3.7 + random() * 0.002,
            surface_temperature_max_degc: 25 + random() * 0.05,
            current_a: -1,
          }
        : { voltage_v: 3.702, surface_temperature_max_degc: 25.01, current_a: -1 },
    );
    expect(levels(reported)).toEqual(['normal', 'unknown']);
    expect(reported.faults).toContainEqual(
      expect.objectContaining({ kind: 'stuck', channel: 'all channels' }),
    );
  });

  it('all probes gone, or all cells: the module is unknown', () => {
    const lost = (what: 'probesDegC' | 'cellsV') =>
      play(1200, 1, (t) => {
        const { [what]: _, ...rest } = { probesDegC: [25, 26], cellsV: [3.7, 3.7, 3.7] };
        return t < 600 ? { probesDegC: [25, 26], cellsV: [3.7, 3.7, 3.7] } : rest;
      });
    for (const what of ['probesDegC', 'cellsV'] as const) {
      expect(levels(lost(what))).toEqual(['normal', 'unknown']);
      expect(lost(what).faults[0]).toMatchObject({ kind: 'dropout' });
    }
  });

  it('a module that sends a burst every minute is judged between its bursts', () => {
    const reported = play(3600, 0.5, (t) =>
      t % 65 < 3 ? { voltage_v: 3.7, surface_temperature_max_degc: 25 + t / 40 } : null,
    );
    expect(firstS(reported, 'advisory')).toBeLessThan((56 - 25) * 40 + 65);
    expect(levels(reported).filter((level) => level === 'unknown').length).toBeLessThanOrEqual(3);
  });
});
