import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel, Detector, encodeModel } from '@emberwatch/engine/detector';
import { CsvRecordingReader } from '@emberwatch/engine/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stumpModel } from '../../engine/test/detector/scoring/models.ts';
import { buildService } from '../src/compose.ts';
import { START_MS } from './stand-in.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const document = stumpModel('hottestDegC', 40);
const bytes = encodeModel(document, sha256);
let folder = '';
let modelFile = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emberwatch-model-'));
  modelFile = join(folder, 'stump-1.model');
  await writeFile(modelFile, bytes);
});
afterAll(() => rm(folder, { recursive: true }));

/** One cell that warms by 1.2 K/min for twenty minutes, and a calm one. */
const csv: string[] = ['time,module_id,surface_temperature_max_degc,voltage_v'];
for (let t = 0; t < 1200; t += 5)
  for (const [id, degC] of [
    ['hot', 25 + t / 50],
    ['calm', 25],
  ] as const)
    csv.push(`${START_MS - 1_200_000 + t * 1000},${id},${degC.toFixed(2)},3.70`);

describe('a service with a model', () => {
  it('says which, and answers with probability, time and what moved it, the same as from a file', async () => {
    const service = await buildService({
      now: () => START_MS,
      access: 'open',
      logLevel: 'silent',
      modelFile,
    });
    for (let i = 1; i < csv.length; i += 60)
      await service.app.inject({
        method: 'POST',
        url: '/api/v1/frames',
        headers: { host: 'localhost', 'content-type': 'text/csv' },
        payload: [csv[0], ...csv.slice(i, i + 60)].join('\n'),
      });
    const answer = await service.app.inject({ url: '/api/v1/modules', headers: { host: 'localhost' } });
    await service.close();
    const { health, modules } = answer.json();
    expect(health.model).toEqual({ name: 'stump-1', sha256: sha256(bytes), signature: 'unsigned' });

    const detector = new Detector({ model: createModel(document) });
    const reader = new CsvRecordingReader(null, {
      frame: (frame) => detector.observe(frame),
      rejection: (rejection) => expect.unreachable(JSON.stringify(rejection)),
    });
    reader.push(Buffer.from(csv.join('\n')));
    reader.end();
    for (const module of modules) {
      const { hazardProbability, timeToPnr, drivers, level } = detector.verdict(module.moduleId)!;
      expect(module).toMatchObject({ hazardProbability, timeToPnr, drivers, level });
    }
    const hot = modules.find(({ moduleId }: { moduleId: string }) => moduleId === 'hot');
    expect(hot.hazardProbability).toBeCloseTo(0.9, 9);
    expect(hot.timeToPnr.medianS).toBeCloseTo(300, 6);
    expect(hot.drivers[0]).toMatchObject({ feature: 'hottestDegC', unit: '°C', share: 1 });
  });

  it('does not start with a file that is no model, and says which', async () => {
    const broken = join(folder, 'broken.model');
    await writeFile(broken, bytes.slice(0, 900));
    await expect(buildService({ modelFile: broken })).rejects.toThrow(`${broken}: model: `);
    await expect(buildService({ modelFile: join(folder, 'none') })).rejects.toThrow('no such file');
  });

  it('without one the rules judge alone', async () => {
    const service = await buildService({ now: () => START_MS, access: 'open', logLevel: 'silent' });
    const answer = await service.app.inject({ url: '/api/v1/health', headers: { host: 'localhost' } });
    await service.close();
    expect(answer.json().model).toBeNull();
  });
});
