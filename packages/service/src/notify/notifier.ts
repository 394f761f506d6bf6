/**
 * Tells people of alarms, at least once. Its rows are committed together with the alarm (`rowsFor`), then handed back
 * (`take`); what was not delivered before the end of the process comes back from the store (`resume`).
 */
import type { Logger } from 'pino';
import type { Transition } from '../alarms/alarm.ts';
import { ServiceError } from '../errors.ts';
import type { OutboxRow } from '../records.ts';
import { ChannelQueue } from './channel-queue.ts';
import type { Channel } from './channels.ts';
import { bodyOfRow, itemOf, type RowBody } from './notice.ts';
import {
  checkRoutes,
  Groups,
  isClimbing,
  stepsOf,
  stopsClimbing,
  type Target,
  targetsOf,
} from './routing.ts';
import type { NotifySettings } from './settings.ts';
import type { Timers } from './timers.ts';

/** Rows whose end could not be stored; beyond it a restart tells some a second time. */
const MAX_UNSAVED_ROWS = 1000;

export interface ChannelMetrics {
  readonly channel: string;
  readonly waitingRows: number;
  readonly deliveredNotices: number;
  readonly failedAttempts: number;
  readonly givenUpRows: number;
  readonly lastDeliveredMs: number | null;
  /** Null after a delivery. */
  readonly lastError: string | null;
}

export interface NotifierOptions {
  readonly settings: NotifySettings;
  readonly siteName: string;
  /** Of `createChannels`. */
  readonly channels: readonly Channel[];
  readonly timers: Timers;
  /** Stores rows that need no further attempt: `store.commit({ outbox })`. */
  readonly save: (rows: readonly OutboxRow[]) => Promise<void>;
  /** A channel gave something up (why), or delivers again (null): condition of the alarm kind `notification`. */
  readonly onTrouble: (channel: string, why: string | null) => void;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

interface Climb {
  /** Of the transition that it began with. */
  readonly key: string;
  readonly rows: Map<string, { row: OutboxRow; step: number }>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Notifier {
  private readonly options: NotifierOptions;
  private readonly groups: Groups;
  private readonly queues = new Map<string, ChannelQueue>();
  private readonly counts = new Map<string, Mutable<Omit<ChannelMetrics, 'waitingRows'>>>();
  /** Steps that still wait, by id of the alarm. */
  private readonly climbs = new Map<string, Climb>();
  private readonly troubled = new Set<string>();
  private readonly unsaved = new Map<string, OutboxRow>();
  private saving: Promise<void> = Promise.resolve();

  /** @throws ServiceError `INVALID_SETTINGS` where a route names a channel that is none */
  constructor(options: NotifierOptions) {
    checkRoutes(options.settings);
    this.options = options;
    this.groups = new Groups(options.settings.groupS);
    for (const channel of options.channels) this.queues.set(channel.name, this.queueOf(channel));
  }

  /**
   * Rows to commit together with these transitions: what is to be told, and steps that are no longer needed. The same
   * transition gives rows with the same ids.
   */
  rowsFor(transitions: readonly Transition[]): OutboxRow[] {
    const rows: OutboxRow[] = [];
    for (const transition of transitions) {
      if (stopsClimbing(transition)) rows.push(...this.stopClimb(transition));
      for (const target of targetsOf(this.options.settings, transition))
        rows.push(this.rowOf(transition, target));
      rows.push(...this.beginClimb(transition));
    }
    return rows;
  }

  /** Rows of `rowsFor`, once they are on disk. */
  take(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      if (row.state === 'waiting') this.queues.get(row.channel)?.add(row, bodyOfRow(row));
      else this.queues.get(row.channel)?.remove(row.id);
    }
  }

  /** Waiting rows of the store, after a restart. What cannot be told any more is given up and named in the log. */
  resume(waiting: readonly OutboxRow[]): void {
    for (const row of waiting) {
      const queue = this.queues.get(row.channel);
      const body = queue ? this.bodyOf(row) : null;
      if (queue && body) {
        if (body.item.step > 0)
          this.climbOf(body.item.alarm.id, body.item.key).rows.set(keyOf(row), rungOf(row, body));
        queue.add(row, body);
        continue;
      }
      const lastError = queue ? 'the row cannot be read' : `there is no channel "${row.channel}" any more`;
      this.options.log.error({ row: row.id, channel: row.channel }, `a notice was given up: ${lastError}`);
      this.store([{ ...row, state: 'given-up', lastError }]);
    }
  }

  metrics(): ChannelMetrics[] {
    return [...this.queues.values()].map(({ channel: { name }, waiting }) => ({
      ...this.counts.get(name)!,
      waitingRows: waiting,
    }));
  }

  /** Begins nothing new and waits for what is under way; the rest waits in the store. */
  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    await this.saving;
  }

