/** Values that stand still: what the load, the rack or the air contradicts is a sensor fault, what rests is not. */
import { describe, expect, it } from 'vitest';
import { type Measured, noise, play, playMany, type RecordedHistory } from './site.ts';

const named = (reported: RecordedHistory, moduleId = 'module'): string[] => [
  ...new Set(
    reported.faults.filter((f) => f.moduleId === moduleId).map(({ kind, channel }) => `${kind} ${channel}`),
  ),
];
const lastLevel = (reported: RecordedHistory, moduleId = 'module'): string | undefined =>
  reported.changes.filter((change) => change.moduleId === moduleId).at(-1)?.to;

const H = 3600;
/** Rounds to the step of a sensor. */
const to = (step: number, value: number): number => Number((Math.round(value / step) * step).toFixed(6));

interface Kind {
  readonly voltageStepV: number;
  readonly temperatureStepK: number;
  readonly cells: boolean;
}
const FINE: Kind = { voltageStepV: 0.01, temperatureStepK: 0.1, cells: true };
const COARSE: Kind = { voltageStepV: 0.1, temperatureStepK: 1, cells: false };

/** A module of 16 LFP cells of 100 Ah; its load turns every half hour. */
function works(kind: Kind, seed: number, loadA = 40): (timeS: number) => Measured {
  const random = noise(seed);
  let soc = 60;
  let beforeS = 0;
  let heatK = 0;
  return (timeS) => {
    const currentA = (Math.floor(timeS / 1800) % 2 === 0 ? -1 : 1) * loadA;
    soc += (currentA * (timeS - beforeS)) / 3600;
    heatK += ((4 - heatK) * (timeS - beforeS)) / 5000;
    beforeS = timeS;
    const cellV = 3.28 + 8e-4 * (soc - 50) + currentA * 6e-4;
    const warm = 20 + heatK * (loadA / 40) + 0.1 * random();
    return {
      current_a: to(0.1, currentA + 0.3 * random()),
      voltage_v: to(kind.voltageStepV, 16 * cellV + 0.01 * random()),
      soc_percent: to(0.1, soc),
      surface_temperature_max_degc: to(kind.temperatureStepK, warm + 0.5),
      surface_temperature_min_degc: to(kind.temperatureStepK, warm - 0.5),
      ...(kind.cells && {
        cellsV: Array.from({ length: 16 }, (_, i) => to(1e-3, cellV + i * 3e-4 + 8e-4 * random())),
        probesDegC: [0.5, 0.2, -0.1, -0.5].map((k) => to(kind.temperatureStepK, warm + k)),
      }),
    };
  };
}

/** From a time on what it delivered then, but for the channels that go on. */
function frozen(
  measure: (timeS: number) => Measured,
  fromS: number,
  goesOn: readonly (keyof Measured)[] = [],
): (timeS: number) => Measured {
  let picture: Measured | null = null;
  return (timeS) => {
    const now = measure(timeS);
    if (timeS < fromS) return now;
    picture ??= now;
    return { ...picture, ...Object.fromEntries(goesOn.map((id) => [id, now[id]])) };
  };
}

describe('what stands still under load', () => {
  it.each([
    ['after lively data', 1200],
    ['from the first frame on', 0],
  ])('a whole frame that is delivered again and again, %s: no live telemetry', (_, fromS) => {
    const reported = play(2 * H, 10, frozen(works(FINE, 3), fromS));
    expect(named(reported)).toContain('stuck all channels');
    expect(lastLevel(reported)).toBe('unknown');
    expect(reported.detector.verdict('module')!.reasons[0]!.text).toContain('stand still');
  });

  it('a whole site from its first frame on', () => {
    const modules = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((id, i) => [id, frozen(works(FINE, 5 + i, 30), 0)]),
    );
    const reported = playMany(2 * H, 10, modules);
    for (const id of Object.keys(modules)) {
      expect(named(reported, id)).toContain('stuck all channels');
      expect(lastLevel(reported, id)).toBe('unknown');
    }
  });

  it('one module of a rack from its first frame on, however coarse: its siblings show that sensors move', () => {
    const reported = playMany(H, 10, {
      a: works(COARSE, 1),
      b: frozen(works(COARSE, 2), 0),
      c: works(COARSE, 3),
    });
    expect(named(reported, 'b')).toContain('stuck all channels');
    expect(lastLevel(reported, 'b')).toBe('unknown');
    for (const id of ['a', 'c']) {
      expect(named(reported, id)).toEqual([]);
      expect(lastLevel(reported, id)).toBe('normal');
    }
  });

  it.each([
    ['after lively data', 1200],
    ['from the first frame on', 0],
  ])('everything but the current, %s', (_, fromS) => {
    const reported = play(2 * H, 10, frozen(works(FINE, 7), fromS, ['current_a']));
    expect(named(reported)).toEqual(
      expect.arrayContaining(['stuck all channels', 'stuck voltage_v', 'stuck cell_voltages_v']),
    );
    expect(lastLevel(reported)).toBe('unknown');
  });

  it.each([FINE, COARSE])(
    'all voltages while the current swings, and the temperatures go on (%o)',
    (kind) => {
      const going = [
        'current_a',
        'surface_temperature_max_degc',
        'surface_temperature_min_degc',
        'probesDegC',
        'soc_percent',
      ] as const;
      const nameplate = { capacityAh: 100 };
      const reported = play(3 * H, 10, frozen(works(kind, 9), 600, going), { nameplate });
      expect(named(reported)).toContain('stuck voltage_v');
      expect(lastLevel(reported)).toBe('unknown');
      expect(reported.detector.verdict('module')!.reasons[0]!.text).toContain('voltages have failed');
    },
  );

  it('lowest and highest cell voltage, where cells are not told one by one', () => {
    const summary = (measure: (timeS: number) => Measured) => (timeS: number) => {
      const { cellsV, ...rest } = measure(timeS);
      return { ...rest, cell_voltage_min_v: Math.min(...cellsV!), cell_voltage_max_v: Math.max(...cellsV!) };
    };
    const going = ['current_a', 'voltage_v', 'surface_temperature_max_degc', 'soc_percent'] as const;
    const reported = play(2 * H, 10, frozen(summary(works(FINE, 11)), 600, going));
    expect(named(reported)).toEqual(['stuck cell_voltage_min_v', 'stuck cell_voltage_max_v']);
  });

  it('one cell of many, in the flat part of the curve', () => {
    const measure = works(FINE, 13);
    let stood = Number.NaN;
    const reported = play(3 * H, 10, (t) => {
      const now = measure(t);
      if (t >= 600) stood = Number.isNaN(stood) ? now.cellsV![4]! : stood;
      return t < 600 ? now : { ...now, cellsV: now.cellsV!.with(4, stood) };
    });
    expect(named(reported)).toEqual(['stuck cell_voltages_v[5]']);
  });
});

