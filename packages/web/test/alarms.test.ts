import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { missingOf, offersOf } from '../src/alarms/actions.ts';
import { metricRows } from '../src/alarms/metric-rows.ts';
import { newAlarmsOf, spokenText } from '../src/alarms/new-alarms.ts';
import { hashOfNotice } from '../src/alarms/notice-link.ts';
import { listed, waitingOf } from '../src/alarms/order.ts';
import { BURSTS, SILENCE_MS, Sounder } from '../src/alarms/sound.ts';
import { textOf } from '../src/alarms/words.ts';
import { OpenAlarms } from '../src/live/open-alarms.ts';
import type { AlarmMetrics, AlarmRecord, Suppression } from '../src/wire.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);

const alarm = (id: string, part: Partial<AlarmRecord> = {}): AlarmRecord => ({
  id,
  kind: 'hazard',
  source: `module-${id}`,
  rackId: null,
  gatewayId: null,
  priority: 3,
  highestPriority: part.priority ?? 3,
  level: 'advisory',
  highestLevel: 'advisory',
  state: 'unacknowledged',
  suppression: null,
  text: `module-${id}: advisory.`,
  reasons: [],
  agreement: null,
  members: [],
  hazardProbability: null,
  raisedMs: NOW_MS,
  escalatedMs: NOW_MS,
  returnedMs: null,
  acknowledgedMs: null,
  acknowledgedBy: null,
  closedMs: null,
  dataRaisedMs: NOW_MS,
  dataChangedMs: NOW_MS,
  returns: 0,
  comments: [],
  modelSha256: null,
  ...part,
});

const hidden = (kind: Suppression['kind']): Suppression => ({
  kind,
  byName: 'Ada',
  reason: 'works',
  fromMs: NOW_MS,
  untilMs: NOW_MS + 1000,
});

const ALL = { isHidden: false, priority: null, kind: null, state: null } as const;
const ids = (alarms: readonly AlarmRecord[]): string[] => alarms.map(({ id }) => id);

describe('the list of alarms', () => {
  const alarms = [
    alarm('seen', { priority: 2, state: 'acknowledged' }),
    alarm('old', { priority: 2, escalatedMs: NOW_MS - 1000 }),
    alarm('new', { priority: 2 }),
    alarm('over', { priority: 1, state: 'latched' }),
    alarm('emergency', { priority: 1, escalatedMs: NOW_MS - 9000 }),
    alarm('low'),
    alarm('shelved', { priority: 2, suppression: hidden('shelved') }),
    alarm('trouble', { priority: 4, kind: 'silence' }),
  ];

  it('has the gravest first, of equal ones those that wait, then the newest; what is over and seen last', () => {
    const order = ['emergency', 'new', 'old', 'seen', 'low', 'trouble', 'over'];
    expect(ids(listed(alarms, ALL))).toEqual(order);
    expect(ids(listed([...alarms].reverse(), ALL))).toEqual(order);
  });

  it('hides what is hidden, and shows it where it is asked for', () => {
    expect(ids(listed(alarms, { ...ALL, isHidden: true }))).toEqual(['shelved']);
    expect(waitingOf(alarms)).toEqual({ count: 5, mostSevere: 1 });
    expect(waitingOf([alarms[0]!, alarms[3]!, alarms[6]!])).toEqual({ count: 0, mostSevere: null });
  });

  it('is narrowed by priority, kind and state', () => {
    expect(ids(listed(alarms, { ...ALL, priority: 2 }))).toEqual(['new', 'old', 'seen']);
    expect(ids(listed(alarms, { ...ALL, kind: 'silence' }))).toEqual(['trouble']);
    expect(ids(listed(alarms, { ...ALL, state: 'latched' }))).toEqual(['over']);
    expect(ids(listed(alarms, { ...ALL, state: 'waiting', priority: 2 }))).toEqual(['new', 'old']);
  });
});

it('takes an alarm off the list of open ones when it closes, and gives the same list until then', () => {
  const open = new OpenAlarms();
  open.replace([alarm('A1'), alarm('A2')]);
  const before = open.all();
  expect(open.all()).toBe(before);
  open.put(alarm('A1', { state: 'closed' }));
  expect(ids(open.all())).toEqual(['A2']);
  expect(open.get('A1')).toBeUndefined();
  expect(before).toHaveLength(2);
});

