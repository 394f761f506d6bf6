/** Modules ever stored, each with its frames that are in the journal and not yet in a chunk. */
import type { Frame } from '@emberwatch/engine/telemetry';
import { MS_PER_H } from '@emberwatch/engine/units';
import type Database from 'libsql';
import type { JournalBatch } from '../records.ts';
import { inTransaction } from './disk.ts';
import { decodeFrames } from './frames.ts';
import { nameOfStored, storedName } from './names.ts';
import { FrameRows } from './rows.ts';

export interface StoredModule {
  /** Of its row; 0 until its first frames are folded. */
  id: number;
  readonly moduleId: string;
  rackId: string | null;
  firstMs: number;
  lastMs: number;
  /** Batches up to this one are in chunks. */
  foldedSeq: number;
  /** From here on nothing of the tier was forgotten. */
  rawFromMs: number;
  minutesFromMs: number;
  /** Frames since the last fold, and those that are being folded, in the order of arrival. */
  fresh: FrameRows | null;
  folding: FrameRows | null;
}

interface ModuleRow {
  id: number;
  name: string;
  rack: string | null;
  first_ms: number;
  last_ms: number;
  folded_seq: number;
  raw_from_ms: number | null;
  minutes_from_ms: number | null;
}

/** A row with its share of what grows by doubling; cells come on top. */
const BYTES_PER_ROW = 256;

export const hourOf = (timeMs: number): number => Math.floor(timeMs / MS_PER_H) * MS_PER_H;

export class Modules {
  readonly byId = new Map<string, StoredModule>();
  /** All batches up to this one are in chunks. */
  foldedSeq: number;
  freshBytes = 0;
  /** Wall time of the first batch since the last fold; infinite where there is none. */
  freshSinceMs = Number.POSITIVE_INFINITY;
  private freshSeq: number;
  private foldingSeq = 0;
  private foldingReceivedMs = Number.NEGATIVE_INFINITY;
  private freshReceivedMs = Number.NEGATIVE_INFINITY;
  private queue: StoredModule[] = [];
  private readonly db: Database.Database;
  private readonly insert: Database.Statement;
  private readonly update: Database.Statement;
  private readonly saveFolded: Database.Statement;

  constructor(db: Database.Database) {
    this.db = db;
    this.insert = db.prepare(
      'INSERT INTO module (name, rack, first_ms, last_ms, folded_seq) VALUES (?, ?, ?, ?, ?)',
    );
    this.update = db.prepare(
      'UPDATE module SET rack = ?, first_ms = ?, last_ms = ?, folded_seq = ? WHERE id = ?',
    );
    this.saveFolded = db.prepare("INSERT OR REPLACE INTO counter VALUES ('folded_seq', ?)");
    const row = db.prepare("SELECT value FROM counter WHERE name = 'folded_seq'").get();
    this.foldedSeq = (row as { value: number } | undefined)?.value ?? 0;
    this.freshSeq = this.foldedSeq;
    for (const stored of db.prepare('SELECT * FROM module').all() as ModuleRow[]) {
      const moduleId = nameOfStored(stored.name);
      this.byId.set(moduleId, {
        id: stored.id,
        moduleId,
        rackId: stored.rack === null ? null : nameOfStored(stored.rack),
        firstMs: stored.first_ms,
        lastMs: stored.last_ms,
        foldedSeq: stored.folded_seq,
        rawFromMs: stored.raw_from_ms ?? Number.NEGATIVE_INFINITY,
        minutesFromMs: stored.minutes_from_ms ?? Number.NEGATIVE_INFINITY,
        fresh: null,
        folding: null,
      });
    }
  }

  /** Frames that are on disk in the journal. */
  take({ seq, receivedMs, frames }: JournalBatch): void {
    decodeFrames(frames, (frame, isLate) => this.push(frame, isLate, seq));
    this.freshSeq = seq;
    this.freshSinceMs = Math.min(this.freshSinceMs, receivedMs);
    this.freshReceivedMs = Math.max(this.freshReceivedMs, receivedMs);
  }

  get isFolding(): boolean {
    return this.queue.length > 0;
  }

