/** The wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding), as far as Sparkplug B needs it. */

/** Bytes that are no message; names field and place. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;
/** 64 bits in pieces of seven. */
const MAX_VARINT_BYTES = 10;
const PIECES_IN_LOW_HALF = 4;
const MAX_FIELD = 2 ** 29 - 1;

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** Reads one message field by field; nothing nests, so nothing can recurse. */
export class WireReader {
  /** Of the field that `next` has found. */
  field = 0;
  wireType = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** False at the end. */
  next(): boolean {
    if (this.position >= this.bytes.length) return false;
    const key = Number(this.varint());
    this.field = Math.floor(key / 8);
    this.wireType = key % 8;
    if (this.field < 1 || this.field > MAX_FIELD) throw this.error(`field number ${this.field}`);
    return true;
  }

  /** Unsigned, 64 bits. */
  varint(): bigint {
    let low = 0;
    let high = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw this.error('a number is cut off');
      const piece = byte & 0x7f;
      if (i < PIECES_IN_LOW_HALF) low += piece * 2 ** (7 * i);
      else high += BigInt(piece) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, high === 0n ? BigInt(low) : high + BigInt(low));
    }
    throw this.error('a number of more than ten bytes');
  }

  double(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  float(): number {
    return this.view.getFloat32(this.take(4), true);
  }

  /** A view, not a copy. */
  lengthDelimited(): Uint8Array {
    const length = Number(this.varint());
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(maxBytes: number): string {
    const bytes = this.lengthDelimited();
    if (bytes.length > maxBytes)
      throw this.error(`a text of ${bytes.length} bytes; at most ${maxBytes} are taken`);
    try {
      return textDecoder.decode(bytes);
    } catch {
      throw this.error('a text that is not UTF-8');
    }
  }

  expect(wireType: number): void {
    if (this.wireType !== wireType) throw this.error(`wire type ${this.wireType} instead of ${wireType}`);
  }

  skip(): void {
    if (this.wireType === VARINT) this.varint();
    else if (this.wireType === FIXED64) this.take(8);
    else if (this.wireType === BYTES) this.lengthDelimited();
    else if (this.wireType === FIXED32) this.take(4);
    else throw this.error(`wire type ${this.wireType}`);
  }

  error(what: string): PayloadError {
    return new PayloadError(`field ${this.field}, byte ${this.position}: ${what}`);
  }

  private take(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start)
      throw this.error(`${length} bytes are told, ${this.bytes.length - start} are there`);
    this.position += length;
    return start;
  }
}

export class WireWriter {
  private readonly bytes: number[] = [];

  varint(field: number, value: bigint | number): this {
    this.key(field, VARINT);
    this.number(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  float(field: number, value: number): this {
    this.key(field, FIXED32);
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value, true);
    return this.append(new Uint8Array(view.buffer));
  }

  double(field: number, value: number): this {
    this.key(field, FIXED64);
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value, true);
    return this.append(new Uint8Array(view.buffer));
  }

  lengthDelimited(field: number, value: Uint8Array): this {
    this.key(field, BYTES);
    this.number(BigInt(value.length));
    return this.append(value);
  }

  text(field: number, value: string): this {
    return this.lengthDelimited(field, new TextEncoder().encode(value));
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }

  private key(field: number, wireType: number): void {
    this.number(BigInt(field * 8 + wireType));
  }

  private number(value: bigint): void {
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.bytes.push(Number(rest & 0x7fn) | 0x80);
    this.bytes.push(Number(rest));
  }

  private append(bytes: Uint8Array): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }
}
