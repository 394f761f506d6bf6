/** Everything that people do, on a store that takes it, does not, or loses the process in between. */
import { describe, expect, it } from 'vitest';
import type { Transition } from '../src/alarms/alarm.ts';
import { Access } from '../src/auth/access.ts';
import { Monitor } from '../src/monitor/monitor.ts';
import type { Identity } from '../src/records.ts';
import { Disk, VirtualStore } from './simulation/disk.ts';
import { recordOf, START_MS, StandInDetector } from './stand-in.ts';

const ADA: Identity = { tokenId: 't1', name: 'Ada', role: 'engineer', modules: null };
const HOUR_MS = 3_600_000;

class Rig {
  readonly disk = new Disk();
  readonly shown: Transition[] = [];
  monitor!: Monitor;
  access!: Access;
  nowMs = START_MS;
  /** Commits that succeed from now on. */
  good = Number.POSITIVE_INFINITY;

  static async start(): Promise<Rig> {
    const rig = new Rig();
    await rig.open();
    return rig;
  }

  /** The process that ran before is gone without a word. */
  async open(): Promise<void> {
    const store = new VirtualStore(this.disk, {
      delayMs: () => 0,
      mood: () => 'well',
      after: (_, call) => setImmediate(call),
    });
    const commit = store.commit.bind(store);
    store.commit = (what) => (this.good-- > 0 ? commit(what) : Promise.reject(new Error('disk I/O error')));
    const now = () => this.nowMs;
    this.monitor = await Monitor.open({
      store: store.asStore(),
      now,
      site: { name: 'tried' },
      detector: {},
      makeDetector: (sink) => new StandInDetector(sink),
      modelSha256: null,
      fingerprint: 'one',
      onTransition: (transition) => this.shown.push(transition),
    });
    const { monitor } = this;
    const opened = await Access.open({
      store: store.asStore(),
      mode: 'open',
      now,
      audit: (...row) => monitor.alarms.audit(...row),
      log: { warn: () => {} },
      keep: {
        createToken: (...what) => monitor.createToken(...what),
        revokeToken: (...what) => monitor.revokeToken(...what),
        isTokenStored: (id) => monitor.commitQueue.isTokenStored(id),
        saveSetting: (key, value) => monitor.commitQueue.keepSetting({ key, value }),
      },
    });
    this.access = opened.access;
  }

  async deliver(moduleId: string, atS: number, degC: number): Promise<void> {
    this.nowMs = START_MS + atS * 1000;
    const delivery = { gatewayId: 'g', door: 'http', sequence: null, modules: null } as const;
    await this.monitor.pipeline.takeRecords(delivery, [
      recordOf(moduleId, atS, { surface_temperature_max_degc: degC }),
    ]);
  }

  /** Writes what waits. */
  async settle(): Promise<void> {
    await this.monitor.commitQueue.writePending().catch(() => {});
  }

  /** What people are shown. */
  state(): object {
    const { alarms, retired } = this.monitor;
    return structuredClone({
      open: alarms.open(),
      maintenances: alarms.maintenances(),
      retired: retired.shown(this.nowMs),
      tokens: this.access.list(),
    });
  }

  actionsOf(name: string): string[] {
    return this.disk.audit.filter(({ actor }) => actor === name).map(({ action }) => action);
  }

  get idOfHazard(): string {
    return this.monitor.alarms.open().find(({ kind }) => kind === 'hazard')!.id;
  }
}

const act =
  (action: object) =>
  (rig: Rig): Promise<unknown> =>
    rig.monitor.alarms.act({ id: rig.idOfHazard, ...action } as never, ADA);
const untilMs = START_MS + HOUR_MS;

interface Case {
  readonly name: string;
  /** Of the hottest surface of the module. */
  readonly degC: number;
  readonly before?: (rig: Rig) => Promise<unknown>;
  readonly act: (rig: Rig) => Promise<unknown>;
  /** Rows of the audit log under the name of who did it. */
  readonly audit: readonly string[];
}

const CASES: readonly Case[] = [
  { name: 'acknowledge', degC: 85, act: act({ kind: 'acknowledge' }), audit: ['alarm.acknowledged'] },
  {
    name: 'acknowledge what has returned, which closes it',
    degC: 65,
    before: (rig) => rig.deliver('A', 30, 20),
    act: act({ kind: 'acknowledge', comment: 'seen' }),
    audit: ['alarm.acknowledged', 'alarm.closed'],
  },
  { name: 'comment', degC: 85, act: act({ kind: 'comment', text: 'look' }), audit: ['alarm.commented'] },
  {
    name: 'shelve',
    degC: 65,
    act: act({ kind: 'shelve', untilMs, reason: 'known' }),
    audit: ['alarm.shelved'],
  },
  {
    name: 'unshelve',
    degC: 65,
    before: act({ kind: 'shelve', untilMs, reason: 'known' }),
    act: act({ kind: 'unshelve', reason: 'over' }),
    audit: ['alarm.unshelved'],
  },
  {
    name: 'reset',
    degC: 85,
    before: async (rig) => {
      await rig.deliver('A', 30, 20);
      await act({ kind: 'acknowledge' })(rig);
    },
    act: act({ kind: 'reset', reason: 'burnt out' }),
    audit: ['alarm.reset', 'alarm.closed'],
  },
  {
    name: 'take out of service',
    degC: 65,
    act: act({ kind: 'out-of-service', untilMs, reason: 'on order' }),
    audit: ['alarm.out-of-service'],
  },
  {
    name: 'put back into service',
    degC: 65,
    before: act({ kind: 'out-of-service', untilMs, reason: 'on order' }),
    act: act({ kind: 'in-service', reason: 'replaced' }),
    audit: ['alarm.in-service'],
  },
  {
    name: 'start maintenance',
    degC: 65,
    act: ({ monitor }) =>
      monitor.alarms.startMaintenance({ scope: { kind: 'site' }, untilMs, reason: 'work' }, ADA),
    audit: ['maintenance.started', 'alarm.maintenance'],
  },
  {
    name: 'end maintenance',
    degC: 65,
    before: ({ monitor }) =>
      monitor.alarms.startMaintenance({ scope: { kind: 'site' }, untilMs, reason: 'work' }, ADA),
    act: ({ monitor }) => monitor.alarms.endMaintenance('M000001', ADA),
    audit: ['maintenance.ended', 'alarm.maintenance-ended'],
  },
  {
    name: 'retire a module',
    degC: 20,
    act: ({ monitor }) => monitor.retire('A', 'Ada', 'taken away'),
    audit: ['module.retired'],
  },
  {
    name: 'make a token',
    degC: 20,
    act: ({ access }) => access.create({ name: 'west', role: 'gateway', modules: ['*'] }, 'Ada'),
    audit: ['token.created'],
  },
];

