import { newFrame } from '@emberwatch/engine/telemetry';
import { describe, expect, it } from 'vitest';
import { stretchesOf } from '../src/module/timeline.ts';
import { compared, differenceText } from '../src/replay/compare.ts';
import { Rejudgement } from '../src/replay/evaluate.ts';
import { eventsOf, neighbourMs } from '../src/replay/events.ts';
import { ValueKeeper, valuesAt } from '../src/replay/last-values.ts';
import { fieldText, timeOfField } from '../src/replay/local-time.ts';
import { PastSite } from '../src/replay/past-site.ts';
import { Playhead } from '../src/replay/playhead.ts';
import {
  recordedHistoryOf as fetchRecordedHistory,
  type RecordedHistory,
} from '../src/replay/recorded-history.ts';
import { SiteTime } from '../src/replay/site-time.ts';
import { verdictsOf } from '../src/replay/verdicts.ts';
import { Session } from '../src/session/session.ts';
import { replayOfAlarm } from '../src/ui/replay-link.ts';
import { timesIn } from '../src/ui/times.ts';
import type { AlarmRecord, ChangeEntry } from '../src/wire.ts';

const MIN_MS = 60_000;

const change = (
  seq: number,
  moduleId: string,
  timeMs: number,
  from: ChangeEntry['from'],
  to: ChangeEntry['to'],
): ChangeEntry => ({ seq, seenMs: timeMs, timeMs, moduleId, rackId: 'R', from, to, reasons: [] });

const recordedHistoryOf = (
  changes: ChangeEntry[],
  levels: [string, ChangeEntry['from']][] = [],
): RecordedHistory => ({
  levels: new Map(levels),
  changes,
  alarms: [],
  isCut: false,
});

const line = (...changes: [atMin: number, to: ChangeEntry['to']][]) =>
  stretchesOf(
    'normal',
    changes.map(([atMin, to]) => ({ timeMs: atMin * MIN_MS, to })),
    0,
    120 * MIN_MS,
  );

describe('two timelines of a module', () => {
  const words = (...args: Parameters<typeof compared>) =>
    compared(...args).map((difference) => differenceText(difference, (timeMs) => `${timeMs / MIN_MS} min`));

  it('that are the same differ in nothing', () => {
    expect(compared(line([10, 'warning'], [50, 'normal']), line([10, 'warning'], [50, 'normal']))).toEqual(
      [],
    );
  });

  it('differ by how much earlier or later a level is reached', () => {
    const then = line([40, 'advisory'], [50, 'critical']);
    expect(words(then, line([36, 'advisory'], [50, 'critical']))).toEqual([
      'Advisory 4 min earlier now: 36 min instead of 40 min',
    ]);
    expect(words(then, line([40, 'advisory'], [57, 'critical']))).toEqual([
      'Critical 7 min later now: 57 min instead of 50 min',
      'Warning 7 min later now: 57 min instead of 50 min',
    ]);
  });

  it('tell what was said only then, and what is said only now', () => {
    expect(words(line([10, 'warning'], [12, 'normal']), line())[0]).toMatch(/^Warning only then: at 10 min/);
    expect(words(line(), line([10, 'advisory'], [12, 'normal']))).toEqual([
      'Advisory only now: at 10 min, for 2 min; nothing was said then',
    ]);
    // Hours apart they are two events and not one that is late.
    const apart = compared(line([5, 'advisory'], [6, 'normal']), line([100, 'advisory'], [101, 'normal']));
    expect(apart.map(({ kind }) => kind)).toEqual(['only-then', 'only-now']);
  });

  it('do not hide that one of them could not judge', () => {
    const [difference] = compared(line(), line([30, 'unknown'], [40, 'normal']));
    expect(difference).toMatchObject({ level: 'unknown', kind: 'only-now', byMs: 10 * MIN_MS });
  });
});

