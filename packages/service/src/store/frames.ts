/**
 * Frames as bytes, exact to the bit: what the journal keeps and what goes between threads.
 *
 * Words of 8 bytes in the order of bytes of the machine; a foreign order is seen by the mark.
 *
 * | part | content |
 * | --- | --- |
 * | head | mark and version, CRC-32 of all that follows the head, count of frames, bytes of the names |
 * | names | module and rack of each sender: bytes of each (u16; 0xffff: no rack), then UTF-8 (`storedName`) |
 * | frame | time, number of the sender, mask; then only what the mask names: stamp, impossible bits, channels, cells |
 */
import { crc32 } from 'node:zlib';
import {
  CELL_TEMPERATURES_BIT,
  CELL_VOLTAGES_BIT,
  CHANNEL_COUNT,
  type Frame,
  MAX_CELLS,
  type ModuleId,
  newFrame,
} from '@emberwatch/engine/telemetry';
import { nameOfStored, storedName } from './names.ts';

/** `EWF1`; the last character is the version. */
const MARK = 0x31_46_57_45;
const HEAD_BYTES = 16;
const WORD_BYTES = 8;

const LATE = 1 << 31;
const HAS_IMPOSSIBLE = 1 << 30;
const HAS_CELLS = 1 << 29;
/** The stamp as it was delivered is kept beside the time at which the frame was evaluated. */
const HAS_STAMP = 1 << 28;
/** An earlier message that a broker had kept: whatever its stamp says, it is not news. */
const RETAINED = 1 << 27;
const CHANNEL_BITS = (1 << CHANNEL_COUNT) - 1;
/** Channels may be added: the bits of the cell arrays stand where they never collide. */
const STORED_CELL_VOLTAGES = 1 << 30;
const STORED_CELL_TEMPERATURES = 1 << 31;
const NO_RACK = 0xffff;
/** A count of cells is stored one higher: 0 is no array. */
const MAX_FRAME_WORDS = 5 + CHANNEL_COUNT + 2 * MAX_CELLS;
const FIRST_WORDS = 1024;
const FIRST_NAME_BYTES = 4096;
/** In UTF-8 three bytes each at most, which u16 counts. */
const MAX_NAME_CHARS = 20_000;
/** One batch; the doors take far less (`LIMITS.inflatedBytes`). */
const MAX_BATCH_WORDS = (256 * 1024 * 1024) / WORD_BYTES;

const storedBits = (impossible: number): number =>
  (impossible & CHANNEL_BITS) |
  (impossible & CELL_VOLTAGES_BIT ? STORED_CELL_VOLTAGES : 0) |
  (impossible & CELL_TEMPERATURES_BIT ? STORED_CELL_TEMPERATURES : 0);

const impossibleOf = (stored: number): number =>
  (stored & CHANNEL_BITS) |
  (stored & STORED_CELL_VOLTAGES ? CELL_VOLTAGES_BIT : 0) |
  (stored & STORED_CELL_TEMPERATURES ? CELL_TEMPERATURES_BIT : 0);

interface Sender {
  readonly moduleId: string;
  readonly rackId: string | null;
}

/** How a frame came, where it differs from what its time says. */
export interface Arrival {
  /** As it was delivered, Unix ms; NaN: it is the time of the frame. */
  readonly stampMs?: number;
  readonly isRetained?: boolean;
}

const PLAIN: Required<Arrival> = { stampMs: Number.NaN, isRetained: false };

type TakeFrame = (frame: Frame, isLate: boolean, arrival: Required<Arrival>) => void;

interface NumberedSender extends Sender {
  readonly number: number;
}

/** Collects frames of one delivery; `finish` gives their bytes and begins anew. */
export class FrameEncoder {
  private numbers = new Float64Array(FIRST_WORDS);
  private halves = new Uint32Array(this.numbers.buffer);
  private words = 0;
  private frames = 0;
  private senderCount = 0;
  private readonly byModule = new Map<string, NumberedSender>();
  private names = Buffer.alloc(FIRST_NAME_BYTES);
  private nameBytes = 0;

  get count(): number {
    return this.frames;
  }