  /** What is fresh now is what the next calls of `foldNext` write. */
  startFold(): void {
    for (const module of this.byId.values()) {
      if (!module.fresh) continue;
      module.folding = module.fresh;
      module.fresh = null;
      this.queue.push(module);
    }
    this.foldingSeq = this.freshSeq;
    this.foldingReceivedMs = this.freshReceivedMs;
    this.freshBytes = 0;
    this.freshSinceMs = Number.POSITIVE_INFINITY;
    this.freshReceivedMs = Number.NEGATIVE_INFINITY;
    if (this.queue.length === 0) this.foldedSeq = this.foldingSeq;
  }

  /**
   * Writes modules until about `maxRows` rows are written, in one transaction; returns rows. Where it fails, the modules
   * wait for the next call.
   */
  foldNext(maxRows: number, write: (module: StoredModule, receivedMs: number) => void): number {
    const chosen: StoredModule[] = [];
    let rows = 0;
    for (const module of this.queue) {
      if (rows >= maxRows) break;
      chosen.push(module);
      rows += module.folding!.count;
    }
    const isLast = chosen.length === this.queue.length;
    const idsBefore = chosen.map(({ id }) => id);
    try {
      inTransaction(this.db, () => {
        for (const module of chosen) {
          module.id = this.save(module, this.foldingSeq);
          write(module, this.foldingReceivedMs);
        }
        if (isLast) this.saveFolded.run(this.foldingSeq);
      });
    } catch (error) {
      chosen.forEach((module, at) => {
        module.id = idsBefore[at]!;
      });
      throw error;
    }
    for (const module of chosen) {
      module.folding = null;
      module.foldedSeq = this.foldingSeq;
    }
    this.queue = this.queue.slice(chosen.length);
    if (isLast) this.foldedSeq = this.foldingSeq;
    return rows;
  }

  /** Marks that something before `fromMs` was forgotten. */
  saveFloor(module: StoredModule, tier: 'raw' | '1min', fromMs: number): void {
    const column = tier === 'raw' ? 'raw_from_ms' : 'minutes_from_ms';
    const field = tier === 'raw' ? 'rawFromMs' : 'minutesFromMs';
    if (module[field] >= fromMs) return;
    this.db.prepare(`UPDATE module SET ${column} = ? WHERE id = ?`).run(fromMs, module.id);
    module[field] = fromMs;
  }

  private push(frame: Frame, isLate: boolean, seq: number): void {
    let module = this.byId.get(frame.moduleId);
    if (!module) {
      module = newModule(frame);
      this.byId.set(frame.moduleId, module);
    }
    // A fold that was cut short by the end of the process has written this module already.
    if (seq <= module.foldedSeq) return;
    module.fresh ??= new FrameRows();
    module.fresh.push(frame, isLate);
    module.rackId = frame.rackId;
    if (frame.timeMs < module.firstMs) module.firstMs = frame.timeMs;
    if (frame.timeMs > module.lastMs) module.lastMs = frame.timeMs;
    const cells = (frame.cellVoltagesV?.length ?? 0) + (frame.cellTemperaturesDegC?.length ?? 0);
    this.freshBytes += BYTES_PER_ROW + 8 * cells;
  }

  private save(module: StoredModule, foldedSeq: number): number {
    const { id, moduleId, rackId, firstMs, lastMs } = module;
    const rack = rackId === null ? null : storedName(rackId);
    if (id !== 0) {
      this.update.run(rack, firstMs, lastMs, foldedSeq, id);
      return id;
    }
    return Number(this.insert.run(storedName(moduleId), rack, firstMs, lastMs, foldedSeq).lastInsertRowid);
  }
}

const newModule = ({ moduleId, rackId, timeMs }: Frame): StoredModule => ({
  id: 0,
  moduleId,
  rackId,
  firstMs: timeMs,
  lastMs: timeMs,
  foldedSeq: 0,
  rawFromMs: Number.NEGATIVE_INFINITY,
  minutesFromMs: Number.NEGATIVE_INFINITY,
  fresh: null,
  folding: null,
});
