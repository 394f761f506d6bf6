/** A quarter of an hour of a small site on a virtual clock, with most of what happens to one; the same every time. */
import { MS_PER_DAY } from '@emberwatch/engine/units';
import { type BuiltService, buildService } from '../../src/compose.ts';
import type { ServiceOptions } from '../../src/options.ts';
import { openStore } from '../../src/store/open.ts';
import { START_MS } from '../stand-in.ts';

/** A state of judgement is stored here, and the data directory copied a little later: the rest is in the journal. */
export const SNAPSHOT_S = 600;
export const COPY_S = 640;
export const END_S = 900;
const STEP_S = 5;

type Values = Readonly<Record<string, unknown>>;

export class SiteStory {
  readonly service: BuiltService;
  private atS: number;
  private number: number;
  private readonly clock: { nowMs: number };

  private readonly directory: string;

  private constructor(service: BuiltService, directory: string, clock: { nowMs: number }, atS: number) {
    this.service = service;
    this.directory = directory;
    this.clock = clock;
    this.atS = atS;
    this.number = atS / STEP_S;
  }

  /** @param atS how much of the story is in the directory */
  static async open(directory: string, atS = 0): Promise<SiteStory> {
    const clock = { nowMs: START_MS + 1000 * atS };
    const options: ServiceOptions = {
      now: () => clock.nowMs,
      dataDirectory: directory,
      access: 'open',
      logLevel: 'silent',
      site: {
        name: 'hall',
        modules: [
          { id: 'E_1', gateway: 'east' },
          { id: 'E_2', gateway: 'east' },
          { id: 'N_1', gateway: 'north' },
        ],
        spaces: { room: { racks: ['E', 'W'] } },
      },
    };
    return new SiteStory(await buildService(options), directory, clock, atS);
  }

  /** Goes on until so many seconds after the beginning. */
  async play(untilS: number): Promise<void> {
    for (; this.atS < untilS; this.atS += STEP_S) {
      this.clock.nowMs = START_MS + 1000 * (this.atS + STEP_S);
      await this.deliver(this.atS);
      await this.act(this.atS);
      this.service.monitor.tick();
      // What the thread of the store has begun ends in this second, however fast the computer is.
      await this.service.site.store.maintain(this.clock.nowMs);
    }
  }

  /** Ends it, with everything folded into chunks. */
  async end(): Promise<void> {
    await this.service.close();
    const store = await openStore(this.directory, { now: () => this.clock.nowMs });
    for (let left = 1; left > 0; ) {
      const { folded, rolledUp } = await store.maintain(this.clock.nowMs + MS_PER_DAY);
      left = folded + rolledUp;
    }
    await store.close();
  }

  private async ask(url: string, payload: unknown, headers: Record<string, string> = {}): Promise<void> {
    const { statusCode, body } = await this.service.app.inject({
      method: 'POST',
      url: `/api/v1${url}`,
      headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
    });
    if (statusCode >= 300 && !body.includes('foreign-module'))
      throw new Error(`${this.atS} s, ${url}: ${statusCode} ${body}`);
  }

  private async deliver(s: number): Promise<void> {
    const east = [1, 2, 3, 4].map((n) => this.record(`E_${n}`, s, eastValues(n, s)));
    await this.ask('/frames', east, {
      'emberwatch-gateway': 'east',
      'emberwatch-epoch': 'first',
      'emberwatch-number': String(this.number++),
    });
    // Of another sender, at times of its own.
    if (s >= 200 && s % 10 === 0)
      await this.ask(
        '/frames',
        [this.record('E_4', s - 2, { surface_temperature_max_degc: 31 })],
        from('spy'),
      );
    if (s === 250) await this.ask('/frames', [this.record('E_3', 151, {})], from('east'));
    if (s < 680 || s >= 760)
      for (const names of [
        ['voltage_v', 'current_a'],
        ['surface_temperature_max_degc', 'co_ppm'],
      ])
        await this.ask(
          '/frames',
          [1, 2].map((n) => only(this.record(`W_${n}`, s, westValues(n, s)), names)),
          from('west'),
        );
    if (s < 450) {
      const ahead = this.record('O_1', s + 3600, { pressure_bar: 1 });
      await this.ask('/frames', s % 50 === 0 ? [ahead, { ...ahead, time: 'noon' }] : [ahead], from('odd'));
    }
  }

