/** Tables of the embedded store, and how a database of an older version becomes one of this. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import type Database from 'libsql';
import { ServiceError } from '../errors.ts';
import { copyDatabase, inTransaction } from './disk.ts';

/**
 * The first version. Times are Unix ms; `body` is JSON, beside it only what is searched for. Names that come from other
 * machines are kept as `storedName` gives them.
 */
const VERSION_1 = `
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, gateway TEXT NOT NULL, epoch TEXT, number REAL,
  received_ms REAL NOT NULL, frame_count INTEGER NOT NULL, frames BLOB NOT NULL);
CREATE TABLE delivery (
  gateway TEXT NOT NULL, epoch TEXT NOT NULL, number REAL NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (gateway, epoch)) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, taken_ms REAL NOT NULL,
  fingerprint TEXT NOT NULL);
CREATE TABLE snapshot_part (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL);

CREATE TABLE module (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rack TEXT, first_ms REAL NOT NULL, last_ms REAL NOT NULL,
  folded_seq INTEGER NOT NULL, raw_from_ms REAL, minutes_from_ms REAL);
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY, module INTEGER NOT NULL, tier TEXT NOT NULL, period_ms REAL NOT NULL,
  start_ms REAL NOT NULL, end_ms REAL NOT NULL, received_ms REAL NOT NULL, is_final INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE INDEX chunk_place ON chunk (module, tier, period_ms);
CREATE INDEX chunk_age ON chunk (tier, received_ms);
CREATE INDEX chunk_start ON chunk (tier, start_ms);
CREATE TABLE dirty (
  module INTEGER NOT NULL, tier TEXT NOT NULL, period_ms REAL NOT NULL, touched_ms REAL NOT NULL,
  PRIMARY KEY (module, tier, period_ms)) WITHOUT ROWID;

CREATE TABLE change (seq INTEGER PRIMARY KEY, module TEXT NOT NULL, time_ms REAL NOT NULL, seen_ms REAL NOT NULL,
  body TEXT NOT NULL);
CREATE INDEX change_module ON change (module, seq);
CREATE TABLE sensor_fault (
  id INTEGER PRIMARY KEY, module TEXT NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL, from_ms REAL NOT NULL,
  to_ms REAL, body TEXT NOT NULL, UNIQUE (module, channel, kind, from_ms));
CREATE INDEX sensor_fault_age ON sensor_fault (from_ms, id);
CREATE TABLE alarm (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, raised_ms REAL NOT NULL, closed_ms REAL,
  data_from_ms REAL NOT NULL, data_to_ms REAL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX alarm_age ON alarm (raised_ms, id);
CREATE TABLE audit (seq INTEGER PRIMARY KEY, subject TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE TRIGGER audit_is_fixed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TABLE outbox (
  id TEXT NOT NULL, channel TEXT NOT NULL, created_ms REAL NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (id, channel)) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (state, created_ms);
CREATE TABLE token (id TEXT PRIMARY KEY, created_ms REAL NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/** The last row of the audit log as it was written last: a log that was cut off no longer fits it. */
const VERSION_2 = `
CREATE TABLE audit_head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL);
INSERT INTO audit_head SELECT 1, seq, json_extract(body, '$.hash') FROM audit ORDER BY seq DESC LIMIT 1;
`;

/** Position + 1 is the version that each leads to. What was released is never changed; the next one is added. */
export const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2];

export const versionOf = (db: Database.Database): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

/** Marks a SQLite file as ours: `EMBW`. */
const APPLICATION_ID = 0x45_4d_42_57;

/** @throws ServiceError `STORE_UNUSABLE` for a database of another program or of a newer version */
export function checkVersion(db: Database.Database, file: string, known: number): number {
  const version = versionOf(db);
  const { application_id: id } = db.prepare('PRAGMA application_id').get() as { application_id: number };
  const { n: tables } = db.prepare('SELECT count(*) AS n FROM sqlite_master').get() as { n: number };
  const isNew = version === 0 && id === 0 && tables === 0;
  if (!isNew && id !== APPLICATION_ID)
    throw new ServiceError('STORE_UNUSABLE', `${file} is no store of Emberwatch.`);
  if (version > known)
    throw new ServiceError(
      'STORE_UNUSABLE',
      `${file} has schema ${version}, this program knows up to ${known}: use a newer one.`,
    );
  return version;
}

/**
 * Brings the database to the last version: every step in one transaction, and before it a copy beside the file
 * (`….before-2`: as it was before version 2).
 *
 * @throws ServiceError as `checkVersion`
 */
export function migrate(
  db: Database.Database,
  file: string,
  migrations: readonly string[] = MIGRATIONS,
): void {
  const version = checkVersion(db, file, migrations.length);
  if (version === migrations.length) return;
  if (version > 0) copyBefore(db, `${file}.before-${version + 1}`);
  inTransaction(db, () => {
    for (const step of migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
  });
}

function copyBefore(db: Database.Database, copy: string): void {
  if (existsSync(copy)) return;
  const unfinished = `${copy}.part`;
  rmSync(unfinished, { force: true });
  copyDatabase(db, unfinished);
  renameSync(unfinished, copy);
}
