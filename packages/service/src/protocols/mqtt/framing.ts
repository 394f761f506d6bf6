/** Bytes of a connection → whole MQTT control packets, before anything of them is believed. */
import { REASON } from './reasons.ts';

/** The remaining length takes at most four bytes (MQTT 3.1.1 and 5, 2.2.3). */
const MAX_LENGTH_BYTES = 4;
const CONTINUES = 0x80;
const VALUE_BITS = 7;
/** Kept between packets; what a large packet needed more is given back. */
const IDLE_BYTES = 16 * 1024;

/** What ends a connection: the MQTT 5 reason code is told to those who speak it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly reasonCode: number;

  constructor(reasonCode: number, message: string) {
    super(message);
    this.reasonCode = reasonCode;
  }
}

/** Holds at most one packet and what came with it; grows with what arrives, never with what a header claims. */
export class Framing {
  /** May rise once somebody is known. */
  maxPacketBytes: number;
  private buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;

  constructor(maxPacketBytes: number) {
    this.maxPacketBytes = maxPacketBytes;
  }

  push(chunk: Uint8Array): void {
    const held = this.end - this.start;
    if (this.end + chunk.length > this.buffer.length) {
      const needed = held + chunk.length;
      const grown =
        needed > this.buffer.length ? Buffer.allocUnsafe(Math.max(needed, 2 * held)) : this.buffer;
      this.buffer.copy(grown, 0, this.start, this.end);
      this.buffer = grown;
      this.start = 0;
      this.end = held;
    }
    this.buffer.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** The next whole packet, as a copy; null: more bytes are needed. @throws ProtocolError */
  next(): Buffer | null {
    const packetBytes = this.packetBytes();
    if (packetBytes === null || this.end - this.start < packetBytes) return null;
    const packet = Buffer.from(this.buffer.subarray(this.start, this.start + packetBytes));
    this.start += packetBytes;
    if (this.start === this.end) {
      this.start = this.end = 0;
      if (this.buffer.length > IDLE_BYTES) this.buffer = Buffer.alloc(0);
    }
    return packet;
  }

  /** Length of the packet at the beginning, with its header; null while the header is not whole. */
  private packetBytes(): number | null {
    let remaining = 0;
    for (let i = 1; i <= MAX_LENGTH_BYTES; i++) {
      if (this.start + i >= this.end) return null;
      const byte = this.buffer[this.start + i]!;
      remaining += (byte & ~CONTINUES) * 2 ** (VALUE_BITS * (i - 1));
      if ((byte & CONTINUES) !== 0) continue;
      const packetBytes = 1 + i + remaining;
      if (packetBytes > this.maxPacketBytes)
        throw new ProtocolError(
          REASON.packetTooLarge,
          `a packet of ${packetBytes} bytes; at most ${this.maxPacketBytes} are taken`,
        );
      return packetBytes;
    }
    throw new ProtocolError(REASON.malformed, 'the remaining length has more than four bytes');
  }
}
