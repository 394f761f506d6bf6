import { beforeEach, describe, expect, it } from 'vitest';
import type { AlarmAction } from '../../src/alarms/actions.ts';
import { AlarmRegister, MAX_OPEN_ALARMS, registerStateOf } from '../../src/alarms/alarm-register.ts';
import { RETURN_DELAY_MS, TROUBLE_KEPT_MS } from '../../src/alarms/episode.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { AlarmRecord } from '../../src/records.ts';
import { DAY_MS, HOUR_MS, hazard, MIN_MS, START_MS, silence } from './made.ts';

let register = new AlarmRegister();
beforeEach(() => {
  register = new AlarmRegister();
});

const at = (ms: number): number => START_MS + ms;
const only = (): AlarmRecord => {
  expect(register.open()).toHaveLength(1);
  return register.open()[0]!;
};
const kinds = (): string[] => register.drain().map(({ kind }) => kind);
const act = (action: AlarmAction, ms: number, byName = 'Ada') => register.act(action, byName, at(ms));
const rejected = (code: ErrorCode, doing: () => unknown): void => {
  const state = (): object => ({ ...register.toState(), seenMs: null });
  const before = state();
  expect(doing).toThrow(expect.objectContaining({ code }));
  expect(state()).toEqual(before);
};
/** Gone for long enough that it counts. */
const goneFor = (ms: number, kind: 'hazard' | 'silence' = 'silence', source = 'RackA1_Module01'): void => {
  register.release(kind, source, at(ms));
  register.tick(at(ms + RETURN_DELAY_MS));
};

