/** Which transition is told where, and together with what. Pure but for the open groups. */

import type { Transition, TransitionKind } from '../alarms/alarm.ts';
import { ServiceError } from '../errors.ts';
import type { AlarmKind, AlarmRecord } from '../records.ts';
import type { NotifySettings } from './settings.ts';

/** What begins, grows, comes back, ends, or is heard again. */
const DEFAULT_EVENTS: readonly TransitionKind[] = [
  'raised',
  'escalated',
  'renewed',
  'returned',
  'unshelved',
  'in-service',
  'maintenance-ended',
];
/** After these an alarm that nobody has acknowledged begins to climb. */
const ARMING: readonly TransitionKind[] = [
  'raised',
  'escalated',
  'renewed',
  'unshelved',
  'in-service',
  'maintenance-ended',
];
/** Of these alarms somebody has taken care: they climb no further. */
const HANDLED: readonly TransitionKind[] = ['acknowledged', 'reset', 'closed'];
const SUPPRESSING: readonly TransitionKind[] = ['shelved', 'out-of-service', 'maintenance'];
const HEARD_AGAIN: readonly TransitionKind[] = ['unshelved', 'in-service', 'maintenance-ended'];

const LOWEST_CLIMBING_PRIORITY = 2;

export interface Target {
  readonly channel: string;
  /** 0, or the step of escalation, from 1. */
  readonly step: number;
  readonly delayMs: number;
}

/** @throws ServiceError `INVALID_SETTINGS` where a channel is named that is none */
export function checkRoutes({ channels, routes, escalation = [] }: NotifySettings): void {
  const check = (names: readonly string[], place: string): void => {
    for (const name of names)
      if (!Object.hasOwn(channels, name))
        throw new ServiceError('INVALID_SETTINGS', `${place}: "${name}" is none of notify.channels.`);
  };
  routes.forEach((route, i) => {
    check(route.channels, `notify.routes[${i}].channels`);
  });
  escalation.forEach((step, i) => {
    check(step.channels, `notify.escalation[${i}].channels`);
  });
}

/** Priority 1 is told whatever is suppressed: a shelved room can burn. */
const isQuiet = ({ suppression, priority }: AlarmRecord): boolean => suppression !== null && priority !== 1;

const isOver = ({ state }: AlarmRecord): boolean =>
  state === 'returned' || state === 'latched' || state === 'closed';

/** Without a word of its own channel's failure: it could not deliver that either. */
const isOwnFailure = ({ kind, source }: AlarmRecord, channel: string): boolean =>
  kind === 'notification' && source === channel;

/** Gas is a hazard that is told by air space: who is told of hazards is told of it. */
const isOfKinds = (kind: AlarmKind, kinds: readonly AlarmKind[]): boolean =>
  kinds.includes(kind) || (kind === 'gas' && kinds.includes('hazard'));

export function targetsOf(settings: NotifySettings, { kind, alarm }: Transition): Target[] {
  if (isQuiet(alarm)) return [];
  // That it may be heard again is news only while there is something to hear.
  if (HEARD_AGAIN.includes(kind) && isOver(alarm)) return [];
  // Of what is over the gravest counts: who was told that it began is told that it ended.
  const priority = isOver(alarm) ? alarm.highestPriority : alarm.priority;
  const names = new Set<string>();
  for (const route of settings.routes) {
    if (!(route.events ?? DEFAULT_EVENTS).includes(kind)) continue;
    if (route.priorities && !route.priorities.includes(priority)) continue;
    if (route.kinds && !isOfKinds(alarm.kind, route.kinds)) continue;
    for (const name of route.channels) if (!isOwnFailure(alarm, name)) names.add(name);
  }
  return [...names].map((channel) => ({ channel, step: 0, delayMs: 0 }));
}

export const isClimbing = ({ kind, alarm }: Transition): boolean =>
  ARMING.includes(kind) &&
  alarm.state === 'unacknowledged' &&
  alarm.priority <= LOWEST_CLIMBING_PRIORITY &&
  !isQuiet(alarm);

export const stopsClimbing = ({ kind, alarm }: Transition): boolean =>
  HANDLED.includes(kind) || (SUPPRESSING.includes(kind) && isQuiet(alarm));

export const stepsOf = ({ escalation = [] }: NotifySettings, alarm: AlarmRecord): Target[] =>
  escalation.flatMap(({ afterMin, channels }, i) =>
    [...new Set(channels)]
      .filter((channel) => !isOwnFailure(alarm, channel))
      .map((channel) => ({ channel, step: i + 1, delayMs: afterMin * 60_000 })),
  );

const DEFAULT_GROUP_S = 10;
/** What a priority 1 may wait for others. */
const URGENT_MS = 500;
export const MAX_ITEMS_PER_NOTICE = 50;

interface OpenGroup {
  readonly id: string;
  dueMs: number;
  count: number;
}

/**
 * The first notice after a quiet time goes at once; what follows within the time of grouping goes together. Groups are
 * made before they are stored, so that a restart tells the same ones again.
 */
export class Groups {
  private readonly spanMs: number;
  private readonly last = new Map<string, OpenGroup>();

  constructor(groupS: number = DEFAULT_GROUP_S) {
    this.spanMs = groupS * 1000;
  }

  /** Group and wall time of an item that comes in now; `key` of the item names a new group. */
  join(target: Target, key: string, nowMs: number, isUrgent: boolean): { group: string; dueMs: number } {
    const queue = `${target.channel}\u0000${target.step}`;
    const atMs = nowMs + target.delayMs;
    let group = this.last.get(queue);
    if (!group || group.count >= MAX_ITEMS_PER_NOTICE || !this.isOpen(group, atMs)) {
      group = { id: key, dueMs: this.dueAfter(group, atMs), count: 0 };
      this.last.set(queue, group);
    }
    group.count++;
    if (isUrgent) group.dueMs = Math.min(group.dueMs, atMs + URGENT_MS);
    return { group: group.id, dueMs: group.dueMs };
  }

  /** A clock that was set back must not hold anything for longer. */
  private isOpen({ dueMs }: OpenGroup, atMs: number): boolean {
    return atMs <= dueMs && dueMs <= atMs + this.spanMs;
  }

  private dueAfter(last: OpenGroup | undefined, atMs: number): number {
    if (!last || Math.abs(atMs - last.dueMs) >= this.spanMs) return atMs;
    return this.isOpen(last, atMs) ? last.dueMs : last.dueMs + this.spanMs;
  }
}
