/** Parquet through DuckDB, chunk by chunk: rows in file order, numbers without an object for each. */
import type { DuckDBConnection, DuckDBListVector, DuckDBVector } from '@duckdb/node-api';
import {
  type Coverage,
  type DecoderOptions,
  FrameDecoder,
  type FrameSink,
  fieldsOfMapping,
  InputError,
  type IsoReader,
  type Mapping,
  mappingFor,
  NUMBER_BAD,
  NUMBER_MISSING,
  NUMBER_OK,
  numberOfText,
  type Row,
  zoneOffsetMs,
} from '@emberwatch/engine/telemetry';

const MEMORY_LIMIT = '512MB';

/** A database in memory that never asks the network for anything. */
export async function openDuckDb(): Promise<{
  connection: DuckDBConnection;
  /** One more connection to the same database. */
  connect: () => Promise<DuckDBConnection>;
  close: () => void;
}> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    // One thread: rows stay in file order and few row groups are unpacked at once.
    threads: '1',
    memory_limit: MEMORY_LIMIT,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  return {
    connection,
    connect: () => instance.connect(),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Numbers of one column of one chunk as they lie in memory. The library has no public way to them, and its own
 * test of a missing value goes through big integers: half of the time of reading.
 */
interface PlainNumbers {
  readonly items: Float64Array;
  /** One bit per row, set where there is a value; null where there always is. */
  readonly present: Uint8Array | null;
}

function plainNumbers(vector: DuckDBVector): PlainNumbers | null {
  const { items, validity } = vector as unknown as {
    items?: unknown;
    validity?: { data?: BigUint64Array | null; offset?: number };
  };
  if (!(items instanceof Float64Array) || validity?.offset !== 0) return null;
  const { data } = validity;
  return { items, present: data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : null };
}

/** Lists of numbers, all in one array. */
interface PlainLists {
  /** Four words for each row: start and length, low half first. */
  readonly entries: Uint32Array;
  readonly present: Uint8Array | null;
  readonly values: PlainNumbers;
}

function plainLists(vector: DuckDBVector): PlainLists | null {
  const { entryData, validity, childVector } = vector as unknown as {
    entryData?: unknown;
    validity?: { data?: BigUint64Array | null; offset?: number };
    childVector?: DuckDBVector;
  };
  if (!(entryData instanceof BigUint64Array) || !childVector || validity?.offset !== 0) return null;
  const values = plainNumbers(childVector);
  const { data } = validity;
  return (
    values && {
      entries: new Uint32Array(entryData.buffer, entryData.byteOffset, entryData.length * 2),
      present: data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : null,
      values,
    }
  );
}

const isPresent = (bits: Uint8Array, index: number): boolean =>
  (bits[index >> 3]! & (1 << (index & 7))) !== 0;

class VectorRow implements Row {
  line = 0;
  numberStatus = NUMBER_MISSING;
  private index = 0;
  private vectors: readonly DuckDBVector[] = [];
  private numbers: readonly (PlainNumbers | null)[] = [];
  private lists: readonly (PlainLists | null)[] = [];
  private listed: (number | null)[] = [];
  private readonly columnOfField: readonly number[];

  /** `columnOfField`: which column of the query holds a field; -1 where it was not asked for. */
  constructor(columnOfField: readonly number[]) {
    this.columnOfField = columnOfField;
  }

  setChunk(vectors: readonly DuckDBVector[]): void {
    this.vectors = vectors;
    this.numbers = vectors.map(plainNumbers);
    this.lists = vectors.map(plainLists);
  }

  set(index: number, line: number): this {
    this.index = index;
    this.line = line;
    return this;
  }

  private vector(field: number): DuckDBVector {
    return this.vectors[this.columnOfField[field]!]!;
  }

  number(field: number): number {
    const { index } = this;
    const plain = this.numbers[this.columnOfField[field]!];
    if (plain) {
      const isThere = plain.present === null || isPresent(plain.present, index);
      const value = isThere ? plain.items[index]! : Number.NaN;
      this.numberStatus = !isThere ? NUMBER_MISSING : Number.isNaN(value) ? NUMBER_BAD : NUMBER_OK;
      return value;
    }
    const item: unknown = this.vector(field).getItem(this.index);
    if (item === null || item === '') {
      this.numberStatus = NUMBER_MISSING;
      return Number.NaN;
    }
    const value = typeof item === 'number' ? item : numberOfText(String(item).trim());
    this.numberStatus = Number.isNaN(value) ? NUMBER_BAD : NUMBER_OK;
    return value;
  }

  text(field: number): string {
    const item: unknown = this.vector(field).getItem(this.index);
    return item === null ? '' : String(item).trim();
  }

  isoMs(field: number, iso: IsoReader): number {
    return iso.readText(this.text(field));
  }

  list(field: number): ArrayLike<unknown> | null {
    const vector = this.vector(field) as DuckDBListVector;
    const column = this.columnOfField[field]!;
    const plain = this.lists[column];
    if (!plain) return vector.getItemVector?.(this.index)?.toArray() ?? null;
    if (plain.present !== null && !isPresent(plain.present, this.index)) return null;
    const [start, length] = [plain.entries[4 * this.index]!, plain.entries[4 * this.index + 2]!];
    const { items, present } = plain.values;
    if (this.listed.length !== length) this.listed = new Array(length).fill(null);
    for (let i = 0; i < length; i++)
      this.listed[i] = present === null || isPresent(present, start + i) ? items[start + i]! : null;
    return this.listed;
  }
}

interface Column {
  readonly name: string;
  /** As DuckDB describes it. */
  readonly type: string;
}

const NUMERIC = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w+INT\w*|UINTEGER|FLOAT|DOUBLE|DECIMAL.*)$/;
/** More names than this are read one by one. */
const MAX_NAMES = 10_000;
const INSTANT = /^(DATE|TIMESTAMP.*)$/;

