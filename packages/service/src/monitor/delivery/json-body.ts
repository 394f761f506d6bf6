/** One record, a list of records, or `{"frames": […]}`; the line of a rejection is the position in the list, from 1. */
import {
  type FrameSink,
  InputError,
  jsonText,
  parseJson,
  type RecordDecoder,
} from '@emberwatch/engine/telemetry';
import { ServiceError } from '../../errors.ts';
import { jsonItems } from './json-items.ts';
import { SLICE_BYTES } from './slices.ts';
import type { Slices } from './turns.ts';

/** Work beside its bytes that a record takes, in bytes. */
const BYTES_OF_RECORD = 64;
/** What is kept of a broken record, for its rejection. */
const SHOWN_BYTES = 80;
const LIST_KEY = 'frames';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const startOf = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8').decode(bytes.subarray(0, SHOWN_BYTES));

/** @throws InputError where no item is telemetry; ServiceError `INVALID_JSON`, `BODY_TOO_LARGE` */
export function* readJsonBody(
  body: Uint8Array,
  records: RecordDecoder,
  sink: FrameSink,
  maxRecordBytes: number,
): Slices<void> {
  const reader = new ItemReader(records, sink);
  let bytes = 0;
  for (const item of jsonItems(body, maxRecordBytes)) {
    if (item.kind === 'around') reader.around(item.bytes);
    else if (item.kind === 'cut') reader.cut();
    else if (item.bytes.length > maxRecordBytes) reader.tooLong(item.bytes);
    else reader.record(item.bytes);
    bytes += item.bytes.length + BYTES_OF_RECORD;
    if (bytes < SLICE_BYTES) continue;
    bytes = 0;
    yield;
  }
  if (startOf(body).trim() === '') throw new ServiceError('INVALID_JSON', 'The body is empty.');
  reader.end();
}

class ItemReader {
  private items = 0;
  /** Items that are records of a known schema. */
  private fits = 0;
  private misfit: InputError | null = null;
  private broken: ServiceError | null = null;
  private readonly records: RecordDecoder;
  private readonly sink: FrameSink;

  constructor(records: RecordDecoder, sink: FrameSink) {
    this.records = records;
    this.sink = sink;
  }

  record(bytes: Uint8Array): void {
    this.items++;
    const item = this.parse(bytes);
    if (item === undefined) return;
    // An object whose list of frames was only found by reading it, such as one in single quotes.
    const frames = isRecord(item) ? item[LIST_KEY] : undefined;
    if (!Array.isArray(frames)) {
      this.take(item);
      return;
    }
    this.noteBeside(item as Record<string, unknown>);
    this.items--;
    for (const frame of frames) {
      this.items++;
      this.take(frame);
    }
  }

  /** What stands beside the list of frames says nothing that is evaluated. */
  around(bytes: Uint8Array): void {
    const object = this.parse(bytes);
    if (!isRecord(object)) return;
    const { [LIST_KEY]: frames } = object;
    if (!Array.isArray(frames) || frames.length > 0)
      throw new ServiceError('INVALID_JSON', '"frames" stands there twice.');
    this.noteBeside(object);
  }

  tooLong(bytes: Uint8Array): void {
    this.records.reject(++this.items, `${bytes.length} bytes: ${startOf(bytes)}`);
  }

  /** What was sent behind it, if anything, is lost. */
  cut(): void {
    this.records.reject(this.items + 1, 'the list of records has no end');
  }

  end(): void {
    if (this.items === 0) throw this.broken ?? new InputError('the list has no records');
    if (this.fits === 0) throw this.misfit ?? this.broken ?? new InputError('none of the items is an object');
  }

  private noteBeside(object: Record<string, unknown>): void {
    for (const name of Object.keys(object)) if (name !== LIST_KEY) this.sink.unknownField?.(name);
  }

  private take(item: unknown): void {
    try {
      if (this.records.decode(item, this.items)) this.fits++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.misfit ??= error;
      this.records.reject(this.items, jsonText(item));
    }
  }

  /** Undefined where it is no JSON: refused. A letter of another encoding costs the name in which it stands, no more. */
  private parse(bytes: Uint8Array): unknown {
    try {
      return parseJson(new TextDecoder('utf-8').decode(bytes));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.broken ??= new ServiceError('INVALID_JSON', error.message, error);
      this.records.reject(this.items, startOf(bytes));
      return undefined;
    }
  }
}
