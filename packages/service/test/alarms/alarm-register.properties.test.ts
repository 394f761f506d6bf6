import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AlarmAction,
  MAX_MAINTENANCE_MS,
  MAX_OUT_OF_SERVICE_MS,
  MAX_SHELVED_MS,
} from '../../src/alarms/actions.ts';
import type { Transition, TransitionKind } from '../../src/alarms/alarm.ts';
import { AlarmRegister } from '../../src/alarms/alarm-register.ts';
import { ServiceError } from '../../src/errors.ts';
import type { AlarmRecord, AlarmState } from '../../src/records.ts';
import { DAY_MS, HOUR_MS, hazard, START_MS, silence } from './made.ts';

type Step =
  | { do: 'hold'; what: number; source: number }
  | { do: 'release'; isHazard: boolean; source: number }
  | { do: 'act'; kind: AlarmAction['kind']; number: number; forMs: number }
  | { do: 'maintain'; scope: number; forMs: number }
  | { do: 'end'; number: number }
  | { do: 'wait'; ms: number }
  | { do: 'leap'; ms: number }
  | { do: 'restart' };

const SOURCES = ['RackA1_Module01', 'RackA1_Module02', 'RackB1_Module01'];
const KINDS: AlarmAction['kind'][] = [
  'acknowledge',
  'comment',
  'shelve',
  'unshelve',
  'reset',
  'out-of-service',
  'in-service',
];