const unixMsOf = ({ name, type }: Column): string => {
  const column = sqlName(name);
  if (type === 'TIMESTAMP_NS') return `epoch_ns(${column})::DOUBLE / 1e6`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return `epoch_us(${column})::DOUBLE / 1e3`;
  return `epoch_us(${column}::TIMESTAMP)::DOUBLE / 1e3`;
};

/** How the query delivers a column so that the row above can read it. */
function expressionFor(column: Column, mapping: Mapping, zoneMs: number, enums: ReadonlySet<string>): string {
  const name = sqlName(column.name);
  if (enums.has(column.name)) return `${name}::VARCHAR::${enumName(column.name)}`;
  if (column.name === mapping.time.column && INSTANT.test(column.type)) {
    const isNaive = column.type !== 'TIMESTAMP WITH TIME ZONE';
    return isNaive && zoneMs !== 0 ? `${unixMsOf(column)} - ${zoneMs}` : unixMsOf(column);
  }
  const isText =
    column.name === mapping.module.column ||
    column.name === mapping.rack?.column ||
    mapping.time.segment?.includes(column.name);
  if (!isText && NUMERIC.test(column.type)) return `${name}::DOUBLE`;
  const element = /^(.*)\[\d*\]$/.exec(column.type)?.[1];
  if (element !== undefined) return `${name}::${NUMERIC.test(element) ? 'DOUBLE' : 'VARCHAR'}[]`;
  return `${name}::VARCHAR`;
}

const enumName = (column: string): string => sqlName(`names of ${column}`);

/** Names of modules and racks, if they are not too many, are delivered as codes: each is made a string once. */
async function enumsFor(
  connection: DuckDBConnection,
  source: string,
  columns: readonly Column[],
  mapping: Mapping,
): Promise<Set<string>> {
  const enums = new Set<string>();
  for (const wanted of [mapping.module.column, mapping.rack?.column]) {
    if (wanted === undefined || !columns.some(({ name }) => name === wanted)) continue;
    const name = `${sqlName(wanted)}::VARCHAR`;
    const distinct = `SELECT DISTINCT ${name} FROM ${source} WHERE ${name} IS NOT NULL LIMIT ${MAX_NAMES + 1}`;
    const names = (await connection.runAndReadAll(distinct)).getRows().map(([value]) => String(value));
    if (names.length === 0 || names.length > MAX_NAMES) continue;
    await connection.run(`CREATE TYPE ${enumName(wanted)} AS ENUM (${names.map(sqlText).join(', ')})`);
    enums.add(wanted);
  }
  return enums;
}

