/** The one door for measurements: bodies in, frames to the fleet, everything that is refused counted. */
import {
  CsvRecordingReader,
  type FrameSink,
  InputError,
  jsonText,
  ModuleClocks,
  NdjsonRecordingReader,
  quoteValue,
  RecordDecoder,
  type RecordingReader,
  type Rejection,
  type RejectionReason,
} from '@emberwatch/engine/telemetry';
import { type ErrorCode, ServiceError } from '../errors.ts';
import type { Fleet, Refusal } from '../fleet.ts';

export type BodyFormat = 'json' | 'ndjson' | 'csv';

export interface IngestRejection extends Omit<Rejection, 'reason'> {
  readonly reason: RejectionReason | Refusal;
}

export interface IngestAnswer {
  accepted: number;
  /** Rows refused. */
  rejected: number;
  /** Single values taken as missing; their rows were judged. */
  rejectedValues: number;
  rejections: IngestRejection[];
}

export interface IngestResult extends IngestAnswer {
  /** Set where nothing was taken although it did not come a second time. */
  readonly failure: ErrorCode | null;
}

/** A batch that is delivered twice is no error of its sender. */
const REDELIVERED: ReadonlySet<string> = new Set(['duplicate-time', 'time-goes-back']);

/** Refusals that name the time; the others name the module. */
const TIME_REFUSALS: ReadonlySet<Refusal> = new Set(['future-time', 'leaps-ahead', 'behind-site']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class IngestDoor {
  readonly totals = { accepted: 0, rejected: 0, rejectedValues: 0, batches: 0 };
  readonly rejectionsByReason = new Map<string, number>();
  private readonly fleet: Fleet;
  /** Clocks of the modules outlive the requests. */
  private readonly clocks = new ModuleClocks();

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Throws ServiceError where the body is no telemetry at all. */
  take(format: BodyFormat, body: Uint8Array): IngestResult {
    const answer: IngestAnswer = { accepted: 0, rejected: 0, rejectedValues: 0, rejections: [] };
    let wasRedelivered = false;
    const refuse = (rejection: IngestRejection): void => {
      if (REDELIVERED.has(rejection.reason)) wasRedelivered = true;
      this.count(answer, rejection);
    };
    const sink: FrameSink = {
      frame: (frame, line = reader.lines) => {
        const refusal = this.fleet.observe(frame);
        if (refusal === null) {
          answer.accepted++;
          return;
        }
        this.restoreClock(frame.moduleId);
        const isTime = TIME_REFUSALS.has(refusal);
        const value = isTime ? new Date(frame.timeMs).toISOString() : quoteValue(frame.moduleId);
        const column = isTime ? 'time' : 'module';
        refuse({ reason: refusal, scope: 'row', line, column, value });
      },
      rejection: refuse,
    };
    const reader = this.readerOf(format, sink);
    try {
      reader.push(body);
      reader.end();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new ServiceError('NO_TELEMETRY', error.message, error);
    } finally {
      this.clocks.flush(sink);
      this.totals.accepted += answer.accepted;
      this.totals.batches++;
    }
    return { ...answer, failure: answer.accepted === 0 && !wasRedelivered ? 'NOTHING_TAKEN' : null };
  }

  private readerOf(format: BodyFormat, sink: FrameSink): Pick<RecordingReader, 'push' | 'end' | 'lines'> {
    const options = { clocks: this.clocks };
    if (format === 'csv') return new CsvRecordingReader(null, sink, options);
    if (format === 'ndjson') return new NdjsonRecordingReader(null, sink, options);
    return new JsonBodyReader(new RecordDecoder(null, sink, options));
  }

  /** The decoder has moved the clock of a module whose frame was then refused. */
  private restoreClock(moduleId: string): void {
    this.clocks.setLastMs(moduleId, this.fleet.lastTimeMs(moduleId));
  }

  private count(answer: IngestAnswer, rejection: IngestRejection): void {
    const isRow = rejection.scope === 'row';
    answer[isRow ? 'rejected' : 'rejectedValues']++;
    this.totals[isRow ? 'rejected' : 'rejectedValues']++;
    const { reason } = rejection;
    this.rejectionsByReason.set(reason, (this.rejectionsByReason.get(reason) ?? 0) + 1);
    if (answer.rejections.length < this.fleet.limits.rejectionsListed) answer.rejections.push(rejection);
  }
}

/** One record, a list of records, or `{"frames": […]}`; `line` is the position in the list, from 1. */
class JsonBodyReader {
  lines = 0;
  private body: Uint8Array = new Uint8Array(0);
  private readonly records: RecordDecoder;

  constructor(records: RecordDecoder) {
    this.records = records;
  }

  push(body: Uint8Array): void {
    this.body = body;
  }

  end(): void {
    const items = recordsOf(parseJson(this.body));
    if (items.length === 0) throw new InputError('the list has no records');
    let misfit: unknown = null;
    let fits = 0;
    for (const item of items) {
      this.lines++;
      try {
        this.records.decode(item, this.lines);
        if (isRecord(item)) fits++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        misfit ??= error;
        this.records.refuse(this.lines, jsonText(item));
      }
    }
    if (fits > 0) return;
    throw misfit ?? new InputError('none of the items is an object');
  }
}

/** A record has depth 1, in a list 2, with a list of cells 3. */
const MAX_JSON_DEPTH = 16;
const QUOTE = 34;
const BACKSLASH = 92;
/** `[` and `{`, `]` and `}` differ in one bit. */
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACKET_MASK = 0xdf;

/** Counted before parsing: what nests a hundred thousand deep costs a stack, and is no telemetry. */
function checkDepth(body: Uint8Array): void {
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!;
    if (byte === QUOTE) i = endOfString(body, i);
    else if ((byte & BRACKET_MASK) === OPEN) depth++;
    else if ((byte & BRACKET_MASK) === CLOSE) depth--;
    if (depth > MAX_JSON_DEPTH) throw new InputError(`JSON nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
}

function endOfString(body: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < body.length && body[i] !== QUOTE) i += body[i] === BACKSLASH ? 2 : 1;
  return i;
}

function parseJson(body: Uint8Array): unknown {
  checkDepth(body);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new ServiceError('INVALID_JSON', error instanceof Error ? error.message : undefined, error);
  }
}

function recordsOf(parsed: unknown): unknown[] {
  if (Array.isArray(parsed)) return parsed;
  if (!isRecord(parsed)) throw new InputError('a record, a list of records, or {"frames": […]} is expected');
  const frames = parsed['frames'];
  return Array.isArray(frames) ? frames : [parsed];
}
