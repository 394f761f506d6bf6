/** Frames into files: what the simulator, the demo and the benchmarks feed to everything else. */
import { createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CHANNEL_INDEX,
  CHANNELS,
  type Frame,
  nativeRecord,
  SEED_COLUMNS,
} from '@emberwatch/engine/telemetry';
import { openDuckDb, sqlText } from './parquet.ts';

export type WriteFormat = 'ndjson' | 'csv' | 'seed-csv' | 'parquet';

export interface WriteOptions {
  /** The label of a frame for the seed schema; 0 where absent. */
  readonly hazardLabel?: (frame: Frame) => 0 | 1;
}

/** Text gathered before it is handed to the file. */
const PIECE_CHARS = 1 << 18;

/**
 * Writes all frames in the order in which they come; a frame may be reused for the next. `csv`, `ndjson` and
 * `parquet` have the native columns, cells as lists; `seed-csv` the thirteen of the seed schema.
 */
export async function writeRecording(
  path: string,
  format: WriteFormat,
  frames: Iterable<Frame> | AsyncIterable<Frame>,
  options: WriteOptions = {},
): Promise<void> {
  if (format !== 'parquet') {
    await pipeline(Readable.from(pieces(frames, textWriter(format, options))), createWriteStream(path));
    return;
  }
  // Through NDJSON: DuckDB reads it in a stream, with types that are stated and not guessed.
  const between = `${path}.ndjson`;
  try {
    await writeRecording(between, 'ndjson', frames);
    await ndjsonToParquet(between, path);
  } finally {
    await rm(between, { force: true });
  }
}

interface TextWriter {
  readonly header: string;
  line(frame: Frame): string;
}

async function* pieces(
  frames: Iterable<Frame> | AsyncIterable<Frame>,
  writer: TextWriter,
): AsyncGenerator<string> {
  let piece = writer.header;
  for await (const frame of frames) {
    piece += writer.line(frame);
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();
const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csvList = (values: Float64Array | null): string =>
  values ? `"[${Array.from(values, (value) => (Number.isNaN(value) ? 'null' : value)).join(', ')}]"` : '';
const csvNumber = (value: number): string => (Number.isNaN(value) ? '' : String(value));

const NATIVE_HEADER = [
  'time',
  'module_id',
  'rack_id',
  ...CHANNELS.map(({ id }) => id),
  'cell_voltages_v',
  'cell_temperatures_degc',
];

function textWriter(format: Exclude<WriteFormat, 'parquet'>, options: WriteOptions): TextWriter {
  if (format === 'ndjson') return { header: '', line: ndjsonLine };
  if (format === 'csv') return { header: `${NATIVE_HEADER.join(',')}\n`, line: csvLine };
  const { hazardLabel = () => 0 } = options;
  return { header: `${SEED_COLUMNS.join(',')}\n`, line: (frame) => seedLine(frame, hazardLabel(frame)) };
}

/** One line of NDJSON in the native schema, with its line end. */
export const ndjsonLine = (frame: Frame): string =>
  `${JSON.stringify(nativeRecord(frame, iso(frame.timeMs)))}\n`;

function csvLine(frame: Frame): string {
  const fields = [iso(frame.timeMs), cell(frame.moduleId), cell(frame.rackId ?? '')];
  for (const value of frame.values) fields.push(csvNumber(value));
  fields.push(csvList(frame.cellVoltagesV), csvList(frame.cellTemperaturesDegC));
  return `${fields.join(',')}\n`;
}

const SEED_CHANNELS = CHANNELS.flatMap((channel) =>
  'seedColumn' in channel ? [{ column: channel.seedColumn, index: CHANNEL_INDEX[channel.id] }] : [],
);

function seedLine(frame: Frame, label: 0 | 1): string {
  const fields = SEED_COLUMNS.map((column) => {
    if (column === 'Timestamp')
      return iso(frame.timeMs)
        .replace('T', ' ')
        .replace(/(\.000)?Z$/, '');
    if (column === 'Module_ID') return cell(frame.moduleId);
    if (column === 'Rack_ID') return cell(frame.rackId ?? '');
    if (column === 'Hazard_Label') return String(label);
    return csvNumber(frame.values[SEED_CHANNELS.find((channel) => channel.column === column)!.index]!);
  });
  return `${fields.join(',')}\n`;
}

async function ndjsonToParquet(from: string, to: string): Promise<void> {
  const types = [
    "time: 'TIMESTAMP_MS'",
    "module_id: 'VARCHAR'",
    "rack_id: 'VARCHAR'",
    ...CHANNELS.map(({ id }) => `${id}: 'DOUBLE'`),
    "cell_voltages_v: 'DOUBLE[]'",
    "cell_temperatures_degc: 'DOUBLE[]'",
  ].join(', ');
  const { connection, close } = await openDuckDb();
  try {
    await writeFile(to, '');
    await connection.run(
      `COPY (SELECT * FROM read_json(${sqlText(from)}, format = 'newline_delimited', columns = {${types}}))
       TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd)`,
    );
  } finally {
    close();
  }
}
