/**
 * Gateways that die and come back, clocks that are set by hours, and people who shelve and work, while the process ends
 * and the disk fails: nothing stays hidden for longer than was granted, and every silence is told. `SEEDS=500` runs more.
 */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { MS_PER_H } from '@emberwatch/engine/units';
import { describe, expect, it } from 'vitest';
import type { AlarmRecord } from '../../src/records.ts';
import { verifyAudit } from '../../src/store/audit-chain.ts';
import { type BodyOf, type GatewayPlan, World } from './world.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 6);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
const SPAN_S = 1500;
const STEP_S = 10;
/** Silent after 30 s; after a start as long again; and what its gateway may be given to be told as one. */
const REPORTED_AFTER_MS = 80_000;
/** It is looked at every second, and a clock that is set back is known to the second. */
const LATE_MS = 3000;
const ADA = { tokenId: 't', name: 'Ada', role: 'engineer', modules: null } as const;

const PLANS: GatewayPlan[] = ['north', 'south', 'east'].map((gatewayId) => ({
  gatewayId,
  modules: [1, 2, 3].map((n) => `${gatewayId}_M${n}`),
}));

/** Calm; only the first of each gateway is warm now and then. */
const bodyOf: BodyOf = (moduleId, timeMs) => {
  const wave = Math.sin(timeMs / 60_000 + moduleId.length);
  const isWarm = moduleId.endsWith('M1') && Math.floor(timeMs / 200_000) % 3 === 1;
  return {
    time: timeMs,
    module_id: moduleId,
    rack_id: moduleId.split('_')[0],
    surface_temperature_max_degc: (isWarm ? 63 : 25) + 0.1 * wave,
    voltage_v: 51.2 + 0.01 * wave,
    current_a: 2,
  };
};

class Story {
  readonly world: World;
  readonly reported: string[] = [];
  private readonly random: Random;
  private readonly seed: number;
  /** By gateway: since when it is dead, and until when, on a clock that nobody sets. */
  private readonly dead = new Map<string, { readonly sinceMs: number; readonly untilMs: number }>();
  /** Latest end of what may hide alarms: those of one alarm by its id, of maintenance by `maintenance`. */
  private readonly grants = new Map<string, number>();
  private startedMs: number;
  private crashes = 0;
  /** Then the clock is set more often: silence that begins with a leap is the hardest to tell. */
  private hasJustDied = false;

  constructor(seed: number) {
    this.seed = seed;
    this.random = createRandom(seed, 'people');
    const odds = { lostRequests: 0.05, lostAnswers: 0.05, twice: 0.1, inParallel: 1, leapsPerH: 0 };
    this.world = new World(seed, { ...odds, crashesPerH: 12, fullPerH: 4, failingPerH: 3 }, PLANS, bodyOf);
    this.startedMs = this.world.nowMs;
  }

  async live(): Promise<void> {
    await this.world.start();
    for (let s = 0; s < SPAN_S; s += STEP_S) {
      await this.world.run(STEP_S);
      if (this.world.crashes > this.crashes) this.startedMs = this.world.nowMs;
      this.crashes = this.world.crashes;
      this.check();
      this.turnGateways();
      this.turnClock();
      this.turnPeople();
    }
    for (const gatewayId of this.dead.keys()) this.world.resume(gatewayId);
    this.world.isCalm = true;
    await this.world.run(400);
  }

  private get said(): string {
    return `seed ${this.seed}: ${this.reported.join('; ')}`;
  }

  private chance(odds: number): boolean {
    return this.random.uniform() < odds;
  }

  private note(what: string): void {
    this.reported.push(`${what} at ${Math.round((this.world.nowMs % 1e7) / 1000)} s`);
  }

  private turnGateways(): void {
    const { world, dead } = this;
    this.hasJustDied = false;
    for (const { gatewayId } of PLANS) {
      const death = dead.get(gatewayId);
      if (death && death.untilMs <= world.nowMs) {
        world.resume(gatewayId);
        dead.delete(gatewayId);
        this.note(`${gatewayId} is back`);
      } else if (!death && this.chance(0.01)) {
        world.stop(gatewayId);
        dead.set(gatewayId, {
          sinceMs: world.nowMs,
          untilMs: world.nowMs + this.random.uniformBetween(20_000, 300_000),
        });
        this.hasJustDied = true;
        const isReported = this.chance(0.5);
        if (isReported) world.monitor.pipeline.gatewayDied(gatewayId, null, 'its will was published', null);
        this.note(`${gatewayId} dies${isReported ? ' by its will' : ''}`);
      }
    }
  }

