import { beforeEach, describe, expect, it } from 'vitest';
import type { AlarmAction } from '../../src/alarms/actions.ts';
import type { AlarmRecord } from '../../src/alarms/alarm.ts';
import { AlarmBook, bookStateOf, MAX_OPEN_ALARMS } from '../../src/alarms/book.ts';
import { RETURN_DELAY_MS, TROUBLE_KEPT_MS } from '../../src/alarms/episode.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { DAY_MS, HOUR_MS, hazard, MIN_MS, START_MS, silence } from './made.ts';

let book = new AlarmBook();
beforeEach(() => {
  book = new AlarmBook();
});

const at = (ms: number): number => START_MS + ms;
const only = (): AlarmRecord => {
  expect(book.open()).toHaveLength(1);
  return book.open()[0]!;
};
const kinds = (): string[] => book.drain().map(({ kind }) => kind);
const act = (action: AlarmAction, ms: number, byName = 'Ada') => book.act(action, byName, at(ms));
const refused = (code: ErrorCode, doing: () => unknown): void => {
  const state = (): object => ({ ...book.toState(), seenMs: null });
  const before = state();
  expect(doing).toThrow(expect.objectContaining({ code }));
  expect(state()).toEqual(before);
};
/** Gone for long enough that it counts. */
const goneFor = (ms: number, kind: 'hazard' | 'silence' = 'silence', source = 'RackA1_Module01'): void => {
  book.release(kind, source, at(ms));
  book.tick(at(ms + RETURN_DELAY_MS));
};

