/** What may be done to an alarm, by whom and for how long; the limits are those of the service. */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN } from '@emberwatch/engine/units';
import { mayDo } from '../session/role.ts';
import type { AlarmRecord, Role } from '../wire.ts';

export const ACTIONS = [
  'acknowledge',
  'comment',
  'shelve',
  'unshelve',
  'reset',
  'out-of-service',
  'in-service',
] as const;
export type ActionKind = (typeof ACTIONS)[number];

export const MAX_COMMENT_CHARS = 2000;

interface Action {
  readonly label: string;
  /** Said once it is done. */
  readonly done: string;
  readonly key: string;
  readonly min: 'operator' | 'engineer';
  readonly asks: 'reason' | 'comment' | 'text';
  readonly durationsMs: readonly number[];
  readonly limit: string | null;
  readonly isPossible: (alarm: AlarmRecord, nowMs: number) => boolean;
}

const isOpen = ({ state }: AlarmRecord): boolean => state !== 'closed';
const NO_DURATIONS = { durationsMs: [], limit: null };

export const ACTION: Readonly<Record<ActionKind, Action>> = {
  acknowledge: {
    ...NO_DURATIONS,
    label: 'Acknowledge',
    done: 'Acknowledged.',
    key: 'a',
    min: 'operator',
    asks: 'comment',
    isPossible: ({ state }) => state === 'unacknowledged' || state === 'returned',
  },
  comment: {
    ...NO_DURATIONS,
    label: 'Comment',
    done: 'Comment added.',
    key: 'c',
    min: 'operator',
    asks: 'text',
    isPossible: isOpen,
  },
  shelve: {
    label: 'Shelve',
    done: 'Shelved.',
    key: 's',
    min: 'operator',
    asks: 'reason',
    durationsMs: [15, 30, 60, 120, 240, 480].map((minutes) => minutes * MS_PER_MIN),
    limit: 'At most eight hours; it comes back by itself. An emergency comes through all the same.',
    isPossible: (alarm) => isOpen(alarm) && alarm.suppression === null && alarm.highestPriority !== 1,
  },
  unshelve: {
    ...NO_DURATIONS,
    label: 'Unshelve',
    done: 'No longer shelved.',
    key: 's',
    min: 'operator',
    asks: 'reason',
    isPossible: (alarm) => isOpen(alarm) && alarm.suppression?.kind === 'shelved',
  },
  reset: {
    ...NO_DURATIONS,
    label: 'Reset',
    done: 'Reset.',
    key: 'r',
    min: 'operator',
    asks: 'reason',
    isPossible: ({ state }) => state === 'latched',
  },
  'out-of-service': {
    label: 'Out of service',
    done: 'Taken out of service.',
    key: 'o',
    min: 'engineer',
    asks: 'reason',
    durationsMs: [MS_PER_H * 8, ...[1, 3, 7, 14, 30].map((days) => days * MS_PER_DAY)],
    limit: 'At most thirty days. Nobody is told of this condition, until it becomes an emergency.',
    isPossible: (alarm) =>
      isOpen(alarm) && alarm.highestPriority !== 1 && alarm.suppression?.kind !== 'out-of-service',
  },
  'in-service': {
    ...NO_DURATIONS,
    label: 'Back into service',
    done: 'Back in service.',
    key: 'o',
    min: 'engineer',
    asks: 'reason',
    // The condition stays out of service when its alarm closes.
    isPossible: ({ suppression }, nowMs) =>
      suppression?.kind === 'out-of-service' && suppression.untilMs > nowMs,
  },
};

/** What may be done to it now by this role. */
export const offersOf = (alarm: AlarmRecord, role: Role | null, nowMs: number): ActionKind[] =>
  ACTIONS.filter((kind) => ACTION[kind].isPossible(alarm, nowMs) && mayDo(role, ACTION[kind].min));

/** Why something that one might look for is not offered; null where nothing is missing. */
export function missingOf(alarm: AlarmRecord, role: Role | null, nowMs: number): string | null {
  if (alarm.state === 'closed') return null;
  if (role === null) return 'Who you are is not known: nothing can be done from here.';
  const possible = ACTIONS.filter((kind) => ACTION[kind].isPossible(alarm, nowMs));
  if (!mayDo(role, 'operator'))
    return `You are signed in as ${role} and may look: an operator acknowledges, comments, shelves and resets.`;
  if (alarm.highestPriority === 1 && alarm.state !== 'latched')
    return 'An emergency cannot be shelved or taken out of service.';
  const barred = possible.find((kind) => !mayDo(role, ACTION[kind].min));
  return barred ? `${ACTION[barred].label}: this needs an ${ACTION[barred].min}.` : null;
}