describe('then and now of a site', () => {
  const evaluation = (changes: ChangeEntry[], levels: Record<string, ChangeEntry['from']>) => ({
    model: null,
    frames: 1,
    refused: 0,
    firstMs: 0,
    levels,
    changes,
    isCut: false,
    values: { fromMs: 0, slotMs: 1, slots: 0, modules: {}, data: new Float32Array() },
    probability: {},
  });
  const period = { fromMs: 0, toMs: 100 };

  it('show what was in alarm or differs, the gravest first, and count the rest', () => {
    const recorded = recordedHistoryOf(
      [change(1, 'A', 10, 'normal', 'advisory'), change(2, 'B', 20, 'normal', 'critical')],
      [
        ['A', 'normal'],
        ['B', 'normal'],
        ['C', 'normal'],
        ['D', 'normal'],
      ],
    );
    const now = evaluation(
      [change(1, 'A', 10, 'normal', 'advisory'), change(2, 'B', 25, 'normal', 'critical')],
      { A: 'normal', B: 'normal', C: 'normal', D: 'unknown' },
    );
    const { pairs, evaluated, differing } = verdictsOf(recorded, now, period, []);
    expect(pairs.map(({ moduleId }) => moduleId)).toEqual(['B', 'A', 'D']);
    expect([evaluated, differing]).toEqual([4, 2]);
    expect(verdictsOf(recorded, now, period, ['C']).pairs.map(({ moduleId }) => moduleId)).toContain('C');
  });

  it('never call the same what was not judged again', () => {
    const recorded = recordedHistoryOf([change(1, 'A', 10, 'normal', 'warning')], [['A', 'normal']]);
    const { pairs, evaluated } = verdictsOf(recorded, evaluation([], {}), period, []);
    expect(pairs[0]).toMatchObject({ moduleId: 'A', now: null, differences: [] });
    expect(evaluated).toBe(0);
  });
});

describe('the site of then', () => {
  const changes = [
    change(1, 'A', 100, 'normal', 'advisory'),
    change(2, 'B', 150, 'unknown', 'normal'),
    change(3, 'A', 200, 'advisory', 'critical'),
  ];
  const site = () =>
    new PastSite(
      recordedHistoryOf(changes, [['A', 'normal']]),
      new Map([
        ['A', 'R'],
        ['B', 'R'],
        ['C', null],
      ]),
      0,
    );
  const levels = (past: PastSite) =>
    [...past.moduleIndex.all()].map(({ moduleId, level }) => `${moduleId} ${level}`);

  it('is at every instant what was known then, forwards and backwards', () => {
    const past = site();
    past.moveTo(99);
    expect(levels(past)).toEqual(['A normal', 'B unknown', 'C unknown']);
    past.moveTo(200);
    expect(levels(past)).toEqual(['A critical', 'B normal', 'C unknown']);
    past.moveTo(120);
    expect(levels(past)).toEqual(['A advisory', 'B unknown', 'C unknown']);
    expect(past.moduleIndex.counts).toMatchObject({ advisory: 1, unknown: 2, critical: 0 });
  });

  it('tells only modules that moved', () => {
    const past = site();
    const recorded: string[][] = [];
    past.onModules((states) => recorded.push((states ?? []).map(({ moduleId }) => moduleId)));
    past.moveTo(99);
    past.moveTo(160);
    expect(recorded).toEqual([[], ['A', 'B']]);
  });

  it('shows of values none that were measured later', () => {
    const keeper = new ValueKeeper(0, 600_000, 8);
    for (let timeMs = -5000; timeMs < 600_000; timeMs += 700) {
      const frame = newFrame('A', 'R', timeMs);
      frame.values.fill(timeMs);
      keeper.see(frame);
    }
    const table = keeper.table();
    for (let timeMs = 0; timeMs <= 600_000; timeMs += 333) {
      const shown = valuesAt(table, 'A', timeMs)['voltage_v']!;
      expect(shown).toBeLessThanOrEqual(timeMs);
      expect(shown).toBeGreaterThan(timeMs - 700 - 2000);
    }
    expect(valuesAt(table, 'B', 5)).toEqual({});
  });
});