describe('temperatures that stand still', () => {
  const day = 24 * H;
  /** By day and by night 3 K apart; the load is the same in the whole rack. */
  const swings = (kind: Kind, seed: number, loadA: number) => {
    const random = noise(seed);
    return (timeS: number): Measured => ({
      current_a: loadA === 0 ? 0 : to(0.1, loadA * Math.sin(timeS / 3000) + random()),
      voltage_v: to(kind.voltageStepV, 52 + (loadA / 40) * Math.sin(timeS / 3000) + 0.02 * random()),
      surface_temperature_max_degc: to(
        kind.temperatureStepK,
        22 + 2 * Math.sin((2 * Math.PI * timeS) / day) + 0.1 * random(),
      ),
    });
  };
  const except = (measure: (timeS: number) => Measured, value: number) => (timeS: number) => ({
    ...measure(timeS),
    surface_temperature_max_degc: value,
  });

  it.each([FINE, COARSE])('while those of the rack swing by more than 3 K (%o)', (kind) => {
    const reported = playMany(day, 30, {
      a: swings(kind, 1, 30),
      b: except(swings(kind, 2, 30), 22),
      c: swings(kind, 3, 30),
      d: swings(kind, 4, 30),
    });
    expect(named(reported, 'b')).toEqual(['stuck surface_temperature_max_degc']);
    expect(lastLevel(reported, 'b')).toBe('unknown');
    for (const id of ['a', 'c', 'd']) expect(named(reported, id)).toEqual([]);
  });

  it('of a module that rests beside working ones are none, nor of a rack that rests as one', () => {
    const reported = playMany(day, 30, {
      a: swings(COARSE, 1, 30),
      b: except(swings(COARSE, 2, 0), 22),
      c: swings(COARSE, 3, 30),
      d: swings(COARSE, 4, 30),
    });
    expect(reported.faults).toEqual([]);
    expect(lastLevel(reported, 'b')).toBe('normal');
  });
});

describe('what rests', () => {
  it.each([
    [
      'whole degrees and tenths of a volt for a day',
      24 * H,
      { voltage_v: 53.1, surface_temperature_max_degc: 21, current_a: 0 },
    ],
    [
      'the offset of a current sensor',
      24 * H,
      { voltage_v: 53.1, surface_temperature_max_degc: 21, current_a: 0.4, soc_percent: 55 },
    ],
    [
      'fine values for some hours',
      6 * H,
      { cellsV: Array(16).fill(3.312), probesDegC: [21.3, 21.4], current_a: 0 },
    ],
    [
      'a charge that is held at its voltage',
      3 * H,
      { voltage_v: 56.8, surface_temperature_max_degc: 24, current_a: 0 },
    ],
  ])('%s: no fault, normal', (_, endS, values) => {
    const reported = play(endS, 30, () => values as Measured);
    expect(reported.faults).toEqual([]);
    expect(lastLevel(reported)).toBe('normal');
  });

  it('a charger that holds the voltage while its current fades is no stuck voltage', () => {
    const reported = play(
      2 * H,
      10,
      (t) => ({
        voltage_v: 56.8,
        current_a: to(0.1, 0.5 + 49 * Math.exp(-t / 1500)),
        surface_temperature_max_degc: 24,
        soc_percent: 99.5,
      }),
      { nameplate: { capacityAh: 100, cellsInSeries: 16 } },
    );
    expect(reported.faults).toEqual([]);
    expect(lastLevel(reported)).toBe('normal');
  });

  it.each([FINE, COARSE])('a working module has none (%o)', (kind) => {
    for (const seed of [21, 22, 23]) {
      const reported = play(8 * H, 10, works(kind, seed));
      expect(reported.faults).toEqual([]);
      expect(lastLevel(reported)).toBe('normal');
    }
  });
});
