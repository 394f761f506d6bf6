import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector, FEATURE_INDEX, FEATURES, type FeatureId } from '../../src/detector/index.ts';
import type { Frame, Nameplate } from '../../src/telemetry/index.ts';
import { frameOf, type Measured, noise } from './site.ts';

/** The figures of one module at the end of a story, by id. */
function featuresOf(
  timesS: readonly number[],
  measure: (timeS: number) => Measured,
  nameplate: Nameplate = {},
): Record<FeatureId, number> {
  const detector = new Detector({ nameplate });
  for (const timeS of timesS) detector.observe(frameOf('cell', timeS, measure(timeS)));
  const features = detector.features('cell')!;
  return Object.fromEntries(FEATURES.map(({ id }) => [id, features[FEATURE_INDEX[id]]!])) as Record<
    FeatureId,
    number
  >;
}

/** From 0 to `endS`; with `jitter` the intervals differ by up to that share. */
function times(endS: number, stepS: number, jitter = 0): number[] {
  const random = noise(5);
  const list: number[] = [];
  for (let timeS = 0; timeS <= endS; timeS += stepS * (1 + jitter * random())) list.push(timeS);
  return list;
}

const SAMPLINGS = [0.05, 1, 10, 60] as const;
const hot = (degC: number): Measured => ({ surface_temperature_max_degc: degC });

describe('rates of the surface', () => {
  it.each(SAMPLINGS)('a ramp sampled every %d s shows its rate over every horizon', (stepS) => {
    const endS = stepS < 1 ? 1000 : 4000;
    for (const jitter of [0, 0.3]) {
      const values = featuresOf(times(endS, stepS, jitter), (t) => hot(20 + t / 60));
      // The median of three values shifts the ramp by a value; with jitter by a share of it.
      for (const id of ['rate10sKPerMin', 'rate60sKPerMin', 'rate3minKPerMin', 'rate10minKPerMin'] as const)
        expect(Math.abs(values[id] - 1), `${id}, jitter ${jitter}`).toBeLessThan(jitter === 0 ? 1e-6 : 0.15);
      expect(values.rate30minKPerMin).toBeCloseTo(1, 2);
      expect(values.growthPerMin).toBeCloseTo(0, 1);
      // The window of ten minutes holds between 7/8 and the whole of them.
      expect(values.rise10minK).toBeGreaterThan(8.7 - (1.5 * stepS) / 60);
      expect(values.rise10minK).toBeLessThan(10.1 + (2 * stepS) / 60);
      expect(values.belowPeakK).toBe(0);
    }
  });

  it.each(SAMPLINGS)('self-heating accelerates, a relaxing body slows down (every %d s)', (stepS) => {
    // Near its limit a body that heats itself goes as 1/(t0 − t) (Semenov 1928).
    const t0 = 1500;
    const ignition = featuresOf(times(1380, stepS), (t) => hot(40 + 3000 / (t0 - t)));
    expect(ignition.growthSlowPerMin).toBeGreaterThan(0.02);
    const tau = 300;
    const relaxing = featuresOf(times(900, stepS), (t) => hot(25 + 60 * (1 - Math.exp(-t / tau))));
    expect(relaxing.growthSlowPerMin).toBeLessThan(-0.02);
    if (stepS <= 10) {
      expect(ignition.growthPerMin).toBeGreaterThan(0.1);
      expect(relaxing.growthPerMin).toBeLessThan(-0.05);
    }
  });

  it('exponential growth shows its exponent, a little less where it bends within the horizon', () => {
    // 0.2/min. Over 10 minutes a straight line sees ln(3 (x cosh x − sinh x) / x³) less, x = 1.
    const values = featuresOf(times(2400, 1), (t) => hot(20 + 2 * Math.exp(t / 300)));
    expect(values.growthPerMin).toBeCloseTo(0.2, 1);
    expect(values.growthSlowPerMin).toBeGreaterThan(0.13);
    expect(values.growthSlowPerMin).toBeLessThan(0.2);
  });

  it('noise has no growth', () => {
    const random = noise(9);
    const values = featuresOf(times(3600, 1), () => hot(Math.round((30 + 0.2 * random()) * 10) / 10));
    expect(Math.abs(values.growthPerMin)).toBeLessThan(0.3);
    expect(Math.abs(values.growthSlowPerMin)).toBeLessThan(0.1);
  });

  it('heat that cooling takes away is counted: a body that stands still above its room is being heated', () => {
    const values = featuresOf(times(3600, 1), () => ({ ...hot(75), ambient_temperature_degc: 25 }), {
      capacityAh: 2.5,
    });
    expect(values.aboveAmbientK).toBe(50);
    // 50 K by a time constant of 1000 s.
    expect(values.unexplainedKPerMin).toBeCloseTo(3, 6);
  });

  it('counts how long it has been heating, and takes a pause back', () => {
    const story = (t: number): Measured => hot(t < 600 ? 25 : 25 + (Math.min(t, 1800) - 600) / 60);
    expect(featuresOf(times(1800, 1), story).heatedForMin).toBeCloseTo(20, -0.5);
    expect(featuresOf(times(2700, 1), story).heatedForMin).toBe(0);
  });
});

