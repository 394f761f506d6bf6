/**
 * A recording: frames of many modules over time, as text in pieces of any size. The same readers serve files,
 * HTTP bodies and the page.
 */
import { builtinMappingFor } from './builtin.ts';
import { CELL_ARRAYS, CHANNELS } from './channels.ts';
import { type CsvOptions, CsvReader, type CsvRow } from './csv.ts';
import { type Coverage, type DecoderOptions, FrameDecoder } from './decode.ts';
import { type FrameSink, quoteValue } from './frame.ts';
import { expandColumns, InputError, type Mapping, type TargetMapping } from './mapping.ts';
import { jsonText, RecordRow } from './row.ts';
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

/** The mapping to use for a source with these fields: the given one, or the built-in one that fits. */
export function mappingFor(fieldNames: readonly string[], given: Mapping | null): Mapping {
  const mapping = given ?? builtinMappingFor(fieldNames);
  if (mapping) return mapping;
  const shown = fieldNames.slice(0, 30).join(', ');
  throw new InputError(
    `the columns are of no known schema, so a mapping file is needed (docs/mapping.md); the file has: ${shown}`,
  );
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
        badLine: (line, text) => this.decoder?.refuse('bad-row', line, text),
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
    this.decoder.refuse('truncated', this.lines, detail);
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
      decoder.refuse('too-few-fields', row.line, `${row.fieldCount} of ${this.fieldCount} fields`);
      return;
    }
    for (let i = this.fieldCount; i < row.fieldCount; i++) {
      if (row.text(i) !== '') {
        decoder.refuse(
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

/** Every field that a mapping can ask for: what stands for a header where records have none. */
export function fieldsOfMapping(mapping: Mapping): string[] {
  const fields = new Set<string>([mapping.time.column, ...(mapping.time.segment ?? [])]);
  if (mapping.time.order !== undefined) fields.add(mapping.time.order);
  if (mapping.module.column !== undefined) fields.add(mapping.module.column);
  if (mapping.rack?.column !== undefined) fields.add(mapping.rack.column);
  const addTarget = (target: TargetMapping): void => {
    for (const channel of CHANNELS) {
      const entry = target.channels?.[channel.id];
      if (entry) fields.add(entry.column);
    }
    for (const { id } of CELL_ARRAYS) {
      const cells = target[id];
      for (const column of expandColumns(cells?.columns ?? cells?.list ?? [], id)) fields.add(column);
    }
  };
  addTarget(mapping);
  mapping.split?.forEach(addTarget);
  return [...fields];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Records one by one, as JSON delivers them: the door for NDJSON lines and for the items of a JSON body. */
export class RecordDecoder {
  mapping: Mapping | null;
  private readonly sink: FrameSink;
  private readonly options: DecoderOptions;
  private decoder: FrameDecoder | null = null;
  private row: RecordRow | null = null;
  private firstKeys: readonly string[] = [];

  constructor(mapping: Mapping | null, sink: FrameSink, options: DecoderOptions = {}) {
    this.mapping = mapping;
    this.sink = sink;
    this.options = options;
  }

  /** As of the first record; later ones may have other fields. */
  get coverage(): Coverage | null {
    if (!this.decoder) return null;
    const wanted = new Set(fieldsOfMapping(this.mapping!));
    return {
      unusedFields: this.firstKeys.filter((key) => !wanted.has(key)),
      absentColumns: [...wanted].filter((field) => !this.firstKeys.includes(field)),
    };
  }

  /** Anything but an object is a counted rejection. Throws InputError where the first record fits no schema. */
  decode(record: unknown, line: number): void {
    if (!isRecord(record)) {
      this.refuse(line, jsonText(record));
      return;
    }
    if (!this.decoder) {
      this.mapping = mappingFor(Object.keys(record), this.mapping);
      const fields = fieldsOfMapping(this.mapping);
      this.firstKeys = Object.keys(record);
      this.decoder = new FrameDecoder(this.mapping, fields, this.sink, this.options);
      this.row = new RecordRow(fields);
    }
    this.decoder.decode(this.row!.set(record, line));
  }

  /** No more records. */
  finish(): void {
    this.decoder?.finish();
  }

  refuse(line: number, text: string): void {
    this.sink.rejection({ reason: 'bad-row', scope: 'row', line, column: null, value: quoteValue(text) });
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
      this.records.refuse(this.lines, textOfUtf8(bytes, start, start + 80));
      return;
    }
    const text = textOfUtf8(bytes, start, end).trim();
    if (text === '') return;
    const record = this.parse(text);
    if (!this.hasRecords && record === undefined && /[[{]$/.test(text))
      throw new InputError('JSON over several lines: write one object on each line (NDJSON) instead');
    this.hasRecords = true;
    if (record === undefined) this.records.refuse(this.lines, text);
    else this.records.decode(record, this.lines);
  }

  /** Python writes NaN and Infinity, which are no JSON: as text the decoder refuses them, not the whole row. */
  private parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      const mended = text.replace(/([:[,]\s*)(-?Infinity|NaN)(?=\s*[,}\]])/g, '$1"$2"');
      if (mended === text) return undefined;
      try {
        return JSON.parse(mended);
      } catch {
        return undefined;
      }
    }
  }
}