  /** Never by more than a day in all: then stamps would be refused as `future-time`. */
  private turnClock(): void {
    if (!this.chance(this.hasJustDied ? 0.5 : 0.02)) return;
    const byMs = this.random.uniformBetween(-20, 20) * MS_PER_H - (this.world.wallMs - this.world.nowMs);
    this.world.leap(byMs);
    this.note(`the clock is set by ${(byMs / MS_PER_H).toFixed(1)} h`);
  }

  /** It may fail with the disk, or be answered to a process that is gone; what was granted may hold all the same. */
  private turnPeople(): void {
    const { world, random } = this;
    const lastsMs = random.uniformBetween(60_000, 300_000);
    const untilMs = world.wallMs + lastsMs;
    const grant = (key: string): void => {
      this.grants.set(key, Math.max(this.grants.get(key) ?? 0, world.nowMs + lastsMs));
    };
    if (this.chance(0.02)) {
      grant('maintenance');
      const scope = this.chance(0.5) ? ({ kind: 'site' } as const) : ({ kind: 'rack', id: 'north' } as const);
      void world.monitor.alarms.startMaintenance({ scope, untilMs, reason: 'work' }, ADA).catch(() => {});
    }
    for (const { id } of world.monitor.alarms.open()) {
      if (!this.chance(0.05)) continue;
      grant(id);
      void world.monitor.alarms.act({ kind: 'shelve', id, untilMs, reason: 'known' }, ADA).catch(() => {});
    }
  }

  private check(): void {
    const { monitor, nowMs } = this.world;
    for (const { id, suppression } of monitor.alarms.open()) {
      if (!suppression) continue;
      const endsMs = this.grants.get(suppression.kind === 'maintenance' ? 'maintenance' : id) ?? 0;
      expect(nowMs, `${this.said}: ${id} is hidden (${suppression.kind})`).toBeLessThanOrEqual(
        endsMs + LATE_MS,
      );
    }
    for (const { gatewayId, modules } of PLANS) {
      const { sinceMs } = this.dead.get(gatewayId) ?? { sinceMs: nowMs };
      if (nowMs - Math.max(sinceMs, this.startedMs) < REPORTED_AFTER_MS) continue;
      for (const moduleId of modules)
        expect(
          monitor.alarms.open().some((alarm) => reportsOf(alarm, moduleId)),
          `${this.said}: ${moduleId} is silent and nobody is told`,
        ).toBe(true);
    }
    expect(monitor.alarms.open().length).toBeLessThan(60);
    expect(monitor.fleet.changes(1e6).length).toBeLessThanOrEqual(monitor.fleet.limits.changes);
  }
}

const reportsOf = ({ kind, source, state, members }: AlarmRecord, moduleId: string): boolean =>
  kind.endsWith('silence') &&
  (state === 'unacknowledged' || state === 'acknowledged') &&
  (source === moduleId || members.includes(moduleId));

describe('people, gateways and clocks', () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++)
    it(`seed ${seed}: nothing is hidden beyond its limit, and silence is told`, async () => {
      const story = new Story(seed);
      await story.live();
      const { disk, monitor, acknowledged } = story.world;
      const said = `seed ${seed}: ${story.reported.join('; ')}`;
      expect(
        [...acknowledged].filter((key) => !disk.frames.has(key)),
        said,
      ).toEqual([]);
      expect(monitor.commitQueue.isBehind, said).toBe(false);
      expect(verifyAudit([...disk.audit].sort((a, b) => a.seq - b.seq)), said).toMatchObject({
        isRight: true,
      });
      const stored = [...disk.alarms.values()].filter(({ state }) => state !== 'closed');
      expect(stored.map(({ id }) => id).sort(), said).toEqual(
        monitor.alarms
          .open()
          .map(({ id }) => id)
          .sort(),
      );
      const silent = monitor.alarms
        .open()
        .filter(({ kind, state }) => kind.endsWith('silence') && /acknowledged$/.test(state));
      expect(silent, `${said}: everybody delivers again`).toEqual([]);
    });
});
