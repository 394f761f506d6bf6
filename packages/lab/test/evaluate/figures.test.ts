import { createRandom } from '@emberwatch/engine/random';
import { describe, expect, it } from 'vitest';
import { calibrate, exposureOf, yearsOf } from '../../src/evaluate/budget.ts';
import { evaluate } from '../../src/evaluate/evaluate.ts';
import { crossingAt, eventsOf, harmlessOf, leadStats, leadsOf } from '../../src/evaluate/lead.ts';
import { CHANGES } from '../../src/evaluate/robustness.ts';
import { metricsOfRun } from '../../src/evaluate/run.ts';
import { falseAlarmsByKind, policyStats, scoreStats } from '../../src/evaluate/score-stats.ts';
import { evaluationText } from '../../src/evaluate/text.ts';
import type { RunMetrics } from '../../src/rows/outcome.ts';
import { MODEL_SCORE, SCORES } from '../../src/rows/scores.ts';
import { degCOfLogOdds, INTERVAL_S, type Plan, recordOf, scorer, sourceOf, tallied } from './runs.ts';

const EVENT: Plan = {
  run: '000001',
  modules: ['a', 'b', 'c'],
  durationS: 3600,
  fault: { module: 'b', onsetS: 600, rateKPerS: 0.05, pnrS: 2400 },
};
const HARMLESS: Plan = {
  run: '000002',
  modules: ['a'],
  durationS: 3600,
  fault: { module: 'a', onsetS: 600, rateKPerS: 0.01, pnrS: null },
};
const WARM: Plan = {
  run: '000003',
  modules: ['a'],
  durationS: 7200,
  disturbance: { module: 'a', kind: 'hotDay', fromS: 3600, degC: 48 },
};
const CALM: Plan = { run: '000004', modules: ['a', 'b'], durationS: 7200, split: 'validation' };
const levelAt = (degC: number): number =>
  SCORES[MODEL_SCORE].grid.findIndex((logOdds) => degCOfLogOdds(logOdds) >= degC);

describe('figures by event, worked out by hand', () => {
  it('the lead is from the third look above the threshold to the point of no return', async () => {
    const events = eventsOf(await tallied([EVENT, HARMLESS]));
    expect(events).toHaveLength(1);
    const level = levelAt(60);
    const thresholdDegC = degCOfLogOdds(SCORES[MODEL_SCORE].grid[level]!);
    // 25 °C + 0.05 K/s from 600 s on: a look every 10 s, the third above the threshold counts.
    const firstAboveS = Math.ceil((600 + (thresholdDegC - 25) / 0.05) / INTERVAL_S) * INTERVAL_S;
    const leads = leadsOf(events, crossingAt(MODEL_SCORE, level));
    // The figure itself waits for one more frame to confirm a reading.
    expect(leads).toEqual([2400 - (firstAboveS + 3 * INTERVAL_S)]);
  });

  it('missed events count as nothing, late ones are told', () => {
    const stats = leadStats([600, 30, -5, Number.NEGATIVE_INFINITY]);
    expect(stats).toMatchObject({ events: 4, caught: 2, late: 1, recall: 0.5, minS: 0, medianS: 15 });
    expect(stats.share60S).toBe(0.25);
    expect(stats.share5Min).toBe(0.25);
  });

  it('a fault is no false alarm, a hot day is one, neighbours of what ran away are nobody’s', async () => {
    const runMetrics = await tallied([EVENT, HARMLESS, WARM]);
    // Three modules until b’s onset, a and c on until b’s point of no return; each loses its first look.
    const before = 600 + 2 * 2400 - 3 * INTERVAL_S;
    const moduleS = exposureOf([runMetrics[0]!]);
    expect(moduleS).toBe(before);
    expect(harmlessOf(runMetrics)).toHaveLength(1);
    const level = levelAt(45);
    const rows = falseAlarmsByKind(runMetrics, [level]);
    const of = (name: string) => rows.find((row) => row.name === name)!.model![0]!.count;
    expect([of('hotDay'), of('calm')]).toEqual([1, 0]);
    expect(runMetrics[0]!.faults[0]!.rank![MODEL_SCORE]).toBe(1);
  });

  it('runs away or not: what gets hotter ranks higher', async () => {
    const runMetrics = await tallied([EVENT, HARMLESS, WARM]);
    const { runawayAuroc, auroc, top1 } = scoreStats(runMetrics, runMetrics, MODEL_SCORE);
    expect([runawayAuroc, auroc, top1]).toEqual([1, 1, 1]);
  });

  it('the policy that runs is judged as it runs', async () => {
    const [advisory, , critical] = policyStats(await tallied([EVENT, HARMLESS]));
    expect(advisory!.lead.caught).toBe(1);
    expect(critical!.lead.medianS).toBeGreaterThan(0);
    expect(critical!.lead.medianS).toBeLessThan(advisory!.lead.medianS);
    expect(critical).toMatchObject({ harmless: 1, harmlessAlarmed: 0 });
  });

  it('each change of the frames leaves a run that can be judged', async () => {
    const source = sourceOf([EVENT]);
    for (const [name, { make }] of Object.entries(CHANGES)) {
      const metrics = await metricsOfRun(source, source.runs[0]!, { scorer, detector: {} }, make(1));
      expect(eventsOf([metrics]), name).toHaveLength(1);
      const [lead] = leadsOf(eventsOf([metrics]), crossingAt(MODEL_SCORE, levelAt(60)));
      if (name === 'no-temperature') expect(lead).toBe(Number.NEGATIVE_INFINITY);
      else expect(lead, name).toBeGreaterThan(0);
    }
  });

  it('an evaluation has every table', async () => {
    const plans = [EVENT, HARMLESS, WARM, CALM];
    const source = sourceOf(plans);
    const evaluation = await evaluate(
      'by-hand',
      { names: ['by hand'], sha256: ['-'], runs: source.runs },
      (runs, change) =>
        Promise.all(
          runs.map((run) =>
            metricsOfRun(
              source,
              run,
              { scorer, detector: {} },
              change === null ? null : CHANGES[change]!.make(1),
            ),
          ),
        ),
    );
    expect(evaluation).toMatchObject({ runs: 3, events: 1, harmless: 1, calibration: { runs: 1 } });
    expect(evaluation.robustness).toHaveLength(1 + Object.keys(CHANGES).length);
    const text = evaluationText(evaluation);
    for (const title of ['The alarm policy as it runs', 'Ranking', 'By family', 'Frames changed'])
      expect(text).toContain(title);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    await expect(
      evaluate(null, { names: ['x'], sha256: [], runs: [recordOf(EVENT)] }, async () => []),
    ).rejects.toThrow('no run belongs to validation');
  });
});

