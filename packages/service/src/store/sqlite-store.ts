/** The store itself, as it works in its thread: one connection, one writer. */
import { join } from 'node:path';
import Database from 'libsql';
import { ServiceError } from '../errors.ts';
import type { JournalBatch } from '../records.ts';
import { HeadFile, readHeadFile } from './audit-head.ts';
import { rescueStore } from './backup.ts';
import { ChunkStore } from './chunks.ts';
import {
  Disk,
  inTransaction,
  type Lock,
  lockDirectory,
  makeDirectory,
  makePrivate,
  STORE_FILE,
  storageError,
  tightenModes,
} from './disk.ts';
import { HistoryReader } from './history.ts';
import { Journal } from './journal.ts';
import { Modules } from './modules.ts';
import { Place } from './place.ts';
import { RecordTables } from './record-tables.ts';
import { checkVersion, MIGRATIONS, migrate, versionOf } from './schema.ts';
import type { Commit, Opening, Rescue, Retention, Snapshot, StoreMetrics } from './store.ts';

export interface EngineSettings {
  readonly directory: string;
  readonly retention: Retention;
  /** With less room on the disk readings are refused; what people do is still kept. */
  readonly minFreeBytes: number;
  /** Frames are folded into chunks when so many bytes of them are in memory, or the oldest is so old. */
  readonly foldBytes: number;
  readonly foldAfterMs: number;
}

/** Work of one slice: other requests wait no longer than this takes (some milliseconds). */
const SLICE = { rows: 4000, rollUps: 2, chunks: 64, journal: 512, tables: 500, pages: 256 };
/** Slices of one call of `maintain`. */
const MAX_SLICES = 256;
/** What is looked through for its age once in so long, unless the last look found much. */
const FORGET_EVERY_MS = 60_000;
/** Batches read at once when memory is rebuilt. */
const REPLAYED = 256;
/** Free pages that are kept for the next chunks. */
const SPARE_PAGES = 1024;
/** Memory may grow to so many times `foldBytes` before a commit folds by itself. */
const HARD_FOLD = 2;

