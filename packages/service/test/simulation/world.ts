/**
 * A site with its gateways, its network, its disk, its people and its mishaps, all from one seed and on one virtual
 * clock: a seed that fails is a bug report.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { createRandom, type Random } from '@emberwatch/engine/random';
import type { IngestResult } from '../../src/monitor/intake.ts';
import { Monitor, type MonitorOptions } from '../../src/monitor/monitor.ts';
import { Disk, VirtualStore } from './disk.ts';

export const START_MS = Date.UTC(2026, 5, 1);
const ENCODER = new TextEncoder();

/** What may go wrong, as odds or as switches. */
export interface Mishaps {
  /** Of a request that is lost, an answer that is lost, one that comes twice. */
  readonly lostRequests: number;
  readonly lostAnswers: number;
  readonly twice: number;
  /** Several deliveries of a gateway under way at once: they overtake each other. */
  readonly inParallel: number;
  /** Ends of the process, in an hour. */
  readonly crashesPerH: number;
  /** Times in which the disk is full, or fails, in an hour. */
  readonly fullPerH: number;
  readonly failingPerH: number;
  /** Leaps of the wall clock of the service, in an hour. */
  readonly leapsPerH: number;
}

interface Message {
  readonly number: number;
  readonly body: Uint8Array;
  readonly keys: readonly string[];
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

export interface GatewayPlan {
  readonly gatewayId: string;
  readonly modules: readonly string[];
  /** Channels that travel in a message of their own, for each message of an instant; absent: all in one. */
  readonly parts?: readonly (readonly string[])[];
}

export class World {
  readonly disk = new Disk();
  readonly produced = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly refused: string[] = [];
  crashes = 0;
  monitor!: Monitor;
  isCalm = false;
  /** Of the process that is started next. */
  fingerprint = 'one';
  private readonly options: Partial<MonitorOptions>;
  private readonly random: Random;
  private readonly mishaps: Mishaps;
  private readonly gateways: Gateway[];
  private store!: VirtualStore;
  private events: Event[] = [];
  private order = 0;
  private atMs = START_MS;
  private leapMs = 0;
  private mood: 'well' | 'full' | 'failing' = 'well';

  constructor(
    seed: number,
    mishaps: Mishaps,
    plans: readonly GatewayPlan[],
    readBody: BodyOf,
    options: Partial<MonitorOptions> = {},
  ) {
    this.options = options;
    this.random = createRandom(seed, 'world');
    this.mishaps = mishaps;
    this.gateways = plans.map((plan) => new Gateway(this, plan, mishaps, readBody));
  }

  get nowMs(): number {
    return this.atMs;
  }

  get wallMs(): number {
    return this.atMs + this.leapMs;
  }

  chance(odds: number): boolean {
    return !this.isCalm && this.random.uniform() < odds;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.random.uniform();
  }

  after(delayMs: number, call: () => void): void {
    this.events.push({ atMs: this.atMs + Math.max(0, delayMs), order: this.order++, call });
  }

  /** Starts the process; where the disk is not well it waits for it, as a supervisor of processes would. */
  async start(): Promise<void> {
    this.store = new VirtualStore(this.disk, {
      delayMs: () => this.between(0, 200),
      mood: () => (this.isCalm ? 'well' : this.mood),
      after: (delayMs, call) => this.after(delayMs, call),
    });
    this.monitor = await Monitor.open({
      store: this.store.asStore(),
      now: () => this.wallMs,
      monotonicMs: () => this.atMs,
      site: { name: 'simulated' },
      detector: { intervalMs: 1000 },
      modelSha256: null,
      ...this.options,
      fingerprint: this.fingerprint,
    });
  }

  async crash(): Promise<void> {
    this.crashes++;
    this.store.cut(Math.floor(this.between(0, 4)));
    for (const gateway of this.gateways) gateway.lineIsCut();
    await this.start();
  }

  /** Lets the world go on; every second the site, the gateways and fate have their turn. */
  async run(spanS: number): Promise<void> {
    for (let s = 0; s < spanS; s++) {
      const endMs = this.atMs + 1000;
      if (this.chance(this.mishaps.crashesPerH / 3600)) await this.crash();
      this.turnFate();
      for (const gateway of this.gateways) gateway.tick();
      this.monitor.tick();
      await this.runUntil(endMs);
    }
  }

  stop(gatewayId: string): void {
    this.gateways.find((one) => one.plan.gatewayId === gatewayId)!.isStopped = true;
  }

  resume(gatewayId: string): void {
    this.gateways.find((one) => one.plan.gatewayId === gatewayId)!.isStopped = false;
  }

  /** Somebody sets the clock of the service. */
  leap(byMs: number): void {
    this.leapMs += byMs;
  }

  /** What may be on its way when the world stands still. */
  get maxUnderWay(): number {
    return this.gateways.length * (this.mishaps.inParallel + 1);
  }

