/** Text of UTF-8 bytes: short ASCII by hand, everything else by the decoder of the platform (Node, browsers, workers). */

/** The part of the WHATWG Encoding Standard that is used here; the engine knows no library of a platform. */
declare const TextDecoder: new (
  label: 'utf-8',
  options: { readonly ignoreBOM: boolean; readonly fatal: boolean },
) => { decode(bytes: Uint8Array): string };

const PIECE_CHARS = 4096;
const MAX_SEQUENCE_BYTES = 4;

const replacing = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Broken sequences become U+FFFD. */
export function textOfUtf8(bytes: Uint8Array, start: number, end: number): string {
  let ascii = start;
  while (ascii < end && bytes[ascii]! < 0x80) ascii++;
  return ascii === end ? textOfAscii(bytes, start, end) : replacing.decode(bytes.subarray(start, end));
}

/** Each byte of broken sequences becomes `\xE9`: for messages that name a value. */
export function escapedUtf8(bytes: Uint8Array, start: number, end: number): string {
  const whole = strictText(bytes, start, end);
  if (whole !== null) return whole;
  let text = '';
  for (let at = start; at < end; ) {
    let length = 1;
    let character = strictText(bytes, at, at + 1);
    while (character === null && length < MAX_SEQUENCE_BYTES && at + length < end)
      character = strictText(bytes, at, at + ++length);
    text += character ?? `\\x${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}`;
    at += character === null ? 1 : length;
  }
  return text;
}

function strictText(bytes: Uint8Array, start: number, end: number): string | null {
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch {
    return null;
  }
}

function textOfAscii(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += PIECE_CHARS) {
    const piece = bytes.subarray(at, Math.min(end, at + PIECE_CHARS));
    text += String.fromCharCode.apply(null, piece as unknown as number[]);
  }
  return text;
}
