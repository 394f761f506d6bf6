import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDuckDb } from '../../src/recording/parquet.ts';
import { testFolder } from './frames.ts';

const MB = 1024 * 1024;
const HEAP_MB = 48;
const SOURCE_BYTES = 10 * HEAP_MB * MB;
const folder = testFolder();
const child = new URL('memory.child.ts', import.meta.url).pathname;

interface Taken {
  readonly frames: number;
  readonly rejections: number;
  readonly bytes: number;
  readonly spilledBytes: number;
  readonly isInOrder: boolean;
  readonly maxRssBytes: number;
}

const run = (...args: string[]): Taken =>
  JSON.parse(
    execFileSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', child, ...args], {
      encoding: 'utf8',
    }),
  );

describe(`a recording ten times larger than a heap of ${HEAP_MB} MB is read whole`, () => {
  it('as CSV', () => {
    const taken = run('csv', String(SOURCE_BYTES));
    expect(taken.bytes).toBeGreaterThanOrEqual(SOURCE_BYTES);
    expect(taken).toMatchObject({ rejections: 0, isInOrder: true });
    expect(taken.frames).toBeGreaterThan(2_000_000);
    // Buffers lie outside of the heap: the process as a whole stays small, too.
    expect(taken.maxRssBytes).toBeLessThan(SOURCE_BYTES / 2);
  });

  it('as CSV grouped by module, in time order', () => {
    const taken = run('grouped', String(SOURCE_BYTES));
    expect(taken.bytes).toBeGreaterThanOrEqual(SOURCE_BYTES);
    expect(taken).toMatchObject({ rejections: 0, isInOrder: true });
    expect(taken.spilledBytes).toBeGreaterThan(SOURCE_BYTES / 2);
    expect(taken.maxRssBytes).toBeLessThan(SOURCE_BYTES / 2);
  });

  it('as Parquet', async () => {
    const path = join(folder, 'large.parquet');
    const { connection, close } = await openDuckDb();
    const cells = Array.from({ length: 24 }, (_, i) => `3 + random() AS V_${i}`).join(', ');
    await connection.run(
      `COPY (SELECT 1700000000 + r // 12 AS t, 'M' || r % 12 AS m, ${cells} FROM range(2700000) AS q(r))
       TO '${path}' (FORMAT parquet, COMPRESSION uncompressed)`,
    );
    close();
    expect(statSync(path).size).toBeGreaterThanOrEqual(SOURCE_BYTES);
    expect(run('parquet', '0', path)).toMatchObject({ frames: 2_700_000, rejections: 0 });
  });
});
