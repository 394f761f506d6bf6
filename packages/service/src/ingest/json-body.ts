/** One record, a list of records, or `{"frames": […]}`; the line of a rejection is the position in the list, from 1. */
import { InputError, jsonText, type RecordDecoder } from '@emberwatch/engine/telemetry';
import { jsonItems, parseJson } from './json-items.ts';
import { SLICE_BYTES } from './slices.ts';
import type { Slices } from './turns.ts';

/** Work beside its bytes that a record takes, in bytes. */
const BYTES_OF_RECORD = 64;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const startOf = (text: Uint8Array): string => Buffer.from(text.subarray(0, 80)).toString();

/** @throws InputError where no item is telemetry; ServiceError `INVALID_JSON`, `BODY_TOO_LARGE` */
export function* readJsonBody(
  body: Uint8Array,
  records: RecordDecoder,
  maxRecordBytes: number,
): Slices<void> {
  let items = 0;
  let fits = 0;
  let misfit: unknown = null;
  let bytes = 0;
  for (const text of jsonItems(body, maxRecordBytes)) {
    items++;
    if (text.length > maxRecordBytes) records.refuse(items, `${text.length} bytes: ${startOf(text)}`);
    else {
      const item = parseJson(text);
      try {
        records.decode(item, items);
        if (isRecord(item)) fits++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        misfit ??= error;
        records.refuse(items, jsonText(item));
      }
    }
    bytes += text.length + BYTES_OF_RECORD;
    if (bytes < SLICE_BYTES) continue;
    bytes = 0;
    yield;
  }
  if (items === 0) throw new InputError('the list has no records');
  if (fits === 0) throw misfit ?? new InputError('none of the items is an object');
}
