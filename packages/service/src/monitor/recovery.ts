/** How the state of judgement outlives the process: a snapshot now and then, and the journal since. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { copyOfFrame, InputError } from '@emberwatch/engine/telemetry';
import type { JournalBatch } from '../records.ts';
import { decodeFrames } from '../store/frames.ts';
import type { Store } from '../store/store.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Fleet } from './fleet.ts';
import { bytesOfState, type KeptState, stateOfBytes } from './kept-state.ts';
import { addKnownModules } from './known-modules.ts';
import type { ReplayedItem } from './part.ts';
import type { IngestPipeline } from './pipeline.ts';
import type { RetiredModules } from './retired.ts';

/** Modules written down between two turns of the event loop: one or two milliseconds. */
const MODULES_A_TURN = 25;
const BATCHES_A_READ = 256;

export interface Recovery {
  /** From a snapshot, or from the journal alone. */
  readonly from: 'nothing' | 'journal' | 'snapshot';
  /** Why a snapshot that was there could not be used; null where there was none, or it was. */
  readonly rejectedWhy: string | null;
  readonly deliveries: number;
  readonly frames: number;
  readonly tookMs: number;
  /** Of that, until the snapshot was in use. */
  readonly snapshotMs: number;
}

interface Parts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly pipeline: IngestPipeline;
  readonly retired: RetiredModules;
  readonly fingerprint: string;
  readonly now: () => number;
}

/** Judges again what was judged since the snapshot; nobody is told of it. */
export async function recover({
  store,
  fleet,
  pipeline,
  retired,
  fingerprint,
  now,
}: Parts): Promise<Recovery> {
  const startedMs = now();
  const snapshot = await store.snapshot();
  let rejectedWhy: string | null = null;
  let seq = 0;
  if (snapshot) {
    try {
      if (snapshot.fingerprint !== fingerprint)
        throw new InputError('it was made by another version, model or nameplate');
      const [kept, ...detector] = snapshot.parts;
      fleet.restoreDetector(detector);
      restoreKept(kept, fleet, pipeline);
      seq = snapshot.seq;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      rejectedWhy = error.message;
    }
  }
  const snapshotMs = now() - startedMs;
  let deliveries = 0;
  let frames = 0;
  fleet.isReplaying = true;
  // Where a module was retired it is retired again, so that its siblings are compared as they were.
  const toRetire = [...retired.inOrder()];
  const retireBefore = (nextSeq: number): void => {
    while (toRetire[0] && toRetire[0].seq < nextSeq) {
      const { moduleId, seq: retiredSeq } = toRetire.shift()!;
      if (retiredSeq >= snapshotSeq) pipeline.forget(moduleId);
    }
  };
  const snapshotSeq = seq;
  for (;;) {
    const batches = await store.journalAfter(seq, BATCHES_A_READ);
    if (batches.length === 0) break;
    for (const batch of batches) {
      retireBefore(batch.seq);
      pipeline.replay(batch, itemsOf(batch));
      seq = batch.seq;
      deliveries++;
      frames += batch.frameCount;
    }
  }
  retireBefore(Number.POSITIVE_INFINITY);
  fleet.isReplaying = false;
  await addKnownModules({ store, fleet, gateways: pipeline.gateways, retired });
  const from = snapshot && rejectedWhy === null ? 'snapshot' : deliveries > 0 ? 'journal' : 'nothing';
  return { from, rejectedWhy, deliveries, frames, tookMs: now() - startedMs, snapshotMs };
}

function restoreKept(bytes: Uint8Array | undefined, fleet: Fleet, pipeline: IngestPipeline): void {
  const kept = stateOfBytes(bytes ?? new Uint8Array(0));
  fleet.restoreState(kept.fleet);
  pipeline.restoreState(kept.door);
}

function itemsOf(batch: JournalBatch): ReplayedItem[] {
  const items: ReplayedItem[] = [];
  decodeFrames(batch.frames, (frame, isLate, { stampMs, isRetained }) => {
    const arrival = { line: items.length + 1, stampMs, isLate, isRetained };
    items.push({ ...arrival, frame: copyOfFrame(frame), orderMs: frame.timeMs, rows: 1 });
  });
  return items;
}

export interface SnapshotOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly pipeline: IngestPipeline;
  readonly commitQueue: CommitQueue;
  readonly fingerprint: string;
  readonly now: () => number;
  /** A new one after so many frames, or after so long where there was at least one. */
  readonly everyFrames: number;
  readonly everyMs: number;
}

export class Snapshots {
  lastMs: number;
  private readonly options: SnapshotOptions;
  private framesAtLast = 0;
  private running: Promise<boolean> | null = null;

  constructor(options: SnapshotOptions) {
    this.options = options;
    this.lastMs = options.now();
  }

  /** Takes one where it is time for it. */
  async takeIfDue(): Promise<void> {
    const { pipeline, everyFrames, everyMs, now } = this.options;
    const frames = pipeline.totals.accepted - this.framesAtLast;
    if (frames >= everyFrames || (frames > 0 && now() - this.lastMs >= everyMs)) await this.take();
  }

  /** @returns false where the judge keeps no state, or where the store did not take it */
  take(): Promise<boolean> {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async run(): Promise<boolean> {
    const { store, fleet, pipeline, commitQueue, fingerprint, now } = this.options;
    const detector = fleet.snapshotDetector();
    if (!detector) return false;
    // All of one instant: what is judged while the rest is written down is not in it.
    const seq = commitQueue.seq;
    const settled = commitQueue.settled();
    const kept: KeptState = { fleet: fleet.saveState(), door: pipeline.state() };
    this.framesAtLast = pipeline.totals.accepted;
    this.lastMs = now();
    while (!detector.capture(MODULES_A_TURN)) await nextTurn();
    const bytes = await bytesOfState(kept);
    const parts = [bytes, ...detector.parts()];
    // A frame that is in the snapshot and not in the store would be taken for a repetition when it comes again.
    await settled;
    const unstored = pipeline.unstoredSince(kept.door);
    const first = unstored ? await bytesOfState({ ...kept, door: unstored }) : bytes;
    await store.saveSnapshot({ seq, takenMs: this.lastMs, fingerprint, parts: [first, ...parts.slice(1)] });
    return true;
  }
}
