/**
 * The records of a JSON body, found one after another without parsing the whole: a list of ten million empty objects
 * would hold the service for seconds, and a gigabyte with it. What is broken within a record is its own matter, as long as
 * its brackets tell where it ends.
 */
import { ServiceError } from '../../errors.ts';

const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
/** `[` and `{`, `]` and `}` differ in one bit, opening and closing in two more. */
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;
/** Brackets that are matched one by one; deeper ones are counted. */
const MATCHED_DEPTH = 64;
const FRAMES_KEY = '"frames"';

export interface JsonItem {
  readonly bytes: Uint8Array;
  /** `around`: the object that holds the list of frames, without it; `cut`: the list has no end. */
  readonly kind: 'record' | 'around' | 'cut';
}

/**
 * UTF-8 of each item of a list, or of `{"frames": […]}`; or of what stands one after another. An item may be no JSON.
 *
 * @param maxBytes of all that stands around the list of frames; an item may be of any length
 * @throws ServiceError `BODY_TOO_LARGE`
 */
export function* jsonItems(body: Uint8Array, maxBytes: number): Generator<JsonItem, void, void> {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  const start = afterSpace(body, hasMark ? 3 : 0);
  if (body[start] === OPEN_LIST) {
    yield* valuesAfter(body, yield* itemsOfList(body, start));
    return;
  }
  const list = body[start] === OPEN_OBJECT ? startOfFrames(body, start) : null;
  if (list === null) {
    yield* valuesAfter(body, start);
    return;
  }
  const end = yield* itemsOfList(body, list);
  if (list - start + body.length - end > maxBytes)
    throw new ServiceError('BODY_TOO_LARGE', `Around the list of frames stand more than ${maxBytes} bytes.`);
  const around = Buffer.concat([body.subarray(start, list), Buffer.from('[]'), body.subarray(end)]);
  yield { bytes: around, kind: 'around' };
}

/** @returns position behind the list */
function* itemsOfList(body: Uint8Array, start: number): Generator<JsonItem, number, void> {
  for (let at = afterSpace(body, start + 1); at < body.length; ) {
    if (body[at] === CLOSE_LIST) return at + 1;
    at = yield* itemAt(body, at);
  }
  yield { bytes: body.subarray(body.length), kind: 'cut' };
  return body.length;
}

function* valuesAfter(body: Uint8Array, start: number): Generator<JsonItem, void, void> {
  for (let at = afterSpace(body, start); at < body.length; ) at = yield* itemAt(body, at);
}

/** @returns where the next one begins, or the list ends */
function* itemAt(body: Uint8Array, at: number): Generator<JsonItem, number, void> {
  const found = endOfItem(body, at);
  // A bracket that closes nothing is an item of its own; between two commas stands an empty one.
  const end = found === at && body[at] !== COMMA ? at + 1 : found;
  yield { bytes: body.subarray(at, end), kind: 'record' };
  const next = afterSpace(body, end);
  return body[next] === COMMA ? afterSpace(body, next + 1) : next;
}

/** Where the list of `{"frames": […]}` begins; null: the object has none. */
function startOfFrames(body: Uint8Array, start: number): number | null {
  for (let at = start; body[at] === OPEN_OBJECT || body[at] === COMMA; ) {
    const key = afterSpace(body, at + 1);
    const keyEnd = body[key] === DOUBLE_QUOTE ? endOfString(body, key) + 1 : key;
    const colon = afterSpace(body, keyEnd);
    if (body[colon] !== COLON) return null;
    const value = afterSpace(body, colon + 1);
    if (body[value] === OPEN_LIST && isFramesKey(body, key, keyEnd)) return value;
    at = afterSpace(body, endOfItem(body, value));
  }
  return null;
}

const isFramesKey = (body: Uint8Array, start: number, end: number): boolean =>
  end - start === FRAMES_KEY.length &&
  FRAMES_KEY.split('').every((char, i) => body[start + i] === char.charCodeAt(0));

/**
 * Position behind a value and what belongs to it up to the next comma; of a list around it before its bracket. Where
 * brackets do not match, the outer one counts: an item that lacks its own ends with the list around it.
 */
function endOfItem(body: Uint8Array, start: number): number {
  const open: number[] = [];
  let deeper = 0;
  for (let i = start; i < body.length; i++) {
    const byte = body[i]!;
    if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) i = endOfString(body, i);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (open.length < MATCHED_DEPTH) open.push(byte + 2);
      else deeper++;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      if (deeper > 0) deeper--;
      else if (!open.includes(byte)) return i;
      else while (open.pop() !== byte);
      if (open.length === 0 && byte === CLOSE_OBJECT) return i + 1;
    } else if (byte === COMMA && open.length === 0) return i;
  }
  return body.length;
}

function endOfString(body: Uint8Array, start: number): number {
  const quote = body[start];
  let i = start + 1;
  while (i < body.length && body[i] !== quote) i += body[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** What is no space, nor the end mark that firmware sends along. */
function afterSpace(body: Uint8Array, start: number): number {
  let i = start;
  while (body[i] === 32 || body[i] === 10 || body[i] === 13 || body[i] === 9 || body[i] === 0) i++;
  return i;
}