describe('events', () => {
  const alarm = {
    id: 'A000001',
    kind: 'hazard',
    source: 'A',
    members: ['A', 'B'],
    level: 'critical',
    highestLevel: 'critical',
    dataRaisedMs: 1_000_000_100,
  } as unknown as AlarmRecord;

  it('stand in the order in which they became known, an alarm at the level it had then', () => {
    const recorded = {
      ...recordedHistoryOf([
        change(1, 'A', 1_000_000_050, 'unknown', 'normal'),
        change(2, 'A', 1_000_000_100, 'normal', 'advisory'),
        change(3, 'A', 1_000_000_200, 'advisory', 'critical'),
      ]),
      alarms: [alarm],
    };
    const events = eventsOf(recorded);
    expect(events.map(({ kind, to }) => `${kind} ${to}`)).toEqual([
      'change advisory',
      'alarm advisory',
      'change critical',
    ]);
    expect(neighbourMs(events, 1_000_000_100, 'after')).toBe(1_000_000_200);
    expect(neighbourMs(events, 1_000_000_100, 'before')).toBeNull();
  });

  it('of an alarm are replayed half an hour around it; trouble with watching is not', () => {
    const query = new URLSearchParams(replayOfAlarm(alarm)!.split('?')[1]);
    expect(Number(query.get('to')) - Number(query.get('from'))).toBe(60 * MIN_MS);
    expect(query.get('module')).toBe('A,B');
    expect(replayOfAlarm({ ...alarm, kind: 'storage' })).toBeNull();
  });
});

it('plays at its speed, stops at the end, and begins anew from there', () => {
  let nowMs = 0;
  let tick: () => void = () => {};
  let running = 0;
  const playhead = new Playhead({ fromMs: 0, toMs: 120_000 }, -50, {
    now: () => nowMs,
    every: (_lengthMs, call) => {
      tick = call;
      running++;
      return () => running--;
    },
  });
  const after = (lengthMs: number): number => {
    nowMs += lengthMs;
    tick();
    return playhead.current().timeMs;
  };
  expect(playhead.current().timeMs).toBe(0);
  playhead.play();
  expect(after(500)).toBe(30_000);
  playhead.chooseSpeed(1);
  expect(after(500)).toBe(30_500);
  playhead.chooseSpeed(3600);
  expect(after(500)).toBe(120_000);
  expect(playhead.current().isPlaying).toBe(false);
  expect(running).toBe(0);
  playhead.play();
  expect(playhead.current()).toMatchObject({ timeMs: 0, isPlaying: true });
  playhead.pause();
});

describe('times as a field writes them', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'])(
    'come back as they were: %s',
    (zone) => {
      const times = timesIn(zone);
      for (let day = 0; day < 365; day += 3) {
        const timeMs = Date.UTC(2026, 0, 1 + day, 11, 22, 33);
        expect(timeOfField(times, fieldText(times, timeMs))).toBe(timeMs);
      }
      expect(timeOfField(times, '')).toBeNaN();
    },
  );
});

describe('the time of the site', () => {
  it('is the latest instant that two of three modules have reached, and never goes back', () => {
    const time = new SiteTime();
    expect(time.observe('A', 10)).toBe(10);
    expect(time.observe('B', 11)).toBe(11);
    // A clock that leaps does not take the others with it.
    expect(time.observe('C', 1_000_000)).toBe(11);
    expect(time.observe('A', 20)).toBe(20);
    expect(time.observe('B', 15)).toBe(20);
  });
});