describe('an episode', () => {
  it('is raised, escalated, eased, acknowledged, and over when its condition is', () => {
    register.hold(hazard('advisory'), at(0));
    expect(only()).toMatchObject({ id: 'A000001', state: 'unacknowledged', priority: 3, level: 'advisory' });
    act({ kind: 'acknowledge', id: 'A000001' }, 1000);
    expect(only()).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'Ada', acknowledgedMs: at(1000) });
    register.hold(hazard('warning'), at(2000));
    expect(only()).toMatchObject({ state: 'unacknowledged', priority: 2, acknowledgedMs: null });
    expect(only()).toMatchObject({ raisedMs: at(0), escalatedMs: at(2000) });
    register.hold(hazard('advisory'), at(3000));
    expect(only()).toMatchObject({ priority: 3, highestPriority: 2, highestLevel: 'warning' });
    act({ kind: 'acknowledge', id: 'A000001', comment: 'fan is broken' }, 4000);
    expect(only().comments).toEqual([{ atMs: at(4000), byName: 'Ada', text: 'fan is broken' }]);
    register.release('hazard', 'RackA1_Module01', at(5000), at(4500));
    expect(register.open()).toEqual([]);
    const transitions = register.drain();
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
    register.hold(hazard('warning'), at(0));
    register.release('hazard', 'RackA1_Module01', at(1000));
    expect(only()).toMatchObject({ state: 'returned', returnedMs: at(1000) });
    register.hold(hazard('advisory'), at(2000));
    expect(only()).toMatchObject({ id: 'A000001', state: 'unacknowledged', returns: 1, returnedMs: null });
    register.release('hazard', 'RackA1_Module01', at(3000));
    act({ kind: 'acknowledge', id: 'A000001' }, 4000);
    expect(register.open()).toEqual([]);
    register.hold(hazard('advisory'), at(5000));
    expect(only()).toMatchObject({ id: 'A000002', returns: 0 });
  });

  it('of an emergency is over only by return, acknowledgement and a reset with a name and a reason', () => {
    register.hold(hazard('critical'), at(0));
    const reset: AlarmAction = { kind: 'reset', id: 'A000001', reason: 'cell replaced' };
    rejected('ALARM_STATE', () => act(reset, 1));
    // It stays an emergency after it has eased.
    register.hold(hazard('advisory'), at(1000));
    register.release('hazard', 'RackA1_Module01', at(2000));
    rejected('ALARM_STATE', () => act(reset, 2500));
    act({ kind: 'acknowledge', id: 'A000001' }, 3000);
    expect(only().state).toBe('latched');
    rejected('REASON_REQUIRED', () => act({ ...reset, reason: '  ' }, 4000));
    rejected('PERSON_REQUIRED', () => act(reset, 4000, 'emberwatch'));
    register.tick(at(90 * DAY_MS));
    expect(only().state).toBe('latched');
    expect(act(reset, 90 * DAY_MS)).toMatchObject({ state: 'closed', closedMs: at(90 * DAY_MS) });
    expect(register.drain().slice(-2)).toMatchObject([
      { kind: 'reset', reason: 'cell replaced' },
      { kind: 'closed' },
    ]);
  });

  it('that waits for its reset is renewed by what comes back, and wants all three again', () => {
    register.hold(hazard('critical'), at(0));
    act({ kind: 'acknowledge', id: 'A000001' }, 1000);
    register.release('hazard', 'RackA1_Module01', at(2000));
    expect(only().state).toBe('latched');
    register.hold(hazard('advisory'), at(3000));
    expect(only()).toMatchObject({ state: 'unacknowledged', returns: 1, acknowledgedBy: null });
    act({ kind: 'acknowledge', id: 'A000001' }, 4000);
    register.release('hazard', 'RackA1_Module01', at(5000));
    expect(only().state).toBe('latched');
  });

  it('of trouble needs a minute of calm to be over, so it cannot chatter', () => {
    for (let second = 0; second < 600; second++) {
      if (second % 2 === 0) register.hold(silence(), at(second * 1000));
      else register.release('silence', 'RackA1_Module01', at(second * 1000));
      register.tick(at(second * 1000));
    }
    expect(kinds()).toEqual(['raised']);
    goneFor(600_000);
    expect(kinds()).toEqual(['returned']);
  });

  it('of trouble that nobody acknowledges closes by itself after a day, and says so', () => {
    register.hold(silence(), at(0));
    goneFor(1000);
    const returnedMs = 1000 + RETURN_DELAY_MS;
    register.tick(at(returnedMs + TROUBLE_KEPT_MS - 1));
    expect(only().state).toBe('returned');
    register.tick(at(returnedMs + TROUBLE_KEPT_MS));
    expect(register.open()).toEqual([]);
    expect(register.drain().at(-1)).toMatchObject({
      kind: 'closed',
      byName: 'emberwatch',
      reason: 'returned, and not acknowledged within 24 h',
    });
    register.hold(hazard('advisory'), at(2 * DAY_MS));
    register.release('hazard', 'RackA1_Module01', at(2 * DAY_MS));
    register.tick(at(9 * DAY_MS));
    expect(only().state).toBe('returned');
  });

  it('takes over new members at once where it was acknowledged, and asks for a look again', () => {
    const group = (...members: string[]) => ({ ...silence('g'), kind: 'gateway-silence' as const, members });
    register.hold(group('a', 'b'), at(0));
    register.hold(group('a', 'b', 'c'), at(1000));
    register.hold(group('a', 'b', 'c'), at(10_000));
    expect(kinds()).toEqual(['raised', 'updated']);
    act({ kind: 'acknowledge', id: 'A000001' }, 11_000);
    register.hold(group('a', 'b'), at(12_000));
    expect(only()).toMatchObject({ state: 'acknowledged', members: ['a', 'b', 'c'] });
    register.hold(group('a', 'b', 'c', 'd'), at(13_000));
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
    register.hold(hazard('warning'), at(0));
    rejected('SHELVE_LIMIT', () => act(shelve(8.01), 0));
    rejected('SHELVE_LIMIT', () => act(shelve(0), 0));
    rejected('SHELVE_LIMIT', () => act(shelve(Number.NaN), 0));
    rejected('REASON_REQUIRED', () => act({ ...shelve(8), reason: '' } as AlarmAction, 0));
    act({ kind: 'acknowledge', id: 'A000001' }, 0);
    act(shelve(8), 0);
    expect(only().suppression).toMatchObject({ kind: 'shelved', byName: 'Ada', untilMs: at(8 * HOUR_MS) });
    rejected('ALARM_STATE', () => act(shelve(8), HOUR_MS));
    register.tick(at(8 * HOUR_MS - 1));
    expect(only()).toMatchObject({ state: 'acknowledged', suppression: { kind: 'shelved' } });
    register.tick(at(8 * HOUR_MS));
    expect(only()).toMatchObject({ state: 'unacknowledged', suppression: null });
    expect(register.drain().at(-1)).toMatchObject({ kind: 'unshelved', byName: 'emberwatch' });
  });

  it('is never for an emergency, and one breaks it', () => {
    register.hold(hazard('warning'), at(0));
    act(shelve(8), 0);
    register.hold(hazard('critical'), at(1000));
    expect(kinds()).toEqual(['raised', 'shelved', 'unshelved', 'escalated']);
    expect(only()).toMatchObject({ suppression: null, priority: 1 });
    rejected('SHELVE_LIMIT', () => act(shelve(1), 2000));
    const out: AlarmAction = { kind: 'out-of-service', id: 'A000001', untilMs: at(DAY_MS), reason: 'x' };
    rejected('OUT_OF_SERVICE_LIMIT', () => act(out, 2000));
    register.hold(hazard('advisory'), at(3000));
    rejected('SHELVE_LIMIT', () => act(shelve(1), 3000));
  });

  it('out of service holds for the condition, over its alarms and restarts, until it is put back or ends', () => {
    const out = (days: number): AlarmAction => ({
      kind: 'out-of-service',
      id: 'A000001',
      untilMs: at(days * DAY_MS),
      reason: 'module removed',
    });
    register.hold(silence(), at(0));
    rejected('OUT_OF_SERVICE_LIMIT', () => act(out(30.1), 0));
    act(out(30), 0);
    act({ kind: 'acknowledge', id: 'A000001' }, 0);
    goneFor(1000);
    expect(register.open()).toEqual([]);
    register.hold(silence(), at(DAY_MS));
    expect(only()).toMatchObject({ id: 'A000002', suppression: { kind: 'out-of-service' } });
    register = new AlarmRegister(JSON.parse(JSON.stringify(register.toState())));
    act({ kind: 'in-service', id: 'A000002', reason: 'new module' }, 2 * DAY_MS);
    expect(only()).toMatchObject({ state: 'unacknowledged', suppression: null });
    rejected('ALARM_STATE', () => act({ kind: 'in-service', id: 'A000002', reason: 'x' }, 2 * DAY_MS));
    rejected('UNKNOWN_ALARM', () => act({ kind: 'in-service', id: 'A000009', reason: 'x' }, 2 * DAY_MS));
  });

  it('out of service without an open alarm is put back by the alarm that it was taken out by', () => {
    register.hold(silence(), at(0));
    act({ kind: 'out-of-service', id: 'A000001', untilMs: at(DAY_MS), reason: 'module removed' }, 0);
    act({ kind: 'acknowledge', id: 'A000001' }, 0);
    goneFor(1000);
    expect(act({ kind: 'in-service', id: 'A000001', reason: 'new module' }, HOUR_MS)).toBeNull();
    expect(register.suppressions().outOfServices).toEqual([]);
  });

  it('by maintenance leaves modules watched, hides no emergency, and ends with everything to be seen anew', () => {
    const maintain = (hours: number) =>
      register.startMaintenance(
        { scope: { kind: 'rack', id: 'RackA1' }, untilMs: at(hours * HOUR_MS), reason: 'pump exchanged' },
        'Ada',
        at(0),
      );
    rejected('MAINTENANCE_LIMIT', () => maintain(24.1));
    register.hold(silence('RackA1_Module02'), at(0));
    const { id } = maintain(4);
    register.hold(hazard('warning'), at(1000));
    register.hold(hazard('critical', 'RackA1_Module03'), at(1000));
    register.hold(silence('RackB1_Module01'), at(1000));
    const hidden = () =>
      register.open().map(({ source, suppression }) => [source, suppression?.kind ?? null]);
    expect(hidden()).toEqual([
      ['RackA1_Module02', 'maintenance'],
      ['RackA1_Module01', 'maintenance'],
      ['RackA1_Module03', null],
      ['RackB1_Module01', null],
    ]);
    for (const alarm of register.open()) act({ kind: 'acknowledge', id: alarm.id }, 2000);
    register.hold(hazard('critical'), at(3000));
    expect(register.open()[1]).toMatchObject({ suppression: null, state: 'unacknowledged' });
    register.drain();
    expect(register.tick(at(4 * HOUR_MS))).toMatchObject([{ id }]);
    expect(register.drain()).toMatchObject([
      { kind: 'maintenance-ended', alarm: { source: 'RackA1_Module02' } },
    ]);
    expect(register.open().map(({ state }) => state)).toEqual([
      'unacknowledged',
      'unacknowledged',
      'acknowledged',
      'acknowledged',
    ]);
    rejected('NOT_FOUND', () => register.endMaintenance(id, 'Ada', at(4 * HOUR_MS)));
  });

  it('is over at its end, also where nobody looks at the clock', () => {
    register.startMaintenance(
      { scope: { kind: 'site' }, untilMs: at(HOUR_MS), reason: 'inspection' },
      'Ada',
      at(0),
    );
    register.hold(hazard('warning'), at(HOUR_MS - 1));
    register.hold(hazard('warning', 'RackB1_Module01'), at(HOUR_MS));
    expect(register.open().map(({ suppression }) => suppression?.kind)).toEqual(['maintenance', undefined]);
  });

  it('by maintenance of the site does not excuse a service that fails', () => {
    const site = { scope: { kind: 'site' as const }, untilMs: at(HOUR_MS), reason: 'inspection' };
    const { id } = register.startMaintenance(site, 'Ada', at(0));
    register.hold({ ...silence('site'), kind: 'storage', priority: 2 }, at(0));
    register.hold(silence(), at(0));
    expect(register.open().map(({ suppression }) => suppression?.kind)).toEqual([undefined, 'maintenance']);
    register.endMaintenance(id, 'Bob', at(1000));
    expect(register.drain().at(-1)).toMatchObject({ kind: 'maintenance-ended', byName: 'Bob' });
  });
});

