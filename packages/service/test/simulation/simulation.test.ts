/**
 * The whole chain from delivery to alarm on a virtual clock, with mishaps from a seed: lost and doubled deliveries, ends
 * of the process, full and failing disks, leaping clocks. `SEEDS=500` in front runs more; a seed that fails is named.
 */
import { createRandom } from '@emberwatch/engine/random';
import { describe, expect, it } from 'vitest';
import type { AlarmRecord } from '../../src/records.ts';
import { verifyAudit } from '../../src/store/audit-chain.ts';
import { type BodyOf, type GatewayPlan, type Mishaps, START_MS, World } from './world.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 6);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);

const PLANS: GatewayPlan[] = ['north', 'south'].map((gatewayId) => ({
  gatewayId,
  modules: [1, 2, 3, 4].map((n) => `${gatewayId}_M${n}`),
}));

const NO_MISHAPS: Mishaps = {
  lostRequests: 0,
  lostAnswers: 0,
  twice: 0,
  inParallel: 1,
  crashesPerH: 0,
  fullPerH: 0,
  failingPerH: 0,
  leapsPerH: 0,
};
const MISHAPS: Mishaps = {
  lostRequests: 0.05,
  lostAnswers: 0.05,
  twice: 0.1,
  inParallel: 1,
  crashesPerH: 20,
  fullPerH: 6,
  failingPerH: 4,
  leapsPerH: 0,
};

/** Calm modules; the first of each gateway heats from a moment on that the seed has, and cools again. */
function bodies(seed: number): BodyOf {
  const random = createRandom(seed, 'faults');
  const onsets = PLANS.map(() => START_MS + 1000 * Math.floor(random.uniformBetween(200, 600)));
  return (moduleId, timeMs) => {
    const gateway = PLANS.findIndex(({ modules }) => modules.includes(moduleId));
    const heatedS = moduleId.endsWith('M1') ? Math.max(0, timeMs - onsets[gateway]!) / 1000 : 0;
    // Same figures whenever the frame is sent: drawn from its own time.
    const flicker =
      ((Math.sin(timeMs / 777 + moduleId.length * 3 + Number(moduleId.at(-1))) * 1e4) % 1) * 0.1;
    const risesK = heatedS < 240 ? 0.6 * heatedS : Math.max(0, 144 - 0.9 * (heatedS - 240));
    return {
      time: timeMs,
      module_id: moduleId,
      rack_id: moduleId.split('_')[0],
      surface_temperature_max_degc: 25 + risesK + flicker,
      surface_temperature_mean_degc: 24.5 + 0.7 * risesK + flicker,
      voltage_v: 51.2 - 0.04 * risesK + 0.2 * flicker,
      current_a: 2 + flicker,
      voc_ppm: 2 + flicker,
    };
  };
}

const isActive = ({ state }: AlarmRecord): boolean => state === 'unacknowledged' || state === 'acknowledged';

/** A person who looks at alarms now and then. */
async function attend(world: World, random: { uniform(): number }): Promise<void> {
  const actor = { tokenId: 't', name: 'Ada', role: 'operator', modules: null } as const;
  for (const { id, state } of world.monitor.alarms.open()) {
    if (random.uniform() > 0.3) continue;
    const action =
      state === 'latched'
        ? ({ kind: 'reset', id, reason: 'looked at on site' } as const)
        : state === 'acknowledged'
          ? null
          : ({ kind: 'acknowledge', id } as const);
    // It may fail with the disk, or be answered to a process that is gone: the person tries again.
    if (action) void world.monitor.alarms.act(action, actor).catch(() => {});
  }
}

async function live(seed: number, mishaps: Mishaps, spanS = 1500): Promise<World> {
  const world = new World(seed, mishaps, PLANS, bodies(seed));
  const people = createRandom(seed, 'people');
  await world.start();
  for (let s = 0; s < spanS; s += 50) {
    await world.run(50);
    await attend(world, people);
  }
  // All is mended, what waited arrives, and a last look at everything.
  world.isCalm = true;
  await world.run(300);
  return world;
}

function checkWorld(world: World, said: string): void {
  const { disk, monitor } = world;
  expect(world.waiting, `${said}: deliveries that were never taken`).toBeLessThanOrEqual(world.maxUnderWay);
  const lost = [...world.acknowledged].filter((key) => !disk.frames.has(key));
  expect(lost, `${said}: acknowledged and not stored`).toEqual([]);
  expect(monitor.commitQueue.isBehind, `${said}: the ledger is behind`).toBe(false);
  checkAlarms(world, said);
  const rows = [...disk.audit].sort((a, b) => a.seq - b.seq);
  expect(verifyAudit(rows), `${said}: the audit log`).toMatchObject({
    isRight: true,
    rows: disk.audit.length,
  });
  expect(rows.at(-1)).toMatchObject(monitor.alarms.auditHead);
}