describe('an episode', () => {
  it('is raised, escalated, eased, acknowledged, and over when its condition is', () => {
    book.hold(hazard('advisory'), at(0));
    expect(only()).toMatchObject({ id: 'A000001', state: 'unacknowledged', priority: 3, level: 'advisory' });
    act({ kind: 'acknowledge', id: 'A000001' }, 1000);
    expect(only()).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'Ada', acknowledgedMs: at(1000) });
    book.hold(hazard('warning'), at(2000));
    expect(only()).toMatchObject({ state: 'unacknowledged', priority: 2, acknowledgedMs: null });
    expect(only()).toMatchObject({ raisedMs: at(0), escalatedMs: at(2000) });
    book.hold(hazard('advisory'), at(3000));
    expect(only()).toMatchObject({ priority: 3, highestPriority: 2, highestLevel: 'warning' });
    act({ kind: 'acknowledge', id: 'A000001', comment: 'fan is broken' }, 4000);
    expect(only().comments).toEqual([{ atMs: at(4000), byName: 'Ada', text: 'fan is broken' }]);
    book.release('hazard', 'RackA1_Module01', at(5000), at(4500));
    expect(book.open()).toEqual([]);
    const transitions = book.drain();
    expect(transitions.map(({ kind }) => kind)).toEqual([
      'raised',
      'acknowledged',
      'escalated',
      'eased',
      'acknowledged',
      'returned',
      'closed',
    ]);
    expect(transitions.at(-1)!.alarm).toMatchObject({ state: 'closed', dataChangedMs: at(4500) });
  });

  it('waits for an acknowledgement after it has returned, and is renewed by what comes back', () => {
    book.hold(hazard('warning'), at(0));
    book.release('hazard', 'RackA1_Module01', at(1000));
    expect(only()).toMatchObject({ state: 'returned', returnedMs: at(1000) });
    book.hold(hazard('advisory'), at(2000));
    expect(only()).toMatchObject({ id: 'A000001', state: 'unacknowledged', returns: 1, returnedMs: null });
    book.release('hazard', 'RackA1_Module01', at(3000));
    act({ kind: 'acknowledge', id: 'A000001' }, 4000);
    expect(book.open()).toEqual([]);
    book.hold(hazard('advisory'), at(5000));
    expect(only()).toMatchObject({ id: 'A000002', returns: 0 });
  });

  it('of an emergency is over only by return, acknowledgement and a reset with a name and a reason', () => {
    book.hold(hazard('critical'), at(0));
    const reset: AlarmAction = { kind: 'reset', id: 'A000001', reason: 'cell replaced' };
    refused('ALARM_STATE', () => act(reset, 1));
    // It stays an emergency after it has eased.
    book.hold(hazard('advisory'), at(1000));
    book.release('hazard', 'RackA1_Module01', at(2000));
    refused('ALARM_STATE', () => act(reset, 2500));
    act({ kind: 'acknowledge', id: 'A000001' }, 3000);
    expect(only().state).toBe('latched');
    refused('REASON_REQUIRED', () => act({ ...reset, reason: '  ' }, 4000));
    refused('PERSON_REQUIRED', () => act(reset, 4000, 'emberwatch'));
    book.tick(at(90 * DAY_MS));
    expect(only().state).toBe('latched');
    expect(act(reset, 90 * DAY_MS)).toMatchObject({ state: 'closed', closedMs: at(90 * DAY_MS) });
    expect(book.drain().slice(-2)).toMatchObject([
      { kind: 'reset', reason: 'cell replaced' },
      { kind: 'closed' },
    ]);
  });

  it('that waits for its reset is renewed by what comes back, and wants all three again', () => {
    book.hold(hazard('critical'), at(0));
    act({ kind: 'acknowledge', id: 'A000001' }, 1000);
    book.release('hazard', 'RackA1_Module01', at(2000));
    expect(only().state).toBe('latched');
    book.hold(hazard('advisory'), at(3000));
    expect(only()).toMatchObject({ state: 'unacknowledged', returns: 1, acknowledgedBy: null });
    act({ kind: 'acknowledge', id: 'A000001' }, 4000);
    book.release('hazard', 'RackA1_Module01', at(5000));
    expect(only().state).toBe('latched');
  });

  it('of trouble needs a minute of calm to be over, so it cannot chatter', () => {
    for (let second = 0; second < 600; second++) {
      if (second % 2 === 0) book.hold(silence(), at(second * 1000));
      else book.release('silence', 'RackA1_Module01', at(second * 1000));
      book.tick(at(second * 1000));
    }
    expect(kinds()).toEqual(['raised']);
    goneFor(600_000);
    expect(kinds()).toEqual(['returned']);
  });

  it('of trouble that nobody acknowledges closes by itself after a day, and says so', () => {
    book.hold(silence(), at(0));
    goneFor(1000);
    const returnedMs = 1000 + RETURN_DELAY_MS;
    book.tick(at(returnedMs + TROUBLE_KEPT_MS - 1));
    expect(only().state).toBe('returned');
    book.tick(at(returnedMs + TROUBLE_KEPT_MS));
    expect(book.open()).toEqual([]);
    expect(book.drain().at(-1)).toMatchObject({
      kind: 'closed',
      byName: 'emberwatch',
      reason: 'returned, and not acknowledged within 24 h',
    });
    book.hold(hazard('advisory'), at(2 * DAY_MS));
    book.release('hazard', 'RackA1_Module01', at(2 * DAY_MS));
    book.tick(at(9 * DAY_MS));
    expect(only().state).toBe('returned');
  });

  it('takes over new members at once where it was acknowledged, and asks for a look again', () => {
    const group = (...members: string[]) => ({ ...silence('g'), kind: 'gateway-silence' as const, members });
    book.hold(group('a', 'b'), at(0));
    book.hold(group('a', 'b', 'c'), at(1000));
    book.hold(group('a', 'b', 'c'), at(10_000));
    expect(kinds()).toEqual(['raised', 'updated']);
    act({ kind: 'acknowledge', id: 'A000001' }, 11_000);
    book.hold(group('a', 'b'), at(12_000));
    expect(only()).toMatchObject({ state: 'acknowledged', members: ['a', 'b', 'c'] });
    book.hold(group('a', 'b', 'c', 'd'), at(13_000));
    expect(only()).toMatchObject({ state: 'unacknowledged', members: ['a', 'b', 'c', 'd'] });
    expect(kinds()).toEqual(['acknowledged', 'escalated']);
  });
});