describe('voltage that the current does not explain', () => {
  const cell: Nameplate = { capacityAh: 3, cellsInSeries: 1, chemistry: 'nmc' };

  it.each([0.1, 1, 10])('pulses of a battery with resistance leave nothing over (every %d s)', (stepS) => {
    const current = (t: number): number => (Math.floor(t / 100) % 3 === 1 ? -6 : 0);
    const values = featuresOf(
      times(2450, stepS),
      (t) => ({ voltage_v: 3.8 + 0.05 * current(t), current_a: current(t) }),
      cell,
    );
    expect(values.drop10sPercent).toBeLessThan(0.3);
    expect(values.drop10minPercent).toBeLessThan(1.5);
    expect(values.voltageRoughness).toBeLessThan(3);
  });

  it.each([0.1, 1, 10])(
    'a short shows as a loss over every horizon, at any sampling (every %d s)',
    (stepS) => {
      const voltage = (t: number): number => 4 - 0.4 * Math.min(1, Math.max(0, (t - 1200) / 40));
      const values = featuresOf(times(1260, stepS), (t) => ({ voltage_v: voltage(t), current_a: 0 }), cell);
      expect(values.drop60sPercent).toBeGreaterThan(4);
      expect(values.drop10minPercent).toBeCloseTo(10, 5);
      expect(values.lostPercent).toBeCloseTo(10, 5);
      expect(values.recoveredShare).toBe(0);
      expect(values.cellVoltageHighV).toBeCloseTo(4, 6);
    },
  );

  it('a short that heals has given its voltage back', () => {
    const voltage = (t: number): number => (t > 1200 && t < 1500 ? 3.2 : 4);
    const values = featuresOf(times(1800, 1), (t) => ({ voltage_v: voltage(t), current_a: 0 }), cell);
    expect(values.recoveredShare).toBeCloseTo(1, 6);
    expect(values.lostPercent).toBeCloseTo(0, 6);
  });

  it('self-discharge at rest shows its rate, and nothing under load', () => {
    const falling = (currentA: number) => (t: number) => ({
      voltage_v: 4 - (0.02 * t) / 3600,
      current_a: currentA,
    });
    for (const stepS of [1, 10, 60])
      expect(featuresOf(times(7200, stepS), falling(0), cell).restSagMvPerH).toBeCloseTo(20, 4);
    expect(featuresOf(times(7200, 10), falling(1), cell).restSagMvPerH).toBeNaN();
    expect(featuresOf(times(7200, 10), (t) => ({ voltage_v: 4 - t / 1e6 }), cell).restSagMvPerH).toBeNaN();
  });

  it('charge beyond the limit adds up and can be taken out again', () => {
    // 1C at 4.4 V for 6 minutes are 10 %; then 1C out for 3 minutes.
    const story = (t: number): Measured =>
      t < 360 ? { voltage_v: 4.4, current_a: 3 } : { voltage_v: 4.1, current_a: -3 };
    expect(featuresOf(times(359, 1), story, cell).overchargedPercent).toBeCloseTo(10, 0);
    expect(featuresOf(times(540, 1), story, cell).overchargedPercent).toBeCloseTo(5, 0);
    expect(
      featuresOf(times(359, 1), (t) => ({ voltage_v: story(t).voltage_v! }), cell).overchargedPercent,
    ).toBeNaN();
  });

  it('the taper of a charge is the share that has gone of its current', () => {
    const story = (t: number): Measured => ({
      voltage_v: 4.2,
      current_a: 3 * Math.exp(-Math.max(0, t - 600) / 600),
    });
    expect(featuresOf(times(600, 1), story, cell).taperShare).toBeCloseTo(0, 2);
    expect(featuresOf(times(1200, 1), story, cell).taperShare).toBeCloseTo(1 - Math.exp(-1), 2);
  });

  it('micro-shorts are rough against the calm of before', () => {
    const random = noise(3);
    const story = (t: number): Measured => ({
      voltage_v: 4 + 0.001 * random() - (t > 1800 && random() > 0.6 ? 0.03 : 0),
      current_a: 0,
    });
    expect(featuresOf(times(1790, 1), story, cell).voltageRoughness).toBeLessThan(2);
    expect(featuresOf(times(1900, 1), story, cell).voltageRoughness).toBeGreaterThan(5);
  });
});

