/** A service on a virtual clock, with senders that deliver over its routes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltService, buildService } from '../../src/compose.ts';
import type { ServiceOptions } from '../../src/options.ts';
import { START_MS } from '../stand-in.ts';

export interface Reading {
  readonly moduleId: string;
  readonly hotDegC: number;
  /** Stamp, ms after the wall clock. */
  readonly aheadMs?: number;
  readonly values?: Readonly<Record<string, unknown>>;
}

export class SendersWorld {
  service!: BuiltService;
  nowMs = START_MS;
  private folder = '';
  private readonly options: ServiceOptions;

  constructor(options: ServiceOptions = {}) {
    this.options = options;
  }

  async open(): Promise<this> {
    this.folder ||= await mkdtemp(join(tmpdir(), 'emberwatch-senders-'));
    this.service = await buildService({
      now: () => this.nowMs,
      access: 'open',
      logLevel: 'silent',
      dataDirectory: this.dataDirectory,
      ...this.options,
    });
    return this;
  }

  get dataDirectory(): string {
    return join(this.folder, 'data');
  }

  /** Ends the process and starts it anew. */
  async restart(): Promise<void> {
    await this.service.close();
    await this.open();
  }

  async close(): Promise<void> {
    await this.service.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async ask(method: 'GET' | 'POST', url: string, payload?: unknown, headers: Record<string, string> = {}) {
    const answer = await this.service.app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    });
    return { status: answer.statusCode, body: answer.body === '' ? null : JSON.parse(answer.body) };
  }

  deliver(gatewayId: string, readings: readonly Reading[]) {
    const records = readings.map(({ moduleId, hotDegC, aheadMs = 0, values }) => ({
      time: this.nowMs + aheadMs,
      module_id: moduleId,
      rack_id: moduleId.split('_')[0],
      surface_temperature_max_degc: hotDegC + this.flicker(moduleId),
      voltage_v: 51.2 + 0.2 * this.flicker(moduleId),
      current_a: 2 + this.flicker(moduleId),
      ...values,
    }));
    return this.ask('POST', '/frames', records, { 'emberwatch-gateway': gatewayId });
  }

  /** So many seconds, each with what the senders do in it. */
  async live(spanS: number, each: (s: number) => Promise<unknown>): Promise<void> {
    for (let s = 0; s < spanS; s++) {
      this.nowMs += 1000;
      await each(s);
      this.service.monitor.tick();
    }
  }

  level(moduleId: string): string | undefined {
    return this.service.site.fleet.state(moduleId)?.level;
  }

  alarms(kind: string, source?: string) {
    return this.service.monitor.alarms
      .open()
      .filter((alarm) => alarm.kind === kind && (source === undefined || alarm.source === source));
  }

  isEmergency(moduleId: string): boolean {
    return this.alarms('hazard', moduleId).some(({ priority }) => priority === 1);
  }

  /** No sensor stands still to the last digit. */
  private flicker(moduleId: string): number {
    return ((Math.sin(this.nowMs / 777 + moduleId.length * 3) * 1e4) % 1) * 0.1;
  }
}
