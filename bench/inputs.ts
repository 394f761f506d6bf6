/** What is measured: recordings of the data folder unpacked, the bundled one made longer. */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { type Mapping, SEED_MAPPING } from '@emberwatch/engine/telemetry';
import { loadMapping } from '@emberwatch/lab/mapping';
import { sqlText } from '../packages/lab/src/recording/parquet.ts';
import { openArchive } from '../packages/lab/src/recording/zip.ts';
import { rowsOf } from './duckdb.ts';
import { tableOf } from './queries.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const mappingPath = (name: string): string => join(ROOT, 'examples/mappings', name);

/** Where the reference recordings lie, or null. */
export function dataFolder(): string | null {
  const named = process.env['EMBERWATCH_DATA'];
  const folder = named ?? join(ROOT, '../shared/data');
  return existsSync(join(folder, 'normal')) ? folder : null;
}

export const NO_DATA =
  'the folder of reference recordings is missing: set EMBERWATCH_DATA, or put it at ../shared/data beside the checkout (docs/benchmarks.md lists the files and their sources)';

export interface Input {
  readonly name: string;
  readonly csv: string;
  readonly parquet: string;
  readonly mapping: Mapping;
  /** Null: the built-in schema that fits. */
  readonly mappingFile: string | null;
  readonly csvMb: number;
  readonly parquetMb: number;
}

const BYTES_PER_MB = 1e6;
const sizeMb = async (file: string): Promise<number> => (await stat(file)).size / BYTES_PER_MB;

/** Inside the checkout's modules, so that programs bundled into it find what npm installed. */
export async function withWorkFolder<T>(use: (programs: string, files: string) => Promise<T>): Promise<T> {
  const cache = join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const programs = await mkdtemp(join(cache, 'emberwatch-bench-'));
  const files = await mkdtemp(join(tmpdir(), 'emberwatch-bench-'));
  try {
    return await use(programs, files);
  } finally {
    await rm(programs, { recursive: true, force: true });
    await rm(files, { recursive: true, force: true });
  }
}

async function unpack(source: string, csv: string): Promise<void> {
  if (source.endsWith('.gz')) {
    await pipeline(createReadStream(source), createGunzip(), createWriteStream(csv));
    return;
  }
  const archive = await openArchive(source, () => {});
  try {
    await pipeline(archive.entries[0]!.stream(), createWriteStream(csv));
  } finally {
    archive.close();
  }
}

/** A packed CSV as CSV and, with the same columns, as Parquet. */
export async function unpackedInput(
  name: string,
  source: string,
  mappingFile: string | null,
  folder: string,
): Promise<Input> {
  const csv = join(folder, `${name.replaceAll(' ', '-')}.csv`);
  const parquet = csv.replace(/csv$/, 'parquet');
  await unpack(source, csv);
  await rowsOf(copyTo(`SELECT * FROM ${tableOf(csv, 'csv')}`, parquet, 'parquet'), 1);
  const mapping = mappingFile === null ? SEED_MAPPING : await loadMapping(mappingFile);
  const sizes = { csvMb: await sizeMb(csv), parquetMb: await sizeMb(parquet) };
  return { name, csv, parquet, mapping, mappingFile, ...sizes };
}

const copyTo = (query: string, file: string, format: 'csv' | 'parquet'): string =>
  `COPY (${query}) TO ${sqlText(file)} (FORMAT ${format}${format === 'parquet' ? ', COMPRESSION zstd' : ''})`;

const WAREHOUSE = join(ROOT, 'examples/recordings/warehouse.parquet');
const WAREHOUSE_MAPPING = join(ROOT, 'examples/recordings/warehouse.yaml');
/** From one repetition to the next, s: its length and one interval. */
const REPEAT_S = 7210;

/** The bundled recording again and again, one repetition after the other. `byModule`: one module after another. */
function repeatedQuery(mapping: Mapping, times: number, modules: readonly string[] | null): string {
  const channels = Object.values(mapping.channels ?? {}).map(({ column }) => column);
  const columns = [mapping.module.column!, mapping.rack!.column!, ...channels].join(', ');
  const later = (k: string): string =>
    `SELECT time + to_seconds(${k} * ${REPEAT_S}) AS time, ${columns} FROM ${tableOf(WAREHOUSE, 'parquet')}`;
  if (modules === null) return Array.from({ length: times }, (_, k) => later(String(k))).join(' UNION ALL ');
  return modules
    .map((id) => `(${later('k')}, range(${times}) AS r(k) WHERE module_id = ${sqlText(id)} ORDER BY time)`)
    .join(' UNION ALL ');
}

/** The bundled recording, `times` as long, all modules in time order. */
export async function repeatedInput(times: number, folder: string): Promise<Input> {
  const mapping = await loadMapping(WAREHOUSE_MAPPING);
  const csv = join(folder, 'warehouse.csv');
  const parquet = join(folder, 'warehouse.parquet');
  const query = repeatedQuery(mapping, times, null);
  await rowsOf(copyTo(query, csv, 'csv'), 1);
  await rowsOf(copyTo(query, parquet, 'parquet'), 1);
  const sizes = { csvMb: await sizeMb(csv), parquetMb: await sizeMb(parquet) };
  return { name: `warehouse ×${times}`, csv, parquet, mapping, mappingFile: WAREHOUSE_MAPPING, ...sizes };
}

/** A file of about so many MB, in time order or with one module after another. */
export async function fileOfSize(
  targetMb: number,
  order: 'time' | 'module',
  folder: string,
): Promise<{ file: string; mappingFile: string; mb: number }> {
  const mapping = await loadMapping(WAREHOUSE_MAPPING);
  const file = join(folder, `${order}-${targetMb}.csv`);
  const ids = await rowsOf(`SELECT DISTINCT module_id FROM ${tableOf(WAREHOUSE, 'parquet')} ORDER BY 1`, 1);
  const modules = order === 'module' ? ids.map((row) => String(row['module_id'])) : null;
  const times = Math.max(1, Math.round(targetMb / (await repeatMb(mapping, folder))));
  await rowsOf(copyTo(repeatedQuery(mapping, times, modules), file, 'csv'), null);
  return { file, mappingFile: WAREHOUSE_MAPPING, mb: await sizeMb(file) };
}

async function repeatMb(mapping: Mapping, folder: string): Promise<number> {
  const file = join(folder, 'once.csv');
  await rowsOf(copyTo(repeatedQuery(mapping, 1, null), file, 'csv'), 1);
  return sizeMb(file);
}
