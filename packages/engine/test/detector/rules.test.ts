import { describe, expect, it } from 'vitest';
import { Detector, type LevelChange } from '../../src/detector/index.ts';
import { firstS, frameOf, type Measured, noise, play, playMany, rulesAt, story } from './site.ts';

const calm = (over: Measured = {}): Measured => ({
  surface_temperature_max_degc: 25,
  voltage_v: 51.2,
  ...over,
});

describe('policy rows, held and cleared', () => {
  it('B1: warns after 60 °C has held for 10 s, lets go 60 s after it is below 57 °C', () => {
    const reported = play(600, 1, (t) =>
      calm({ surface_temperature_max_degc: t >= 100 && t < 200 ? 61 : 50 }),
    );
    expect(reported.changes[0]).toMatchObject({ from: 'unknown', to: 'normal', timeMs: 4000 });
    const warning = firstS(reported, 'warning');
    expect(warning).toBeGreaterThanOrEqual(109);
    expect(warning).toBeLessThanOrEqual(112);
    expect(rulesAt(reported, 'warning')).toContain('B1-60');
    expect(reported.changes.at(-1)!.to).toBe('normal');
    expect(reported.changes.at(-1)!.timeMs / 1000).toBeGreaterThan(260);
  });

  it('B1: five seconds above the limit are not enough', () => {
    const reported = play(300, 1, (t) =>
      calm({ surface_temperature_max_degc: t >= 100 && t < 105 ? 61 : 58.5 - 8 }),
    );
    expect(rulesAt(reported, 'warning')).not.toContain('B1-60');
  });

  // [sampling s, noise K, resolution K, heating K/min, latest s after onset]
  it.each([
    [0.1, 0.05, 0.01, 2, 120],
    [1, 0.05, 0.01, 2, 120],
    [1, 0, 1, 3, 240],
    [10, 0.3, 0.001, 3, 240],
    [30, 0, 1, 3, 420],
    [60, 0.2, 0.1, 3, 600],
  ])(
    'B2: sampled every %d s with noise %d K and steps of %d K, heating of %d K/min is an advisory within %d s',
    (stepS, noiseK, resolutionK, rate, latestS) => {
      const random = noise(3);
      const reported = play(2400, stepS, (t) => {
        const true_ = 25 + Math.max(0, t - 900) * (rate / 60) + random() * noiseK;
        return calm({ surface_temperature_max_degc: Math.round(true_ / resolutionK) * resolutionK });
      });
      const first = reported.changes.find(({ to }) => to !== 'normal' && to !== 'unknown');
      expect(first?.reasons[0]?.rule).toMatch(/^B2/);
      expect(first!.timeMs / 1000).toBeGreaterThan(900);
      expect(first!.timeMs / 1000).toBeLessThan(900 + latestS);
    },
  );

  it('B2: twelve hours of noise on a coarse and on a fine sensor raise nothing', () => {
    const random = noise(11);
    for (const [stepS, noiseK, resolutionK] of [
      [1, 0.6, 1],
      [10, 0.5, 0.001],
      [30, 0.7, 1],
    ] as const) {
      const reported = play(12 * 3600, stepS, () =>
        calm({
          surface_temperature_max_degc: Math.round((25 + random() * noiseK) / resolutionK) * resolutionK,
        }),
      );
      expect(story(reported), `every ${stepS} s, ${noiseK} K`).toMatch(/^normal@\d+$/);
    }
  });

  it('B2: a fast charge may heat as its load explains; the same heat without load may not', () => {
    // A vehicle pack at 2C: probes follow with 3 K per C² and a time constant of 100 s.
    const heat = (t: number): number => (t < 600 ? 0 : 12 * (1 - Math.exp(-(t - 600) / 100)));
    const measure =
      (currentA: number) =>
      (t: number): Measured =>
        calm({ surface_temperature_max_degc: 25 + heat(t), current_a: t < 600 ? 0 : currentA });
    const nameplate = { capacityAh: 100 };
    expect(story(play(1800, 1, measure(200), { nameplate }))).toBe('normal@4');
    expect(rulesAt(play(1800, 1, measure(0), { nameplate }), 'warning')).toContain('B2-2');
  });

  it('B3: a cell 60 mV low is an advisory, 120 mV a warning, and the reason names the cell', () => {
    const cells = (lowV: number): number[] =>
      Array.from({ length: 16 }, (_, i) => 3.3 - (i === 6 ? lowV : 0));
    const reported = play(1200, 1, (t) => ({ cellsV: cells(t < 300 ? 0 : t < 700 ? 0.06 : 0.12) }));
    expect(firstS(reported, 'advisory')).toBeGreaterThan(360);
    expect(firstS(reported, 'advisory')).toBeLessThan(600);
    expect(firstS(reported, 'warning')).toBeGreaterThan(760);
    expect(reported.changes.find(({ to }) => to === 'warning')!.reasons[0]!.text).toContain('cell 7');
    expect(reported.detector.summary()[0]!.mostDeviatingCell).toMatchObject({ cell: 7 });
  });

  it('B3: cells scanned one group a second under a swinging load raise nothing', () => {
    // 96 cells, five fresh ones a second: what a vehicle pack delivers (0.4 mOhm a cell, swings of 150 A).
    const held = new Array<number>(96).fill(3.7);
    const random = noise(5);
    let current = 0;
    const reported = play(4 * 3600, 1, (t) => {
      if (t % 7 === 0) current = random() * 150;
      for (let k = 0; k < 5; k++) held[(t * 5 + k) % 96] = 3.7 - current * 0.0004;
      return { cellsV: [...held], surface_temperature_max_degc: 25 };
    });
    expect(story(reported)).toBe('normal@4');
  });

  it('B4: one probe that warms slowly to 12 K above the others is a warning of the spread', () => {
    const reported = play(3600, 10, (t) => ({
      probesDegC: [25, 25, 25 + Math.min(12.5, Math.max(0, t - 300) / 120), 25],
    }));
    expect(rulesAt(reported, 'warning')).toEqual(['B4-10']);
  });

  it('B4: a module 12 K above its rack is found without any cell data', () => {
    const reported = playMany(1800, 10, {
      a: (t) => calm({ surface_temperature_max_degc: 25 + Math.min(12, Math.max(0, t - 300) / 50) }),
      b: () => calm(),
      c: () => calm(),
      d: () => calm(),
    });
    expect(rulesAt(reported, 'warning')).toContain('B4-10s');
    expect(reported.changes.filter(({ moduleId, to }) => moduleId !== 'a' && to !== 'normal')).toEqual([]);
  });

  it('B5: carbon monoxide, hydrogen and solvent vapour, each by its own row', () => {
    const gas = (channel: string, ppm: number) =>
      play(600, 1, (t) => calm({ co_ppm: 1, h2_ppm: 1, voc_ppm: 2, [channel]: t > 300 ? ppm : 1 }));
    expect(rulesAt(gas('co_ppm', 60), 'advisory')).toEqual(['B5-CO50']);
    expect(rulesAt(gas('h2_ppm', 5000), 'warning')).toEqual(['B5-LEL']);
    expect(rulesAt(gas('voc_ppm', 30), 'advisory')).toEqual(['B5-VOC3']);
  });

  it('B5: gas that drifts through the room is alarmed at the rack where it was strong, and only there', () => {
    const gasAt = (share: number, delayS: number) => (t: number) =>
      calm({
        voc_ppm: 2 + share * 400 * Math.exp(-Math.max(0, t - 900) / 1500) * (t > 600 + delayS ? 1 : 0),
      });
    const racks = { here: gasAt(1, 0), near: gasAt(0.25, 120), far: gasAt(0.2, 180) };
    const changes: LevelChange[] = [];
    const detector = new Detector({ sink: { change: (change) => changes.push(change) } });
    for (let t = 0; t < 7200; t += 10)
      for (const [rack, measure] of Object.entries(racks))
        for (const k of [1, 2]) detector.observe(frameOf(`${rack}${k}`, t, measure(t), rack));
    const alarmed = changes.filter(({ to }) => to === 'warning').map(({ moduleId }) => moduleId);
    expect(alarmed.sort()).toEqual(['here1', 'here2']);
    expect(changes.filter(({ moduleId, to }) => !moduleId.startsWith('here') && to !== 'normal')).toEqual([]);
  });

  it('OV: an NMC cell at 4.5 V is a warning, 4.23 V at the end of a charge is not', () => {
    const nameplate = { chemistry: 'nmc', cellsInSeries: 1, hasTemperature: false } as const;
    expect(story(play(600, 1, () => ({ voltage_v: 4.23 }), { nameplate }))).toBe('normal@4');
    expect(
      rulesAt(
        play(600, 1, () => ({ voltage_v: 4.5 }), { nameplate }),
        'warning',
      ),
    ).toContain('OV-150');
  });

  it('VF: a cell that loses a third of its voltage in seconds is a warning; the load of 2C explains a fifth', () => {
    const nameplate = { capacityAh: 3, cellsInSeries: 1 };
    const collapse = play(
      400,
      0.1,
      (t) => ({ voltage_v: t < 200 ? 3.9 : 2.5, surface_temperature_max_degc: 25 }),
      { nameplate },
    );
    expect(rulesAt(collapse, 'warning')).toEqual(['VF-25']);
    const load = (t: number): Measured => ({ voltage_v: t < 200 ? 3.9 : 2.85, current_a: t < 200 ? 0 : -6 });
    const withoutHeat = { ...nameplate, hasTemperature: false };
    expect(story(play(400, 0.1, load, { nameplate: withoutHeat }))).toBe('normal@0');
  });

  it('insulation: 80 Ohm/V is a warning', () => {
    const reported = play(300, 1, (t) => calm({ voltage_v: 400, insulation_kohm: t < 100 ? 5000 : 32 }));
    expect(rulesAt(reported, 'warning')).toContain('INS-100');
  });
});

