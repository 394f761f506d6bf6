import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALARM_KINDS, type Transition } from '../../src/alarms/alarm.ts';
import { ServiceError } from '../../src/errors.ts';
import { GIVE_UP_AFTER_MS, MAX_WAITING_ROWS, retryDelayMs } from '../../src/notify/channel-queue.ts';
import type { Channel } from '../../src/notify/channels.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { targetsOf } from '../../src/notify/routing.ts';
import type { NotifySettings } from '../../src/notify/settings.ts';
import { type OutboxRow, PRIORITIES } from '../../src/records.ts';
import { alarmOf, START_MS, transitionOf } from './alarms.ts';
import { VirtualTime } from './virtual-time.ts';

/** Where each notice of a channel arrived, and whether it takes any. */
class Receiver implements Channel {
  readonly name: string;
  readonly notices: Notice[] = [];
  readonly timesMs: number[] = [];
  isBroken = false;
  attempts = 0;
  /** Set: a notice is under way until this is called. */
  hold: Promise<void> | null = null;
  private readonly time: VirtualTime;

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.time = time;
  }

  async send(notice: Notice): Promise<void> {
    this.attempts++;
    if (this.isBroken) throw new ServiceError('NOT_DELIVERED', `${this.name} is broken.`);
    await this.hold;
    this.notices.push(notice);
    this.timesMs.push(this.time.now());
  }

  get keys(): string[] {
    return this.notices.flatMap(({ items }) => items.map(({ key }) => key));
  }
}

class Outbox {
  readonly rows = new Map<string, OutboxRow>();
  isFull = false;

  commit(rows: readonly OutboxRow[]): void {
    for (const row of rows) this.rows.set(`${row.id}/${row.channel}`, row);
  }

  get waiting(): OutboxRow[] {
    return [...this.rows.values()].filter(({ state }) => state === 'waiting');
  }
}

const SILENT = { info() {}, warn() {}, error() {} };

const SETTINGS: NotifySettings = {
  channels: {},
  routes: [{ channels: ['shift'] }, { channels: ['page'], priorities: [1, 2], kinds: ['hazard'] }],
  escalation: [
    { afterMin: 5, channels: ['chief'] },
    { afterMin: 15, channels: ['chief', 'owner'] },
  ],
};

function stage(settings: NotifySettings = SETTINGS, parts: { outbox?: Outbox; time?: VirtualTime } = {}) {
  const time = parts.time ?? new VirtualTime(START_MS);
  const outbox = parts.outbox ?? new Outbox();
  const names = ['shift', 'page', 'chief', 'owner'] as const;
  const receivers = Object.fromEntries(names.map((name) => [name, new Receiver(name, time)])) as Record<
    (typeof names)[number],
    Receiver
  >;
  const troubles: [string, string | null][] = [];
  const channels = Object.fromEntries(names.map((name) => [name, { kind: 'mqtt' as const, topic: name }]));
  const notifier = new Notifier({
    settings: { ...settings, channels },
    siteName: 'Warehouse',
    channels: Object.values(receivers),
    timers: time,
    save: async (rows) => {
      if (outbox.isFull) throw new ServiceError('INTERNAL');
      outbox.commit(rows);
    },
    onTrouble: (channel, why) => troubles.push([channel, why]),
    log: SILENT as never,
  });
  const happen = (...transitions: readonly Transition[]): void => {
    const rows = notifier.rowsFor(transitions);
    outbox.commit(rows);
    notifier.take(rows);
  };
  return { time, outbox, notifier, happen, troubles, ...receivers };
}

