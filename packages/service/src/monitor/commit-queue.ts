/**
 * What becomes durable, in order. Readings whose sender waits are written or refused; alarms, changes and the audit log
 * are kept until they can be written, and go before anything newer.
 */
import type { SensorFault } from '@emberwatch/engine/detector';
import { ERRORS, ServiceError } from '../errors.ts';
import type {
  AlarmRecord,
  AuditRow,
  ChangeEntry,
  JournalBatch,
  OutboxRow,
  SettingRow,
  TokenRow,
} from '../records.ts';
import type { AuditHead } from '../store/audit-chain.ts';
import type { Store } from '../store/store.ts';

/** Changes of level that wait for a store that fails; the oldest of more are dropped and counted. */
const MAX_CHANGES_WAITING = 20_000;

/** A disk that has not answered for so long keeps nobody from being told. */
const REPORTED_AFTER_MS = 2000;

/** A commit that the store has not answered. */
interface UnderWay {
  sinceMs: number;
  /** Notices that are told once it is answered, or has taken too long. */
  unreported: readonly OutboxRow[];
}

/** What the site has to say beside the readings. */
export interface PendingRecords {
  readonly changes: readonly ChangeEntry[];
  readonly sensorFaults: readonly SensorFault[];
  readonly alarms: readonly AlarmRecord[];
  readonly audit: readonly AuditRow[];
  readonly outbox: readonly OutboxRow[];
  readonly settings: readonly SettingRow[];
}

/** What waits for a commit. */
interface Waiting extends PendingRecords {
  readonly tokens: readonly TokenRow[];
}

/** Rows of which nothing is kept where their commit fails. */
type Own = Pick<Waiting, 'settings' | 'tokens'>;
const NOTHING_OWN: Own = { settings: [], tokens: [] };

export interface CommitQueueOptions {
  readonly store: Store;
  readonly now: () => number;
  /** Hands over what happened since the last call. */
  readonly pending: () => PendingRecords;
  /** Told once of every notice, after it was tried to keep it: a disk that fails must not keep anybody from being told. */
  readonly onNotices: (rows: readonly OutboxRow[]) => void;
  /** Number of the last delivery in the journal. */
  readonly lastSeq: number;
  /** Of the audit log, as it is on disk. */
  readonly auditHead?: AuditHead | null;
  /** Bytes that may wait for the disk before deliveries are refused. */
  readonly pendingBytes: number;
}

export class CommitQueue {
  /** Last failure, and until when it lasts. */
  readonly failure = {
    count: 0,
    sinceMs: null as number | null,
    message: null as string | null,
    isFull: false,
    /** A delivery was refused: that alarms can still be kept ends it not. */
    isOfReadings: false,
  };
  /** Why what is written now could not be found again; null: it could. */
  placeWhy: string | null = null;
  changesDropped = 0;
  /** The last row of the audit log that is on disk; null where none is. */
  auditHead: AuditHead | null;
  /** Number of the last delivery that was judged. */
  seq: number;
  private readonly options: CommitQueueOptions;
  private changes: ChangeEntry[] = [];
  private faults: SensorFault[] = [];
  /** Latest state of each alarm that is open or not on disk, and which of them have to be written. */
  private readonly latest = new Map<string, AlarmRecord>();
  private readonly alarmsWaiting = new Set<string>();
  private audit: AuditRow[] = [];
  private outbox: OutboxRow[] = [];
  private readonly settings = new Map<string, SettingRow>();
  private readonly tokens = new Map<string, TokenRow>();
  private readonly tokensUnstored = new Set<string>();
  /** Notices that nobody was told of yet. */
  private unreported: OutboxRow[] = [];
  private lastAttempt: Promise<void> = Promise.resolve();
  private readonly underWay = new Set<UnderWay>();
  private isChecking = false;

  constructor(options: CommitQueueOptions) {
    this.options = options;
    this.seq = options.lastSeq;
    this.auditHead = options.auditHead ?? null;
  }

