/**
 * Columns into one Parquet or CSV file: typed arrays are handed to DuckDB where they lie, 2048 rows at a time, with
 * no table in between. The same batches always give the same bytes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBType, DuckDBVector } from '@duckdb/node-api';
import { openDuckDb, sqlName, sqlText } from './parquet.ts';
import { BatchQueue, type ColumnBatch, type ColumnValues, type Numbers } from './spool.ts';

export type ColumnFormat = 'parquet' | 'csv';

export type Column =
  /** TIMESTAMP_MS is given as Unix milliseconds. */
  | { readonly name: string; readonly type: 'DOUBLE' | 'FLOAT' | 'INTEGER' | 'TINYINT' | 'TIMESTAMP_MS' }
  /** Given as positions in `names`, which may grow until the file is written; any other number is NULL. */
  | { readonly name: string; readonly type: 'VARCHAR'; readonly names: readonly string[] }
  /**
   * Given as one array for each position of the list, of which there may be more until the file is written: a batch
   * with fewer has no values there. A list without any value is NULL.
   */
  | { readonly name: string; readonly type: 'DOUBLE[]'; positions: number };

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Rows that DuckDB takes at once. */
const CHUNK_ROWS = 2048;
/** A column with more different values in a row group than this gains nothing from a dictionary. */
const DICTIONARY_VALUES = 1000;

/**
 * Writes what `next` gives until it gives null. It is asked ahead of what is being written, so each batch has arrays
 * of its own. The file appears under its name
 * when it is whole, and not at all where something fails.
 */
