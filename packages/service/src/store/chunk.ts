/** What a chunk holds: the frames of a module in one hour, exact; or the steps of a coarser tier. */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { CHANNEL_COUNT, newFrame } from '@emberwatch/engine/telemetry';
import { ByteReader, ByteWriter, readColumn, writeColumn } from './columns.ts';
import { type SeriesSteps, Steps } from './rollup.ts';
import { FrameRows } from './rows.ts';

/**
 * | byte | |
 * | --- | --- |
 * | 0 | version |
 * | 1 | 1: the rest is deflated |
 * | 2–5 | CRC-32 of the rest as it is stored |
 */
const VERSION = 1;
const HEAD_BYTES = 6;
/** Deflating must save a tenth: reading pays for it every time. */
const WORTH = 0.9;
/** A chunk of an hour at 20 Hz with 2 × 4096 cells would be larger: it is refused, not unpacked without end. */
const MAX_UNPACKED_BYTES = 2 ** 30;

const packed = (writer: ByteWriter): Uint8Array => {
  const plain = writer.view();
  const deflated = deflateRawSync(plain, { level: 1 });
  const isWorth = deflated.length < WORTH * plain.length;
  const body = isWorth ? deflated : plain;
  const chunk = Buffer.alloc(HEAD_BYTES + body.length);
  chunk[0] = VERSION;
  chunk[1] = isWorth ? 1 : 0;
  chunk.writeUInt32LE(crc32(body), 2);
  chunk.set(body, HEAD_BYTES);
  return chunk;
};

function unpacked(chunk: Uint8Array): ByteReader {
  const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  if (view.length < HEAD_BYTES || view[0] !== VERSION)
    throw new RangeError('chunk: byte 0: no chunk of this version');
  const body = view.subarray(HEAD_BYTES);
  if (crc32(body) !== view.readUInt32LE(2)) throw new RangeError('chunk: byte 2: the checksum differs');
  return new ByteReader(view[1] === 1 ? inflateRawSync(body, { maxOutputLength: MAX_UNPACKED_BYTES }) : body);
}

/** The rows that `order` names, as a chunk. */
export function encodeRows(rows: FrameRows, order: ArrayLike<number>): Uint8Array {
  const writer = new ByteWriter();
  const count = order.length;
  writer.count(count);
  writer.text(JSON.stringify(rows.racks));
  const column = (read: (row: number) => number): void =>
    writeColumn(writer, count, (at) => read(order[at]!));
  column((row) => rows.timesMs[row]!);
  column((row) => rows.late[row]!);
  column((row) => rows.impossible[row]!);
  column((row) => rows.rack[row]!);
  for (let i = 0; i < CHANNEL_COUNT; i++) column((row) => rows.values[row * CHANNEL_COUNT + i]!);
  for (const cells of [rows.cellVoltagesV, rows.cellTemperaturesDegC]) {
    column((row) => cells[row]?.length ?? Number.NaN);
    let most = 0;
    for (let at = 0; at < count; at++) most = Math.max(most, cells[order[at]!]?.length ?? 0);
    writer.count(most);
    for (let cell = 0; cell < most; cell++) column((row) => cells[row]?.[cell] ?? Number.NaN);
  }
  return packed(writer);
}

/** @throws RangeError for bytes that are cut, changed, or of another version */
export function decodeRows(chunk: Uint8Array): FrameRows {
  const reader = unpacked(chunk);
  const count = reader.count();
  const racks = JSON.parse(reader.text()) as (string | null)[];
  const [timesMs, late, impossible, rack] = [0, 1, 2, 3].map(() => readColumn(reader, count));
  const channels = Array.from({ length: CHANNEL_COUNT }, () => readColumn(reader, count));
  const cells = [0, 1].map(() => {
    const lengths = readColumn(reader, count);
    return { lengths, columns: Array.from({ length: reader.count() }, () => readColumn(reader, count)) };
  });
  const rows = new FrameRows(count);
  const frame = newFrame('');
  const cellsAt = (which: number, row: number): Float64Array | null => {
    const { lengths, columns } = cells[which]!;
    const length = lengths[row]!;
    return Number.isNaN(length) ? null : Float64Array.from({ length }, (_, cell) => columns[cell]![row]!);
  };
  for (let row = 0; row < count; row++) {
    frame.timeMs = timesMs![row]!;
    frame.rackId = racks[rack![row]!] ?? null;
    frame.impossible = impossible![row]!;
    for (let i = 0; i < CHANNEL_COUNT; i++) frame.values[i] = channels[i]![row]!;
    frame.cellVoltagesV = cellsAt(0, row);
    frame.cellTemperaturesDegC = cellsAt(1, row);
    rows.push(frame, late![row] === 1);
  }
  return rows;
}

export function encodeSteps(steps: Steps): Uint8Array {
  const writer = new ByteWriter();
  const count = steps.count;
  writer.count(count);
  writeColumn(writer, count, (at) => steps.timesMs[at]!);
  writeColumn(writer, count, (at) => steps.late[at]!);
  const all = [...steps.series];
  writer.count(all.length);
  for (const [id, series] of all) {
    writer.text(id);
    for (const name of ['counts', 'min', 'mean', 'max'] as const)
      writeColumn(writer, count, (at) => series[name][at]!);
  }
  return packed(writer);
}

/** @throws RangeError as `decodeRows` */
export function decodeSteps(chunk: Uint8Array): Steps {
  const reader = unpacked(chunk);
  const count = reader.count();
  const timesMs = Array.from(readColumn(reader, count));
  const late = Array.from(readColumn(reader, count));
  const series = new Map<string, SeriesSteps>();
  for (let left = reader.count(); left > 0; left--) {
    const id = reader.text();
    const [counts, min, mean, max] = [0, 1, 2, 3].map(() => Array.from(readColumn(reader, count)));
    series.set(id, { counts: counts!, min: min!, mean: mean!, max: max! });
  }
  return new Steps(timesMs, late, series);
}
