/**
 * Frames of all modules in time order, in bounded memory. Files are often grouped by module or written in
 * batches by gateway, and siblings can only be compared at the same time. What arrives out of order is sorted
 * in blocks, written to a temporary file and merged from there.
 */
import type { Frame, FrameSink, Rejection } from '@emberwatch/engine/telemetry';
import { FrameBlock } from './block.ts';
import { RunFile } from './runs.ts';

/** Frames held in memory: enough to see whether a file is in order, and the size of a sorted run. */
const BLOCK_BYTES = 16 * 1024 * 1024;

export interface OrderOptions {
  readonly blockBytes?: number;
  /** Where the temporary file is made; the system's folder where absent. */
  readonly temporaryFolder?: string;
}

export class FrameOrder implements FrameSink {
  /** Bytes written to the temporary file; 0 where the source was in order. */
  spilledBytes = 0;
  /** Frames that came after later ones had been given away: the source began in order and then was not. */
  lateFrames = 0;
  private readonly sink: FrameSink;
  private readonly options: OrderOptions;
  private readonly block: FrameBlock;
  private runs: RunFile | null = null;
  private isInOrder = false;
  private lastGivenMs = Number.NEGATIVE_INFINITY;

  constructor(sink: FrameSink, options: OrderOptions = {}) {
    this.sink = sink;
    this.options = options;
    this.block = new FrameBlock(options.blockBytes ?? BLOCK_BYTES);
  }

  rejection(rejection: Rejection): void {
    this.sink.rejection(rejection);
  }

  frame(frame: Frame): void {
    if (frame.timeMs < this.lastGivenMs) {
      this.isInOrder = false;
      this.lateFrames++;
    }
    if (!this.isInOrder && !this.block.hasRoomFor(frame)) this.makeRoom();
    if (!this.isInOrder) {
      this.block.add(frame);
      return;
    }
    this.lastGivenMs = frame.timeMs;
    this.sink.frame(frame);
  }

  /** Gives the rest, in order. `onMerged` is told how much of the temporary file has been given. */
  async finish(
    onMerged: (givenBytes: number, allBytes: number) => void | Promise<void> = () => {},
  ): Promise<void> {
    this.block.sort();
    if (!this.runs) {
      this.block.giveTo(this.sink);
      return;
    }
    this.writeRun();
    await this.runs.merge(this.block.names, this.sink, onMerged);
  }

  /** Removes the temporary file. */
  close(): void {
    this.runs?.close();
    this.runs = null;
  }

  private makeRoom(): void {
    // Several modules in order over a whole block: the source is written in time order, nothing need wait.
    const isOrdered = this.block.isSorted && this.block.names.moduleCount > 1;
    if (isOrdered && !this.runs && this.lateFrames === 0) {
      this.block.giveTo(this.sink);
      this.lastGivenMs = Math.max(this.lastGivenMs, this.block.lastTimeMs);
      this.block.clear();
      this.isInOrder = true;
      return;
    }
    this.block.sort();
    this.writeRun();
  }

  private writeRun(): void {
    this.runs ??= new RunFile(this.options.temporaryFolder);
    this.spilledBytes += this.runs.write(this.block.sortedBytes());
    this.block.clear();
  }
}
