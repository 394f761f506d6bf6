/** Fields that gateways deliver and nobody understands: kept by name until they have not come for an hour. */

import type { UnknownField } from '@emberwatch/engine/telemetry';
import { MS_PER_H } from '@emberwatch/engine/units';

const MAX_FIELDS_OF_GATEWAY = 50;
const MAX_FIELDS = 5000;
const FORGET_MS = MS_PER_H;

export interface UnknownFieldOfGateway extends UnknownField {
  readonly gatewayId: string;
  /** Deliveries in which it stood. */
  deliveries: number;
  readonly firstMs: number;
  lastMs: number;
}

export class UnknownFieldsOfGateways {
  private readonly byGateway = new Map<string, Map<string, UnknownFieldOfGateway>>();
  private size = 0;

  note(gatewayId: string, fields: readonly UnknownField[], nowMs: number): void {
    if (fields.length === 0) return;
    this.forgetOld(nowMs);
    let known = this.byGateway.get(gatewayId);
    if (!known) this.byGateway.set(gatewayId, (known = new Map()));
    for (const { field, didYouMean } of fields) {
      const entry = known.get(field);
      if (entry) {
        entry.deliveries++;
        entry.lastMs = nowMs;
      } else if (known.size < MAX_FIELDS_OF_GATEWAY && this.size < MAX_FIELDS) {
        known.set(field, { gatewayId, field, didYouMean, deliveries: 1, firstMs: nowMs, lastMs: nowMs });
        this.size++;
      }
    }
  }

  /** By gateway, in the order in which they came first. */
  list(nowMs: number): UnknownFieldOfGateway[] {
    this.forgetOld(nowMs);
    return [...this.byGateway.values()].flatMap((fields) => [...fields.values()]);
  }

  restoreState(entries: readonly UnknownFieldOfGateway[]): void {
    for (const entry of entries) {
      let known = this.byGateway.get(entry.gatewayId);
      if (!known) this.byGateway.set(entry.gatewayId, (known = new Map()));
      known.set(entry.field, { ...entry });
      this.size++;
    }
  }

  /** The wall clock was set by so much. */
  clockSet(byMs: number): void {
    for (const fields of this.byGateway.values()) for (const entry of fields.values()) entry.lastMs += byMs;
  }

  private forgetOld(nowMs: number): void {
    for (const [gatewayId, fields] of this.byGateway) {
      for (const [name, { lastMs }] of fields)
        if (nowMs - lastMs > FORGET_MS) {
          fields.delete(name);
          this.size--;
        }
      if (fields.size === 0) this.byGateway.delete(gatewayId);
    }
  }
}
