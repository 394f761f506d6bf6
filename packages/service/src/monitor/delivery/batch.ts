/**
 * The frames of one delivery, put in order of time. Radio links and parallel senders reorder frames by seconds, and a
 * batch is often grouped by module, while siblings can only be compared at one instant. A stamp that leaps far ahead
 * stays where it stood, so that the clocks can tell that it is wrong. Rows of a module that carry one time are parts of
 * one frame; where a delivery has several samples a second under stamps of whole seconds, they are spread.
 */
import { type Frame, type FrameClocks, type FrameSink, newFrame } from '@emberwatch/engine/telemetry';
import type { BatchItem } from './batch-item.ts';
import { hasSharedTime, itemsBySample } from './same-time.ts';

/** Frames of a module that are out of order by no more than this are put in order. */
const REORDER_MS = 60_000;
/** Frames that are kept for the next batch; of a larger one the rest is given back. */
const MAX_POOLED = 20_000;

/** Frames of one module, in runs that are put in order each for itself: a stamp that leaps ends its run. */
interface Run {
  readonly items: BatchItem[];
  lastMs: number;
  isOrdered: boolean;
}

/** Frames are reused from batch to batch: 20,000 a second need not be made anew. */
export class Batch implements FrameClocks {
  private readonly pool: BatchItem[] = [];
  private readonly byModule = new Map<string, Run[]>();
  private count = 0;
  /** Elements of the lists of cells. */
  cellCount = 0;

  clear(): void {
    this.count = 0;
    this.cellCount = 0;
    this.byModule.clear();
    if (this.pool.length > MAX_POOLED) this.pool.length = MAX_POOLED;
  }

  get size(): number {
    return this.count;
  }

  lastMs(): undefined {
    return undefined;
  }

  expectStep(): void {}

  noteSetBack(): void {}

  flush(): void {}

  take(frame: Frame, line: number, _sink: FrameSink): null {
    const item = this.copied(frame, line);
    const { timeMs } = frame;
    let runs = this.byModule.get(frame.moduleId);
    if (!runs) {
      runs = [];
      this.byModule.set(frame.moduleId, runs);
    }
    const run = runs.at(-1);
    if (!run || run.lastMs - timeMs > REORDER_MS) {
      runs.push({ items: [item], lastMs: timeMs, isOrdered: true });
      return null;
    }
    run.items.push(item);
    if (timeMs < run.lastMs) run.isOrdered = false;
    else run.lastMs = timeMs;
    return null;
  }

  /** Rising by order; frames of one instant as they came. */
  ordered(): readonly BatchItem[] {
    const all: BatchItem[] = [];
    for (const runs of this.byModule.values()) {
      const start = all.length;
      for (const { items, isOrdered } of runs) {
        if (!isOrdered) items.sort((a, b) => a.frame.timeMs - b.frame.timeMs);
        for (const item of hasSharedTime(items) ? itemsBySample(items) : items) all.push(item);
      }
      let nextMs = Number.POSITIVE_INFINITY;
      for (let i = all.length - 1; i >= start; i--) {
        nextMs = Math.min(nextMs, all[i]!.frame.timeMs);
        all[i]!.orderMs = nextMs;
      }
    }
    return all.sort((a, b) => a.orderMs - b.orderMs);
  }

  private copied(frame: Frame, line: number): BatchItem {
    const item = (this.pool[this.count] ??= {
      frame: newFrame(''),
      line,
      stampMs: Number.NaN,
      orderMs: 0,
      rows: 1,
    });
    this.count++;
    item.line = line;
    item.stampMs = Number.NaN;
    item.rows = 1;
    const copy = item.frame;
    copy.moduleId = frame.moduleId;
    copy.rackId = frame.rackId;
    copy.timeMs = frame.timeMs;
    copy.values.set(frame.values);
    copy.impossible = frame.impossible;
    copy.cellVoltagesV = frame.cellVoltagesV?.slice() ?? null;
    copy.cellTemperaturesDegC = frame.cellTemperaturesDegC?.slice() ?? null;
    this.cellCount += (copy.cellVoltagesV?.length ?? 0) + (copy.cellTemperaturesDegC?.length ?? 0);
    return item;
  }
}
