import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from '@emberwatch/engine/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDataset } from '../../src/dataset/build.ts';
import { loadPlan } from '../../src/dataset/plan.ts';
import { type Labels, openDataset } from '../../src/dataset/read.ts';
import { openDuckDb, sqlText } from '../../src/recording/parquet.ts';
import { openRecording } from '../../src/recording/read.ts';
import { SMALL } from './plans.ts';

const key = ({ moduleId, timeMs }: Frame): string => `${moduleId} ${timeMs}`;
const copyOf = (frame: Frame) => ({
  key: key(frame),
  rack: frame.rackId,
  values: [...frame.values],
  impossible: frame.impossible,
  voltages: frame.cellVoltagesV && [...frame.cellVoltagesV],
  temperatures: frame.cellTemperaturesDegC && [...frame.cellTemperaturesDegC],
});

describe('a dataset is read', () => {
  let folder = '';
  let small = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emberwatch-dataset-'));
    const plan = join(folder, 'small.yaml');
    writeFileSync(plan, SMALL);
    small = join(folder, 'small');
    await buildDataset(await loadPlan(plan), { folder: small, workers: 1 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('run by run, frame by frame as any recording is', async () => {
    const dataset = await openDataset(small, { verify: true });
    expect(dataset.runs).toHaveLength(10);
    for (const run of dataset.runs) {
      const [ours, theirs]: [object[], object[]] = [[], []];
      const counts = await dataset.eachFrame(run, (frame) => ours.push(copyOf(frame)));
      await openRecording(join(small, run.file), {
        sink: { frame: (frame) => theirs.push(copyOf(frame)), rejection: () => {} },
      });
      expect(counts.frames).toBe(theirs.length);
      // A list that the run does not have is no list, where the file has one of nothing.
      expect(ours).toEqual(theirs);
    }
  });

  it('with the labels that stand in the row', async () => {
    const dataset = await openDataset(small);
    const run = dataset.runs.find(({ outcome }) => outcome === 'pnr')!;
    const found = new Map<string, Labels>();
    await dataset.eachFrame(run, (frame, labels) => {
      found.set(key(frame), { ...labels });
    });
    const { connection, close } = await openDuckDb();
    const rows = await connection.runAndReadAll(
      `SELECT module_id || ' ' || epoch_ms(time), hazard_label, hazard_label_intervention, time_to_pnr_s,
       time_to_pnr_intervention_s, fault_active FROM ${sqlText(join(small, run.file))}`,
    );
    close();
    const number = (value: unknown): number => (value === null ? Number.NaN : Number(value));
    let hazard = 0;
    for (const [name, ...values] of rows.getRows()) {
      const labels = found.get(String(name));
      if (!labels) continue;
      expect(Object.values(labels)).toEqual(values.map(number));
      hazard += labels.hazard;
    }
    expect(found.size).toBeGreaterThan(0.99 * run.rows);
    expect(hazard).toBeGreaterThan(10);
  });

  it('a file that was changed, is missing or cut is named', async () => {
    const damaged = join(folder, 'damaged');
    cpSync(small, damaged, { recursive: true });
    const dataset = await openDataset(damaged);
    const [first, second] = dataset.runs;
    const path = join(damaged, first!.file);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 255;
    writeFileSync(path, bytes);
    await expect(openDataset(damaged, { verify: true })).rejects.toThrow(
      `${path}: this file has changed since the dataset was made`,
    );
    writeFileSync(path, bytes.subarray(0, 100));
    await expect(dataset.eachFrame(first!, () => {})).rejects.toThrow('cannot be read');
    rmSync(join(damaged, second!.file));
    await expect(dataset.eachFrame(second!, () => {})).rejects.toThrow('cannot be read');
  });

  it('what is no dataset is refused', async () => {
    await expect(openDataset(folder)).rejects.toThrow('no dataset');
    const old = join(folder, 'old');
    cpSync(small, old, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(old, 'manifest.json'), 'utf8'));
    writeFileSync(join(old, 'manifest.json'), JSON.stringify({ ...manifest, version: 2 }));
    await expect(openDataset(old)).rejects.toThrow('this version reads');
  });
});
