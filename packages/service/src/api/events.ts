/**
 * Server-sent events: a full snapshot first, then what changes. A page that reads too slowly is dropped; it
 * reconnects and gets a new snapshot, so nothing has to be replayed and memory stays bounded.
 */
import type { ServerResponse } from 'node:http';
import type { Limits } from '../limits.ts';

export type EventName = 'snapshot' | 'verdicts' | 'change' | 'sensor-fault' | 'alarm' | 'retired' | 'health';

const RECONNECT_MS = 2000;

export class EventStream {
  /** Pages dropped because they read too slowly. */
  dropped = 0;
  private readonly clients = new Map<ServerResponse, () => boolean>();
  private readonly limits: Limits;
  private lastId = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get size(): number {
    return this.clients.size;
  }

  get isFull(): boolean {
    return this.clients.size >= this.limits.clients;
  }

  /** Takes over a response: headers, then the snapshot. It ends once its reader `isAllowed` no longer. */
  open(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    snapshot: unknown,
    isAllowed: () => boolean,
  ): void {
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.on('close', () => this.clients.delete(response));
    response.on('error', () => this.clients.delete(response));
    this.clients.set(response, isAllowed);
    response.write(`retry: ${RECONNECT_MS}\n${this.format('snapshot', snapshot)}`);
  }

  send(name: EventName, body: unknown): void {
    if (this.clients.size === 0) return;
    const text = this.format(name, body);
    for (const [client, isAllowed] of this.clients) {
      if (!isAllowed()) {
        this.clients.delete(client);
        client.end();
      } else if (client.writableLength > this.limits.clientBufferBytes) {
        this.dropped++;
        this.clients.delete(client);
        client.destroy();
      } else client.write(text);
    }
  }

  close(): void {
    for (const client of this.clients.keys()) client.end();
    this.clients.clear();
  }

  private format(name: EventName, body: unknown): string {
    return `id: ${++this.lastId}\nevent: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
  }
}
