/** What the alarm list of a site shows, second by second. */
import { SpaceMap } from '@emberwatch/engine/detector';
import { describe, expect, it } from 'vitest';
import type { Transition } from '../../src/alarms/alarm.ts';
import { AlarmMetricsKeeper } from '../../src/alarms/alarm-metrics.ts';
import { AlarmRegister } from '../../src/alarms/alarm-register.ts';
import type { EvaluatedModule } from '../../src/alarms/condition.ts';
import {
  type GatewayView,
  type HotSensor,
  type ModuleView,
  type SiteView,
  troublesOf,
} from '../../src/alarms/conditions.ts';
import { GasMembers } from '../../src/alarms/gas.ts';
import { detector } from '../../src/alarms/hazard-conditions.ts';
import { reconcile } from '../../src/alarms/reconcile.ts';
import { HOUR_MS, MIN_MS, START_MS } from './made.ts';

const SILENT_AFTER_MS = 30_000;

const gatewayOf = (gatewayId: string, view: Partial<GatewayView>): GatewayView => ({
  gatewayId,
  isGone: false,
  goneWhy: null,
  recentRows: 0,
  recentRejected: 0,
  recentBodies: 0,
  recentRejectedBodies: 0,
  rejectedBodiesInARow: 0,
  unknownFields: [],
  ...view,
});

/** Modules deliver every second until they are told to stop. */
class ApiContext {
  readonly register = new AlarmRegister();
  readonly metrics = new AlarmMetricsKeeper();
  readonly reported: Transition[] = [];
  nowMs = START_MS;
  gone: GatewayView[] = [];
  view: Partial<SiteView> = {};
  readonly modules: {
    moduleId: string;
    rackId: string;
    gatewayId: string | null;
    isSilent: boolean;
    silentSinceMs: number;
    arrivals: { lastMs: number };
    unjudgedSinceMs: number;
    faults: number;
    hotSensor?: HotSensor;
    lost: ReadonlyMap<string, number>;
    delivers: boolean;
  }[] = [];

  add(gatewayId: string, count: number): this {
    for (let i = 1; i <= count; i++)
      this.modules.push({
        moduleId: `${gatewayId}_m${i}`,
        rackId: `${gatewayId}-rack`,
        gatewayId,
        isSilent: false,
        silentSinceMs: Number.NaN,
        arrivals: { lastMs: this.nowMs },
        unjudgedSinceMs: Number.NaN,
        faults: 0,
        lost: new Map(),
        delivers: true,
      });
    return this;
  }

  of(gatewayId: string) {
    return this.modules.filter((module) => module.gatewayId === gatewayId);
  }

  second(): void {
    this.nowMs += 1000;
    const { nowMs } = this;
    for (const module of this.modules) {
      if (module.delivers) {
        module.arrivals.lastMs = nowMs;
        module.isSilent = false;
        module.silentSinceMs = Number.NaN;
      } else if (!module.isSilent && nowMs - module.arrivals.lastMs > SILENT_AFTER_MS) {
        module.isSilent = true;
        module.silentSinceMs = nowMs;
      }
    }
    const nothing = {
      storageWhy: null,
      detectorWhy: null,
      canaryWhy: null,
      hostClockErrorMs: null,
      clocks: [],
      notifications: [],
    };
    const modules: readonly ModuleView[] = this.modules;
    const view: SiteView = { ...nothing, nowMs, modules, gateways: this.gone, ...this.view };
    reconcile(this.register, troublesOf(view), nowMs);
    this.register.tick(nowMs);
    for (const transition of this.register.drain()) {
      this.reported.push(transition);
      this.metrics.take(transition);
    }
  }

  run(seconds: number, each: (second: number) => void = () => {}): void {
    for (let second = 0; second < seconds; second++) {
      each(second);
      this.second();
    }
  }

  /** What stands in the list and still holds. */
  active(): string[] {
    return this.register
      .open()
      .filter(({ state }) => state === 'unacknowledged' || state === 'acknowledged')
      .map(({ kind, source }) => `${kind} ${source}`)
      .sort();
  }

  raised(): string[] {
    return this.reported
      .filter(({ kind }) => kind === 'raised')
      .map(({ alarm }) => `${alarm.kind} ${alarm.source}`);
  }
}

