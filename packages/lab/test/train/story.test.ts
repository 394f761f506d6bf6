import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel } from '@emberwatch/engine/detector';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDataset, loadPlan } from '../../src/dataset/index.ts';
import { evaluateDatasets } from '../../src/evaluate/datasets.ts';
import { evaluationHtml } from '../../src/evaluate/report.ts';
import { evaluationText } from '../../src/evaluate/text.ts';
import { modelNamed } from '../../src/registry/index.ts';
import { readRun } from '../../src/registry/runs.ts';
import { keyOfRows } from '../../src/train/cache.ts';
import { keep, leaveOneOut, trainOnDataset } from '../../src/train/index.ts';

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emberwatch-story-'));
  data = join(folder, 'tiny');
  await buildDataset(await loadPlan('tiny'), {
    folder: data,
    shard: null,
    workers: 1,
    seedCsv: false,
    fresh: false,
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = () => ({
  name: 'story-1',
  learner: 'gbt',
  parameters: { trees: 15 },
  search: 1,
  seed: 3,
  views: 2,
  rowsOfEvent: 60,
  without: [],
  workers: 1,
  cache: join(folder, 'rows'),
});

describe('from a plan to figures', () => {
  it('build, train, keep, evaluate', { timeout: 60_000 }, async () => {
    const trained = await trainOnDataset(data, options());
    expect(trained.rowsFromCache).toBe(false);
    const { document } = trained;
    expect(() => createModel(document)).not.toThrow();
    expect(document.training.positiveRows).toBeGreaterThan(0);
    const { advisory, warning, critical } = document.thresholds;
    expect(advisory.probability).toBeLessThanOrEqual(warning.probability);
    expect(warning.probability).toBeLessThanOrEqual(critical.probability);
    expect(critical.budget).toContain('module-year');

    const file = join(folder, 'story-1.model');
    const { folder: record } = await keep(trained, file, {
      store: join(folder, 'runs'),
      command: ['train', data],
      startedMs: 1_700_000_000_000,
    });
    const stored = await readRun(join(folder, 'runs'), record.split('/').at(-1)!);
    expect(stored.datasetSha256).toBe(document.training.datasetSha256);
    expect(await modelNamed(file)).toEqual(document);

    const evaluation = await evaluateDatasets(document, [data], { workers: 1, withRobustness: false });
    expect(evaluation.events).toBeGreaterThan(0);
    expect(evaluation.scores.map(({ score }) => score)).toEqual([
      'model',
      ...['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'B8'],
    ]);
    const [model] = evaluation.scores;
    expect(model!.auroc).toBeGreaterThan(0.5);
    expect(evaluationText(evaluation)).toContain('story-1');
    const html = await evaluationHtml(evaluation, null);
    expect(html).toContain('<svg role="img"');
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);

    const rules = await evaluateDatasets(null, [data], { workers: 1, withRobustness: false });
    expect(rules.scores[0]!.score).toBe('B1');
    expect(evaluationText(rules)).toContain('The rules alone');
  });

  it('the same seed gives the same model, with kept rows as without', { timeout: 60_000 }, async () => {
    const again = await trainOnDataset(data, options());
    expect(again.rowsFromCache).toBe(true);
    const fresh = await trainOnDataset(data, { ...options(), cache: null });
    expect(fresh.document).toEqual(again.document);
    expect(await readdir(join(folder, 'rows'))).toHaveLength(1);
    expect(keyOfRows({ seed: 1 })).toBe(keyOfRows({ seed: 1 }));
    expect(keyOfRows({ seed: 1 })).not.toBe(keyOfRows({ seed: 2 }));
  });

  it('leaves each family out, and says without which nothing can be learnt', {
    timeout: 60_000,
  }, async () => {
    const { parts, skipped } = await leaveOneOut(data, 'family', options());
    expect(parts.length).toBeGreaterThan(0);
    for (const { runs, events, harmless } of parts) {
      expect(runs).toBeGreaterThan(0);
      expect(events + harmless).toBeGreaterThan(0);
    }
    // The only event of the validation runs of this plan is of one family.
    expect(skipped).toEqual([
      {
        name: expect.any(String),
        reason: expect.stringMatching(/^the validation runs have 0 hazardous rows/),
      },
    ]);
    await expect(leaveOneOut(data, 'family', { ...options(), learner: 'oracle' })).rejects.toThrow(
      '--learner oracle',
    );
  });

  it('no run belongs to two splits, and none of the judged ones was trained on', async () => {
    const { runs } = JSON.parse(await readFile(join(data, 'manifest.json'), 'utf8'));
    const names = runs.map(({ run }: { run: string }) => run);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('what cannot be done is said', () => {
  it('names the learner, the setting or the folder', async () => {
    await expect(trainOnDataset(data, { ...options(), learner: 'oracle' })).rejects.toThrow(
      '--learner oracle: there is no such learner; there are gbt',
    );
    await expect(trainOnDataset(data, { ...options(), parameters: { depth: 3 } as never })).rejects.toThrow(
      'depth: no such parameter',
    );
    await expect(trainOnDataset(join(folder, 'nowhere'), options())).rejects.toThrow('no dataset');
    await expect(evaluateDatasets(null, [data], { workers: 1, splits: [] })).rejects.toThrow(
      'no run belongs',
    );
  });
});
