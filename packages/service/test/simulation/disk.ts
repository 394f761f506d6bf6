/** A store whose disk outlives it, on a virtual clock: slow, full, failing, or cut off in the middle, as a seed has it. */
import { channelAt } from '@emberwatch/engine/telemetry';
import { ServiceError } from '../../src/errors.ts';
import type {
  AlarmRecord,
  AuditRow,
  ChangeEntry,
  JournalBatch,
  OutboxRow,
  TokenRow,
} from '../../src/records.ts';
import { decodeFrames } from '../../src/store/frames.ts';
import type { Commit, Snapshot, Store } from '../../src/store/store.ts';

/** What is on the platter. */
export class Disk {
  readonly journal: JournalBatch[] = [];
  readonly changes: ChangeEntry[] = [];
  readonly alarms = new Map<string, AlarmRecord>();
  /** Every state that an alarm was ever stored in, in order. */
  readonly alarmHistory: AlarmRecord[] = [];
  readonly audit: AuditRow[] = [];
  readonly outbox = new Map<string, OutboxRow>();
  readonly settings = new Map<string, string>();
  readonly tokens = new Map<string, TokenRow>();
  snapshot: Snapshot | null = null;
  readonly modules = new Map<
    string,
    { moduleId: string; rackId: string | null; firstMs: number; lastMs: number }
  >();
  /** `module time` of every frame, with how often it was stored. */
  readonly frames = new Map<string, number>();
  /** Module, time and channel of each value. */
  readonly values = new Set<string>();

  /** The audit log has no gap. */
  isNext({ audit = [] }: Commit): boolean {
    return audit.length === 0 || audit[0]!.seq === (this.audit.at(-1)?.seq ?? 0) + 1;
  }

  apply(commit: Commit): void {
    for (const batch of commit.batches ?? []) {
      this.journal.push(batch);
      decodeFrames(batch.frames, ({ moduleId, rackId, timeMs, values }, _isLate, { stampMs }) => {
        const known = this.modules.get(moduleId) ?? { firstMs: timeMs, lastMs: timeMs };
        const [firstMs, lastMs] = [Math.min(known.firstMs, timeMs), Math.max(known.lastMs, timeMs)];
        this.modules.set(moduleId, { moduleId, rackId, firstMs, lastMs });
        const key = `${moduleId} ${Number.isNaN(stampMs) ? timeMs : stampMs}`;
        this.frames.set(key, (this.frames.get(key) ?? 0) + 1);
        values.forEach((value, i) => {
          if (!Number.isNaN(value)) this.values.add(`${key} ${channelAt(i).id}`);
        });
      });
    }
    this.changes.push(...(commit.changes ?? []));
    for (const alarm of commit.alarms ?? []) {
      this.alarms.set(alarm.id, alarm);
      this.alarmHistory.push(alarm);
    }
    this.audit.push(...(commit.audit ?? []));
    for (const row of commit.outbox ?? []) this.outbox.set(`${row.id} ${row.channel}`, row);
    for (const { key, value } of commit.settings ?? [])
      if (value === null) this.settings.delete(key);
      else this.settings.set(key, value);
    for (const token of commit.tokens ?? []) this.tokens.set(token.id, token);
  }
}

export interface DiskMoods {
  /** Until a write is done, ms. */
  delayMs(): number;
  /** `full`: no room for readings; `failing`: for nothing. */
  mood(): 'well' | 'full' | 'failing';
  after(delayMs: number, call: () => void): void;
}

/** One process' view of the disk. */
export class VirtualStore {
  pendingBytes = 0;
  private isCut = false;
  private readonly queue: { commit: Commit; done: (error?: Error) => void }[] = [];
  private isWriting = false;
  private readonly disk: Disk;
  private readonly moods: DiskMoods;

  constructor(disk: Disk, moods: DiskMoods) {
    this.disk = disk;
    this.moods = moods;
  }

  /** The process ends: of what is being written some is on disk, in order, and nobody hears of it. */
  cut(survivors: number): void {
    this.isCut = true;
    for (const { commit } of this.queue.slice(0, survivors))
      if (this.allows(commit) && this.disk.isNext(commit)) this.disk.apply(commit);
  }

  commit(commit: Commit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ commit, done: (error) => (error ? reject(error) : resolve()) });
      this.work();
    });
  }

  private allows({ batches = [] }: Commit): boolean {
    const mood = this.moods.mood();
    return mood === 'well' || (mood === 'full' && batches.length === 0);
  }

  private work(): void {
    if (this.isWriting || this.queue.length === 0) return;
    this.isWriting = true;
    this.moods.after(this.moods.delayMs(), () => {
      if (this.isCut) return;
      const { commit, done } = this.queue.shift()!;
      this.isWriting = false;
      if (this.allows(commit) && this.disk.isNext(commit)) {
        this.disk.apply(commit);
        done();
      } else done(new ServiceError(this.moods.mood() === 'full' ? 'STORAGE_FULL' : 'STORAGE_FAILED'));
      this.work();
    });
  }

  asStore(): Store {
    const { disk } = this;
    const newestFirst = <T>(rows: readonly T[], limit: number) => ({
      rows: [...rows].reverse().slice(0, limit),
      cursor: null,
    });
    const parts: Partial<Store> = {
      commit: (commit) => this.commit(commit),
      journalAfter: async (seq, limit) => disk.journal.filter((one) => one.seq > seq).slice(0, limit),
      lastSeq: async () => disk.journal.at(-1)?.seq ?? 0,
      saveSnapshot: async (snapshot) => {
        if (!this.isCut) disk.snapshot = snapshot;
      },
      snapshot: async () => disk.snapshot,
      changes: async ({ limit }) => newestFirst(disk.changes, limit),
      alarms: async ({ open, limit }) => {
        const all = [...disk.alarms.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
        return newestFirst(open ? all.filter(({ state }) => state !== 'closed') : all, limit);
      },
      lastAudit: async () =>
        disk.audit.reduce<AuditRow | null>((last, row) => (row.seq > (last?.seq ?? 0) ? row : last), null),
      settings: async (prefix) =>
        [...disk.settings]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, value]) => ({ key, value }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      tokens: async () => [...disk.tokens.values()],
      setting: async (key) => disk.settings.get(key) ?? null,
      checkPlace: async () => {},
      modules: async () => [...disk.modules.values()],
      maintain: async () => ({ folded: 0, rolledUp: 0, forgotten: 0 }),
      opening: async () => ({ auditWhy: null, tightened: [] }),
      close: async () => {},
    };
    return Object.defineProperty(parts, 'pendingBytes', { get: () => this.pendingBytes }) as Store;
  }
}
