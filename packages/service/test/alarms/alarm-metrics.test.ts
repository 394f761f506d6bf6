import { describe, expect, it } from 'vitest';
import { AlarmMetricsKeeper } from '../../src/alarms/alarm-metrics.ts';
import { AlarmRegister } from '../../src/alarms/alarm-register.ts';
import type { AlarmRecord } from '../../src/records.ts';
import { DAY_MS, HOUR_MS, hazard, MIN_MS, START_MS, silence } from './made.ts';

/** A book whose transitions are counted. */
class Counted {
  readonly register = new AlarmRegister();
  readonly keeper: AlarmMetricsKeeper;
  readonly closed: AlarmRecord[] = [];

  constructor(operators = 1) {
    this.keeper = new AlarmMetricsKeeper(operators);
  }

  at(ms: number, doing: (register: AlarmRegister, nowMs: number) => void): void {
    const nowMs = START_MS + ms;
    doing(this.register, nowMs);
    this.register.tick(nowMs);
    for (const transition of this.register.drain()) {
      this.keeper.take(transition);
      if (transition.kind === 'closed') this.closed.push(transition.alarm);
    }
  }

  raise(ms: number, source: string, level: 'advisory' | 'warning' | 'critical' = 'advisory'): void {
    this.at(ms, (register, nowMs) => register.hold(hazard(level, source), nowMs));
  }

  metrics(ms: number) {
    return this.keeper.metrics(START_MS + ms, this.register.open());
  }
}

