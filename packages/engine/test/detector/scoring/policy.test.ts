import { describe, expect, it } from 'vitest';
import { createModel, type ModelDocument, policyWithModel } from '../../../src/detector/index.ts';
import { firstS, type Measured, play, rulesAt, story } from '../site.ts';
import { stumpModel } from './models.ts';

/** Warms by 1 K/min from 25 °C on, voltage calm. */
const warming = (t: number): Measured => ({ surface_temperature_max_degc: 25 + t / 60, voltage_v: 3.7 });

/** A second stump, on the voltage lost: two kinds of physics carry the sum. */
function twoPhysics(): ModelDocument {
  const heat = stumpModel('hottestDegC', 45);
  const at = heat.features.findIndex(({ id }) => id === 'drop10minPercent');
  const [first] = heat.scorer.kind === 'linear' ? [] : heat.scorer.trees;
  const second = { ...first!, feature: [at, -1, -1], threshold: [3, 0, 0] };
  const scorer = { kind: 'trees', combine: 'sum', base: 0, trees: [first!, second] } as const;
  return { ...heat, scorer };
}

describe('a model beside the rules', () => {
  const model = createModel(stumpModel('hottestDegC', 40));

  it.each([0.05, 1, 60])('raises its levels with their hold times (every %d s)', (stepS) => {
    const reported = play(
      1400,
      stepS,
      (t) => ({ ...warming(t), surface_temperature_max_degc: t < 900 ? 30 : 41 }),
      {
        model,
      },
    );
    const alone = play(1400, stepS, (t) => ({
      ...warming(t),
      surface_temperature_max_degc: t < 900 ? 30 : 41,
    }));
    expect(rulesAt(reported, 'warning')).toContain('MODEL-warning');
    expect(firstS(reported, 'warning')).toBeGreaterThan(900);
    expect(firstS(reported, 'warning')).toBeLessThan(910 + 4 * stepS);
    // 41 °C is beyond no limit: hot enough for the model, not for a critical of heat alone.
    expect(story(reported)).not.toContain('critical');
    expect(
      alone.changes.flatMap(({ reasons }) => reasons).every(({ rule }) => !rule.startsWith('MODEL')),
    ).toBe(true);
  });

  it('says how sure it is, how long there is and what moved it, and nothing while it is calm', () => {
    const reported = play(1300, 1, warming, { model });
    const verdict = reported.detector.verdict('module')!;
    expect(verdict.hazardProbability).toBeCloseTo(0.9, 9);
    expect(verdict.timeToPnr!.medianS).toBeCloseTo(300, 6);
    expect(verdict.drivers).toMatchObject([{ feature: 'hottestDegC', share: 1 }]);
    const text = verdict.reasons.find(({ rule }) => rule === 'MODEL-warning')!.text;
    expect(text).toMatch(
      /^probability of hazard 0\.90 \(limit 0\.5\), point of no return in 5 min \(60 s to 25 min\), moved by hottest surface 46\.\d °C \(100 %\)$/,
    );
    const calm = play(300, 1, warming, { model }).detector.verdict('module')!;
    expect(calm).toMatchObject({ timeToPnr: null, drivers: [] });
    expect(calm.hazardProbability).toBeCloseTo(0.1, 9);
    const without = play(300, 1, warming).detector.verdict('module')!;
    expect(without).toMatchObject({ hazardProbability: null, timeToPnr: null, drivers: null });
  });

  it('has no probability while the data cannot be believed, and doubt does not clear it', () => {
    const gone = play(1500, 1, (t) => (t < 1300 ? warming(t) : null), { model });
    expect(gone.changes.at(-1)!.to).toBe('warning');
    expect(gone.detector.verdict('module')!.hazardProbability).toBeNull();
    const first = play(2, 1, () => ({ surface_temperature_max_degc: 50, voltage_v: 3.7 }), { model });
    expect(first.detector.verdict('module')!.hazardProbability).toBeNull();
  });

  it('from a start in heat it is not stuck in doubt', () => {
    const reported = play(120, 1, () => ({ surface_temperature_max_degc: 50, voltage_v: 3.7 }), { model });
    expect(rulesAt(reported, 'warning')).toContain('MODEL-warning');
  });
});

