/**
 * A battery hall and all that goes wrong between its sensors and the service, from one seed: what the modules are, what
 * their sensors read, and how senders deliver it.
 */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { ERRORS, type ServiceError } from '../../src/errors.ts';
import { START_MS, type World } from './world.ts';

/** What a site can meet with. */
export const MISHAPS = [
  'second-gateway',
  'interleaved-senders',
  'module-clock',
  'gateway-clock',
  'host-clock',
  'day-ahead-modules',
  'parts',
  'repetitions',
  'old-messages',
  'renamed-field',
  'nan-values',
  'other-fingerprint',
  'id-flood',
  'open-sensor',
  'frozen-sensor',
] as const;
export type Mishap = (typeof MISHAPS)[number];

export interface Episode {
  readonly kind: Mishap;
  readonly moduleId: string;
  readonly gatewayId: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** What it draws from, fixed for the episode. */
  readonly draw: number;
}

/** One reading of the true sensors, as it came to the service. */
export interface Reading {
  readonly moduleId: string;
  readonly measuredMs: number;
  readonly deliveredMs: number;
  readonly surfaceDegC: number;
}

interface Module {
  readonly moduleId: string;
  readonly gatewayId: string;
  /** Infinity: it stays calm. */
  readonly onsetMs: number;
  readonly heatsKPerS: number;
  /** Its first reading: a module may be hot when it is first heard of. */
  readonly appearsMs: number;
}

type Values = Record<string, unknown>;

export const GATEWAYS = ['north', 'south'];
export const MODULES = GATEWAYS.flatMap((gatewayId) =>
  [1, 2, 3, 4].map((n) => ({ moduleId: `${gatewayId}_M${n}`, gatewayId })),
);
const SPAN_MS = 480_000;
const EPISODES = 6;
const HOTTEST_DEGC = 165;
const FIRST_HEARD_DEGC = 115;
const CLOCKS_MS = [7000, -7000, 90_000, -90_000, 3_600_000, -3_600_000, 20 * 3_600_000, -START_MS];
const HOST_LEAPS_MS = [-7_200_000, -600_000, 600_000, 7_200_000];
const ENCODER = new TextEncoder();

export class Plant {
  readonly episodes: readonly Episode[];
  readonly delivered: Reading[] = [];
  private readonly world: World;
  private readonly random: Random;
  private readonly modules: readonly Module[];
  private readonly past = new Map<string, Values[]>();
  private leaptMs = 0;
  private number = 0;

  constructor(seed: number, world: World, kinds: readonly Mishap[] = MISHAPS) {
    this.world = world;
    this.random = createRandom(seed, 'plant');
    const { random } = this;
    const burning = new Set([random.integer(4), 4 + random.integer(4)]);
    this.modules = MODULES.map((module, i) => {
      const heatsKPerS = random.uniformBetween(0.6, 4);
      const [onset, appears] = [60 + random.integer(180), random.uniform()];
      if (!burning.has(i))
        return { ...module, heatsKPerS, onsetMs: Number.POSITIVE_INFINITY, appearsMs: START_MS };
      const onsetMs = START_MS + 1000 * onset;
      const hotMs = onsetMs + (1000 * (FIRST_HEARD_DEGC - 25)) / heatsKPerS;
      return { ...module, heatsKPerS, onsetMs, appearsMs: appears < 0.3 ? hotMs : START_MS };
    });
    this.episodes = Array.from({ length: EPISODES }, () => {
      const kind = kinds[random.integer(kinds.length)]!;
      // Half of what goes wrong goes wrong at a module that burns.
      const hot = this.modules.filter(({ onsetMs }) => Number.isFinite(onsetMs));
      const among = random.uniform() < 0.5 ? hot : this.modules;
      const { moduleId, gatewayId } = among[random.integer(among.length)]!;
      const fromMs = START_MS + 1000 * random.integer(300);
      return {
        kind,
        moduleId,
        gatewayId,
        fromMs,
        toMs: fromMs + 1000 * (20 + random.integer(240)),
        draw: random.uniform(),
      };
    });
  }

  static readonly spanS = SPAN_MS / 1000;

  /** Ends of the process under another model, as the world's own hand does them. */
  get changesModelNow(): boolean {
    const { nowMs } = this.world;
    return this.episodes.some(({ kind, fromMs }) => kind === 'other-fingerprint' && fromMs === nowMs);
  }

  /** A fault was put into this very sensor, at some time. */
  hasSensorFault(moduleId: string): boolean {
    return this.episodes.some(
      (one) => one.moduleId === moduleId && (one.kind === 'open-sensor' || one.kind === 'frozen-sensor'),
    );
  }

