/**
 * CSV from bytes, in pieces of any size, without making a string for a number. Lines may end in LF, CR LF or
 * CR, mixed. A line break ends a row even inside quotes: telemetry has none there, and one stray quote must
 * not swallow the rest of a file.
 */
import { InputError } from './mapping.ts';
import { numberOfText } from './number-text.ts';
import { NUMBER_BAD, NUMBER_MISSING, NUMBER_OK, type Row } from './row.ts';
import type { IsoReader } from './time.ts';
import { escapedUtf8, textOfUtf8 } from './utf8.ts';

const LF = 10;
const CR = 13;
const QUOTE = 34;
const SPACE = 32;
const TAB = 9;
const COMMA = 44;
const POINT = 46;

/** A longer line is no telemetry: it is refused and reading resumes after it. */
const MAX_LINE_BYTES = 1 << 20;
const QUOTED_LINE_BYTES = 80;

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

export interface CsvOptions {
  /** One byte, or undefined: the commonest of , ; tab | in the header line. */
  readonly delimiter?: string;
  readonly decimalComma?: boolean;
  readonly skipLines?: number;
  /** Default 1 MiB. */
  readonly maxLineBytes?: number | undefined;
  /** A row with more fields is none, a header with more an error; default: as many as a line holds. */
  readonly maxFields?: number | undefined;
}

export interface CsvSink {
  header(names: string[]): void;
  row(row: CsvRow): void;
  /** A line that is no row: an open quote, or too long. */
  badLine(line: number, text: string): void;
}

export class CsvRow implements Row {
  line = 0;
  numberStatus = NUMBER_MISSING;
  fieldCount = 0;
  bytes: Uint8Array = new Uint8Array(0);
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  private readonly decimalPoint: number;
  /** The last text of a field and its bytes: names of modules repeat from row to row. */
  private readonly lastTexts: string[] = [];
  private readonly lastBytes: Uint8Array[] = [];

  constructor(decimalComma: boolean) {
    this.decimalPoint = decimalComma ? COMMA : POINT;
  }

  grow(): void {
    const [starts, ends] = [this.starts, this.ends];
    this.starts = new Int32Array(starts.length * 2);
    this.ends = new Int32Array(ends.length * 2);
    this.starts.set(starts);
    this.ends.set(ends);
  }

  /** Exact for up to 15 digits and |exponent| ≤ 22 (Clinger 1990); anything else goes through Number. */
  number(field: number): number {
    const { bytes, decimalPoint } = this;
    const start = this.starts[field]!;
    const end = this.ends[field]!;
    let i = start;
    const first = bytes[i];
    if (i < end && (first === 45 || first === 43)) i++;
    const digitsStart = i;
    let mantissa = 0;
    let fractionDigits = 0;
    for (; i < end; i++) {
      const digit = bytes[i]! - 48;
      if (digit >>> 0 > 9) break;
      mantissa = mantissa * 10 + digit;
    }
    let digits = i - digitsStart;
    if (i < end && bytes[i] === decimalPoint) {
      const fractionStart = ++i;
      for (; i < end; i++) {
        const digit = bytes[i]! - 48;
        if (digit >>> 0 > 9) break;
        mantissa = mantissa * 10 + digit;
      }
      fractionDigits = i - fractionStart;
      digits += fractionDigits;
    }
    if (i < end || digits === 0 || mantissa > Number.MAX_SAFE_INTEGER || fractionDigits > 22)
      return this.slowNumber(field);
    this.numberStatus = NUMBER_OK;
    const magnitude = fractionDigits === 0 ? mantissa : mantissa / POWERS_OF_TEN[fractionDigits]!;
    return first === 45 ? -magnitude : magnitude;
  }

  private slowNumber(field: number): number {
    const raw = this.text(field);
    if (raw === '') {
      this.numberStatus = NUMBER_MISSING;
      return Number.NaN;
    }
    // With a decimal comma, a point separates thousands in some files and decimals in others: refused.
    const isComma = this.decimalPoint === COMMA;
    const value =
      isComma && raw.includes('.') ? Number.NaN : numberOfText(isComma ? raw.replace(',', '.') : raw);
    this.numberStatus = Number.isNaN(value) ? NUMBER_BAD : NUMBER_OK;
    return value;
  }

