/** A server that is told by webhooks and heartbeats, and keeps what it was told. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

export interface RecordedHistory {
  readonly path: string;
  readonly atMs: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads it as it comes
  readonly body: any;
}

export class Receiver {
  readonly reported: RecordedHistory[] = [];
  readonly port: number;
  private readonly server: Server;

  private constructor(server: Server, reported: RecordedHistory[]) {
    this.server = server;
    this.reported = reported;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param answer what to do with a request once it is noted; by default it is well received */
  static async start(answer = (response: ServerResponse): void => void response.end()): Promise<Receiver> {
    const reported: RecordedHistory[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const body = text === '' ? null : JSON.parse(text);
      reported.push({ path: request.url!, atMs: performance.now(), body });
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(server, reported);
    onTestFinished(() => receiver.close());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Looks again and again; @throws with `what` where it does not come within so long */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs = 60_000,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`never came: ${typeof what === 'string' ? what : what()}`);
    await sleep(20);
  }
}