const numbered = (from: number, to: number, gatewayId = 'a', kind = 'silence'): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${kind} ${gatewayId}_m${from + i}`).sort();

describe('a flood: a gateway with 64 modules dies', () => {
  it('is one alarm, also where its modules fall silent one after another', () => {
    const site = new ApiContext().add('a', 64).add('b', 64);
    site.run(60);
    const dying = site.of('a');
    site.run(120, (second) => {
      for (const module of dying.slice(4 * second, 4 * second + 4)) module.delivers = false;
    });
    expect(site.raised()).toEqual(['gateway-silence a']);
    const [alarm] = site.register.open();
    expect(alarm).toMatchObject({ priority: 3, rackId: 'a-rack', gatewayId: 'a', state: 'unacknowledged' });
    expect(alarm!.members).toHaveLength(64);
    expect(site.metrics.metrics(site.nowMs, site.register.open()).floods).toEqual([]);
  });

  it('that comes back in part is told singly for the rest, once the group has returned', () => {
    const site = new ApiContext().add('a', 64).add('b', 2);
    for (const module of site.of('a')) module.delivers = false;
    site.run(60);
    for (const module of site.of('a').slice(3)) module.delivers = true;
    site.run(30);
    // For a minute the group still stands for them.
    expect(site.active()).toEqual(['gateway-silence a']);
    site.run(60);
    expect(site.active()).toEqual(numbered(1, 3));
    expect(site.register.find('gateway-silence', 'a')).toMatchObject({ state: 'returned' });
    for (const module of site.of('a')) module.delivers = false;
    site.run(60);
    expect(site.active()).toEqual(['gateway-silence a']);
    expect(site.register.find('gateway-silence', 'a')).toMatchObject({ returns: 1 });
    const closed = site.reported.filter(({ kind }) => kind === 'closed');
    expect(closed.map(({ alarm }) => alarm.source).sort()).toEqual(['a_m1', 'a_m2', 'a_m3']);
    expect(new Set(closed.map(({ reason }) => reason))).toEqual(new Set(['told by A000001']));
  });

  it('with one module that comes and goes makes no noise', () => {
    const site = new ApiContext().add('a', 4).add('b', 2);
    for (const module of site.of('a')) module.delivers = false;
    site.run(60);
    site.run(600, (second) => {
      site.of('a')[0]!.delivers = second % 35 === 0;
    });
    expect(site.raised()).toEqual(['gateway-silence a']);
    expect(site.reported.map(({ kind }) => kind)).not.toContain('returned');
  });

  it('that says it is gone is told at once and why, and all gateways are one', () => {
    const site = new ApiContext().add('a', 1).add('b', 3);
    const silence = (gatewayId: string): void => {
      for (const module of site.of(gatewayId))
        Object.assign(module, { delivers: false, isSilent: true, silentSinceMs: site.nowMs });
      site.gone.push(gatewayOf(gatewayId, { isGone: true, goneWhy: 'will: connection lost' }));
    };
    silence('a');
    site.second();
    expect(site.register.open()[0]).toMatchObject({
      kind: 'gateway-silence',
      source: 'a',
      members: ['a_m1'],
    });
    expect(site.register.open()[0]!.text).toContain('will: connection lost');
    silence('b');
    site.run(10);
    expect(site.active()).toEqual(['site-silence site']);
    expect(site.register.open()[0]).toMatchObject({ priority: 2, members: ['a_m1', 'b_m1', 'b_m2', 'b_m3'] });
    site.gone = [];
    for (const module of site.of('b')) module.delivers = true;
    site.run(70);
    expect(site.active()).toEqual(['silence a_m1']);
  });
});

describe('a start', () => {
  it('ends no silence that is open while senders have time to come back', () => {
    const register = new AlarmRegister();
    const silent = (moduleId: string): ModuleView => ({
      moduleId,
      rackId: null,
      gatewayId: moduleId,
      isSilent: true,
      silentSinceMs: 0,
      arrivals: { lastMs: 0 },
      unjudgedSinceMs: Number.NaN,
      faults: 0,
      lost: new Map(),
    });
    const delivers = { ...silent('n'), isSilent: false };
    const nothing = {
      storageWhy: null,
      detectorWhy: null,
      canaryWhy: null,
      hostClockErrorMs: null,
      clocks: [],
      notifications: [],
    };
    const troubles = (m: ModuleView, nowMs: number) =>
      troublesOf({ ...nothing, nowMs, modules: [m, delivers], gateways: [] });
    reconcile(register, troubles(silent('m'), MIN_MS), MIN_MS);
    expect(register.find('silence', 'm')?.state).toBe('unacknowledged');
    // As supervision shows it for so long after a start.
    const shown = { ...silent('m'), isSilent: false };
    for (let nowMs = MIN_MS; nowMs < 5 * MIN_MS; nowMs += 1000) {
      reconcile(register, troubles(shown, nowMs), nowMs, true);
      register.tick(nowMs);
    }
    expect(register.find('silence', 'm')?.state).toBe('unacknowledged');
    for (let nowMs = 5 * MIN_MS; nowMs < 7 * MIN_MS; nowMs += 1000) {
      reconcile(register, troubles(shown, nowMs), nowMs);
      register.tick(nowMs);
    }
    expect(register.find('silence', 'm')?.state).toBe('returned');
  });
});

describe('silence', () => {
  it('of one module among others that deliver is told in the second in which it is found', () => {
    const site = new ApiContext().add('a', 8);
    site.of('a')[2]!.delivers = false;
    site.run(31);
    expect(site.active()).toEqual(['silence a_m3']);
    expect(site.register.open()[0]).toMatchObject({ priority: 4, rackId: 'a-rack', gatewayId: 'a' });
    expect(site.register.open()[0]!.text).toBe('a_m3: no data since 2026-01-01 00:00:00 UTC.');
  });

  it('of up to ten is told singly, of more as one', () => {
    const site = new ApiContext().add('a', 64);
    for (const module of site.of('a').slice(0, 10)) module.delivers = false;
    site.run(40);
    expect(site.active()).toEqual(numbered(1, 10));
    site.of('a')[10]!.delivers = false;
    site.run(40);
    expect(site.active()).toEqual(['gateway-silence a']);
    expect(site.register.open()[0]!.text).toBe('a: no data from 11 of 64 modules.');
  });

  it('of a module that is registered and has never delivered is silence', () => {
    const site = new ApiContext().add('a', 2);
    const never = { gatewayId: null, isSilent: true, silentSinceMs: START_MS, delivers: false };
    Object.assign(site.of('a')[1]!, never, { arrivals: { lastMs: Number.NEGATIVE_INFINITY } });
    site.run(1);
    expect(site.register.open()[0]!.text).toBe('a_m2: registered, but has never sent data.');
  });

  it('neither raises nor ends a hazard', () => {
    const register = new AlarmRegister();
    const says = (level: EvaluatedModule['level'], timeMs: number): void => {
      const doubt = { reasons: [], hazardProbability: null, drivers: null, rackId: null, gatewayId: null };
      detector(
        register,
        new GasMembers(new SpaceMap(), []),
        { moduleId: 'm1', level, timeMs, ...doubt },
        null,
        timeMs,
      );
    };
    says('unknown', 1000);
    expect(register.open()).toEqual([]);
    says('critical', 2000);
    says('unknown', 3000);
    reconcile(register, [], 4000);
    register.tick(5000 + HOUR_MS);
    expect(register.open()[0]).toMatchObject({
      state: 'unacknowledged',
      level: 'critical',
      dataChangedMs: 2000,
    });
    expect(register.open()[0]!.agreement).toEqual({ physics: [], text: 'the detector gave no reason' });
    says('normal', 6000 + HOUR_MS);
    expect(register.open()[0]).toMatchObject({ state: 'returned', level: 'critical' });
  });
});

describe('other trouble', () => {
  it('has a kind, a place and a priority by what it leaves unwatched', () => {
    const site = new ApiContext().add('a', 2);
    site.of('a')[0]!.faults = 2;
    site.of('a')[1]!.unjudgedSinceMs = site.nowMs;
    site.gone = [gatewayOf('a', { recentRows: 200, recentRejected: 20 })];
    site.view = {
      storageWhy: 'no space left',
      detectorWhy: 'x is not a function',
      canaryWhy: 'the test module is warning instead of critical',
      clocks: [{ source: 'a', moduleId: 'a_m1', modules: 1, errorMs: 3 * HOUR_MS }],
      notifications: [{ channel: 'mail', why: 'connection refused' }],
    };
    site.run(1);
    const list = () =>
      site.register.open().map(({ kind, source, priority }) => `${priority} ${kind} ${source}`);
    const atOnce = [
      '2 canary site',
      '2 detector site',
      '2 storage site',
      '3 notification mail',
      '4 clock a',
      '4 rejections a',
      '4 sensor-fault a_m1',
    ];
    expect(list().sort()).toEqual(atOnce);
    site.run(60);
    expect(list().sort()).toEqual([...atOnce, '4 unjudged a_m2']);
    Object.assign(site.of('a')[0]!, { faults: 0 });
    site.of('a')[1]!.unjudgedSinceMs = Number.NaN;
    site.gone = [gatewayOf('a', { recentRows: 201, recentRejected: 20 })];
    site.view = {};
    site.run(62);
    expect(site.active()).toEqual([]);
  });

  it('a broken sensor that reads hot is told with urgency, for itself, and what to do', () => {
    const site = new ApiContext().add('a', 20);
    for (const module of site.of('a')) module.faults = 1;
    site.of('a')[2]!.hotSensor = { channel: 'cell_temperatures_degc[4]', degC: 215 };
    site.run(1);
    expect(site.raised().sort()).toEqual(['sensor-fault a', 'sensor-fault a_m3']);
    const alarm = site.register.find('sensor-fault', 'a_m3')!;
    expect(alarm.priority).toBe(2);
    expect(alarm.text).toBe(
      'a_m3: cell_temperatures_degc[4] reads 215 °C, but behaves like a faulty sensor. Check this module now. Treat it as hot until then.',
    );
    for (const module of site.of('a')) module.hotSensor = { channel: 'x', degC: 300 };
    site.run(1);
    expect(site.register.find('sensor-fault', 'a')).toMatchObject({ priority: 2 });
  });

  it('messages that cannot be read are an alarm of their gateway, also where it sends few of them', () => {
    const site = new ApiContext().add('a', 1).add('b', 1);
    site.gone = [
      gatewayOf('a', { recentBodies: 30, recentRejectedBodies: 3 }),
      gatewayOf('b', { recentBodies: 1, recentRejectedBodies: 1, rejectedBodiesInARow: 3 }),
    ];
    site.run(1);
    expect(site.register.open().map(({ kind, source, text }) => [kind, source, text])).toEqual([
      ['rejections', 'a', expect.stringContaining('3 of the last 30 messages could not be read')],
      ['rejections', 'b', expect.stringContaining('the last 3 messages could not be read')],
    ]);
    site.gone = [gatewayOf('a', { recentBodies: 31, recentRejectedBodies: 3 }), gatewayOf('b', {})];
    site.run(62);
    expect(site.active()).toEqual([]);
  });

  it('fields that nobody knows are an alarm of their gateway, with what they were meant to be', () => {
    const site = new ApiContext().add('a', 1);
    const unknownFields = [
      { field: 'surfaceTemperatureMax', didYouMean: 'surface_temperature_max_degc' },
      ...['b', 'c', 'd', 'e'].map((field) => ({ field, didYouMean: null })),
    ];
    site.gone = [gatewayOf('a', { unknownFields })];
    site.run(1);
    expect(site.register.open()).toMatchObject([
      { kind: 'ignored-fields', source: 'a', gatewayId: 'a', priority: 4 },
    ]);
    const { text } = site.register.open()[0]!;
    expect(text).toContain(
      'surfaceTemperatureMax is not a known field; did you mean surface_temperature_max_degc?',
    );
    expect(text).toContain('and 2 more.');
  });

  it('a channel that a module no longer delivers is named, with its last time; of many modules it is one alarm', () => {
    const site = new ApiContext().add('a', 2).add('b', 64);
    const lost = new Map([['surface_temperature_max_degc', START_MS - HOUR_MS]]);
    site.of('a')[0]!.lost = lost;
    for (const module of site.of('b')) module.lost = lost;
    site.run(1);
    const since = new Date(START_MS - HOUR_MS).toISOString().slice(0, 19).replace('T', ' ');
    expect(site.register.open().map(({ source, priority, text }) => [source, priority, text])).toEqual([
      ['a_m1', 3, `a_m1 no longer sends surface_temperature_max_degc since ${since} UTC.`],
      ['b', 3, expect.stringContaining('64 modules no longer send surface_temperature_max_degc')],
    ]);
    // A silent module delivers nothing at all: that is told already.
    site.of('a')[0]!.delivers = false;
    site.run(120);
    expect(site.active()).toEqual(['lost-channel b', 'silence a_m1']);
  });

  it('of many modules at once is one alarm', () => {
    const site = new ApiContext().add('a', 64).add('b', 64);
    for (const module of site.of('a')) module.faults = 1;
    for (const module of site.of('b')) module.unjudgedSinceMs = site.nowMs;
    site.run(120);
    expect(site.raised()).toEqual(['sensor-fault a', 'unjudged b']);
    expect(site.register.open().map(({ members, priority }) => [members.length, priority])).toEqual([
      [64, 3],
      [64, 3],
    ]);
  });
});

describe('chatter', () => {
  it('a module that comes and goes every 40 s for an hour is one alarm', () => {
    const site = new ApiContext().add('a', 8);
    site.run(3600, (second) => {
      site.of('a')[0]!.delivers = second % 40 === 0;
    });
    expect(site.reported.map(({ kind }) => kind)).toEqual(['raised']);
  });

  it('cannot reach three transitions in a minute, however often it is acknowledged', () => {
    const site = new ApiContext().add('a', 8);
    site.run(3600, (second) => {
      const isSlow = second % 200 < 100;
      site.of('a')[0]!.delivers = isSlow;
      for (const { id, state } of site.register.open())
        if (state === 'unacknowledged' && second % 3 === 0)
          site.register.act({ kind: 'acknowledge', id }, 'Ada', site.nowMs);
    });
    expect(site.raised().length).toBeGreaterThan(10);
    expect(site.metrics.metrics(site.nowMs, site.register.open()).chattering).toEqual([]);
  });
});

describe('maintenance', () => {
  it('of a rack: its gateway is switched off unheard, a fire in it is not, and afterwards all is to be seen anew', () => {
    const site = new ApiContext().add('a', 16).add('b', 16);
    const untilMs = START_MS + 2 * HOUR_MS;
    site.register.startMaintenance(
      { scope: { kind: 'rack', id: 'a-rack' }, untilMs, reason: 'pump' },
      'Ada',
      START_MS,
    );
    for (const module of site.of('a')) module.delivers = false;
    site.run(60);
    expect(site.register.open()[0]).toMatchObject({ source: 'a', suppression: { kind: 'maintenance' } });
    const fire = { moduleId: 'a_m1', rackId: 'a-rack', gatewayId: 'a', level: 'critical' as const };
    const data = { timeMs: site.nowMs, reasons: [], hazardProbability: 0.9, drivers: null };
    detector(site.register, new GasMembers(new SpaceMap(), []), { ...fire, ...data }, 'sha', site.nowMs);
    expect(site.register.find('hazard', 'a_m1')).toMatchObject({ suppression: null, modelSha256: 'sha' });
    for (const { id } of site.register.open())
      site.register.act({ kind: 'acknowledge', id }, 'Ada', site.nowMs);
    site.run(120 * 60 - 60);
    expect(site.reported.at(-1)).toMatchObject({
      kind: 'maintenance-ended',
      alarm: { state: 'unacknowledged' },
    });
    expect(site.metrics.metrics(site.nowMs, site.register.open())).toMatchObject({ unacknowledged: 1 });
  });
});

it('ten thousand modules, half of them dead in a hundred gateways, are fifty alarms', () => {
  const site = new ApiContext();
  for (let g = 0; g < 100; g++) site.add(`g${g}`, 100);
  for (let g = 0; g < 50; g++) for (const module of site.of(`g${g}`)) module.delivers = false;
  site.run(MIN_MS / 1000);
  expect(site.raised()).toHaveLength(50);
});