describe.each(CASES)('who wants to $name', ({ degC, before, act: perform, audit }) => {
  const ready = async (): Promise<Rig> => {
    const rig = await Rig.start();
    await rig.deliver('A', 0, degC);
    await before?.(rig);
    await rig.settle();
    return rig;
  };

  it('is refused where it cannot be stored, and nothing has happened, then or after a restart', async () => {
    const rig = await ready();
    const [was, audited, shown] = [rig.state(), rig.actionsOf('Ada'), rig.shown.length];
    rig.good = 0;
    await expect(perform(rig)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(rig.state()).toEqual(was);
    rig.good = Number.POSITIVE_INFINITY;
    await rig.settle();
    expect(rig.state()).toEqual(was);
    expect(rig.shown).toHaveLength(shown);
    expect(rig.actionsOf('Ada')).toEqual(audited);
    await rig.open();
    await rig.settle();
    expect(rig.actionsOf('Ada')).toEqual(audited);
    expect(rig.state()).toMatchObject(was);
    // And it can be done again.
    await perform(rig);
    expect(rig.actionsOf('Ada')).toEqual([...audited, ...audit]);
  });

  it('has done it once it was answered, also where the process ends and what came of it was not stored', async () => {
    const rig = await ready();
    const audited = rig.actionsOf('Ada');
    rig.good = 1;
    await perform(rig);
    const done = rig.state();
    expect(rig.actionsOf('Ada')).toEqual(audited);
    rig.good = Number.POSITIVE_INFINITY;
    await rig.open();
    await rig.settle();
    expect(rig.state()).toEqual(done);
    expect(rig.actionsOf('Ada')).toEqual([...audited, ...audit]);
    // Done once: nothing of it is left to be done.
    await rig.open();
    await rig.settle();
    expect(rig.actionsOf('Ada')).toEqual([...audited, ...audit]);
    expect([...rig.disk.settings.keys()].filter((key) => key.startsWith('action.'))).toEqual([]);
  });

  it('stores it once where nothing fails', async () => {
    const rig = await ready();
    const audited = rig.actionsOf('Ada');
    await perform(rig);
    const done = rig.state();
    await rig.open();
    await rig.settle();
    expect(rig.state()).toMatchObject(done);
    expect(rig.actionsOf('Ada')).toEqual([...audited, ...audit]);
  });
});

it('refuses what cannot be done before it stores anything', async () => {
  const rig = await Rig.start();
  await rig.deliver('A', 0, 85);
  rig.good = 0;
  await expect(act({ kind: 'reset', reason: 'x' })(rig)).rejects.toMatchObject({ code: 'ALARM_STATE' });
  await expect(act({ kind: 'comment', id: 'A9', text: 'x' })(rig)).rejects.toMatchObject({
    code: 'UNKNOWN_ALARM',
  });
  await expect(rig.monitor.alarms.endMaintenance('M9', ADA)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('an acknowledgement that is being stored does not cover what grows graver meanwhile', async () => {
  const rig = await Rig.start();
  await rig.deliver('A', 0, 55);
  const acknowledging = act({ kind: 'acknowledge' })(rig).catch((error: unknown) => error);
  await rig.deliver('A', 30, 85);
  expect(await acknowledging).toMatchObject({ code: 'ALARM_STATE' });
  await rig.deliver('A', 31, 86);
  expect(rig.monitor.alarms.open()).toMatchObject([{ level: 'critical', state: 'unacknowledged' }]);
});

it('a revoked token is so at once; until the disk takes it, that is said, and tried again', async () => {
  const rig = await Rig.start();
  const { info, token } = await rig.access.create({ name: 'west', role: 'gateway', modules: ['*'] }, 'Ada');
  rig.good = 0;
  await expect(rig.access.revoke(info.id, 'Ada')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(rig.access.identify(token)).toBeNull();
  expect(rig.access.list()).toMatchObject([{ id: info.id, isStored: false }]);
  rig.good = Number.POSITIVE_INFINITY;
  await rig.settle();
  expect(rig.access.list()).toMatchObject([{ id: info.id, isStored: true }]);
  expect(rig.actionsOf('Ada')).toEqual(['token.created', 'token.revoked']);
  await rig.open();
  expect(rig.access.identify(token)).toBeNull();
});
