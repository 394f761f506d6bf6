/**
 * Deliveries on which the intake fails every time. Without an end to the repetitions their sender could deliver nothing
 * newer. So after some attempts one is stored for an engineer to read, and only then answered as final.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import type { SettingRow } from '../records.ts';
import type { BodyFormat, Delivery, IngestResult, Protocol } from './intake.ts';

/** Under names that begin so the store keeps them. */
export const SET_ASIDE_PREFIX = 'set-aside.';
/** A failure that passes must not set anything aside: MQTT repeats after 0.25, 0.5, 1 and 2 s. */
const ATTEMPTS = 5;
const MAX_COUNTED = 1000;
/** Where there is no room the delivery is not acknowledged: nothing is lost, and its sender waits. */
const MAX_KEPT = 32;
const MAX_KEPT_OF_GATEWAY = 4;
const MAX_BODY_BYTES = 1024 * 1024;

export interface SetAsideDelivery {
  /** SHA-256 of gateway, format and body. */
  readonly id: string;
  readonly gatewayId: string;
  readonly door: Protocol;
  readonly format: BodyFormat | 'records';
  readonly setAsideMs: number;
  /** What the service failed with. */
  readonly error: string;
  readonly bodyBytes: number;
  readonly bodyBase64: string;
}

interface Options {
  readonly now: () => number;
  /** Stores these or nothing. @throws ServiceError */
  readonly writeFirst: (rows: readonly SettingRow[]) => Promise<void>;
  /** Each failure, with whether the delivery is now set aside. */
  readonly failed: (delivery: Delivery, detail: string) => void;
}

export class SetAside {
  private readonly options: Options;
  private readonly kept = new Map<string, SetAsideDelivery>();
  private readonly failures = new Map<string, number>();

  constructor(options: Options, rows: readonly SettingRow[]) {
    this.options = options;
    for (const { value } of rows) {
      const one = JSON.parse(value!) as SetAsideDelivery;
      this.kept.set(one.id, one);
    }
  }

  list(): readonly SetAsideDelivery[] {
    return [...this.kept.values()];
  }

  countOf(gatewayId: string): number {
    let count = 0;
    for (const one of this.kept.values()) if (one.gatewayId === gatewayId) count++;
    return count;
  }

  /** @returns what is to be stored: the row without its value. @throws ServiceError `NOT_FOUND` */
  remove(id: string): SettingRow {
    if (!this.kept.delete(id)) throw new ServiceError('NOT_FOUND', 'No delivery of this id is set aside.');
    return { key: SET_ASIDE_PREFIX + id, value: null };
  }

  /** @throws what `take` throws; ServiceError `SET_ASIDE` once that is stored */
  async run(
    delivery: Delivery,
    format: SetAsideDelivery['format'],
    bodyOf: () => Uint8Array,
    take: () => Promise<IngestResult>,
  ): Promise<IngestResult> {
    if (this.kept.size > 0 && this.kept.has(idOf(delivery, format, bodyOf())))
      throw new ServiceError('SET_ASIDE');
    try {
      return await take();
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      const detail = String(error);
      this.options.failed(delivery, detail);
      if (!(await this.keep(delivery, format, bodyOf(), detail))) throw error;
      throw new ServiceError('SET_ASIDE', undefined, error);
    }
  }

  private async keep(
    delivery: Delivery,
    format: SetAsideDelivery['format'],
    body: Uint8Array,
    error: string,
  ): Promise<boolean> {
    const id = idOf(delivery, format, body);
    const { gatewayId, door } = delivery;
    if (this.failuresOf(id) < ATTEMPTS) return false;
    const isFull = this.kept.size >= MAX_KEPT || this.countOf(gatewayId) >= MAX_KEPT_OF_GATEWAY;
    if (isFull || body.length > MAX_BODY_BYTES) return false;
    const one: SetAsideDelivery = {
      id,
      gatewayId,
      door,
      format,
      error: error.slice(0, 500),
      setAsideMs: this.options.now(),
      bodyBytes: body.length,
      bodyBase64: Buffer.from(body).toString('base64'),
    };
    await this.options.writeFirst([{ key: SET_ASIDE_PREFIX + id, value: JSON.stringify(one) }]);
    this.kept.set(id, one);
    this.failures.delete(id);
    return true;
  }

  /** With this one. Those that failed longest ago are forgotten first: they begin again. */
  private failuresOf(id: string): number {
    const failures = (this.failures.get(id) ?? 0) + 1;
    this.failures.delete(id);
    this.failures.set(id, failures);
    if (this.failures.size > MAX_COUNTED) this.failures.delete(this.failures.keys().next().value!);
    return failures;
  }
}

const idOf = ({ gatewayId }: Delivery, format: string, body: Uint8Array): string =>
  createHash('sha256').update(`${gatewayId}\u0000${format}\u0000`).update(body).digest('hex');