  tick(): void {
    this.turnHostClock();
    for (const gatewayId of GATEWAYS) this.turnGateway(gatewayId);
    for (const episode of this.running('second-gateway')) this.claim(episode, `other-${episode.gatewayId}`);
    for (const episode of this.running('interleaved-senders')) this.claim(episode, episode.gatewayId);
    for (const { draw } of this.running('day-ahead-modules')) this.introduce(draw);
    for (const { draw } of this.running('id-flood')) this.flood(draw);
  }

  private running(kind: Mishap, moduleId?: string): Episode[] {
    const { nowMs } = this.world;
    return this.episodes.filter(
      (one) =>
        one.kind === kind &&
        one.fromMs <= nowMs &&
        nowMs < one.toMs &&
        (moduleId === undefined || one.moduleId === moduleId),
    );
  }

  private turnHostClock(): void {
    const [running] = this.running('host-clock');
    const wantedMs = running ? HOST_LEAPS_MS[Math.floor(running.draw * HOST_LEAPS_MS.length)]! : 0;
    if (wantedMs !== this.leaptMs) this.world.leap(wantedMs - this.leaptMs);
    this.leaptMs = wantedMs;
  }

  /** What its surface is, whoever reads it. */
  private surfaceDegC({ onsetMs, heatsKPerS, moduleId }: Module, timeMs: number): number {
    const heatedS = Math.max(0, timeMs - onsetMs) / 1000;
    const wobble = 0.15 * Math.sin(timeMs / 3100 + moduleId.length + Number(moduleId.at(-1)));
    if (!(heatedS > 0)) return 25 + wobble;
    // It creeps on once it is hot, as what burns does.
    const risenK = heatsKPerS * heatedS;
    const maxK = HOTTEST_DEGC - 25;
    return 25 + wobble + (risenK < maxK ? risenK : maxK + 0.05 * (heatedS - maxK / heatsKPerS));
  }

  /** What the sensors of a module read, faults of sensors included. */
  private valuesOf(module: Module, timeMs: number): Values {
    const { moduleId, gatewayId } = module;
    let surfaceDegC = this.surfaceDegC(module, timeMs);
    const [frozen] = this.running('frozen-sensor', moduleId);
    if (frozen) surfaceDegC = this.surfaceDegC(module, frozen.fromMs);
    if (this.running('open-sensor', moduleId).length > 0) surfaceDegC = 215;
    const flicker = Math.sin(timeMs / 777 + Number(moduleId.at(-1)));
    return {
      module_id: moduleId,
      rack_id: gatewayId,
      surface_temperature_max_degc: surfaceDegC,
      voltage_v: 51.2 - 0.02 * Math.max(0, this.surfaceDegC(module, timeMs) - 25) + 0.05 * flicker,
      current_a: 2 + flicker,
      ambient_temperature_degc: 22 + 0.1 * flicker,
    };
  }

  private stampOf({ moduleId, gatewayId }: Module, timeMs: number): number {
    const [ofModule] = this.running('module-clock', moduleId);
    const ofGateway = this.running('gateway-clock').find((one) => one.gatewayId === gatewayId);
    const offset = ({ draw }: Episode): number => CLOCKS_MS[Math.floor(draw * CLOCKS_MS.length)]!;
    return timeMs + (ofModule ? offset(ofModule) : 0) + (ofGateway ? offset(ofGateway) : 0);
  }

  private turnGateway(gatewayId: string): void {
    const { nowMs } = this.world;
    const whole: Values[] = [];
    for (const module of this.modules) {
      if (module.gatewayId !== gatewayId || nowMs < module.appearsMs) continue;
      const { moduleId } = module;
      const record: Values = { time: this.stampOf(module, nowMs), ...this.valuesOf(module, nowMs) };
      if (this.running('nan-values', moduleId).length > 0) this.spoil(record);
      if (this.running('renamed-field', moduleId).length > 0) {
        record['surf_temp'] = record['surface_temperature_max_degc'];
        delete record['surface_temperature_max_degc'];
      }
      if (this.running('parts', moduleId).length > 0) this.sendParts(gatewayId, record, nowMs);
      else whole.push(record);
      this.remember(moduleId, record);
      for (const { draw } of this.running('old-messages', moduleId)) this.sendOld(gatewayId, moduleId, draw);
    }
    if (whole.length > 0) this.send(gatewayId, whole, nowMs);
    if (this.running('repetitions').some((one) => one.gatewayId === gatewayId))
      this.world.after(1000 * (1 + this.random.integer(20)), () => this.send(gatewayId, whole, nowMs));
  }

