import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Detector, FEATURE_COUNT, FEATURES } from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, type Frame, NdjsonRecordingReader, newFrame } from '@emberwatch/engine/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDataset } from '../../src/dataset/build.ts';
import type { RunRecord } from '../../src/dataset/manifest.ts';
import { loadPlan } from '../../src/dataset/plan.ts';
import { Dataset, openDataset } from '../../src/dataset/read.ts';
import { eachFeatureRow, eachFeatureRowOfRun } from '../../src/features/rows.ts';
import { SEED_FEATURES, SeedFeatures } from '../../src/features/seed.ts';
import { writeFeaturesOfDataset, writeFeaturesOfRecording } from '../../src/features/table.ts';
import { generateDirect } from '../../src/quick-data/direct.ts';
import { openDuckDb, sqlText } from '../../src/recording/parquet.ts';
import { ndjsonLine } from '../../src/recording/write.ts';
import { SMALL } from '../dataset/plans.ts';

let folder = '';
let dataset: Dataset;
let run: RunRecord;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-features-'));
  const plan = join(folder, 'small.yaml');
  writeFileSync(plan, SMALL);
  await buildDataset(await loadPlan(plan), { folder: join(folder, 'small'), workers: 1 });
  dataset = await openDataset(join(folder, 'small'));
  run = dataset.runs.find(({ outcome }) => outcome === 'pnr')!;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  const { connection, close } = await openDuckDb();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjects();
  } finally {
    close();
  }
}

const key = (frame: Frame): string => `${frame.moduleId} ${frame.timeMs}`;

describe('features of a run', () => {
  it('are those of the live detector, frame by frame', async () => {
    const [offline, lines]: [Map<string, Float64Array>, string[]] = [new Map(), []];
    await eachFeatureRowOfRun(dataset, run, ({ frame, features }) => {
      lines.push(ndjsonLine(frame));
      offline.set(key(frame), features.slice());
    });
    // As a gateway sends them: text, message by message, through the decoder of the service.
    const detector = new Detector({ nameplate: run.nameplate });
    let same = 0;
    const live = new NdjsonRecordingReader(null, {
      frame: (frame) => {
        detector.observe(frame);
        expect(detector.features(frame.moduleId)).toEqual(offline.get(key(frame)));
        same++;
      },
      rejection: (rejection) => expect.fail(JSON.stringify(rejection)),
    });
    for (const line of lines) live.push(Buffer.from(line));
    live.end();
    expect(same).toBe(offline.size);
    expect(same).toBeGreaterThan(300);
  });

  it('know nothing of what comes after', async () => {
    const frames: Frame[] = [];
    const whole: Float64Array[] = [];
    await eachFeatureRowOfRun(dataset, run, ({ frame, features }) => {
      whole.push(features.slice());
      frames.push({ ...frame, values: frame.values.slice() });
    });
    const half = frames.length >> 1;
    const detector = new Detector({ nameplate: run.nameplate });
    for (const [i, frame] of frames.entries()) {
      // From here on everything is different.
      if (i >= half) frame.values.fill(Number.NaN);
      detector.observe(frame);
      if (i < half) expect(detector.features(frame.moduleId)).toEqual(whole[i]);
    }
  });

  it('are not mixed with those of another dataset, or with anything else', async () => {
    const out = join(folder, 'kept');
    const few = (sha256: string) =>
      new Dataset(dataset.folder, { ...dataset.manifest, sha256, runs: dataset.runs.slice(0, 1) });
    await writeFeaturesOfDataset(few('one'), out);
    await writeFeaturesOfDataset(few('one'), out, { everyMs: 60_000 });
    await expect(writeFeaturesOfDataset(few('two'), out)).rejects.toThrow(
      'this folder holds features of another dataset, small; name a new one',
    );
    await expect(writeFeaturesOfDataset(few('one'), dataset.folder)).rejects.toThrow('something else');
    await expect(writeFeaturesOfDataset(few('one'), join(folder, 'small.yaml'))).rejects.toThrow('a file');
  });

  it('are written beside the labels, with a file that says what they are', async () => {
    const out = join(folder, 'features');
    const result = await writeFeaturesOfDataset(dataset, out);
    const about = JSON.parse(readFileSync(join(out, 'features.json'), 'utf8'));
    expect(about.features.map(({ id }: { id: string }) => id)).toEqual(FEATURES.map(({ id }) => id));
    expect(about.runs).toHaveLength(dataset.runs.length);
    expect(result.rows).toBe(about.runs.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0));
    const source = `read_parquet(${sqlText(`${out}/features/*/*/*.parquet`)}, hive_partitioning = true)`;
    const rows = await rowsOf(
      `SELECT *, epoch_ms(time)::DOUBLE AS ms FROM ${source} WHERE run = '${run.run}' ORDER BY module_id, time`,
    );
    const expected: { key: string; values: (number | null)[] }[] = [];
    const orNull = (value: number): number | null => (Number.isNaN(value) ? null : Math.fround(value));
    await eachFeatureRowOfRun(dataset, run, ({ frame, features, labels }) => {
      const values = [...features, labels!.hazard, labels!.timeToPnrS, labels!.faultActive].map(orNull);
      expected.push({ key: key(frame), values });
    });
    const found = new Map(
      rows.map((row) => [
        `${row['module_id']} ${row['ms']}`,
        [
          ...FEATURES.map(({ id }) => row[id]),
          row['hazard_label'],
          row['time_to_pnr_s'],
          row['fault_active'],
        ],
      ]),
    );
    expect(found.size).toBe(expected.length);
    for (const { key: name, values } of expected) expect(found.get(name)).toEqual(values);
    expect(rows.some((row) => row['hazard_label'] === 1)).toBe(true);
    expect(new Set(rows.map((row) => row['site']))).toEqual(new Set([run.site]));
  });
});

