/** Unpacking of deflate and gzip. What came before a damage is delivered, and what follows the end is told. */
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { BrokenStreamError, type ByteStream, TrailingBytesError } from './bytes.ts';

/** Packed bytes given to zlib at once: what they unpack to (at most a thousandfold) waits in memory. */
const PACKED_SLICE_BYTES = 16 * 1024;
const UNPACKED_CHUNK_BYTES = 256 * 1024;
const ENDS_EARLY = 'unexpected end of file';
const NOTHING = new Uint8Array(0);

/** Bytes of a stream one after the other. */
class Cursor {
  private rest: Uint8Array = NOTHING;
  private readonly iterator: AsyncIterator<Uint8Array>;

  constructor(stream: ByteStream) {
    this.iterator = stream[Symbol.asyncIterator]();
  }

  /** At least one and at most `count` bytes, or null at the end. Valid until the next call. */
  async some(count: number): Promise<Uint8Array | null> {
    while (this.rest.length === 0) {
      const next = await this.iterator.next();
      if (next.done) return null;
      this.rest = next.value;
    }
    const bytes = this.rest.subarray(0, count);
    this.rest = this.rest.subarray(bytes.length);
    return bytes;
  }

  /** The last `count` bytes that `some` gave were too many. */
  giveBack(bytes: Uint8Array): void {
    this.rest = this.rest.length === 0 ? bytes.slice() : Buffer.concat([bytes, this.rest]);
  }

  /** The next byte, or -1 at the end. */
  async byte(): Promise<number> {
    const bytes = await this.some(1);
    return bytes === null ? -1 : bytes[0]!;
  }

  async close(): Promise<void> {
    await this.iterator.return?.();
  }
}

/** The BrokenStreamError with zlib's words follows the last byte that could be unpacked. */
export async function* inflated(stream: ByteStream, packing: 'gzip' | 'raw'): AsyncGenerator<Uint8Array> {
  const cursor = new Cursor(stream);
  try {
    if (packing === 'raw') yield* deflated(cursor);
    else yield* members(cursor);
  } finally {
    await cursor.close();
  }
}

/** The members of a gzip file (RFC 1952), one after the other. */
async function* members(cursor: Cursor): AsyncGenerator<Uint8Array> {
  for (let count = 0; ; count++) {
    const first = count === 0 ? await cursor.byte() : await afterPadding(cursor);
    if (first < 0 && count > 0) return;
    if (first !== 0x1f || (await cursor.byte()) !== 0x8b) {
      if (count > 0) throw new TrailingBytesError('bytes follow the end of the gzip data');
      throw new BrokenStreamError('incorrect header check');
    }
    await skipHeader(cursor);
    let [check, length] = [0, 0];
    for await (const chunk of deflated(cursor)) {
      check = crc32(chunk, check);
      length = (length + chunk.length) >>> 0;
      yield chunk;
    }
    if ((await littleEndian(cursor)) !== check >>> 0) throw new BrokenStreamError('incorrect data check');
    if ((await littleEndian(cursor)) !== length) throw new BrokenStreamError('incorrect length check');
  }
}

/** Zeros fill up blocks of tapes and disks; they are no data. */
async function afterPadding(cursor: Cursor): Promise<number> {
  let byte = await cursor.byte();
  while (byte === 0) byte = await cursor.byte();
  return byte;
}

async function needed(cursor: Cursor): Promise<number> {
  const byte = await cursor.byte();
  if (byte < 0) throw new BrokenStreamError(ENDS_EARLY);
  return byte;
}

async function littleEndian(cursor: Cursor): Promise<number> {
  let value = 0;
  for (let shift = 0; shift < 32; shift += 8) value |= (await needed(cursor)) << shift;
  return value >>> 0;
}

/** What follows the two bytes that say "gzip": method, flags, time, system, and what the flags announce. */
async function skipHeader(cursor: Cursor): Promise<void> {
  const method = await needed(cursor);
  if (method !== 8) throw new BrokenStreamError('unknown compression method');
  const flags = await needed(cursor);
  for (let i = 0; i < 6; i++) await needed(cursor);
  if (flags & 4) {
    const length = (await needed(cursor)) + 256 * (await needed(cursor));
    for (let i = 0; i < length; i++) await needed(cursor);
  }
  for (const name of [8, 16]) if (flags & name) while ((await needed(cursor)) !== 0);
  if (flags & 2) for (let i = 0; i < 2; i++) await needed(cursor);
}

/** One deflate stream; the cursor stands behind it afterwards. */
async function* deflated(cursor: Cursor): AsyncGenerator<Uint8Array> {
  const zlib: InflateRaw = createInflateRaw({ chunkSize: UNPACKED_CHUNK_BYTES });
  let ready: Uint8Array[] = [];
  let failure: Error | undefined;
  let wake: () => void = () => {};
  let finished = false;
  zlib.on('data', (chunk: Uint8Array) => ready.push(chunk));
  zlib.on('error', (error) => {
    failure = error;
    wake();
  });
  zlib.on('end', () => {
    finished = true;
    wake();
  });
  const step = (start: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (failure || finished) resolve();
      else start(resolve);
    });
  let given = 0;
  try {
    while (!finished && !failure) {
      const slice = await cursor.some(PACKED_SLICE_BYTES);
      if (slice === null) {
        await step(() => zlib.end());
        break;
      }
      given += slice.length;
      // A view would be overwritten where the source reuses its buffer; zlib is done with it at the callback.
      await step((done) => zlib.write(slice, () => done()));
      const unpacked = ready;
      ready = [];
      yield* unpacked;
      // At the end of the stream zlib leaves what it has not used.
      const unused = given - zlib.bytesWritten;
      if (unused > 0 && !failure) {
        cursor.giveBack(slice.subarray(slice.length - unused));
        await step(() => zlib.end());
        break;
      }
    }
    yield* ready;
  } finally {
    zlib.destroy();
  }
  if (failure) throw new BrokenStreamError(failure.message);
}
