/** The journal of deliveries, in the order of judgement, and what is bound to it: delivery numbers and the snapshot. */
import type Database from 'libsql';
import type { JournalBatch } from '../records.ts';
import { inTransaction } from './disk.ts';
import { decodeFrames } from './frames.ts';
import { nameOfStored, storedName } from './names.ts';
import type { Snapshot } from './store.ts';

/** Epochs kept of each gateway: one for each start of it. */
const EPOCHS_KEPT = 8;
/** Places of the parts of one snapshot. */
const MAX_PARTS = 65_536;
/** In the place of the number where more of the delivery follows: it has no epoch then. */
const IS_PART = -1;

type Deliveries = Map<string, Map<string, { number: number; seq: number }>>;

interface JournalRow {
  seq: number;
  gateway: string;
  epoch: string | null;
  number: number | null;
  received_ms: number;
  frame_count: number;
  frames: Buffer | ArrayBuffer;
}

export class Journal {
  lastSeq: number;
  rows: number;
  batches: number;
  frames: number;
  snapshotSeq: number;
  /** Of the last one: where its parts stand. */
  private snapshotNumber: number;
  private readonly db: Database.Database;
  private readonly known: Deliveries = new Map();
  private readonly insert: Database.Statement;
  private readonly insertDelivery: Database.Statement;
  private readonly dropDelivery: Database.Statement;
  private readonly setCounter: Database.Statement;
  private readonly forget: Database.Statement;

  constructor(db: Database.Database) {
    this.db = db;
    this.insert = db.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.insertDelivery = db.prepare('INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, ?)');
    this.dropDelivery = db.prepare('DELETE FROM delivery WHERE gateway = ? AND epoch = ?');
    this.setCounter = db.prepare('INSERT OR REPLACE INTO counter VALUES (?, ?)');
    this.forget = db.prepare(
      'DELETE FROM journal WHERE seq IN (SELECT seq FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?)',
    );
    this.snapshotSeq =
      (db.prepare('SELECT seq FROM snapshot').get() as { seq: number } | undefined)?.seq ?? 0;
    const counters = new Map(
      (db.prepare('SELECT name, value FROM counter').all() as { name: string; value: number }[]).map(
        ({ name, value }) => [name, value],
      ),
    );
    this.lastSeq = counters.get('last_seq') ?? 0;
    this.batches = counters.get('batches') ?? 0;
    this.frames = counters.get('frames') ?? 0;
    this.rows = counters.get('journal_rows') ?? 0;
    this.snapshotNumber = counters.get('snapshot_number') ?? 0;
    for (const { gateway, epoch, number, seq } of db.prepare('SELECT * FROM delivery ORDER BY seq').all() as {
      gateway: string;
      epoch: string;
      number: number;
      seq: number;
    }[])
      this.epochsOf(nameOfStored(gateway)).set(nameOfStored(epoch), { number, seq });
  }

  /** @throws RangeError for a batch out of order or whose frames cannot be read: before anything is written */
  check(batches: readonly JournalBatch[], afterSeq: number): number {
    let last = afterSeq;
    for (const { seq, frameCount, frames } of batches) {
      if (!Number.isSafeInteger(seq) || seq <= last)
        throw new RangeError(`batch ${seq}: numbers rise, and ${last} was stored`);
      let count = 0;
      decodeFrames(frames, () => count++);
      if (count !== frameCount)
        throw new RangeError(`batch ${seq}: ${count} frames, ${frameCount} were announced`);
      last = seq;
    }
    return last;
  }

  /** Inside a transaction; `committed` follows. */
  write(batches: readonly JournalBatch[]): void {
    for (const { seq, gatewayId, epoch, number, isPart, receivedMs, frameCount, frames } of batches) {
      const gateway = storedName(gatewayId);
      const epochName = epoch === null ? null : storedName(epoch);
      const stored = isPart ? IS_PART : number;
      this.insert.run(seq, gateway, epochName, stored, receivedMs, frameCount, frames);
      if (epoch === null || number === null) continue;
      const known = this.known.get(gatewayId);
      const highest = Math.max(number, known?.get(epoch)?.number ?? Number.NEGATIVE_INFINITY);
      this.insertDelivery.run(gateway, epochName, highest, seq);
      if (known && !known.has(epoch) && known.size >= EPOCHS_KEPT)
        this.dropDelivery.run(gateway, storedName(oldestEpoch(known)));
    }
    const frames = batches.reduce((sum, { frameCount }) => sum + frameCount, this.frames);
    this.setCounter.run('last_seq', batches.at(-1)!.seq);
    this.setCounter.run('last_received_ms', batches.at(-1)!.receivedMs);
    this.setCounter.run('batches', this.batches + batches.length);
    this.setCounter.run('frames', frames);
    this.setCounter.run('journal_rows', this.rows + batches.length);
  }