describe('the clock', () => {
  it.each([
    ['shelving', 8],
    ['maintenance', 24],
  ] as const)('set back does not lengthen %s, set forward ends it', (what, hours) => {
    register.hold(hazard('warning'), at(0));
    const untilMs = at(hours * HOUR_MS);
    if (what === 'shelving') act({ kind: 'shelve', id: 'A000001', untilMs, reason: 'x' }, 0);
    else register.startMaintenance({ scope: { kind: 'site' }, untilMs, reason: 'x' }, 'Ada', at(0));
    register.tick(at(HOUR_MS));
    // A year back: what remained still remains.
    const back = -365 * DAY_MS;
    register.tick(at(back));
    expect(only().suppression!.untilMs).toBe(at(back + (hours - 1) * HOUR_MS));
    register.tick(at(back + (hours - 1) * HOUR_MS));
    expect(only().suppression).toBeNull();
    if (what === 'shelving') {
      const again = at(back + (2 * hours - 1) * HOUR_MS);
      act({ kind: 'shelve', id: 'A000001', untilMs: again, reason: 'x' }, back + (hours - 1) * HOUR_MS);
      register.tick(at(0));
      expect(only().suppression).toBeNull();
    }
  });

  it('set back while the service was down is found by the latest instant that is known', () => {
    register.hold(hazard('warning'), at(0));
    act({ kind: 'shelve', id: 'A000001', untilMs: at(8 * HOUR_MS), reason: 'x' }, 0);
    register.tick(at(7 * HOUR_MS));
    const { lastNumber, seenMs } = register.toState();
    register = new AlarmRegister(
      registerStateOf(register.open(), lastNumber, register.suppressions(), seenMs),
    );
    register.tick(at(0));
    expect(only().suppression!.untilMs).toBe(at(HOUR_MS));
  });

  it('that a time server nudges changes nothing', () => {
    register.hold(hazard('warning'), at(0));
    act({ kind: 'shelve', id: 'A000001', untilMs: at(HOUR_MS), reason: 'x' }, 0);
    register.drain();
    register.tick(at(5000));
    register.tick(at(4990));
    expect(register.drain()).toEqual([]);
  });
});

