/**
 * A model as one file: a line that says what it is, its SHA-256 and its length, then JSON in ASCII. No code, nothing to
 * unpack; what was changed on the way is refused.
 *
 *     emberwatch-model 1 <sha256 of what follows the line, in hex> <bytes of it>
 *     {"name":"hazard-1", …}
 */
import { InputError, textOfUtf8 } from '../../telemetry/index.ts';
import { checkModel, MODEL_LIMITS } from './check.ts';
import type { ModelDocument } from './document.ts';

const MAGIC = 'emberwatch-model';
const VERSION = 1;
const MAX_HEADER_BYTES = 160;
const NEWLINE = 10;

/** SHA-256 of bytes in lower-case hex: the engine runs where it does not know who can compute it. */
export type Sha256 = (bytes: Uint8Array) => string;

/** The same document gives the same bytes. */
export function encodeModel(document: ModelDocument, sha256: Sha256): Uint8Array {
  checkModel(document);
  const json = `${JSON.stringify(document)}\n`.replace(/[\u0080-\uffff]/g, escaped);
  const payload = bytesOfAscii(json);
  const header = bytesOfAscii(`${MAGIC} ${VERSION} ${sha256(payload)} ${payload.length}\n`);
  const size = header.length + payload.length;
  if (size > MODEL_LIMITS.bytes)
    throw new InputError(`model: ${size} bytes; at most ${MODEL_LIMITS.bytes} are read`);
  const bytes = new Uint8Array(size);
  bytes.set(header);
  bytes.set(payload, header.length);
  return bytes;
}

/** @throws InputError that says what is wrong with the file, or where in the document */
export function decodeModel(bytes: Uint8Array, sha256: Sha256): ModelDocument {
  if (bytes.length > MODEL_LIMITS.bytes)
    throw new InputError(`model: ${bytes.length} bytes; at most ${MODEL_LIMITS.bytes} are read`);
  const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(NEWLINE);
  const header =
    end < 0 ? null : /^(\S+) (\d{1,9}) ([0-9a-f]{64}) (\d{1,12})$/.exec(textOfUtf8(bytes, 0, end));
  if (!header || header[1] !== MAGIC)
    throw new InputError(`model: not a model file: its first line does not say "${MAGIC}"`);
  if (Number(header[2]) !== VERSION)
    throw new InputError(`model: format version ${header[2]}; this program reads version ${VERSION}`);
  const payload = bytes.subarray(end + 1);
  if (payload.length !== Number(header[4]))
    throw new InputError(
      `model: ${payload.length} bytes follow the first line, which promises ${header[4]}: the file is cut or mixed up`,
    );
  const hash = sha256(payload);
  if (hash !== header[3])
    throw new InputError(
      `model: its SHA-256 is ${hash}, the first line says ${header[3]}: the file was changed`,
    );
  const document = parsed(textOfUtf8(payload, 0, payload.length));
  checkModel(document);
  return document;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new InputError(`model: the document is not JSON: ${(error as Error).message}`);
  }
}

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

const bytesOfAscii = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
};
