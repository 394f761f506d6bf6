/** What is kept and handed on: alarms, changes of level, audit rows, notices, deliveries, tokens. */

import type { Level, LevelChange, Physics, Reason } from '@emberwatch/engine/detector';
import type { ALARM_KIND_TEXTS } from './messages.ts';

/** What is wrong: hazard and gas are what the project exists for, all others are trouble with monitoring. */
export type AlarmKind = keyof typeof ALARM_KIND_TEXTS;

/** 1 emergency, 2 high, 3 low, 4 trouble with watching. */
export const PRIORITIES = [1, 2, 3, 4] as const;
export type Priority = (typeof PRIORITIES)[number];

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

/** A level change with its number in the service and the wall time at which it became known. */
export interface ChangeEntry extends LevelChange {
  readonly seq: number;
  readonly seenMs: number;
}

/** One delivery, as the journal keeps it: enough to judge it again, bit for bit. */
export interface JournalBatch {
  /** Rising by the order of judgement; given by the service. */
  readonly seq: number;
  readonly gatewayId: string;
  readonly epoch: string | null;
  readonly number: number | null;
  /** More of the delivery follows, which alone has its number. */
  readonly isPart: boolean;
  /** Wall clock at arrival, Unix ms. */
  readonly receivedMs: number;
  readonly frameCount: number;
  /** Frames, by `FrameEncoder`. */
  readonly frames: Uint8Array;
}

/** A row of the audit log; the chain is made by `alarms/audit.ts`. */
export interface AuditRow {
  readonly seq: number;
  readonly atMs: number;
  /** Name of a person or token, or `emberwatch`. */
  readonly actor: string;
  /** `alarm.acknowledged`, `token.created`, `auth.refused`, `config.changed`, … */
  readonly action: string;
  /** What it is about: id of an alarm, a token, a module; or empty. */
  readonly subject: string;
  /** JSON. */
  readonly detail: string;
  /** SHA-256, hex, over the previous hash and all fields of this row. */
  readonly hash: string;
}

/** A notice that has to be given to at least one place; kept until then. */
export interface OutboxRow {
  /** Id of the alarm and of its transition: the same after a restart. */
  readonly id: string;
  readonly channel: string;
  readonly createdMs: number;
  /** JSON. */
  readonly body: string;
  readonly state: 'waiting' | 'sent' | 'given-up';
  readonly attempts: number;
  readonly lastError: string | null;
}

/** A small setting that outlives a restart, as JSON. */
export interface SettingRow {
  readonly key: string;
  /** Null: it is forgotten. */
  readonly value: string | null;
}

/**
 * Who may do what. From viewer on each role may do all that the one before may. A gateway may only deliver; beside it
 * engineers and admins may, so that nobody calms a module down by readings of his own with a token for looking.
 */
export const ROLES = ['gateway', 'viewer', 'operator', 'engineer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a request may do, as found from its token. */
export interface Identity {
  readonly tokenId: string;
  /** As it stands in the audit log. */
  readonly name: string;
  readonly role: Role;
  /** Of a gateway: modules it may deliver, each a name or a beginning with `*` at its end; null: all. */
  readonly modules: readonly string[] | null;
}

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  readonly modules: readonly string[] | null;
  readonly createdMs: number;
  readonly expiresMs: number | null;
  readonly revokedMs: number | null;
}
