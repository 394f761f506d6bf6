/** Just enough of protocol buffers to write messages (protobuf.dev/programming-guides/encoding). */

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** A message that grows field by field. */
export class Message {
  private readonly parts: Uint8Array[] = [];

  /** A whole number of any sign; also an enum. */
  integer(field: number, value: number): this {
    this.parts.push(varint((field << 3) | VARINT), varint(value));
    return this;
  }

  float(field: number, value: number): this {
    this.parts.push(varint((field << 3) | FIXED32), new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  text(field: number, ...values: readonly string[]): this {
    for (const value of values) this.bytes(field, new TextEncoder().encode(value));
    return this;
  }

  message(field: number, ...values: readonly Message[]): this {
    for (const value of values) this.bytes(field, value.encoded());
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.parts.push(varint((field << 3) | LENGTH), varint(value.length), value);
    return this;
  }

  integers(field: number, values: readonly number[]): this {
    return this.bytes(field, joined(values.map(varint)));
  }

  floats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(Float32Array.from(values).buffer));
  }

  encoded(): Uint8Array {
    return joined(this.parts);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varint(value: number): Uint8Array {
  if (value >= 0 && value < 128) return Uint8Array.of(value);
  const bytes: number[] = [];
  // Negative ones are 64 bits of two's complement.
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}
