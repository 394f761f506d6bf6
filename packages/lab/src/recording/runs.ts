/** Sorted runs of packed frames in one temporary file, and their merge. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FrameSink } from '@emberwatch/engine/telemetry';
import { HEADER_SLOTS, type Names, RecordReader, slotsOfRecord } from './block.ts';

/** Memory of all read buffers of a merge together, and the least that one of them has. */
const MERGE_BYTES = 32 * 1024 * 1024;
const MIN_BUFFER_BYTES = 8 * 1024;
const MAX_BUFFER_BYTES = 256 * 1024;
/** Frames given between two turns of the event loop. */
const FRAMES_PER_TURN = 20_000;

/** One sorted run, read in pieces. */
class Run {
  timeMs = 0;
  at = 0;
  slots: Float64Array;
  words: Uint32Array;
  readonly order: number;
  private filled = 0;
  private next: number;
  private readonly end: number;
  private readonly file: number;

  constructor(file: number, order: number, start: number, end: number, bufferBytes: number) {
    this.file = file;
    this.order = order;
    this.next = start;
    this.end = end;
    this.slots = new Float64Array(Math.ceil(Math.min(bufferBytes, end - start) / 8));
    this.words = new Uint32Array(this.slots.buffer);
  }

  /** Steps to the next record; false at the end of the run. */
  advance(): boolean {
    this.at += this.hasRecord() ? slotsOfRecord(this.words, this.at) : 0;
    if (!this.hasRecord() && !this.fill()) return false;
    this.timeMs = this.slots[this.at]!;
    return true;
  }

  private hasRecord(): boolean {
    const { at, filled } = this;
    return at + HEADER_SLOTS <= filled && at + slotsOfRecord(this.words, at) <= filled;
  }

  private fill(): boolean {
    if (this.at === this.filled && this.next === this.end) return false;
    this.slots.copyWithin(0, this.at, this.filled);
    this.filled -= this.at;
    this.at = 0;
    while (!this.hasRecord()) {
      if (this.filled === this.slots.length) this.grow();
      const bytes = new Uint8Array(this.slots.buffer, this.filled * 8);
      const wanted = Math.min(bytes.length, this.end - this.next);
      const got = wanted === 0 ? 0 : readWhole(this.file, bytes.subarray(0, wanted), this.next);
      if (got === 0) throw new Error('the temporary file of the ordering has been cut short');
      this.next += got;
      this.filled += got / 8;
    }
    return true;
  }

  /** Only for a record larger than the buffer. */
  private grow(): void {
    const larger = new Float64Array(this.slots.length * 2 + HEADER_SLOTS);
    larger.set(this.slots);
    this.slots = larger;
    this.words = new Uint32Array(larger.buffer);
  }
}

function readWhole(file: number, bytes: Uint8Array, position: number): number {
  let got = 0;
  while (got < bytes.length) {
    const count = readSync(file, bytes, got, bytes.length - got, position + got);
    if (count === 0) break;
    got += count;
  }
  return got;
}

export class RunFile {
  private readonly folder: string;
  private readonly file: number;
  private readonly ends: number[] = [];
  private length = 0;
  /** Also where the process is ended from elsewhere: by an interrupt, or because nobody reads its output. */
  private readonly remove = (): void => rmSync(this.folder, { recursive: true, force: true });

  constructor(temporaryFolder: string = tmpdir()) {
    this.folder = mkdtempSync(join(temporaryFolder, 'emberwatch-'));
    this.file = openSync(join(this.folder, 'frames'), 'wx+');
    process.once('exit', this.remove);
  }

  /** Appends one sorted run; returns its size in bytes. */
  write(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; )
      at += writeSync(this.file, bytes, at, bytes.length - at, this.length + at);
    this.length += bytes.length;
    if (bytes.length > 0) this.ends.push(this.length);
    return bytes.length;
  }

  async merge(
    names: Names,
    sink: FrameSink,
    onMerged: (givenBytes: number, allBytes: number) => void | Promise<void>,
  ): Promise<void> {
    const share = Math.floor(MERGE_BYTES / Math.max(1, this.ends.length) / 8) * 8;
    const bufferBytes = Math.min(MAX_BUFFER_BYTES, Math.max(MIN_BUFFER_BYTES, share));
    const runs = this.ends.map((end, i) => new Run(this.file, i, this.ends[i - 1] ?? 0, end, bufferBytes));
    const heap = runs.filter((run) => run.advance());
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) siftDown(heap, i);
    const reader = new RecordReader(names);
    let [count, givenSlots] = [0, 0];
    for (let first = heap[0]; first; first = heap[0]) {
      givenSlots += slotsOfRecord(first.words, first.at);
      sink.frame(reader.read(first.slots, first.words, first.at));
      if (!first.advance()) {
        const last = heap.pop()!;
        if (heap.length > 0) heap[0] = last;
      }
      siftDown(heap, 0);
      if (++count % FRAMES_PER_TURN === 0) {
        await onMerged(givenSlots * 8, this.length);
        await nextTurn();
      }
    }
    await onMerged(this.length, this.length);
  }

  close(): void {
    closeSync(this.file);
    process.off('exit', this.remove);
    this.remove();
  }
}

const isBefore = (a: Run, b: Run): boolean =>
  a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);

function siftDown(heap: Run[], from: number): void {
  for (let i = from; ; ) {
    const left = 2 * i + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left;
    const [parent, smaller] = [heap[i]!, heap[child]!];
    if (!isBefore(smaller, parent)) return;
    heap[i] = smaller;
    heap[child] = parent;
    i = child;
  }
}