describe('who is told', () => {
  const reported = (transition: Transition): string[] =>
    targetsOf(SETTINGS, transition).map(({ channel }) => channel);

  it.each([
    ['a warning: both', transitionOf('raised'), ['shift', 'page']],
    ['low priority: the shift only', transitionOf('raised', { priority: 3 }), ['shift']],
    ['trouble is no hazard', transitionOf('raised', { kind: 'silence', priority: 2 }), ['shift']],
    ['a comment: nobody', transitionOf('commented'), []],
    ['easing: nobody', transitionOf('eased'), []],
    [
      'who heard of the beginning hears of the end',
      transitionOf('returned', { priority: 3, highestPriority: 1, state: 'returned' }),
      ['shift', 'page'],
    ],
    ['shelved is quiet', transitionOf('renewed', { suppression: { kind: 'shelved' } as never }), []],
    [
      'priority 1 is never quiet',
      transitionOf('escalated', { priority: 1, suppression: { kind: 'maintenance' } as never }),
      ['shift', 'page'],
    ],
    [
      'end of maintenance with the condition gone',
      transitionOf('maintenance-ended', { state: 'returned' }),
      [],
    ],
    ['end of maintenance in alarm', transitionOf('maintenance-ended'), ['shift', 'page']],
    [
      'the failure of a channel does not go through it',
      transitionOf('raised', { kind: 'notification', source: 'shift', priority: 4 }),
      [],
    ],
  ] as const)('%s', (_, transition, channels) => {
    expect(reported(transition)).toEqual(channels);
  });

  it('a route to a channel that is none stops the start, with its place', () => {
    expect(() => stage({ ...SETTINGS, routes: [{ channels: ['pager'] }] })).toThrow(
      /notify\.routes\[0\]\.channels: "pager"/,
    );
  });
});

describe('grouping', () => {
  it('the first goes at once, what follows goes together', async () => {
    const { happen, shift, time } = stage();
    happen(transitionOf('raised', { id: 'A1', priority: 3 }));
    await time.pass(0);
    expect(shift.keys).toHaveLength(1);
    for (let i = 2; i <= 9; i++) {
      await time.pass(500);
      happen(transitionOf('raised', { id: `A${i}`, priority: 3 }));
    }
    await time.pass(60_000);
    expect(shift.notices.map(({ items }) => items.length)).toEqual([1, 8]);
    expect(shift.timesMs[1]! - shift.timesMs[0]!).toBe(10_000);
  });

  it('64 modules of one commit are one notice of each 50', async () => {
    const { happen, shift, time } = stage();
    happen(...Array.from({ length: 64 }, (_, i) => transitionOf('raised', { id: `A${i}`, priority: 3 })));
    await time.pass(0);
    expect(shift.notices.map(({ items }) => items.length)).toEqual([50, 14]);
  });

  it('priority 1 waits half a second at most, and stands on top', async () => {
    const { happen, shift, time } = stage();
    happen(transitionOf('raised', { id: 'A1', priority: 3 }));
    await time.pass(1000);
    happen(transitionOf('raised', { id: 'A2', priority: 3 }));
    happen(transitionOf('raised', { id: 'A3', priority: 1 }));
    await time.pass(500);
    expect(shift.notices[1]!.items.map(({ alarm }) => alarm.id)).toEqual(['A3', 'A2']);
  });

  it('a wall clock that is set back delays nothing', async () => {
    const { happen, shift, time } = stage();
    happen(transitionOf('raised', { id: 'A1', priority: 3 }));
    await time.pass(2000);
    happen(transitionOf('raised', { id: 'A2', priority: 3 }));
    time.leap(-3_600_000);
    happen(transitionOf('raised', { id: 'A3', priority: 3 }));
    await time.pass(10_000);
    expect(shift.keys).toHaveLength(3);
  });
});

