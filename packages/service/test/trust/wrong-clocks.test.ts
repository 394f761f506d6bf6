/**
 * Whatever the clocks of hosts, gateways and modules do: who burns has an open emergency, and who has no recent data does
 * not read `normal`. On a virtual clock, one second after the other.
 */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN } from '@emberwatch/engine/units';
import { describe, expect, it } from 'vitest';
import { Monitor } from '../../src/monitor/monitor.ts';
import { Disk, VirtualStore } from '../simulation/disk.ts';
import { moduleOf, recordOf, type Story, timeOf } from './story.ts';

const YEAR_MS = 365 * MS_PER_DAY;
/** Over 120 °C from the 150th second on. */
const HEATING = { fromInstant: 60, perInstantK: 1.1 };
const HOT_FROM_S = 60 + 95 / 1.1;
const EVALUATED_WITHIN_S = 30;

/** What the clock of a sender says, `s` seconds after the start. */
type StampOf = (s: number, trueMs: number) => number;

interface GatewayRig {
  readonly story: Story;
  /** Of one of its modules, by number; the others have the right time. */
  readonly stamps: ReadonlyMap<number, StampOf>;
}

const gateway = (gatewayId: string, stamps: Record<number, StampOf> = {}, hot?: number): GatewayRig => ({
  story: {
    gatewayId,
    modules: 3,
    instants: 0,
    heatings: hot === undefined ? [] : [{ moduleId: moduleOf(gatewayId, hot), ...HEATING }],
  },
  stamps: new Map(Object.entries(stamps).map(([n, stampOf]) => [Number(n), stampOf])),
});

const every = (stampOf: StampOf): Record<number, StampOf> => ({ 0: stampOf, 1: stampOf, 2: stampOf });

class Rig {
  readonly disk = new Disk();
  readonly gateways: readonly GatewayRig[];
  readonly hostOf: (s: number) => number;
  monitor!: Monitor;
  s = 0;
  /** Levels that a module ever had. */
  readonly seen = new Map<string, Set<string>>();
  fingerprint = 'one';

  /** @param hostOf what the wall clock of the service is ahead, s seconds after the start */
  constructor(gateways: readonly GatewayRig[], hostOf: (s: number) => number = () => 0) {
    this.gateways = gateways;
    this.hostOf = hostOf;
  }

  async start(): Promise<void> {
    const store = new VirtualStore(this.disk, {
      delayMs: () => 0,
      mood: () => 'well',
      after: (_delayMs, call) => call(),
    });
    this.monitor = await Monitor.open({
      store: store.asStore(),
      now: () => timeOf(this.s) + this.hostOf(this.s),
      monotonicMs: () => timeOf(this.s),
      site: { name: 'clocks' },
      detector: { intervalMs: 1000 },
      modelSha256: null,
      fingerprint: this.fingerprint,
    });
  }

  async run(spanS: number): Promise<void> {
    for (let i = 0; i < spanS; i++) {
      this.s++;
      for (const one of this.gateways) await this.deliver(one);
      this.monitor.tick();
      for (const { moduleId, level } of this.monitor.fleet.states()) {
        const levels = this.seen.get(moduleId) ?? new Set();
        this.seen.set(moduleId, levels.add(level));
      }
    }
  }

  async deliver({ story, stamps }: GatewayRig, records?: readonly object[]): Promise<void> {
    const { gatewayId, modules } = story;
    const own = Array.from({ length: modules }, (_, n) => {
      const record = recordOf(story, n, this.s);
      return { ...record, time: stamps.get(n)?.(this.s, record.time) ?? record.time };
    });
    const delivery = { gatewayId, door: 'http', sequence: null, modules: null } as const;
    await this.monitor.pipeline.takeRecords(delivery, (records ?? own) as Record<string, unknown>[]);
  }

  stateOf(moduleId: string) {
    return this.monitor.fleet.state(moduleId)!;
  }

  /** Kind and source of what holds. */
  reported(): string[] {
    return this.monitor.alarms
      .open()
      .filter(({ state }) => /acknowledged$/.test(state))
      .map(({ kind, source }) => `${kind} ${source}`)
      .sort();
  }

  textOf(kind: string): string {
    return this.monitor.alarms.open().find((alarm) => alarm.kind === kind)?.text ?? '';
  }

  emergencies(): string[] {
    return this.monitor.alarms
      .open()
      .filter(({ kind, highestPriority }) => kind === 'hazard' && highestPriority === 1)
      .map(({ source }) => source);
  }
}

const HOT = moduleOf('south', 2);