describe('critical', () => {
  it('needs different physics that agree: heat and collapse', () => {
    const reported = play(900, 1, (t) => ({
      surface_temperature_max_degc: 25 + Math.max(0, t - 300) * 0.1,
      voltage_v: t < 420 ? 3.9 : 2.4,
    }));
    expect(rulesAt(reported, 'critical')[0]).toBe('AGREE');
    expect(firstS(reported, 'warning')).toBeLessThan(firstS(reported, 'critical'));
    expect(firstS(reported, 'critical')).toBeGreaterThanOrEqual(420);
    expect(firstS(reported, 'critical')).toBeLessThan(440);
  });

  it('or one temperature far above the onset of self-heating that goes on rising', () => {
    const reported = play(1500, 1, (t) => ({
      surface_temperature_max_degc: 25 + Math.max(0, t - 300) * 0.1,
    }));
    expect(rulesAt(reported, 'critical')).toContain('HOT');
    expect(firstS(reported, 'critical')).toBeGreaterThan(300 + 650);
  });

  it('is not reached by 75 °C alone, however long', () => {
    const reported = play(7200, 10, (t) => calm({ surface_temperature_max_degc: Math.min(75, 25 + t / 60) }));
    expect(firstS(reported, 'critical')).toBe(Number.POSITIVE_INFINITY);
    expect(firstS(reported, 'warning')).toBeLessThan(7200);
  });
});

