/**
 * Bodies that are held at once, all together: as they arrive, and unpacked. Without a bound on their bytes a few hundred
 * senders, or small bodies that unpack to large ones, would fill the memory before anything is slow.
 */

import { ServiceError } from '../errors.ts';
import { unpack } from '../ingest/gzip.ts';
import type { Limits } from '../limits.ts';

/** Of the bytes of all: one sender whose bodies never come to their end must not keep out the others. */
const SHARE_OF_ONE = 1 / 4;

export class Bodies {
  private readonly limits: Limits;
  private bytes = 0;
  /** By sender: of bodies that are not answered. */
  private readonly arriving = new Map<string, number>();
  private batches = 0;
  /** One is unpacked at a time, so that what is held is known before the next. */
  private unpacking: Promise<unknown> = Promise.resolve();

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /**
   * Before a body is read; one is always let in, of each sender as far as there is room.
   *
   * @param sender id of its token
   * @param bytes that it says it has; null where it does not say
   * @returns to be called once it is answered
   * @throws ServiceError `BUSY`
   */
  admit(sender: string, bytes: number | null): () => void {
    const { bodyBytes, bodiesBytes } = this.limits;
    const held = Math.min(bytes ?? bodyBytes, bodyBytes);
    const own = this.arriving.get(sender) ?? 0;
    if (this.bytes > 0 && this.bytes + held > bodiesBytes) throw new ServiceError('BUSY');
    if (own > 0 && own + held > SHARE_OF_ONE * bodiesBytes) throw new ServiceError('BUSY');
    this.arriving.set(sender, own + held);
    const release = this.hold(held);
    return () => {
      release();
      const left = (this.arriving.get(sender) ?? 0) - held;
      if (left > 0) this.arriving.set(sender, left);
      else this.arriving.delete(sender);
    };
  }

  /** Gives `take` the body as it was before it was packed. @throws ServiceError `BUSY`, and as `unpack` and `take` */
  async open<T>(sent: Buffer, encoding: string, take: (body: Buffer) => Promise<T>): Promise<T> {
    if (this.batches >= this.limits.batchesInFlight) throw new ServiceError('BUSY');
    this.batches++;
    let release = (): void => {};
    try {
      if (encoding === '') return await take(sent);
      const unpacked = this.unpacking.then(async () => {
        if (this.bytes > this.limits.bodiesBytes) throw new ServiceError('BUSY');
        const body = await unpack(sent, encoding, this.limits.inflatedBytes);
        release = this.hold(body.length);
        return body;
      });
      this.unpacking = unpacked.catch(() => {});
      return await take(await unpacked);
    } finally {
      this.batches--;
      release();
    }
  }

  private hold(bytes: number): () => void {
    this.bytes += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.bytes -= bytes;
      isHeld = false;
    };
  }
}