function checkAlarms({ disk, monitor }: World, said: string): void {
  const byCondition = new Map<string, AlarmRecord[]>();
  for (const alarm of disk.alarms.values()) {
    const key = `${alarm.kind} ${alarm.source}`;
    byCondition.set(key, [...(byCondition.get(key) ?? []), alarm]);
  }
  for (const [key, alarms] of byCondition) {
    const open = alarms.filter(({ state }) => state !== 'closed');
    expect(open.length, `${said}: open alarms of ${key}`).toBeLessThanOrEqual(1);
  }
  // What the store holds is what the desk shows.
  const shown = monitor.alarms.open().map(({ id, state }) => `${id} ${state}`);
  const stored = [...disk.alarms.values()].filter(({ state }) => state !== 'closed');
  expect(stored.map(({ id, state }) => `${id} ${state}`).sort(), said).toEqual([...shown].sort());
  for (const alarm of disk.alarms.values()) {
    if (alarm.state !== 'closed' || alarm.highestPriority !== 1) continue;
    const resets = disk.audit.filter(
      ({ subject, action }) => subject === alarm.id && action === 'alarm.reset',
    );
    expect(resets.length, `${said}: ${alarm.id} was critical and closed by nobody`).toBe(1);
  }
  // An alarm of hazard is active exactly where the detector says so.
  for (const state of monitor.fleet.states()) {
    const alarm = monitor.alarms
      .open()
      .find(({ kind, source }) => kind === 'hazard' && source === state.moduleId);
    const isAlarm = ['advisory', 'warning', 'critical'].includes(state.level);
    expect(alarm !== undefined && isActive(alarm), `${said}: ${state.moduleId} is ${state.level}`).toBe(
      isAlarm,
    );
  }
  // Both faults were seen, whatever happened in between.
  for (const { gatewayId } of PLANS) {
    const hazards = byCondition.get(`hazard ${gatewayId}_M1`) ?? [];
    expect(
      hazards.some(({ highestLevel }) => highestLevel === 'critical'),
      `${said}: ${gatewayId}`,
    ).toBe(true);
  }
}

const verdictsOf = ({ monitor }: World): unknown =>
  monitor.fleet
    .states()
    .map(({ moduleId, timeMs, level, hazardProbability }) => ({ moduleId, timeMs, level, hazardProbability }))
    .sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1));

describe('a site on a virtual clock', () => {
  it('in peace: every frame is stored once, the faults are found, silence is told as one', async () => {
    const world = await live(1, NO_MISHAPS);
    checkWorld(world, 'in peace');
    expect([...world.disk.frames.values()].every((times) => times === 1)).toBe(true);
    world.stop('south');
    await world.run(120);
    const silences = world.monitor.alarms.open().filter(({ kind }) => kind.endsWith('silence'));
    expect(silences.map(({ kind, source, members }) => [kind, source, members.length])).toEqual([
      ['gateway-silence', 'south', 4],
    ]);
    world.stop('north');
    await world.run(120);
    expect(world.monitor.alarms.open().some(({ kind }) => kind === 'site-silence')).toBe(true);
    // An alarm outlasts the data; everything else is unknown.
    for (const { moduleId, level } of world.monitor.fleet.states())
      expect(level, moduleId).not.toBe('normal');
  });

  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    it(`seed ${seed}: ends of the process, failing disks, lost and doubled deliveries`, async () => {
      const world = await live(seed, MISHAPS);
      checkWorld(world, `seed ${seed}`);
      expect(world.crashes, 'a seed without a crash shows nothing').toBeGreaterThan(0);
      // In order and complete, so the verdicts are those of a site to which nothing ever happened.
      const peace = await live(seed, NO_MISHAPS);
      expect(verdictsOf(world)).toEqual(verdictsOf(peace));
    });
  }

  it('deliveries that overtake each other are all kept, late ones without being judged', async () => {
    const world = await live(FIRST_SEED, { ...MISHAPS, inParallel: 4 });
    checkWorld(world, 'overtaking');
    expect(world.monitor.pipeline.totals.late).toBeGreaterThan(0);
  });

  it('leaps of the wall clock lose nothing and invent no alarm', async () => {
    const world = await live(FIRST_SEED, { ...MISHAPS, crashesPerH: 0, leapsPerH: 12 });
    checkWorld(world, 'leaps');
  });
});
