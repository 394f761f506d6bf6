import { describe, expect, it } from 'vitest';
import type { AlarmRecord } from '../../src/alarms/alarm.ts';
import { AlarmBook } from '../../src/alarms/book.ts';
import { FigureKeeper } from '../../src/alarms/figures.ts';
import { DAY_MS, HOUR_MS, hazard, MIN_MS, START_MS, silence } from './made.ts';

/** A book whose transitions are counted. */
class Counted {
  readonly book = new AlarmBook();
  readonly keeper: FigureKeeper;
  readonly closed: AlarmRecord[] = [];

  constructor(operators = 1) {
    this.keeper = new FigureKeeper(operators);
  }

  at(ms: number, doing: (book: AlarmBook, nowMs: number) => void): void {
    const nowMs = START_MS + ms;
    doing(this.book, nowMs);
    this.book.tick(nowMs);
    for (const transition of this.book.drain()) {
      this.keeper.take(transition);
      if (transition.kind === 'closed') this.closed.push(transition.alarm);
    }
  }

  raise(ms: number, source: string, level: 'advisory' | 'warning' | 'critical' = 'advisory'): void {
    this.at(ms, (book, nowMs) => book.hold(hazard(level, source), nowMs));
  }

  figures(ms: number) {
    return this.keeper.figures(START_MS + ms, this.book.open());
  }
}