  private spoil(record: Values): void {
    const which = ['voltage_v', 'current_a', 'ambient_temperature_degc'][this.random.integer(3)]!;
    record[which] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][this.random.integer(3)];
  }

  /** Channels of one instant in messages of their own, in any order. */
  private sendParts(gatewayId: string, record: Values, measuredMs: number): void {
    const { time, module_id, rack_id, ...channels } = record;
    const parts = Object.entries(channels).map(([id, value]) => ({ time, module_id, rack_id, [id]: value }));
    for (const part of parts)
      this.world.after(this.random.uniformBetween(0, 900), () => this.send(gatewayId, [part], measuredMs));
  }

  private remember(moduleId: string, record: Values): void {
    const kept = this.past.get(moduleId) ?? [];
    kept.push(record);
    this.past.set(moduleId, kept);
  }

  /** What a broker retained, or a gateway held back: of minutes or of an hour ago. */
  private sendOld(gatewayId: string, moduleId: string, draw: number): void {
    const kept = this.past.get(moduleId)!;
    const record = kept[this.random.integer(kept.length)]!;
    const ageMs = draw < 0.5 ? 3_600_000 : 0;
    const old = { ...record, time: (record['time'] as number) - ageMs };
    this.send(gatewayId, [old], Number.NEGATIVE_INFINITY);
  }

  /** Another sender delivers calm values under the same name. */
  private claim({ moduleId, draw }: Episode, gatewayId: string): void {
    const module = this.modules.find((one) => one.moduleId === moduleId)!;
    const calm = { ...module, onsetMs: Number.POSITIVE_INFINITY };
    const aheadMs = [0, 400, 7000, -7000, 3_600_000][Math.floor(draw * 5)]!;
    const { nowMs } = this.world;
    this.send(
      gatewayId,
      [{ time: nowMs + aheadMs, ...this.valuesOf(calm, nowMs) }],
      Number.NEGATIVE_INFINITY,
    );
  }

  private introduce(draw: number): void {
    const timeMs = this.world.nowMs + 3_600_000 * (12 + 11 * draw);
    const records = [1, 2, 3].map((n) => ({
      time: timeMs,
      module_id: `new_M${n}`,
      rack_id: 'new',
      surface_temperature_max_degc: 25 + Math.sin(timeMs / 900 + n),
      voltage_v: 51 + 0.1 * Math.sin(timeMs / 700 + n),
    }));
    this.send('new', records, Number.NEGATIVE_INFINITY);
  }

  private flood(draw: number): void {
    const timeMs = this.world.nowMs;
    const records = Array.from({ length: 5 }, () => ({
      time: timeMs,
      module_id: `flood_${Math.floor(draw * 1000)}_${this.random.uint32()}`,
      surface_temperature_max_degc: 25,
      voltage_v: 51,
    }));
    this.send('flood', records, Number.NEGATIVE_INFINITY);
  }

  /** Tried until it is answered. @param measuredMs of the true sensors; -Infinity: it is not of now */
  private send(gatewayId: string, records: readonly Values[], measuredMs: number): void {
    if (records.length === 0) return;
    const { world } = this;
    // NaN and Infinity as senders write them, which is no JSON.
    const body = ENCODER.encode(
      JSON.stringify(records, (_key, value) =>
        typeof value === 'number' && !Number.isFinite(value) ? `!${String(value)}!` : value,
      ).replace(/"!(\w+|-\w+)!"/g, '$1'),
    );
    const sequence = { epoch: 'first', number: ++this.number };
    const delivery = { gatewayId, door: 'http', sender: gatewayId, sequence, modules: null } as const;
    const attempt = (): void => {
      world.monitor.pipeline.take(delivery, 'json', body).then(
        () => this.note(records, measuredMs),
        (error: ServiceError) => {
          // Refused for now: sent again, as a gateway does. What is refused for good was delivered all the same.
          if (ERRORS[error.code]?.retriable) world.after(this.random.uniformBetween(300, 1500), attempt);
          else this.note(records, measuredMs);
        },
      );
    };
    world.after(this.random.uniformBetween(1, 60), attempt);
  }

  /** An answer, whatever it says of single rows: the service has seen them. */
  private note(records: readonly Values[], measuredMs: number): void {
    if (!Number.isFinite(measuredMs)) return;
    const deliveredMs = this.world.nowMs;
    for (const record of records) {
      const surfaceDegC = record['surface_temperature_max_degc'];
      if (typeof surfaceDegC !== 'number') continue;
      this.delivered.push({ moduleId: record['module_id'] as string, measuredMs, deliveredMs, surfaceDegC });
    }
  }
}
