/**
 * Whether the audit log in a database is whole, and whether what is shown beside it is what it says: columns that
 * queries use, alarms, tokens, arrangements. Whoever takes rows away has to take away all of that, too.
 */
import { createHash } from 'node:crypto';
import type Database from 'libsql';
import type { AlarmRecord, AuditRow, TokenRow } from '../records.ts';
import { type AuditHead, type AuditVerdict, verifyAudit } from './audit-chain.ts';
import { storedName } from './names.ts';

const PAGE_ROWS = 1000;

interface Stored {
  readonly seq: number;
  readonly subject: string;
  readonly body: string;
}

/** Something does not fit: with the number of a row where it is about one. */
class Altered extends Error {
  readonly problem: Problem;
  readonly seq: number;

  constructor(problem: Problem, seq: number, text: string) {
    super(text);
    this.problem = problem;
    this.seq = seq;
  }
}
type Problem = Extract<AuditVerdict, { isRight: false }>['problem'];

/** @param kept heads that were kept elsewhere */
export function checkAudit(db: Database.Database, kept: readonly AuditHead[]): AuditVerdict {
  // All of one instant, also while a service writes.
  db.exec('BEGIN');
  try {
    const log = new Log(db, [...kept, ...headsOf(db)]);
    log.read();
    checkAlarms(db, log);
    checkTokens(db, log);
    checkSettings(db, log);
    return log.verdict;
  } catch (error) {
    if (!(error instanceof Altered)) throw error;
    return { isRight: false, problem: error.problem, seq: error.seq, text: error.message };
  } finally {
    db.exec('COMMIT');
  }
}

/** What the database itself says that the last row is; of the first version it says nothing. */
function headsOf(db: Database.Database): AuditHead[] {
  const hasHead = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'audit_head'").get() !== undefined;
  return hasHead ? (db.prepare('SELECT seq, hash FROM audit_head').all() as AuditHead[]) : [];
}

/** The rows in their order, and what they say last of each subject. */
class Log {
  verdict: AuditVerdict & { readonly isRight: true } = { isRight: true, rows: 0, head: { seq: 0, hash: '' } };
  readonly last = new Map<string, AuditRow>();
  /** `action subject` of what was done at least once. */
  private readonly done = new Set<string>();
  private readonly db: Database.Database;
  private readonly kept: readonly AuditHead[];

  constructor(db: Database.Database, kept: readonly AuditHead[]) {
    this.db = db;
    this.kept = kept;
  }

  read(): void {
    const page = this.db.prepare('SELECT seq, subject, body FROM audit WHERE seq > ? ORDER BY seq LIMIT ?');
    let head: AuditHead | null = null;
    let rows = 0;
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const stored = page.all(after, PAGE_ROWS) as Stored[];
      if (stored.length === 0) break;
      after = stored.at(-1)!.seq;
      const read = stored.map(rowOf);
      const reached = after;
      head = rightOf(
        verifyAudit(
          read,
          head,
          this.kept.filter(({ seq }) => seq <= reached),
        ),
      ).head;
      rows += read.length;
      for (const row of read) this.note(row);
    }
    this.verdict = { ...rightOf(verifyAudit([], head, this.kept)), rows };
    const beyond = headsOf(this.db)[0];
    if (beyond && beyond.seq < this.verdict.head.seq)
      throw new Altered(
        'moved',
        beyond.seq + 1,
        `row ${beyond.seq + 1} and what follows were not written by the service`,
      );
  }

  says(action: string, subject: string): boolean {
    return this.done.has(`${action} ${subject}`);
  }

  private note(row: AuditRow): void {
    this.done.add(`${row.action} ${row.subject}`);
    if (/^(alarm|token)\./.test(row.action)) this.last.set(row.subject, row);
  }
}

function rowOf({ seq, subject, body }: Stored): AuditRow {
  let row: AuditRow;
  try {
    row = JSON.parse(body) as AuditRow;
  } catch {
    throw new Altered('changed', seq, `row ${seq} cannot be read`);
  }
  if (row.seq !== seq || storedName(row.subject) !== subject)
    throw new Altered('changed', seq, `row ${seq}: the columns by which it is found do not fit what it says`);
  return row;
}