describe('critical by a model', () => {
  it('needs heat beyond what operation knows …', () => {
    const reported = play(3600, 1, warming, { model: createModel(stumpModel('hottestDegC', 40)) });
    expect(rulesAt(reported, 'critical')).toContain('MODEL-hot');
    // 70 °C are reached after 45 min.
    expect(firstS(reported, 'critical')).toBeGreaterThan(2695);
    expect(firstS(reported, 'critical')).toBeLessThan(2720);
  });

  it('… or that different physics carry the probability', () => {
    const measure = (t: number): Measured => ({ ...warming(t), voltage_v: t < 1500 ? 3.7 : 3.5 });
    const reported = play(1800, 1, measure, { model: createModel(twoPhysics()) });
    expect(rulesAt(reported, 'critical')).toEqual(['MODEL-critical']);
    expect(firstS(reported, 'critical')).toBeGreaterThan(1500);
    expect(firstS(reported, 'critical')).toBeLessThan(1515);
  });
});

describe('what a model may take away', () => {
  /** A short that smoulders: 75 °C and a third of the voltage gone, then it cools. */
  const smoulder =
    (peakDegC: number) =>
    (t: number): Measured => {
      const s = Math.max(0, t - 1200);
      const heat = s < 300 ? s / 300 : Math.exp(-(s - 300) / 900);
      return { surface_temperature_max_degc: 25 + (peakDegC - 25) * heat, voltage_v: t < 1200 ? 4 : 2.6 };
    };
  /** Holds everything to be harmless. */
  const calm = createModel(stumpModel('hottestDegC', 1000));
  const lenient = policyWithModel(calm.thresholds, { criticalNeeds: 'advisory' });

  it('is nothing where a policy says so', () => {
    const rules = play(3000, 1, smoulder(75));
    expect(rulesAt(rules, 'critical')).toContain('AGREE');
    const policy = policyWithModel(calm.thresholds, { criticalNeeds: null });
    expect(story(play(3000, 1, smoulder(75), { model: calm, policy }))).toBe(story(rules));
  });

  it('is a critical by agreement, never a warning', () => {
    const reported = play(3000, 1, smoulder(75), { model: calm });
    expect(story(reported)).not.toContain('critical');
    expect(firstS(reported, 'warning')).toBe(firstS(play(3000, 1, smoulder(75)), 'warning'));
  });

  it('is said for as long as it takes something away, and only then', () => {
    const held = (seconds: number, peakDegC: number, options = {}): string[] =>
      play(seconds, 1, smoulder(peakDegC), options)
        .detector.verdict('module')!
        .reasons.filter(({ rule }) => rule === 'held-back')
        .map(({ text }) => text);
    expect(held(1600, 75, { model: calm })).toEqual([
      'the rules alone would say critical: held back while the probability of hazard is 0.10 (limit 0.8)',
    ]);
    expect(held(1100, 75, { model: calm })).toEqual([]);
    expect(held(1600, 75)).toEqual([]);
    // Critical by HOT-120 all the same: nothing is held back any more.
    expect(held(1600, 150, { model: calm })).toEqual([]);
  });

  it('is never the heat that no cell is meant to have', () => {
    const reported = play(3000, 1, smoulder(150), { model: calm, policy: lenient });
    expect(rulesAt(reported, 'critical')).toContain('HOT-120');
    expect(rulesAt(reported, 'critical')).not.toContain('AGREE');
  });

  it('nor a surface beyond 90 °C that heats by half a kelvin a second', () => {
    // 1 K/s from 300 s on: 90 °C after 365 s, 120 °C after 395 s.
    const runaway = (t: number): Measured => ({
      surface_temperature_max_degc: 25 + Math.max(0, t - 300),
      voltage_v: 4,
    });
    const reported = play(500, 0.1, runaway, { model: calm });
    expect(rulesAt(reported, 'critical')).toContain('HOT-FAST');
    expect(firstS(reported, 'critical')).toBeGreaterThan(365);
    expect(firstS(reported, 'critical')).toBeLessThan(370);
  });

  it('is nothing where it cannot judge', () => {
    const reported = play(3000, 1, smoulder(75), { policy: lenient });
    expect(rulesAt(reported, 'critical')).toContain('AGREE');
  });
});