describe('attempts', () => {
  it('keep their content: what comes while a notice is under way goes in the next', async () => {
    const { happen, shift, outbox, time } = stage();
    let release = (): void => {};
    shift.hold = new Promise((resolve) => (release = resolve));
    happen(transitionOf('raised', { id: 'A1', priority: 3 }));
    await time.pass(0);
    happen(transitionOf('raised', { id: 'A2', priority: 3 }));
    release();
    await time.pass(20_000);
    expect(shift.notices.map(({ items }) => items.map(({ alarm }) => alarm.id))).toEqual([['A1'], ['A2']]);
    expect(outbox.waiting).toEqual([]);
  });

  it('grow apart up to a minute, end after a quarter of an hour, and are told as trouble', async () => {
    const { happen, shift, page, troubles, time, outbox } = stage();
    shift.isBroken = true;
    happen(transitionOf('raised', { priority: 3 }));
    await time.pass(60_000);
    expect(shift.attempts).toBeGreaterThanOrEqual(6);
    expect(troubles).toEqual([]);
    await time.pass(GIVE_UP_AFTER_MS);
    expect(troubles).toEqual([['shift', 'shift is broken.']]);
    expect(shift.attempts).toBeLessThan(30);
    expect([...outbox.rows.values()]).toMatchObject([{ state: 'given-up', lastError: 'shift is broken.' }]);
    shift.isBroken = false;
    happen(transitionOf('raised', { id: 'A2' }));
    await time.pass(60_000);
    expect(troubles.at(-1)).toEqual(['shift', null]);
    expect(page.keys).toHaveLength(1);
  });

  it('wait by key: no two channels come back at the same instant', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (key, attempt) => {
        const full = Math.min(60_000, 1000 * 2 ** (attempt - 1));
        const delayMs = retryDelayMs(key, attempt);
        return delayMs > 0.8 * full - 1 && delayMs <= full && delayMs === retryDelayMs(key, attempt);
      }),
    );
    expect(retryDelayMs('a', 5)).not.toBe(retryDelayMs('b', 5));
  });

  it('a channel that fails keeps no other waiting, and the gravest goes first when it is back', async () => {
    const { happen, shift, page, time } = stage();
    shift.isBroken = true;
    happen(transitionOf('raised', { id: 'A1', priority: 4 }));
    await time.pass(20_000);
    happen(transitionOf('raised', { id: 'A2', priority: 1 }));
    await time.pass(20_000);
    expect(page.keys).toHaveLength(1);
    shift.isBroken = false;
    await time.pass(61_000);
    expect(shift.keys).toHaveLength(2);
  });

  it('a flood into a dead channel is bounded, and what is dropped is the least urgent and is told', async () => {
    const { happen, shift, notifier, troubles, time, outbox } = stage();
    shift.isBroken = true;
    happen(transitionOf('raised', { id: 'FIRE', priority: 1 }));
    for (let i = 0; i < MAX_WAITING_ROWS + 500; i++)
      happen(transitionOf('raised', { id: `B${i}`, kind: 'silence', priority: 4 }));
    expect(notifier.metrics()[0]!.waitingRows).toBeLessThanOrEqual(MAX_WAITING_ROWS);
    expect(troubles.length).toBeGreaterThan(0);
    shift.isBroken = false;
    await time.pass(60_000);
    expect(shift.keys.some((key) => key.startsWith('FIRE'))).toBe(true);
    const states = [...outbox.rows.values()].filter(({ channel }) => channel === 'shift');
    expect(states.filter(({ state }) => state === 'given-up').length).toBeGreaterThanOrEqual(500);
    expect(outbox.waiting.filter(({ channel }) => channel === 'shift')).toEqual([]);
  });
});

