/**
 * What an alarm is. Modelled on ISA-18.2: a condition becomes active and returns to normal by itself; people
 * acknowledge, shelve, take out of service and reset. One record for each episode of one condition.
 */
import type { Level, Physics, Reason } from '@emberwatch/engine/detector';
import { ALARM_KIND_TEXTS } from '../messages.ts';

/** What is wrong: hazard and gas are what the project exists for, all others are trouble with monitoring. */
export const ALARM_KINDS = Object.keys(ALARM_KIND_TEXTS) as (keyof typeof ALARM_KIND_TEXTS)[];
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** 1 emergency, 2 high, 3 low, 4 trouble with watching. */
export const PRIORITIES = [1, 2, 3, 4] as const;
export type Priority = (typeof PRIORITIES)[number];
export const PRIORITY_WORDS: Readonly<Record<Priority, string>> = {
  1: 'emergency',
  2: 'high',
  3: 'low',
  4: 'trouble',
};

/**
 * | state | condition | acknowledged |
 * | --- | --- | --- |
 * | `unacknowledged` | holds | no |
 * | `acknowledged` | holds | yes |
 * | `returned` | no longer holds | no |
 * | `latched` | no longer holds; waits for a reset by a person | yes |
 * | `closed` | over: the next time is another alarm | |
 */
export const ALARM_STATES = ['unacknowledged', 'acknowledged', 'returned', 'latched', 'closed'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

/** Who says nothing of it, and why: kept beside the state, which goes on underneath. */
export interface Suppression {
  readonly kind: 'shelved' | 'out-of-service' | 'maintenance';
  readonly byName: string;
  readonly reason: string;
  readonly fromMs: number;
  /** It ends by itself. */
  readonly untilMs: number;
}

export interface AlarmRecord {
  /** `A000123`: rising, never used twice. */
  readonly id: string;
  readonly kind: AlarmKind;
  /** Module, gateway, air space, or `site`. With the kind it names the condition: at most one alarm of it is not closed. */
  readonly source: string;
  readonly rackId: string | null;
  readonly gatewayId: string | null;
  /** Now, and the gravest of the episode. */
  readonly priority: Priority;
  readonly highestPriority: Priority;
  /** Of a hazard and of gas: level now and the gravest of the episode; null for others. */
  readonly level: Level | null;
  readonly highestLevel: Level | null;
  readonly state: AlarmState;
  readonly suppression: Suppression | null;
  /** One sentence. */
  readonly text: string;
  readonly reasons: readonly Reason[];
  /** Which physics agree, or in words why one was enough; null for what is not critical. */
  readonly agreement: { readonly physics: readonly Physics[]; readonly text: string } | null;
  /** Modules that this alarm stands for, where it groups several. */
  readonly members: readonly string[];
  readonly hazardProbability: number | null;
  /** Wall clock, Unix ms. */
  readonly raisedMs: number;
  /** When it last asked for a look: raised, come back, or risen to a graver level. */
  readonly escalatedMs: number;
  readonly returnedMs: number | null;
  readonly acknowledgedMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly closedMs: number | null;
  /** Time of the data when it was raised, and when it last changed; of trouble the wall clock. */
  readonly dataRaisedMs: number;
  readonly dataChangedMs: number;
  /** How often the condition has come back within the episode. */
  readonly returns: number;
  readonly comments: readonly AlarmComment[];
  /** SHA-256 of the model that judged; null for the rules alone and for trouble. */
  readonly modelSha256: string | null;
}

export interface AlarmComment {
  readonly atMs: number;
  readonly byName: string;
  readonly text: string;
}

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
