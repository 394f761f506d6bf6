/** The store alone: commits beside a bare loop on the same database, a day of one module beside DuckDB. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHANNELS, newFrame } from '@emberwatch/engine/telemetry';
import { MS_PER_DAY, MS_PER_S } from '@emberwatch/engine/units';
import { type Column, writeColumns } from '../packages/lab/src/recording/columns.ts';
import { openDuckDb, sqlText } from '../packages/lab/src/recording/parquet.ts';
import type { JournalBatch } from '../packages/service/src/records.ts';
import { FrameEncoder } from '../packages/service/src/store/frames.ts';
import { openStore } from '../packages/service/src/store/open.ts';
import type { Store, Tier } from '../packages/service/src/store/store.ts';
import type { Job, Stats, StoreWork } from './job.ts';
import { interleaved, type Measured } from './measure.ts';
import { BATCH } from './service-load.ts';
import { shown, type TableStyle, tableText } from './table.ts';

export interface StoreSize {
  readonly repeats: number;
  /** Commits of one delivery each. */
  readonly commits: number;
}

const START_MS = Date.UTC(2026, 0, 1);
const DAY_FRAMES = MS_PER_DAY / MS_PER_S;
const POINTS = 720;
/** How often the day is asked for: one answer is too short for a clock. */
const QUESTIONS = 20;
const MODULE = 'RackA1_Module01';
/** Measured: the nine columns of the seed schema. */
const MEASURED = CHANNELS.flatMap((channel, index) =>
  'seedColumn' in channel ? [{ id: channel.id, index }] : [],
);

const statOf = (channel: number, i: number): number =>
  Math.round(100 * (20 + channel + Math.sin(i / 500 + channel) + 0.1 * Math.sin(1.7 * i))) / 100;

function batchesOf(commits: number, modules: number): JournalBatch[] {
  const encoder = new FrameEncoder();
  return Array.from({ length: commits }, (_, k) => {
    for (let j = 0; j < BATCH; j++) {
      const i = k * BATCH + j;
      const timeMs = START_MS + Math.floor(i / modules) * MS_PER_S;
      const frame = newFrame(modules === 1 ? MODULE : `RackA1_Module${i % modules}`, 'RackA1', timeMs);
      MEASURED.forEach(({ index }, c) => {
        frame.values[index] = statOf(c, i);
      });
      encoder.add(frame, false);
    }
    const frames = encoder.finish();
    return {
      seq: k + 1,
      gatewayId: 'g',
      epoch: 'e',
      number: k,
      isPart: false,
      receivedMs: START_MS,
      frameCount: BATCH,
      frames,
    };
  });
}