  text(field: number): string {
    const { bytes } = this;
    const start = this.starts[field]!;
    const length = this.ends[field]! - start;
    const last = this.lastBytes[field];
    if (last !== undefined && last.length === length) {
      let i = 0;
      while (i < length && bytes[start + i] === last[i]) i++;
      if (i === length) return this.lastTexts[field]!;
    }
    const raw = textOfUtf8(bytes, start, start + length).trim();
    const isQuoted = start > 0 && bytes[start - 1] === QUOTE;
    const text = isQuoted ? raw.replaceAll('""', '"') : raw;
    this.lastBytes[field] = bytes.slice(start, start + length);
    this.lastTexts[field] = text;
    return text;
  }

  escapedText(field: number): string {
    const start = this.starts[field]!;
    return escapedUtf8(this.bytes, start, Math.min(this.ends[field]!, start + QUOTED_LINE_BYTES)).trim();
  }

  isoMs(field: number, iso: IsoReader): number {
    const timeMs = iso.readBytes(this.bytes, this.starts[field]!, this.ends[field]!);
    return Number.isNaN(timeMs) ? iso.readText(this.text(field)) : timeMs;
  }

  /** `[3.6, 3.7, null]`, as databases write lists into CSV. */
  list(field: number): unknown[] | null {
    const text = this.text(field);
    if (!text.startsWith('[') || !text.endsWith(']')) return null;
    if (text.length === 2) return [];
    return text
      .slice(1, -1)
      .split(',')
      .map((item) => {
        const trimmed = item.trim();
        if (trimmed === '' || /^null$/i.test(trimmed)) return null;
        const value = numberOfText(trimmed);
        return Number.isNaN(value) ? trimmed : value;
      });
  }
}

function findDelimiter(bytes: Uint8Array, start: number, end: number): number {
  const candidates = [COMMA, 59, TAB, 124];
  const counts = candidates.map(() => 0);
  for (let i = start; i < end; i++) {
    const which = candidates.indexOf(bytes[i]!);
    if (which >= 0) counts[which]!++;
  }
  return candidates[counts.indexOf(Math.max(...counts))]!;
}

export class CsvReader {
  private readonly sink: CsvSink;
  private readonly row: CsvRow;
  /** The unfinished line. */
  private pending = new Uint8Array(4096);
  private pendingLength = 0;
  private delimiter: number;
  private linesToSkip: number;
  private readonly maxLineBytes: number;
  private readonly maxFields: number;
  private line = 0;
  private headerSeen = false;
  private skippingLongLine = false;
  private afterCr = false;

  constructor(sink: CsvSink, options: CsvOptions = {}) {
    this.sink = sink;
    this.row = new CsvRow(options.decimalComma ?? false);
    this.delimiter = options.delimiter === 'tab' ? TAB : (options.delimiter?.charCodeAt(0) ?? 0);
    this.linesToSkip = options.skipLines ?? 0;
    this.maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
    this.maxFields = options.maxFields ?? Number.POSITIVE_INFINITY;
  }

  /** Lines read so far. */
  get lines(): number {
    return this.line;
  }

  /** The source may reuse the chunk afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.afterCr && chunk.length > 0) {
      if (chunk[0] === LF) start = 1;
      this.afterCr = false;
    }
    let nextLf = chunk.indexOf(LF, start);
    let nextCr = chunk.indexOf(CR, start);
    while (nextLf >= 0 || nextCr >= 0) {
      const isCr = nextLf < 0 || (nextCr >= 0 && nextCr < nextLf);
      const end = isCr ? nextCr : nextLf;
      this.finishLine(chunk, start, end);
      start = end + 1;
      if (isCr) {
        if (start === chunk.length) this.afterCr = true;
        else if (chunk[start] === LF) start++;
        nextCr = chunk.indexOf(CR, start);
      }
      if (nextLf >= 0 && nextLf < start) nextLf = chunk.indexOf(LF, start);
    }
    this.keep(chunk, start);
  }

  end(): void {
    if (this.pendingLength > 0) this.takeLine(this.pending, 0, this.pendingLength);
    this.pendingLength = 0;
  }

  /** Instead of `end`, where the source broke off: an unfinished line is counted, not read. */
  dropUnfinishedLine(): void {
    if (this.pendingLength > 0) this.line++;
    this.pendingLength = 0;
  }

