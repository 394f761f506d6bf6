/** Copies of a store: made while it runs, checked before one takes the place of another. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'libsql';
import { ServiceError } from '../errors.ts';
import type { AuditHead } from './audit-chain.ts';
import { checkAudit } from './audit-check.ts';
import { copyDatabase, lockDirectory, STORE_FILE, storageError } from './disk.ts';
import { RecordTables } from './record-tables.ts';
import { checkVersion, MIGRATIONS } from './schema.ts';

/** What a store holds, as far as it tells how much a copy would lose. */
export interface StoreSummary {
  readonly directory: string;
  readonly schemaVersion: number;
  readonly bytes: number;
  readonly batches: number;
  readonly frames: number;
  readonly modules: number;
  readonly lastSeq: number;
  /** Wall clock at the arrival of the last delivery, Unix ms; null where there was none. */
  readonly newestReceivedMs: number | null;
  readonly openAlarms: number;
  readonly audit: AuditHead | null;
}

/** @throws ServiceError `STORE_UNUSABLE` where there is no store */
export function showStore(directory: string): StoreSummary {
  return withStore(directory, (db) => summaryOf(db, directory));
}

/**
 * Copies a store into a new directory, which is there whole or not at all. The service may go on writing meanwhile: the
 * copy is the state of the moment at which it began.
 *
 * @throws ServiceError `STORE_UNUSABLE` where `from` is no store or `to` exists; `STORAGE_FULL`, `STORAGE_FAILED`
 */
export function backupStore(from: string, to: string): StoreSummary {
  if (existsSync(to)) throw new ServiceError('STORE_UNUSABLE', `${to} exists: a copy needs a new directory.`);
  const unfinished = copyInto(from, `${resolve(to)}.unfinished`);
  return putInPlace(unfinished, to);
}

/**
 * Makes the copy `from` the store `to`. Nothing is touched before the copy was checked: pages, schema, and the chain of the
 * audit log from its first row. An existing store is replaced only with `force`, and is kept beside (`….before-restore`,
 * with a number where that exists).
 *
 * @throws ServiceError `STORE_UNUSABLE` with what is wrong; `STORE_LOCKED` where a service uses `to`
 */
export function restoreStore(
  from: string,
  to: string,
  { force = false }: { readonly force?: boolean } = {},
): StoreSummary & { readonly keptAs: string | null } {
  const isThere = existsSync(to);
  if (isThere && !force)
    throw new ServiceError('STORE_UNUSABLE', `${to} exists: it is replaced only with --force.`);
  withStore(from, verify(from));
  const unfinished = copyInto(from, `${resolve(to)}.unfinished`);
  withStore(unfinished, verify(unfinished));
  if (!isThere) return { ...putInPlace(unfinished, to), keptAs: null };
  lockDirectory(to).release(true);
  let keptAs = `${resolve(to)}.before-restore`;
  for (let k = 2; existsSync(keptAs); k++) keptAs = `${resolve(to)}.before-restore-${k}`;
  renameSync(to, keptAs);
  return { ...putInPlace(unfinished, to), keptAs };
}

/** Copies an open store whose path names another one by now. @returns the new directory, beside that path */
export function rescueStore(db: Database.Database, directory: string): string {
  let rescued = `${resolve(directory)}.rescued`;
  for (let k = 2; existsSync(rescued); k++) rescued = `${resolve(directory)}.rescued-${k}`;
  mkdirSync(rescued, { mode: 0o700 });
  copyDatabase(db, join(rescued, STORE_FILE));
  flush(join(rescued, STORE_FILE));
  flush(rescued);
  return rescued;
}

function withStore<T>(directory: string, use: (db: Database.Database) => T): T {
  const file = join(directory, STORE_FILE);
  if (!existsSync(file)) throw new ServiceError('STORE_UNUSABLE', `${directory} holds no ${STORE_FILE}.`);
  let db: Database.Database | null = null;
  try {
    db = new Database(file);
    db.exec('PRAGMA busy_timeout = 5000');
    checkVersion(db, file, MIGRATIONS.length);
    return use(db);
  } catch (error) {
    const reported = storageError(error);
    // A file that cannot be read is no reason to try again.
    if (reported instanceof ServiceError && reported.code === 'STORAGE_FAILED')
      throw new ServiceError('STORE_UNUSABLE', `${file}: ${(error as Error).message}.`, error);
    throw reported;
  } finally {
    db?.close();
  }
}

function summaryOf(db: Database.Database, directory: string): StoreSummary {
  const one = (sql: string): number | null => (db.prepare(sql).get() as { n: number | null }).n;
  const counter = (name: string): number | null =>
    (db.prepare('SELECT value AS n FROM counter WHERE name = ?').get(name) as { n: number } | undefined)?.n ??
    null;
  const audit = new RecordTables(db).lastAudit();
  return {
    directory,
    schemaVersion: checkVersion(db, directory, MIGRATIONS.length),
    bytes: statSync(join(directory, STORE_FILE)).size,
    batches: counter('batches') ?? 0,
    frames: counter('frames') ?? 0,
    lastSeq: counter('last_seq') ?? 0,
    modules: one('SELECT count(*) AS n FROM module')!,
    newestReceivedMs: counter('last_received_ms'),
    openAlarms: one('SELECT count(*) AS n FROM alarm WHERE closed_ms IS NULL')!,
    audit: audit && { seq: audit.seq, hash: audit.hash },
  };
}

const verify =
  (directory: string) =>
  (db: Database.Database): void => {
    const unusable = (what: string): ServiceError =>
      new ServiceError('STORE_UNUSABLE', `${join(directory, STORE_FILE)}: ${what}.`);
    const found = db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
    if (found[0]?.integrity_check !== 'ok') throw unusable(found[0]?.integrity_check ?? 'cannot be read');
    const verdict = checkAudit(db, []);
    if (!verdict.isRight) throw unusable(`the audit log was altered: ${verdict.text}`);
  };

/** Through SQLite, so that what is still in the log of a running store is in the copy. */
function copyInto(from: string, directory: string): string {
  rmSync(directory, { recursive: true, force: true });
  withStore(from, (db) => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    copyDatabase(db, join(directory, STORE_FILE));
  });
  flush(join(directory, STORE_FILE));
  flush(directory);
  return directory;
}

function putInPlace(unfinished: string, to: string): StoreSummary {
  renameSync(unfinished, to);
  flush(dirname(resolve(to)));
  return showStore(to);
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
