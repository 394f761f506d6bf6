/**
 * Causal cleaning: a row rests on what came before it, and where a value is suspected on the next one or two rows of
 * its module. The same code can run on a live site, so training sees what live sees.
 */
import { CHANNEL_COUNT, copyOfFrame, type Frame, newFrame } from '@emberwatch/engine/telemetry';
import { OutlierFilter } from './outliers.ts';

export interface CleanOptions {
  /** Rows of each module at whole multiples of this; at their own instants unless given. */
  readonly everyMs?: number;
  /** A value this old no longer stands for a missing one. */
  readonly maxAgeMs?: number;
}

/** Unless told otherwise, and never shorter than three steps of the grid. */
const MAX_AGE_MS = 60_000;
const MAX_AGE_STEPS = 3;

/** The frame is used again. Bits are those of the channels. */
export interface CleanRow {
  frame: Frame;
  /** Values that were missing or removed, and were taken from an earlier row of the module. */
  imputed: number;
}

export interface CleanCounts {
  rowsIn: number;
  rowsOut: number;
  /** By channel: values removed as outliers, missing ones filled, and those that stayed missing. */
  readonly removed: Float64Array;
  readonly imputed: Float64Array;
  readonly missing: Float64Array;
  /** Pauses of a module longer than a value may be old. No row is made up in them. */
  gaps: number;
}

interface Module {
  readonly filter: OutlierFilter;
  /** Last measured value of each channel, and when. */
  readonly values: Float64Array;
  readonly timesMs: Float64Array;
  /** The row that is given when its instant of the grid is over. */
  latest: Frame | null;
  lastMs: number;
}

export class Cleaner {
  readonly counts: CleanCounts = {
    rowsIn: 0,
    rowsOut: 0,
    removed: new Float64Array(CHANNEL_COUNT),
    imputed: new Float64Array(CHANNEL_COUNT),
    missing: new Float64Array(CHANNEL_COUNT),
    gaps: 0,
  };
  private readonly everyMs: number;
  private readonly maxAgeMs: number;
  private readonly sink: (row: CleanRow) => void;
  private readonly modules = new Map<string, Module>();
  private readonly row: CleanRow = { frame: newFrame(''), imputed: 0 };

  constructor(options: CleanOptions, sink: (row: CleanRow) => void) {
    this.everyMs = options.everyMs ?? 0;
    this.maxAgeMs = Math.max(options.maxAgeMs ?? MAX_AGE_MS, MAX_AGE_STEPS * this.everyMs);
    this.sink = sink;
  }

  /** Frames of a module come in rising time. The frame may be used again by the caller. */
  take(frame: Frame): void {
    this.counts.rowsIn++;
    const module = this.modules.get(frame.moduleId) ?? this.join(frame.moduleId);
    module.filter.take(frame);
  }

  finish(): void {
    for (const module of this.modules.values()) {
      module.filter.finish();
      if (module.latest) this.give(module, module.latest, this.instantOf(module.latest.timeMs));
    }
  }

  private join(moduleId: string): Module {
    const module: Module = {
      filter: new OutlierFilter((frame, removed) => this.treated(module, frame, removed)),
      values: new Float64Array(CHANNEL_COUNT).fill(Number.NaN),
      timesMs: new Float64Array(CHANNEL_COUNT).fill(Number.NEGATIVE_INFINITY),
      latest: null,
      lastMs: Number.NaN,
    };
    this.modules.set(moduleId, module);
    return module;
  }

  /** The first instant of the grid at which the frame is known. */
  private instantOf(timeMs: number): number {
    return this.everyMs > 0 ? Math.ceil(timeMs / this.everyMs) * this.everyMs : timeMs;
  }

  private treated(module: Module, frame: Frame, removed: number): void {
    const { latest } = module;
    const instantMs = this.instantOf(frame.timeMs);
    if (latest && this.instantOf(latest.timeMs) < instantMs)
      this.give(module, latest, this.instantOf(latest.timeMs));
    if (frame.timeMs - module.lastMs > this.maxAgeMs) this.counts.gaps++;
    module.lastMs = frame.timeMs;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      if ((removed & (1 << i)) !== 0) this.counts.removed[i]!++;
      const value = frame.values[i]!;
      if (Number.isNaN(value)) continue;
      module.values[i] = value;
      module.timesMs[i] = frame.timeMs;
    }
    if (this.everyMs > 0) module.latest = copyOfFrame(frame);
    else this.give(module, frame, instantMs);
  }

  /** A row at an instant: of each channel what is known of it by then, if it is not too old. */
  private give(module: Module, frame: Frame, instantMs: number): void {
    const { row, counts } = this;
    module.latest = null;
    const startMs = this.everyMs > 0 ? instantMs - this.everyMs : frame.timeMs - 1;
    row.frame = frame;
    row.imputed = 0;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const measuredMs = module.timesMs[i]!;
      const isKnown = instantMs - measuredMs <= this.maxAgeMs;
      frame.values[i] = isKnown ? module.values[i]! : Number.NaN;
      if (!isKnown) counts.missing[i]!++;
      else if (measuredMs <= startMs) {
        row.imputed |= 1 << i;
        counts.imputed[i]!++;
      }
    }
    frame.timeMs = instantMs;
    counts.rowsOut++;
    this.sink(row);
  }
}
