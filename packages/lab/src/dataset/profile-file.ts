/** Profiles of load and ambient temperature from recorded files: averaged to a row every so often, cut to a run. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ScenarioError } from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import { openDuckDb, sqlName, sqlText } from '../recording/parquet.ts';
import { type Fields, isFields } from './distribution.ts';
import type { PlanFile } from './plan.ts';

/** A recorded column: a value every `everyS` from the start of the file. */
interface Series {
  readonly everyS: number;
  readonly values: readonly number[];
}

/** By what the plan says of a file. */
export type ProfileFiles = ReadonlyMap<string, Series>;

const KEYS = ['file', 'column', 'time', 'everyS', 'fromS', 'scale', 'peak'];
const DEFAULT_EVERY_S = 60;
const DIGITS = 6;

const isFromFile = (value: unknown): value is Fields => isFields(value) && 'file' in value;

/**
 * Reads every file that the plan names, once. A relative path starts at the plan, at the current folder or at
 * EMBERWATCH_DATA. Errors: `InputError` with the line of the plan and what is wrong with the file.
 */
export async function readProfiles({ file, plan }: PlanFile): Promise<ProfileFiles> {
  const found: { readonly entry: Fields; readonly path: string }[] = [];
  const search = (value: unknown, path: string): void => {
    if (isFromFile(value)) found.push({ entry: value, path });
    else if (isFields(value) || Array.isArray(value))
      for (const [key, item] of Object.entries(value))
        search(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
  };
  for (const [name, part] of Object.entries(plan.parts)) search(part['scenario'], `parts.${name}.scenario`);
  for (const [r, { own }] of plan.recipes.entries()) search(own['scenario'], `recipes[${r}].scenario`);
  const profiles = new Map<string, Series>();
  for (const { entry, path } of found) {
    try {
      checkEntry(entry, path);
      const key = keyOf(entry);
      if (!profiles.has(key)) profiles.set(key, await readSeries(entry, dirname(file.path)));
    } catch (error) {
      if (error instanceof ScenarioError)
        throw new InputError(`${file.path}: ${file.placeOf(error.path)}${error.message}`);
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`${file.path}: ${file.placeOf(`${path}.file`)}${path}.file: ${error.message}`);
    }
  }
  return profiles;
}

function checkEntry(entry: Fields, path: string): void {
  for (const key of Object.keys(entry))
    if (!KEYS.includes(key))
      throw new ScenarioError(`${path}.${key}`, `a key of a file (${KEYS.join(', ')})`, entry[key]);
  for (const key of ['file', 'column'])
    if (typeof entry[key] !== 'string') throw new ScenarioError(`${path}.${key}`, 'a name', entry[key]);
  const { everyS = DEFAULT_EVERY_S } = entry;
  if (typeof everyS !== 'number' || !(everyS > 0))
    throw new ScenarioError(`${path}.everyS`, 'seconds above 0', everyS);
  if (entry['scale'] !== undefined && entry['peak'] !== undefined)
    throw new ScenarioError(`${path}.peak`, 'scale or peak, not both', entry['peak']);
}

const keyOf = ({ file, column, time, everyS }: Fields): string =>
  JSON.stringify([file, column, time, everyS]);

async function readSeries(entry: Fields, planFolder: string): Promise<Series> {
  const path = pathOf(entry['file'] as string, planFolder);
  const { column, everyS = DEFAULT_EVERY_S } = entry as { column: string; everyS?: number };
  const source = /\.parquet$/i.test(path) ? `read_parquet(${sqlText(path)})` : `read_csv(${sqlText(path)})`;
  const { connection, close } = await openDuckDb();
  try {
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
    const columns = described.getRowObjects().map((row) => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    }));
    const known = columns.map(({ name }) => name).join(', ');
    const time = entry['time'] ?? columns.find(({ type }) => /^(DATE|TIMESTAMP)/.test(type))?.name;
    if (!columns.some(({ name }) => name === column))
      throw new InputError(`${path} has no column "${column}"; it has ${known}`);
    const clock = columns.find(({ name }) => name === time);
    if (!clock) throw new InputError(`${path}: say with "time" which column is the time; it has ${known}`);
    const seconds = /^(DATE|TIMESTAMP)/.test(clock.type)
      ? `epoch(${sqlName(clock.name)}::TIMESTAMP)`
      : `${sqlName(clock.name)}::DOUBLE`;
    const read = await connection.runAndReadAll(
      `WITH rows AS (SELECT ${seconds} AS t, ${sqlName(column)}::DOUBLE AS v FROM ${source})
       SELECT floor((t - (SELECT min(t) FROM rows)) / ${everyS})::INTEGER AS step, avg(v) FROM rows
       WHERE v IS NOT NULL AND t IS NOT NULL GROUP BY step ORDER BY step`,
    );
    return { everyS, values: withoutGaps(read.getRows() as [number, number][]) };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path}: ${(error as Error).message.split('\n')[0]}`);
  } finally {
    close();
  }
}

/** A value for every step: what is missing stays as it was before. */
function withoutGaps(rows: readonly [number, number][]): number[] {
  const values: number[] = [];
  for (const [at, value] of rows) {
    while (values.length < at) values.push(values.at(-1) ?? value);
    values.push(value);
  }
  if (values.length === 0) throw new InputError('the column has no numbers');
  return values;
}

function pathOf(file: string, planFolder: string): string {
  const data = process.env['EMBERWATCH_DATA'];
  const tried = [join(planFolder, file), file, ...(data === undefined ? [] : [join(data, file)])];
  const path = file.startsWith('/') ? file : tried.find((candidate) => existsSync(candidate));
  if (path !== undefined && existsSync(path)) return path;
  throw new InputError(
    `${file}: no such file beside the plan, in the current folder or in EMBERWATCH_DATA${data === undefined ? ' (which is not set)' : ` (${data})`}`,
  );
}

/**
 * The points of a drawn profile; anything that does not come from a file is left as it is. A file that is shorter
 * than the run begins again.
 */
export function resolveProfile(
  value: unknown,
  path: string,
  files: ProfileFiles,
  durationS: number,
): unknown {
  if (!isFromFile(value)) return value;
  const { everyS, values } = files.get(keyOf(value))!;
  const fromS = numberOf(value['fromS'] ?? 0, `${path}.fromS`);
  const factor =
    value['peak'] === undefined
      ? numberOf(value['scale'] ?? 1, `${path}.scale`)
      : numberOf(value['peak'], `${path}.peak`) /
        values.reduce((max, item) => Math.max(max, Math.abs(item)), Number.MIN_VALUE);
  const first = Math.floor(fromS / everyS);
  const points = Array.from({ length: Math.ceil(durationS / everyS) + 1 }, (_, i) => {
    const item = values[(first + i) % values.length]!;
    return [i * everyS, Number((item * factor).toPrecision(DIGITS))];
  });
  return { points };
}

function numberOf(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ScenarioError(path, 'a number', value);
  return value;
}