describe('hiding', () => {
  const shelve = (hours: number, id = 'A000001'): AlarmAction => ({
    kind: 'shelve',
    id,
    untilMs: at(hours * HOUR_MS),
    reason: 'sensor on order',
  });

  it('by shelving ends by itself, and what still holds asks for a look again', () => {
    book.hold(hazard('warning'), at(0));
    refused('SHELVE_LIMIT', () => act(shelve(8.01), 0));
    refused('SHELVE_LIMIT', () => act(shelve(0), 0));
    refused('SHELVE_LIMIT', () => act(shelve(Number.NaN), 0));
    refused('REASON_REQUIRED', () => act({ ...shelve(8), reason: '' } as AlarmAction, 0));
    act({ kind: 'acknowledge', id: 'A000001' }, 0);
    act(shelve(8), 0);
    expect(only().suppression).toMatchObject({ kind: 'shelved', byName: 'Ada', untilMs: at(8 * HOUR_MS) });
    refused('ALARM_STATE', () => act(shelve(8), HOUR_MS));
    book.tick(at(8 * HOUR_MS - 1));
    expect(only()).toMatchObject({ state: 'acknowledged', suppression: { kind: 'shelved' } });
    book.tick(at(8 * HOUR_MS));
    expect(only()).toMatchObject({ state: 'unacknowledged', suppression: null });
    expect(book.drain().at(-1)).toMatchObject({ kind: 'unshelved', byName: 'emberwatch' });
  });

  it('is never for an emergency, and one breaks it', () => {
    book.hold(hazard('warning'), at(0));
    act(shelve(8), 0);
    book.hold(hazard('critical'), at(1000));
    expect(kinds()).toEqual(['raised', 'shelved', 'unshelved', 'escalated']);
    expect(only()).toMatchObject({ suppression: null, priority: 1 });
    refused('SHELVE_LIMIT', () => act(shelve(1), 2000));
    const out: AlarmAction = { kind: 'out-of-service', id: 'A000001', untilMs: at(DAY_MS), reason: 'x' };
    refused('OUT_OF_SERVICE_LIMIT', () => act(out, 2000));
    book.hold(hazard('advisory'), at(3000));
    refused('SHELVE_LIMIT', () => act(shelve(1), 3000));
  });

  it('out of service holds for the condition, over its alarms and restarts, until it is put back or ends', () => {
    const out = (days: number): AlarmAction => ({
      kind: 'out-of-service',
      id: 'A000001',
      untilMs: at(days * DAY_MS),
      reason: 'module removed',
    });
    book.hold(silence(), at(0));
    refused('OUT_OF_SERVICE_LIMIT', () => act(out(30.1), 0));
    act(out(30), 0);
    act({ kind: 'acknowledge', id: 'A000001' }, 0);
    goneFor(1000);
    expect(book.open()).toEqual([]);
    book.hold(silence(), at(DAY_MS));
    expect(only()).toMatchObject({ id: 'A000002', suppression: { kind: 'out-of-service' } });
    book = new AlarmBook(JSON.parse(JSON.stringify(book.toState())));
    act({ kind: 'in-service', id: 'A000002', reason: 'new module' }, 2 * DAY_MS);
    expect(only()).toMatchObject({ state: 'unacknowledged', suppression: null });
    refused('ALARM_STATE', () => act({ kind: 'in-service', id: 'A000002', reason: 'x' }, 2 * DAY_MS));
    refused('UNKNOWN_ALARM', () => act({ kind: 'in-service', id: 'A000009', reason: 'x' }, 2 * DAY_MS));
  });

  it('out of service without an open alarm is put back by the alarm that it was taken out by', () => {
    book.hold(silence(), at(0));
    act({ kind: 'out-of-service', id: 'A000001', untilMs: at(DAY_MS), reason: 'module removed' }, 0);
    act({ kind: 'acknowledge', id: 'A000001' }, 0);
    goneFor(1000);
    expect(act({ kind: 'in-service', id: 'A000001', reason: 'new module' }, HOUR_MS)).toBeNull();
    expect(book.arranged().outOfServices).toEqual([]);
  });

  it('by maintenance leaves modules watched, hides no emergency, and ends with everything to be seen anew', () => {
    const maintain = (hours: number) =>
      book.startMaintenance(
        { scope: { kind: 'rack', id: 'RackA1' }, untilMs: at(hours * HOUR_MS), reason: 'pump exchanged' },
        'Ada',
        at(0),
      );
    refused('MAINTENANCE_LIMIT', () => maintain(24.1));
    book.hold(silence('RackA1_Module02'), at(0));
    const { id } = maintain(4);
    book.hold(hazard('warning'), at(1000));
    book.hold(hazard('critical', 'RackA1_Module03'), at(1000));
    book.hold(silence('RackB1_Module01'), at(1000));
    const hidden = () => book.open().map(({ source, suppression }) => [source, suppression?.kind ?? null]);
    expect(hidden()).toEqual([
      ['RackA1_Module02', 'maintenance'],
      ['RackA1_Module01', 'maintenance'],
      ['RackA1_Module03', null],
      ['RackB1_Module01', null],
    ]);
    for (const alarm of book.open()) act({ kind: 'acknowledge', id: alarm.id }, 2000);
    book.hold(hazard('critical'), at(3000));
    expect(book.open()[1]).toMatchObject({ suppression: null, state: 'unacknowledged' });
    book.drain();
    expect(book.tick(at(4 * HOUR_MS))).toMatchObject([{ id }]);
    expect(book.drain()).toMatchObject([{ kind: 'maintenance-ended', alarm: { source: 'RackA1_Module02' } }]);
    expect(book.open().map(({ state }) => state)).toEqual([
      'unacknowledged',
      'unacknowledged',
      'acknowledged',
      'acknowledged',
    ]);
    refused('NOT_FOUND', () => book.endMaintenance(id, 'Ada', at(4 * HOUR_MS)));
  });

  it('is over at its end, also where nobody looks at the clock', () => {
    book.startMaintenance(
      { scope: { kind: 'site' }, untilMs: at(HOUR_MS), reason: 'inspection' },
      'Ada',
      at(0),
    );
    book.hold(hazard('warning'), at(HOUR_MS - 1));
    book.hold(hazard('warning', 'RackB1_Module01'), at(HOUR_MS));
    expect(book.open().map(({ suppression }) => suppression?.kind)).toEqual(['maintenance', undefined]);
  });

  it('by maintenance of the site does not excuse a service that fails', () => {
    const site = { scope: { kind: 'site' as const }, untilMs: at(HOUR_MS), reason: 'inspection' };
    const { id } = book.startMaintenance(site, 'Ada', at(0));
    book.hold({ ...silence('site'), kind: 'storage', priority: 2 }, at(0));
    book.hold(silence(), at(0));
    expect(book.open().map(({ suppression }) => suppression?.kind)).toEqual([undefined, 'maintenance']);
    book.endMaintenance(id, 'Bob', at(1000));
    expect(book.drain().at(-1)).toMatchObject({ kind: 'maintenance-ended', byName: 'Bob' });
  });
});

