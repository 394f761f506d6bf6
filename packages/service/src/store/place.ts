/**
 * Whether the store that is open is still the one that its path names. What is written to a directory that was moved,
 * deleted, replaced or mounted over goes with it, and neither the system nor SQLite reports an error.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { LOCK_FILE, STORE_FILE } from './disk.ts';

/** Files that SQLite makes anew from an open database, and the lock: put right without anybody's help. */
const COMPANIONS = [`${STORE_FILE}-wal`, `${STORE_FILE}-shm`] as const;

export type Difference =
  | { readonly kind: 'elsewhere'; readonly why: string }
  | { readonly kind: 'companion' | 'lock'; readonly why: string };

export class Place {
  private readonly directory: string;
  /** As long as it is open, no other directory can get its number. */
  private readonly handle: number | null;
  private readonly opened = new Map<string, string | null>();

  /** To be made while all of it is open. */
  constructor(directory: string) {
    this.directory = directory;
    this.handle = openDirectory(directory);
    for (const name of ['.', STORE_FILE]) this.opened.set(name, identityOf(join(directory, name)));
    this.renew();
  }

  /** The companions and the lock were made anew. */
  renew(): void {
    for (const name of [...COMPANIONS, LOCK_FILE])
      this.opened.set(name, identityOf(join(this.directory, name)));
  }

  /** What differs from what was opened, the worst first; null: nothing. */
  difference(): Difference | null {
    const { directory } = this;
    for (const name of ['.', STORE_FILE]) {
      const path = name === '.' ? directory : join(directory, name);
      const what = this.changeOf(name);
      if (what !== null) return { kind: 'elsewhere', why: `${path} ${what} while it was in use` };
    }
    if (isReadOnly(join(directory, STORE_FILE)))
      return { kind: 'elsewhere', why: `${join(directory, STORE_FILE)} cannot be written to` };
    for (const name of [LOCK_FILE, ...COMPANIONS]) {
      const what = this.changeOf(name);
      if (what === null) continue;
      const kind = name === LOCK_FILE ? 'lock' : 'companion';
      return { kind, why: `${join(directory, name)} ${what} while it was in use` };
    }
    return null;
  }

  /**
   * SQLite deletes write-ahead log and index by their path when it closes. Where those belong to another store by now,
   * they stay.
   */
  closing(close: () => void): void {
    const foreign = COMPANIONS.filter((name) => this.changeOf(name) === 'was replaced').map((name) =>
      join(this.directory, name),
    );
    const aside = foreign.map((path) => ({ path, copy: `${path}.${process.pid}` }));
    for (const { path, copy } of aside) linkSync(path, copy);
    try {
      close();
    } finally {
      for (const { path, copy } of aside) renameSync(copy, path);
    }
  }

  release(): void {
    if (this.handle !== null) closeSync(this.handle);
  }

  private changeOf(name: string): string | null {
    const now = identityOf(join(this.directory, name));
    const opened = this.opened.get(name);
    if (now === opened) return null;
    if (opened === null) {
      // SQLite makes them with the first transaction.
      this.opened.set(name, now);
      return null;
    }
    return now === null ? 'was deleted, moved or made unreadable' : 'was replaced';
  }
}

/** Device and number of a file; null where there is none, or it cannot be seen. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

function openDirectory(directory: string): number | null {
  try {
    return openSync(directory, constants.O_RDONLY);
  } catch {
    // Not every system opens directories; the comparison works all the same.
    return null;
  }
}

function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch {
    return existsSync(path);
  }
}