  /** @throws ServiceError BUSY where the disk is behind */
  checkRoom(): void {
    if (this.options.store.pendingBytes > this.options.pendingBytes) throw new ServiceError('BUSY');
  }

  /** The wall clock was set: a failure lasts as long as before. */
  clockSet(byMs: number): void {
    if (this.failure.sinceMs !== null) this.failure.sinceMs += byMs;
    for (const one of this.underWay) one.sinceMs += byMs;
  }

  /** To be called every second: whether the store is where it was, and who waits for a disk that does not answer. */
  async checkPlace(): Promise<void> {
    const tooLateMs = this.options.now() - REPORTED_AFTER_MS;
    for (const one of this.underWay) if (one.sinceMs <= tooLateMs) this.notify(one);
    if (this.isChecking) return;
    this.isChecking = true;
    try {
      await this.options.store.checkPlace();
      this.placeWhy = null;
    } catch (error) {
      this.placeWhy = error instanceof Error ? error.message : String(error);
    } finally {
      this.isChecking = false;
    }
  }

  /** Since when the oldest commit that is not answered waits; null where none does. */
  get waitingSinceMs(): number | null {
    let oldest: number | null = null;
    for (const { sinceMs } of this.underWay) oldest = Math.min(oldest ?? sinceMs, sinceMs);
    return oldest;
  }

  /** Something waits to be written. */
  get isBehind(): boolean {
    const { changes, faults, alarmsWaiting, audit, outbox, settings, tokens } = this;
    const lists = changes.length + faults.length + audit.length + outbox.length;
    return lists + alarmsWaiting.size + settings.size + tokens.size > 0;
  }

  /**
   * One delivery and all that it gave rise to, together.
   *
   * @throws ServiceError STORAGE_FULL, STORAGE_FAILED: the delivery is not kept, what it gave rise to is
   */
  writeBatch(batch: Omit<JournalBatch, 'seq'>): Promise<void> {
    return this.write([{ ...batch, seq: ++this.seq }]);
  }

  /** What happened since, without a delivery. Does nothing where nothing happened. */
  async writePending(): Promise<void> {
    this.drain();
    if (this.isBehind) await this.write([]);
  }

  /** What waits, and these behind it. @throws ServiceError of the store: of these nothing is kept */
  writeFirst(settings: readonly SettingRow[], tokens: readonly TokenRow[]): Promise<void> {
    return this.write([], { settings, tokens });
  }

  /** Resolves once it is stored; where that fails it waits. @throws ServiceError of the store */
  keepSetting(row: SettingRow): Promise<void> {
    this.settings.set(row.key, row);
    return this.writePending();
  }

  /** As `keepSetting`. */
  keepToken(row: TokenRow): Promise<void> {
    this.tokens.set(row.id, row);
    this.tokensUnstored.add(row.id);
    return this.writePending();
  }

  isTokenStored(id: string): boolean {
    return !this.tokensUnstored.has(id);
  }

  /** Everything that is being written is on disk or has failed. */
  settled(): Promise<void> {
    return this.lastAttempt;
  }

  private write(batches: readonly JournalBatch[], own: Own = NOTHING_OWN): Promise<void> {
    this.drain();
    const taken = this.takeAll();
    const underWay: UnderWay = { sinceMs: this.options.now(), unreported: this.unreported };
    this.unreported = [];
    this.underWay.add(underWay);
    const attempt = this.attempt(batches, taken, own).finally(() => {
      this.underWay.delete(underWay);
      this.notify(underWay);
    });
    const before = this.lastAttempt;
    this.lastAttempt = attempt.then(
      () => before,
      () => before,
    );
    return attempt;
  }

  private notify(one: UnderWay): void {
    const { unreported } = one;
    one.unreported = [];
    if (unreported.length > 0) this.options.onNotices(unreported);
  }

