import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artefactOf, listRuns, recordRun } from '../../src/registry/index.ts';
import { makeModel, makeTraining } from './made.ts';
import { MlflowDouble } from './server.ts';

let store: string;
let server: MlflowDouble;
let url: string;
beforeEach(async () => {
  store = mkdtempSync(join(tmpdir(), 'emberwatch-runs-'));
  server = new MlflowDouble();
  url = await server.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(store, { recursive: true, force: true });
});

const artefact = { file: 'hazard-1.model', bytes: artefactOf(makeModel('hazard-1')) };
const settings = (more: Record<string, string> = {}) => ({ MLFLOW_TRACKING_URI: url, ...more });

describe('the local store', () => {
  it('keeps everything that is needed to train again, readable', async () => {
    const { run, folder, mlflow } = await recordRun(store, makeTraining('hazard-1'), artefact, {});
    expect(mlflow).toBeNull();
    expect(run.id).toBe('20260102-030405-hazard-1');
    const text = readFileSync(join(folder, 'run.json'), 'utf8');
    expect(text.split('\n').length).toBeGreaterThan(30);
    expect(JSON.parse(text)).toMatchObject({
      seed: 1,
      plan: 'tiny',
      datasetSha256: 'b'.repeat(64),
      commit: 'c'.repeat(40),
      command: ['train', 'datasets/tiny', '--seed', '1'],
      parameters: { trees: 1, learningRate: 0.1, monotone: true },
      curves: { validation: [0.65, 0.5, 0.45] },
      environment: { node: process.version, packages: { emberwatch: expect.any(String) } },
      artefact: { file: 'hazard-1.model', bytes: artefact.bytes.byteLength },
    });
    expect(new Uint8Array(readFileSync(join(folder, 'hazard-1.model')))).toEqual(artefact.bytes);
  });

  it('is only ever appended to, and names what was broken off', async () => {
    const first = await recordRun(store, makeTraining('hazard-1'), artefact, {});
    const before = readFileSync(join(first.folder, 'run.json'), 'utf8');
    const second = await recordRun(store, makeTraining('hazard-1', { seed: 2 }), null, {});
    expect(second.run.id).toBe('20260102-030405-hazard-1-2');
    expect(readFileSync(join(first.folder, 'run.json'), 'utf8')).toBe(before);
    mkdirSync(join(store, '20260101-000000-cut'));
    mkdirSync(join(store, '20260101-000001-bad'));
    writeFileSync(join(store, '20260101-000001-bad', 'run.json'), '{"format":"emb');
    const { runs, broken } = await listRuns(store);
    expect(runs.map(({ id, seed }) => [id, seed])).toEqual([
      ['20260102-030405-hazard-1-2', 2],
      ['20260102-030405-hazard-1', 1],
    ]);
    expect(broken.map(({ id }) => id)).toEqual(['20260101-000001-bad', '20260101-000000-cut']);
    expect(await listRuns(join(store, 'nowhere'))).toEqual({ runs: [], broken: [] });
  });
});

describe('an MLflow server', () => {
  it('gets parameters, metrics, curves, environment, artefact and a model version', async () => {
    const { mlflow, run } = await recordRun(store, makeTraining('hazard-1'), artefact, settings());
    expect(mlflow).toEqual({ url, sent: true, runId: 'run-1', modelVersion: '1', problems: [] });
    expect([...server.experiments.keys()]).toEqual(['emberwatch']);
    expect(server.params.get('learningRate')).toBe('0.1');
    expect(server.params.get('environment.node')).toBe(process.version);
    expect(server.metrics.filter(({ key }) => key === 'curve.validation').map(({ value }) => value)).toEqual([
      0.65, 0.5, 0.45,
    ]);
    expect(server.metrics.some(({ key }) => key === 'neverMeasured')).toBe(false);
    const stored = server.artefacts.get('1/run-1/artifacts/model/hazard-1.model');
    expect(new Uint8Array(stored!)).toEqual(artefact.bytes);
    expect(server.versions[0]!.tags).toContainEqual({ key: 'sha256', value: run.artefact!.sha256 });
    expect(server.status).toBe('FINISHED');
  });

  it('is spoken to within the limits of a batch, whatever the length of a curve', async () => {
    const parameters = Object.fromEntries(Array.from({ length: 230 }, (_, i) => [`p ${i} (odd)`, i]));
    const curves = { train: Array.from({ length: 2500 }, (_, i) => 1 / (i + 1)) };
    const training = makeTraining('long', { parameters, curves });
    const { mlflow } = await recordRun(store, training, null, settings());
    expect(mlflow!.problems).toEqual([]);
    expect(server.metrics.filter(({ key }) => key === 'curve.train')).toHaveLength(2500);
    expect([...server.params.keys()].filter((key) => key.startsWith('p '))).toHaveLength(230);
  });

  it('is used again: the experiment and the model exist, the second version is made', async () => {
    await recordRun(store, makeTraining('hazard-1'), artefact, settings());
    const { mlflow } = await recordRun(store, makeTraining('hazard-2'), artefact, settings());
    expect(mlflow).toMatchObject({ sent: true, modelVersion: '2' });
    expect(server.calls.filter(({ path }) => path === 'mlflow/experiments/create')).toHaveLength(1);
  });

  it('is told who asks, where it wants to know', async () => {
    await recordRun(store, makeTraining('a'), null, settings({ MLFLOW_TRACKING_TOKEN: 'secret' }));
    expect(server.calls[0]!.authorization).toBe('Bearer secret');
    const basic = { MLFLOW_TRACKING_USERNAME: 'me', MLFLOW_TRACKING_PASSWORD: 'pass' };
    await recordRun(store, makeTraining('b'), null, settings(basic));
    expect(server.calls.at(-1)!.authorization).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
    expect(readFileSync(join(store, '20260102-030405-a', 'run.json'), 'utf8')).not.toContain('secret');
  });

  it('that fails loses nothing here, and is told of', async () => {
    server.broken.add('mlflow/runs/log-batch');
    const half = await recordRun(store, makeTraining('half'), artefact, settings());
    expect(half.mlflow).toMatchObject({ sent: false, runId: 'run-1', modelVersion: '1' });
    expect(half.mlflow!.problems.join()).toMatch(
      /parameters and metrics: POST .*log-batch: 500 .*disk is full/,
    );
    expect(server.status).toBe('FAILED');
    expect(JSON.parse(readFileSync(join(half.folder, 'mlflow.json'), 'utf8'))).toEqual(half.mlflow);

    const away = { MLFLOW_TRACKING_URI: 'http://127.0.0.1:1' };
    const none = await recordRun(store, makeTraining('away'), artefact, away);
    expect(none.mlflow).toMatchObject({ sent: false, runId: null });
    expect(none.mlflow!.problems[0]).toContain('127.0.0.1:1');
    const files = await recordRun(store, makeTraining('files'), null, { MLFLOW_TRACKING_URI: './mlruns' });
    expect(files.mlflow!.problems[0]).toMatch(/only http/);
    expect((await listRuns(store)).runs).toHaveLength(3);
  });

  it('that keeps artefacts elsewhere is named, with what to do', async () => {
    server.artifactRoot = 's3://bucket/1/run-1/artifacts';
    const { mlflow } = await recordRun(store, makeTraining('cloud'), artefact, settings());
    expect(mlflow!.sent).toBe(false);
    expect(mlflow!.problems[0]).toMatch(/s3:\/\/bucket.*--serve-artifacts/);
    expect(server.params.size).toBeGreaterThan(3);
  });
});
