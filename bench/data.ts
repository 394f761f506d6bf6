/** Rows written by the direct generator, read from a dataset, made into features; each beside something plain. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Random } from '@emberwatch/engine/random';
import { CHANNELS, SEED_COLUMNS } from '@emberwatch/engine/telemetry';
import { MS_PER_H, MS_PER_S } from '@emberwatch/engine/units';
import { LABEL_COLUMNS, type Manifest, type RunRecord } from '../packages/lab/src/dataset/manifest.ts';
import { Dataset } from '../packages/lab/src/dataset/read.ts';
import { eachFeatureRow } from '../packages/lab/src/features/rows.ts';
import { type DirectOptions, DirectSource, generateDirect } from '../packages/lab/src/quick-data/direct.ts';
import { SIGNALS } from '../packages/lab/src/quick-data/signal.ts';
import { type Column, writeColumns } from '../packages/lab/src/recording/columns.ts';
import { openDuckDb, sqlText } from '../packages/lab/src/recording/parquet.ts';
import type { DataWork, Job, Stats } from './job.ts';
import { interleaved, type Measured } from './measure.ts';
import { shown, type TableStyle, tableText } from './table.ts';

export interface DataSize {
  readonly repeats: number;
  /** Of the direct generator. */
  readonly modules: readonly number[];
  /** Rows of the run that is read. */
  readonly rows: number;
}

const optionsFor = (modules: number): DirectOptions => ({
  modules,
  durationMs: 6 * MS_PER_H,
  intervalMs: 10 * MS_PER_S,
  faulty: 'RackA2_Module01',
  hazardRows: 200,
  hazardStartMs: MS_PER_H,
  seed: 1,
});