  get waiting(): number {
    return this.gateways.reduce((sum, { spooled }) => sum + spooled, 0);
  }

  private turnFate(): void {
    if (this.isCalm) this.mood = 'well';
    if (this.mood !== 'well' || this.isCalm) return;
    const bad = this.chance(this.mishaps.fullPerH / 3600)
      ? 'full'
      : this.chance(this.mishaps.failingPerH / 3600)
        ? 'failing'
        : null;
    if (bad) {
      this.mood = bad;
      this.after(this.between(2000, 40_000), () => {
        this.mood = 'well';
      });
    }
    if (this.chance(this.mishaps.leapsPerH / 3600)) this.leapMs += this.between(-600_000, 600_000);
  }

  private async runUntil(endMs: number): Promise<void> {
    for (;;) {
      await turn();
      this.events.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.events[0];
      if (!next || next.atMs > endMs) break;
      this.events.shift();
      this.atMs = next.atMs;
      next.call();
    }
    this.atMs = endMs;
  }
}

export type BodyOf = (moduleId: string, timeMs: number) => Record<string, unknown>;

function partOf(record: Record<string, unknown>, channels: readonly string[]): Record<string, unknown> {
  const named = ['time', 'module_id', 'rack_id', ...channels];
  return Object.fromEntries(Object.entries(record).filter(([name]) => named.includes(name)));
}

/** Keeps what it has measured until it is acknowledged. */
class Gateway {
  readonly plan: GatewayPlan;
  isStopped = false;
  private readonly world: World;
  private readonly mishaps: Mishaps;
  private readonly readBody: BodyOf;
  private readonly spool = new Map<number, Message>();
  private readonly underWay = new Set<number>();
  private life = 0;
  private lastNumber = 0;

  constructor(world: World, plan: GatewayPlan, mishaps: Mishaps, readBody: BodyOf) {
    this.world = world;
    this.plan = plan;
    this.mishaps = mishaps;
    this.readBody = readBody;
  }

  get spooled(): number {
    return this.spool.size;
  }

  lineIsCut(): void {
    this.life++;
    this.underWay.clear();
  }

  tick(): void {
    if (!this.isStopped) this.measure();
    this.sendMore();
  }

  private sendMore(): void {
    for (const message of this.spool.values()) {
      if (this.underWay.size >= this.mishaps.inParallel) break;
      if (!this.underWay.has(message.number)) this.send(message);
    }
  }

  private measure(): void {
    const { world, plan } = this;
    const timeMs = world.nowMs;
    const records = plan.modules.map((moduleId) => this.readBody(moduleId, timeMs));
    const keys = plan.modules.map((moduleId) => `${moduleId} ${timeMs}`);
    for (const key of keys) world.produced.add(key);
    for (const part of plan.parts ?? [null]) {
      const number = ++this.lastNumber;
      const sent = part ? records.map((record) => partOf(record, part)) : records;
      const ofPart = part ? keys.flatMap((key) => part.map((channel) => `${key} ${channel}`)) : keys;
      this.spool.set(number, { number, keys: ofPart, body: ENCODER.encode(JSON.stringify(sent)) });
    }
  }

  private send(message: Message): void {
    const { world, mishaps } = this;
    this.underWay.add(message.number);
    const copies = world.chance(mishaps.twice) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (world.chance(mishaps.lostRequests)) this.giveUp(message, world.between(500, 3000));
      else world.after(world.between(1, mishaps.inParallel > 1 ? 2500 : 60), () => this.deliver(message));
    }
  }

  private giveUp(message: Message, afterMs: number): void {
    const { life } = this;
    this.world.after(afterMs, () => {
      if (life === this.life) this.underWay.delete(message.number);
    });
  }

  private deliver(message: Message): void {
    const { world, plan, life } = this;
    if (life !== this.life) return;
    const delivery = {
      gatewayId: plan.gatewayId,
      door: 'http',
      sequence: { epoch: 'first', number: message.number },
      modules: null,
    } as const;
    world.monitor.pipeline.take(delivery, 'json', message.body).then(
      (result) => this.answered(message, life, result),
      (error: Error) => {
        world.refused.push(error.message);
        if (life === this.life) this.giveUp(message, world.between(200, 2000));
      },
    );
  }

  private answered(message: Message, life: number, { failure }: IngestResult): void {
    const { world, mishaps } = this;
    if (life !== this.life) return;
    if (failure !== null) throw new Error(`refused for good: ${failure}`);
    if (world.chance(mishaps.lostAnswers)) {
      this.giveUp(message, 1000);
      return;
    }
    for (const key of message.keys) world.acknowledged.add(key);
    this.spool.delete(message.number);
    this.underWay.delete(message.number);
    this.sendMore();
  }
}