  /** @throws RangeError for a time that is no number, and for a batch beyond 256 MiB */
  add(frame: Frame, isLate: boolean, { stampMs = Number.NaN, isRetained = false }: Arrival = {}): void {
    if (!Number.isFinite(frame.timeMs))
      throw new RangeError(`frame of ${frame.moduleId}: time is ${frame.timeMs}`);
    this.makeRoom();
    const { numbers, halves } = this;
    const first = this.words;
    let at = first + 2;
    let mask = (isLate ? LATE : 0) | (isRetained ? RETAINED : 0);
    if (!Number.isNaN(stampMs)) {
      mask |= HAS_STAMP;
      numbers[at++] = stampMs;
    }
    if (frame.impossible !== 0) {
      mask |= HAS_IMPOSSIBLE;
      halves[2 * at] = storedBits(frame.impossible);
      halves[2 * at++ + 1] = 0;
    }
    const { values, cellVoltagesV, cellTemperaturesDegC } = frame;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const value = values[i]!;
      if (Number.isNaN(value)) continue;
      mask |= 1 << i;
      numbers[at++] = value;
    }
    if (cellVoltagesV || cellTemperaturesDegC) {
      mask |= HAS_CELLS;
      halves[2 * at] = cellVoltagesV ? cellCount(cellVoltagesV) + 1 : 0;
      halves[2 * at++ + 1] = cellTemperaturesDegC ? cellCount(cellTemperaturesDegC) + 1 : 0;
      for (const cells of [cellVoltagesV, cellTemperaturesDegC]) {
        if (!cells) continue;
        numbers.set(cells, at);
        at += cells.length;
      }
    }
    numbers[first] = frame.timeMs;
    halves[2 * first + 2] = this.senderOf(frame.moduleId, frame.rackId);
    halves[2 * first + 3] = mask;
    this.words = at;
    this.frames++;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const start = HEAD_BYTES + padded(this.nameBytes);
    const bytes = new Uint8Array(start + this.words * WORD_BYTES);
    bytes.set(this.names.subarray(0, this.nameBytes), HEAD_BYTES);
    bytes.set(new Uint8Array(this.numbers.buffer, 0, this.words * WORD_BYTES), start);
    const head = new Uint32Array(bytes.buffer, 0, HEAD_BYTES / 4);
    head[2] = this.frames;
    head[3] = this.nameBytes;
    head[1] = crc32(bytes.subarray(8));
    head[0] = MARK;
    this.words = 0;
    this.frames = 0;
    this.senderCount = 0;
    this.nameBytes = 0;
    this.byModule.clear();
    return bytes;
  }

  private senderOf(moduleId: string, rackId: string | null): number {
    const known = this.byModule.get(moduleId);
    if (known && known.rackId === rackId) return known.number;
    const moduleName = storedName(moduleId);
    const rackName = rackId === null ? null : storedName(rackId);
    const end = this.nameBytes + 4 + 3 * (moduleName.length + (rackName?.length ?? 0));
    if (moduleName.length > MAX_NAME_CHARS || (rackName?.length ?? 0) > MAX_NAME_CHARS)
      throw new RangeError(`frame: a name has at most ${MAX_NAME_CHARS} characters`);
    if (end > this.names.length) this.names = Buffer.concat([this.names], 2 * end);
    const { names, nameBytes: at } = this;
    const moduleBytes = names.write(moduleName, at + 4);
    const rackBytes = rackName === null ? 0 : names.write(rackName, at + 4 + moduleBytes);
    names.writeUInt16LE(moduleBytes, at);
    names.writeUInt16LE(rackName === null ? NO_RACK : rackBytes, at + 2);
    this.nameBytes = at + 4 + moduleBytes + rackBytes;
    const number = this.senderCount++;
    this.byModule.set(moduleId, { moduleId, rackId, number });
    return number;
  }

  private makeRoom(): void {
    if (this.words + MAX_FRAME_WORDS <= this.numbers.length) return;
    const wanted = Math.max(2 * this.numbers.length, this.words + MAX_FRAME_WORDS);
    if (wanted > MAX_BATCH_WORDS)
      throw new RangeError(`frames: a batch has at most ${MAX_BATCH_WORDS} words`);
    const numbers = new Float64Array(wanted);
    numbers.set(this.numbers.subarray(0, this.words));
    this.numbers = numbers;
    this.halves = new Uint32Array(numbers.buffer);
  }
}

const padded = (bytes: number): number => Math.ceil(bytes / WORD_BYTES) * WORD_BYTES;

function cellCount({ length }: Float64Array): number {
  if (length > MAX_CELLS) throw new RangeError(`frame: ${length} cells, at most ${MAX_CELLS}`);
  return length;
}

/**
 * The frames that `FrameEncoder` wrote, in their order. The frame is reused: take what you need before returning.
 *
 * @throws RangeError for bytes that are cut, changed, or of another kind or version; the frames before are given
 */