describe('the clock', () => {
  it.each([
    ['shelving', 8],
    ['maintenance', 24],
  ] as const)('set back does not lengthen %s, set forward ends it', (what, hours) => {
    book.hold(hazard('warning'), at(0));
    const untilMs = at(hours * HOUR_MS);
    if (what === 'shelving') act({ kind: 'shelve', id: 'A000001', untilMs, reason: 'x' }, 0);
    else book.startMaintenance({ scope: { kind: 'site' }, untilMs, reason: 'x' }, 'Ada', at(0));
    book.tick(at(HOUR_MS));
    // A year back: what remained still remains.
    const back = -365 * DAY_MS;
    book.tick(at(back));
    expect(only().suppression!.untilMs).toBe(at(back + (hours - 1) * HOUR_MS));
    book.tick(at(back + (hours - 1) * HOUR_MS));
    expect(only().suppression).toBeNull();
    if (what === 'shelving') {
      const again = at(back + (2 * hours - 1) * HOUR_MS);
      act({ kind: 'shelve', id: 'A000001', untilMs: again, reason: 'x' }, back + (hours - 1) * HOUR_MS);
      book.tick(at(0));
      expect(only().suppression).toBeNull();
    }
  });

  it('set back while the service was down is found by the latest instant that is known', () => {
    book.hold(hazard('warning'), at(0));
    act({ kind: 'shelve', id: 'A000001', untilMs: at(8 * HOUR_MS), reason: 'x' }, 0);
    book.tick(at(7 * HOUR_MS));
    const { lastNumber, seenMs } = book.toState();
    book = new AlarmBook(bookStateOf(book.open(), lastNumber, book.arranged(), seenMs));
    book.tick(at(0));
    expect(only().suppression!.untilMs).toBe(at(HOUR_MS));
  });

  it('that a time server nudges changes nothing', () => {
    book.hold(hazard('warning'), at(0));
    act({ kind: 'shelve', id: 'A000001', untilMs: at(HOUR_MS), reason: 'x' }, 0);
    book.drain();
    book.tick(at(5000));
    book.tick(at(4990));
    expect(book.drain()).toEqual([]);
  });
});