  private finishLine(chunk: Uint8Array, start: number, end: number): void {
    if (this.skippingLongLine) {
      this.skippingLongLine = false;
      return;
    }
    if (this.pendingLength === 0) {
      this.takeLine(chunk, start, end);
      return;
    }
    this.keep(chunk.subarray(0, end), start);
    if (this.skippingLongLine) this.skippingLongLine = false;
    else this.takeLine(this.pending, 0, this.pendingLength);
    this.pendingLength = 0;
  }

  /** Copies what is left of a chunk behind the unfinished line. */
  private keep(chunk: Uint8Array, start: number): void {
    const count = chunk.length - start;
    if (count <= 0 || this.skippingLongLine) return;
    const length = this.pendingLength + count;
    if (length > this.pending.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.pending.length));
      larger.set(this.pending.subarray(0, this.pendingLength));
      this.pending = larger;
    }
    this.pending.set(start === 0 ? chunk : chunk.subarray(start), this.pendingLength);
    this.pendingLength = length;
    if (length <= this.maxLineBytes) return;
    this.takeLine(this.pending, 0, length);
    this.pendingLength = 0;
    this.skippingLongLine = true;
  }

  private takeLine(bytes: Uint8Array, from: number, end: number): void {
    this.line++;
    const start = this.line === 1 ? startOfText(bytes, from) : from;
    if (this.linesToSkip > 0) {
      this.linesToSkip--;
      return;
    }
    const isTooLong = end - from > this.maxLineBytes;
    if (isTooLong && !this.headerSeen)
      throw new InputError(
        `line ${this.line}: no line end within ${this.maxLineBytes} bytes: this is no CSV`,
      );
    if (!isTooLong && isBlank(bytes, start, end)) return;
    if (this.delimiter === 0) this.delimiter = findDelimiter(bytes, start, end);
    if (isTooLong || !this.splitLine(bytes, start, end)) {
      if (!this.headerSeen) throw new InputError(`line ${this.line}: the header has an open quote`);
      this.sink.badLine(this.line, textOfUtf8(bytes, start, Math.min(end, start + QUOTED_LINE_BYTES)));
      return;
    }
    if (this.headerSeen) {
      this.sink.row(this.row);
      return;
    }
    this.headerSeen = true;
    this.sink.header(Array.from({ length: this.row.fieldCount }, (_, i) => this.row.text(i)));
  }

  /** Fills the row's field bounds; false where a quote stays open, or where there are too many fields. */
  private splitLine(bytes: Uint8Array, from: number, end: number): boolean {
    const { row, delimiter } = this;
    row.bytes = bytes;
    row.line = this.line;
    let { starts, ends } = row;
    let count = 0;
    for (let i = from; i <= end; i++) {
      if (count === this.maxFields) {
        if (this.headerSeen) return false;
        throw new InputError(`line ${this.line}: more than ${count} columns`);
      }
      if (count === starts.length) {
        row.grow();
        ({ starts, ends } = row);
      }
      starts[count] = i;
      if (i < end && bytes[i] === QUOTE) {
        const close = closingQuote(bytes, i + 1, end);
        if (close < 0) return false;
        const next = skipBlanks(bytes, close + 1, end, delimiter);
        if (next === end || bytes[next] === delimiter) {
          starts[count] = i + 1;
          ends[count++] = close;
          i = next;
          continue;
        }
        // Text behind the quotes: the field stands as it is, so that no half of it passes for a number.
        i = next;
      }
      while (i < end && bytes[i] !== delimiter) i++;
      ends[count++] = i;
    }
    row.fieldCount = count;
    return true;
  }
}

function closingQuote(bytes: Uint8Array, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    if (bytes[i] !== QUOTE) continue;
    if (i + 1 < end && bytes[i + 1] === QUOTE) i++;
    else return i;
  }
  return -1;
}

function skipBlanks(bytes: Uint8Array, from: number, end: number, delimiter: number): number {
  let i = from;
  while (i < end && (bytes[i] === SPACE || bytes[i] === TAB) && bytes[i] !== delimiter) i++;
  return i;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== SPACE && bytes[i] !== TAB) return false;
  return true;
}

/** Position after a byte-order mark. Throws InputError for UTF-16. */
function startOfText(bytes: Uint8Array, from: number): number {
  if (bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf) return from + 3;
  if (
    (bytes[from] === 0xff && bytes[from + 1] === 0xfe) ||
    (bytes[from] === 0xfe && bytes[from + 1] === 0xff)
  )
    throw new InputError('the file is UTF-16; convert it to UTF-8');
  return from;
}