/** Everything that is not measured happens here. */
export async function preparedStore(work: StoreWork, commits: number): Promise<() => Promise<Stats>> {
  const folder = mkdtempSync(join(tmpdir(), 'emberwatch-bench-'));
  const run = await workIn(folder, work, commits);
  return async () => {
    try {
      return await run();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

async function workIn(folder: string, work: StoreWork, commits: number): Promise<() => Promise<Stats>> {
  if (work.what === 'bare commits') {
    const batches = batchesOf(commits, BATCH);
    return () => bareCommits(folder, batches);
  }
  if (work.what === 'commits') {
    const batches = batchesOf(commits, BATCH);
    const store = await openStore(join(folder, 'data'), { now: Date.now });
    return async () => {
      await commitAll(store, batches, work.senders);
      await store.close();
      return { rows: batches.length };
    };
  }
  const days = batchesOf(DAY_FRAMES / BATCH, 1);
  if (work.what === 'day from Parquet') return dayOfParquet(folder);
  return dayOfStore(join(folder, 'data'), days, work.what === 'day from frames' ? 'raw' : '1min');
}

/** What is used of it; the package belongs to the service. */
interface Libsql {
  readonly default: new (
    file: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { run(...values: unknown[]): unknown };
    close(): void;
  };
}
const LIBSQL: string = 'libsql';

/** One transaction for each delivery, and nothing else. */
async function bareCommits(folder: string, batches: readonly JournalBatch[]): Promise<Stats> {
  const { default: Database } = (await import(LIBSQL)) as Libsql;
  const db = new Database(join(folder, 'bare.db'));
  db.exec('PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec('CREATE TABLE journal (seq INTEGER PRIMARY KEY, frames BLOB NOT NULL)');
  const insert = db.prepare('INSERT INTO journal VALUES (?, ?)');
  for (const { seq, frames } of batches) insert.run(seq, frames);
  db.close();
  return { rows: batches.length };
}

async function commitAll(store: Store, batches: readonly JournalBatch[], senders: number): Promise<void> {
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < batches.length) await store.commit({ batches: [batches[next++]!] });
  };
  await Promise.all(Array.from({ length: senders }, send));
}

async function dayOfStore(
  directory: string,
  batches: readonly JournalBatch[],
  tier: Tier,
): Promise<() => Promise<Stats>> {
  const store = await openStore(directory, { now: () => START_MS + MS_PER_DAY, foldAfterMs: 0 });
  await commitAll(store, batches, 16);
  for (let isBusy = true; isBusy; ) {
    const { folded, rolledUp } = await store.maintain(START_MS + 2 * MS_PER_DAY);
    isBusy = folded + rolledUp > 0;
  }
  return async () => {
    let points = 0;
    for (let i = 0; i < QUESTIONS; i++) {
      const query = { moduleId: MODULE, fromMs: START_MS, toMs: START_MS + MS_PER_DAY, maxPoints: POINTS };
      const history = await store.history({ ...query, tier });
      points = history.timesMs.length;
    }
    await store.close();
    return { rows: QUESTIONS, points };
  };
}

async function dayOfParquet(folder: string): Promise<() => Promise<Stats>> {
  const file = join(folder, 'day.parquet');
  const columns: Column[] = [
    { name: 'time', type: 'TIMESTAMP_MS' },
    ...MEASURED.map(({ id }): Column => ({ name: id, type: 'DOUBLE' })),
  ];
  const values = [
    Float64Array.from({ length: DAY_FRAMES }, (_, i) => START_MS + i * MS_PER_S),
    ...MEASURED.map((_, c) => Float64Array.from({ length: DAY_FRAMES }, (__, i) => statOf(c, i))),
  ];
  const batches = [{ rows: DAY_FRAMES, columns: values }];
  await writeColumns(file, 'parquet', columns, () => batches.shift() ?? null);
  const stats = MEASURED.map(({ id }) => `min(${id}), avg(${id}), max(${id})`).join(', ');
  const stepS = MS_PER_DAY / MS_PER_S / POINTS;
  const query = `SELECT time_bucket(INTERVAL '${stepS} seconds', time) AS step, ${stats}
    FROM ${sqlText(file)} GROUP BY step ORDER BY step`;
  const { connection, close } = await openDuckDb();
  return async () => {
    let points = 0;
    for (let i = 0; i < QUESTIONS; i++) points = (await connection.runAndReadAll(query)).getRows().length;
    close();
    return { rows: QUESTIONS, points };
  };
}

export async function storeTables(
  program: string,
  { repeats, commits }: StoreSize,
  style: TableStyle,
): Promise<{ title: string; text: string }[]> {
  const table = async (title: string, unit: string, works: readonly (readonly [string, StoreWork])[]) => {
    const variants = works.map(([label, work]) => ({
      label,
      mb: 0,
      job: { kind: 'store', work, commits } satisfies Job,
    }));
    const rows = await interleaved(program, variants, repeats);
    const header = ['', 'min s', 'CPU s', unit, '× time', '× CPU'];
    return {
      title,
      text: tableText(
        header,
        rows.map((row) => line(row, rows[0]!)),
        style,
      ),
    };
  };
  return [
    await table(`The store: ${shown(commits)} deliveries of ${BATCH} readings`, 'commits/s', [
      ['bare loop: one insert, one transaction', { what: 'bare commits' }],
      ['store, 1 sender', { what: 'commits', senders: 1 }],
      ['store, 16 senders', { what: 'commits', senders: 16 }],
    ]),
    await table(
      `A day of one module at 1 Hz, ${shown(DAY_FRAMES)} frames of nine channels, as ${POINTS} steps of lowest, mean and highest`,
      'answers/s',
      [
        ['DuckDB over Parquet', { what: 'day from Parquet' }],
        ['store, from the frames', { what: 'day from frames' }],
        ['store, from its steps of a minute', { what: 'day from steps' }],
      ],
    ),
  ];
}

const line = ({ label, wallMinS, cpuMinS, results: stats }: Measured, first: Measured): string[] => [
  label,
  wallMinS.toFixed(2),
  cpuMinS.toFixed(2),
  shown(Math.round(stats['rows']! / wallMinS)),
  (wallMinS / first.wallMinS).toFixed(2),
  (cpuMinS / first.cpuMinS).toFixed(2),
];
