/** UTF-8 by hand: the engine knows no TextDecoder. */

const PIECE_CHARS = 4096;

/** Broken sequences become U+FFFD. */
export const textOfUtf8 = (bytes: Uint8Array, start: number, end: number): string =>
  decoded(bytes, start, end, () => '\ufffd');

/** Bytes of broken sequences become `\xE9`. */
export const escapedUtf8 = (bytes: Uint8Array, start: number, end: number): string =>
  decoded(bytes, start, end, (byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`);

function decoded(bytes: Uint8Array, start: number, end: number, ofBroken: (byte: number) => string): string {
  let ascii = start;
  while (ascii < end && bytes[ascii]! < 0x80) ascii++;
  let text = textOfAscii(bytes, start, ascii);
  for (let i = ascii; i < end; ) {
    const first = bytes[i]!;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      i++;
      continue;
    }
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    let code = first & (0x7f >> length);
    let valid = length > 0 && i + length <= end;
    for (let k = 1; valid && k < length; k++) {
      valid = (bytes[i + k]! & 0xc0) === 0x80;
      code = (code << 6) | (bytes[i + k]! & 0x3f);
    }
    valid &&= code <= 0x10ffff;
    text += valid ? String.fromCodePoint(code) : ofBroken(first);
    i += valid ? length : 1;
  }
  return text;
}

function textOfAscii(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += PIECE_CHARS) {
    const piece = bytes.subarray(at, Math.min(end, at + PIECE_CHARS));
    text += String.fromCharCode.apply(null, piece as unknown as number[]);
  }
  return text;
}