  private rowOf(transition: Transition, target: Target): OutboxRow {
    const item = itemOf(transition, target.step);
    const nowMs = this.options.timers.now();
    const { group, dueMs } = this.groups.join(target, item.key, nowMs, item.alarm.priority === 1);
    const body: RowBody = { group, dueMs, item };
    return {
      id: item.key,
      channel: target.channel,
      createdMs: nowMs,
      body: JSON.stringify(body),
      state: 'waiting',
      attempts: 0,
      lastError: null,
    };
  }

  /** A climb that has begun goes on, whatever the alarm does short of being taken care of. */
  private beginClimb(transition: Transition): OutboxRow[] {
    if (!isClimbing(transition)) return [];
    const { settings } = this.options;
    const { alarm } = transition;
    const { key } = itemOf(transition, 0);
    const present = this.climbs.get(alarm.id);
    // Equal keys: the first commit failed, and this is the next.
    if (present && present.key !== key) return [];
    const rows = stepsOf(settings, alarm).map((target) => this.rowOf(transition, target));
    for (const row of rows) this.climbOf(alarm.id, key).rows.set(keyOf(row), rungOf(row, bodyOfRow(row)));
    return rows;
  }

  private stopClimb({ kind, byName, alarm }: Transition): OutboxRow[] {
    const climb = this.climbs.get(alarm.id);
    this.climbs.delete(alarm.id);
    return [...(climb?.rows.values() ?? [])].map(({ row }) => ({
      ...row,
      state: 'given-up',
      lastError: `not needed: ${kind} by ${byName}`,
    }));
  }

  private climbOf(alarmId: string, itemKey: string): Climb {
    const climb = this.climbs.get(alarmId) ?? { key: itemKey.replace(/:step\d+$/, ''), rows: new Map() };
    this.climbs.set(alarmId, climb);
    return climb;
  }

  private queueOf(channel: Channel): ChannelQueue {
    const { log, timers, onTrouble } = this.options;
    const { name } = channel;
    const counts = {
      channel: name,
      deliveredNotices: 0,
      failedAttempts: 0,
      givenUpRows: 0,
      lastDeliveredMs: null as number | null,
      lastError: null as string | null,
    };
    this.counts.set(name, counts);
    return new ChannelQueue(channel, this.options.siteName, timers, {
      reasonOf,
      settled: (rows) => this.settle(rows),
      delivered: () => {
        counts.deliveredNotices++;
        counts.lastDeliveredMs = timers.now();
        counts.lastError = null;
        if (this.troubled.delete(name)) onTrouble(name, null);
      },
      failed: (attempt, error) => {
        counts.failedAttempts++;
        counts.lastError = reasonOf(error);
        log.warn({ channel: name, attempt, why: counts.lastError }, 'a notice was not taken');
      },
      gaveUp: (rows, why) => {
        counts.givenUpRows += rows.length;
        counts.lastError = why;
        log.error({ channel: name, rows: rows.map(({ id }) => id), why }, 'notices were given up');
        this.troubled.add(name);
        for (const row of rows) this.hastenClimb(row);
        onTrouble(name, why);
      },
    });
  }

  /** Whom a notice did not reach cannot acknowledge: the next step does not wait. */
  private hastenClimb(lost: OutboxRow): void {
    const rungs = [...(this.climbs.get(bodyOfRow(lost).item.alarm.id)?.rows.values() ?? [])];
    const next = Math.min(...rungs.map(({ step }) => step));
    for (const { row, step } of rungs) if (step === next) this.queues.get(row.channel)?.hasten(row.id);
  }

  private settle(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      const { item } = bodyOfRow(row);
      const climb = this.climbs.get(item.alarm.id);
      if (climb?.rows.delete(keyOf(row)) && climb.rows.size === 0) this.climbs.delete(item.alarm.id);
    }
    this.store(rows);
  }

  private bodyOf(row: OutboxRow): RowBody | null {
    try {
      return bodyOfRow(row);
    } catch {
      return null;
    }
  }

  /** What cannot be stored now is stored with the next; lost, it would be told again after a restart. */
  private store(rows: readonly OutboxRow[]): void {
    for (const row of rows) this.unsaved.set(keyOf(row), row);
    for (const key of this.unsaved.keys()) {
      if (this.unsaved.size <= MAX_UNSAVED_ROWS) break;
      this.unsaved.delete(key);
    }
    this.saving = this.saving.then(async () => {
      const batch = [...this.unsaved];
      if (batch.length === 0) return;
      try {
        await this.options.save(batch.map(([, row]) => row));
        for (const [key, row] of batch) if (this.unsaved.get(key) === row) this.unsaved.delete(key);
      } catch (error) {
        this.options.log.error({ why: reasonOf(error) }, 'the end of notices could not be stored');
      }
    });
  }
}

const keyOf = ({ id, channel }: OutboxRow): string => `${id}\u0000${channel}`;

const rungOf = (row: OutboxRow, { item }: RowBody): { row: OutboxRow; step: number } => ({
  row,
  step: item.step,
});

/** Channels throw errors that are free of secrets; of others nothing is told. */
const reasonOf = (error: unknown): string =>
  error instanceof ServiceError ? (error.detail ?? error.code) : 'it failed in a way that is not known';
