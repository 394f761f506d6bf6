/**
 * Server-sent events: a full snapshot first, then what changes. A page that reads too slowly is dropped; it
 * reconnects and gets a new snapshot, so nothing has to be replayed and memory stays bounded.
 */
import type { ServerResponse } from 'node:http';
import type { Limits } from '../limits.ts';

export type EventName = 'snapshot' | 'verdicts' | 'change' | 'sensor-fault' | 'alarm' | 'retired' | 'health';

const RECONNECT_MS = 2000;
/** For a page that gave way to another one: two of them must not push each other out every two seconds. */
const GAVE_WAY_RECONNECT_MS = 60_000;

interface Viewer {
  readonly isAllowed: () => boolean;
  /** Id of the token that looks. */
  readonly tokenId: string;
}

interface Client extends Viewer {
  /** What happens while its snapshot is written; null once it is. */
  waiting: string[] | null;
  waitingChars: number;
}

export class EventStream {
  /** Pages dropped because they read too slowly. */
  dropped = 0;
  /** Closed so that others may look, too. */
  gaveWay = 0;
  /** Oldest first. */
  private readonly clients = new Map<ServerResponse, Client>();
  private readonly limits: Limits;
  private lastId = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get size(): number {
    return this.clients.size;
  }

  get takesNobody(): boolean {
    return this.limits.clients === 0;
  }

  /**
   * Takes over a response: headers, then the snapshot, then what happened since it was begun. It ends once its reader
   * `isAllowed` no longer.
   *
   * @param snapshot JSON, in pieces that are made while the event loop goes round
   * @throws what the snapshot throws; the page is let go
   */
  async open(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    snapshot: AsyncIterable<string>,
    viewer: Viewer,
  ): Promise<void> {
    this.makeRoom(viewer.tokenId);
    const client: Client = { ...viewer, waiting: [], waitingChars: 0 };
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.on('close', () => this.clients.delete(response));
    response.on('error', () => this.clients.delete(response));
    this.clients.set(response, client);
    response.write(`retry: ${RECONNECT_MS}\nid: ${++this.lastId}\nevent: snapshot\ndata: `);
    try {
      for await (const piece of snapshot) {
        if (!this.clients.has(response)) return;
        response.write(piece);
      }
    } catch (error) {
      // Half a snapshot is none: the page comes back for a new one.
      this.clients.delete(response);
      response.destroy();
      throw error;
    }
    response.write(`\n\n${client.waiting?.join('') ?? ''}`);
    client.waiting = null;
  }

  send(name: EventName, body: unknown): void {
    if (this.clients.size === 0) return;
    const text = this.format(name, body);
    for (const [response, client] of this.clients) {
      const { waiting } = client;
      if (!client.isAllowed()) {
        this.clients.delete(response);
        response.end();
      } else if ((waiting ? client.waitingChars : response.writableLength) > this.limits.clientBufferBytes) {
        this.dropped++;
        this.clients.delete(response);
        response.destroy();
      } else if (waiting) {
        waiting.push(text);
        client.waitingChars += text.length;
      } else response.write(text);
    }
  }

  close(): void {
    for (const client of this.clients.keys()) client.end();
    this.clients.clear();
  }

  /**
   * Where all places are taken, the oldest page of whoever has most of them gives way: one's own, unless another token has
   * clearly more. Nobody is kept out.
   */
  private makeRoom(tokenId: string): void {
    if (this.clients.size < this.limits.clients) return;
    const counts = new Map<string, number>([[tokenId, 0]]);
    for (const client of this.clients.values())
      counts.set(client.tokenId, (counts.get(client.tokenId) ?? 0) + 1);
    const own = counts.get(tokenId)!;
    let max = tokenId;
    for (const [id, count] of counts)
      if (count > counts.get(max)! && (own === 0 || count > own + 1)) max = id;
    for (const [response, client] of this.clients) {
      if (client.tokenId !== max) continue;
      this.gaveWay++;
      this.clients.delete(response);
      response.end(`retry: ${GAVE_WAY_RECONNECT_MS}\n\n`);
      return;
    }
  }

  private format(name: EventName, body: unknown): string {
    return `id: ${++this.lastId}\nevent: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
  }
}
