import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditChain } from '../../src/store/audit-chain.ts';
import { restoreStore, showStore } from '../../src/store/backup.ts';
import { LOCK_FILE, STORE_FILE } from '../../src/store/disk.ts';
import { DEFAULT_RETENTION, openStore } from '../../src/store/open.ts';
import { StoreEngine } from '../../src/store/sqlite-store.ts';
import type { Rescue, Store } from '../../src/store/store.ts';
import { batchOf, frameAt, START_MS } from './samples.ts';

const ENTRY = { atMs: START_MS, actor: 'ada', action: 'a', subject: '', detail: {} };

let folder: string;
let data: string;
let store: Store | null;
let rescues: Rescue[];

const open = async (directory = data): Promise<Store> => {
  store = await openStore(directory, {
    now: () => START_MS,
    minFreeBytes: 0,
    onRescue: (rescue) => rescues.push(rescue),
  });
  return store;
};

const commitOf = (seq: number) => ({ batches: [batchOf(seq, [frameAt('m', START_MS + 1000 * seq, seq)])] });
const close = async (): Promise<void> => {
  await store?.close();
  store = null;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-place-'));
  data = join(folder, 'data');
  rescues = [];
});

afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true, force: true });
});

const aside = (): string => join(folder, 'aside');
const file = (name: string): string => join(data, name);

/** What becomes of the path while the store is open, and how the one that was opened comes back to it. */
const MISHAPS: readonly (readonly [string, () => void, (() => void) | null])[] = [
  ['the directory was moved away', () => renameSync(data, aside()), () => renameSync(aside(), data)],
  [
    'the directory was moved away, and an empty one stands in its place',
    () => {
      renameSync(data, aside());
      mkdirSync(data);
    },
    () => {
      rmSync(data, { recursive: true });
      renameSync(aside(), data);
    },
  ],
  [
    'a copy of the directory stands in its place',
    () => {
      cpSync(data, `${data}.copy`, { recursive: true });
      renameSync(data, aside());
      renameSync(`${data}.copy`, data);
    },
    () => {
      rmSync(data, { recursive: true });
      renameSync(aside(), data);
    },
  ],
  ['the directory was deleted', () => rmSync(data, { recursive: true }), null],
  [
    'the database was moved away',
    () => renameSync(file(STORE_FILE), aside()),
    () => renameSync(aside(), file(STORE_FILE)),
  ],
  [
    'the database was replaced by a copy of it',
    () => {
      copyFileSync(file(STORE_FILE), `${aside()}.copy`);
      renameSync(file(STORE_FILE), aside());
      renameSync(`${aside()}.copy`, file(STORE_FILE));
    },
    () => renameSync(aside(), file(STORE_FILE)),
  ],
  ['the database was deleted', () => rmSync(file(STORE_FILE)), null],
];

