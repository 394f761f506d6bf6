/**
 * JSON as devices write it. What is valid goes through `JSON.parse`; the rest is read once more, so that one `NaN` costs
 * its value and not the record. Also taken: commas at the end, keys without quotes, single quotes, `True` and `None`.
 * A key that stands twice in one object with different values has none: `JSON.parse` would take the last, whichever it is.
 */

import { numberOfText } from './number-text.ts';

/** What stands where a value belongs and is none: `NaN`, `None`, `0x1F`, nothing at all. */
export class NoValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** A record has depth 1, in a list 2, with a list of cells 3. */
const MAX_JSON_DEPTH = 16;

/** Of each value of a key that stands twice. */
const MAX_SHOWN_CHARS = 30;

const TAB = 9;
const LF = 10;
const CR = 13;
const BLANK = 32;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_RECORD = 123;
const CLOSE_RECORD = 125;
const BYTE_ORDER_MARK = 0xfeff;

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Blanks, and the end mark that firmware sends along with its text. */
const isBlank = (code: number): boolean =>
  code === BLANK || code === LF || code === CR || code === TAB || code === 0 || code === BYTE_ORDER_MARK;
const isQuote = (code: number): boolean => code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
const endsWord = (code: number): boolean =>
  isBlank(code) ||
  code === COMMA ||
  code === COLON ||
  code === CLOSE_LIST ||
  code === CLOSE_RECORD ||
  code === OPEN_LIST ||
  code === OPEN_RECORD ||
  isQuote(code);

/**
 * The value of a JSON text; `NoValue` stands for each value within that cannot be read, or that nests too deep.
 *
 * @throws SyntaxError where the text ends within a value, or is no JSON in any other way
 */
export function parseJson(text: string): unknown {
  let error: unknown = new SyntaxError(`JSON nested deeper than ${MAX_JSON_DEPTH} levels`);
  const members = countMembers(text);
  if (members !== null)
    try {
      const value: unknown = JSON.parse(text);
      if (membersOf(value) === members) return value;
    } catch (caught) {
      error = caught;
    }
  try {
    return new TolerantReader(text).whole();
  } catch (unreadable) {
    throw unreadable instanceof Unreadable ? error : unreadable;
  }
}

/** Members of all objects as they are written; null where they nest too deep. Brackets and colons inside of text are none. */
function countMembers(text: string): number | null {
  let depth = 0;
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOUBLE_QUOTE) {
      const end = endOfText(text, i);
      if (end < 0) return members;
      i = end - 1;
    } else if (code === COLON) members++;
    else if (code === OPEN_LIST || code === OPEN_RECORD) {
      if (++depth > MAX_JSON_DEPTH) return null;
    } else if (code === CLOSE_LIST || code === CLOSE_RECORD) depth--;
  }
  return members;
}

/** Members of all objects in what was parsed: fewer where a key stands twice. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    // A list of numbers has none; one that is not of numbers only is read once more.
    if (typeof value[0] !== 'number') for (const item of value) members += membersOf(item);
    return members;
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    members += 1 + membersOf(member);
  }
  return members;
}

/** Behind the closing quote of the text that begins at `start`; -1 where there is none. */
function endOfText(text: string, start: number): number {
  const quote = text[start]!;
  for (let end = text.indexOf(quote, start + 1); end >= 0; end = text.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return -1;
}

/** Of a key that stands twice. */
function bothOf(first: unknown, second: unknown): unknown {
  const [a, b] = [first, second].map((value) => JSON.stringify(value).slice(0, MAX_SHOWN_CHARS));
  return a === b ? second : new NoValue(`${a} and ${b}`);
}

class Unreadable extends Error {}

/** Reads each character once. */
class TolerantReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The one value that the text is. @throws Unreadable */
  whole(): unknown {
    const value = this.value(1);
    this.skipBlanks();
    if (this.at < this.text.length) throw new Unreadable();
    return value;
  }

  private get code(): number {
    return this.text.charCodeAt(this.at);
  }

  private skipBlanks(): void {
    while (this.at < this.text.length && isBlank(this.code)) this.at++;
  }

  private value(depth: number): unknown {
    this.skipBlanks();
    const { code } = this;
    if (depth > MAX_JSON_DEPTH && (code === OPEN_RECORD || code === OPEN_LIST)) return this.tooDeep();
    if (code === OPEN_RECORD) return this.record(depth);
    if (code === OPEN_LIST) return this.list(depth);
    return isQuote(code) ? this.quoted() : this.word();
  }

  /** Passed over by its brackets. */
  private tooDeep(): NoValue {
    let depth = 0;
    for (; this.at < this.text.length; this.at++) {
      const { code } = this;
      if (isQuote(code)) {
        const end = endOfText(this.text, this.at);
        if (end < 0) throw new Unreadable();
        this.at = end - 1;
      } else if (code === OPEN_RECORD || code === OPEN_LIST) depth++;
      else if ((code === CLOSE_RECORD || code === CLOSE_LIST) && --depth === 0) {
        this.at++;
        return new NoValue('(nested too deep to show)');
      }
    }
    throw new Unreadable();
  }

  private record(depth: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    this.at++;
    for (;;) {
      this.skipBlanks();
      if (this.code === CLOSE_RECORD) {
        this.at++;
        return record;
      }
      if (this.code === COMMA) {
        this.at++;
        continue;
      }
      const key = this.key();
      this.skipBlanks();
      if (this.code !== COLON) throw new Unreadable();
      this.at++;
      const given = this.value(depth + 1);
      const value = Object.hasOwn(record, key) ? bothOf(record[key], given) : given;
      // An own property, also where it is called __proto__.
      Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
      this.endMember(CLOSE_RECORD);
    }
  }

  private list(depth: number): unknown[] {
    const list: unknown[] = [];
    this.at++;
    for (;;) {
      this.skipBlanks();
      if (this.code === CLOSE_LIST) {
        this.at++;
        return list;
      }
      list.push(this.value(depth + 1));
      this.endMember(CLOSE_LIST);
    }
  }

  /** A comma, or the bracket that closes, which stays. */
  private endMember(close: number): void {
    this.skipBlanks();
    if (this.code === COMMA) this.at++;
    else if (this.code !== close) throw new Unreadable();
  }

  private key(): string {
    if (isQuote(this.code)) return this.quoted();
    const key = this.wordText();
    if (key === '') throw new Unreadable();
    return key;
  }

  /** Escapes of JSON; others, and line ends within, stay as they stand. */
  private quoted(): string {
    const { text, at } = this;
    const end = endOfText(text, at);
    if (end < 0) throw new Unreadable();
    this.at = end;
    return text
      .slice(at + 1, end - 1)
      .replace(/\\(?:u([0-9a-fA-F]{4})|([^u]))/g, (_, code: string | undefined, letter: string) =>
        code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
      );
  }

  private wordText(): string {
    const start = this.at;
    while (this.at < this.text.length && !endsWord(this.code)) this.at++;
    return this.text.slice(start, this.at);
  }

  private word(): unknown {
    if (this.at >= this.text.length) throw new Unreadable();
    const word = this.wordText();
    if (word === 'null') return null;
    if (word === 'true' || word === 'True') return true;
    if (word === 'false' || word === 'False') return false;
    const number = numberOfText(word);
    return Number.isNaN(number) ? new NoValue(word) : number;
  }
}