  private async act(s: number): Promise<void> {
    const { alarms } = this.service.monitor;
    const first = alarms.open().find(({ kind }) => kind === 'hazard')?.id;
    if (s === 350)
      await this.ask('/modules/E_4/gateway', { gatewayId: 'east', reason: 'the other one is a test' });
    if (s === 420 || s === 700) await this.ask(`/alarms/${first}/acknowledge`, {});
    if (s === 430) await this.ask(`/alarms/${first}/comment`, { text: 'a person is on the way' });
    if (s === 500)
      await this.ask('/maintenance', {
        scope: { kind: 'rack', id: 'W' },
        untilMs: this.clock.nowMs + 120_000,
        reason: 'fan',
      });
    if (s === 550) await this.ask('/modules/O_1/retire', { reason: 'its clock is wrong' });
    if (s === 560)
      await this.service.monitor.createToken({ ...TOKEN, createdMs: this.clock.nowMs }, 'open access');
    const fault = alarms.open().find(({ priority }) => priority > 1)?.id;
    if (s === 710)
      await this.ask(`/alarms/${fault}/shelve`, { untilMs: this.clock.nowMs + 60_000, reason: 'known' });
  }

  private record(moduleId: string, atS: number, values: Values) {
    const flicker = ((Math.sin(12.9898 * atS + moduleId.charCodeAt(2)) * 43_758.5453) % 1) * 0.1;
    return {
      time: START_MS + 1000 * atS,
      module_id: moduleId,
      rack_id: moduleId[0]!,
      surface_temperature_max_degc: round(25 + flicker),
      voltage_v: round(51.2 + 0.2 * flicker),
      current_a: round(2 + flicker),
      ...values,
    };
  }
}

const TOKEN = {
  id: 'T1',
  name: 'south',
  role: 'gateway',
  hash: '00'.repeat(32),
  modules: ['S_*'],
  expiresMs: null,
  revokedMs: null,
} as const;

const from = (gatewayId: string) => ({ 'emberwatch-gateway': gatewayId });
const round = (value: number): number => Number(value.toFixed(3));

const only = (record: Values, names: readonly string[]): Values =>
  Object.fromEntries(
    Object.entries(record).filter(([name]) => ['time', 'module_id', 'rack_id', ...names].includes(name)),
  );

/** One heats and cools again, one has cells and probes of which one sinks, one smells of gas. */
function eastValues(n: number, s: number): Values {
  const wave = Math.sin(s / 7) / 100;
  if (n === 1)
    return {
      surface_temperature_max_degc: round(25 + wave + Math.max(0, Math.min(s - 300, 160, 700 - s)) * 0.6),
    };
  if (n === 2)
    return {
      cell_voltages_v: [3.3, 3.31, 3.305, 3.3 - 0.0004 * Math.max(0, s - 200)].map((v) => round(v + wave)),
      cell_temperatures_degc: [25, 25.2, 25.1].map((t) => round(t + 10 * wave)),
    };
  if (n === 3) return { co_ppm: round(2 + wave + (s >= 380 && s < 480 ? 40 : 0)), voc_ppm: round(5 + wave) };
  return {};
}

/** One shows for a while what cannot be. */
const westValues = (n: number, s: number): Values => ({
  co_ppm: round(1 + Math.cos(s / 5) / 10),
  ...(n === 2 && s >= 400 && s < 520 && { surface_temperature_max_degc: 900 }),
});