describe('silence and doubt', () => {
  it('a gap is unknown from the moment it counts as silence, and normal again after a warm-up', () => {
    const reported = play(400, 1, (t) => (t > 100 && t < 300 ? null : calm()));
    expect(story(reported)).toBe('normal@4 unknown@160 normal@304');
    expect(reported.changes[1]!.reasons[0]).toMatchObject({ rule: 'silence' });
  });

  it('silence does not clear an alarm', () => {
    const reported = play(2000, 1, (t) =>
      t > 200 ? null : calm({ surface_temperature_max_degc: Math.min(65, 25 + Math.max(0, t - 60)) }),
    );
    expect(reported.changes.at(-1)!.to).toBe('warning');
    const verdict = reported.detector.verdict('module')!;
    expect(verdict.level).toBe('warning');
    expect(verdict.reasons.some(({ rule }) => rule === 'silence')).toBe(true);
  });

  it('a module without a temperature or a voltage stays unknown and says why', () => {
    const reported = play(100, 1, () => ({ co_ppm: 1 }));
    expect(reported.changes).toEqual([]);
    const verdict = reported.detector.verdict('module')!;
    expect(verdict.level).toBe('unknown');
    expect(verdict.reasons[0]!.text).toContain('neither a temperature nor a voltage');
  });

  it('a module without a temperature that can be believed is unknown, whatever else it delivers', () => {
    const delivered: Record<string, Measured> = {
      'voltage alone': { voltage_v: 52 },
      'the room alone': { voltage_v: 52, ambient_temperature_degc: 21 },
      'the coldest place alone': { voltage_v: 52, surface_temperature_min_degc: 20 },
      'probes without a value': { voltage_v: 52, probesDegC: [Number.NaN, Number.NaN] },
      'impossible values': { voltage_v: 52, impossible: ['surface_temperature_max_degc'] },
    };
    for (const [what, measured] of Object.entries(delivered)) {
      const { changes, detector } = play(600, 1, () => measured);
      expect(changes, what).toEqual([]);
      expect(detector.verdict('module')!.reasons[0]!.text, what).toContain('heat cannot be judged');
    }
  });

  it('one temperature at the start does not keep a module normal', () => {
    const { detector } = play(600, 1, (t) =>
      t < 20 ? { voltage_v: 52, surface_temperature_max_degc: 25 } : { voltage_v: 52 },
    );
    expect(detector.verdict('module')!.level).toBe('unknown');
  });

  it('its settings may say that a module has no temperature: it is judged by the rest, and heat counts if it comes', () => {
    const measure = (t: number): Measured =>
      t < 300 ? { voltage_v: 52 } : { voltage_v: 52, surface_temperature_max_degc: 140 };
    const all = { nameplate: { hasTemperature: false } };
    expect(play(200, 1, measure, all).detector.verdict('module')!.level).toBe('normal');
    const one = { modulesWithoutTemperature: ['module'] };
    expect(play(200, 1, measure, one).detector.verdict('module')!.level).toBe('normal');
    expect(play(600, 1, measure, one).detector.verdict('module')!.level).toBe('critical');
    const other = { modulesWithoutTemperature: ['another'] };
    expect(play(200, 1, measure, other).detector.verdict('module')!.level).toBe('unknown');
  });

  it('without a temperature alarms of voltage still come', () => {
    const nameplate = { chemistry: 'nmc', cellsInSeries: 1 } as const;
    expect(
      rulesAt(
        play(600, 1, () => ({ voltage_v: 4.5 }), { nameplate }),
        'warning',
      ),
    ).toContain('OV-150');
  });

  it('says what it could not judge', () => {
    const { missing } = play(100, 1, () => ({ voltage_v: 3.7 })).detector.verdict('module')!;
    expect(missing.join('; ')).toContain('no surface temperature');
    expect(missing.join('; ')).toContain('no gas sensor');
  });

  it('the order of modules within one instant does not matter', () => {
    const random = noise(1);
    const values = Array.from({ length: 400 }, () => [random(), random(), random(), random()]);
    const measure = (k: number) => (t: number) =>
      calm({ surface_temperature_max_degc: 25 + values[t / 10]![k]! * 4 + (k === 2 && t > 1500 ? 14 : 0) });
    const modules = { a: measure(0), b: measure(1), c: measure(2), d: measure(3) };
    const forward = playMany(3900, 10, modules);
    const backward = playMany(3900, 10, Object.fromEntries(Object.entries(modules).reverse()));
    for (const id of ['a', 'b', 'c', 'd']) expect(story(backward, id)).toBe(story(forward, id));
    expect(story(forward, 'c')).toContain('warning');
  });
});
