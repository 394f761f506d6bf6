/** A frame: one module at one instant. Only the decoder makes one; what it refuses is a counted Rejection. */
import { CHANNEL_COUNT } from './channels.ts';

export type ModuleId = string & { readonly brand: 'ModuleId' };

/** Bits of `Frame.impossible` above the channels: an element of a cell array was refused. */
export const CELL_VOLTAGES_BIT = 1 << CHANNEL_COUNT;
export const CELL_TEMPERATURES_BIT = 1 << (CHANNEL_COUNT + 1);

export interface Frame {
  moduleId: ModuleId;
  rackId: string | null;
  /** Unix time, ms. */
  timeMs: number;
  /** By `CHANNEL_INDEX`, in the channel's unit; NaN where it was not measured. */
  readonly values: Float64Array;
  /** Bit i: channel i was delivered with a value that cannot be a measurement (it is NaN in `values`). */
  impossible: number;
  /** One value per cell, V; NaN where missing; null where the source has no cells. */
  cellVoltagesV: Float64Array | null;
  /** One value per cell or probe, °C; NaN where missing; null where the source has none. */
  cellTemperaturesDegC: Float64Array | null;
}

export const newFrame = (moduleId: string, rackId: string | null = null, timeMs = 0): Frame => ({
  moduleId: moduleId as ModuleId,
  rackId,
  timeMs,
  values: new Float64Array(CHANNEL_COUNT).fill(Number.NaN),
  impossible: 0,
  cellVoltagesV: null,
  cellTemperaturesDegC: null,
});

export const copyOfFrame = (frame: Frame): Frame => ({
  ...frame,
  values: frame.values.slice(),
  cellVoltagesV: frame.cellVoltagesV?.slice() ?? null,
  cellTemperaturesDegC: frame.cellTemperaturesDegC?.slice() ?? null,
});

/** Why a row or a value was refused. */
export const REJECTION_REASONS = {
  'not-a-number': 'text where a number belongs',
  'out-of-range': 'outside what the sensor can measure',
  sentinel: 'the device says "not available"',
  'bad-time': 'time cannot be read',
  'missing-time': 'no time',
  'duplicate-time': 'same time and same values as a row before of this module',
  'contradicting-values': 'other values than a row before of this module at the same time',
  'time-goes-back': 'earlier than the row before of this module',
  'time-leaps': 'far ahead; the next row of this module continues from before',
  'missing-module': 'no module name',
  'bad-name': 'no text where the name of a module or rack belongs',
  'unknown-module': 'not a module of this site',
  'bad-encoding': 'the module name is not UTF-8; convert the file',
  'bad-row': 'the row cannot be read',
  'too-many-fields': 'more fields than the header has',
  'too-few-fields': 'fewer fields than the header has',
  truncated: 'the file ends in the middle',
  'trailing-bytes': 'bytes after the end of the packed data, which is whole',
  'unreadable-file': 'a file of an archive cannot be read',
} as const;

export type RejectionReason = keyof typeof REJECTION_REASONS;

export interface Rejection {
  readonly reason: RejectionReason;
  /** `row`: the whole row was refused. `value`: one value was taken as missing, the rest of the row was judged. */
  readonly scope: 'row' | 'value';
  /** 1-based line of a text file, or row of a table. */
  readonly line: number;
  readonly column: string | null;
  /** As it stood in the source, cut at 60 characters. */
  readonly value: string | null;
  /** Which file of an archive, where it has several. */
  readonly entry?: string;
}

const MAX_QUOTED_VALUE_CHARS = 60;

export const quoteValue = (value: string): string =>
  value.length > MAX_QUOTED_VALUE_CHARS ? `${value.slice(0, MAX_QUOTED_VALUE_CHARS)}…` : value;

/** Rows in a run that were refused because the clock of their module had gone back. */
export interface ClockSetBack {
  readonly moduleId: string;
  /** Of the first row refused. */
  readonly line: number;
  /** Which file of an archive, where it has several. */
  readonly entry?: string;
  /** Stamps of the first and of the last row refused, Unix ms. */
  readonly fromMs: number;
  toMs: number;
  rows: number;
}

export interface FrameSink {
  /** The frame is reused for the next row: take what you need before returning. `line`: where it stood. */
  frame(frame: Frame, line?: number): void;
  /**
   * The last instant of a module anew, with what has come since: a further part of it, or channels that trail the others.
   * Where it is absent `frame` is given the whole; `part` is what came, at its own time.
   */
  part?(whole: Frame, part: Frame, line: number): void;
  rejection(rejection: Rejection): void;
  /** A field that the mapping does not know and that nobody said is passed over: of a header once, else of each record. */
  unknownField?(name: string): void;
  /** Told at the end of each run of rows refused as `time-goes-back`. */
  setBack?(setBack: ClockSetBack): void;
}