const WRONG: Record<string, StampOf> = {
  'a day ahead': (_s, trueMs) => trueMs + 0.97 * MS_PER_DAY,
  'years ahead': (_s, trueMs) => trueMs + 30 * YEAR_MS,
  '8 s ahead': (_s, trueMs) => trueMs + 8000,
  'slow by 5 h': (_s, trueMs) => trueMs - 5 * MS_PER_H,
  'slow by 50 s': (_s, trueMs) => trueMs - 50_000,
  'in 1970': (s) => s * 1000,
  'frozen from the start': () => timeOf(0),
  'frozen while it heats': (s, trueMs) => (s < 100 ? trueMs : timeOf(100)),
  'frozen in 1970': () => 0,
  'going backwards': (s) => timeOf(0) - s * 1000,
  'backwards from the heating on': (s, trueMs) => (s < 70 ? trueMs : timeOf(140) - s * 1000),
  'set back by an hour while it heats': (s, trueMs) => trueMs - (s < 100 ? 0 : MS_PER_H),
  'set forward by two hours while it heats': (s, trueMs) => trueMs + (s < 100 ? 0 : 2 * MS_PER_H),
  'set from 1970 to now while it heats': (s, trueMs) => (s < 100 ? s * 1000 : trueMs),
  'jumping to and fro by an hour': (s, trueMs) => trueMs + (s % 7 < 3 ? MS_PER_H : -MS_PER_H),
  'twice too slow': (s) => timeOf(0) + s * 500,
  'twice too fast': (s) => timeOf(0) + s * 2000,
};

describe.each(Object.entries(WRONG))('a module whose clock is %s', (name, stampOf) => {
  it('burns in an emergency, hides nobody, and says what is wrong with its clock', async () => {
    const rig = new Rig([gateway('north'), gateway('west'), gateway('south', { 2: stampOf }, 2)]);
    await rig.start();
    await rig.run(Math.ceil(HOT_FROM_S) + 30 + EVALUATED_WITHIN_S);
    expect(rig.emergencies()).toEqual([HOT]);
    for (const one of rig.gateways)
      for (let n = 0; n < 3; n++)
        if (moduleOf(one.story.gatewayId, n) !== HOT)
          expect(rig.stateOf(moduleOf(one.story.gatewayId, n)).level).toBe('normal');
    const isReported = /clock south|silence south/.test(rig.reported().join());
    if (!name.includes('to now')) expect(isReported).toBe(true);
    // Until a stamp is known to stand still its values contradict each other; nothing else is rejected.
    const others = [...rig.monitor.pipeline.rejectionsByReason.keys()].filter(
      (one) => one !== 'contradicting-values',
    );
    expect(others).toEqual([]);
  });

  it('reads normal only where its stamps are not far from the clock, and not old', async () => {
    const rig = new Rig([gateway('north'), gateway('west'), gateway('south', { 2: stampOf })]);
    await rig.start();
    await rig.run(240);
    const { level, clockErrorMs, ageMs } = rig.stateOf(HOT);
    const isDoubted = Math.abs(clockErrorMs ?? 0) > 5 * MS_PER_MIN || ageMs !== null;
    expect(level).toBe(isDoubted ? 'unknown' : 'normal');
    // A clock that keeps its distance is no old data for ever.
    if (name === 'slow by 50 s') expect(level).toBe('normal');
  });
});

it('three modules almost a day ahead, the first of the site, hide nobody', async () => {
  const ahead = every((_s, trueMs) => trueMs + 0.97 * MS_PER_DAY);
  const rig = new Rig([gateway('north', ahead), gateway('south', {}, 2)]);
  await rig.start();
  await rig.run(Math.ceil(HOT_FROM_S) + 30);
  expect(rig.emergencies()).toEqual([HOT]);
  expect(rig.stateOf(moduleOf('north', 0)).level).toBe('unknown');
  expect(rig.stateOf(moduleOf('south', 0)).level).toBe('normal');
  expect(rig.monitor.fleet.clock.timeMs!).toBeLessThanOrEqual(timeOf(rig.s) + 5000);
});

const HOSTS: Record<string, (s: number) => number> = {
  'in 1970': () => -timeOf(0),
  'a year ahead': () => YEAR_MS,
  'ten minutes behind': () => -10 * MS_PER_MIN,
  'ten minutes ahead': () => 10 * MS_PER_MIN,
  'in 1970, and set after a minute': (s) => (s < 60 ? -timeOf(0) : 0),
  'a year ahead, and set while a module heats': (s) => (s < 100 ? YEAR_MS : 0),
  'right, and set back by a day while a module heats': (s) => (s < 100 ? 0 : -MS_PER_DAY),
  'right, and set forward by a day while a module heats': (s) => (s < 100 ? 0 : MS_PER_DAY),
};

