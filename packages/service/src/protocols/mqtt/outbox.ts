/** Messages to one client: written as fast as it reads and acknowledges, never more than the limits wait. */
import { generate } from 'mqtt-packet';
import type { MqttLimits } from './limits.ts';
import type { OutboundMessage } from './subscriptions.ts';

const MAX_PACKET_ID = 65_535;
const SMALLEST_OVERHEAD_BYTES = 7;

export interface OutboxOptions {
  readonly protocolVersion: 4 | 5;
  readonly limits: MqttLimits;
  /** Of the client. */
  readonly receiveMaximum: number;
  readonly maximumPacketBytes: number;
  readonly write: (bytes: Uint8Array) => void;
  readonly waitingBytes: () => number;
}

export class Outbox {
  private readonly options: OutboxOptions;
  private readonly waiting: OutboundMessage[] = [];
  private readonly unacknowledged = new Set<number>();
  private lastId = 0;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  /** False: too much waits; the client is to be dropped. A message beyond what the client takes is left out. */
  send(message: OutboundMessage): boolean {
    const { limits, maximumPacketBytes } = this.options;
    const minBytes = message.payload.length + Buffer.byteLength(message.topic) + SMALLEST_OVERHEAD_BYTES;
    if (minBytes > maximumPacketBytes) return true;
    if (this.waiting.length >= limits.retainedTopics + limits.unacknowledged) return false;
    this.waiting.push(message);
    this.flush();
    return true;
  }

  acknowledged(packetId: number): void {
    this.unacknowledged.delete(packetId);
    this.flush();
  }

  flush(): void {
    const { limits, receiveMaximum, protocolVersion, write, waitingBytes } = this.options;
    const window = Math.min(limits.unacknowledged, receiveMaximum);
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (waitingBytes() >= limits.clientBufferBytes) return;
      if (next.qos === 1 && this.unacknowledged.size >= window) return;
      this.waiting.shift();
      const { topic, qos, retain } = next;
      const payload = Buffer.from(next.payload);
      const id = qos === 1 ? { messageId: this.nextId() } : {};
      write(
        generate({ cmd: 'publish', topic, payload, qos, retain, dup: false, ...id }, { protocolVersion }),
      );
    }
  }

  private nextId(): number {
    do this.lastId = (this.lastId % MAX_PACKET_ID) + 1;
    while (this.unacknowledged.has(this.lastId));
    this.unacknowledged.add(this.lastId);
    return this.lastId;
  }
}