describe('features of a recording', () => {
  it('one row of a module in the time asked for, with the names of the seed', async () => {
    const recording = join(folder, 'direct.csv');
    await generateDirect(recording, {
      modules: 3,
      durationMs: 3_600_000,
      intervalMs: 10_000,
      faulty: 'RackA1_Module02',
      hazardRows: 20,
      hazardStartMs: 1_800_000,
      seed: 3,
    });
    const out = join(folder, 'deep/er/out.parquet');
    const options = { everyMs: 60_000, seedFeatures: true };
    const { rows } = await writeFeaturesOfRecording({ path: recording }, out, 'parquet', options);
    expect(rows).toBe(3 * 60);
    const described = await rowsOf(`DESCRIBE SELECT * FROM ${sqlText(out)}`);
    expect(described.map((row) => row['column_name'])).toEqual([
      'time',
      'module_id',
      'rack_id',
      ...FEATURES.map(({ id }) => id),
      ...SEED_FEATURES,
      'hazard_label',
    ]);
    let seen = 0;
    await eachFeatureRow({ path: recording }, ({ features, labels, run: none }) => {
      expect([features.length, labels, none]).toEqual([FEATURE_COUNT, null, null]);
      seen++;
    });
    expect(seen).toBe(3 * 360);
  });

  it('is refused where it cannot be read, and leaves nothing behind', async () => {
    const out = join(folder, 'none/out.parquet');
    await expect(writeFeaturesOfRecording({ path: join(folder, 'no.csv') }, out, 'parquet')).rejects.toThrow(
      'no such file',
    );
  });
});

/** A step, a gap, noise: what differences and windows can trip over. */
const SAMPLES = Array.from({ length: 200 }, (_, i) =>
  i % 17 === 3 || (i > 80 && i < 160) ? Number.NaN : Math.sin(i) + (i > 100 ? 5 : 0),
);

function seedRows(): number[][] {
  const seed = new SeedFeatures();
  const index = SEED_FEATURES.indexOf('Delta_1_Module_Voltage_V');
  return SAMPLES.map((value, i) => {
    const frame = newFrame('M1', null, i * 1000);
    frame.values[CHANNEL_INDEX.voltage_v] = value;
    const other = newFrame('M2', null, i * 1000);
    other.values[CHANNEL_INDEX.voltage_v] = -value;
    seed.of(other);
    return [...seed.of(frame).slice(index, index + 3)];
  });
}

describe('features of the seed', () => {
  it('are differences and rolling figures within a module, of what is there', () => {
    const windowAt = (i: number, rows: number) =>
      SAMPLES.slice(Math.max(0, i - rows + 1), i + 1).filter((value) => !Number.isNaN(value));
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    seedRows().forEach(([delta, rolling, sd], i) => {
      expect(delta).toBe(i === 0 ? Number.NaN : SAMPLES[i]! - SAMPLES[i - 1]!);
      const six = windowAt(i, 6);
      if (six.length === 0) expect(rolling).toBeNaN();
      else expect(rolling).toBeCloseTo(mean(six), 12);
      const sixty = windowAt(i, 60);
      const variance = sixty.reduce((sum, v) => sum + (v - mean(sixty)) ** 2, 0) / (sixty.length - 1);
      if (sixty.length < 2) expect(sd).toBeNaN();
      else expect(sd).toBeCloseTo(Math.sqrt(variance), 12);
    });
  });

  const python = '/usr/bin/python3';
  const hasPandas = spawnSync(python, ['-c', 'import pandas']).status === 0;
  it.skipIf(!hasPandas)('are those of pandas (needs /usr/bin/python3 with pandas)', () => {
    const script = `
import json, sys, pandas
s = pandas.Series([float('nan') if v is None else v for v in json.load(sys.stdin)])
rows = pandas.concat([s.diff(1), s.rolling(6, min_periods=1).mean(), s.rolling(60, min_periods=1).std()], axis=1)
print(json.dumps([[None if v != v else v for v in row] for row in rows.values.tolist()]))`;
    const { stdout, stderr } = spawnSync(python, ['-c', script], { input: JSON.stringify(SAMPLES) });
    const theirs = JSON.parse(stdout.toString() || `"${stderr}"`) as (number | null)[][];
    const ours = seedRows();
    expect(theirs).toHaveLength(ours.length);
    theirs.forEach((row, i) => {
      row.forEach((value, j) => {
        if (value === null) expect(ours[i]![j]).toBeNaN();
        else expect(ours[i]![j]).toBeCloseTo(value, 9);
      });
    });
  });
});
