/** A service with as many modules as asked for, none of them judged: what the page shows is made up here. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { Level } from '../../packages/engine/src/detector/index.ts';
import { SECURITY_HEADERS } from '../../packages/service/src/api/headers.ts';
import type {
  Health,
  ModuleState,
  SessionBody,
  Snapshot,
  VerdictsMessage,
} from '../../packages/web/src/wire.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const START_MS = Date.UTC(2026, 0, 15, 8);
const OPEN: SessionBody = { name: 'open access', role: 'engineer', endsMs: null, isOpen: true };
const NO_TREND = { moduleId: '', stepMs: 10_000, windowMs: 7_200_000, timesMs: [], series: [] };
/** As the service sends. */
const MESSAGE_MS = 250;

export interface FakeSiteOptions {
  readonly pageDirectory: string;
  readonly modules: number;
  readonly inRack: number;
  /** Each module sends so often, s; 0: never. */
  readonly everyS: number;
}

export class FakeSite {
  readonly options: FakeSiteOptions;
  private readonly modules: ModuleState[];
  private readonly clients = new Set<ServerResponse>();
  private readonly server: Server;
  /** Bodies that were posted as frames. */
  readonly posted: string[] = [];
  private clockMs = START_MS;
  private next = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: FakeSiteOptions) {
    this.options = options;
    this.modules = Array.from({ length: options.modules }, (_, k) => this.moduleAt(k));
    this.server = createServer((request, response) => {
      if (request.url === '/api/v1/events') this.connect(response);
      else if (request.url === '/api/v1/session') this.answer(response, OPEN);
      else if (request.url === '/api/v1/frames') void this.take(request, response);
      else if (request.url?.includes('/trend')) this.answer(response, NO_TREND);
      else void this.file(request.url ?? '/', response);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    if (this.options.everyS > 0) this.timer = setInterval(() => this.step(), MESSAGE_MS);
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the fake site has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    for (const client of this.clients) client.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Puts one module at a level, as a verdict would. */
  put(at: number, level: Level): void {
    this.modules[at] = { ...this.moduleAt(at), level, timeMs: this.clockMs };
    this.send('verdicts', { clockMs: this.clockMs, modules: [this.modules[at]!] } satisfies VerdictsMessage);
  }

  nameOf(at: number): string {
    return this.modules[at]!.moduleId;
  }

  /** A healthy site, one module in a hundred silent. */
  private moduleAt(k: number): ModuleState {
    const rackId = `Rack${String(Math.floor(k / this.options.inRack) + 1).padStart(3, '0')}`;
    const isSilent = k % 100 === 37;
    return {
      gatewayId: null,
      moduleId: `${rackId}_Module${String((k % this.options.inRack) + 1).padStart(2, '0')}`,
      rackId,
      timeMs: START_MS,
      level: isSilent ? 'unknown' : 'normal',
      sinceMs: START_MS,
      reasons: [],
      missing: [],
      hazardProbability: null,
      timeToPnr: null,
      drivers: null,
      lastKnownLevel: isSilent ? 'normal' : null,
      isSilent,
      ageMs: null,
      clockErrorMs: null,
      values: { hottest_degc: 24 + (k % 17) / 10, voltage_v: 51.2, current_a: 3.1, soc_percent: 61 },
      ownLevel: isSilent ? 'unknown' : 'normal',
      sideStreams: [],
    };
  }

  /** What arrives in a quarter of a second. */
  private step(): void {
    this.clockMs += MESSAGE_MS;
    const { length } = this.modules;
    const count = Math.ceil((length * MESSAGE_MS) / 1000 / this.options.everyS);
    const changed = Array.from({ length: count }, () => {
      const at = this.next++ % length;
      const before = this.modules[at]!;
      const hottest = 24 + 3 * Math.abs(Math.sin(at + this.clockMs / 9000));
      const module = { ...before, timeMs: this.clockMs, values: { ...before.values, hottest_degc: hottest } };
      this.modules[at] = module;
      return module;
    });
    this.send('verdicts', { clockMs: this.clockMs, modules: changed } satisfies VerdictsMessage);
  }

  private get health(): Health {
    return {
      status: 'ok',
      nowMs: this.clockMs,
      clockMs: this.clockMs,
      isPlayback: false,
      hostClockErrorMs: null,
      rate: 1,
      lastFrameMs: this.clockMs,
      framesAccepted: this.next,
      rowsRejected: 0,
      valuesRejected: 0,
      rejectionsByReason: {},
      modules: this.modules.length,
      modulesSilent: this.modules.filter(({ isSilent }) => isSilent).length,
      detectorMessage: null,
      model: null,
    };
  }

  private connect(response: ServerResponse): void {
    response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'text/event-stream' });
    this.clients.add(response);
    response.on('close', () => this.clients.delete(response));
    const snapshot: Snapshot = {
      health: this.health,
      signals: [{ id: 'hottest_degc', label: 'Hottest temperature', unit: 'degC', hasTrend: true }],
      modules: this.modules,
      changes: [],
      sensorFaults: [],
      alarms: [],
      retired: [],
    };
    response.write(`event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    this.posted.push(Buffer.concat(parts).toString('utf8'));
    this.answer(response, {});
  }

  private answer(response: ServerResponse, body: unknown): void {
    response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  private send(name: string, body: unknown): void {
    const text = `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
    for (const client of this.clients) client.write(text);
  }

  private async file(url: string, response: ServerResponse): Promise<void> {
    const path = normalize(new URL(url, 'http://page').pathname);
    const name = path === '/' ? '/index.html' : path;
    try {
      const body = await readFile(join(this.options.pageDirectory, name));
      const type = TYPES[extname(name)] ?? 'application/octet-stream';
      response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': type }).end(body);
    } catch {
      response.writeHead(404, SECURITY_HEADERS).end();
    }
  }
}