describe('alarm figures', () => {
  it('of nothing are no zeros that look like a result', () => {
    expect(new Counted().metrics(0)).toMatchObject({
      sinceMs: START_MS,
      lastDay: 0,
      prioritySplit: null,
      topTenShare: null,
      medianToAcknowledgeMs: null,
    });
  });

  it('count by hour, day and operator, and forget after thirty days', () => {
    const counted = new Counted(2);
    for (let day = 0; day < 40; day++)
      for (let i = 0; i < 10; i++) counted.raise(day * DAY_MS + i * HOUR_MS, `m${day}-${i}`);
    const metrics = counted.metrics(39 * DAY_MS + 10 * HOUR_MS - 1);
    expect(metrics).toMatchObject({ lastHour: 1, lastTenMinutes: 0, busiestTenMinutes: 1, floodShare: 0 });
    expect(metrics.lastDay).toBe(10);
    expect(metrics.perOperatorDay).toBeCloseTo(5, 1);
    expect(metrics.byPriority[3]).toBe(300);
  });

  it('keep what came just before a new period of ten minutes', () => {
    const counted = new Counted();
    const almostMs = 10 * MIN_MS - (START_MS % (10 * MIN_MS)) - 1000;
    counted.raise(almostMs, 'a', 'critical');
    const metrics = counted.metrics(almostMs + 2000);
    expect(metrics).toMatchObject({ lastDay: 1, perOperatorDay: 1, busiestTenMinutes: 1 });
    expect(metrics.prioritySplit).toEqual([1, 0, 0]);
  });

  it('find a flood, its beginning, its end and how many it had', () => {
    const counted = new Counted();
    const s = 1000;
    for (let i = 0; i < 10; i++) counted.raise(i * 30 * s, `m${i}`);
    expect(counted.metrics(300 * s).floods).toEqual([]);
    for (let i = 10; i < 40; i++) counted.raise(i * 30 * s, `m${i}`);
    expect(counted.metrics(1200 * s).floods).toEqual([{ fromMs: START_MS, toMs: null, alarms: 40 }]);
    expect(counted.metrics(1170 * s + 8 * MIN_MS - 1).floods[0]!.toMs).toBeNull();
    // The fifth last came at 1050 s.
    const toMs = START_MS + 1050 * s + 10 * MIN_MS;
    expect(counted.metrics(HOUR_MS).floods).toEqual([{ fromMs: START_MS, toMs, alarms: 40 }]);
    expect(counted.metrics(HOUR_MS)).toMatchObject({ busiestTenMinutes: 20, floodShare: 2 / 7 });
    for (let i = 0; i < 12; i++) counted.raise(2 * HOUR_MS + i * s, `n${i}`);
    expect(counted.metrics(2 * HOUR_MS + 12 * s).floods).toMatchObject([
      { toMs: null, alarms: 12 },
      { toMs },
    ]);
  });

  it.each([
    [10 * MIN_MS - 1, 1],
    [10 * MIN_MS, 0],
  ])('the eleventh alarm %i ms after the first makes %i flood', (spanMs, floods) => {
    const counted = new Counted();
    for (let i = 0; i < 10; i++) counted.raise(i, `m${i}`);
    counted.raise(spanMs, 'last');
    expect(counted.metrics(spanMs).floods).toHaveLength(floods);
  });

  it('do not count what is hidden, and count what comes out of hiding once', () => {
    const counted = new Counted();
    counted.at(0, (register, nowMs) => {
      register.startMaintenance(
        { scope: { kind: 'site' }, untilMs: nowMs + HOUR_MS, reason: 'x' },
        'Ada',
        nowMs,
      );
      for (let i = 0; i < 20; i++) register.hold(silence(`m${i}`), nowMs);
    });
    expect(counted.metrics(1)).toMatchObject({
      lastDay: 0,
      hidden: { maintenance: 20, shelved: 0 },
      open: 20,
    });
    counted.at(HOUR_MS, () => {});
    expect(counted.metrics(HOUR_MS)).toMatchObject({ lastDay: 20, hidden: { maintenance: 0 } });
    counted.raise(2 * HOUR_MS, 'h', 'warning');
    counted.at(2 * HOUR_MS + 1, (register, nowMs) => {
      const id = register.find('hazard', 'h')!.id;
      register.act({ kind: 'shelve', id, untilMs: nowMs + HOUR_MS, reason: 'x' }, 'Ada', nowMs);
    });
    counted.raise(2 * HOUR_MS + 2, 'h', 'critical');
    expect(counted.metrics(2 * HOUR_MS + 3).lastDay).toBe(22);
  });

  it('split priorities, rank sources, take the median of the acknowledgements', () => {
    const counted = new Counted();
    for (let i = 0; i < 16; i++) counted.raise(i, `m${i}`, 'advisory');
    for (let i = 0; i < 3; i++) counted.raise(i, `w${i}`, 'warning');
    counted.raise(0, 'c', 'critical');
    counted.at(10, (register, nowMs) => register.hold(silence(), nowMs));
    for (let i = 0; i < 5; i++) {
      counted.at(100 + 2 * i, (register, nowMs) => register.release('hazard', 'm3', nowMs));
      counted.raise(101 + 2 * i, 'm3');
    }
    const metrics = counted.metrics(200);
    expect(metrics.prioritySplit).toEqual([1 / 25, 3 / 25, 21 / 25]);
    expect(metrics.byPriority[4]).toBe(1);
    expect(metrics.topSources[0]).toEqual({ kind: 'hazard', source: 'm3', alarms: 6, share: 6 / 26 });
    expect(metrics.topSources).toHaveLength(10);
    expect(metrics.topTenShare).toBeCloseTo(15 / 26);
    expect(metrics.chattering).toMatchObject([{ source: 'm3', transitions: 11 }]);
    for (const [source, ms] of [
      ['m0', 1000],
      ['m1', 3001],
      ['m2', 60_002],
    ] as const)
      counted.at(ms, (register, nowMs) =>
        register.act({ kind: 'acknowledge', id: register.find('hazard', source)!.id }, 'Ada', nowMs),
      );
    expect(counted.metrics(70_000).medianToAcknowledgeMs).toBe(3000);
    expect(counted.metrics(70_000).unacknowledged).toBe(18);
  });

  it('call stale what stands for more than a day, but not what is out of service', () => {
    const counted = new Counted();
    counted.raise(0, 'a');
    counted.raise(0, 'b');
    counted.raise(0, 'c');
    counted.at(1, (register, nowMs) => {
      const untilMs = nowMs + 20 * DAY_MS;
      register.act({ kind: 'out-of-service', id: 'A000002', untilMs, reason: 'x' }, 'Ada', nowMs);
      register.release('hazard', 'c', nowMs);
    });
    expect(counted.metrics(DAY_MS).stale).toEqual([]);
    expect(counted.metrics(DAY_MS + 1).stale).toEqual(['A000001']);
    expect(counted.metrics(DAY_MS + 1).hidden['out-of-service']).toBe(1);
  });

  it('are made again after a restart from the alarms that the store keeps', () => {
    const counted = new Counted();
    for (let i = 0; i < 30; i++)
      counted.raise(i * 1000, `m${i % 20}`, i % 20 === 0 ? 'critical' : 'advisory');
    counted.at(HOUR_MS, (register, nowMs) => {
      for (const { id } of register.open().slice(0, 7))
        register.act({ kind: 'acknowledge', id }, 'Ada', nowMs);
      for (let i = 1; i < 5; i++) register.release('hazard', `m${i}`, nowMs);
    });
    const again = new AlarmMetricsKeeper();
    const alarms = [...counted.closed, ...counted.register.open()].sort((a, b) => a.raisedMs - b.raisedMs);
    expect(counted.closed).toHaveLength(4);
    again.rebuild(alarms);
    expect(again.metrics(START_MS + HOUR_MS, counted.register.open())).toEqual(counted.metrics(HOUR_MS));
  });

  it('keep as little after twelve thousand alarms as after four thousand', () => {
    const keeper = new AlarmMetricsKeeper();
    const register = new AlarmRegister();
    const plain = (_: string, value: unknown) => (value instanceof Map ? [...value] : value);
    const size = () => JSON.stringify(Object.values(keeper), plain).length;
    const sizes: number[] = [];
    for (let i = 0; i < 12_000; i++) {
      const nowMs = START_MS + i * 700;
      register.hold(hazard('advisory', `m${i}`), nowMs);
      register.release('hazard', `m${i}`, nowMs);
      const id = `A${String(i + 1).padStart(6, '0')}`;
      register.act({ kind: 'acknowledge', id }, 'Ada', nowMs);
      for (const one of register.drain()) keeper.take(one);
      if (i % 4000 === 3999) sizes.push(size());
    }
    expect(Math.max(...sizes)).toBeLessThan(1.1 * Math.min(...sizes));
  });
});