describe('alarm figures', () => {
  it('of nothing are no zeros that look like a result', () => {
    expect(new Counted().figures(0)).toMatchObject({
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
    const figures = counted.figures(39 * DAY_MS + 10 * HOUR_MS - 1);
    expect(figures).toMatchObject({ lastHour: 1, lastTenMinutes: 0, busiestTenMinutes: 1, floodShare: 0 });
    expect(figures.lastDay).toBe(10);
    expect(figures.perOperatorDay).toBeCloseTo(5, 1);
    expect(figures.byPriority[3]).toBe(300);
  });

  it('keep what came just before a new period of ten minutes', () => {
    const counted = new Counted();
    const almostMs = 10 * MIN_MS - (START_MS % (10 * MIN_MS)) - 1000;
    counted.raise(almostMs, 'a', 'critical');
    const figures = counted.figures(almostMs + 2000);
    expect(figures).toMatchObject({ lastDay: 1, perOperatorDay: 1, busiestTenMinutes: 1 });
    expect(figures.prioritySplit).toEqual([1, 0, 0]);
  });

  it('find a flood, its beginning, its end and how many it had', () => {
    const counted = new Counted();
    const s = 1000;
    for (let i = 0; i < 10; i++) counted.raise(i * 30 * s, `m${i}`);
    expect(counted.figures(300 * s).floods).toEqual([]);
    for (let i = 10; i < 40; i++) counted.raise(i * 30 * s, `m${i}`);
    expect(counted.figures(1200 * s).floods).toEqual([{ fromMs: START_MS, toMs: null, alarms: 40 }]);
    expect(counted.figures(1170 * s + 8 * MIN_MS - 1).floods[0]!.toMs).toBeNull();
    // The fifth last came at 1050 s.
    const toMs = START_MS + 1050 * s + 10 * MIN_MS;
    expect(counted.figures(HOUR_MS).floods).toEqual([{ fromMs: START_MS, toMs, alarms: 40 }]);
    expect(counted.figures(HOUR_MS)).toMatchObject({ busiestTenMinutes: 20, floodShare: 2 / 7 });
    for (let i = 0; i < 12; i++) counted.raise(2 * HOUR_MS + i * s, `n${i}`);
    expect(counted.figures(2 * HOUR_MS + 12 * s).floods).toMatchObject([
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
    expect(counted.figures(spanMs).floods).toHaveLength(floods);
  });

  it('do not count what is hidden, and count what comes out of hiding once', () => {
    const counted = new Counted();
    counted.at(0, (book, nowMs) => {
      book.startMaintenance({ scope: { kind: 'site' }, untilMs: nowMs + HOUR_MS, reason: 'x' }, 'Ada', nowMs);
      for (let i = 0; i < 20; i++) book.hold(silence(`m${i}`), nowMs);
    });
    expect(counted.figures(1)).toMatchObject({
      lastDay: 0,
      hidden: { maintenance: 20, shelved: 0 },
      open: 20,
    });
    counted.at(HOUR_MS, () => {});
    expect(counted.figures(HOUR_MS)).toMatchObject({ lastDay: 20, hidden: { maintenance: 0 } });
    counted.raise(2 * HOUR_MS, 'h', 'warning');
    counted.at(2 * HOUR_MS + 1, (book, nowMs) => {
      const id = book.find('hazard', 'h')!.id;
      book.act({ kind: 'shelve', id, untilMs: nowMs + HOUR_MS, reason: 'x' }, 'Ada', nowMs);
    });
    counted.raise(2 * HOUR_MS + 2, 'h', 'critical');
    expect(counted.figures(2 * HOUR_MS + 3).lastDay).toBe(22);
  });

  it('split priorities, rank sources, take the median of the acknowledgements', () => {
    const counted = new Counted();
    for (let i = 0; i < 16; i++) counted.raise(i, `m${i}`, 'advisory');
    for (let i = 0; i < 3; i++) counted.raise(i, `w${i}`, 'warning');
    counted.raise(0, 'c', 'critical');
    counted.at(10, (book, nowMs) => book.hold(silence(), nowMs));
    for (let i = 0; i < 5; i++) {
      counted.at(100 + 2 * i, (book, nowMs) => book.release('hazard', 'm3', nowMs));
      counted.raise(101 + 2 * i, 'm3');
    }
    const figures = counted.figures(200);
    expect(figures.prioritySplit).toEqual([1 / 25, 3 / 25, 21 / 25]);
    expect(figures.byPriority[4]).toBe(1);
    expect(figures.topSources[0]).toEqual({ kind: 'hazard', source: 'm3', alarms: 6, share: 6 / 26 });
    expect(figures.topSources).toHaveLength(10);
    expect(figures.topTenShare).toBeCloseTo(15 / 26);
    expect(figures.chattering).toMatchObject([{ source: 'm3', transitions: 11 }]);
    for (const [source, ms] of [
      ['m0', 1000],
      ['m1', 3001],
      ['m2', 60_002],
    ] as const)
      counted.at(ms, (book, nowMs) =>
        book.act({ kind: 'acknowledge', id: book.find('hazard', source)!.id }, 'Ada', nowMs),
      );
    expect(counted.figures(70_000).medianToAcknowledgeMs).toBe(3000);
    expect(counted.figures(70_000).unacknowledged).toBe(18);
  });

  it('call stale what stands for more than a day, but not what is out of service', () => {
    const counted = new Counted();
    counted.raise(0, 'a');
    counted.raise(0, 'b');
    counted.raise(0, 'c');
    counted.at(1, (book, nowMs) => {
      const untilMs = nowMs + 20 * DAY_MS;
      book.act({ kind: 'out-of-service', id: 'A000002', untilMs, reason: 'x' }, 'Ada', nowMs);
      book.release('hazard', 'c', nowMs);
    });
    expect(counted.figures(DAY_MS).stale).toEqual([]);
    expect(counted.figures(DAY_MS + 1).stale).toEqual(['A000001']);
    expect(counted.figures(DAY_MS + 1).hidden['out-of-service']).toBe(1);
  });

  it('are made again after a restart from the alarms that the store keeps', () => {
    const counted = new Counted();
    for (let i = 0; i < 30; i++)
      counted.raise(i * 1000, `m${i % 20}`, i % 20 === 0 ? 'critical' : 'advisory');
    counted.at(HOUR_MS, (book, nowMs) => {
      for (const { id } of book.open().slice(0, 7)) book.act({ kind: 'acknowledge', id }, 'Ada', nowMs);
      for (let i = 1; i < 5; i++) book.release('hazard', `m${i}`, nowMs);
    });
    const again = new FigureKeeper();
    const alarms = [...counted.closed, ...counted.book.open()].sort((a, b) => a.raisedMs - b.raisedMs);
    expect(counted.closed).toHaveLength(4);
    again.rebuild(alarms);
    expect(again.figures(START_MS + HOUR_MS, counted.book.open())).toEqual(counted.figures(HOUR_MS));
  });

  it('keep as little after twelve thousand alarms as after four thousand', () => {
    const keeper = new FigureKeeper();
    const book = new AlarmBook();
    const plain = (_: string, value: unknown) => (value instanceof Map ? [...value] : value);
    const size = () => JSON.stringify(Object.values(keeper), plain).length;
    const sizes: number[] = [];
    for (let i = 0; i < 12_000; i++) {
      const nowMs = START_MS + i * 700;
      book.hold(hazard('advisory', `m${i}`), nowMs);
      book.release('hazard', `m${i}`, nowMs);
      const id = `A${String(i + 1).padStart(6, '0')}`;
      book.act({ kind: 'acknowledge', id }, 'Ada', nowMs);
      for (const one of book.drain()) keeper.take(one);
      if (i % 4000 === 3999) sizes.push(size());
    }
    expect(Math.max(...sizes)).toBeLessThan(1.1 * Math.min(...sizes));
  });
});