describe('the same story, seen otherwise', () => {
  /** A short of ten minutes: the cell heats and loses voltage. */
  const story = (t: number): Measured => {
    const s = Math.max(0, Math.min(600, t - 1200));
    return { surface_temperature_max_degc: 25 + s / 20, voltage_v: 4 - s / 2000, current_a: 0 };
  };
  const cell: Nameplate = { capacityAh: 3, cellsInSeries: 1 };

  it('sampling does not change what a figure says', () => {
    const reference = featuresOf(times(1740, 1), story, cell);
    const same: FeatureId[] = [
      'hottestDegC', 'rate3minKPerMin', 'rate10minKPerMin', 'rise10minK', 'rise2hK', 'unexplainedKPerMin',
      'cellVoltageV', 'cellVoltageHighV', 'drop10minPercent', 'lostPercent', 'heatWithLoss',
    ]; // biome-ignore format: a list
    for (const stepS of [0.1, 0.5, 5, 10])
      for (const id of same) {
        const value = featuresOf(times(1740, stepS, 0.2), story, cell)[id];
        expect(Math.abs(value - reference[id]), `${id} every ${stepS} s`).toBeLessThan(
          0.1 * Math.abs(reference[id]) + 0.05,
        );
      }
  });

  it('a pack of sixteen such cells shows the same shares as one', () => {
    const one = featuresOf(times(1740, 1), story, cell);
    const pack = featuresOf(times(1740, 1), (t) => ({ ...story(t), voltage_v: 16 * story(t).voltage_v! }), {
      capacityAh: 3,
      cellsInSeries: 16,
    });
    for (const id of ['drop10minPercent', 'lostPercent', 'cellVoltageV', 'cellVoltageHighV'] as const)
      expect(pack[id]).toBeCloseTo(one[id], 6);
  });

  it('what is not delivered is NaN, and never a number', () => {
    const needs: Record<string, (id: FeatureId) => boolean> = {
      surface_temperature_max_degc: (id) =>
        FEATURES[FEATURE_INDEX[id]]!.physics === 'thermal' || id === 'heatWithLoss',
      voltage_v: (id) =>
        /^(drop|lost|recovered|cellVoltage|restSag|voltage|heatWithLoss|cellOver|over)/.test(id),
      current_a: (id) =>
        ['cRate', 'loadHeatC2', 'taperShare', 'restSagMvPerH', 'overchargedPercent'].includes(id),
    };
    const notOf = new Set<FeatureId>(['unconfirmedDegC']);
    for (const [channel, isNeeded] of Object.entries(needs)) {
      const without = featuresOf(
        times(1740, 1),
        (t) => Object.fromEntries(Object.entries(story(t)).filter(([id]) => id !== channel)),
        cell,
      );
      for (const { id } of FEATURES)
        if (isNeeded(id) && !notOf.has(id)) expect(without[id], `${id} without ${channel}`).toBeNaN();
    }
    for (const { id, physics } of FEATURES)
      if (physics === 'gas') expect(featuresOf(times(100, 1), story, cell)[id], id).toBeNaN();
  });

  it('whatever comes, no figure is infinite', () => {
    const value = fc.oneof(
      fc.double({ min: -60, max: 1250, noNaN: true }),
      fc.constant(Number.NaN),
      fc.constant(0),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, value, fc.integer({ min: 1, max: 5000 })), { maxLength: 60 }),
        (rows) => {
          const detector = new Detector({ nameplate: { capacityAh: 2, cellsInSeries: 1 } });
          let timeS = 0;
          for (const [degC, volt, ampere, step] of rows) {
            timeS += step / 10;
            const measured = { surface_temperature_max_degc: degC, voltage_v: volt / 250, current_a: ampere };
            detector.observe(frameOf('cell', timeS, measured));
            for (const figure of detector.features('cell')!)
              expect(Math.abs(figure)).not.toBe(Number.POSITIVE_INFINITY);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('live and replayed', () => {
  const nameplate: Nameplate = { capacityAh: 50, cellsInSeries: 1 };
  /** Three cells of a rack, irregular, with a pause and values that are missing now and then. */
  function frames(): Frame[] {
    const random = noise(17);
    const list: Frame[] = [];
    for (let t = 0; t < 2400; t += t > 1000 && t < 1050 ? 40 : 1 + 0.3 * random())
      for (const [k, id] of ['a', 'b', 'c'].entries()) {
        const measured: Measured = {
          voltage_v: 3.7 - (k === 1 ? Math.max(0, t - 1500) / 4000 : 0) + 0.002 * random(),
          current_a: 20 * Math.sign(Math.sin(t / 200)),
        };
        const isThere = random() > -0.8;
        if (isThere) measured.surface_temperature_max_degc = 25 + (k === 1 ? t / 300 : 0) + 0.1 * random();
        list.push(frameOf(id, t, measured, 'rack'));
      }
    return list;
  }
  const featuresAfter = (list: readonly Frame[], detector: Detector): number[][] => {
    for (const frame of list) detector.observe(frame);
    return ['a', 'b', 'c'].map((id) => [...detector.features(id)!]);
  };

  it('the clock of the caller and silence that is looked for change no figure', () => {
    const replayed = featuresAfter(frames(), new Detector({ nameplate }));
    const live = new Detector({ nameplate, clock: 'caller' });
    for (const frame of frames()) {
      live.advance(frame.timeMs + 3);
      live.observe(frame);
      live.verdict(frame.moduleId);
    }
    expect(['a', 'b', 'c'].map((id) => [...live.features(id)!])).toEqual(replayed);
  });

  it('the order of modules within one instant changes no figure', () => {
    const list = frames();
    const turned = list.map((_, i) => list[i - (i % 3) + (2 - (i % 3))]!);
    expect(featuresAfter(turned, new Detector({ nameplate }))).toEqual(
      featuresAfter(list, new Detector({ nameplate })),
    );
  });

  it('a module alone shows the same as among others, but for what compares it', () => {
    const compared = [FEATURE_INDEX.aboveSiblingsK, FEATURE_INDEX.belowSiblingsPercent];
    const among = featuresAfter(frames(), new Detector({ nameplate }))[1]!;
    const alone = new Detector({ nameplate });
    for (const frame of frames()) if (frame.moduleId === 'b') alone.observe(frame);
    const own = [...alone.features('b')!];
    own.forEach((value, i) => {
      if (!compared.includes(i)) expect(value, FEATURES[i]!.id).toBe(among[i]);
    });
  });
});

const DIRECTIONS = { 1: 'more', '-1': 'less', 0: '' } as const;
const HEAD = [
  '| figure | meaning | unit | window, s | graver when | for models | physical sign | blind |',
  '| --- | --- | --- | ---: | --- | --- | --- | --- |',
];

const tableOf = (physics: string): string =>
  [
    ...HEAD,
    ...FEATURES.filter((feature) => (feature.physics ?? 'several') === physics).map((feature) => {
      const { id, label, unit, windowS, monotone, model, sign, blind } = feature;
      const direction = DIRECTIONS[monotone];
      return `| \`${id}\` | ${label} | ${unit} | ${windowS || ''} | ${direction} | ${model ? 'yes' : 'no'} | ${sign} | ${blind} |`;
    }),
  ].join('\n');

describe('the table', () => {
  it('docs/features.md has the tables of the code (UPDATE_DOCS=1 writes them)', () => {
    const path = new URL('../../../../docs/features.md', import.meta.url);
    const page = readFileSync(path, 'utf8');
    const renewed = page.replace(
      /(<!-- (\w+): written by .*? -->\n)[\s\S]*?(\n<!-- end -->)/g,
      (_, begin: string, physics: string, end: string) => `${begin}${tableOf(physics)}${end}`,
    );
    if (process.env['UPDATE_DOCS']) writeFileSync(path, renewed);
    else expect(page).toBe(renewed);
    for (const { id } of FEATURES) expect(renewed).toContain(`| \`${id}\` |`);
  });

  it('leaves out of the model what tells how the data were taken, and what it says itself', () => {
    const left = FEATURES.filter(({ model }) => !model).map(({ id }) => id);
    expect(left).toEqual([
      'unconfirmedDegC',
      'watchedForMin',
      'believedShare',
      'hazardProbability',
      'hazardPhysics',
    ]);
  });
});
