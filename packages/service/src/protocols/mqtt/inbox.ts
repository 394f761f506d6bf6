/** Messages of one client that are not yet stored, one after another in the order in which they came. */
import type { Identity } from '../../records.ts';
import { deliver } from './delivering.ts';
import type { MqttLimits } from './limits.ts';
import type { InboundMessage, Outcome, Reception } from './reception.ts';

export interface InboxItem {
  readonly message: InboundMessage;
  readonly qos: 0 | 1 | 2;
  /** 0 at QoS 0. */
  readonly packetId: number;
}

/** What all clients together hold. */
export interface Budget {
  bytes: number;
}

export interface InboxOptions {
  readonly reception: Reception;
  readonly identity: Identity;
  readonly limits: MqttLimits;
  readonly budget: Budget;
  readonly signal: AbortSignal;
  /** False: what waits behind it must not be taken. */
  readonly settled: (item: InboxItem, outcome: Outcome) => boolean;
}

const BUSY: Outcome = { kind: 'busy', detail: 'too much waits to be stored' };

export class Inbox {
  private readonly options: InboxOptions;
  private readonly queue: { item: InboxItem; isOverBudget: boolean }[] = [];
  private working: Promise<void> | null = null;

  constructor(options: InboxOptions) {
    this.options = options;
  }

  get length(): number {
    return this.queue.length;
  }

  get isFull(): boolean {
    return this.queue.length >= this.options.limits.inFlight;
  }

  /** A message at QoS 2 that is still on its way. */
  awaits(packetId: number): boolean {
    return this.queue.some(({ item }) => item.qos === 2 && item.packetId === packetId);
  }

  push(item: InboxItem): void {
    const { budget, limits } = this.options;
    const bytes = item.message.payload.length;
    const isOverBudget = budget.bytes + bytes > limits.inFlightBytes;
    if (!isOverBudget) budget.bytes += bytes;
    this.queue.push({ item: isOverBudget ? withoutPayload(item) : item, isOverBudget });
    this.working ??= this.work();
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    // Begins after the caller is done: nothing is settled while packets are being read.
    await Promise.resolve();
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      const { item, isOverBudget } = first;
      const outcome = isOverBudget ? BUSY : await this.outcomeOf(item);
      this.dropFirst();
      if (this.options.settled(item, outcome)) continue;
      while (this.queue.length > 0) this.dropFirst();
    }
    this.working = null;
  }

  private dropFirst(): void {
    const { item } = this.queue.shift()!;
    this.options.budget.bytes -= item.message.payload.length;
  }

  private async outcomeOf({ message, qos }: InboxItem): Promise<Outcome> {
    const { reception, identity, limits, signal } = this.options;
    const prepared = reception.prepare(message, identity);
    if ('kind' in prepared) return prepared;
    const isLastChance = qos === 0 || !prepared.isRepeatable;
    const goesOn = (waitedMs: number): boolean => isLastChance && waitedMs < limits.holdMs;
    return deliver(prepared, { retryMs: limits.retryMs, goesOn, signal });
  }
}

const withoutPayload = (item: InboxItem): InboxItem => ({
  ...item,
  message: { ...item.message, payload: new Uint8Array(0) },
});
