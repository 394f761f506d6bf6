/** Any recording, whatever its packing and format, to frames: what `emberwatch watch FILE` reads. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type ClockSetBack,
  type Coverage,
  CsvRecordingReader,
  type DecoderOptions,
  type Frame,
  type FrameSink,
  InputError,
  type Mapping,
  ModuleClocks,
  NdjsonRecordingReader,
  nearestField,
  type RecordingReader,
  type Rejection,
  type SpreadRows,
  unknownFieldText,
} from '@emberwatch/engine/telemetry';
import {
  BrokenStreamError,
  type ByteStream,
  contentOf,
  counted,
  peekAt,
  TrailingBytesError,
} from './bytes.ts';
import { inflated } from './inflate.ts';
import { FrameOrder } from './order.ts';
import { readParquet } from './parquet.ts';
import { openArchive } from './zip.ts';

/** `reading` the source, or `ordering`: giving what had to be put in order. */
export type RecordingPhase = 'reading' | 'ordering';

export interface RecordingOptions {
  readonly sink: FrameSink;
  /** Null or absent: the built-in schema that fits the columns. */
  readonly mapping?: Mapping | null;
  /** Frames of all modules in time order; frames of the same time in the order of the file. */
  readonly ordered?: boolean;
  /**
   * Bytes done of all: of the source as it lies on the disk, then of the temporary file of `ordered`. All is 0
   * where it cannot be known (standard input).
   */
  readonly onProgress?: (bytesDone: number, bytesTotal: number, phase: RecordingPhase) => void;
  /** Awaited now and then between frames: who cannot keep up holds the reading here. */
  readonly afterBatch?: () => Promise<void>;
  /** For the temporary files of `ordered` and of Parquet inside an archive. */
  readonly temporaryFolder?: string;
  /** What `-` reads; standard input where absent. */
  readonly input?: ByteStream;
}

export type RecordingFormat = 'csv' | 'ndjson' | 'parquet';

export interface RecordingSummary {
  readonly format: RecordingFormat;
  readonly mapping: Mapping;
  readonly coverage: Coverage;
  readonly frames: number;
  readonly rejections: number;
  /** Lines of text, or rows of tables, of all entries together. */
  readonly lines: number;
  /** Bytes of the source as it lies on the disk. */
  readonly bytes: number;
  /** The files of an archive that were read, in this order; empty where the source is no archive. */
  readonly entries: readonly string[];
  /** The files of an archive that hold no data. */
  readonly ignoredEntries: readonly string[];
  /** Bytes that had to wait in a temporary file to be given in time order. */
  readonly spilledBytes: number;
  /** Rows that shared a stamp and were given times of their own; null where there were none. */
  readonly spread: SpreadRows | null;
  /** Frames given after later ones, because the source began in time order and lost it. */
  readonly lateFrames: number;
}

/**
 * Reads the whole file (`-`: standard input) into the sink, in constant memory. The content says what it is,
 * not the name: CSV, NDJSON or Parquet, plain, gzip or zip (the data files of an archive in name order).
 *
 * Throws InputError, naming the file, where nothing can be judged: no such file, no known schema, a column that
 * the mapping needs is missing, not one frame. What is wrong with a row or a value goes to the sink, and so
 * does a file that breaks off (`truncated`), once what could be read has been given.
 */
export async function openRecording(path: string, options: RecordingOptions): Promise<RecordingSummary> {
  const reading = new Reading(options);
  const name = path === '-' ? 'standard input' : path;
  try {
    return await reading.run(path);
  } catch (error) {
    throw named(error, name);
  } finally {
    await reading.close();
  }
}

const PEEK_BYTES = 512;
const UNKNOWN_SHOWN = 5;
const READ_CHUNK_BYTES = 256 * 1024;
/** A gzip inside a zip inside a gzip is enough. */
const MAX_PACKING_DEPTH = 4;

const named = (error: unknown, name: string): unknown =>
  error instanceof InputError ? new InputError(`${name}: ${error.message}`, { cause: error }) : error;

class Reading implements FrameSink {
  private readonly options: RecordingOptions;
  private readonly order: FrameOrder | null;
  private readonly clocks = new ModuleClocks({ mergesRows: true });
  private readonly temporaryFolders: string[] = [];
  private frames = 0;
  private rejections = 0;
  private hasValues = false;
  private firstRejection: Rejection | null = null;
  private entry: string | null = null;
  private entries: string[] = [];
  private ignoredEntries: readonly string[] = [];
  private lines = 0;
  private bytes = 0;
  private totalBytes = 0;
  private found: { format: RecordingFormat; mapping: Mapping; coverage: Coverage } | null = null;