it('lets a silent module become unknown again, and gives the levels as the period begins', () => {
  const again = new Rejudgement(
    { nameplate: {}, intervalMs: null, model: null },
    { fromMs: 300_000, toMs: 900_000 },
    [],
  );
  for (let timeMs = 0; timeMs < 900_000; timeMs += 1000)
    for (const moduleId of ['A', 'B', 'C']) {
      if (moduleId === 'B' && timeMs > 400_000) continue;
      const frame = newFrame(moduleId, 'R', timeMs);
      frame.values.fill(Number.NaN);
      const wave = Math.sin(timeMs / 61_000 + moduleId.charCodeAt(0));
      frame.values[1] = Number((25 + 0.4 * wave).toFixed(1));
      frame.values[3] = Number((51 + 0.05 * wave).toFixed(2));
      frame.values[4] = Number((2 * wave).toFixed(1));
      again.observe(frame);
    }
  const { levels, changes, firstMs } = again.result(null, 0);
  expect(levels).toEqual({ A: 'normal', B: 'normal', C: 'normal' });
  expect(firstMs).toBe(0);
  expect(changes.map(({ moduleId, to }) => `${moduleId} ${to}`)).toEqual(['B unknown']);
});

describe('what was told of a period', () => {
  /** A service with these changes, newest first in pages of two, and one alarm. */
  const sessionOf = (changes: ChangeEntry[], requested: URL[]): Session =>
    new Session(async (input) => {
      const url = new URL(String(input), 'http://service');
      requested.push(url);
      const query = url.searchParams;
      if (url.pathname.endsWith('/alarms')) {
        const alarm = { id: 'A1', kind: 'hazard', source: 'A', dataRaisedMs: 150, raisedMs: 9000 };
        const late = { ...alarm, id: 'A2', dataRaisedMs: 5000 };
        if (url.searchParams.get('kind') === 'gas') {
          const gas = {
            ...alarm,
            id: 'A2',
            kind: 'gas',
            source: 'north',
            dataRaisedMs: 160,
            members: ['A', 'B'],
          };
          return Response.json({ alarms: [gas], cursor: null });
        }
        return Response.json({ alarms: [late, alarm], cursor: null });
      }
      const [fromMs, toMs] = [Number(query.get('fromMs') ?? 0), Number(query.get('toMs') ?? 1e15)];
      const found = changes
        .filter(
          ({ timeMs, moduleId }) =>
            timeMs >= fromMs && timeMs < toMs && moduleId === (query.get('moduleId') ?? moduleId),
        )
        .reverse();
      const start = Number(query.get('cursor') ?? 0);
      const size = Math.min(Number(query.get('limit')), 2);
      const cursor = start + size < found.length ? String(start + size) : null;
      return Response.json({ changes: found.slice(start, start + size), cursor });
    });

  it('begins with the level that each module had, however long ago it got it', async () => {
    const old = Array.from({ length: 12 }, (_, i) =>
      change(i + 2, 'B', 20 + i, 'normal', i % 2 ? 'normal' : 'advisory'),
    );
    const changes = [
      change(1, 'C', 10, 'unknown', 'warning'),
      ...old,
      change(20, 'A', 120, 'normal', 'advisory'),
      change(21, 'A', 150, 'advisory', 'critical'),
      change(22, 'B', 180, 'normal', 'unknown'),
    ];
    const requested: URL[] = [];
    const recorded = await fetchRecordedHistory(
      sessionOf(changes, requested),
      ['A', 'B', 'C', 'D'],
      { fromMs: 100, toMs: 200 },
      new AbortController().signal,
    );
    expect(recorded.changes.map(({ seq }) => seq)).toEqual([20, 21, 22]);
    expect(recorded.isCut).toBe(false);
    // C was asked for by itself; of D nothing is known, and nothing is made up.
    expect(Object.fromEntries(recorded.levels)).toEqual({ A: 'normal', B: 'normal', C: 'warning' });
    expect(recorded.alarms.map(({ id }) => id)).toEqual(['A1', 'A2']);
    // Gas stands at the module where it is strongest.
    expect(eventsOf(recorded).findLast(({ kind }) => kind === 'alarm')).toMatchObject({
      alarmId: 'A2',
      moduleId: 'A',
    });
    expect(requested.length).toBeLessThan(16);
  });
});