describe('what may be done', () => {
  const offers = (part: Partial<AlarmRecord>, role: Parameters<typeof offersOf>[1] = 'engineer') =>
    offersOf(alarm('A1', part), role, NOW_MS);

  it('depends on the state of the alarm', () => {
    expect(offers({})).toEqual(['acknowledge', 'comment', 'shelve', 'out-of-service']);
    expect(offers({ state: 'latched' })).toContain('reset');
    expect(offers({ state: 'acknowledged' })).not.toContain('acknowledge');
    expect(offers({ suppression: hidden('shelved') })).toEqual([
      'acknowledge',
      'comment',
      'unshelve',
      'out-of-service',
    ]);
    expect(offers({ suppression: hidden('out-of-service') })).toContain('in-service');
    expect(offers({ state: 'closed' })).toEqual([]);
    // The condition is still out of service.
    expect(offers({ state: 'closed', suppression: hidden('out-of-service') })).toEqual(['in-service']);
  });

  it('never hides an emergency, nor what was one', () => {
    for (const part of [{ priority: 1 }, { priority: 3, highestPriority: 1 }] as const) {
      expect(offers(part)).toEqual(['acknowledge', 'comment']);
      expect(missingOf(alarm('A1', part), 'engineer', NOW_MS)).toContain('cannot be shelved');
    }
  });

  it('depends on the role, and what is missing is explained', () => {
    expect(offers({}, 'viewer')).toEqual([]);
    expect(missingOf(alarm('A1'), 'viewer', NOW_MS)).toContain('signed in as viewer');
    expect(offers({}, 'operator')).not.toContain('out-of-service');
    expect(missingOf(alarm('A1'), 'operator', NOW_MS)).toContain('needs an engineer');
    expect(missingOf(alarm('A1'), 'engineer', NOW_MS)).toBeNull();
    expect(offers({}, null)).toEqual([]);
  });
});

describe('the sound', () => {
  const played: unknown[] = [];
  let mayPlay = true;
  const player = {
    play: (burst: unknown) => mayPlay && played.push(burst) > 0,
    allow: async () => {
      mayPlay = true;
    },
  };
  let sounder: Sounder;
  const high = alarm('high', { priority: 2 });
  const emergency = alarm('emergency', { priority: 1 });

  beforeEach(() => {
    vi.useFakeTimers();
    played.length = 0;
    mayPlay = true;
    sounder = new Sounder(player, Date.now);
  });

  afterEach(() => {
    sounder.update([]);
    sounder.unsilence();
    vi.useRealTimers();
  });

  it('comes again until somebody acknowledges', () => {
    sounder.update([high]);
    vi.advanceTimersByTime(2 * BURSTS[2].everyMs);
    expect(played).toEqual([BURSTS[2], BURSTS[2], BURSTS[2]]);
    sounder.update([{ ...high, state: 'acknowledged' }]);
    vi.advanceTimersByTime(10 * BURSTS[2].everyMs);
    expect(played).toHaveLength(3);
    expect(sounder.current().state).toBe('quiet');
  });

  it('is at once that of an emergency, and of nothing low, hidden or over', () => {
    sounder.update([high]);
    sounder.update([high, emergency]);
    expect(played.at(-1)).toBe(BURSTS[1]);
    played.length = 0;
    const quiet = [
      alarm('low'),
      { ...high, suppression: hidden('shelved') },
      { ...emergency, state: 'returned' as const },
    ];
    sounder.update(quiet);
    vi.advanceTimersByTime(60_000);
    expect(played).toEqual([]);
  });

  it('is silenced for a while and says so; a new emergency, or one that has risen again, is heard', () => {
    sounder.update([high, emergency]);
    sounder.silence();
    expect(sounder.current()).toEqual({ state: 'silenced', untilMs: Date.now() + SILENCE_MS });
    played.length = 0;
    sounder.update([high, emergency, alarm('other', { priority: 2 })]);
    vi.advanceTimersByTime(60_000);
    expect(played).toEqual([]);
    const again = { ...emergency, escalatedMs: emergency.escalatedMs + 1 };
    sounder.update([high, again]);
    expect(played).toEqual([BURSTS[1]]);
    expect(sounder.current().state).toBe('sounding');
  });

  it('comes back by itself', () => {
    sounder.update([high]);
    sounder.silence();
    played.length = 0;
    vi.advanceTimersByTime(SILENCE_MS);
    expect(played).toEqual([BURSTS[2]]);
    expect(sounder.current()).toEqual({ state: 'sounding', untilMs: null });
  });

  it('says that the browser blocks it, until a click lets it be heard', async () => {
    mayPlay = false;
    sounder.update([emergency]);
    expect(sounder.current().state).toBe('blocked');
    vi.advanceTimersByTime(5000);
    expect(played).toEqual([]);
    sounder.tryAgain();
    await vi.advanceTimersByTimeAsync(0);
    expect(sounder.current().state).toBe('sounding');
    expect(played).toEqual([BURSTS[1]]);
  });
});

