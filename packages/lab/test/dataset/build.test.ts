import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, SEED_COLUMNS } from '@emberwatch/engine/telemetry';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cardOf } from '../../src/dataset/card.ts';
import {
  buildDataset,
  loadPlan,
  type Manifest,
  mergeDatasets,
  openDataset,
  readManifest,
  summaryTables,
} from '../../src/dataset/index.ts';
import { checkPlan, type PlanFile } from '../../src/dataset/plan.ts';
import { hazardRowsBeforeOnset } from '../../src/dataset/summary.ts';
import { explore } from '../../src/explore/index.ts';
import { openDuckDb, sqlText } from '../../src/recording/parquet.ts';
import { YamlFile } from '../../src/simulate/document.ts';
import { emberwatch, folderWith } from '../simulate/command.ts';
import { SMALL } from './plans.ts';

const EMBERWATCH = fileURLToPath(new URL('../../../cli/bin/emberwatch.js', import.meta.url));

function planOf(text: string): PlanFile {
  const file = new YamlFile('plan.yaml', text);
  return { file, value: file.value, plan: file.checked(checkPlan) };
}

const made: string[] = [];
async function newFolder(): Promise<string> {
  const around = await mkdtemp(join(tmpdir(), 'emberwatch-dataset-'));
  made.push(around);
  return join(around, 'set');
}
/** A new folder with the small plan. */
async function planFolder(): Promise<string> {
  const folder = await folderWith({ 'plan.yaml': SMALL });
  made.push(folder);
  return folder;
}
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true }))));

async function query(sql: string): Promise<unknown[][]> {
  const { connection, close } = await openDuckDb();
  try {
    return (await connection.runAndReadAll(sql)).getRows() as unknown[][];
  } finally {
    close();
  }
}

let folder: string;
let manifest: Manifest;
beforeAll(async () => {
  folder = await newFolder();
  ({ manifest } = await buildDataset(planOf(SMALL), { folder, workers: 2, seedCsv: true }));
});