describe.each(Object.entries(HOSTS))('a computer whose clock is %s', (name, hostOf) => {
  it.each([1, 3])('has an emergency of who burns, and tells of its clock: %i gateways', async (count) => {
    const gateways = [gateway('south', {}, 2), gateway('north'), gateway('west')].slice(0, count);
    const rig = new Rig(gateways, hostOf);
    await rig.start();
    await rig.run(Math.ceil(HOT_FROM_S) + 30 + EVALUATED_WITHIN_S);
    expect(rig.emergencies()).toEqual([HOT]);
    const isRight = hostOf(rig.s) === 0;
    expect(rig.reported().includes('host-clock site')).toBe(!isRight);
    if (isRight || name.startsWith('right')) expect(rig.stateOf(moduleOf('south', 0)).level).toBe('normal');
    if (!isRight)
      expect(rig.textOf('host-clock')).toMatch(/(ahead of|behind) the time stamps of most gateways.*NTP/);
  });

  it('still finds a silence', async () => {
    const rig = new Rig([gateway('south'), gateway('north')], hostOf);
    await rig.start();
    await rig.run(150);
    (rig.gateways[1]!.story as { modules: number }).modules = 2;
    await rig.run(90);
    expect(rig.stateOf(moduleOf('north', 2))).toMatchObject({ level: 'unknown', isSilent: true });
    expect(rig.reported()).toContain(`silence ${moduleOf('north', 2)}`);
  });
});

it('a second sender whose clock was wrong and is right again is never evaluated ahead of the clock', async () => {
  const rig = new Rig([gateway('north')]);
  await rig.start();
  await rig.run(30);
  const second = (aheadMs: number, degC: number) => ({
    ...recordOf(rig.gateways[0]!.story, 0, rig.s),
    time: timeOf(rig.s) + aheadMs,
    surface_temperature_max_degc: degC,
  });
  const other = gateway('other');
  // Its clock says 1980; then it has the time of now, behind what the owner has said.
  await rig.deliver(other, [second(-46 * YEAR_MS, 25)]);
  for (const aheadMs of [-500, -400, 0]) await rig.deliver(other, [second(aheadMs, 26)]);
  const nowMs = timeOf(rig.s);
  for (const key of rig.disk.frames.keys())
    expect(Number(key.split(' ')[1]), key).toBeLessThanOrEqual(nowMs + 5000);
  for (const { timeMs, sideStreams } of rig.monitor.fleet.states())
    for (const atMs of [timeMs, ...sideStreams.map((stream) => stream.timeMs)])
      expect(atMs).toBeLessThanOrEqual(nowMs + 5000);
});