describe('a restart', () => {
  it('takes the alarm of a gateway called site for what it is', () => {
    const members = ['m1', 'm2'];
    for (const kind of ['gateway-silence', 'unjudged'] as const)
      book.hold({ ...silence('site'), kind, gatewayId: 'site', members }, at(0));
    book = new AlarmBook(bookStateOf(book.open(), 2, book.arranged(), at(0)));
    expect(Array.from(book.standing(), ({ kind, source }) => `${kind} ${source}`)).toEqual([
      'gateway-silence site',
      'unjudged site',
    ]);
  });
});

describe('limits', () => {
  it('more alarms than the list holds are one alarm for each kind, and get their own once there is room', () => {
    for (let i = 0; i < MAX_OPEN_ALARMS + 50; i++) book.hold(silence(`m${i}`), at(0));
    book.hold(hazard('critical', 'm0'), at(0));
    book.hold(hazard('advisory', 'm1'), at(0));
    book.hold(hazard('warning', 'm2'), at(0));
    book.drain();
    expect(book.open()).toHaveLength(MAX_OPEN_ALARMS + 3);
    const groups = () => book.open().filter(({ source }) => source === 'site');
    expect(groups().map(({ kind, members, priority }) => [kind, members.length, priority])).toEqual([
      ['silence', 50, 4],
      ['hazard', 2, 2],
    ]);
    expect(book.open().find(({ priority }) => priority === 1)).toMatchObject({ source: 'm0' });
    // A grouped warning that becomes an emergency gets its own.
    book.hold(hazard('critical', 'm2'), at(1000));
    book.tick(at(1000));
    expect(groups()[1]).toMatchObject({ members: ['m1'], priority: 3 });
    for (const { id } of book.open().slice(0, 60)) act({ kind: 'acknowledge', id }, 2000);
    for (let i = 0; i < 60; i++) book.release('silence', `m${i}`, at(3000));
    book.tick(at(3000 + MIN_MS));
    for (let i = 60; i < MAX_OPEN_ALARMS + 50; i++) book.hold(silence(`m${i}`), at(4000 + MIN_MS));
    book.tick(at(4000 + MIN_MS));
    book.tick(at(4000 + 2 * MIN_MS));
    expect(book.find('silence', 'site')?.state).toBe('returned');
    expect(book.find('silence', `m${MAX_OPEN_ALARMS + 49}`)?.state).toBe('unacknowledged');
  });

  it('comments and reasons are bounded and refused with place and length', () => {
    book.hold(silence(), at(0));
    const comment = (text: string): AlarmAction => ({ kind: 'comment', id: 'A000001', text });
    refused('REASON_REQUIRED', () => act(comment(' '), 0));
    refused('INVALID_REQUEST', () => act(comment('x'.repeat(2001)), 0));
    expect(() => act(comment('x'.repeat(2001)), 0)).toThrow('text: 2001 characters; at most 2000');
    for (let i = 0; i < 100; i++) act(comment(`${i}`), 0);
    refused('COMMENT_LIMIT', () => act(comment('one more'), 0));
    refused('UNKNOWN_ALARM', () => act({ kind: 'comment', id: 'A000002', text: 'x' }, 0));
    refused('PERSON_REQUIRED', () => act(comment('x'), 0, ' '));
  });
});
