/** From what a sender delivers to frames, a slice at a time. */
import {
  CsvRecordingReader,
  type DecoderOptions,
  type FrameSink,
  NdjsonRecordingReader,
  RecordDecoder,
} from '@emberwatch/engine/telemetry';
import { ServiceError } from '../../errors.ts';
import type { Limits } from '../../limits.ts';
import type { BodyFormat } from '../intake.ts';
import { readJsonBody } from './json-body.ts';
import { SLICE_BYTES, SLICE_FRAMES } from './slices.ts';
import type { Slices } from './turns.ts';

/** What a delivery is decoded with; the frames go to its clocks. */
export interface Decoding {
  readonly sink: FrameSink;
  readonly options: DecoderOptions;
  readonly limits: Pick<Limits, 'recordBytes' | 'recordFields' | 'rowsPerBody'>;
}

/** @throws InputError, ServiceError for what is no telemetry */
export function* decodeBody(
  format: BodyFormat,
  body: Uint8Array,
  { sink, options, limits }: Decoding,
): Slices<void> {
  if (format === 'json') {
    yield* readJsonBody(body, new RecordDecoder(null, sink, options), sink, limits.recordBytes);
    return;
  }
  const Reader = format === 'csv' ? CsvRecordingReader : NdjsonRecordingReader;
  const { recordBytes: maxLineBytes, recordFields: maxFields } = limits;
  const reader = new Reader(null, sink, { ...options, maxLineBytes, maxFields });
  for (let at = 0; at < body.length; at += SLICE_BYTES) {
    if (at > 0) yield;
    reader.push(body.subarray(at, at + SLICE_BYTES));
    // Lines with nothing in them are no rows, and cost time all the same.
    if (reader.lines > limits.rowsPerBody)
      throw new ServiceError('BODY_TOO_LARGE', `It has more than ${limits.rowsPerBody} lines.`);
  }
  reader.end();
}

export function* decodeRecords(
  records: readonly Readonly<Record<string, unknown>>[],
  { sink, options }: Decoding,
): Slices<void> {
  const decoder = new RecordDecoder(null, sink, options);
  for (let i = 0; i < records.length; i++) {
    if (i > 0 && i % SLICE_FRAMES === 0) yield;
    decoder.decode(records[i]!, i + 1);
  }
}