function rightOf(verdict: AuditVerdict): AuditVerdict & { readonly isRight: true } {
  if (verdict.isRight) return verdict;
  throw new Altered(verdict.problem, verdict.seq, verdict.text);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const nowhere = (log: Log, what: string): Altered =>
  new Altered(
    'missing',
    log.verdict.head.seq + 1,
    `${what} stands in no row of the log (${log.verdict.rows} rows)`,
  );

/** The hash in the last row of a record; older rows have none, and longer ones only the beginning of their detail. */
function sealOf(row: AuditRow, field: string): string | null {
  const seal = (JSON.parse(row.detail) as Record<string, unknown>)[field];
  return typeof seal === 'string' ? seal : null;
}

function* rowsOf<T>(db: Database.Database, table: string): Generator<T> {
  const page = db.prepare(`SELECT * FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`);
  for (let after = ''; ; ) {
    const rows = page.all(after, PAGE_ROWS) as (T & { id: string })[];
    if (rows.length === 0) return;
    yield* rows;
    after = rows.at(-1)!.id;
  }
}

interface StoredAlarm {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly raised_ms: number;
  readonly closed_ms: number | null;
  readonly body: string;
}

/** Fields that rows have said since the first version. */
const SAID = ['kind', 'source', 'state', 'priority', 'level', 'text'] as const;

function checkAlarms(db: Database.Database, log: Log): void {
  for (const { id, kind, source, raised_ms, closed_ms, body } of rowsOf<StoredAlarm>(db, 'alarm')) {
    const alarm = JSON.parse(body) as AlarmRecord;
    const row = log.last.get(alarm.id);
    if (!row || !log.says('alarm.raised', alarm.id)) throw nowhere(log, `alarm ${id}`);
    const changed = (what: string): Altered =>
      new Altered('changed', row.seq, `alarm ${id}: ${what} is not what row ${row.seq} (${row.action}) says`);
    const columns = [
      storedName(alarm.id),
      alarm.kind,
      storedName(alarm.source),
      alarm.raisedMs,
      alarm.closedMs,
    ];
    if (columns.some((value, at) => value !== [id, kind, source, raised_ms, closed_ms][at]))
      throw changed('what it is found by');
    const seal = sealOf(row, 'alarmSha256');
    if (seal !== null) {
      if (seal !== sha256(body)) throw changed('what is shown of it');
      continue;
    }
    const said = JSON.parse(row.detail) as Record<string, unknown>;
    // A detail that was too long is kept as its beginning.
    const field = 'begins' in said ? undefined : SAID.find((one) => said[one] !== alarm[one]);
    if (field !== undefined) throw changed(field);
  }
}

function checkTokens(db: Database.Database, log: Log): void {
  const waiting = new Set<string>();
  for (const { value } of db
    .prepare("SELECT value FROM setting WHERE key >= 'action.' AND key < 'action/'")
    .all() as { value: string }[]) {
    const { what } = JSON.parse(value) as { what: { kind: string; row?: TokenRow } };
    if (what.row) waiting.add(what.row.id);
  }
  for (const { id, body } of rowsOf<{ id: string; body: string }>(db, 'token')) {
    const token = JSON.parse(body) as TokenRow;
    const row = log.last.get(id);
    if (!row || !log.says('token.created', id)) {
      // It was stored with what was asked for; its row comes with the next start.
      if (waiting.has(id)) continue;
      throw nowhere(log, `token ${id} (${token.name}, ${token.role})`);
    }
    const seal = sealOf(row, 'tokenSha256');
    const isSaid =
      seal === null
        ? (token.revokedMs !== null) === (row.action === 'token.revoked')
        : seal === sha256(body) && token.id === id;
    if (!isSaid)
      throw new Altered(
        'changed',
        row.seq,
        `token ${id}: what is kept of it is not what row ${row.seq} (${row.action}) says`,
      );
  }
}

function checkSettings(db: Database.Database, log: Log): void {
  const settingOf = (key: string): string | null =>
    (db.prepare('SELECT value FROM setting WHERE key = ?').get(key) as { value: string } | undefined)
      ?.value ?? null;
  const { maintenances, outOfServices } = JSON.parse(
    settingOf('alarms.arrangements') ?? '{"maintenances":[],"outOfServices":[]}',
  ) as { maintenances: { id: string }[]; outOfServices: { alarmId: string }[] };
  for (const { id } of maintenances)
    if (!log.says('maintenance.started', id)) throw nowhere(log, `maintenance ${id}`);
  for (const { alarmId } of outOfServices)
    if (!log.says('alarm.out-of-service', alarmId))
      throw nowhere(log, `what is out of service by ${alarmId}`);
  for (const { moduleId } of JSON.parse(settingOf('modules.retired') ?? '[]') as { moduleId: string }[])
    if (!log.says('module.retired', moduleId)) throw nowhere(log, `the retired module ${moduleId}`);
}
