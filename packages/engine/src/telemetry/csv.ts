/**
 * CSV from bytes, in pieces of any size, without making a string for a number. Lines may end in LF, CR LF or
 * CR, mixed. A line break ends a row even inside quotes: telemetry has none there, and one stray quote must
 * not swallow the rest of a file.
 */
import { InputError } from './mapping.ts';
import { NUMBER_BAD, NUMBER_MISSING, NUMBER_OK, numberOfText, type Row } from './row.ts';

const LF = 10;
const CR = 13;
const QUOTE = 34;
const SPACE = 32;
const TAB = 9;

/** A longer line is no telemetry: it is refused and reading resumes after it. */
const MAX_LINE_BYTES = 1 << 20;

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** UTF-8 by hand: the engine knows no TextDecoder. Broken sequences become U+FFFD. */
export function textOfUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; ) {
    const first = bytes[i]!;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      i++;
      continue;
    }
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    let code = first & (0x7f >> length);
    let valid = length > 0 && i + length <= end;
    for (let k = 1; valid && k < length; k++) {
      valid = (bytes[i + k]! & 0xc0) === 0x80;
      code = (code << 6) | (bytes[i + k]! & 0x3f);
    }
    valid &&= code <= 0x10ffff;
    text += valid ? String.fromCodePoint(code) : '\ufffd';
    i += valid ? length : 1;
  }
  return text;
}

export interface CsvOptions {
  /** One byte, or undefined: the commonest of , ; tab | in the header line. */
  readonly delimiter?: string;
  readonly decimalComma?: boolean;
  readonly skipLines?: number;
}

export interface CsvSink {
  header(names: string[]): void;
  row(row: CsvRow): void;
  /** A line that is no row: an open quote, or longer than MAX_LINE_BYTES. */
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