describe('escalation', () => {
  it('climbs step by step while nobody acknowledges', async () => {
    const { happen, chief, owner, time } = stage();
    happen(transitionOf('raised'));
    await time.pass(5 * 60_000 - 1);
    expect(chief.keys).toEqual([]);
    await time.pass(1);
    expect(chief.notices[0]!.items[0]).toMatchObject({ event: 'unacknowledged', step: 1 });
    expect(owner.keys).toEqual([]);
    await time.pass(10 * 60_000);
    expect(owner.keys).toHaveLength(1);
    expect(chief.keys).toHaveLength(2);
  });

  it.each(['acknowledged', 'shelved', 'closed'] as const)(
    '%s ends it, on disk in the same commit',
    async (kind) => {
      const { happen, chief, owner, outbox, time } = stage();
      happen(transitionOf('raised'));
      await time.pass(60_000);
      const suppression = kind === 'shelved' ? ({ kind: 'shelved' } as never) : null;
      happen(transitionOf(kind, { state: 'acknowledged', suppression }, { byName: 'Ada' }));
      expect(outbox.waiting).toEqual([]);
      await time.pass(3_600_000);
      expect([...chief.keys, ...owner.keys]).toEqual([]);
      expect([...outbox.rows.values()].filter(({ id }) => id.includes('step'))).toHaveLength(3);
    },
  );

  it('shelving does not silence priority 1', async () => {
    const { happen, chief, time } = stage();
    happen(transitionOf('raised', { priority: 1 }));
    happen(transitionOf('maintenance', { priority: 1, suppression: { kind: 'maintenance' } as never }));
    await time.pass(5 * 60_000);
    expect(chief.keys).toHaveLength(1);
  });

  it('is not begun anew by an alarm that grows, nor for low priorities', async () => {
    const { happen, chief, time } = stage();
    happen(transitionOf('raised', { id: 'LOW', priority: 3 }), transitionOf('raised'));
    await time.pass(4 * 60_000);
    happen(transitionOf('escalated', { priority: 1 }));
    await time.pass(60_000);
    expect(chief.keys).toHaveLength(1);
  });

  it('does not wait for a channel that gave up', async () => {
    const { happen, shift, page, chief, time } = stage({
      ...SETTINGS,
      escalation: [{ afterMin: 600, channels: ['chief'] }],
    });
    shift.isBroken = page.isBroken = true;
    happen(transitionOf('raised'));
    await time.pass(GIVE_UP_AFTER_MS + 61_000);
    expect(chief.keys).toHaveLength(1);
  });

  it('acknowledged and committed in one go with the alarm, it never begins', async () => {
    const { happen, chief, time } = stage();
    happen(transitionOf('raised'), transitionOf('acknowledged', { state: 'acknowledged' }));
    await time.pass(3_600_000);
    expect(chief.keys).toEqual([]);
  });

  it('a commit that failed is made again with the same rows', () => {
    const { notifier } = stage();
    const ids = (): string[] =>
      notifier.rowsFor([transitionOf('raised')]).map(({ id, channel }) => `${id} ${channel}`);
    expect(ids()).toEqual(ids());
  });
});

