/** What people read: changes, sensor faults, alarms, the audit log, notices; and tokens and settings. */
import type { SensorFault } from '@emberwatch/engine/detector';
import type Database from 'libsql';
import { ServiceError } from '../errors.ts';
import type { AlarmRecord, AuditRow, ChangeEntry, OutboxRow, SettingRow, TokenRow } from '../records.ts';
import type { AuditHead } from './audit-chain.ts';
import { nameOfStored, storedName } from './names.ts';
import type { Commit, Page, Store } from './store.ts';

interface BodyRow {
  body: string;
}

const bodies = <T>(rows: unknown[]): T[] => (rows as BodyRow[]).map(({ body }) => JSON.parse(body) as T);

/** Conditions of a query, with what they are compared with. */
class Where {
  private readonly parts: string[] = [];
  readonly values: (string | number)[] = [];

  and(condition: string, ...values: (string | number)[]): this {
    this.parts.push(condition);
    this.values.push(...values);
    return this;
  }

  maybe(condition: string, value: string | number | undefined): this {
    return value === undefined ? this : this.and(condition, value);
  }

  get text(): string {
    return this.parts.length === 0 ? '' : `WHERE ${this.parts.join(' AND ')}`;
  }
}

/** Rows of one page come newest first, by two columns that make a place. */
interface PagePlan {
  readonly table: string;
  readonly by: readonly [string, string];
  readonly limit: number;
  readonly cursor: string | undefined;
}

export class RecordTables {
  private readonly db: Database.Database;
  private readonly statements = new Map<string, Database.Statement>();
  private readonly doubtful = new Map<number, string>();

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** Inside a transaction. */
  write(commit: Commit): void {
    for (const change of commit.changes ?? [])
      this.run(
        'INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?)',
        change.seq,
        storedName(change.moduleId),
        change.timeMs,
        change.seenMs,
        JSON.stringify(change),
      );
    for (const fault of commit.sensorFaults ?? []) this.writeFault(fault);
    for (const alarm of commit.alarms ?? []) this.writeAlarm(alarm);
    if (commit.audit?.length) this.writeAudit(commit.audit);
    // A notice that was sent stays so, although the commit that first held it is tried again.
    for (const row of commit.outbox ?? [])
      this.run(
        `INSERT INTO outbox VALUES (?, ?, ?, ?, ?) ON CONFLICT (id, channel) DO UPDATE
         SET state = excluded.state, body = excluded.body WHERE state = 'waiting'`,
        storedName(row.id),
        storedName(row.channel),
        row.createdMs,
        row.state,
        JSON.stringify(row),
      );
    for (const row of commit.settings ?? []) this.writeSetting(row);
    for (const token of commit.tokens ?? []) this.writeToken(token);
  }

  changes(query: Parameters<Store['changes']>[0]): Page<ChangeEntry> {
    const where = new Where()
      .maybe('module = ?', query.moduleId && storedName(query.moduleId))
      .maybe('time_ms >= ?', query.fromMs)
      .maybe('time_ms < ?', query.toMs);
    return this.page({ table: 'change', by: ['seq', 'seq'], ...pageOf(query) }, where);
  }

  sensorFaults(query: Parameters<Store['sensorFaults']>[0]): Page<SensorFault> {
    const where = new Where().maybe('module = ?', query.moduleId && storedName(query.moduleId));
    if (query.openOnly) where.and('to_ms IS NULL');
    return this.page({ table: 'sensor_fault', by: ['from_ms', 'id'], ...pageOf(query) }, where);
  }

  alarms(query: Parameters<Store['alarms']>[0]): Page<AlarmRecord> {
    const where = new Where()
      .maybe('kind = ?', query.kind)
      .maybe('source = ?', query.source && storedName(query.source))
      .maybe('raised_ms >= ?', query.fromMs)
      .maybe('raised_ms < ?', query.toMs);
    if (query.open !== undefined) where.and(query.open ? 'closed_ms IS NULL' : 'closed_ms IS NOT NULL');
    return this.page({ table: 'alarm', by: ['raised_ms', 'id'], ...pageOf(query) }, where);
  }

  alarm(id: string): AlarmRecord | null {
    const row = this.get('SELECT body FROM alarm WHERE id = ?', storedName(id)) as BodyRow | undefined;
    return row ? (JSON.parse(row.body) as AlarmRecord) : null;
  }

  audit({ afterSeq, limit, subject }: Parameters<Store['audit']>[0]): AuditRow[] {
    const where = new Where().and('seq > ?', afterSeq).maybe('subject = ?', subject && storedName(subject));
    return bodies(
      this.all(`SELECT body FROM audit ${where.text} ORDER BY seq LIMIT ?`, ...where.values, limit),
    );
  }

  lastAudit(): AuditRow | null {
    return bodies<AuditRow>(this.all('SELECT body FROM audit ORDER BY seq DESC LIMIT 1'))[0] ?? null;
  }

  auditRow(seq: number): AuditRow | null {
    return bodies<AuditRow>(this.all('SELECT body FROM audit WHERE seq = ?', seq))[0] ?? null;
  }

  /** As it was written last. */
  auditHead(): AuditHead | null {
    return (this.get('SELECT seq, hash FROM audit_head') as AuditHead | undefined) ?? null;
  }

  waitingOutbox(limit: number): OutboxRow[] {
    return bodies(
      this.all(
        "SELECT body FROM outbox WHERE state = 'waiting' ORDER BY created_ms, id, channel LIMIT ?",
        limit,
      ),
    );
  }

  tokens(): TokenRow[] {
    return bodies(this.all('SELECT body FROM token ORDER BY created_ms, id'));
  }