  constructor(decimalComma: boolean) {
    this.decimalPoint = decimalComma ? 44 : 46;
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
    let i = this.starts[field]!;
    let end = this.ends[field]!;
    while (i < end && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
    while (end > i && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
    if (i >= end) {
      this.numberStatus = NUMBER_MISSING;
      return Number.NaN;
    }
    const first = bytes[i]!;
    if (first === 45 || first === 43) i++;
    let mantissa = 0;
    let digits = 0;
    let fractionDigits = 0;
    for (; i < end; i++) {
      const digit = bytes[i]! - 48;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
      digits++;
    }
    if (i < end && bytes[i] === decimalPoint) {
      for (i++; i < end; i++) {
        const digit = bytes[i]! - 48;
        if (digit < 0 || digit > 9) break;
        mantissa = mantissa * 10 + digit;
        digits++;
        fractionDigits++;
      }
    }
    if (i < end || digits === 0 || mantissa > Number.MAX_SAFE_INTEGER || fractionDigits > 22)
      return this.slowNumber(field);
    this.numberStatus = NUMBER_OK;
    const magnitude = mantissa / POWERS_OF_TEN[fractionDigits]!;
    return first === 45 ? -magnitude : magnitude;
  }

  private slowNumber(field: number): number {
    const raw = this.text(field);
    // With a decimal comma, a point separates thousands in some files and decimals in none: refused.
    const isComma = this.decimalPoint === 44;
    const value =
      isComma && raw.includes('.') ? Number.NaN : numberOfText(isComma ? raw.replace(',', '.') : raw);
    this.numberStatus = Number.isNaN(value) ? NUMBER_BAD : NUMBER_OK;
    return value;
  }

  text(field: number): string {
    const text = textOfUtf8(this.bytes, this.starts[field]!, this.ends[field]!).trim();
    return text.includes('""') ? text.replaceAll('""', '"') : text;
  }

  list(): null {
    return null;
  }
}

function findDelimiter(bytes: Uint8Array, start: number, end: number): number {
  const candidates = [44, 59, TAB, 124];
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
  private pending: Uint8Array = new Uint8Array(0);
  private delimiter: number;
  private linesToSkip: number;
  private line = 0;
  private started = false;
  private headerSeen = false;
  private skippingLongLine = false;
  private afterCr = false;

  constructor(sink: CsvSink, options: CsvOptions = {}) {
    this.sink = sink;
    this.row = new CsvRow(options.decimalComma ?? false);
    this.delimiter = options.delimiter === 'tab' ? TAB : (options.delimiter?.charCodeAt(0) ?? 0);
    this.linesToSkip = options.skipLines ?? 0;
  }

  /** Lines read so far. */
  get lines(): number {
    return this.line;
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.pending.length > 0) {
      bytes = new Uint8Array(this.pending.length + chunk.length);
      bytes.set(this.pending);
      bytes.set(chunk, this.pending.length);
    }
    let start = 0;
    if (!this.started && bytes.length >= 3) {
      this.started = true;
      start = startOfText(bytes);
    }
    if (!this.started) {
      this.pending = bytes;
      return;
    }
    start = this.readLines(bytes, start);
    // Copied: the source may reuse its chunk.
    this.pending = bytes.slice(start);
    if (this.pending.length > MAX_LINE_BYTES) this.refuseLongLine();
  }

  end(): void {
    const rest = this.pending;
    this.pending = new Uint8Array(0);
    const start = this.started ? 0 : startOfText(rest);
    if (start < rest.length && !this.skippingLongLine) this.takeLine(rest, start, rest.length);
  }

  /** Instead of `end`, where the source broke off: an unfinished line is counted, not read. */
  dropUnfinishedLine(): void {
    if (this.pending.length > 0 && !this.skippingLongLine) this.line++;
    this.pending = new Uint8Array(0);
  }

  private readLines(bytes: Uint8Array, from: number): number {
    let start = from;
    if (this.afterCr && start < bytes.length) {
      if (bytes[start] === LF) start++;
      this.afterCr = false;
    }
    for (let lineEnd = nextLineEnd(bytes, start); lineEnd >= 0; lineEnd = nextLineEnd(bytes, start)) {
      if (this.skippingLongLine) this.skippingLongLine = false;
      else this.takeLine(bytes, start, lineEnd);
      start = lineEnd + 1;
      if (bytes[lineEnd] === CR) {
        if (start === bytes.length) this.afterCr = true;
        else if (bytes[start] === LF) start++;
      }
    }
    return start;
  }

  private refuseLongLine(): void {
    if (!this.headerSeen)
      throw new InputError(
        `line ${this.line + 1}: no line end within ${MAX_LINE_BYTES} bytes: this is no CSV`,
      );
    if (!this.skippingLongLine) {
      this.line++;
      this.sink.badLine(this.line, textOfUtf8(this.pending, 0, 80));
    }
    this.skippingLongLine = true;
    this.pending = new Uint8Array(0);
  }

  private takeLine(bytes: Uint8Array, start: number, end: number): void {
    this.line++;
    if (this.linesToSkip > 0) {
      this.linesToSkip--;
      return;
    }
    if (isBlank(bytes, start, end)) return;
    if (this.delimiter === 0) this.delimiter = findDelimiter(bytes, start, end);
    if (!this.splitLine(bytes, start, end)) {
      if (!this.headerSeen) throw new InputError(`line ${this.line}: the header has an open quote`);
      this.sink.badLine(this.line, textOfUtf8(bytes, start, Math.min(end, start + 80)));
      return;
    }
    if (this.headerSeen) {
      this.sink.row(this.row);
      return;
    }
    this.headerSeen = true;
    this.sink.header(Array.from({ length: this.row.fieldCount }, (_, i) => this.row.text(i)));
  }

  /** Fills the row's field bounds; false where a quote stays open. */
  private splitLine(bytes: Uint8Array, from: number, end: number): boolean {
    const { row, delimiter } = this;
    row.bytes = bytes;
    row.line = this.line;
    let count = 0;
    let start = from;
    for (let i = from; i <= end; ) {
      if (count === row.starts.length) row.grow();
      if (i < end && bytes[i] === QUOTE) {
        i++;
        const contentStart = i;
        while (i < end && (bytes[i] !== QUOTE || bytes[i + 1] === QUOTE)) i += bytes[i] === QUOTE ? 2 : 1;
        if (i >= end) return false;
        row.starts[count] = contentStart;
        row.ends[count++] = i;
        do i++;
        while (i < end && bytes[i] !== delimiter);
      } else {
        start = i;
        while (i < end && bytes[i] !== delimiter) i++;
        row.starts[count] = start;
        row.ends[count++] = i;
      }
      i++;
    }
    row.fieldCount = count;
    return true;
  }
}

function nextLineEnd(bytes: Uint8Array, from: number): number {
  const length = bytes.length;
  for (let i = from; i < length; i++) {
    const byte = bytes[i]!;
    if (byte === LF || byte === CR) return i;
  }
  return -1;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== SPACE && bytes[i] !== TAB) return false;
  return true;
}

/** Position after a byte-order mark. Throws InputError for UTF-16 and for binary content. */
function startOfText(bytes: Uint8Array): number {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new InputError('the file is UTF-16; convert it to UTF-8');
  return 0;
}
