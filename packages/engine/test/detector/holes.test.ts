/** What was not seen to heat: a hole in the temperature, the start of a stream, a sensor that was believed and is not. */
import { describe, expect, it } from 'vitest';
import { firstS, type Measured, noise, play, playMany, type RecordedHistory, story } from './site.ts';

const tenths = (value: number): number => Math.round(value * 10) / 10;
const levels = (reported: RecordedHistory): string[] =>
  reported.changes.filter(({ moduleId }) => moduleId === 'module').map(({ to }) => to);
const named = (reported: RecordedHistory): string[] => [
  ...new Set(reported.faults.map((f) => `${f.kind} ${f.channel}`)),
];

/** Nothing but heat tells of a fire. */
function pack(seed: number): { random: () => number; electrical: () => Measured } {
  const random = noise(seed);
  return { random, electrical: () => ({ voltage_v: 51 + 0.02 * random(), current_a: -20 + random() }) };
}

describe('a module that comes back hot from a hole of its temperature', () => {
  const from = 200;
  const holes = [5, 20, 60, 140, 300, 700].flatMap((holeS) =>
    [0, 3, 18].map((kPerMin) => ({ holeS, kPerMin })),
  );
  const returned = (
    holeS: number,
    reads: (timeS: number, random: () => number) => number,
  ): RecordedHistory => {
    const { random, electrical } = pack(holeS);
    return play(from + holeS + 300, 1, (t) => ({
      ...electrical(),
      surface_temperature_max_degc:
        t < from ? tenths(25 + 0.2 * random()) : t < from + holeS ? Number.NaN : reads(t, random),
    }));
  };

  it.each(holes)('is critical within 15 s (hole of $holeS s, then $kPerMin K/min)', ({ holeS, kPerMin }) => {
    const reported = returned(holeS, (t) => 165 + (kPerMin * (t - from)) / 60 + 0.15 * Math.sin(t / 3.1));
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(from + holeS + 15);
    expect(levels(reported).at(-1)).toBe('critical');
  });

  it('also where its sensor is read in steps of 1 K', () => {
    const { random, electrical } = pack(1);
    const reported = play(600, 1, (t) => ({
      ...electrical(),
      surface_temperature_max_degc:
        t < 200 ? Math.round(25 + 0.5 * random()) : t < 340 ? Number.NaN : Math.round(165 + (t - 340) / 20),
      surface_temperature_min_degc: 24,
    }));
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(355);
  });

  it('also where the whole module was silent', () => {
    const { random, electrical } = pack(2);
    const reported = play(600, 1, (t) =>
      t >= 200 && t < 290
        ? null
        : {
            ...electrical(),
            probesDegC: [t < 200 ? 25 : 165, 25, 24.5, 24].map((value) => tenths(value + 0.2 * random())),
          },
    );
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(305);
  });

  it('is not believed where it stands quite still, jumps about, or rose faster than anything burns', () => {
    const still = returned(60, () => 850);
    const jumps = returned(60, (_, random) => 200 + 60 * random());
    const tooFast = returned(4, (_, random) => 850 + 0.1 * random());
    for (const reported of [still, jumps, tooFast]) {
      expect(levels(reported)).not.toContain('critical');
      expect(levels(reported)).toContain('warning');
      expect(levels(reported).at(-1)).not.toBe('normal');
      expect(named(reported)).toContain('disagrees surface_temperature_max_degc');
    }
  });

  it('is not believed by its mean, where the hottest that the mean is made of stands still', () => {
    const { random, electrical } = pack(3);
    const reported = play(900, 1, (t) => ({
      ...electrical(),
      ...(!(t >= 200 && t < 260) && {
        surface_temperature_max_degc: t < 200 ? tenths(25 + 0.2 * random()) : 850,
        surface_temperature_mean_degc: tenths((t < 200 ? 25 : 226) + 0.2 * random()),
        surface_temperature_min_degc: tenths(24 + 0.2 * random()),
      }),
    }));
    expect(levels(reported)).not.toContain('critical');
    expect(levels(reported).at(-1)).toBe('unknown');
  });
});

describe('a sensor that jumps', () => {
  it.each([1, 5, 10, 60])('from a hole on is named and not critical (every %d s)', (stepS) => {
    const { random, electrical } = pack(11);
    const reported = play(60 * stepS + 900, stepS, (t) => ({
      ...electrical(),
      surface_temperature_max_degc:
        t < 20 * stepS
          ? tenths(25 + 0.2 * random())
          : t < 26 * stepS
            ? Number.NaN
            : tenths(150 + 100 * random()),
    }));
    expect(levels(reported)).not.toContain('critical');
    expect(named(reported)).toContain('disagrees surface_temperature_max_degc');
  });
});

