/**
 * Frames that are stored of deliveries whose end is not: their sender delivers all of it again after a failure or an end of
 * the process, and what was stored is a repetition then, whatever came in between.
 */
import { crc32 } from 'node:zlib';
import { MS_PER_MIN } from '@emberwatch/engine/units';
import type { Kept } from './part.ts';

/** As many as two of the longest deliveries have; the gateways that were heard of longest ago are forgotten first. */
const MAX_FRAMES = 100_000;

/** Whoever goes on delivering has given up what failed. */
const FORGOTTEN_AFTER_MS = 15 * MS_PER_MIN;

export type UnfinishedState = readonly (readonly [
  gatewayId: string,
  frames: readonly string[],
  atMs: number,
])[];

/** The same for the same content under the same stamp, at whatever time it was evaluated. */
export function contentKey({ frame, stampMs }: Pick<Kept, 'frame' | 'stampMs'>): string {
  const { moduleId, timeMs, values, cellVoltagesV, cellTemperaturesDegC } = frame;
  let checksum = crc32(bytesOf(values));
  for (const cells of [cellVoltagesV, cellTemperaturesDegC])
    checksum = crc32(cells ? bytesOf(Float64Array.from(cells)) : 'none', checksum);
  return `${Number.isNaN(stampMs) ? timeMs : stampMs} ${checksum} ${moduleId}`;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

interface Unfinished {
  readonly frames: Set<string>;
  /** Arrival of the last part, wall clock. */
  atMs: number;
}

export class UnfinishedDeliveries {
  /** The gateway that was heard of last is the last. */
  private readonly byGateway = new Map<string, Unfinished>();
  private count = 0;

  has(gatewayId: string, item: Kept): boolean {
    return this.byGateway.get(gatewayId)?.frames.has(contentKey(item)) ?? false;
  }

  add(gatewayId: string, keys: readonly string[], atMs: number): void {
    if (keys.length === 0) return;
    const frames = this.byGateway.get(gatewayId)?.frames ?? new Set<string>();
    this.end(gatewayId);
    for (const key of keys) frames.add(key);
    this.byGateway.set(gatewayId, { frames, atMs });
    this.count += frames.size;
    for (const oldest of this.byGateway.keys()) {
      if (this.count <= MAX_FRAMES || oldest === gatewayId) break;
      this.end(oldest);
    }
  }

  /** They could not be stored. */
  remove(gatewayId: string, keys: readonly string[]): void {
    const frames = this.byGateway.get(gatewayId)?.frames;
    for (const key of keys) if (frames?.delete(key)) this.count--;
  }

  /** A delivery is stored whole. @param parts that it was stored in */
  delivered(gatewayId: string, parts: number, nowMs: number): void {
    const unfinished = this.byGateway.get(gatewayId);
    if (unfinished && (parts > 1 || nowMs - unfinished.atMs > FORGOTTEN_AFTER_MS)) this.end(gatewayId);
  }

  state(): UnfinishedState {
    return Array.from(this.byGateway, ([gatewayId, { frames, atMs }]) => [gatewayId, [...frames], atMs]);
  }

  restoreState(state: UnfinishedState): void {
    for (const [gatewayId, frames, atMs] of state) this.add(gatewayId, frames, atMs);
  }

  private end(gatewayId: string): void {
    this.count -= this.byGateway.get(gatewayId)?.frames.size ?? 0;
    this.byGateway.delete(gatewayId);
  }
}