  private async attempt(batches: readonly JournalBatch[], taken: Waiting, own: Own): Promise<void> {
    const { store } = this.options;
    const settings = [...taken.settings, ...own.settings];
    const tokens = [...taken.tokens, ...own.tokens];
    try {
      await store.commit({ batches, ...taken, settings, tokens });
      for (const { id, state } of taken.alarms)
        if (state === 'closed' && !this.alarmsWaiting.has(id)) this.latest.delete(id);
      for (const { id } of taken.tokens) if (!this.tokens.has(id)) this.tokensUnstored.delete(id);
      const last = taken.audit.at(-1);
      if (last) this.auditHead = { seq: last.seq, hash: last.hash };
      this.succeed(batches.length > 0);
    } catch (error) {
      this.fail(error, batches.length > 0);
      this.putBack(taken);
      // Readings are refused before the disk is quite full: what is left is for alarms.
      if (batches.length > 0 && this.isBehind) await this.writePending().catch(() => {});
      throw repeatable(error);
    }
  }

  /** The disk keeps a reserve for alarms: readings are well again only once readings are stored. */
  private succeed(hasReadings: boolean): void {
    const { failure } = this;
    if (failure.isOfReadings && !hasReadings) return;
    failure.sinceMs = null;
    failure.isFull = false;
    failure.isOfReadings = false;
  }

  private fail(error: unknown, hasReadings: boolean): void {
    const { failure } = this;
    if (hasReadings) failure.isOfReadings = true;
    failure.count++;
    failure.sinceMs ??= this.options.now();
    failure.message = error instanceof Error ? error.message : String(error);
    failure.isFull = error instanceof ServiceError && error.code === 'STORAGE_FULL';
  }

  private drain(): void {
    const pending = this.options.pending();
    this.changes.push(...pending.changes);
    this.faults.push(...pending.sensorFaults);
    for (const alarm of pending.alarms) {
      this.latest.set(alarm.id, alarm);
      this.alarmsWaiting.add(alarm.id);
    }
    this.audit.push(...pending.audit);
    this.outbox.push(...pending.outbox);
    this.unreported.push(...pending.outbox);
    for (const row of pending.settings) this.settings.set(row.key, row);
  }

  private takeAll(): Waiting {
    const { changes, faults: sensorFaults, audit, outbox } = this;
    const alarms = [...this.alarmsWaiting].flatMap((id) => this.latest.get(id) ?? []);
    this.changes = [];
    this.faults = [];
    this.audit = [];
    this.outbox = [];
    this.alarmsWaiting.clear();
    const settings = [...this.settings.values()];
    this.settings.clear();
    const tokens = [...this.tokens.values()];
    this.tokens.clear();
    return { changes, sensorFaults, alarms, audit, outbox, settings, tokens };
  }

  /** Before what has come since; of an alarm the newest state is written. */
  private putBack(pending: Waiting): void {
    this.changes = [...pending.changes, ...this.changes];
    if (this.changes.length > MAX_CHANGES_WAITING)
      this.changesDropped += this.changes.splice(0, this.changes.length - MAX_CHANGES_WAITING).length;
    this.faults = [...pending.sensorFaults, ...this.faults].slice(-MAX_CHANGES_WAITING);
    for (const alarm of pending.alarms) {
      if (!this.latest.has(alarm.id)) this.latest.set(alarm.id, alarm);
      this.alarmsWaiting.add(alarm.id);
    }
    // Two commits that failed come back in any order.
    this.audit = [...pending.audit, ...this.audit].sort((a, b) => a.seq - b.seq);
    this.outbox = [...pending.outbox, ...this.outbox];
    for (const row of pending.settings) if (!this.settings.has(row.key)) this.settings.set(row.key, row);
    for (const row of pending.tokens) if (!this.tokens.has(row.id)) this.tokens.set(row.id, row);
  }
}

/** Whatever kept it from being stored: its sender has to send it again. */
const repeatable = (error: unknown): ServiceError =>
  error instanceof ServiceError && [503, 507].includes(ERRORS[error.code].status)
    ? error
    : new ServiceError('STORAGE_FAILED', error instanceof Error ? error.message : String(error), error);