export async function writeColumns(
  path: string,
  format: ColumnFormat,
  columns: readonly Column[],
  next: () => ColumnBatch | null,
): Promise<WrittenFile> {
  const { connect, sources } = await database();
  const source = await ColumnSource.create(columns, next);
  const id = ++lastId;
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`;
  const connection = await connect();
  sources.set(id, source);
  try {
    const selected = columns.map(expressionFor).join(', ');
    const options =
      format === 'parquet'
        ? `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT ${DICTIONARY_VALUES}`
        : 'FORMAT csv, HEADER';
    await connection.run(
      `COPY (SELECT ${selected} FROM ${SOURCE}(${id})) TO ${sqlText(partial)} (${options})`,
    );
    const { size } = await stat(partial);
    const sha256 = await sha256Of(partial);
    await rename(partial, path);
    return { rows: source.rows, bytes: size, sha256 };
  } catch (error) {
    await rm(partial, { force: true });
    throw source.error ?? error;
  } finally {
    source.close();
    sources.delete(id);
    connection.closeSync();
  }
}

/** Columns after the others that are known when every row has been seen, and made as they are written. */
export interface LateColumns {
  readonly columns: readonly Column[];
  of(batch: ColumnBatch): readonly ColumnValues[];
}

const NO_LATE_COLUMNS: LateColumns = { columns: [], of: () => [] };

/** The same for who has the rows before asking for more: they are kept, beyond 64 MB on disk, until `close`. */
export class ColumnWriter {
  private readonly path: string;
  private readonly format: ColumnFormat;
  private readonly columns: readonly Column[];
  private readonly queue: BatchQueue;

  private constructor(path: string, format: ColumnFormat, columns: readonly Column[]) {
    this.path = path;
    this.format = format;
    this.columns = columns;
    this.queue = new BatchQueue(`${path}.${randomUUID().slice(0, 8)}.rows`);
  }

  static open(path: string, format: ColumnFormat, columns: readonly Column[]): ColumnWriter {
    return new ColumnWriter(path, format, columns);
  }

  /** The arrays are taken as they are: do not change them before `close`. */
  append(batch: ColumnBatch): void {
    mustFit(this.columns, batch);
    this.queue.add(batch);
  }

  async close(late: LateColumns = NO_LATE_COLUMNS): Promise<WrittenFile> {
    const next = (): ColumnBatch | null => {
      const batch = this.queue.next();
      return batch && { ...batch, columns: [...batch.columns, ...late.of(batch)] };
    };
    try {
      return await writeColumns(this.path, this.format, [...this.columns, ...late.columns], next);
    } finally {
      this.queue.close();
    }
  }

  /** Gives up: nothing is written. */
  discard(): void {
    this.queue.close();
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

function mustFit(columns: readonly Column[], { rows, columns: values }: ColumnBatch): void {
  if (values.length !== columns.length)
    throw new RangeError(`a batch of ${values.length} columns for ${columns.length}`);
  columns.forEach(({ name, ...column }, i) => {
    const isList = column.type === 'DOUBLE[]';
    const given = values[i]!;
    const arrays = isList ? (given as readonly Float64Array[]) : [given as Numbers];
    const wanted = isList ? column.positions : 1;
    if (arrays.length > wanted || arrays.some((array) => array.length < rows))
      throw new RangeError(`column ${name}: ${wanted} × ${rows} values wanted`);
  });
}

const SOURCE = 'emberwatch_columns';
let lastId = 0;

interface Database {
  readonly connect: () => Promise<DuckDBConnection>;
  /** Files that are being written, by the number in their query. */
  readonly sources: Map<number, ColumnSource>;
}

let opened: Promise<Database> | null = null;

/** One database for all files of this process: opening one takes longer than writing a small file. */
function database(): Promise<Database> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Database> {
  const { DuckDBTableFunction, INTEGER } = await import('@duckdb/node-api');
  const { connection, connect } = await openDuckDb();
  const sources = new Map<number, ColumnSource>();
  const table = DuckDBTableFunction.create({
    name: SOURCE,
    parameterTypes: [INTEGER],
    bindFunction: (info) => {
      const id = Number(info.getParameter(0));
      sources.get(id)!.types.forEach((type, i) => {
        info.addResultColumn(physicalName(i), type);
      });
      info.setBindData({ id });
    },
    initFunction: (info) => info.setMaxThreads(1),
    mainFunction: (info, chunk) => {
      const source = sources.get((info.bindData as { id: number }).id)!;
      try {
        source.fill(chunk);
      } catch (error) {
        source.error = error;
        info.setError(String(error));
      }
    },
  });
  connection.registerTableFunction(table);
  return { connect, sources };
}

const physicalName = (index: number): string => `c${index}`;

function physicalCount(column: Column): number {
  return column.type === 'DOUBLE[]' ? column.positions : 1;
}

/** Lists are put together by DuckDB: its own vectors of lists take an object for each row. */
function expressionFor(column: Column, index: number, columns: readonly Column[]): string {
  const first = columns.slice(0, index).reduce((sum, before) => sum + physicalCount(before), 0);
  const name = sqlName(column.name);
  if (column.type !== 'DOUBLE[]') return `${physicalName(first)} AS ${name}`;
  if (column.positions === 0) return `NULL::DOUBLE[] AS ${name}`;
  const list = Array.from({ length: column.positions }, (_, i) => physicalName(first + i)).join(', ');
  return `CASE WHEN coalesce(${list}) IS NOT NULL THEN [${list}] END AS ${name}`;
}

/** The arrays of a column; where a list has fewer than positions, values are missing in the rest. */
function arraysOf(column: Column, values: ColumnValues, rows: number): readonly Numbers[] {
  if (column.type !== 'DOUBLE[]') return [values as Numbers];
  const given = values as readonly Float64Array[];
  const missing = column.positions - given.length;
  if (missing === 0) return given;
  const nothing = new Float64Array(rows).fill(Number.NaN);
  return [...given, ...Array<Float64Array>(missing).fill(nothing)];
}

/** Batches as DuckDB asks for them. */
class ColumnSource {
  readonly types: readonly DuckDBType[];
  rows = 0;
  error: unknown = null;
  private readonly columns: readonly Column[];
  private readonly batches: Ahead;
  /** Number of names of a text column, null of others; by physical column. */
  private readonly nameCounts: readonly (number | null)[];
  private arrays: readonly Numbers[] = [];
  private batchRows = 0;
  private at = 0;

  private constructor(
    columns: readonly Column[],
    types: readonly DuckDBType[],
    next: () => ColumnBatch | null,
  ) {
    this.columns = columns;
    this.types = types;
    this.batches = new Ahead(next);
    this.nameCounts = columns.flatMap((column) =>
      Array.from({ length: physicalCount(column) }, () =>
        column.type === 'VARCHAR' ? column.names.length : null,
      ),
    );
  }

  static async create(columns: readonly Column[], next: () => ColumnBatch | null): Promise<ColumnSource> {
    const { DOUBLE, ENUM, FLOAT, INTEGER, TIMESTAMP_MS, TINYINT } = await import('@duckdb/node-api');
    const plain = { DOUBLE, FLOAT, INTEGER, TINYINT, TIMESTAMP_MS, 'DOUBLE[]': DOUBLE };
    const types = columns.flatMap((column) => {
      // Without a single name every value is missing; an enumeration cannot be empty.
      const type =
        column.type === 'VARCHAR' ? ENUM(column.names.length > 0 ? column.names : ['']) : plain[column.type];
      return Array.from({ length: physicalCount(column) }, () => type);
    });
    return new ColumnSource(columns, types, next);
  }

  /** Gives the next rows; none where there are no more. */
  fill(chunk: DuckDBDataChunk): void {
    while (this.at === this.batchRows) {
      const batch = this.batches.take();
      if (!batch) {
        chunk.rowCount = 0;
        return;
      }
      mustFit(this.columns, batch);
      this.arrays = this.columns.flatMap((column, i) => arraysOf(column, batch.columns[i]!, batch.rows));
      this.batchRows = batch.rows;
      this.at = 0;
    }
    const { at } = this;
    const count = Math.min(CHUNK_ROWS, this.batchRows - at);
    chunk.rowCount = count;
    this.arrays.forEach((array, i) => {
      fillVector(chunk.getColumnVector(i), array.subarray(at, at + count), this.nameCounts[i]!);
    });
    this.at += count;
    this.rows += count;
    this.batches.workWhileIdle();
  }

  close(): void {
    this.batches.close();
  }
}

/** Rows of a row group: what DuckDB gathers before it packs them, without asking for more. */
const AHEAD_ROWS = 122_880;

/** Makes batches while DuckDB packs rows in a thread of its own and does not ask. */
class Ahead {
  private readonly next: () => ColumnBatch | null;
  private readonly ready: ColumnBatch[] = [];
  private rows = 0;
  private takes = 0;
  private isAtEnd = false;
  private failure: { readonly error: unknown } | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(next: () => ColumnBatch | null) {
    this.next = next;
  }

  take(): ColumnBatch | null {
    if (this.ready.length === 0) this.make();
    const batch = this.ready.shift();
    if (batch) this.rows -= batch.rows;
    else if (this.failure) throw this.failure.error;
    return batch ?? null;
  }

  /** Starts when nothing has been asked for a millisecond, ends when something is. */
  workWhileIdle(): void {
    this.takes++;
    if (this.timer) this.timer.refresh();
    else this.timer = setTimeout(() => this.work(this.takes), 1);
  }

  close(): void {
    if (this.timer) clearTimeout(this.timer);
    this.isAtEnd = true;
  }

  private work(takes: number): void {
    if (takes !== this.takes || this.isAtEnd || this.rows >= AHEAD_ROWS) return;
    this.make();
    setImmediate(() => this.work(takes));
  }

  private make(): void {
    if (this.isAtEnd) return;
    try {
      const batch = this.next();
      if (batch) {
        this.ready.push(batch);
        this.rows += batch.rows;
      } else this.isAtEnd = true;
    } catch (error) {
      this.failure = { error };
      this.isAtEnd = true;
    }
  }
}

/** The arrays of a vector as they lie in memory; the library has no public way to them. */
interface OpenVector {
  readonly items?: unknown;
  readonly validity?: { data: BigUint64Array | null };
}

function fillVector(vector: DuckDBVector, values: Numbers, nameCount: number | null): void {
  const { items, validity } = vector as unknown as OpenVector;
  if (!ArrayBuffer.isView(items) || !validity) throw new Error(`a vector of ${vector.type} without items`);
  if (items instanceof BigInt64Array) setInstants(items, values);
  else (items as unknown as Float64Array).set(values);
  const missing = nameCount === null ? missingNumbers(values) : missingNames(values, nameCount);
  if (missing) validity.data = missing;
  vector.flush();
}

const TWO_32 = 2 ** 32;

/** Whole milliseconds as 64-bit numbers, in two halves: a big integer for each is five times slower. */
function setInstants(items: BigInt64Array, values: Numbers): void {
  const halves = new Int32Array(items.buffer, items.byteOffset, items.length * 2);
  for (let i = 0; i < values.length; i++) {
    const ms = Math.round(values[i]!);
    const high = Math.floor(ms / TWO_32);
    halves[2 * i] = ms - high * TWO_32;
    halves[2 * i + 1] = high;
  }
}

/** One bit for each row, set where there is a value; null where there always is. */
function missingNumbers(values: Numbers): BigUint64Array | null {
  if (!(values instanceof Float64Array || values instanceof Float32Array)) return null;
  let bits: Uint8Array | null = null;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // biome-ignore lint/suspicious/noSelfCompare: true of NaN alone, and faster than to ask by name.
    if (value === value) continue;
    bits ??= allPresent(values.length);
    bits[i >> 3]! &= ~(1 << (i & 7));
  }
  return bits && new BigUint64Array(bits.buffer);
}

function missingNames(values: Numbers, nameCount: number): BigUint64Array | null {
  let bits: Uint8Array | null = null;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < nameCount && values[i]! >= 0) continue;
    bits ??= allPresent(values.length);
    bits[i >> 3]! &= ~(1 << (i & 7));
  }
  return bits && new BigUint64Array(bits.buffer);
}

const allPresent = (count: number): Uint8Array => new Uint8Array(Math.ceil(count / 64) * 8).fill(255);
