/** The audit log in a data directory, also while a service writes to it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { ServiceError } from '../errors.ts';
import type { AuditRow } from '../records.ts';
import type { AuditHead, AuditVerdict } from './audit-chain.ts';
import { checkAudit } from './audit-check.ts';
import { readHeadFile } from './audit-head.ts';
import { STORE_FILE, storageError } from './disk.ts';
import { RecordTables } from './record-tables.ts';
import { checkVersion, MIGRATIONS } from './schema.ts';

const PAGE_ROWS = 1000;

/**
 * Rows in their order, a page at a time; nothing is written.
 *
 * @throws ServiceError `STORE_UNUSABLE` where there is no store or it is of a newer version; `STORAGE_FAILED`
 */
export function* storedAudit(directory: string): Generator<readonly AuditRow[]> {
  const db = open(directory);
  try {
    const tables = new RecordTables(db);
    for (let after = 0; ; ) {
      const rows = tables.audit({ afterSeq: after, limit: PAGE_ROWS });
      if (rows.length === 0) return;
      yield rows;
      after = rows.at(-1)!.seq;
    }
  } catch (error) {
    throw storageError(error);
  } finally {
    db.close();
  }
}

/**
 * The log against itself, the heads in the directory and `kept`, and everything that is shown beside it; nothing is
 * written.
 *
 * @throws ServiceError as `storedAudit`
 */
export function verifyStoredAudit(directory: string, kept: readonly AuditHead[] = []): AuditVerdict {
  const db = open(directory);
  try {
    const head = readHeadFile(directory);
    return checkAudit(db, head ? [...kept, head] : kept);
  } catch (error) {
    throw storageError(error);
  } finally {
    db.close();
  }
}

/** @throws ServiceError */
function open(directory: string): Database.Database {
  const file = join(directory, STORE_FILE);
  if (!existsSync(file)) throw new ServiceError('STORE_UNUSABLE', `${directory} holds no ${STORE_FILE}.`);
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { readonly: true });
    db.exec('PRAGMA busy_timeout = 5000');
    checkVersion(db, file, MIGRATIONS.length);
    return db;
  } catch (error) {
    db?.close();
    throw storageError(error);
  }
}
