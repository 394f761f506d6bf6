/**
 * Columns of numbers as bytes, exact to the bit. Measured values have few decimals: where whole numbers of some power of
 * ten give them back exactly, their differences are written in as few bytes as they need; else all eight bytes are, the
 * first of every value together, because these are alike.
 */
export class ByteWriter {
  private bytes = new Uint8Array(4096);
  private length = 0;

  byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^53, seven bits to a byte, the low ones first. */
  count(value: number): void {
    this.room(8);
    let rest = value;
    while (rest >= 2 ** 31) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  text(value: string): void {
    const bytes = Buffer.from(value, 'utf16le');
    this.count(bytes.length);
    this.append(bytes);
  }

  append(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A view: valid until the next byte is written. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + bytes));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** @throws RangeError at the end of the bytes */
export class ByteReader {
  at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new RangeError(`chunk: byte ${this.at - 1}: cut`);
    return value;
  }

  count(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.byte();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      if (shift > 2 ** 49) throw new RangeError(`chunk: byte ${this.at}: no number`);
    }
  }

  text(): string {
    const bytes = this.take(this.count());
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf16le');
  }

  take(length: number): Uint8Array {
    if (!(this.at + length <= this.bytes.length)) throw new RangeError(`chunk: byte ${this.at}: cut`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

const NOTHING = 0;
const SAME = 1;
const WHOLE = 2;
const PLANES = 3;
/** Added where a bit for each value says whether it is there. */
const WITH_GAPS = 128;

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
/** Differences, folded to positive, must stay whole numbers. */
const MAX_WHOLE = 2 ** 51;

let scratch = new Float64Array(1024);
let whole = new Float64Array(1024);

/** Writes `count` numbers; NaN is absence. */
export function writeColumn(writer: ByteWriter, count: number, read: (at: number) => number): void {
  if (scratch.length < count) {
    scratch = new Float64Array(2 * count);
    whole = new Float64Array(2 * count);
  }
  let present = 0;
  for (let at = 0; at < count; at++) {
    const value = read(at);
    if (!Number.isNaN(value)) scratch[present++] = value;
  }
  if (present === 0) {
    writer.byte(NOTHING);
    return;
  }
  const gaps = present < count ? WITH_GAPS : 0;
  const values = scratch.subarray(0, present);
  const isSame = values.every((value) => Object.is(value, values[0]));
  const digits = isSame ? -1 : digitsOf(values);
  writer.byte((isSame ? SAME : digits >= 0 ? WHOLE : PLANES) | gaps);
  if (gaps) writer.append(bitsOf(count, (at) => !Number.isNaN(read(at))));
  if (isSame) writer.append(new Uint8Array(Float64Array.of(values[0]!).buffer));
  else if (digits < 0) writePlanes(writer, values);
  else writeWhole(writer, digits, present);
}

function writeWhole(writer: ByteWriter, digits: number, count: number): void {
  writer.byte(digits);
  let before = 0;
  for (let at = 0; at < count; at++) {
    const step = whole[at]! - before;
    writer.count(step >= 0 ? 2 * step : -2 * step - 1);
    before = whole[at]!;
  }
}

export function readColumn(reader: ByteReader, count: number): Float64Array {
  const kind = reader.byte();
  const column = new Float64Array(count).fill(Number.NaN);
  if (kind === NOTHING) return column;
  const bits = kind & WITH_GAPS ? reader.take(Math.ceil(count / 8)) : null;
  const isThere = (at: number): boolean => !bits || (bits[at >> 3]! & (1 << (at & 7))) !== 0;
  let present = 0;
  for (let at = 0; at < count; at++) if (isThere(at)) present++;
  const values = readValues(reader, kind & ~WITH_GAPS, present);
  for (let at = 0, next = 0; at < count; at++) if (isThere(at)) column[at] = values[next++]!;
  return column;
}

function readValues(reader: ByteReader, kind: number, count: number): Float64Array {
  const values = new Float64Array(count);
  const bytes = new Uint8Array(values.buffer);
  if (kind === SAME) {
    const one = reader.take(8);
    for (let at = 0; at < bytes.length; at++) bytes[at] = one[at & 7]!;
  } else if (kind === WHOLE) {
    const power = POWERS[reader.byte()];
    if (power === undefined) throw new RangeError(`chunk: byte ${reader.at}: no power of ten`);
    for (let at = 0, sum = 0; at < count; at++) {
      const folded = reader.count();
      sum += folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
      values[at] = sum / power;
    }
  } else if (kind === PLANES) {
    const planes = reader.take(8 * count);
    for (let at = 0; at < bytes.length; at++) bytes[at] = planes[(at & 7) * count + (at >> 3)]!;
  } else throw new RangeError(`chunk: byte ${reader.at}: no column`);
  return values;
}

function writePlanes(writer: ByteWriter, values: Float64Array): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const planes = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) planes[(at & 7) * values.length + (at >> 3)] = bytes[at]!;
  writer.append(planes);
}

/** Decimals that give all values back exactly, with the whole numbers in `whole`; -1 where there are none. */
function digitsOf(values: Float64Array): number {
  let digits = 0;
  for (let at = 0; at < values.length; at++)
    while (!isWhole(values[at]!, POWERS[digits]!)) if (++digits === POWERS.length) return -1;
  const power = POWERS[digits]!;
  for (let at = 0; at < values.length; at++) {
    if (!isWhole(values[at]!, power)) return -1;
    whole[at] = Math.round(values[at]! * power);
  }
  return digits;
}

/** Minus zero is none: its sign would be lost. */
function isWhole(value: number, power: number): boolean {
  const scaled = Math.round(value * power);
  return scaled / power === value && Math.abs(scaled) <= MAX_WHOLE && (value !== 0 || 1 / value > 0);
}

function bitsOf(count: number, isSet: (at: number) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let at = 0; at < count; at++) if (isSet(at)) bits[at >> 3] = bits[at >> 3]! | (1 << (at & 7));
  return bits;
}