it('says aloud what is new or has risen, and of many the gravest', () => {
  const known = new Map([['A1', NOW_MS]]);
  expect(newAlarmsOf([alarm('A1')], known)).toEqual([]);
  expect(ids(newAlarmsOf([alarm('A1', { escalatedMs: NOW_MS + 1 })], known))).toEqual(['A1']);
  const many = [
    alarm('A2'),
    alarm('A3', { priority: 1 }),
    alarm('A4', { suppression: hidden('maintenance') }),
    alarm('A5', { priority: 4, kind: 'silence', text: 'module-A5 is silent.' }),
  ];
  const pending = newAlarmsOf(many, known);
  expect(ids(pending)).toEqual(['A3', 'A2', 'A5']);
  expect(spokenText(pending)).toBe('3 new alarms. Alarm, Emergency: module-A3. Alarm, Low: module-A2.');
  expect(spokenText([many[3]!])).toBe('Alarm, Trouble: module-A5 is silent.');
  expect(spokenText([])).toBe('');
});

it('opens the alarm that a notice names, and nothing else', () => {
  expect(hashOfNotice('?alarm=A000123')).toBe('#/alarms/A000123');
  expect(hashOfNotice('')).toBeNull();
  expect(hashOfNotice('?alarm=../x')).toBeNull();
});

it('does not say a name twice', () => {
  expect(textOf({ source: 'a', text: 'a: critical, hot.' })).toBe('Critical, hot.');
  expect(textOf({ source: 'a', text: 'ab: hot.' })).toBe('Ab: hot.');
});

describe('figures beside their targets', () => {
  const target = (atMost: number) => ({ atMost, source: 'ISA-18.2' });
  const metrics: AlarmMetrics = {
    nowMs: NOW_MS,
    sinceMs: NOW_MS - 1,
    operators: 1,
    lastDay: 0,
    lastTenMinutes: 0,
    perOperatorDay: 150,
    busiestTenMinutes: 11,
    floodShare: 0.004,
    floods: [],
    chattering: [],
    stale: [],
    prioritySplit: [0.05, 0.15, 0.8],
    topSources: [{ kind: 'hazard', source: 'a', alarms: 2, share: 0.02 }],
    topTenShare: 0.02,
    medianToAcknowledgeMs: null,
    targets: {
      perOperatorDay: target(150),
      perTenMinutes: target(1),
      floodShare: target(0.01),
      chattering: target(0),
      stale: target(5),
      prioritySplit: { shares: [0.05, 0.15, 0.8], source: '' },
      topTenShare: target(0.05),
    },
  };
  const verdicts = (part: Partial<AlarmMetrics> = {}) =>
    Object.fromEntries(metricRows({ ...metrics, ...part }).map(({ name, isWithin }) => [name, isWithin]));

  it('are met up to the target and not beyond', () => {
    expect(verdicts()).toMatchObject({
      'Each operator, a day': true,
      'Busiest ten minutes': false,
      'Time in floods': true,
      'Emergency / high / low': true,
      'Ten most frequent': true,
    });
    expect(verdicts({ perOperatorDay: 150.1 })['Each operator, a day']).toBe(false);
    expect(verdicts({ prioritySplit: [0.06, 0.14, 0.8] })['Emergency / high / low']).toBe(false);
  });

  it('are not judged while nothing is known, or while there are too few for a share', () => {
    expect(verdicts({ perOperatorDay: null })['Each operator, a day']).toBeNull();
    const few = {
      topTenShare: 1,
      topSources: [{ kind: 'hazard', source: 'a', alarms: 2, share: 1 }],
    } as const;
    expect(verdicts(few)).toMatchObject({
      'Ten most frequent': null,
      'Emergency / high / low': null,
    });
  });

  it('say that there is a flood while it lasts', () => {
    const flood = { floods: [{ fromMs: 0, toMs: null, alarms: 12 }] };
    expect(verdicts(flood)['In a flood now']).toBe(false);
  });
});