export interface ParquetResult {
  readonly rows: number;
  readonly mapping: Mapping;
  readonly coverage: Coverage;
}

/** Throws InputError where the file is no readable Parquet or lacks a column that the mapping needs. */
export async function readParquet(
  path: string,
  given: Mapping | null,
  sink: FrameSink,
  options: DecoderOptions,
  onRows: (rows: number, totalRows: number) => void | Promise<void>,
): Promise<ParquetResult> {
  const { connection, close } = await openDuckDb();
  try {
    const source = `read_parquet(${sqlText(path)})`;
    const columns = await describe(connection, source);
    const names = columns.map(({ name }) => name);
    const mapping = mappingFor(names, given);
    const wanted = new Set(fieldsOfMapping(mapping));
    const used = columns.filter(({ name }) => wanted.has(name));
    const timeType = columns.find(({ name }) => name === mapping.time.column)?.type ?? '';
    const decoder = new FrameDecoder(mapping, names, sink, {
      ...options,
      timeIsUnixMs: INSTANT.test(timeType),
    });
    const zoneMs = zoneOffsetMs(mapping.time.zone ?? 'UTC');
    const enums = await enumsFor(connection, source, used, mapping);
    const selected = used.map((column) => expressionFor(column, mapping, zoneMs, enums)).join(', ');
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`);
    const total = Number(counted.getRows()[0]![0]);
    const row = new VectorRow(names.map((name) => used.findIndex((column) => column.name === name)));
    const result = await connection.stream(`SELECT ${selected} FROM ${source}`);
    let rows = 0;
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      row.setChunk(used.map((_, i) => chunk!.getColumnVector(i)));
      // Asked once: the library counts anew each time.
      const { rowCount } = chunk;
      for (let i = 0; i < rowCount; i++) decoder.decode(row.set(i, ++rows));
      await onRows(rows, total);
    }
    decoder.finish();
    return { rows, mapping, coverage: decoder.coverage };
  } catch (error) {
    throw readable(error);
  } finally {
    close();
  }
}

/** What DuckDB says of a file, as an error of the input. */
function readable(error: unknown): unknown {
  const isOfFile =
    error instanceof Error &&
    /^(Invalid|IO|Conversion|Out of Memory|Serialization|Binder)\b.*Error/.test(error.message);
  return isOfFile
    ? new InputError(`the Parquet file cannot be read: ${error.message.split('\n')[0]}`)
    : error;
}

/**
 * Numbers of some columns, one array each, by row; NaN where missing. Errors: `InputError` where the file cannot be
 * read, lacks a column, or has another number of rows.
 */
export async function readNumbers(
  path: string,
  columns: readonly string[],
  rows: number,
): Promise<Float32Array[]> {
  const { connection, close } = await openDuckDb();
  try {
    const selected = columns.map((name) => `${sqlName(name)}::DOUBLE`).join(', ');
    const result = await connection.stream(`SELECT ${selected} FROM read_parquet(${sqlText(path)})`);
    const arrays = columns.map(() => new Float32Array(rows));
    let at = 0;
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      const { rowCount } = chunk;
      if (at + rowCount > rows) throw new InputError(`the Parquet file has more than ${rows} rows`);
      for (const [i, array] of arrays.entries()) copyNumbers(chunk.getColumnVector(i), array, at, rowCount);
      at += rowCount;
    }
    if (at < rows) throw new InputError(`the Parquet file has ${at} rows, not ${rows}`);
    return arrays;
  } catch (error) {
    throw readable(error);
  } finally {
    close();
  }
}

function copyNumbers(vector: DuckDBVector, array: Float32Array, at: number, count: number): void {
  const plain = plainNumbers(vector);
  for (let i = 0; i < count; i++) {
    if (plain)
      array[at + i] = plain.present === null || isPresent(plain.present, i) ? plain.items[i]! : Number.NaN;
    else array[at + i] = Number(vector.getItem(i) ?? Number.NaN);
  }
}

async function describe(connection: DuckDBConnection, source: string): Promise<Column[]> {
  const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  return reader.getRowObjects().map((row) => ({
    name: String(row['column_name']),
    type: String(row['column_type']),
  }));
}
