/** Readings that are extreme from the first row on, and what batteries deliver that looks like a fault and is none. */
import { describe, expect, it } from 'vitest';
import { Detector, type SensorFault } from '../../src/detector/index.ts';
import { frameOf, type Measured, noise, play, playMany, type RecordedHistory, story } from './site.ts';

const named = (reported: RecordedHistory, moduleId = 'module'): string[] => [
  ...new Set(
    reported.faults.filter((f) => f.moduleId === moduleId).map(({ kind, channel }) => `${kind} ${channel}`),
  ),
];
const levels = (reported: RecordedHistory, moduleId = 'module'): string[] =>
  reported.changes.filter((change) => change.moduleId === moduleId).map(({ to }) => to);

/** Of a calm module of 16 cells. */
function calm(seed: number): (timeS: number) => Measured & { cellsV: number[]; probesDegC: number[] } {
  const random = noise(seed);
  return (t) => {
    const cellV = 3.26 + 0.02 * Math.sin(t / 900);
    return {
      voltage_v: Math.round((16 * cellV + 0.01 * random()) * 100) / 100,
      current_a: -40 + random(),
      cellsV: Array.from({ length: 16 }, (_, i) => cellV + i * 2e-4 + 1e-3 * random()),
      probesDegC: [18, 18.4, 18.7, 19].map(
        (base) => Math.round((base + t / 9000 + 0.1 * random()) * 10) / 10,
      ),
    };
  };
}

describe('a probe that is open or shorted from the first row on', () => {
  it.each([1, 10, 60])(
    'beside its neighbours: a warning at once, soon a fault, never critical (every %d s)',
    (stepS) => {
      const measure = calm(1);
      const reported = play(3600, stepS, (t) => {
        const now = measure(t);
        const probesDegC = now.probesDegC.with(3, 215);
        const mean = probesDegC.reduce((a, b) => a + b) / 4;
        return {
          ...now,
          probesDegC,
          surface_temperature_max_degc: 215,
          surface_temperature_mean_degc: mean,
          surface_temperature_min_degc: Math.min(...probesDegC),
        };
      });
      expect(levels(reported)).not.toContain('critical');
      expect(levels(reported).at(-1)).toBe('normal');
      expect(named(reported)).toContain('disagrees cell_temperatures_degc[4]');
      const fault = reported.faults.find(({ channel }) => channel === 'cell_temperatures_degc[4]')!;
      expect(fault.hottestDegC).toBe(215);
      expect(fault.fromMs / 1000).toBeLessThanOrEqual(Math.max(120, 12 * stepS));
      expect(fault.text).toContain('since the start');
    },
  );

  it('where only hottest, mean and coldest are delivered: named, and unknown, for nothing else tells of heat', () => {
    const measure = calm(2);
    const reported = play(3600, 10, (t) => {
      const { probesDegC, ...rest } = measure(t);
      const of = [...probesDegC.slice(0, 3), 215];
      return {
        ...rest,
        surface_temperature_max_degc: 215,
        surface_temperature_mean_degc: of.reduce((a, b) => a + b) / 4,
        surface_temperature_min_degc: probesDegC[0]!,
      };
    });
    expect(levels(reported)).not.toContain('critical');
    expect(levels(reported).at(-1)).toBe('unknown');
    expect(named(reported)).toContain('disagrees surface_temperature_max_degc');
  });

  it('of a module with one probe, which its rack contradicts', () => {
    const modules = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((id, i) => {
        const measure = calm(10 + i);
        return [
          id,
          (t: number): Measured => {
            const { probesDegC, ...rest } = measure(t);
            return { ...rest, surface_temperature_max_degc: id === 'c' ? 150 : probesDegC[0]! };
          },
        ];
      }),
    );
    const reported = playMany(3600, 10, modules);
    expect(levels(reported, 'c')).not.toContain('critical');
    expect(levels(reported, 'c').at(-1)).toBe('unknown');
    expect(named(reported, 'c')).toContain('disagrees surface_temperature_max_degc');
    expect(levels(reported, 'a')).toEqual(['normal']);
  });

  it('that has never moved and then cools or heats as a body does burns: critical', () => {
    for (const perS of [-0.5, 0.5]) {
      const measure = calm(3);
      const reported = play(500, 1, (t) => {
        const now = measure(t);
        return { ...now, probesDegC: now.probesDegC.with(3, 215 + perS * Math.max(0, t - 300)) };
      });
      expect(story(reported)).toMatch(/critical@3[0-3]\d/);
      expect(levels(reported).at(-1)).toBe('critical');
    }
  });

  it('at the cold end: named, and no spread of temperatures', () => {
    const measure = calm(4);
    const reported = play(1800, 10, (t) => {
      const { probesDegC, ...rest } = measure(t);
      return { ...rest, surface_temperature_max_degc: probesDegC[3]!, surface_temperature_min_degc: -40 };
    });
    expect(levels(reported)).toEqual(['normal']);
    expect(named(reported)).toEqual(['disagrees surface_temperature_min_degc']);
  });

  it('a frost that is encoded as a hundred degrees, in all probes of one module beside its rack', () => {
    const reported = playMany(3 * 3600, 10, {
      a: shifted(calm(21), -20),
      b: shifted(calm(22), 84),
      c: shifted(calm(23), -20),
    });
    expect(levels(reported, 'b')).not.toContain('critical');
    expect(levels(reported, 'b')).toContain('warning');
  });
});

