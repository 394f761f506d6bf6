/**
 * What an alarm is. Modelled on ISA-18.2: a condition becomes active and returns to normal by itself; people
 * acknowledge, shelve, take out of service and reset. One record for each episode of one condition.
 */
import { ALARM_KIND_TEXTS } from '../messages.ts';
import type { AlarmKind, AlarmRecord, Priority } from '../records.ts';

export const ALARM_KINDS = Object.keys(ALARM_KIND_TEXTS) as AlarmKind[];

export const PRIORITY_WORDS: Readonly<Record<Priority, string>> = {
  1: 'emergency',
  2: 'high',
  3: 'low',
  4: 'trouble',
};

/** What happened to an alarm, for the audit log, pages and notices. */
export const TRANSITIONS = [
  'raised',
  'escalated',
  'eased',
  /** What it says has changed (members, rules, an end moved by a clock set back), and nothing that asks for a look. */
  'updated',
  'returned',
  'renewed',
  'acknowledged',
  'shelved',
  'unshelved',
  'out-of-service',
  'in-service',
  'maintenance',
  'maintenance-ended',
  'commented',
  'reset',
  'closed',
] as const;
export type TransitionKind = (typeof TRANSITIONS)[number];

export interface Transition {
  readonly kind: TransitionKind;
  readonly atMs: number;
  /** A person's name, or `emberwatch`. */
  readonly byName: string;
  /** Given by a person; null where none was asked for. */
  readonly reason: string | null;
  /** The alarm after it. */
  readonly alarm: AlarmRecord;
}
