/**
 * A recording: frames of many modules over time, as text in pieces of any size. The same readers serve files,
 * HTTP bodies and the page.
 */
import { type CsvOptions, CsvReader, type CsvRow } from './csv.ts';
import { type Coverage, type DecoderOptions, FrameDecoder } from './decode.ts';
import { type FrameSink, quoteValue } from './frame.ts';
import { parseJson } from './json.ts';
import { InputError, type Mapping } from './mapping.ts';
import { mappingFor, RecordDecoder } from './records.ts';
import { textOfUtf8 } from './utf8.ts';

export interface RecordingReader {
  push(bytes: Uint8Array): void;
  /** No more bytes. Throws InputError where there was nothing to read. */
  end(): void;
  /**
   * The source broke off: what stands after the last line end may be half a number and is not judged. One
   * rejection says so, with `detail` as its value. Throws InputError where there was nothing to read.
   */
  truncate(detail: string): void;
  /** Lines read so far. */
  readonly lines: number;
  /** Known once the first record has been seen. */
  readonly coverage: Coverage | null;
  readonly mapping: Mapping | null;
}

/** Control characters stand in no header; a letter of another encoding (U+FFFD) may. */
function isBinary(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) < 32) return true;
  return false;
}

export class CsvRecordingReader implements RecordingReader {
  mapping: Mapping | null;
  private readonly reader: CsvReader;
  private readonly sink: FrameSink;
  private readonly options: DecoderOptions;
  private decoder: FrameDecoder | null = null;
  private fieldCount = 0;

  /** `mapping` null: the built-in schema that the header fits. Throws InputError from `push` and `end`. */
  constructor(mapping: Mapping | null, sink: FrameSink, options: DecoderOptions = {}) {
    this.mapping = mapping;
    this.sink = sink;
    this.options = options;
    const { maxLineBytes, maxFields } = options;
    const csv: CsvOptions = { ...mapping?.csv, maxLineBytes, maxFields };
    this.reader = new CsvReader(
      {
        header: (names) => this.begin(names),
        row: (row) => this.row(row),
        badLine: (line, text) => this.decoder?.reject('bad-row', line, text),
      },
      csv,
    );
  }

  get lines(): number {
    return this.reader.lines;
  }

  get coverage(): Coverage | null {
    return this.decoder?.coverage ?? null;
  }

  push(bytes: Uint8Array): void {
    this.reader.push(bytes);
  }

  end(): void {
    this.reader.end();
    if (!this.decoder) throw new InputError('the file is empty: it has no header line');
    this.decoder.finish();
  }

  truncate(detail: string): void {
    this.reader.dropUnfinishedLine();
    if (!this.decoder) throw new InputError(`the file breaks off before its header line: ${detail}`);
    this.decoder.reject('truncated', this.lines, detail);
    this.decoder.finish();
  }

  private begin(names: string[]): void {
    if (names.some(isBinary)) throw new InputError('binary content: this is no text file');
    const seen = new Set<string>();
    for (const name of names) {
      if (name !== '' && seen.has(name))
        throw new InputError(`line ${this.lines}: column "${name}" stands twice`);
      seen.add(name);
    }
    this.fieldCount = names.length;
    try {
      this.mapping = mappingFor(names, this.mapping);
      this.decoder = new FrameDecoder(this.mapping, names, this.sink, this.options);
      for (const name of this.decoder.coverage.unknownFields) this.sink.unknownField?.(name);
    } catch (error) {
      throw error instanceof InputError ? new InputError(`line ${this.lines}: ${error.message}`) : error;
    }
  }

  private row(row: CsvRow): void {
    const decoder = this.decoder!;
    if (row.fieldCount === this.fieldCount) {
      decoder.decode(row);
      return;
    }
    if (row.fieldCount < this.fieldCount) {
      decoder.reject('too-few-fields', row.line, `${row.fieldCount} of ${this.fieldCount} fields`);
      return;
    }
    for (let i = this.fieldCount; i < row.fieldCount; i++) {
      if (row.text(i) !== '') {
        decoder.reject(
          'too-many-fields',
          row.line,
          `${row.fieldCount} fields, header has ${this.fieldCount}`,
        );
        return;
      }
    }
    decoder.decode(row);
  }
}

const MAX_LINE_BYTES = 1 << 20;
const LF = 10;
const NOTHING = new Uint8Array(0);

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

export class NdjsonRecordingReader implements RecordingReader {
  lines = 0;
  private readonly records: RecordDecoder;
  private readonly sink: FrameSink;
  private readonly maxLineBytes: number;
  private pending: Uint8Array = NOTHING;
  private isSkipping = false;
  private hasRecords = false;

  constructor(mapping: Mapping | null, sink: FrameSink, options: DecoderOptions = {}) {
    this.sink = sink;
    this.maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
    this.records = new RecordDecoder(mapping, sink, options);
  }

  get coverage(): Coverage | null {
    return this.records.coverage;
  }

  get mapping(): Mapping | null {
    return this.records.mapping;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      if (this.isSkipping) this.isSkipping = false;
      else if (this.pending.length === 0) this.takeLine(chunk, start, end);
      else {
        const line = joined(this.pending, chunk.subarray(start, end));
        this.pending = NOTHING;
        this.takeLine(line, 0, line.length);
      }
      start = end + 1;
    }
    if (this.isSkipping || start === chunk.length) return;
    this.pending = joined(this.pending, chunk.subarray(start));
    if (this.pending.length <= this.maxLineBytes) return;
    this.takeLine(this.pending, 0, this.pending.length);
    this.isSkipping = true;
    this.pending = NOTHING;
  }

  end(): void {
    if (this.pending.length > 0 && !this.isSkipping) this.takeLine(this.pending, 0, this.pending.length);
    this.pending = NOTHING;
    if (!this.hasRecords) throw new InputError('the file is empty: it has no records');
    this.records.finish();
  }

  truncate(detail: string): void {
    if (this.pending.length > 0 && !this.isSkipping) this.lines++;
    this.pending = NOTHING;
    if (!this.hasRecords) throw new InputError(`the file breaks off before its first record: ${detail}`);
    this.sink.rejection({
      reason: 'truncated',
      scope: 'row',
      line: this.lines,
      column: null,
      value: quoteValue(detail),
    });
    this.records.finish();
  }

  private takeLine(bytes: Uint8Array, from: number, end: number): void {
    this.lines++;
    const isFirst = this.lines === 1 && bytes[from] === 0xef && bytes[from + 1] === 0xbb;
    const start = isFirst ? from + 3 : from;
    if (end - from > this.maxLineBytes) {
      this.hasRecords = true;
      this.records.reject(this.lines, textOfUtf8(bytes, start, start + 80));
      return;
    }
    const text = textOfUtf8(bytes, start, end).trim();
    if (text === '') return;
    const record = this.parse(text);
    if (!this.hasRecords && record === undefined && /[[{]$/.test(text))
      throw new InputError('JSON over several lines: write one object on each line (NDJSON) instead');
    this.hasRecords = true;
    if (record === undefined) this.records.reject(this.lines, text);
    else this.records.decode(record, this.lines);
  }

  private parse(text: string): unknown {
    try {
      return parseJson(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return undefined;
    }
  }
}
