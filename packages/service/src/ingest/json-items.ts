/**
 * The records of a JSON body, found one after another without parsing the whole: a list of ten million empty objects
 * would hold the service for seconds, and a gigabyte with it.
 */
import { InputError } from '@emberwatch/engine/telemetry';
import { ServiceError } from '../errors.ts';

/** A record has depth 1, in a list 2, with a list of cells 3. */
const MAX_JSON_DEPTH = 16;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
/** `[` and `{`, `]` and `}` differ in one bit. */
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const BRACKET_MASK = 0xdf;
const FRAMES_KEY = '"frames"';

/**
 * UTF-8 of each item of a list, or of `{"frames": […]}`; the body itself where it is one record. What stands between
 * the commas is not checked, and of any length.
 *
 * @param maxBytes of all that stands around the list of frames
 * @throws ServiceError `INVALID_JSON`, `BODY_TOO_LARGE`; InputError for what nests too deep
 */
export function* jsonItems(body: Uint8Array, maxBytes: number): Generator<Uint8Array, void, void> {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  const start = afterSpace(body, hasMark ? 3 : 0);
  if (body[start] === OPEN_LIST) {
    const end = yield* itemsOfList(body, start, 1);
    if (afterSpace(body, end) < body.length) throw invalid('Something stands behind the list.');
    return;
  }
  const list = body[start] === OPEN_OBJECT ? startOfFrames(body, start) : null;
  if (list === null) {
    endOfValue(body, start, 0);
    yield body.subarray(start);
    return;
  }
  const end = yield* itemsOfList(body, list, 2);
  checkAround(body.subarray(start, list), body.subarray(end), maxBytes);
}

/** @returns position behind the list */
function* itemsOfList(body: Uint8Array, start: number, depth: number): Generator<Uint8Array, number, void> {
  const first = afterSpace(body, start + 1);
  if (body[first] === CLOSE_LIST) return first + 1;
  for (let at = start + 1; ; ) {
    const end = endOfValue(body, at, depth);
    yield body.subarray(at, end);
    if (body[end] === CLOSE_LIST) return end + 1;
    if (body[end] !== COMMA) throw invalid('The list of records has no end.');
    at = end + 1;
  }
}

/** Where the list of `{"frames": […]}` begins; null: the object has none. */
function startOfFrames(body: Uint8Array, start: number): number | null {
  for (let at = start; body[at] === OPEN_OBJECT || body[at] === COMMA; ) {
    const key = afterSpace(body, at + 1);
    const keyEnd = body[key] === QUOTE ? endOfString(body, key) + 1 : key;
    const colon = afterSpace(body, keyEnd);
    if (body[colon] !== COLON) return null;
    const value = afterSpace(body, colon + 1);
    if (body[value] === OPEN_LIST && isFramesKey(body, key, keyEnd)) return value;
    at = endOfValue(body, value, 1);
  }
  return null;
}

const isFramesKey = (body: Uint8Array, start: number, end: number): boolean =>
  end - start === FRAMES_KEY.length &&
  FRAMES_KEY.split('').every((char, i) => body[start + i] === char.charCodeAt(0));

/** What stands around the list is JSON, and has no second list of frames. */
function checkAround(before: Uint8Array, after: Uint8Array, maxBytes: number): void {
  if (before.length + after.length > maxBytes)
    throw new ServiceError('BODY_TOO_LARGE', `Around the list of frames stand more than ${maxBytes} bytes.`);
  const rest = parseJson(Buffer.concat([before, Buffer.from('[]'), after])) as { frames: unknown };
  if (!Array.isArray(rest.frames) || rest.frames.length > 0) throw invalid('"frames" stands there twice.');
}

/** @throws ServiceError `INVALID_JSON` */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : '', error);
  }
}

/** Position of the comma or bracket that ends a value; the end of the body where there is none. */
function endOfValue(body: Uint8Array, start: number, outerDepth: number): number {
  let depth = outerDepth;
  for (let i = start; i < body.length; i++) {
    const byte = body[i]!;
    if (byte === QUOTE) i = endOfString(body, i);
    else if (byte === COMMA && depth === outerDepth) return i;
    else if ((byte & BRACKET_MASK) === OPEN_LIST) depth++;
    else if ((byte & BRACKET_MASK) === CLOSE_LIST && --depth < outerDepth) return i;
    if (depth > MAX_JSON_DEPTH) throw new InputError(`JSON nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  return body.length;
}

function endOfString(body: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < body.length && body[i] !== QUOTE) i += body[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** What is no space. */
function afterSpace(body: Uint8Array, start: number): number {
  let i = start;
  while (body[i] === 32 || body[i] === 10 || body[i] === 13 || body[i] === 9) i++;
  return i;
}

const invalid = (detail: string, cause?: unknown): ServiceError =>
  new ServiceError('INVALID_JSON', detail, cause);