describe('a dataset', () => {
  it('records what happened, not what was wanted', () => {
    const outcomes = manifest.runs.map(({ recipe, outcome }) => `${recipe}: ${outcome}`);
    expect(outcomes).toEqual([
      'heater: pnr',
      'heater: pnr',
      'heater: pnr',
      'weak: fault-without-pnr',
      'weak: fault-without-pnr',
      'cooling: fault-without-pnr',
      'gas: disturbance',
      'bench: calm',
      'calm: calm',
      'calm: calm',
    ]);
    const [heated] = manifest.runs;
    expect(heated!.modules).toHaveLength(1);
    expect(heated!.modules[0]).toMatchObject({ faultKinds: ['externalHeating'], severity: 'propagation' });
    expect(heated!.modules[0]!.pnrInterventionS).not.toBeNull();
    expect(heated).toMatchObject({ moduleCount: 2, intervalS: 5, rows: 2 * 301, family: 'externalHeating' });
    expect(manifest.failed).toEqual([]);
  });

  it('is read by DuckDB with its partitions, labels as the events say', async () => {
    const source = `read_parquet(${sqlText(`${folder}/frames/**/*.parquet`)}, hive_types = {'run': VARCHAR})`;
    const rows = await query(
      `SELECT run, site, count(*), sum(hazard_label), sum(hazard_label_intervention), max(severity) FROM ${source} GROUP BY ALL ORDER BY run`,
    );
    expect(rows.map(([run, site, count, hazard]) => [run, site, Number(count), Number(hazard)])).toEqual(
      manifest.runs.map(({ run, site, rows: count, hazardRows }) => [run, site, count, hazardRows]),
    );
    const [heated] = manifest.runs;
    const { module, pnrThresholdS, pnrInterventionS, faultOnsetS } = heated!.modules[0]!;
    // Half-open windows of 200 s at a row every 5 s hold 40 of them.
    const [window] = await query(
      `SELECT min(time), max(time), count(*), min(time_to_pnr_s), max(time_to_pnr_s) FROM ${source} WHERE run = '000000' AND hazard_label = 1`,
    );
    const heldS = Math.min(200, pnrThresholdS! - 30);
    expect(Number(window![2])).toBe(Math.ceil(heldS / 5));
    expect(Number(window![3])).toBeGreaterThan(30);
    expect(Number(window![4])).toBeLessThanOrEqual(230);
    const [active] = await query(
      `SELECT count(*) FILTER (fault_active = 1), any_value(fault_kind), max(time_to_pnr_intervention_s) FROM ${source} WHERE run = '000000' AND module_id = ${sqlText(module)}`,
    );
    expect(Number(active![0])).toBe(301 - Math.ceil(faultOnsetS! / 5));
    expect(active![1]).toBe('externalHeating');
    expect(Number(active![2])).toBeCloseTo(pnrInterventionS!, 2);
  });

  it('says how many labelled rows lie before the fault begins', async () => {
    const source = `read_parquet(${sqlText(`${folder}/frames/**/*.parquet`)})`;
    const [row] = await query(
      `SELECT count(*) FROM ${source} WHERE hazard_label = 1 AND fault_active = 0 AND fault_kind IS NOT NULL`,
    );
    const rows = Number(row![0]);
    // One row at either end of the window of each of the three modules.
    expect(Math.abs(hazardRowsBeforeOnset(manifest.runs) - rows)).toBeLessThanOrEqual(6);
    const allBefore = manifest.runs.map((run) => ({
      ...run,
      modules: run.modules.map((module) => ({ ...module, faultOnsetS: 9000 })),
    }));
    const labelled = manifest.runs.reduce((sum, { hazardRows }) => sum + hazardRows, 0);
    expect(hazardRowsBeforeOnset(allBefore)).toBe(labelled);
    expect(cardOf({ ...manifest, runs: allBefore })).toContain(
      `About ${labelled} of the ${labelled} rows with`,
    );
  });

  it('a fault of the gateway of all modules is counted once', () => {
    const dropout = { channel: 'gateway', kind: 'dropout', fromS: 10, toS: 20 };
    const stuck = { channel: 'co_ppm', kind: 'stuck', fromS: 10, toS: 20 };
    const sensorFaults = ['A', 'B', 'C'].flatMap((module) => [
      { module, ...dropout },
      { module, ...stuck },
    ]);
    const runs = [
      { ...manifest.runs[0]!, sensorFaults },
      { ...manifest.runs[1]!, sensorFaults },
    ];
    const table = summaryTables({ ...manifest, runs }).find(({ title }) => title.startsWith('Sensors,'));
    expect(table!.rows).toEqual([
      ['dropout', '2', '2'],
      ['stuck', '6', '2'],
    ]);
  });

  it('has all modules of an instant together, in time order', async () => {
    const rows = await query(
      `SELECT module_id, epoch_ms(time) FROM ${sqlText(join(folder, manifest.runs[0]!.file))} LIMIT 6`,
    );
    const { startMs } = manifest.runs[0]!;
    expect(rows.map(([module, timeMs]) => [module, Number(timeMs) - startMs])).toEqual(
      [0, 5000, 10000].flatMap((ms) => [
        ['RackA1_Module01', ms],
        ['RackA2_Module01', ms],
      ]),
    );
  });

  it('has the same columns in every file, as another reader sees them, too', async () => {
    const schemas = await Promise.all(
      manifest.runs.map(async ({ file, rows }) => {
        const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(folder, file)));
        expect(Number(metadata.num_rows)).toBe(rows);
        return metadata.schema.map(({ name, type }) => `${name} ${type}`);
      }),
    );
    expect(new Set(schemas.map(String)).size).toBe(1);
    const bench = manifest.runs.find(({ recipe }) => recipe === 'bench')!;
    const [row] = await query(
      `SELECT len(cell_temperatures_degc), co_ppm, severity, voltage_v > 10 FROM ${sqlText(join(folder, bench.file))} LIMIT 1`,
    );
    expect(row!.map(String)).toEqual(['2', 'null', 'none', 'true']);
    expect(bench).toMatchObject({ probes: 2, cellVoltages: 0 });
    expect(bench.channels).toContain('voltage_v');
  });

  it('has hashes of its files, a card that counts them, the seed columns as CSV', async () => {
    for (const { file, sha256, bytes } of manifest.runs) {
      const content = await readFile(join(folder, file));
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    const card = await readFile(join(folder, 'dataset-card.md'), 'utf8');
    expect(card).toContain(manifest.sha256);
    expect(card).toContain('| pnr | 3 |');
    expect(card).toContain('- warehouse: 140 °C, or 0.5 K/s above 110 °C; window 200 s, guard 30 s\n\n');
    expect(card).toMatch(/\| weak \| pnr \| 0 \| 2 fault-without-pnr \|/);
    const events = await query(
      `SELECT split, severity FROM read_csv(${sqlText(`${folder}/events.csv`)}) JOIN read_csv(${sqlText(`${folder}/runs.csv`)}) USING (run) WHERE recipe = 'cooling'`,
    );
    expect(events).toEqual([['held-out-family', 'fault']]);
    const csv = (await readFile(join(folder, 'seed-csv/000000.csv'), 'utf8')).split('\n');
    expect(csv[0]).toBe(SEED_COLUMNS.join(','));
    expect(csv[1]).toMatch(/^2026-\d\d-\d\d \d\d:\d\d:00,RackA1_Module01,RackA1,[\d.]+,/);
    expect(csv.filter((line) => line.endsWith(',1'))).toHaveLength(manifest.runs[0]!.hazardRows);
    expect(csv).toHaveLength(manifest.runs[0]!.rows + 2);
  });

  it('is the same in parts, on one thread', async () => {
    const parts = await Promise.all([newFolder(), newFolder()]);
    for (const [p, part] of parts.entries())
      await buildDataset(planOf(SMALL), { folder: part, workers: 1, shard: { k: p + 1, n: 2 } });
    const whole = await newFolder();
    expect(await mergeDatasets(parts, whole)).toEqual(manifest);
    expect(await readFile(join(whole, 'manifest.json'), 'utf8')).toBe(
      await readFile(join(folder, 'manifest.json'), 'utf8'),
    );
    await expect(mergeDatasets([parts[0]!], await newFolder())).rejects.toThrow('part 2/2 is missing');
    await expect(mergeDatasets([parts[0]!, parts[0]!], await newFolder())).rejects.toThrow('part 1/2, as');
    await expect(mergeDatasets(parts, whole)).rejects.toThrow('not empty');
    await expect(mergeDatasets([folder], await newFolder())).rejects.toThrow('a whole dataset');
    await expect(buildDataset(planOf(SMALL), { folder: parts[0]! })).rejects.toThrow(
      'holds part 1/2 of the dataset',
    );
  });

  it('makes only what is new when the plan grows, and forgets what it no longer has', async () => {
    const grown = planOf(SMALL.replace('name: calm\n    runs: 2', 'name: calm\n    runs: 3'));
    const again = await buildDataset(grown, { folder, workers: 1, seedCsv: true });
    expect(again).toMatchObject({ made: 1, kept: 10 });
    const back = await buildDataset(planOf(SMALL), { folder, workers: 1, seedCsv: true });
    expect(back).toMatchObject({ made: 0, kept: 10 });
    expect(back.manifest).toEqual(manifest);
    expect(await readdir(join(folder, 'frames'))).toHaveLength(10);
    expect(existsSync(join(folder, 'seed-csv/000010.csv'))).toBe(false);
  });

  it('counts what cannot be made, with the reason', async () => {
    // Half an hour at 45 °C takes no cell to its point of no return, however well the module is cooled before.
    const text = SMALL.replace('startS: 300}]}', 'startS: 300}]}\n    solve: {timeToPnrS: 600}');
    const only = text.replace(/ {2}- name: (heater|weak|gas|bench|calm)\n(?: {4}.*\n)+/g, '');
    const failed = await buildDataset(planOf(only), { folder: await newFolder(), workers: 1 });
    expect(failed.manifest.runs).toEqual([]);
    expect(failed.manifest.failed).toMatchObject([
      { run: '000000', recipe: 'cooling', reason: expect.stringContaining('no remaining brings RackA') },
    ]);
    const kept = only.replace('timeToPnrS: 600', 'timeToPnrS: 600, otherwise: asDrawn');
    const asDrawn = await buildDataset(planOf(kept), { folder: await newFolder(), workers: 1 });
    expect(asDrawn.manifest.runs).toHaveLength(1);
  });
});

