/** What a payload is: said by the content type of MQTT 5, or told by how it begins. */
import type { BodyFormat } from '../../monitor/intake.ts';

const FORMATS: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
};

const LF = 10;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const BRACKET = 0x5b;
const isSpace = (byte: number | undefined): boolean =>
  byte === 32 || byte === 9 || byte === 13 || byte === LF;

/** Null: a content type that is none of ours. */
export function formatOf(payload: Uint8Array, contentType: string | undefined): BodyFormat | null {
  if (contentType !== undefined && contentType !== '') {
    return FORMATS[contentType.split(';')[0]!.trim().toLowerCase()] ?? null;
  }
  const start = firstOf(payload, 0);
  if (payload[start] === BRACKET) return 'json';
  if (payload[start] !== BRACE) return 'csv';
  return hasSecondRecord(payload, start) ? 'ndjson' : 'json';
}

function firstOf(payload: Uint8Array, from: number): number {
  const hasMark = from === 0 && payload[0] === 0xef && payload[1] === 0xbb && payload[2] === 0xbf;
  let i = hasMark ? 3 : from;
  while (isSpace(payload[i])) i++;
  return i;
}

/** `}`, a line end, `{`: two objects after one another, which JSON does not allow. */
function hasSecondRecord(payload: Uint8Array, start: number): boolean {
  const lineEnd = payload.indexOf(LF, start);
  if (lineEnd < 0) return false;
  let last = lineEnd - 1;
  while (last > start && isSpace(payload[last])) last--;
  return payload[last] === CLOSING_BRACE && payload[firstOf(payload, lineEnd)] === BRACE;
}
