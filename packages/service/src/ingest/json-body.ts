/** One record, a list of records, or `{"frames": […]}`; the line of a rejection is the position in the list, from 1. */
import { InputError, jsonText, type RecordDecoder } from '@emberwatch/engine/telemetry';
import { ServiceError } from '../errors.ts';
import { isDeeperThan } from '../json-depth.ts';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws InputError where no item is telemetry; ServiceError INVALID_JSON */
export function readJsonBody(body: Uint8Array, records: RecordDecoder): void {
  const items = recordsOf(parseJson(body));
  if (items.length === 0) throw new InputError('the list has no records');
  let misfit: unknown = null;
  let fits = 0;
  items.forEach((item, i) => {
    try {
      records.decode(item, i + 1);
      if (isRecord(item)) fits++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      misfit ??= error;
      records.refuse(i + 1, jsonText(item));
    }
  });
  if (fits === 0) throw misfit ?? new InputError('none of the items is an object');
}

/** A record has depth 1, in a list 2, with a list of cells 3. */
const MAX_JSON_DEPTH = 16;

function parseJson(body: Uint8Array): unknown {
  if (isDeeperThan(body, MAX_JSON_DEPTH))
    throw new InputError(`JSON nested deeper than ${MAX_JSON_DEPTH} levels`);
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