/** What the story may do between restarts. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('raise' as const), priority: fc.constantFrom(...PRIORITIES) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 120_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('break' as const), isBroken: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full' as const), isFull: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), isBeforeTake: fc.boolean() }) },
);

describe('at least once', () => {
  it('whatever is cut where, all that was committed and has a route arrives, with the same key each time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const outbox = new Outbox();
        const time = new VirtualTime(START_MS);
        const seen = new Map<string, Set<string>>();
        const arrived = new Set<string>();
        let scene = stage({ ...SETTINGS, escalation: [] }, { outbox, time });
        let count = 0;
        const expected: string[] = [];
        const collect = (): void => {
          for (const { key, items } of scene.shift.notices) {
            const content = JSON.stringify(items);
            seen.set(key, (seen.get(key) ?? new Set()).add(content));
            for (const item of items) arrived.add(item.key);
          }
        };
        const restart = (): void => {
          collect();
          const { isBroken } = scene.shift;
          // The old process is dead: what it still does reaches nobody.
          void scene.notifier.close();
          scene = stage({ ...SETTINGS, escalation: [] }, { outbox, time });
          scene.shift.isBroken = isBroken;
          scene.notifier.resume(outbox.waiting);
        };
        for (const one of steps) {
          if (one.kind === 'pass') await time.pass(one.ms);
          else if (one.kind === 'break') scene.shift.isBroken = one.isBroken;
          else if (one.kind === 'full') outbox.isFull = one.isFull;
          else if (one.kind === 'cut') {
            if (one.isBeforeTake) {
              const transition = transitionOf('raised', { id: `C${count++}` }, { atMs: time.now() });
              outbox.commit(scene.notifier.rowsFor([transition]));
              expected.push(`${transition.alarm.id}:raised:${transition.atMs}`);
            }
            restart();
          } else {
            const transition = transitionOf(
              'raised',
              { id: `A${count++}`, priority: one.priority },
              { atMs: time.now() },
            );
            scene.happen(transition);
            expected.push(`${transition.alarm.id}:raised:${transition.atMs}`);
          }
        }
        outbox.isFull = false;
        // A channel may give up after a quarter of an hour: this promise is about cuts.
        if (scene.troubles.length > 0) return;
        scene.shift.isBroken = false;
        restart();
        await time.pass(120_000);
        collect();
        const lost = [...outbox.rows.values()].filter(({ state }) => state === 'given-up');
        if (lost.length === 0) expect([...expected].filter((key) => !arrived.has(key))).toEqual([]);
        for (const contents of seen.values()) expect(contents.size).toBe(1);
        expect(outbox.waiting).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('what could not be marked as told is told again, with the key of before', async () => {
    const outbox = new Outbox();
    const time = new VirtualTime(START_MS);
    const first = stage(SETTINGS, { outbox, time });
    first.happen(
      transitionOf('raised', { id: 'A1', priority: 3 }),
      transitionOf('raised', { id: 'A2', priority: 3 }),
    );
    outbox.isFull = true;
    await time.pass(1000);
    const second = stage(SETTINGS, { outbox, time });
    outbox.isFull = false;
    second.notifier.resume(outbox.waiting);
    await time.pass(1000);
    expect(second.shift.notices.map(({ key }) => key)).toEqual(first.shift.notices.map(({ key }) => key));
    expect(outbox.waiting).toEqual([]);
  });

  it('a step of escalation outlives a restart, and so does its end', async () => {
    const outbox = new Outbox();
    const time = new VirtualTime(START_MS);
    stage(SETTINGS, { outbox, time }).happen(transitionOf('raised'), transitionOf('raised', { id: 'A2' }));
    await time.pass(60_000);
    const second = stage(SETTINGS, { outbox, time });
    second.notifier.resume(outbox.waiting);
    second.happen(transitionOf('acknowledged', { id: 'A2', state: 'acknowledged' }));
    await time.pass(4 * 60_000);
    expect(second.chief.keys).toEqual([`A000001:raised:${START_MS}:step1`]);
  });

  it('a channel that was taken out of the settings, or a row that is broken, ends in the log and not in a crash', async () => {
    const { notifier, outbox, time } = stage();
    const row = (change: Partial<OutboxRow>): OutboxRow => ({
      ...{
        id: 'x',
        channel: 'shift',
        createdMs: 0,
        body: '{}',
        state: 'waiting',
        attempts: 0,
        lastError: null,
      },
      ...change,
    });
    const broken = [row({ channel: 'gone' }), row({ id: 'y', body: 'null' }), row({ id: 'z', body: '{' })];
    outbox.commit(broken);
    notifier.resume(broken);
    await time.pass(0);
    expect(outbox.waiting).toEqual([]);
  });
});

it('every kind of alarm and priority gives a row of bounded size', () => {
  const { notifier } = stage();
  const long = 'x'.repeat(100_000);
  for (const kind of ALARM_KINDS)
    for (const priority of PRIORITIES) {
      const alarm = alarmOf({
        kind,
        priority,
        text: long,
        members: Array.from({ length: 5000 }, (_, i) => `m${i}`),
      });
      for (const row of notifier.rowsFor([{ ...transitionOf('raised'), alarm }]))
        expect(row.body.length).toBeLessThan(8000);
    }
});