  constructor(options: RecordingOptions) {
    this.options = options;
    const { temporaryFolder } = options;
    // A mapping that names its modules itself has them all in every row: nothing can be out of order.
    const isOneSource = options.mapping != null && options.mapping.module.column === undefined;
    this.order =
      options.ordered && !isOneSource
        ? new FrameOrder(options.sink, temporaryFolder === undefined ? {} : { temporaryFolder })
        : null;
  }

  frame(frame: Frame): void {
    this.frames++;
    this.hasValues ||= hasValue(frame);
    (this.order ?? this.options.sink).frame(frame);
  }

  rejection(rejection: Rejection): void {
    const isPlaced = this.entry === null || rejection.entry !== undefined;
    const placed = isPlaced ? rejection : { ...rejection, entry: this.entry! };
    this.rejections++;
    this.firstRejection ??= placed;
    this.options.sink.rejection(placed);
  }

  setBack(setBack: ClockSetBack): void {
    this.options.sink.setBack?.(setBack);
  }

  async run(path: string): Promise<RecordingSummary> {
    if (path === '-') await this.readStream(this.options.input ?? process.stdin, null, 0);
    else {
      this.totalBytes = await sizeOf(path);
      await this.readStream(createReadStream(path, { highWaterMark: READ_CHUNK_BYTES }), path, 0);
    }
    this.clocks.flush(this);
    // What of an archive is no data of an entry counts as read, too.
    if (this.bytes < this.totalBytes) this.addBytes(this.totalBytes - this.bytes);
    const { found } = this;
    if (!found || this.frames === 0) throw new InputError(this.whyNothing('no row could be judged'));
    if (!this.hasValues) throw new InputError(this.whyNothing('rows were read, but not one value'));
    await this.order?.finish((given, all) => {
      this.options.onProgress?.(given, all, 'ordering');
      return this.options.afterBatch?.();
    });
    return {
      ...found,
      frames: this.frames,
      rejections: this.rejections,
      lines: this.lines,
      bytes: this.bytes,
      entries: this.entries,
      ignoredEntries: this.ignoredEntries,
      spread: this.clocks.spread,
      spilledBytes: this.order?.spilledBytes ?? 0,
      lateFrames: this.order?.lateFrames ?? 0,
    };
  }

  async close(): Promise<void> {
    this.order?.close();
    for (const folder of this.temporaryFolders) await rm(folder, { recursive: true, force: true });
  }

  private whyNothing(what: string): string {
    const first = this.firstRejection;
    if (!first && this.frames > 0)
      return `${what}: every field that the mapping names is empty${this.unknownWords()}`;
    if (!first) return 'no rows: there is nothing to judge';
    const place = [
      first.entry,
      `line ${first.line}`,
      first.column === null ? null : `column "${first.column}"`,
    ].filter((part) => part !== null && part !== undefined);
    const value = first.value === null ? '' : `: "${first.value}"`;
    return `${what}; ${this.rejections} refused, the first at ${place.join(', ')}: ${first.reason}${value}${hintFor(first)}`;
  }

  private unknownWords(): string {
    const unknown = this.found?.coverage.unknownFields.slice(0, UNKNOWN_SHOWN) ?? [];
    const words = unknown.map((field) => unknownFieldText({ field, didYouMean: nearestField(field) }));
    return words.length === 0 ? '' : `; ${words.join('; ')}`;
  }

  private addBytes(count: number): void {
    this.bytes += count;
    this.options.onProgress?.(this.bytes, this.totalBytes, 'reading');
  }

  /** `path`: where the stream lies as a file of its own, for formats that cannot be read from front to back. */
  private async readStream(source: ByteStream, path: string | null, depth: number): Promise<void> {
    if (depth > MAX_PACKING_DEPTH) throw new InputError('packed more often than anybody would');
    const isOutermost = depth === 0;
    const { head, stream, close } = await peekAt(source, PEEK_BYTES);
    const content = contentOf(head);
    if (typeof content === 'object') {
      await close();
      throw new InputError(`this is ${content.foreign}`);
    }
    if (content === 'zip' || content === 'parquet') {
      if (path !== null) await close();
      const file = path ?? (await this.toFile(stream));
      if (content === 'zip') await this.readArchive(file, depth);
      else await this.readTable(file, path !== null && isOutermost);
      return;
    }
    const bytes = isOutermost ? counted(stream, (count) => this.addBytes(count)) : stream;
    if (content === 'gzip') await this.readStream(inflated(bytes, 'gzip'), null, depth + 1);
    else await this.readText(content === 'ndjson' ? 'ndjson' : 'csv', bytes);
  }

  private decoderOptions(): DecoderOptions {
    return this.entry === null ? { clocks: this.clocks } : { clocks: this.clocks, entry: this.entry };
  }

