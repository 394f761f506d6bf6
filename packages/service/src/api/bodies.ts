/**
 * Bodies that are held at once, all together: as they arrive, and unpacked. Without a bound on their bytes a few hundred
 * senders, or small bodies that unpack to large ones, would fill the memory before anything is slow.
 */

import { ServiceError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { unpack } from './gzip.ts';

/** Of the bytes and of the bodies of all: one sender whose bodies never come to their end keeps out nobody else. */
const SHARE_OF_ONE = 1 / 4;

export class Bodies {
  private readonly limits: Limits;
  private bytes = 0;
  /** By sender: of bodies that are not answered. */
  private readonly arriving = new Map<string, { bytes: number; bodies: number }>();
  private batches = 0;
  /** Of each sender one is unpacked at a time, and held until it is stored: what is held is known before the next. */
  private readonly unpacking = new Map<string, Promise<unknown>>();

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
    const { bodyBytes, bodiesBytes, batchesInFlight } = this.limits;
    const held = Math.min(bytes ?? bodyBytes, bodyBytes);
    const own = this.arriving.get(sender) ?? { bytes: 0, bodies: 0 };
    const isOverShare =
      own.bytes + held > SHARE_OF_ONE * bodiesBytes || own.bodies >= SHARE_OF_ONE * batchesInFlight;
    if (this.bytes > 0 && this.bytes + held > bodiesBytes) throw new ServiceError('BUSY');
    if (own.bodies > 0 && isOverShare) throw new ServiceError('BUSY');
    this.arriving.set(sender, own);
    own.bytes += held;
    own.bodies++;
    const release = this.hold(held);
    return () => {
      release();
      own.bytes -= held;
      if (--own.bodies === 0) this.arriving.delete(sender);
    };
  }

  /** Gives `take` the body as it was before it was packed. @throws ServiceError `BUSY`, and as `unpack` and `take` */
  async open<T>(
    sender: string,
    sent: Buffer,
    encoding: string,
    take: (body: Buffer) => Promise<T>,
  ): Promise<T> {
    if (this.batches >= this.limits.batchesInFlight) throw new ServiceError('BUSY');
    this.batches++;
    try {
      return await (encoding === ''
        ? take(sent)
        : this.afterFormer(sender, () => this.unpacked(sent, encoding, take)));
    } finally {
      this.batches--;
    }
  }

  private async unpacked<T>(sent: Buffer, encoding: string, take: (body: Buffer) => Promise<T>): Promise<T> {
    if (this.bytes > this.limits.bodiesBytes) throw new ServiceError('BUSY');
    const body = await unpack(sent, encoding, this.limits.inflatedBytes);
    const release = this.hold(body.length);
    try {
      return await take(body);
    } finally {
      release();
    }
  }

  /** Of one sender one after another. */
  private async afterFormer<T>(sender: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.unpacking.get(sender) ?? Promise.resolve()).then(work);
    const ended = mine.catch(() => {});
    this.unpacking.set(sender, ended);
    try {
      return await mine;
    } finally {
      if (this.unpacking.get(sender) === ended) this.unpacking.delete(sender);
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