/** Calm modules whose score crosses thresholds at random: `rate` episodes per module-year at each level below it. */
function simulated(seed: number, runs: number, moduleYears: number, levels: readonly number[]): RunMetrics[] {
  const random = createRandom(seed, 'poisson');
  const poisson = (mean: number): number => {
    let [count, product] = [-1, 1];
    for (const limit = Math.exp(-mean); product > limit; count++) product *= random.uniform();
    return count;
  };
  return Array.from({ length: runs }, (_, run) => {
    const { modules: _modules, ...record } = recordOf({ ...CALM, run: String(run) });
    return {
      record,
      frames: 0,
      exposures: [
        {
          kind: 'calm',
          modules: 1,
          moduleS: (moduleYears / runs) * 365.25 * 86_400,
          episodes: SCORES.map(({ grid }, k) =>
            Float64Array.from(grid, (_threshold, level) =>
              k === MODEL_SCORE ? poisson((levels[level]! * moduleYears) / runs) : 0,
            ),
          ),
          alarms: [0, 0, 0],
          rules: {},
          max: [],
        },
      ],
      regimes: [],
      faults: [],
      reliability: new Float64Array(80),
    };
  });
}

describe('thresholds for a budget', () => {
  /** A tenth as many alarms every 25 levels: 1.5 per module-year at about level 98. */
  const rates = Array.from(SCORES[MODEL_SCORE].grid, (_, level) => 1e4 * 10 ** (-level / 25));

  it('alarms of new calm data come as often as was set', () => {
    const fresh = simulated(2, 40, 1000, rates);
    const { level, isSupported } = calibrate(simulated(1, 40, 100, rates), MODEL_SCORE, 1.5);
    expect(isSupported).toBe(true);
    const found = fresh.reduce(
      (sum, { exposures }) => sum + exposures[0]!.episodes[MODEL_SCORE]![level!]!,
      0,
    );
    const perModuleYear = found / yearsOf(exposureOf(fresh));
    expect(perModuleYear).toBeGreaterThan(0.9);
    expect(perModuleYear).toBeLessThan(2);
  });

  it('a budget that the exposure cannot show is not claimed', () => {
    const { isSupported, seen } = calibrate(simulated(1, 10, 2, rates), MODEL_SCORE, 0.01);
    expect(isSupported).toBe(false);
    expect(seen.count).toBe(0);
    expect(seen.upperPerModuleYear).toBeCloseTo(3.0 / 2, 1);
  });
});
