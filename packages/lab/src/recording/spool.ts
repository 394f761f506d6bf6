/** Batches of columns that wait to be written: in memory, and beyond a limit in a file beside it. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** NaN in an array of floating point numbers, of any type of column, is written as NULL. */
export type Numbers = Float64Array | Float32Array | Int32Array | Int8Array | Uint8Array | Uint16Array;

export type ColumnValues = Numbers | readonly Float64Array[];

export interface ColumnBatch {
  readonly rows: number;
  /** In the order of the columns, each of at least `rows` values. */
  readonly columns: readonly ColumnValues[];
}

const MEMORY_BYTES = 64 * 1024 * 1024;

/** Where the arrays of a batch lie in the file. */
interface Stored {
  readonly rows: number;
  /** One for a plain column, one per position for a list. */
  readonly columns: readonly (StoredArray | readonly StoredArray[])[];
}

interface StoredArray {
  readonly kind: NumbersKind;
  readonly at: number;
  readonly bytes: number;
}

type NumbersKind = new (buffer: ArrayBuffer) => Numbers;

export class BatchQueue {
  private readonly path: string;
  private readonly memoryBytes: number;
  private readonly waiting: (ColumnBatch | Stored)[] = [];
  private heldBytes = 0;
  private file: number | null = null;
  private fileBytes = 0;
  private given = 0;

  constructor(path: string, memoryBytes = MEMORY_BYTES) {
    this.path = path;
    this.memoryBytes = memoryBytes;
  }

  add(batch: ColumnBatch): void {
    const bytes = batch.columns.flat().reduce((sum, array) => sum + (array as Numbers).byteLength, 0);
    if (this.heldBytes + bytes <= this.memoryBytes) {
      this.heldBytes += bytes;
      this.waiting.push(batch);
      return;
    }
    const store = (array: Numbers): StoredArray => this.store(array);
    this.waiting.push({
      rows: batch.rows,
      columns: batch.columns.map((column) => (isList(column) ? column.map(store) : store(column))),
    });
  }

  /** In the order in which they were added; null after the last. */
  next(): ColumnBatch | null {
    const found = this.waiting[this.given];
    if (!found) return null;
    // Let go of it: what has been written need not be held.
    this.waiting[this.given++] = NOTHING;
    const load = (column: ColumnValues | StoredArray | readonly StoredArray[]): ColumnValues =>
      this.load(column);
    return { rows: found.rows, columns: found.columns.map(load) };
  }

  close(): void {
    if (this.file === null) return;
    closeSync(this.file);
    rmSync(this.path, { force: true });
    this.file = null;
  }

  private store(array: Numbers): StoredArray {
    this.file ??= openSync(this.path, 'wx+');
    const at = this.fileBytes;
    writeSync(this.file, array, 0, array.byteLength, at);
    this.fileBytes += array.byteLength;
    return { kind: array.constructor as NumbersKind, at, bytes: array.byteLength };
  }

  private load(column: ColumnValues | StoredArray | readonly StoredArray[]): ColumnValues {
    if (ArrayBuffer.isView(column)) return column as Numbers;
    if (Array.isArray(column)) return column.map((one) => this.load(one)) as Float64Array[];
    const { kind, at, bytes } = column as StoredArray;
    const buffer = new ArrayBuffer(bytes);
    readSync(this.file!, new Uint8Array(buffer), 0, bytes, at);
    return new kind(buffer);
  }
}

const NOTHING: ColumnBatch = { rows: 0, columns: [] };
const isList = (column: ColumnValues): column is readonly Float64Array[] => Array.isArray(column);
