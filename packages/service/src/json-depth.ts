/** Counted before parsing: what nests a hundred thousand deep costs a stack. */
const QUOTE = 34;
const BACKSLASH = 92;
/** `[` and `{`, `]` and `}` differ in one bit. */
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACKET_MASK = 0xdf;

/** Whether JSON in UTF-8 nests deeper than so many levels; brackets inside of text are none. */
export function isDeeperThan(body: Uint8Array, levels: number): boolean {
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!;
    if (byte === QUOTE) i = endOfString(body, i);
    else if ((byte & BRACKET_MASK) === OPEN) depth++;
    else if ((byte & BRACKET_MASK) === CLOSE) depth--;
    if (depth > levels) return true;
  }
  return false;
}

function endOfString(body: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < body.length && body[i] !== QUOTE) i += body[i] === BACKSLASH ? 2 : 1;
  return i;
}