/** What the write-ahead log keeps on disk once it was written back, however long a reader of another program held it. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024;

const PRAGMAS =
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; ' +
  `PRAGMA cache_size = -16384; PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`;

export class StoreEngine {
  readonly settings: EngineSettings;
  readonly opening: Opening;
  readonly tables: RecordTables;
  readonly journal: Journal;
  private readonly db: Database.Database;
  private readonly disk: Disk;
  private lock: Lock;
  private readonly place: Place;
  private readonly headFile: HeadFile;
  private readonly modules: Modules;
  private readonly archive: ChunkStore;
  private readonly reader: HistoryReader;
  private readonly turn: () => Promise<void>;
  private maintaining: Promise<Maintained> | null = null;
  private saving: Promise<void> = Promise.resolve();
  private lookedMs = Number.NEGATIVE_INFINITY;

  /** @throws ServiceError `STORE_LOCKED`, `STORE_UNUSABLE`, `STORAGE_FULL`, `STORAGE_FAILED` */
  constructor(settings: EngineSettings, turn: () => Promise<void>) {
    this.settings = settings;
    this.turn = turn;
    makeDirectory(settings.directory);
    const tightened = tightenModes(settings.directory);
    this.lock = lockDirectory(settings.directory);
    try {
      const file = join(settings.directory, STORE_FILE);
      makePrivate(file);
      this.db = new Database(file);
      // Before anything is changed, in a file that may be another's.
      checkVersion(this.db, file, MIGRATIONS.length);
      // The first two hold only if they are set before the first table.
      this.db.exec(`PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; ${PRAGMAS}`);
      migrate(this.db, file);
      this.place = new Place(settings.directory);
      this.headFile = new HeadFile(settings.directory);
      this.disk = new Disk(settings.directory);
      this.tables = new RecordTables(this.db);
      this.journal = new Journal(this.db);
      this.modules = new Modules(this.db);
      this.archive = new ChunkStore(this.db, this.modules);
      this.reader = new HistoryReader(this.modules, this.archive, turn);
      this.rebuild();
      this.opening = { auditWhy: this.whyAudit(), tightened };
    } catch (error) {
      this.lock.release(true);
      throw storageError(error);
    }
  }

  /** Commits that were waiting together, in one transaction; of each what became of it. */
  commitAll(commits: readonly Commit[], nowMs: number): (unknown | null)[] {
    const outcomes: (unknown | null)[] = commits.map(() => null);
    const checked: Commit[] = [];
    let lastSeq = this.journal.lastSeq;
    commits.forEach((commit, at) => {
      try {
        if (commit.batches?.length) {
          this.mindRoom(nowMs);
          lastSeq = this.journal.check(commit.batches, lastSeq);
        }
        checked.push(commit);
      } catch (error) {
        outcomes[at] = storageError(error);
      }
    });
    try {
      this.checkPlace();
      this.write(checked);
    } catch (error) {
      if (checked.length === 1) outcomes[commits.indexOf(checked[0]!)] = storageError(error);
      // One of them, or all: each for itself tells.
      else
        for (const commit of checked) outcomes[commits.indexOf(commit)] = this.commitAll([commit], nowMs)[0];
      return outcomes;
    }
    try {
      // Acknowledged is only what can be found again.
      this.checkPlace();
    } catch (error) {
      for (const commit of checked) {
        outcomes[commits.indexOf(commit)] = error;
        this.tables.doubt(commit);
      }
      return outcomes;
    }
    const head = checked.flatMap(({ audit = [] }) => audit).at(-1);
    if (head) this.headFile.note(head, nowMs);
    return outcomes;
  }

  /**
   * Before anything is written, before it is acknowledged, and once a second. What SQLite can make anew, it does.
   *
   * @throws ServiceError `STORAGE_FAILED` where the path does not name what is open
   */
  checkPlace(): void {
    const difference = this.place.difference();
    if (difference === null) return;
    if (difference.kind !== 'elsewhere' && this.putRight(difference.kind)) return;
    throw new ServiceError('STORAGE_FAILED', `${difference.why}: what is written now would be lost.`);
  }

  /** One after another. */
  saveSnapshot(snapshot: Snapshot): Promise<void> {
    const saving = this.saving.then(async () => {
      this.checkPlace();
      const steps = this.journal.saveSnapshot(snapshot);
      while (!steps.next().done) await this.turn();
      this.checkPlace();
    });
    this.saving = saving.catch(() => {});
    return saving;
  }

  async history(query: Parameters<HistoryReader['history']>[0]) {
    return this.reader.history(query);
  }

  async piece(moduleIds: readonly string[] | null, fromMs: number, toMs: number) {
    return this.reader.piece(moduleIds, fromMs, toMs);
  }

  moduleList(): { moduleId: string; rackId: string | null; firstMs: number; lastMs: number }[] {
    return [...this.modules.byId.values()].map(({ moduleId, rackId, firstMs, lastMs }) => ({
      moduleId,
      rackId,
      firstMs,
      lastMs,
    }));
  }

  metrics(nowMs: number): StoreMetrics {
    let freshMs: number | null = this.archive.oldestRawMs();
    for (const { fresh, folding } of this.modules.byId.values())
      for (const rows of [fresh, folding])
        if (rows) freshMs = Math.min(freshMs ?? Number.POSITIVE_INFINITY, rows.timesMs[rows.sorted()[0]!]!);
    return {
      batches: this.journal.batches,
      frames: this.journal.frames,
      journalRows: this.journal.rows,
      bytesOnDisk: this.disk.bytesUsed(),
      bytesFree: this.disk.bytesFree(nowMs),
      schemaVersion: versionOf(this.db),
      oldestRawMs: freshMs,
    };
  }

  /** One run at a time: who asks meanwhile gets its outcome. */
  maintain(nowMs: number): Promise<Maintained> {
    this.maintaining ??= this.maintainOnce(nowMs).finally(() => {
      this.maintaining = null;
    });
    return this.maintaining;
  }

  /** Where the path names another store by now, this one is copied beside it. */
  close(): Rescue | null {
    const isElsewhere = this.place.difference()?.kind === 'elsewhere';
    const rescue = isElsewhere ? { copiedTo: this.rescue() } : null;
    if (!isElsewhere) this.headFile.flush(Number.POSITIVE_INFINITY);
    try {
      this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Without room the log stays beside the database, and is read from there the next time.
    }
    this.place.closing(() => this.db.close());
    this.place.release();
    this.lock.release(!isElsewhere);
    return rescue;
  }

  private whyAudit(): string | null {
    const last = this.tables.lastAudit();
    const kept = [this.tables.auditHead(), readHeadFile(this.settings.directory)];
    for (const head of kept) {
      const row = head && this.tables.auditRow(head.seq);
      if (head && row?.hash !== head.hash)
        return `row ${head.seq} was the last that was written, and ${row ? 'it was changed' : `the log ends with row ${last?.seq ?? 0}`}`;
    }
    const head = last ?? null;
    if (head && !kept[0]) return 'its head was taken away';
    if (head) this.headFile.note(head, Number.NEGATIVE_INFINITY);
    return null;
  }

  /** What is open is complete, whatever became of its names. */
  private rescue(): string | null {
    try {
      return rescueStore(this.db, this.settings.directory);
    } catch {
      // Its caller tells that nothing was rescued.
      return null;
    }
  }

  /** False where something else uses the files. */
  private putRight(kind: 'companion' | 'lock'): boolean {
    try {
      if (kind === 'lock') {
        const lock = lockDirectory(this.settings.directory);
        this.lock.release(false);
        this.lock = lock;
      } else {
        // Leaving the mode writes everything into the database and closes what has lost its name.
        const { journal_mode: mode } = this.db.prepare('PRAGMA journal_mode = DELETE').get() as {
          journal_mode: string;
        };
        if (mode !== 'delete') return false;
        this.db.exec(PRAGMAS);
      }
      this.place.renew();
      return this.place.difference() === null;
    } catch {
      return false;
    }
  }

  private write(commits: readonly Commit[]): void {
    if (commits.length === 0) return;
    const batches = commits.flatMap((commit) => commit.batches ?? []);
    inTransaction(this.db, () => {
      for (const commit of commits) this.tables.write(commit);
      if (batches.length > 0) this.journal.write(batches);
    });
    if (batches.length > 0) this.journal.committed(batches);
    for (const batch of batches) this.remember(batch);
  }

  /** @throws ServiceError `STORAGE_FULL` */
  private mindRoom(nowMs: number): void {
    const bytesFree = this.disk.bytesFree(nowMs);
    if (bytesFree < this.settings.minFreeBytes)
      throw new ServiceError(
        'STORAGE_FULL',
        `${bytesFree} bytes are free in ${this.settings.directory}, ${this.settings.minFreeBytes} are kept for alarms.`,
      );
  }

  private remember(batch: JournalBatch): void {
    this.modules.take(batch);
    if (this.modules.freshBytes < HARD_FOLD * this.settings.foldBytes) return;
    try {
      this.foldAll();
    } catch {
      // The batch is on disk all the same; `maintain` tries again and tells.
    }
  }

  private foldAll(): void {
    while (this.modules.isFolding) this.foldSlice();
    this.modules.startFold();
    while (this.modules.isFolding) this.foldSlice();
  }

  private foldSlice(): number {
    return this.modules.foldNext(SLICE.rows, (module, receivedMs) => this.archive.fold(module, receivedMs));
  }

  /** What is in the journal and in no chunk goes back into memory. */
  private rebuild(): void {
    for (let seq = this.modules.foldedSeq; ; ) {
      const batches = this.journal.after(seq, REPLAYED);
      if (batches.length === 0) return;
      for (const batch of batches) this.remember(batch);
      seq = batches.at(-1)!.seq;
    }
  }

  private async maintainOnce(nowMs: number): Promise<Maintained> {
    const done = { folded: 0, rolledUp: 0, forgotten: 0 };
    const isFoldDue =
      this.modules.freshBytes >= this.settings.foldBytes ||
      this.modules.freshSinceMs <= nowMs - this.settings.foldAfterMs;
    this.headFile.flush(nowMs);
    if (isFoldDue && !this.modules.isFolding) this.modules.startFold();
    const steps: (() => number)[] = [
      () => this.count(done, 'folded', this.modules.isFolding ? this.foldSlice() : 0),
      () => this.count(done, 'rolledUp', this.archive.rollUp(nowMs, SLICE.rollUps)),
      () => this.journal.prune(this.modules.foldedSeq, SLICE.journal),
      () => this.count(done, 'forgotten', this.forget(nowMs)),
      () => this.giveBack(),
    ];
    let slices = 0;
    for (const step of steps)
      while (slices < MAX_SLICES) {
        slices++;
        const found = this.reported(step);
        await this.turn();
        if (found === 0) break;
      }
    return done;
  }

  private reported(step: () => number): number {
    try {
      return step();
    } catch (error) {
      throw storageError(error);
    }
  }

  private count(done: Maintained, what: keyof Maintained, found: number): number {
    done[what] += found;
    return found;
  }

  private forget(nowMs: number): number {
    if (Math.abs(nowMs - this.lookedMs) < FORGET_EVERY_MS) return 0;
    const { retention } = this.settings;
    const found =
      this.archive.forget(nowMs, retention, SLICE.chunks) +
      this.tables.forget(nowMs - retention.alarmsMs, SLICE.tables);
    if (found === 0) this.lookedMs = nowMs;
    return found;
  }

  /** Pages that were freed and are not needed soon go back to the file system. */
  private giveBack(): number {
    const { freelist_count: free } = this.db.prepare('PRAGMA freelist_count').get() as {
      freelist_count: number;
    };
    if (free < SPARE_PAGES + SLICE.pages) return 0;
    this.db.exec(`PRAGMA incremental_vacuum(${SLICE.pages})`);
    return 1;
  }
}

interface Maintained {
  folded: number;
  rolledUp: number;
  forgotten: number;
}
