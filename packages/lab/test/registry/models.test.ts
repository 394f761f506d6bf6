import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelDocument } from '@emberwatch/engine/detector';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  artefactOf,
  type Catalog,
  compareReferences,
  exportModel,
  exportOnnxOf,
  importanceOf,
  inventory,
  loadModel,
  promoteModel,
  recordRun,
  rollbackModel,
  writeCard,
} from '../../src/registry/index.ts';
import { makeModel, makeTraining } from './made.ts';
import { MlflowDouble } from './server.ts';

let catalog: Catalog;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-models-'));
  catalog = { models: join(folder, 'models'), store: join(folder, 'runs') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes an artefact outside the folder of models, as a training does. */
function trained(name: string, changes: Partial<ModelDocument> = {}): string {
  const path = join(folder, `${name}.model`);
  writeFileSync(path, artefactOf(makeModel(name, changes)));
  return path;
}

const champion = async (): Promise<string> => (await loadModel('champion', catalog)).document.name;
const promoted = (path: string, as = 'champion') => promoteModel(catalog, path, as, 'because', {});

describe('aliases', () => {
  it('go one step forward and one back, any number of times, and keep their history', async () => {
    for (const name of ['h-1', 'h-2', 'h-3']) await promoted(trained(name));
    expect(await champion()).toBe('h-3');
    expect((await loadModel('shipped', catalog)).document.name).toBe('h-3');
    const back = await rollbackModel(catalog, 'champion', 'false alarms', {});
    expect([back.from.model, back.to.model]).toEqual(['h-3', 'h-2']);
    expect(await champion()).toBe('h-2');
    await rollbackModel(catalog, 'champion', '', {});
    expect(await champion()).toBe('h-1');
    await expect(rollbackModel(catalog, 'champion', '', {})).rejects.toThrow(/h-1 is the first champion/);
    await promoted('h-3');
    expect(await champion()).toBe('h-3');
    await rollbackModel(catalog, 'champion', '', {});
    expect(await champion()).toBe('h-1');
    const { history } = await inventory(catalog);
    expect(history.map(({ step, model }) => `${step} ${model}`)).toEqual([
      'promote h-1',
      'promote h-2',
      'promote h-3',
      'rollback h-2',
      'rollback h-1',
      'promote h-3',
      'rollback h-1',
    ]);
    expect(history[3]!.why).toBe('false alarms');
  });

  it('stand side by side', async () => {
    await promoted(trained('old'));
    await promoted(trained('new'), 'challenger');
    const { models } = await inventory(catalog);
    expect(models.map(({ name, aliases }) => [name, aliases])).toEqual([
      ['new', ['challenger']],
      ['old', ['champion']],
    ]);
    await expect(promoted('new', 'chief')).rejects.toThrow(
      /chief: no alias; there are champion and challenger/,
    );
    await expect(promoted('old')).rejects.toThrow(/old is champion already/);
  });

  it('say what gets better and what gets worse', async () => {
    await promoted(trained('a'));
    const metrics = { validationAuprc: 0.9, validationLogLoss: 0.3, other: 1 };
    const { comparison } = await promoted(trained('b', { metrics }));
    expect(comparison!.metrics.map(({ name, change }) => [name, change])).toEqual([
      ['validationAuprc', 'better'],
      ['validationLogLoss', 'worse'],
      ['other', 'not comparable'],
    ]);
    const same = await compareReferences(catalog, 'a', 'a');
    expect(same.metrics.every(({ change }) => change === 'same')).toBe(true);
    expect(same.differences).toEqual([]);
  });

  it('are compared by event where both were evaluated on the same data', async () => {
    const evaluation = (model: string, recall: number, alarms: number, sha256 = 'd'): string => {
      const path = join(folder, `${model}-${sha256}.json`);
      const policy = [
        {
          level: 'critical',
          lead: { recall, medianS: 600 * recall, share5Min: null },
          falseAlarms: { count: alarms },
          harmless: 4,
          harmlessAlarmed: 1,
        },
      ];
      const content = {
        model,
        data: { names: ['d'], sha256: [sha256] },
        policy,
        scores: [],
        reliability: null,
      };
      writeFileSync(path, JSON.stringify({ evaluation: content, real: null }));
      return path;
    };
    trained('a');
    trained('b');
    const [a, b] = [join(folder, 'a.model'), join(folder, 'b.model')];
    const files = [evaluation('a', 0.8, 2), evaluation('b', 0.9, 5)];
    const found = await compareReferences(catalog, a, b, files);
    expect(found).toMatchObject({ statsOf: 'evaluation by event', isSameData: true });
    expect(Object.fromEntries(found.metrics.map(({ name, change }) => [name, change]))).toEqual({
      'critical: recall': 'better',
      'critical: median lead, s': 'better',
      'critical: false alarms': 'worse',
      'critical: share of harmless faults': 'same',
    });
    const other = await compareReferences(catalog, a, b, [files[0]!, evaluation('b', 1, 0, 'e')]);
    expect(other.isSameData).toBe(false);
    await expect(compareReferences(catalog, a, b, [files[1]!, files[0]!])).rejects.toThrow(
      /this is an evaluation of b, not of a/,
    );
    await expect(compareReferences(catalog, a, b, [files[0]!])).rejects.toThrow(/two files/);
  });

  it('are set on an MLflow server as well, on the version that carries the same hash', async () => {
    const server = new MlflowDouble();
    const settings = { MLFLOW_TRACKING_URI: await server.start() };
    try {
      for (const name of ['h-1', 'h-2']) {
        const artefact = { file: `${name}.model`, bytes: artefactOf(makeModel(name)) };
        await recordRun(catalog.store, makeTraining(name), artefact, settings);
        expect(
          (await promoteModel(catalog, `20260102-030405-${name}`, 'champion', '', settings)).mlflow,
        ).toBeNull();
      }
      expect(server.aliases.get('champion')).toBe('2');
      expect((await rollbackModel(catalog, 'champion', '', settings)).mlflow).toBeNull();
      expect(server.aliases.get('champion')).toBe('1');
      const unknown = await promoteModel(catalog, trained('stranger'), 'champion', '', settings);
      expect(unknown.mlflow).toMatch(/no version .* carries this artefact/);
      expect(await champion()).toBe('stranger');
    } finally {
      await server.stop();
    }
  });
});

describe('what is refused', () => {
  it('a changed, cut or foreign artefact: nothing is promoted', async () => {
    await promoted(trained('good'));
    const path = trained('bad');
    const bytes = readFileSync(path);
    bytes[bytes.length - 20]! ^= 1;
    writeFileSync(path, bytes);
    await expect(promoted(path)).rejects.toThrow(/bad\.model: .*SHA-256.*changed/);
    writeFileSync(path, bytes.subarray(0, 400));
    await expect(promoted(path)).rejects.toThrow(/cut/);
    writeFileSync(path, '{"name":"x"}');
    await expect(promoted(path)).rejects.toThrow(/not a model file/);
    mkdirSync(join(folder, 'folder.model'));
    await expect(promoted(join(folder, 'folder.model'))).rejects.toThrow(/this is a folder/);
    expect(await champion()).toBe('good');
  });

  it('a champion that was exchanged behind the back of its alias', async () => {
    await promoted(trained('h-1'));
    writeFileSync(
      join(catalog.models, 'h-1.model'),
      artefactOf(makeModel('h-1', { metrics: { recall: 1 } })),
    );
    await expect(loadModel('champion', catalog)).rejects.toThrow(/not the artefact that was promoted/);
    const { models } = await inventory(catalog);
    expect(models[0]).toMatchObject({ name: 'h-1', model: null, problem: expect.stringMatching(/promoted/) });
    await promoted(trained('h-2'));
    await expect(rollbackModel(catalog, 'champion', '', {})).rejects.toThrow(/this file has changed/);
    expect(await champion()).toBe('h-2');
  });

  it('another model under a name that is taken', async () => {
    await promoted(trained('h-1'));
    const other = join(folder, 'other.model');
    writeFileSync(other, artefactOf(makeModel('h-1', { metrics: {} })));
    await expect(promoted(other)).rejects.toThrow(/another artefact of this name/);
  });

  it('what is not there, with what is', async () => {
    await expect(loadModel('champion', catalog)).rejects.toThrow(/nothing has been promoted to champion/);
    await promoted(trained('h-1'));
    await expect(loadModel('h-9', catalog)).rejects.toThrow(/h-9: no file, no alias .*\(h-1\).* no run/);
    const aliases = join(catalog.models, 'aliases.json');
    writeFileSync(aliases, readFileSync(aliases, 'utf8').replace('"h-1"', '"../../h-1"'));
    await expect(loadModel('champion', catalog)).rejects.toThrow(/"\.\.\/\.\.\/h-1" is no name of a model/);
    writeFileSync(aliases, '{"format":');
    await expect(loadModel('champion', catalog)).rejects.toThrow(/aliases\.json/);
  });
});

describe('a model', () => {
  it('is found by path, name and training', async () => {
    const artefact = { file: 'h-1.model', bytes: artefactOf(makeModel('h-1')) };
    const { run } = await recordRun(catalog.store, makeTraining('h-1'), artefact, {});
    await promoted(run.id);
    const byPath = await loadModel(join(catalog.models, 'h-1.model'), catalog);
    for (const reference of ['h-1', run.id, 'champion'])
      expect((await loadModel(reference, catalog)).sha256).toBe(byPath.sha256);
    const copy = join(folder, 'copy.model');
    expect((await exportModel(catalog, 'h-1', copy)).sha256).toBe(byPath.sha256);
  });

  it('decides by what its splits move', () => {
    const [first, second] = importanceOf(makeModel('h'));
    // |−2 + 1.75| · 110/120 + |1 + 1.75| · 10/120 against |0.5 − 1| · 6/120 + |2 − 1| · 4/120
    expect(first!.id).toBe('hottestDegC');
    expect(first!.share / second!.share).toBeCloseTo(0.458333 / 0.058333, 4);
  });

  it('goes to ONNX once onnxruntime says the same', async () => {
    await promoted(trained('h-1'));
    const path = join(folder, 'h.onnx');
    const check = await exportOnnxOf(catalog, 'champion', path);
    expect(check.rows).toBe(4096);
    expect(check.scoreDifferenceMax).toBeLessThanOrEqual(1e-6);
    expect(statSync(path).size).toBe(check.bytes);
  });

  it('has a card with its origin, levels and limits; without an evaluation it says so', async () => {
    await promoted(trained('h-1'));
    const [card] = await writeCard(catalog, 'champion', null);
    const text = readFileSync(card!, 'utf8');
    const { sha256 } = await loadModel('champion', catalog);
    for (const part of [
      '# Model card: h-1',
      'Advisory only',
      sha256,
      'b'.repeat(64),
      '1 advisory per rack-month',
      '`hottestDegC`',
      'What it cannot see',
      'None was given to this card',
    ])
      expect(text).toContain(part);
    const odd = join(folder, 'odd.json');
    writeFileSync(odd, '[1]');
    await expect(writeCard(catalog, 'champion', odd)).rejects.toThrow(
      /not what emberwatch evaluate --json prints/,
    );
  });
});
