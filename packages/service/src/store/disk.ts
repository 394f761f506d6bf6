/** The disk under the store: how much is free, what its errors mean, and the lock that keeps a second service out. */
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { ServiceError } from '../errors.ts';

/** Name of the database in a data directory. */
export const STORE_FILE = 'emberwatch.db';
/** Beside it: who holds it has the directory. */
export const LOCK_FILE = 'lock.db';
const OWNER_FILE = 'owner';

const FREE_IS_KNOWN_MS = 1000;
const FULL = /^(SQLITE_FULL|ENOSPC|EDQUOT)/;
const BROKEN =
  /^(SQLITE_(IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|BUSY|LOCKED|NOMEM)|E(IO|ROFS|ACCES|PERM|MFILE|NFILE))/;

/** An error of the disk as the service tells it; others are returned as they are. */
export function storageError(error: unknown): unknown {
  if (error instanceof ServiceError || !(error instanceof Error)) return error;
  const code = String((error as { code?: unknown }).code ?? '');
  // A write that finds no room inside of a file operation comes as an error of input and output.
  const isFull = FULL.test(code) || /ENOSPC|disk is full/.test(error.message);
  if (isFull) return new ServiceError('STORAGE_FULL', undefined, error);
  return BROKEN.test(code) ? new ServiceError('STORAGE_FAILED', `${code}: ${error.message}.`, error) : error;
}

/** All of `work` or nothing of it. */
export function inTransaction<T>(db: Database.Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself where the disk is full.
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

export class Disk {
  private readonly directory: string;
  private free = 0;
  private requestedMs = Number.NEGATIVE_INFINITY;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** As of at most a second ago. */
  bytesFree(nowMs: number): number {
    // A clock that was set back must not freeze the figure.
    if (Math.abs(nowMs - this.requestedMs) < FREE_IS_KNOWN_MS) return this.free;
    const { bavail, bsize } = statfsSync(this.directory);
    this.free = bavail * bsize;
    this.requestedMs = nowMs;
    return this.free;
  }

  bytesUsed(): number {
    return ['', '-wal']
      .map((end) => join(this.directory, STORE_FILE + end))
      .reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
  }
}

/** @throws ServiceError `STORE_UNUSABLE` where it cannot be made or is no directory */
export function makeDirectory(directory: string): void {
  try {
    if (!existsSync(directory)) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      // The mask of the process may have taken bits away, never added one; recursive parents keep its rules.
      chmodSync(directory, 0o700);
    }
    if (!statSync(directory).isDirectory()) throw new Error('it is a file');
  } catch (error) {
    const full = storageError(error);
    if (full instanceof ServiceError && full.code === 'STORAGE_FULL') throw full;
    throw new ServiceError('STORE_UNUSABLE', `${directory}: ${(error as Error).message}`, error);
  }
}

/**
 * Leaves the directory and the files in it to their owner alone, with what was there before.
 *
 * @returns what others could read or write, in words
 */
export function tightenModes(directory: string): string[] {
  const found: string[] = [];
  const names = readdirSync(directory, { withFileTypes: true }).filter((one) => one.isFile());
  for (const path of [directory, ...names.map(({ name }) => join(directory, name))]) {
    const isDirectory = path === directory;
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) === 0) continue;
    const was = `${path} had mode ${mode.toString(8)}`;
    try {
      chmodSync(path, isDirectory ? 0o700 : 0o600);
      found.push(was);
    } catch (error) {
      found.push(`${was}, which could not be changed (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  return found;
}

/** An empty file that SQLite makes a database of; its write-ahead log gets the same mode. */
export function makePrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
}

/** A whole copy of an open database. */
export function copyDatabase(db: Database.Database, path: string): void {
  makePrivate(path);
  db.prepare('VACUUM INTO ?').run(path);
}

export interface Lock {
  /** @param isOurs whether the directory at this path is still the one that was locked */
  release(isOurs: boolean): void;
}

/**
 * Keeps every other process out until it is released. The lock is one of the system on a file of its own, so it ends with
 * the process, however that ends: nothing stale can stay.
 *
 * @throws ServiceError `STORE_LOCKED` with the number of the process that holds it
 */
export function lockDirectory(directory: string): Lock {
  const owner = join(directory, OWNER_FILE);
  makePrivate(join(directory, LOCK_FILE));
  const lock = new Database(join(directory, LOCK_FILE));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw storageError(error);
    const pid = existsSync(owner) ? readFileSync(owner, 'utf8').trim() : '?';
    throw new ServiceError('STORE_LOCKED', `${directory} is in use by process ${pid}.`, error);
  }
  try {
    writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // It only makes the message of the next one better; a full disk must not keep the service from starting.
  }
  return {
    release: (isOurs) => {
      if (isOurs) rmSync(owner, { force: true });
      lock.exec('ROLLBACK');
      lock.close();
    },
  };
}
