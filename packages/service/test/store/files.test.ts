import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditChain } from '../../src/store/audit-chain.ts';
import { restoreStore, showStore } from '../../src/store/backup.ts';
import { STORE_FILE } from '../../src/store/disk.ts';
import { openStore, type StoreOptions } from '../../src/store/open.ts';
import { MIGRATIONS, migrate, versionOf } from '../../src/store/schema.ts';
import type { Store } from '../../src/store/store.ts';
import { alarmOf, batchOf, frameAt, START_MS } from './samples.ts';

let folder: string;
let data: string;
const opened: Store[] = [];

const open = async (options: Partial<StoreOptions> = {}, directory = data): Promise<Store> => {
  const store = await openStore(directory, { now: () => START_MS, minFreeBytes: 0, ...options });
  opened.push(store);
  return store;
};

const commitMany = async (store: Store, count: number): Promise<void> => {
  const first = (await store.lastSeq()) + 1;
  for (let seq = first; seq < first + count; seq++)
    await store.commit({ batches: [batchOf(seq, [frameAt('m', START_MS + 1000 * seq, seq)])] });
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-files-'));
  data = join(folder, 'data');
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the data directory', () => {
  it('is made for its owner only', async () => {
    await open();
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  it('is used by one service at a time, and the second is told by which', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      detail: `${data} is in use by process ${process.pid}.`,
    });
    await first.close();
    // What a process leaves that ended in whatever way keeps nobody out.
    writeFileSync(join(data, 'owner'), '999999\n');
    await commitMany(await open(), 1);
  });

  it.each([
    ['a file', () => writeFileSync(data, '')],
    [
      'a database of another program',
      () => {
        mkdirSync(data);
        const db = new Database(join(data, STORE_FILE));
        db.exec('CREATE TABLE other (a)');
        db.close();
      },
    ],
    [
      'a file that is no database',
      () => {
        mkdirSync(data);
        writeFileSync(join(data, STORE_FILE), 'not a database, but long enough to look like one'.repeat(99));
      },
    ],
  ])('that is %s is refused and left alone', async (_, make) => {
    make();
    const path = statSync(data).isFile() ? data : join(data, STORE_FILE);
    const before = readFileSync(path);
    await expect(open()).rejects.toMatchObject({
      code: expect.stringMatching(/^STORE_UNUSABLE|STORAGE_FAILED$/),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('keeps deliveries out while too many wait, and lets alarms in', async () => {
    const store = await open({ maxPendingBytes: 300 });
    const outcomes = await Promise.allSettled([
      store.commit({ batches: [batchOf(1, [frameAt('m', START_MS, 20), frameAt('n', START_MS, 20)])] }),
      store.commit({
        batches: [
          batchOf(
            2,
            Array.from({ length: 9 }, (_, k) => frameAt('m', START_MS + 1 + k, 20)),
          ),
        ],
      }),
      store.commit({ alarms: [alarmOf('A1')] }),
    ]);
    expect(outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : one.status))).toEqual([
      'fulfilled',
      'BUSY',
      'fulfilled',
    ]);
  });
});

it('a reader of another program that stays holds back neither commits nor, once it is gone, room on the disk', async () => {
  const store = await open();
  await commitMany(store, 1);
  const wal = join(data, `${STORE_FILE}-wal`);
  const reader = new Database(join(data, STORE_FILE), { readonly: true });
  reader.exec('BEGIN');
  expect(reader.prepare('SELECT count(*) AS n FROM journal').get()).toMatchObject({ n: 1 });
  for (let k = 0; k < 24; k++) {
    const value = String.fromCharCode(97 + k).repeat(1 << 20);
    await store.commit({ settings: [{ key: `k${k % 3}`, value }] });
  }
  expect(statSync(wal).size, 'held by the reader').toBeGreaterThan(24 << 20);
  reader.exec('COMMIT');
  reader.close();
  for (let k = 0; k < 3; k++) await store.commit({ settings: [{ key: `k${k}`, value: '' }] });
  await commitMany(store, 2);
  expect(statSync(wal).size, 'after it let go').toBeLessThanOrEqual(16 << 20);
  expect(await store.lastSeq()).toBe(3);
});