describe('a restart', () => {
  it('takes the alarm of a gateway called site for what it is', () => {
    const members = ['m1', 'm2'];
    for (const kind of ['gateway-silence', 'unjudged'] as const)
      register.hold({ ...silence('site'), kind, gatewayId: 'site', members }, at(0));
    register = new AlarmRegister(registerStateOf(register.open(), 2, register.suppressions(), at(0)));
    expect(Array.from(register.active(), ({ kind, source }) => `${kind} ${source}`)).toEqual([
      'gateway-silence site',
      'unjudged site',
    ]);
  });
});

describe('limits', () => {
  it('more alarms than the list holds are one alarm for each kind, and get their own once there is room', () => {
    for (let i = 0; i < MAX_OPEN_ALARMS + 50; i++) register.hold(silence(`m${i}`), at(0));
    register.hold(hazard('critical', 'm0'), at(0));
    register.hold(hazard('advisory', 'm1'), at(0));
    register.hold(hazard('warning', 'm2'), at(0));
    register.drain();
    expect(register.open()).toHaveLength(MAX_OPEN_ALARMS + 3);
    const groups = () => register.open().filter(({ source }) => source === 'site');
    expect(groups().map(({ kind, members, priority }) => [kind, members.length, priority])).toEqual([
      ['silence', 50, 4],
      ['hazard', 2, 2],
    ]);
    expect(register.open().find(({ priority }) => priority === 1)).toMatchObject({ source: 'm0' });
    // A grouped warning that becomes an emergency gets its own.
    register.hold(hazard('critical', 'm2'), at(1000));
    register.tick(at(1000));
    expect(groups()[1]).toMatchObject({ members: ['m1'], priority: 3 });
    for (const { id } of register.open().slice(0, 60)) act({ kind: 'acknowledge', id }, 2000);
    for (let i = 0; i < 60; i++) register.release('silence', `m${i}`, at(3000));
    register.tick(at(3000 + MIN_MS));
    for (let i = 60; i < MAX_OPEN_ALARMS + 50; i++) register.hold(silence(`m${i}`), at(4000 + MIN_MS));
    register.tick(at(4000 + MIN_MS));
    register.tick(at(4000 + 2 * MIN_MS));
    expect(register.find('silence', 'site')?.state).toBe('returned');
    expect(register.find('silence', `m${MAX_OPEN_ALARMS + 49}`)?.state).toBe('unacknowledged');
  });

  it('comments and reasons are bounded and refused with place and length', () => {
    register.hold(silence(), at(0));
    const comment = (text: string): AlarmAction => ({ kind: 'comment', id: 'A000001', text });
    rejected('REASON_REQUIRED', () => act(comment(' '), 0));
    rejected('INVALID_REQUEST', () => act(comment('x'.repeat(2001)), 0));
    expect(() => act(comment('x'.repeat(2001)), 0)).toThrow('text: 2001 characters; at most 2000');
    for (let i = 0; i < 100; i++) act(comment(`${i}`), 0);
    rejected('COMMENT_LIMIT', () => act(comment('one more'), 0));
    rejected('UNKNOWN_ALARM', () => act({ kind: 'comment', id: 'A000002', text: 'x' }, 0));
    rejected('PERSON_REQUIRED', () => act(comment('x'), 0, ' '));
  });
});