describe('a store whose path names something else by now', () => {
  it.each(MISHAPS)('stores nothing where %s', async (_, happen, undo) => {
    const open_ = await open();
    await open_.commit(commitOf(1));
    happen();
    const rejected = { code: 'STORAGE_FAILED' };
    await expect(open_.checkPlace()).rejects.toMatchObject({
      ...rejected,
      detail: expect.stringContaining(data),
    });
    await expect(open_.commit(commitOf(2))).rejects.toMatchObject(rejected);
    await expect(open_.commit({ settings: [{ key: 'a', value: '1' }] })).rejects.toMatchObject(rejected);
    await expect(
      open_.saveSnapshot({ seq: 1, takenMs: START_MS, fingerprint: 'f', parts: [] }),
    ).rejects.toMatchObject(rejected);
    await expect(open_.backup(join(folder, 'backup'))).rejects.toMatchObject(rejected);
    expect(existsSync(join(folder, 'backup'))).toBe(false);
    if (undo) {
      undo();
      await open_.checkPlace();
      await open_.commit(commitOf(2));
      await close();
      expect(showStore(data)).toMatchObject({ batches: 2, lastSeq: 2 });
      expect(rescues).toEqual([]);
    } else {
      await close();
      // What had been acknowledged is not lost with its names.
      const copy = `${data}.rescued`;
      expect(rescues).toEqual([{ copiedTo: copy }]);
      rmSync(data, { recursive: true, force: true });
      restoreStore(copy, data);
      expect(showStore(data)).toMatchObject({ batches: 1, lastSeq: 1 });
    }
  });

  it('notices that a link points elsewhere', async () => {
    const [first, second, link] = ['first', 'second', 'link'].map((name) => join(folder, name));
    mkdirSync(first!);
    mkdirSync(second!);
    symlinkSync(first!, link!);
    const open_ = await open(link!);
    await open_.commit(commitOf(1));
    rmSync(link!);
    symlinkSync(second!, link!);
    await expect(open_.commit(commitOf(2))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it.skipIf(!mayMount())('notices a file system that is mounted over it', async () => {
    const open_ = await open();
    await open_.commit(commitOf(1));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', data]);
    try {
      await expect(open_.commit(commitOf(2))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    } finally {
      execFileSync('umount', [data]);
    }
    await open_.commit(commitOf(2));
  });

  it('leaves the write-ahead log of the store alone that took its place', async () => {
    await (await open()).commit(commitOf(1));
    renameSync(data, aside());
    mkdirSync(data);
    const other = new Database(file(STORE_FILE));
    other.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)');
    const wal = readFileSync(file(`${STORE_FILE}-wal`));
    await close();
    expect(readFileSync(file(`${STORE_FILE}-wal`)).equals(wal)).toBe(true);
    other.close();
    expect(showStore(aside())).toMatchObject({ batches: 1 });
  });
});

describe('files that a database makes anew', () => {
  it.each([`${STORE_FILE}-wal`, `${STORE_FILE}-shm`, LOCK_FILE])(
    'loses nothing where %s is deleted or replaced, and goes on',
    async (name) => {
      const open_ = await open();
      await open_.commit(commitOf(1));
      rmSync(file(name));
      await open_.commit(commitOf(2));
      // As a kill would leave it: what is in the directory is all that there is.
      cpSync(data, `${data}.killed`, { recursive: true });
      expect(showStore(`${data}.killed`)).toMatchObject({ batches: 2 });
      renameSync(file(name), aside());
      writeFileSync(file(name), '');
      await open_.checkPlace();
      await open_.commit(commitOf(3));
      expect(statSync(file(name)).ino).not.toBe(statSync(aside()).ino);
      await close();
      expect(showStore(data)).toMatchObject({ batches: 3, lastSeq: 3 });
    },
  );

  it('stores nothing while another process has taken the lock', async () => {
    const open_ = await open();
    rmSync(file(LOCK_FILE));
    const other = new Database(file(LOCK_FILE));
    other.exec('BEGIN EXCLUSIVE');
    await expect(open_.commit(commitOf(1))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    other.exec('ROLLBACK');
    other.close();
    await open_.commit(commitOf(1));
    await expect(open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await open_.close();
  });
});

it('that is taken away while it writes acknowledges nothing, and takes the same audit rows again', () => {
  const engine = new StoreEngine(
    { directory: data, minFreeBytes: 0, foldBytes: 1e9, foldAfterMs: 1e9, retention: DEFAULT_RETENTION },
    async () => {},
  );
  const commit = { ...commitOf(1), audit: [new AuditChain(null).append(ENTRY)] };
  const write = engine.tables.write.bind(engine.tables);
  engine.tables.write = (one) => {
    write(one);
    renameSync(data, aside());
  };
  expect(engine.commitAll([commit], START_MS)).toMatchObject([{ code: 'STORAGE_FAILED' }]);
  engine.tables.write = write;
  renameSync(aside(), data);
  expect(engine.commitAll([{ ...commit, ...commitOf(2) }], START_MS)).toEqual([null]);
  expect(engine.tables.audit({ afterSeq: 0, limit: 9 })).toEqual(commit.audit);
  engine.close();
});

function mayMount(): boolean {
  const point = mkdtempSync(join(tmpdir(), 'emberwatch-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', point], { stdio: 'pipe' });
    execFileSync('umount', [point]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(point, { recursive: true, force: true });
  }
}