export function decodeFrames(bytes: Uint8Array, take: TakeFrame): void {
  const aligned = bytes.byteOffset % WORD_BYTES === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  if (byteLength < HEAD_BYTES || byteLength % WORD_BYTES !== 0) throw damaged(byteLength, 'cut');
  const halves = new Uint32Array(buffer, byteOffset, byteLength / 4);
  if (halves[0] !== MARK) throw damaged(0, 'no frames of this version');
  const namesBytes = halves[3]!;
  const start = HEAD_BYTES + padded(namesBytes);
  if (start > byteLength) throw damaged(12, 'names beyond the end');
  if (crc32(aligned.subarray(8)) !== halves[1]) throw damaged(4, 'the checksum differs');
  const senders = readNames(Buffer.from(buffer, byteOffset + HEAD_BYTES, namesBytes));
  const numbers = new Float64Array(buffer, byteOffset, byteLength / WORD_BYTES);
  const frame = newFrame('');
  let at = start / WORD_BYTES;
  for (let k = 0; k < halves[2]!; k++) at = readFrame(frame, numbers, halves, at, senders, take);
  if (at !== numbers.length) throw damaged(at * WORD_BYTES, 'more than the counted frames');
}

function readFrame(
  frame: Frame,
  numbers: Float64Array,
  halves: Uint32Array,
  first: number,
  senders: readonly Sender[],
  take: TakeFrame,
): number {
  const mask = halves[2 * first + 3];
  const sender = senders[halves[2 * first + 2] ?? -1];
  if (mask === undefined || !sender) throw damaged(first * WORD_BYTES, 'no frame here');
  if (mask & ~(LATE | HAS_IMPOSSIBLE | HAS_CELLS | HAS_STAMP | RETAINED | CHANNEL_BITS))
    throw damaged(first * WORD_BYTES, 'a channel that this version does not know');
  frame.moduleId = sender.moduleId as ModuleId;
  frame.rackId = sender.rackId;
  frame.timeMs = numbers[first]!;
  let at = first + 2;
  const stampMs = mask & HAS_STAMP ? (numbers[at++] ?? Number.NaN) : Number.NaN;
  frame.impossible = mask & HAS_IMPOSSIBLE ? impossibleOf(halves[2 * at++] ?? 0) : 0;
  const { values } = frame;
  for (let i = 0; i < CHANNEL_COUNT; i++) values[i] = mask & (1 << i) ? numbers[at++]! : Number.NaN;
  let voltages = 0;
  let temperatures = 0;
  if (mask & HAS_CELLS) {
    voltages = halves[2 * at] ?? 0;
    temperatures = halves[2 * at++ + 1] ?? 0;
    if (voltages > MAX_CELLS + 1 || temperatures > MAX_CELLS + 1)
      throw damaged(at * WORD_BYTES, `more than ${MAX_CELLS} cells`);
  }
  const afterVoltages = at + Math.max(0, voltages - 1);
  const end = afterVoltages + Math.max(0, temperatures - 1);
  if (end > numbers.length || !Number.isFinite(frame.timeMs)) throw damaged(first * WORD_BYTES, 'cut');
  frame.cellVoltagesV = cellsOf(frame.cellVoltagesV, voltages, numbers, at);
  frame.cellTemperaturesDegC = cellsOf(frame.cellTemperaturesDegC, temperatures, numbers, afterVoltages);
  const isPlain = (mask & (HAS_STAMP | RETAINED)) === 0;
  take(frame, (mask & LATE) !== 0, isPlain ? PLAIN : { stampMs, isRetained: (mask & RETAINED) !== 0 });
  return end;
}

/** The array of the frame before is used again where it has the same length. */
function cellsOf(
  before: Float64Array | null,
  stored: number,
  numbers: Float64Array,
  at: number,
): Float64Array | null {
  if (stored === 0) return null;
  const count = stored - 1;
  const cells = before?.length === count ? before : new Float64Array(count);
  for (let i = 0; i < count; i++) cells[i] = numbers[at + i]!;
  return cells;
}

function readNames(names: Buffer): Sender[] {
  const senders: Sender[] = [];
  for (let at = 0; at < names.length; ) {
    if (at + 4 > names.length) throw damaged(HEAD_BYTES + at, 'names are cut');
    const moduleEnd = at + 4 + names.readUInt16LE(at);
    const rackBytes = names.readUInt16LE(at + 2);
    const rackEnd = moduleEnd + (rackBytes === NO_RACK ? 0 : rackBytes);
    if (rackEnd > names.length) throw damaged(HEAD_BYTES + at, 'names are cut');
    const moduleId = nameOfStored(names.toString('utf8', at + 4, moduleEnd));
    senders.push({
      moduleId,
      rackId: rackBytes === NO_RACK ? null : nameOfStored(names.toString('utf8', moduleEnd, rackEnd)),
    });
    at = rackEnd;
  }
  return senders;
}

const damaged = (byte: number, what: string): RangeError => new RangeError(`frames: byte ${byte}: ${what}`);
