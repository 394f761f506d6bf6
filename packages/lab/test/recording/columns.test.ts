import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@emberwatch/engine/random';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Column, ColumnWriter, sha256Of, writeColumns } from '../../src/recording/columns.ts';
import { openDuckDb, sqlText } from '../../src/recording/parquet.ts';
import { BatchQueue } from '../../src/recording/spool.ts';

const START_MS = Date.UTC(2026, 0, 1);
const COLUMNS: readonly Column[] = [
  { name: 'time', type: 'TIMESTAMP_MS' },
  { name: 'module_id', type: 'VARCHAR', names: ['M1', "M'2", 'Möbel'] },
  { name: 'voltage_v', type: 'DOUBLE' },
  { name: 'time_to_pnr_s', type: 'FLOAT' },
  { name: 'count', type: 'INTEGER' },
  { name: 'hazard_label', type: 'TINYINT' },
  { name: 'cell_voltages_v', type: 'DOUBLE[]', positions: 2 },
  { name: 'cell_temperatures_degc', type: 'DOUBLE[]', positions: 0 },
];

const batchOf = (rows: number, first = 0) => {
  const at = Float64Array.from({ length: rows }, (_, i) => first + i);
  return {
    rows,
    columns: [
      at.map((i) => START_MS + i * 250),
      Uint8Array.from(at, (i) => i % 4),
      at.map((i) => (i % 5 === 0 ? Number.NaN : i / 8)),
      Float32Array.from(at, (i) => (i % 3 === 0 ? Number.NaN : i * 0.5)),
      Int32Array.from(at, (i) => i - 5),
      at.map((i) => (i % 7 === 0 ? Number.NaN : i & 1)),
      [at.map((i) => (i % 6 === 0 ? Number.NaN : i)), at.map((i) => (i % 3 === 0 ? Number.NaN : -i))],
      [],
    ],
  };
};

const expectedRow = (i: number) => ({
  time: START_MS + i * 250,
  module_id: ['M1', "M'2", 'Möbel', null][i % 4],
  voltage_v: i % 5 === 0 ? null : i / 8,
  time_to_pnr_s: i % 3 === 0 ? null : i * 0.5,
  count: i - 5,
  hazard_label: i % 7 === 0 ? null : i & 1,
  cell_voltages_v: i % 6 === 0 ? null : `[${i}.0, ${i % 3 === 0 ? 'NULL' : `-${i}.0`}]`,
  cell_temperatures_degc: null,
});

describe('columns into a file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'emberwatch-columns-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('every type comes back as it was given', async () => {
    const path = join(folder, 'all.parquet');
    const writer = ColumnWriter.open(path, 'parquet', COLUMNS);
    writer.append(batchOf(3000));
    writer.append(batchOf(5, 3000));
    const written = await writer.close();
    const { connection, close } = await openDuckDb();
    const read = await connection.runAndReadAll(
      `SELECT * REPLACE (epoch_ms(time)::DOUBLE AS time, cell_voltages_v::VARCHAR AS cell_voltages_v) FROM ${sqlText(path)}`,
    );
    close();
    expect(read.getRowObjects()).toEqual(Array.from({ length: 3005 }, (_, i) => expectedRow(i)));
    expect(written).toEqual({
      rows: 3005,
      bytes: readFileSync(path).length,
      sha256: await sha256Of(path),
    });
  });

  it('names are text, instants are instants, lists are lists, to a reader that is not ours', async () => {
    const file = await asyncBufferFromFile(join(folder, 'all.parquet'));
    const { schema, num_rows, row_groups } = await parquetMetadataAsync(file);
    const leaves = schema.filter(({ type }) => type !== undefined);
    expect(leaves.map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
      ['time', 'INT64', 'TIMESTAMP_MILLIS'],
      ['module_id', 'BYTE_ARRAY', 'UTF8'],
      ['voltage_v', 'DOUBLE', undefined],
      ['time_to_pnr_s', 'FLOAT', undefined],
      ['count', 'INT32', 'INT_32'],
      ['hazard_label', 'INT32', 'INT_8'],
      ['element', 'DOUBLE', undefined],
      ['element', 'DOUBLE', undefined],
    ]);
    expect(num_rows).toBe(3005n);
    expect(row_groups[0]!.columns.every(({ meta_data }) => meta_data?.codec === 'ZSTD')).toBe(true);
  });

  it('instants before 1970 and beyond 32 bits are kept to the millisecond', async () => {
    const path = join(folder, 'instants.csv');
    const timesMs = [-1, -86_400_001, 0, 1, 4_294_967_295, 4_294_967_296, Date.UTC(2126, 5, 1, 1, 2, 3, 4)];
    const batches = [{ rows: timesMs.length, columns: [Float64Array.from(timesMs)] }];
    await writeColumns(path, 'csv', [{ name: 't', type: 'TIMESTAMP_MS' }], () => batches.shift() ?? null);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
    expect(lines.map((line) => Date.parse(`${line.replace(' ', 'T')}Z`))).toEqual(timesMs);
  });

  it('the same values give the same bytes, however they are cut, several files at once', async () => {
    const random = createRandom(1);
    const values = Float64Array.from({ length: 200_000 }, () => random.normal());
    const write = async (name: string, rows: number): Promise<string> => {
      let at = 0;
      const next = () => {
        const columns = [values.subarray(at, at + rows)];
        at += rows;
        return columns[0]!.length === 0 ? null : { rows: columns[0]!.length, columns };
      };
      return (await writeColumns(join(folder, name), 'parquet', [{ name: 'x', type: 'DOUBLE' }], next))
        .sha256;
    };
    const hashes = await Promise.all([write('a', 2048), write('b', 200_000), write('c', 2048 * 5)]);
    expect(new Set(hashes).size).toBe(1);
  });

  it('what does not fit in memory waits on disk and leaves nothing behind', () => {
    const path = join(folder, 'queue');
    const queue = new BatchQueue(path, 20_000);
    for (let i = 0; i < 20; i++) queue.add(batchOf(100, i * 100));
    expect(existsSync(path)).toBe(true);
    for (let i = 0; i < 20; i++) expect(queue.next()).toEqual(batchOf(100, i * 100));
    expect(queue.next()).toBeNull();
    queue.close();
    expect(existsSync(path)).toBe(false);
  });

  it('a source that fails leaves no file and its own error', async () => {
    const path = join(folder, 'failed.parquet');
    const fail = () => {
      throw new Error('no more rows today');
    };
    await expect(writeColumns(path, 'parquet', COLUMNS, fail)).rejects.toThrow('no more rows today');
    expect(readdirSync(folder).filter((name) => name.startsWith('failed'))).toEqual([]);
  });

  it('also one that fails after many rows, while they are being packed', async () => {
    const path = join(folder, 'failed-late.parquet');
    let batches = 0;
    const failLate = () => {
      if (++batches > 60) throw new Error('ran dry');
      return batchOf(5000, batches * 5000);
    };
    await expect(writeColumns(path, 'parquet', COLUMNS, failLate)).rejects.toThrow('ran dry');
    expect(readdirSync(folder).filter((name) => name.startsWith('failed'))).toEqual([]);
  });

  it('a batch that does not fit the columns is named', () => {
    const writer = ColumnWriter.open(join(folder, 'x'), 'csv', COLUMNS);
    const { rows, columns } = batchOf(10);
    expect(() => writer.append({ rows, columns: columns.slice(1) })).toThrow('7 columns for 8');
    expect(() => writer.append({ rows: 11, columns })).toThrow('column time: 1 × 11 values wanted');
  });
});
