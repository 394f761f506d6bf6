/** DuckDB as the benchmarks use it: the product's own way of opening it, with its limits lifted. */
import { availableParallelism } from 'node:os';
import { openDuckDb } from '../packages/lab/src/recording/parquet.ts';

const MEMORY_LIMIT = '4GB';

type TableRow = Readonly<Record<string, unknown>>;

/** `threads` null: one for each core. */
export async function rowsOf(sql: string, threads: number | null): Promise<TableRow[]> {
  const { connection, close } = await openDuckDb();
  try {
    await connection.run(
      `SET memory_limit = '${MEMORY_LIMIT}'; SET threads = ${threads ?? availableParallelism()}`,
    );
    return (await connection.runAndReadAll(sql)).getRowObjects();
  } finally {
    close();
  }
}