describe('a build that was killed', () => {
  it('goes on where it was, to the same bytes', async () => {
    const at = await planFolder();
    const child = spawn(
      process.execPath,
      [EMBERWATCH, 'dataset', 'build', 'plan.yaml', '-o', 'set', '--workers', '1'],
      {
        cwd: at,
      },
    );
    const done = join(at, 'set/.build');
    const ended = new Promise((end) => child.on('close', (_, signal) => end(signal)));
    const finished = async (): Promise<string[]> =>
      (await readdir(done).catch(() => [])).filter((name) => name.endsWith('.json'));
    while (child.exitCode === null && (await finished()).length < 2)
      await new Promise((wait) => setTimeout(wait, 10));
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const before = await finished();
    expect(existsSync(join(at, 'set/manifest.json'))).toBe(false);
    // What a crash of the machine may leave: a file cut short, a record cut short.
    const [first, second] = before.map((name) => name.slice(0, 6));
    const [cut] = await readdir(join(at, `set/frames/run=${first}`));
    await appendFile(join(at, `set/frames/run=${first}/${cut}/part.parquet`), 'x');
    await writeFile(join(done, `${second}.json`), '{"key": "');
    await expect(readManifest(join(at, 'set'))).rejects.toThrow('one that is not finished');
    const { code, stdout } = await emberwatch(at, 'dataset', 'build', 'plan.yaml', '-o', 'set', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kept: before.length - 2, sha256: manifest.sha256, failed: 0 });
    expect(
      (await readdir(join(at, 'set/frames'), { recursive: true })).filter((name) => /partial/.test(name)),
    ).toEqual([]);
  });
});