describe('old data', () => {
  const old = (story: Story, fromS: number, count: number, n = 0): object[] =>
    Array.from({ length: count }, (_, k) => recordOf(story, n, fromS + k));

  it('are history from the first: unknown, with their age, and never normal', async () => {
    const rig = new Rig([]);
    await rig.start();
    rig.s = 3600;
    const calm = gateway('north');
    await rig.deliver(calm, old(calm.story, 0, 60));
    await rig.run(40);
    const state = rig.stateOf(moduleOf('north', 0));
    expect(state).toMatchObject({ level: 'unknown', isSilent: true });
    expect(state.ageMs).toBeGreaterThan(3500 * 1000);
    expect(state.reasons[0]!.text).toMatch(/^Its data are 5\d min old\.$|^Its data are 60 min old\.$/);
    expect([...rig.seen.get(moduleOf('north', 0))!]).toEqual(['unknown']);
  });

  it('raise an alarm that says how old they are, and loses that once data of now come', async () => {
    const rig = new Rig([]);
    await rig.start();
    rig.s = 3600;
    const hot = gateway('south', {}, 2);
    await rig.deliver(hot, old(hot.story, 0, 200, 2));
    expect(rig.emergencies()).toEqual([HOT]);
    expect(rig.textOf('hazard')).toMatch(/; data 5\d min old\.$/);
    const now = { ...recordOf(hot.story, 2, 199), time: timeOf(3601) };
    await rig.run(1);
    await rig.deliver(hot, [now]);
    expect(rig.stateOf(HOT)).toMatchObject({ isSilent: false, ageMs: null, level: 'critical' });
  });

  it('of a gateway that was cut off are followed by data of now, and the module is current', async () => {
    const rig = new Rig([gateway('north'), gateway('west')]);
    await rig.start();
    await rig.run(60);
    const late = gateway('south');
    await rig.deliver(late, old(late.story, -600, 500));
    expect(rig.stateOf(moduleOf('south', 0)).level).toBe('unknown');
    await rig.deliver(late, old(late.story, -100, 161));
    expect(rig.stateOf(moduleOf('south', 0)).level).toBe('normal');
  });

  it('that take minutes to come are evaluated at their times, however slowly the line delivers them', async () => {
    const rig = new Rig([gateway('north'), gateway('west')]);
    await rig.start();
    await rig.run(60);
    const late = gateway('south');
    // Two hours, at twelve times the pace of time.
    for (let k = 0; k < 120; k++) {
      await rig.deliver(late, old(late.story, -7200 + 12 * k, 12));
      await rig.run(1);
    }
    expect(rig.stateOf(moduleOf('south', 0))).toMatchObject({ level: 'unknown', clockErrorMs: null });
    const times = [...rig.disk.frames.keys()].filter((key) => key.startsWith(moduleOf('south', 0)));
    expect(times).toHaveLength(1440);
    expect(rig.stateOf(moduleOf('south', 0)).timeMs).toBe(timeOf(-7200 + 1439));
  });

  it('that a broker had kept are history even with a fresh stamp', async () => {
    const rig = new Rig([]);
    await rig.start();
    const { story } = gateway('north');
    const delivery = {
      gatewayId: 'north',
      door: 'mqtt',
      sequence: null,
      modules: null,
      isRetained: true,
    } as const;
    await rig.monitor.pipeline.takeRecords(delivery, old(story, -60, 60) as Record<string, unknown>[]);
    expect(rig.stateOf(moduleOf('north', 0))).toMatchObject({ level: 'unknown', isSilent: true });
    await rig.start();
    expect(rig.stateOf(moduleOf('north', 0))).toMatchObject({ level: 'unknown', isSilent: true });
  });
});

describe('a start that cannot use the last state', () => {
  async function silentSite(): Promise<Rig> {
    const rig = new Rig([gateway('north'), gateway('south', {}, 2)]);
    await rig.start();
    await rig.run(200);
    (rig.gateways as GatewayRig[]).splice(1);
    await rig.run(120);
    expect(rig.reported()).toEqual(['gateway-silence south', `hazard ${HOT}`]);
    await rig.monitor.close();
    return rig;
  }

  it.each(['another model', 'a journal that was pruned as well', 'a snapshot that cannot be read'])(
    'because of %s knows all modules, and ends neither silence nor emergency',
    async (why) => {
      const rig = await silentSite();
      if (why === 'a snapshot that cannot be read') rig.disk.snapshot = null;
      else rig.fingerprint = 'two';
      if (why.includes('pruned') || why.includes('read'))
        rig.disk.journal.splice(0, rig.disk.journal.length - 1);
      await rig.start();
      expect(rig.monitor.fleet.size).toBe(6);
      expect([...rig.monitor.pipeline.gateways.all()].map(({ gatewayId }) => gatewayId).sort()).toEqual([
        'north',
        'south',
      ]);
      for (let n = 0; n < 3; n++) {
        const state = rig.stateOf(moduleOf('south', n));
        expect(state).toMatchObject({ isSilent: true, gatewayId: 'south', rackId: 'south_R1' });
        expect(state.level).not.toBe('normal');
      }
      await rig.run(120);
      expect(rig.reported()).toEqual(['gateway-silence south', `hazard ${HOT}`]);
      const kinds = rig.disk.alarmHistory.filter(({ kind }) => kind !== 'hazard').map(({ state }) => state);
      expect(kinds).not.toContain('returned');
    },
  );
});

it('a restart in the middle changes nothing of a module whose clock is wrong', async () => {
  const lives = [null, 130].map(async (restartS) => {
    const wrong: StampOf = (_s, trueMs) => trueMs - 5 * MS_PER_H + 7;
    const rig = new Rig([gateway('north'), gateway('west'), gateway('south', { 2: wrong }, 2)]);
    await rig.start();
    await rig.run(restartS ?? 250);
    if (restartS !== null) {
      await rig.start();
      await rig.run(250 - restartS);
    }
    const changes = rig.disk.changes.filter(({ moduleId }) => moduleId === HOT);
    return {
      changes: changes.map(({ timeMs, from, to }) => [timeMs, from, to]),
      frames: [...rig.disk.frames],
    };
  });
  const [whole, cut] = await Promise.all(lives);
  expect(cut).toEqual(whole);
});