describe('the schema', () => {
  const fixture = (): { db: Database.Database; file: string } => {
    mkdirSync(data);
    const file = join(data, STORE_FILE);
    const db = new Database(file);
    migrate(db, file, MIGRATIONS.slice(0, 1));
    db.exec(`INSERT INTO setting VALUES ('site', '"north"')`);
    return { db, file };
  };

  it('is brought up step by step, after a copy was made of what was there', () => {
    const { db, file } = fixture();
    migrate(db, file, [MIGRATIONS[0]!, 'ALTER TABLE setting ADD COLUMN a', "UPDATE setting SET a = 'x'"]);
    expect(versionOf(db)).toBe(3);
    expect(db.prepare('SELECT * FROM setting').raw().all()).toEqual([['site', '"north"', 'x']]);
    db.close();
    const copy = new Database(`${file}.before-2`);
    expect(versionOf(copy)).toBe(1);
    expect(copy.prepare('SELECT * FROM setting').raw().all()).toEqual([['site', '"north"']]);
    copy.close();
  });

  it('stays as it was where a step fails', () => {
    const { db, file } = fixture();
    expect(() =>
      migrate(db, file, [MIGRATIONS[0]!, 'ALTER TABLE setting ADD COLUMN a', 'nonsense']),
    ).toThrow();
    expect(versionOf(db)).toBe(1);
    expect(db.prepare('SELECT * FROM setting').raw().all()).toEqual([['site', '"north"']]);
    db.close();
  });

  it('of the first version is opened by this one', async () => {
    fixture().db.close();
    const store = await open();
    expect(await store.setting('site')).toBe('"north"');
    expect((await store.metrics()).schemaVersion).toBe(MIGRATIONS.length);
  });

  it('of a newer version is refused', async () => {
    const { db } = fixture();
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(open()).rejects.toThrow(/has schema 99, this program knows up to \d+/);
  });
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

const run = (program: string, ...args: string[]): void => {
  execFileSync(program, args, { stdio: 'ignore' });
};

/** A file system of its own, so small that it can be filled. */
function small(megabytes: number): { path: string; unmount(): void } | null {
  const path = join(folder, 'small');
  mkdirSync(path);
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path);
  } catch {
    return null;
  }
  return { path, unmount: () => run('umount', '-l', path) };
}

describe.skipIf(!canMount)('a full disk (needs to mount a tmpfs)', () => {
  it('refuses readings while there is still room for alarms, and takes them again when there is more', async (test) => {
    const disk = small(24);
    if (!disk) return test.skip('mount is not allowed here');
    try {
      let nowMs = START_MS;
      const store = await open(
        { minFreeBytes: 8 << 20, now: () => (nowMs += 2000) },
        join(disk.path, 'data'),
      );
      await commitMany(store, 5);
      writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(18 << 20));
      const batch = batchOf(6, [frameAt('m', START_MS, 20)]);
      await expect(store.commit({ batches: [batch], alarms: [alarmOf('A1')] })).rejects.toMatchObject({
        code: 'STORAGE_FULL',
      });
      expect(await store.alarm('A1')).toBeNull();
      const audit = new AuditChain(null).append({
        atMs: 1,
        actor: 'a',
        action: 'b',
        subject: 'c',
        detail: {},
      });
      await store.commit({ alarms: [alarmOf('A1')], audit: [audit] });
      rmSync(join(disk.path, 'ballast'));
      await store.commit({ batches: [batch] });
      expect(await store.lastSeq()).toBe(6);
      expect(await store.alarm('A1')).not.toBeNull();
      await opened.pop()!.close();
    } finally {
      disk.unmount();
    }
  });

  it('without a byte left loses nothing that was acknowledged', async (test) => {
    const disk = small(24);
    if (!disk) return test.skip('mount is not allowed here');
    try {
      const directory = join(disk.path, 'data');
      writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(2 << 20));
      const store = await open({ foldBytes: 100_000 }, directory);
      let seq = 0;
      const fill = async (): Promise<unknown> => {
        for (;;) {
          const frames = Array.from({ length: 500 }, (_, k) =>
            frameAt('m', START_MS + 1000 * (500 * seq + k), k / 7),
          );
          try {
            await store.commit({ batches: [batchOf(seq + 1, frames)] });
            seq++;
          } catch (error) {
            return error;
          }
        }
      };
      expect(await fill()).toMatchObject({ code: 'STORAGE_FULL' });
      expect(seq).toBeGreaterThan(10);
      await store.maintain(START_MS).catch(() => {});
      await opened.pop()!.close();
      // A store cannot be opened without any room: somebody makes a little.
      rmSync(join(disk.path, 'ballast'));
      const again = await open({}, directory);
      expect(await again.lastSeq()).toBe(seq);
      expect((await again.journalAfter(0, 1e6)).map((batch) => batch.seq)).toEqual(
        Array.from({ length: seq }, (_, k) => k + 1),
      );
      await opened.pop()!.close();
    } finally {
      disk.unmount();
    }
  });
});