describe('the command', () => {
  it('shows a dataset', async () => {
    const { code, stdout } = await emberwatch(folder, 'dataset', 'show', '.');
    expect(code).toBe(0);
    expect(stdout).toContain('small: 10 runs');
    expect(stdout).toMatch(/externalHeating +3 +2 +0 +0 +5/);
  });

  it('verifies every file', async () => {
    const at = await newFolder();
    await cp(folder, at, { recursive: true });
    const { code, stdout } = await emberwatch(at, 'dataset', 'show', '.', '--verify');
    expect(stdout).toContain('Every file is as it was made (10 files, SHA-256).');
    expect(code).toBe(0);
    const path = join(at, manifest.runs[3]!.file);
    const content = await readFile(path);
    content[1000]! ^= 1;
    await writeFile(path, content);
    await expect(openDataset(at, { verify: true })).rejects.toThrow(
      '000003/site=warehouse/part.parquet: this file has changed',
    );
    await appendFile(path, 'x');
    await expect(openDataset(at)).rejects.toThrow('this file has changed');
    await rm(path);
    await expect(openDataset(at)).rejects.toThrow('this file of the dataset is missing');
    await expect(explore(at)).rejects.toThrow('this file of the dataset is missing');
    const manifestPath = join(at, 'manifest.json');
    await writeFile(
      manifestPath,
      (await readFile(manifestPath, 'utf8')).replace(manifest.sha256, '0'.repeat(64)),
    );
    await cp(join(folder, manifest.runs[3]!.file), path);
    await expect(openDataset(at, { verify: true })).rejects.toThrow('its hash is not that of its files');
  });

  it('finds a plan by name where a folder has this name, too', async () => {
    const at = await planFolder();
    await mkdir(join(at, 'plans'));
    await rename(join(at, 'plan.yaml'), join(at, 'plans/small.yaml'));
    await mkdir(join(at, 'small/notes'), { recursive: true });
    const known = await emberwatch(at, 'dataset', 'build', 'small', '-o', 'small');
    // Found, and refused for what lies in the folder only.
    expect(known.stderr).toContain('small: this folder holds something that is no dataset');
    const unknown = await emberwatch(at, 'dataset', 'build', 'smal', '-o', 'x');
    expect(unknown.stderr).toMatch(
      /^emberwatch: smal: no such file, and no plan of this name; known: .*small/,
    );
    expect(unknown.code).toBe(2);
  });

  it.each([
    [['build', 'plan.yaml', '-o', '.'], 'holds something that is no dataset'],
    [['build', 'plan.yaml', '-o', 'x', '--shard', '3/2'], '--shard 3/2: expected k/n'],
  ])('%j ends with 2 and one line', async (args, message) => {
    const at = await planFolder();
    const { code, stderr } = await emberwatch(at, 'dataset', ...args);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it('nothing that is no dataset is read or built into', async () => {
    const at = await planFolder();
    const file = join(at, 'plan.yaml');
    await expect(buildDataset(planOf(SMALL), { folder: file })).rejects.toThrow(
      'this is a file; name a folder',
    );
    await expect(readManifest(at)).rejects.toThrow('no dataset');
    await expect(loadPlan(join(at, 'nothing.yaml'))).rejects.toThrow('nothing.yaml: no such file');
  });

  it('a run that would not fit into memory is refused before the first is made', async () => {
    const huge = planOf(SMALL.replace('durationS: 1500', 'durationS: 50000000'));
    await expect(buildDataset(huge, { folder: await newFolder() })).rejects.toThrow(
      /recipe heater: run 000000: scenario.outputIntervalS: 2 modules for 50000000 s every 5 s would fill [\d.]+ GB/,
    );
  });

  it('a dataset whose runs are made anew is unfinished until they are', async () => {
    const at = await newFolder();
    await cp(folder, at, { recursive: true });
    // No run can be made: a file stands where its folder would.
    await rm(join(at, 'frames'), { recursive: true });
    await writeFile(join(at, 'frames'), '');
    await expect(buildDataset(planOf(SMALL), { folder: at, workers: 1 })).rejects.toThrow();
    await expect(readManifest(at)).rejects.toThrow('one that is not finished');
  });

  it('another dataset is not overwritten', async () => {
    const other = planOf(SMALL.replace('name: small', 'name: other'));
    await expect(buildDataset(other, { folder })).rejects.toThrow(InputError);
    await expect(buildDataset(other, { folder })).rejects.toThrow('this folder holds the dataset small');
  });
});