  /** What was written is on disk. */
  committed(batches: readonly JournalBatch[]): void {
    for (const { seq, gatewayId, epoch, number, frameCount } of batches) {
      this.lastSeq = seq;
      this.rows++;
      this.batches++;
      this.frames += frameCount;
      if (epoch === null || number === null) continue;
      const epochs = this.epochsOf(gatewayId);
      const before = epochs.get(epoch);
      if (!before && epochs.size >= EPOCHS_KEPT) epochs.delete(oldestEpoch(epochs));
      epochs.set(epoch, { number: Math.max(number, before?.number ?? number), seq });
    }
  }

  after(seq: number, limit: number): JournalBatch[] {
    const rows = this.db
      .prepare('SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(seq, limit) as JournalRow[];
    return rows.map((row) => ({
      seq: row.seq,
      gatewayId: nameOfStored(row.gateway),
      epoch: row.epoch === null ? null : nameOfStored(row.epoch),
      number: row.epoch === null ? null : row.number,
      isPart: row.epoch === null && row.number === IS_PART,
      receivedMs: row.received_ms,
      frameCount: row.frame_count,
      frames: new Uint8Array(row.frames),
    }));
  }

  deliveries(): { gatewayId: string; epoch: string; number: number }[] {
    return [...this.known].flatMap(([gatewayId, epochs]) =>
      [...epochs].map(([epoch, { number }]) => ({ gatewayId, epoch, number })),
    );
  }

  /**
   * Beside the last one, which stands until the new one is whole; piece by piece, so that between them commits have their
   * turn: a snapshot of a large site has a hundred megabytes.
   */
  *saveSnapshot({ seq, takenMs, fingerprint, parts }: Snapshot): Generator<void> {
    const { db } = this;
    if (parts.length > MAX_PARTS)
      throw new RangeError(`snapshot: ${parts.length} parts, at most ${MAX_PARTS}`);
    yield* this.forgetParts();
    const first = (this.snapshotNumber + 1) * MAX_PARTS;
    const insert = db.prepare('INSERT INTO snapshot_part VALUES (?, ?)');
    for (const [at, bytes] of parts.entries()) {
      insert.run(first + at, bytes);
      yield;
    }
    inTransaction(db, () => {
      db.prepare('INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?)').run(seq, takenMs, fingerprint);
      this.setCounter.run('snapshot_number', this.snapshotNumber + 1);
    });
    this.snapshotNumber++;
    this.snapshotSeq = seq;
    yield* this.forgetParts();
  }

  snapshot(): Snapshot | null {
    const head = this.db.prepare('SELECT seq, taken_ms, fingerprint FROM snapshot').get() as
      | { seq: number; taken_ms: number; fingerprint: string }
      | undefined;
    if (!head) return null;
    const parts = this.db
      .prepare('SELECT bytes FROM snapshot_part WHERE position >= ? AND position < ? ORDER BY position')
      .all(this.snapshotNumber * MAX_PARTS, (this.snapshotNumber + 1) * MAX_PARTS) as {
      bytes: Buffer | ArrayBuffer;
    }[];
    return {
      seq: head.seq,
      takenMs: head.taken_ms,
      fingerprint: head.fingerprint,
      parts: parts.map(({ bytes }) => new Uint8Array(bytes)),
    };
  }

  /** Parts of snapshots that were replaced, or never became whole. */
  private *forgetParts(): Generator<void> {
    const forget = this.db.prepare(
      'DELETE FROM snapshot_part WHERE position = (SELECT position FROM snapshot_part WHERE position < ? OR position >= ? LIMIT 1)',
    );
    const first = this.snapshotNumber * MAX_PARTS;
    while (forget.run(first, first + MAX_PARTS).changes > 0) yield;
  }

  /** Forgets up to `limit` rows that are neither needed by the archive nor by the snapshot; returns how many. */
  prune(foldedSeq: number, limit: number): number {
    const last = Math.min(foldedSeq, this.snapshotSeq);
    const rows = inTransaction(this.db, () => {
      const { changes } = this.forget.run(last, limit);
      this.setCounter.run('journal_rows', this.rows - changes);
      return changes;
    });
    this.rows -= rows;
    return rows;
  }

  private epochsOf(gatewayId: string): Map<string, { number: number; seq: number }> {
    const known = this.known.get(gatewayId);
    if (known) return known;
    const epochs = new Map<string, { number: number; seq: number }>();
    this.known.set(gatewayId, epochs);
    return epochs;
  }
}

function oldestEpoch(epochs: ReadonlyMap<string, { seq: number }>): string {
  let oldest: [string, number] = ['', Number.POSITIVE_INFINITY];
  for (const [epoch, { seq }] of epochs) if (seq < oldest[1]) oldest = [epoch, seq];
  return oldest[0];
}