describe('a copy', () => {
  it('made while the store is written can be opened as it is', async () => {
    const store = await open();
    await commitMany(store, 20);
    const copy = join(folder, 'copy');
    const backup = store.backup(copy);
    await commitMany(store, 30);
    await backup;
    expect(statSync(copy).mode & 0o777).toBe(0o700);
    const other = await open({}, copy);
    const lastSeq = await other.lastSeq();
    expect(lastSeq).toBeGreaterThanOrEqual(20);
    expect(await other.journalAfter(0, 99)).toEqual(await store.journalAfter(0, lastSeq));
    await expect(store.backup(copy)).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
  });

  it('takes the place of a store only when asked to, and the old one is kept', async () => {
    const store = await open();
    await commitMany(store, 3);
    const copy = join(folder, 'copy');
    await store.backup(copy);
    await commitMany(store, 2);
    expect(() => restoreStore(copy, data)).toThrow('only with --force');
    expect(() => restoreStore(copy, data, { force: true })).toThrow('in use by process');
    await opened.pop()!.close();
    const restored = restoreStore(copy, data, { force: true });
    expect(restored).toMatchObject({
      directory: data,
      lastSeq: 3,
      batches: 3,
      keptAs: `${data}.before-restore`,
    });
    expect(showStore(restored.keptAs!).lastSeq).toBe(5);
    expect(await (await open()).lastSeq()).toBe(3);
    expect(restoreStore(copy, join(folder, 'new'))).toMatchObject({ lastSeq: 3, keptAs: null });
    expect(readdirSync(folder).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
  });

  it('that is damaged, or whose audit log was changed, replaces nothing', async () => {
    const store = await open();
    const chain = new AuditChain(null);
    const audit = Array.from({ length: 40 }, (_, k) =>
      chain.append({
        atMs: k,
        actor: 'Ada',
        action: 'alarm.shelved',
        subject: `A${k}`,
        detail: { text: 'x'.repeat(500) },
      }),
    );
    await store.commit({ audit });
    const [changed, broken] = [join(folder, 'changed'), join(folder, 'broken')];
    await store.backup(changed);
    await store.backup(broken);
    await opened.pop()!.close();
    const before = showStore(data);

    const db = new Database(join(changed, STORE_FILE));
    expect(() => db.exec('DELETE FROM audit WHERE seq = 7')).toThrow('append-only');
    db.exec(
      `DROP TRIGGER audit_is_fixed; UPDATE audit SET body = replace(body, '"Ada"', '"Eve"') WHERE seq = 7`,
    );
    db.close();
    expect(() => restoreStore(changed, data, { force: true })).toThrow('the audit log was altered: row 7');

    const file = join(broken, STORE_FILE);
    const bytes = readFileSync(file);
    bytes.fill(0xff, bytes.length - 20_000, bytes.length - 8000);
    writeFileSync(file, bytes);
    expect(() => restoreStore(broken, data, { force: true })).toThrow(file);
    expect(() => restoreStore(join(folder, 'nowhere'), data, { force: true })).toThrow('holds no');
    expect(showStore(data)).toEqual(before);
    expect(existsSync(`${data}.before-restore`)).toBe(false);
  });

  it('that cannot be written leaves nothing behind', async () => {
    const store = await open();
    await commitMany(store, 1);
    const closed = join(folder, 'a-file');
    writeFileSync(closed, '');
    chmodSync(closed, 0o400);
    await expect(store.backup(join(closed, 'copy'))).rejects.toThrow();
    expect(await store.lastSeq()).toBe(1);
  });
});