const shifted =
  (measure: ReturnType<typeof calm>, byK: number) =>
  (t: number): Measured => {
    const now = measure(t);
    return { ...now, probesDegC: now.probesDegC.map((value) => Math.round((value + byK) * 10) / 10) };
  };

describe('a surface that burns', () => {
  it('stays critical at the rail of its probe for hours, although its neighbours stay cool and warm up a little', () => {
    const measure = calm(5);
    const reported = play(4 * 3600, 10, (t) => {
      const now = measure(t);
      const hot = t < 600 ? now.probesDegC[0]! : Math.min(150.2, 18 + (t - 600) / 2);
      const warmed = now.probesDegC.map((value) => value + Math.min(9, Math.max(0, t - 600) / 1200));
      return { ...now, probesDegC: warmed.with(0, hot) };
    });
    expect(levels(reported).at(-1)).toBe('critical');
    expect(named(reported)).toEqual([]);
  });

  it('stays critical for an hour when the wire of its probe has torn, whatever the others read', () => {
    for (const reads of [Number.NaN, 19]) {
      const measure = calm(6);
      const reported = play(3600, 1, (t) => {
        const now = measure(t);
        const hot = t < 600 ? now.probesDegC[0]! : t < 900 ? Math.min(400, 18 + 3 * (t - 600)) : reads;
        return { ...now, probesDegC: now.probesDegC.with(0, hot) };
      });
      expect(levels(reported).at(-1)).toBe('critical');
    }
  });

  it('is never normal from its first hot frame on, also where the sensor is lost before anybody could be sure', () => {
    const measure = calm(7);
    const reported = play(120, 1, (t) => {
      const now = measure(t);
      return { ...now, probesDegC: now.probesDegC.with(0, t < 60 ? 18 : t === 60 ? 240 : Number.NaN) };
    });
    expect(story(reported)).toBe('normal@4 unknown@60 warning@64');
  });
});

describe('a fault whose sensor reads hot', () => {
  it('is told again when its reading passes 100 °C, with the highest reading', () => {
    const faults: SensorFault[] = [];
    const detector = new Detector({ sink: { sensorFault: (fault) => faults.push(fault) } });
    const measure = calm(8);
    for (let t = 0; t < 900; t++) {
      const now = measure(t);
      const third = t < 300 || t % 3 > 0 ? 18.2 : t < 600 ? 80 : 160;
      detector.observe(frameOf('module', t, { ...now, probesDegC: now.probesDegC.with(2, third) }));
    }
    const hottest = faults.filter(({ toMs }) => toMs === null).map(({ hottestDegC }) => hottestDegC);
    expect(hottest).toEqual([18.2, 160]);
    expect(new Set(faults.map(({ fromMs }) => fromMs)).size).toBe(1);
    expect(faults[0]!.text).toContain('jumps back and forth');
  });
});

describe('what looks like a fault and is none', () => {
  it('start values: zeros and full scale for the first frames', () => {
    const measure = calm(30);
    const reported = play(1800, 10, (t) => {
      if (t === 0) return { voltage_v: 0, current_a: 0, probesDegC: [0, 0, 0, 0], cellsV: Array(16).fill(0) };
      return measure(t);
    });
    expect(levels(reported)).toEqual(['normal']);
  });

  it('a loose sense wire: two neighbours mirror each other at random, the pack voltage is steady', () => {
    const measure = calm(31);
    const random = noise(32);
    const reported = play(5400, 10, (t) => {
      const now = measure(t);
      const by = t > 1800 ? Math.abs(random()) * 0.5 : 0;
      return { ...now, cellsV: now.cellsV.with(6, now.cellsV[6]! - by).with(7, now.cellsV[7]! + by) };
    });
    expect(levels(reported)).toEqual(['normal']);
    expect(named(reported)).toEqual(['disagrees cell_voltages_v[7]']);
  });

  it('a balancer that pulls pairs of neighbours apart now here, now there', () => {
    const measure = calm(33);
    const random = noise(34);
    const reported = play(5400, 10, (t) => {
      const now = measure(t);
      if (random() < 0) return now;
      const at = Math.floor(Math.abs(random()) * 14.99);
      const by = Math.abs(random()) * 0.25;
      return {
        ...now,
        cellsV: now.cellsV.with(at, now.cellsV[at]! - by).with(at + 1, now.cellsV[at + 1]! + by * 0.5),
      };
    });
    expect(levels(reported).filter((level) => level === 'warning' || level === 'critical')).toEqual([]);
  });

  it('a count of charge that jumps to nothing and back', () => {
    const measure = calm(35);
    const reported = play(3600, 10, (t) => ({ ...measure(t), soc_percent: t % 900 > 600 ? 0 : 52 }));
    expect(levels(reported)).toEqual(['normal']);
  });
});
