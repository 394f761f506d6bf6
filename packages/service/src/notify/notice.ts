/** What a notice says, as it stands in the outbox and goes out as JSON. */
import { createHash } from 'node:crypto';
import type { Transition, TransitionKind } from '../alarms/alarm.ts';
import type { AlarmRecord, OutboxRow } from '../records.ts';

const MAX_REASONS = 8;
const MAX_MEMBERS = 20;
const MAX_TEXT_CHARS = 500;

/** The part of an alarm that a notice tells. */
export interface NoticeAlarm
  extends Pick<
    AlarmRecord,
    | 'id'
    | 'kind'
    | 'source'
    | 'rackId'
    | 'gatewayId'
    | 'priority'
    | 'highestPriority'
    | 'level'
    | 'state'
    | 'text'
    | 'hazardProbability'
    | 'raisedMs'
    | 'dataChangedMs'
  > {
  readonly reasons: readonly string[];
  readonly agreement: string | null;
  /** The first of them. */
  readonly members: readonly string[];
  readonly memberCount: number;
}

export interface NoticeItem {
  /** The same at every redelivery. */
  readonly key: string;
  readonly event: TransitionKind | 'unacknowledged' | 'test';
  readonly atMs: number;
  readonly byName: string;
  readonly reason: string | null;
  /** 0, or the step of escalation, from 1. */
  readonly step: number;
  readonly alarm: NoticeAlarm;
}

/** Several items that go to one channel together. */
export interface Notice {
  /** Of these items and no others: equal whenever the same notice is delivered again. */
  readonly key: string;
  readonly siteName: string;
  readonly items: readonly NoticeItem[];
}

/** Body of an outbox row. */
export interface RowBody {
  /** Rows of one group and channel are told together, also after a restart. */
  readonly group: string;
  /** Not before, wall clock. */
  readonly dueMs: number;
  readonly item: NoticeItem;
}

const cut = (text: string): string =>
  text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS - 1)}…` : text;

const noticeAlarmOf = (alarm: AlarmRecord): NoticeAlarm => {
  const { id, kind, source, rackId, gatewayId, priority, highestPriority, level, state } = alarm;
  return {
    ...{ id, kind, source, rackId, gatewayId, priority, highestPriority, level, state },
    text: cut(alarm.text),
    hazardProbability: alarm.hazardProbability,
    raisedMs: alarm.raisedMs,
    dataChangedMs: alarm.dataChangedMs,
    reasons: alarm.reasons.slice(0, MAX_REASONS).map(({ text }) => cut(text)),
    agreement: alarm.agreement === null ? null : cut(alarm.agreement.text),
    members: alarm.members.slice(0, MAX_MEMBERS),
    memberCount: alarm.members.length,
  };
};

/** The item of a transition; of a step of escalation where `step` is above 0. */
export function itemOf({ kind, atMs, byName, reason, alarm }: Transition, step: number): NoticeItem {
  const key = `${alarm.id}:${kind}:${atMs}`;
  return {
    key: step === 0 ? key : `${key}:step${step}`,
    event: step === 0 ? kind : 'unacknowledged',
    atMs,
    byName,
    reason: reason === null ? null : cut(reason),
    step,
    alarm: noticeAlarmOf(alarm),
  };
}

/** @throws Error where the row was not written by `Notifier.rowsFor` */
export function bodyOfRow(row: OutboxRow): RowBody {
  const body = JSON.parse(row.body) as Partial<RowBody> | null;
  if (
    typeof body?.group !== 'string' ||
    typeof body.dueMs !== 'number' ||
    typeof body.item?.alarm !== 'object'
  )
    throw new Error(`the outbox row ${row.id} for ${row.channel} is no notice`);
  return body as RowBody;
}

export function noticeOf(siteName: string, items: readonly NoticeItem[]): Notice {
  const sorted = [...items].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const hash = createHash('sha256');
  for (const { key } of sorted) hash.update(`${key}\n`);
  // Gravest first, then in order of time: what stands on top is read.
  const ordered = [...sorted].sort((a, b) => a.alarm.priority - b.alarm.priority || a.atMs - b.atMs);
  return { key: `ew-${hash.digest('hex').slice(0, 32)}`, siteName, items: ordered };
}