/** Everything that is not measured happens here. `count`: modules of the generator, rows of a run. */
export async function preparedData({ what }: DataWork, count: number): Promise<() => Promise<Stats>> {
  const folder = mkdtempSync(join(tmpdir(), 'emberwatch-bench-'));
  const work = async (): Promise<Stats> => {
    const options = optionsFor(count);
    if (what === 'objects') return { rows: objectRows(options).length };
    if (what === 'objects to CSV') return objectsToCsv(options, join(folder, 'o.csv'));
    if (what === 'drawn') return drawn(options);
    const { rows, bytes } = await generateDirect(join(folder, `d.${what}`), options);
    return { rows, mb: bytes / 1e6 };
  };
  const cleaned = (run: () => Promise<Stats>) => async () => {
    try {
      return await run();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  if (what !== 'sum in SQL' && what !== 'frames' && what !== 'features') return cleaned(work);
  const dataset = await datasetOf(folder, count);
  return cleaned(() => readData(what, dataset));
}

type SeedRow = Record<(typeof SEED_COLUMNS)[number], string | number>;

/** The same arithmetic as the direct generator's, the way a script does it: an object for each row. */
function objectRows({ modules, durationMs, intervalMs, faulty, hazardRows, seed }: DirectOptions): SeedRow[] {
  const random = createRandom(seed);
  const count = durationMs / intervalMs;
  const rows: SeedRow[] = [];
  for (let m = 0; m < modules; m++) {
    const name = `RackA${Math.floor(m / 8) + 1}_Module0${(m % 8) + 1}`;
    let level = 0;
    const levels = SIGNALS.map((signal) => {
      level = (signal.level ? random.uniformBetween(...signal.level) : level) + signal.above;
      return level;
    });
    for (let i = 0; i < count; i++) {
      const row = {
        Timestamp: new Date(Date.UTC(2024, 0, 1) + i * intervalMs).toISOString(),
        Module_ID: name,
        Rack_ID: name.slice(0, 6),
      } as SeedRow;
      SIGNALS.forEach((signal, s) => {
        row[signal.column] = objectValue(signal, levels[s]!, i, count, random);
      });
      row['Hazard_Label'] = 0;
      if (name === faulty && i >= 360 && i < 360 + hazardRows) row['Hazard_Label'] = 1;
      rows.push(row);
    }
  }
  return rows;
}

function objectValue(
  { drift, noiseSd, outlierSd }: (typeof SIGNALS)[number],
  level: number,
  i: number,
  count: number,
  random: Random,
): number {
  let value = level + (drift * i) / count + noiseSd * random.normal();
  if (random.uniform() < 0.0001) value += 7 * outlierSd * (random.integer(2) === 1 ? 1 : -1);
  if (random.uniform() < 0.0005) value = Number.NaN;
  return Math.round(value * 1000) / 1000;
}

function objectsToCsv(options: DirectOptions, path: string): Stats {
  const rows = objectRows(options);
  const lines = rows.map((row) => SEED_COLUMNS.map((name) => row[name]).join(','));
  const text = `${SEED_COLUMNS.join(',')}\n${lines.join('\n')}\n`;
  writeFileSync(path, text);
  return { rows: rows.length, mb: text.length / 1e6 };
}

function drawn(options: DirectOptions): Stats {
  const source = new DirectSource(options);
  let rows = 0;
  for (let batch = source.next(); batch; batch = source.next()) rows += batch.rows;
  return { rows };
}

const MODULES = 64;
const DELIVERED = CHANNELS.filter((channel) => 'seedColumn' in channel).map(({ id }) => id);

/** One run of 64 modules as `dataset build` lays it out, noise about a level in nine channels. */
async function datasetOf(folder: string, rows: number): Promise<Dataset> {
  const random = createRandom(1);
  const none = new Float64Array(rows).fill(Number.NaN);
  const noise = ({ level, noiseSd }: (typeof SIGNALS)[number]) =>
    Float64Array.from(
      { length: rows },
      () => Math.round(((level?.[0] ?? 25) + noiseSd * random.normal()) * 1000) / 1000,
    );
  const measured = new Map(DELIVERED.map((id, i) => [id as string, noise(SIGNALS[i]!)]));
  const names = Array.from({ length: MODULES }, (_, i) => `Module${i}`);
  const racks = Array.from({ length: MODULES / 8 }, (_, i) => `Rack${i}`);
  const columns: Column[] = [
    { name: 'time', type: 'TIMESTAMP_MS' },
    { name: 'module_id', type: 'VARCHAR', names },
    { name: 'rack_id', type: 'VARCHAR', names: racks },
    ...CHANNELS.map(({ id }): Column => ({ name: id, type: 'DOUBLE' })),
    ...Object.keys(LABEL_COLUMNS).map((name): Column => ({ name, type: 'FLOAT' })),
  ];
  const batch = {
    rows,
    columns: [
      Float64Array.from({ length: rows }, (_, i) => Math.floor(i / MODULES) * 10 * MS_PER_S),
      Uint16Array.from({ length: rows }, (_, i) => i % MODULES),
      Uint16Array.from({ length: rows }, (_, i) => (i % MODULES) >> 3),
      ...CHANNELS.map(({ id }) => measured.get(id) ?? none),
      ...Object.keys(LABEL_COLUMNS).map(() => none),
    ],
  };
  const batches = [batch];
  const file = 'run.parquet';
  await writeColumns(join(folder, file), 'parquet', columns, () => batches.shift() ?? null);
  const run = { file, rows, channels: DELIVERED, cellVoltages: 0, probes: 0, nameplate: {} };
  return new Dataset(folder, { runs: [run as unknown as RunRecord] } as unknown as Manifest);
}

async function readData(what: DataWork['what'], dataset: Dataset): Promise<Stats> {
  const [run] = dataset.runs;
  if (what === 'frames') return { rows: (await dataset.eachFrame(run!, () => {})).frames };
  if (what === 'features') {
    let rows = 0;
    await eachFeatureRow(dataset, () => {
      rows++;
    });
    return { rows };
  }
  const { connection, close } = await openDuckDb();
  const sums = DELIVERED.map((id) => `sum(${id})`).join(', ');
  const query = `SELECT count(*), max(time), count(DISTINCT module_id), ${sums} FROM ${sqlText(join(dataset.folder, run!.file))}`;
  const rows = Number((await connection.runAndReadAll(query)).getRows()[0]![0]);
  close();
  return { rows };
}

export async function dataTables(
  program: string,
  { repeats, modules, rows }: DataSize,
  style: TableStyle,
): Promise<{ title: string; text: string }[]> {
  const table = async (
    title: string,
    works: readonly DataWork['what'][],
    count: number,
    names: readonly string[],
  ) => {
    const measured = await interleaved(
      program,
      works.map((what, i) => ({
        label: names[i]!,
        mb: 0,
        job: { kind: 'data', work: { what } as DataWork, count } satisfies Job,
      })),
      repeats,
    );
    return {
      title,
      text: tableText(
        HEADER,
        measured.map((row) => line(row, measured[0]!)),
        style,
      ),
    };
  };
  const tables = [];
  for (const count of modules)
    tables.push(
      await table(
        `The direct generator: ${count} modules × 6 h, a row every 10 s`,
        ['objects to CSV', 'csv', 'objects', 'drawn', 'parquet'],
        count,
        [
          'plain loop over objects, to CSV',
          'generate direct, to CSV',
          'plain loop over objects',
          'generate direct, drawn only',
          'generate direct, to Parquet',
        ],
      ),
    );
  tables.push(
    await table(
      `A run of a dataset: ${shown(rows)} rows of nine channels`,
      ['sum in SQL', 'frames', 'features'],
      rows,
      ['sums of all columns in SQL, 1 thread', 'frames with labels', 'features'],
    ),
  );
  return tables;
}

const HEADER = ['', 'min s', 'median s', 'CPU s', 'rows/s', 'MB', 'peak MB', '× time', '× CPU'];

const line = (
  { label, wallMinS, wallMedianS, cpuMinS, results: stats, peakMb }: Measured,
  first: Measured,
): string[] => [
  label,
  wallMinS.toFixed(2),
  wallMedianS.toFixed(2),
  cpuMinS.toFixed(2),
  shown(Math.round(stats['rows']! / wallMinS)),
  stats['mb'] === undefined ? '–' : stats['mb'].toFixed(1),
  shown(Math.round(peakMb)),
  (wallMinS / first.wallMinS).toFixed(2),
  (cpuMinS / first.cpuMinS).toFixed(2),
];