describe('a module that burns when it is first seen', () => {
  const deliver: Record<string, (hot: number, cool: number[]) => Measured> = {
    'the hottest alone': (hot) => ({ surface_temperature_max_degc: hot }),
    'four probes': (hot, cool) => ({ probesDegC: [...cool, hot] }),
    'hottest, mean and coldest': (hot, cool) => ({
      surface_temperature_max_degc: hot,
      surface_temperature_mean_degc: tenths((hot + cool[0]! + cool[1]! + cool[2]!) / 4),
      surface_temperature_min_degc: Math.min(...cool),
    }),
  };
  const cases = Object.keys(deliver).flatMap((what) => [1, 10, 60].map((stepS) => ({ what, stepS })));

  it.each(cases)(
    'is critical within 15 s, or with its second frame ($what, every $stepS s)',
    ({ what, stepS }) => {
      const { random, electrical } = pack(4);
      const reported = play(600, stepS, () => ({
        ...electrical(),
        ...deliver[what]!(
          tenths(140 + 0.2 * random()),
          [18, 18.4, 18.7].map((value) => tenths(value + 0.2 * random())),
        ),
      }));
      expect(firstS(reported, 'critical')).toBeLessThanOrEqual(Math.max(15, 2 * stepS));
    },
  );

  it('also beside a cool rack', () => {
    const calm = (seed: number) => {
      const { random, electrical } = pack(seed);
      return (): Measured => ({
        ...electrical(),
        surface_temperature_max_degc: tenths((seed === 8 ? 140 : 18) + 0.2 * random()),
      });
    };
    const reported = playMany(60, 1, { a: calm(5), b: calm(6), c: calm(7), module: calm(8) });
    expect(firstS(reported, 'critical')).toBeLessThanOrEqual(15);
  });
});

describe('a sensor that was believed, leapt to 100 °C or more, and is not believed', () => {
  const broken = (
    reads: (timeS: number) => number,
    endS = 1800,
    gap: readonly [number, number] = [0, 0],
  ): RecordedHistory => {
    const { random, electrical } = pack(9);
    const cool = (): number => tenths(25 + 0.2 * random());
    return play(endS, 1, (t) =>
      t >= gap[0] && t < gap[1]
        ? null
        : { ...electrical(), probesDegC: [cool(), cool(), t < 300 ? cool() : reads(t), cool()] },
    );
  };
  const endsUnknown = (reported: RecordedHistory): void => {
    expect(levels(reported)).not.toContain('critical');
    expect(levels(reported).at(-1)).toBe('unknown');
    expect(levels(reported).slice(1)).not.toContain('normal');
    expect(Math.max(...reported.faults.map(({ hottestDegC }) => hottestDegC ?? 0))).toBeGreaterThanOrEqual(
      100,
    );
  };

  it('leaves the module unknown for as long as it reads so', () => {
    endsUnknown(broken(() => 150));
  });

  it('and while it jumps, although the others are read in between', () => {
    endsUnknown(broken((t) => (t % 4 === 0 ? 25 : 200)));
  });

  it('and after a pause of the module', () => {
    endsUnknown(broken(() => 850, 3000, [600, 1400]));
  });

  it('and once it has stopped delivering', () => {
    endsUnknown(broken((t) => (t < 900 ? 850 : Number.NaN)));
  });

  it('and once its wire has torn and it reads frost', () => {
    endsUnknown(broken((t) => (t < 900 ? 850 : -40)));
  });

  it('until it reads as its neighbours do', () => {
    const reported = broken((t) => (t < 900 ? 850 : 25.1));
    expect(levels(reported)).toEqual(['normal', 'unknown', 'warning', 'unknown', 'normal']);
  });
});

describe('a probe that stops delivering while the others go on', () => {
  const lost = (stepS: number, lastDegC: number): RecordedHistory => {
    const { random, electrical } = pack(10);
    return play(1500, stepS, (t) => ({
      ...electrical(),
      probesDegC: [
        tenths(25 + 0.2 * random()),
        t < 600 ? tenths(25 + Math.max(0, ((t - 300) / 300) * (lastDegC - 25))) : Number.NaN,
        tenths(24 + 0.2 * random()),
      ],
    }));
  };

  it.each([1, 10])('is a named dropout (every %d s)', (stepS) => {
    const reported = lost(stepS, 26);
    expect(named(reported)).toEqual(['dropout cell_temperatures_degc[2]']);
    expect(levels(reported)).toEqual(['normal']);
    expect(reported.faults[0]!.fromMs / 1000).toBeLessThanOrEqual(600 + 6 * Math.max(6, stepS));
  });

  it('calms nothing where it was hot: neither at 80 °C nor at 140 °C', () => {
    expect(levels(lost(1, 80)).at(-1)).toBe('warning');
    expect(story(lost(1, 140))).toMatch(/critical@\d+$/);
    expect(lost(1, 140).faults.at(-1)!.hottestDegC).toBeGreaterThan(130);
  });
});