  private async readText(format: 'csv' | 'ndjson', bytes: ByteStream): Promise<void> {
    const mapping = this.options.mapping ?? null;
    const options = this.decoderOptions();
    const reader: RecordingReader =
      format === 'csv'
        ? new CsvRecordingReader(mapping, this, options)
        : new NdjsonRecordingReader(mapping, this, options);
    let damage: BrokenStreamError | null = null;
    try {
      for await (const chunk of bytes) {
        reader.push(chunk);
        await this.options.afterBatch?.();
      }
    } catch (error) {
      if (!(error instanceof BrokenStreamError)) throw error;
      damage = error;
    }
    if (damage === null || damage instanceof TrailingBytesError) reader.end();
    else reader.truncate(damage.message);
    if (damage instanceof TrailingBytesError) {
      const place = { line: reader.lines, column: null, value: damage.message };
      this.rejection({ reason: 'trailing-bytes', scope: 'row', ...place });
    }
    this.lines += reader.lines;
    const { coverage } = reader;
    if (coverage) this.note(format, reader.mapping!, coverage);
  }

  private async readTable(path: string, isSource: boolean): Promise<void> {
    const size = this.totalBytes;
    const result = await readParquet(
      path,
      this.options.mapping ?? null,
      this,
      this.decoderOptions(),
      (rows, total) => {
        if (isSource) this.addBytes(Math.round((size * rows) / total) - this.bytes);
        return this.options.afterBatch?.();
      },
    );
    if (isSource) this.bytes = size;
    this.lines += result.rows;
    this.note('parquet', result.mapping, result.coverage);
  }

  /** What any file of an archive has beside the mapping, or lacks of it. */
  private note(format: RecordingFormat, mapping: Mapping, coverage: Coverage): void {
    const before = this.found?.coverage;
    this.found = { format, mapping, coverage: before ? joined(before, coverage) : coverage };
  }

  private async readArchive(path: string, depth: number): Promise<void> {
    const archive = await openArchive(path, (count) => this.addBytes(count));
    this.ignoredEntries = [...this.ignoredEntries, ...archive.ignored];
    try {
      const isSingle = archive.entries.length === 1;
      for (const entry of archive.entries) {
        this.entry = isSingle ? null : entry.name;
        this.entries.push(entry.name);
        try {
          await this.readStream(entry.stream(), null, depth + 1);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          if (isSingle) throw named(error, entry.name);
          this.rejection({
            reason: 'unreadable-file',
            scope: 'row',
            line: 0,
            column: null,
            value: error.message,
          });
        }
      }
    } finally {
      archive.close();
      this.entry = null;
    }
  }

  private async toFile(stream: ByteStream): Promise<string> {
    const folder = await mkdtemp(join(this.options.temporaryFolder ?? tmpdir(), 'emberwatch-'));
    this.temporaryFolders.push(folder);
    const path = join(folder, 'recording');
    try {
      await pipeline(Readable.from(stream), createWriteStream(path));
    } catch (error) {
      if (!(error instanceof BrokenStreamError)) throw error;
      // What follows says what it lacks.
    }
    return path;
  }
}

const joined = (a: Coverage, b: Coverage): Coverage => ({
  unusedFields: [...new Set([...a.unusedFields, ...b.unusedFields])],
  unknownFields: [...new Set([...a.unknownFields, ...b.unknownFields])],
  absentColumns: [...new Set([...a.absentColumns, ...b.absentColumns])],
});

const isNumber = (value: number): boolean => !Number.isNaN(value);

const hasValue = ({ values, cellVoltagesV, cellTemperaturesDegC }: Frame): boolean =>
  values.some(isNumber) ||
  (cellVoltagesV?.some(isNumber) ?? false) ||
  (cellTemperaturesDegC?.some(isNumber) ?? false);

/** What most often makes a whole file unreadable. */
function hintFor({ reason, value }: Rejection): string {
  if (reason === 'not-a-number' && /^[+-]?\d+,\d+$/.test(value ?? ''))
    return '; numbers with a decimal comma need csv: { decimalComma: true } in the mapping';
  if (reason === 'not-a-number' && /^[+-]?\d+\.\d+$/.test(value ?? ''))
    return '; numbers with a decimal point must not have csv.decimalComma in the mapping';
  if (reason === 'bad-row' && /^[{[]/.test(value ?? ''))
    return '; JSON is read one object on each line (NDJSON), not spread over lines';
  if (reason === 'too-few-fields' || reason === 'too-many-fields')
    return '; csv.delimiter of the mapping says which character separates the fields';
  if (reason === 'out-of-range') return '; unit and scale of the mapping say what the numbers are';
  return '';
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new InputError('this is a folder; name a file');
    return found.size;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new InputError(code === 'ENOENT' ? 'no such file' : `cannot be opened: ${code ?? error}`);
  }
}