  setting(key: string): string | null {
    const row = this.get('SELECT value FROM setting WHERE key = ?', storedName(key));
    return (row as { value: string } | undefined)?.value ?? null;
  }

  settings(prefix: string): SettingRow[] {
    const from = storedName(prefix);
    const rows = this.all(
      'SELECT key, value FROM setting WHERE key >= ? AND key < ? ORDER BY key',
      from,
      `${from}\u{10ffff}`,
    );
    return (rows as { key: string; value: string }[]).map(({ key, value }) => ({
      key: nameOfStored(key),
      value,
    }));
  }

  /** Forgets up to `limit` rows of each kind that ended before `beforeMs`; the audit log stays whole. */
  forget(beforeMs: number, limit: number): number {
    const deleted = (table: string, key: string, condition: string): number =>
      this.run(
        `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ?)`,
        beforeMs,
        limit,
      );
    return (
      deleted('change', 'seq', 'seen_ms < ?') +
      deleted('sensor_fault', 'id', 'to_ms IS NOT NULL AND to_ms < ?') +
      deleted('alarm', 'id', 'closed_ms IS NOT NULL AND closed_ms < ?') +
      this.run(
        `DELETE FROM outbox WHERE (id, channel) IN
           (SELECT id, channel FROM outbox WHERE state <> 'waiting' AND created_ms < ? LIMIT ?)`,
        beforeMs,
        limit,
      )
    );
  }

  /** It was written, and its sender is told that it was not: the same rows come again. */
  doubt({ audit = [] }: Commit): void {
    for (const row of audit) this.doubtful.set(row.seq, JSON.stringify(row));
  }

  /** In their order and without a gap: where the process ends, what is stored is a whole log. */
  private writeAudit(rows: readonly AuditRow[]): void {
    let { last } = this.get('SELECT max(seq) AS last FROM audit') as { last: number | null };
    for (const row of rows) {
      const body = JSON.stringify(row);
      if (this.doubtful.get(row.seq) === body) continue;
      if (row.seq > (last ?? 0) + 1)
        throw new ServiceError(
          'STORAGE_FAILED',
          `Row ${row.seq} of the audit log waits for row ${(last ?? 0) + 1}.`,
        );
      this.run('INSERT INTO audit VALUES (?, ?, ?)', row.seq, storedName(row.subject), body);
      this.run('INSERT OR REPLACE INTO audit_head VALUES (1, ?, ?)', row.seq, row.hash);
      last = row.seq;
    }
  }

  private writeFault(fault: SensorFault): void {
    this.run(
      `INSERT INTO sensor_fault (module, channel, kind, from_ms, to_ms, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (module, channel, kind, from_ms) DO UPDATE SET to_ms = excluded.to_ms, body = excluded.body`,
      storedName(fault.moduleId),
      fault.channel,
      fault.kind,
      fault.fromMs,
      fault.toMs,
      JSON.stringify(fault),
    );
  }

  private writeToken(token: TokenRow): void {
    this.run(
      'INSERT OR REPLACE INTO token VALUES (?, ?, ?)',
      token.id,
      token.createdMs,
      JSON.stringify(token),
    );
  }

  private writeSetting({ key, value }: SettingRow): void {
    if (value === null) this.run('DELETE FROM setting WHERE key = ?', storedName(key));
    else this.run('INSERT OR REPLACE INTO setting VALUES (?, ?)', storedName(key), value);
  }

  private writeAlarm(alarm: AlarmRecord): void {
    const { id, kind, source, raisedMs, closedMs, dataRaisedMs, dataChangedMs } = alarm;
    this.run(
      'INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      storedName(id),
      kind,
      storedName(source),
      raisedMs,
      closedMs,
      dataRaisedMs,
      closedMs === null ? null : dataChangedMs,
      JSON.stringify(alarm),
    );
  }

  private page<T>({ table, by, limit, cursor }: PagePlan, where: Where): Page<T> {
    const [first, second] = by;
    if (cursor !== undefined) {
      const [a, b] = placeOf(cursor);
      where.and(`(${first}, ${second}) < (?, ?)`, a, b);
    }
    const rows = this.all(
      `SELECT ${first} AS a, ${second} AS b, body FROM ${table} ${where.text}
       ORDER BY ${first} DESC, ${second} DESC LIMIT ?`,
      ...where.values,
      limit + 1,
    ) as (BodyRow & { a: string | number; b: string | number })[];
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      rows: bodies<T>(rows.slice(0, limit)),
      cursor: last ? Buffer.from(JSON.stringify([last.a, last.b])).toString('base64url') : null,
    };
  }

  private statement(sql: string): Database.Statement {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }

  private run(sql: string, ...values: unknown[]): number {
    return this.statement(sql).run(...values).changes;
  }

  private get(sql: string, ...values: unknown[]): unknown {
    return this.statement(sql).get(...values);
  }

  private all(sql: string, ...values: unknown[]): unknown[] {
    return this.statement(sql).all(...values);
  }
}

const pageOf = ({
  limit,
  cursor,
}: {
  limit: number;
  cursor?: string;
}): Pick<PagePlan, 'limit' | 'cursor'> => ({
  limit,
  cursor,
});

/** @throws ServiceError `INVALID_REQUEST` for a cursor that no page gave */
function placeOf(cursor: string): [string | number, string | number] {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (
      Array.isArray(place) &&
      place.length === 2 &&
      place.every((part) => typeof part === 'string' || typeof part === 'number')
    )
      return place as [string | number, string | number];
  } catch {
    // Told below.
  }
  throw new ServiceError('INVALID_REQUEST', `cursor: "${cursor.slice(0, 60)}" was given by no page.`);
}