const source = fc.nat(SOURCES.length - 1);
const forMs = fc.constantFrom(-1, 1000, HOUR_MS, 8 * HOUR_MS, DAY_MS, 30 * DAY_MS, 31 * DAY_MS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('hold' as const), what: fc.nat(3), source }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('release' as const), isHazard: fc.boolean(), source }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      kind: fc.constantFrom(...KINDS),
      number: fc.nat(3),
      forMs,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('maintain' as const), scope: fc.nat(2), forMs }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('end' as const), number: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 1000, 61_000, HOUR_MS, 5 * HOUR_MS, 25 * HOUR_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('leap' as const),
      ms: fc.constantFrom(-30 * DAY_MS, -HOUR_MS, 3 * DAY_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

const conditionOf = (what: number, at: number, nowMs: number) => {
  const name = SOURCES[at]!;
  const made =
    what === 3 ? silence(name) : hazard((['advisory', 'warning', 'critical'] as const)[what]!, name);
  return { ...made, dataMs: nowMs };
};

const actionOf = (kind: AlarmAction['kind'], id: string, untilMs: number): AlarmAction => {
  if (kind === 'acknowledge') return { kind, id };
  if (kind === 'comment') return { kind, id, text: 'seen' };
  if (kind === 'shelve' || kind === 'out-of-service') return { kind, id, untilMs, reason: 'work' };
  return { kind, id, reason: 'work' };
};

/** One life of a book, with everything that it said. */
class Life {
  register = new AlarmRegister();
  nowMs = START_MS;
  readonly reported: Transition[] = [];
  readonly restarts: boolean;

  constructor(restarts: boolean) {
    this.restarts = restarts;
  }

  take(one: Step): void {
    try {
      this.attempt(one);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
    this.register.tick(this.nowMs);
    this.reported.push(...this.register.drain());
  }

  private attempt(one: Step): void {
    const { register, nowMs } = this;
    if (one.do === 'hold') register.hold(conditionOf(one.what, one.source, nowMs), nowMs);
    else if (one.do === 'release')
      register.release(one.isHazard ? 'hazard' : 'silence', SOURCES[one.source]!, nowMs);
    else if (one.do === 'act') {
      // Also alarms that are closed by now.
      const id = register.open()[one.number]?.id ?? 'A000001';
      register.act(actionOf(one.kind, id, nowMs + one.forMs), 'Ada', nowMs);
    } else if (one.do === 'maintain') {
      const scope = [
        { kind: 'site' as const },
        { kind: 'rack' as const, id: 'RackA1' },
        { kind: 'module' as const, id: SOURCES[0]! },
      ][one.scope]!;
      register.startMaintenance({ scope, untilMs: nowMs + one.forMs, reason: 'work' }, 'Ada', nowMs);
    } else if (one.do === 'end') register.endMaintenance(`M00000${one.number}`, 'Ada', nowMs);
    else if (one.do !== 'restart') this.nowMs += one.ms;
    else if (this.restarts) this.register = new AlarmRegister(JSON.parse(JSON.stringify(register.toState())));
  }
}

/** From a state (none: `raised`) the transition may lead only there. */
const EDGES: Partial<Record<TransitionKind, readonly [readonly AlarmState[], readonly AlarmState[]]>> = {
  escalated: [['unacknowledged', 'acknowledged'], ['unacknowledged']],
  renewed: [['returned', 'latched'], ['unacknowledged']],
  eased: [
    ['unacknowledged', 'acknowledged'],
    ['unacknowledged', 'acknowledged'],
  ],
  acknowledged: [
    ['unacknowledged', 'returned'],
    ['acknowledged', 'latched', 'closed'],
  ],
  returned: [
    ['unacknowledged', 'acknowledged'],
    ['returned', 'latched', 'closed'],
  ],
  reset: [['latched'], ['closed']],
  closed: [['returned', 'closed'], ['closed']],
};

const byId = (reported: readonly Transition[]): Map<string, Transition[]> => {
  const lives = new Map<string, Transition[]>();
  for (const one of reported) lives.set(one.alarm.id, [...(lives.get(one.alarm.id) ?? []), one]);
  return lives;
};

const LIMITS = {
  shelved: MAX_SHELVED_MS,
  'out-of-service': MAX_OUT_OF_SERVICE_MS,
  maintenance: MAX_MAINTENANCE_MS,
};

function mustHold(life: Life): void {
  const open = life.register.open();
  const conditions = open.map(({ kind, source }) => `${kind} ${source}`);
  expect(new Set(conditions).size).toBe(conditions.length);
  for (const alarm of open) {
    if (alarm.highestPriority === 1) expect(alarm.suppression).toBeNull();
    if (!alarm.suppression) continue;
    const leftMs = alarm.suppression.untilMs - life.nowMs;
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(LIMITS[alarm.suppression.kind]);
  }
}

function mustHaveLived(reported: readonly Transition[]): void {
  let last = 0;
  for (const [id, life] of byId(reported)) {
    expect(life[0]!.kind).toBe('raised');
    expect(Number(id.slice(1))).toBe(++last);
    for (let i = 1; i < life.length; i++) {
      const { kind, alarm } = life[i]!;
      const before = life[i - 1]!.alarm.state;
      const edge = EDGES[kind];
      if (edge)
        expect([kind, edge[0].includes(before), edge[1].includes(alarm.state)]).toEqual([kind, true, true]);
      else
        expect([kind, alarm.state]).toEqual([
          kind,
          kind.match(/^un|in-|ended/) && before === 'acknowledged' ? alarm.state : before,
        ]);
    }
    const end = life.at(-1)!.alarm;
    if (end.state !== 'closed') continue;
    expect(life.filter(({ kind }) => kind === 'closed')).toHaveLength(1);
    if (end.highestPriority !== 1) continue;
    // Return and acknowledgement, in any order, after the last rise; then a person.
    const rose = life.findLastIndex(
      ({ kind }) => kind === 'raised' || kind === 'escalated' || kind === 'renewed',
    );
    const after = life.slice(rose).map(({ kind }) => kind);
    expect(after).toEqual(expect.arrayContaining(['returned', 'acknowledged', 'reset']));
    expect(life.find(({ kind }) => kind === 'reset')).toMatchObject({ byName: 'Ada', reason: 'work' });
  }
}

const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });

describe('whatever happens', () => {
  it('one alarm of a condition is open, no emergency is hidden, nothing is hidden beyond its limit', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const life = new Life(true);
        for (const one of all) {
          life.take(one);
          mustHold(life);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('states go along allowed edges, and an emergency ends by return, acknowledgement and a person', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const life = new Life(true);
        for (const one of all) life.take(one);
        mustHaveLived(life.reported);
      }),
      { numRuns: 300 },
    );
  });

  it('what is open is the last that was told of each', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const life = new Life(false);
        for (const one of all) life.take(one);
        const last = new Map<string, AlarmRecord>();
        for (const { alarm } of life.reported) last.set(alarm.id, alarm);
        const open = [...last.values()].filter(({ state }) => state !== 'closed');
        const byNumber = (a: AlarmRecord, b: AlarmRecord): number => (a.id < b.id ? -1 : 1);
        expect(life.register.open().sort(byNumber)).toEqual(open.sort(byNumber));
      }),
      { numRuns: 300 },
    );
  });

  it('a book that is saved and loaded goes on as if nothing had been', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const [through, restarted] = [new Life(false), new Life(true)];
        for (const one of all) {
          through.take(one);
          restarted.take(one);
        }
        expect(restarted.reported).toEqual(through.reported);
        expect(restarted.register.toState()).toEqual(through.register.toState());
      }),
      { numRuns: 300 },
    );
  });
});
