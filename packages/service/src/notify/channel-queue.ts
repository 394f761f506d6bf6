/** What waits for one channel: groups of rows, tried again until they are taken or too old. */
import { createHash } from 'node:crypto';
import type { OutboxRow } from '../records.ts';
import type { Channel } from './channels.ts';
import { type NoticeItem, noticeOf, type RowBody } from './notice.ts';
import { MAX_ITEMS_PER_NOTICE } from './routing.ts';
import type { Timers } from './timers.ts';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** After the first attempt; then it is given up. */
export const GIVE_UP_AFTER_MS = 15 * 60_000;
/** Rows that wait for one channel; beyond it the least urgent is given up. */
export const MAX_WAITING_ROWS = 2000;

/** Doubling up to a minute, less up to a fifth by the key: channels that failed together do not return together. */
export function retryDelayMs(key: string, attempt: number): number {
  const jitter = createHash('sha256').update(`${key}/${attempt}`).digest().readUInt32BE(0) / 2 ** 32;
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1)) * (1 - 0.2 * jitter);
}

interface Waiting {
  readonly row: OutboxRow;
  readonly item: NoticeItem;
}

interface Group {
  readonly rows: Map<string, Waiting>;
  /** Monotonic, as all times here. */
  dueMs: number;
  attempts: number;
  /** When it was tried first; then nothing joins any more. */
  firstTryMs: number | null;
  lastError: string | null;
}

export interface ChannelQueueEvents {
  /** Rows that need no further attempt, with their last state: to be stored. */
  settled(rows: readonly OutboxRow[]): void;
  delivered(): void;
  failed(attempt: number, error: unknown): void;
  gaveUp(rows: readonly OutboxRow[], why: string): void;
  reasonOf(error: unknown): string;
}

export class ChannelQueue {
  readonly channel: Channel;
  private readonly siteName: string;
  private readonly timers: Timers;
  private readonly events: ChannelQueueEvents;
  private readonly groups = new Map<string, Group>();
  private waitingCount = 0;
  private callOff: (() => void) | null = null;
  private sending: Promise<void> | null = null;
  private isClosed = false;

  constructor(channel: Channel, siteName: string, timers: Timers, events: ChannelQueueEvents) {
    this.channel = channel;
    this.siteName = siteName;
    this.timers = timers;
    this.events = events;
  }

  get waiting(): number {
    return this.waitingCount;
  }

  add(row: OutboxRow, body: RowBody): void {
    // Never longer than was planned, whatever the wall clock did meanwhile.
    const waitMs = Math.min(body.dueMs - this.timers.now(), body.dueMs - row.createdMs);
    const dueMs = this.timers.monotonicMs() + Math.max(0, waitMs);
    const group = this.groupFor(body);
    if (!group.rows.has(row.id)) this.waitingCount++;
    group.rows.set(row.id, { row, item: body.item });
    group.dueMs = Math.min(group.dueMs, dueMs);
    if (this.waitingCount > MAX_WAITING_ROWS) this.shed();
    this.schedule();
  }

  /** Takes a row out that is not under way. */
  remove(rowId: string): void {
    for (const [name, group] of this.groups) {
      if (group.firstTryMs !== null || !group.rows.delete(rowId)) continue;
      this.waitingCount--;
      if (group.rows.size === 0) this.groups.delete(name);
      return;
    }
  }

  /** Makes the group of a row due at once. */
  hasten(rowId: string): void {
    for (const group of this.groups.values())
      if (group.firstTryMs === null && group.rows.has(rowId)) group.dueMs = this.timers.monotonicMs();
    this.schedule();
  }

  /** Nothing new is begun; resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.callOff?.();
    await this.sending;
  }

  /** What is under way keeps its content, or its key would name another one: then a new group is begun. */
  private groupFor({ group: id, item }: RowBody): Group {
    const isOpen = (group: Group | undefined): boolean =>
      group === undefined || (group.firstTryMs === null && group.rows.size < MAX_ITEMS_PER_NOTICE);
    let name = id;
    for (let i = 2; !isOpen(this.groups.get(name)); i++) name = `${item.key}/${i}`;
    let group = this.groups.get(name);
    if (!group) {
      group = {
        rows: new Map(),
        dueMs: Number.POSITIVE_INFINITY,
        attempts: 0,
        firstTryMs: null,
        lastError: null,
      };
      this.groups.set(name, group);
    }
    return group;
  }

  private schedule(): void {
    if (this.isClosed || this.sending) return;
    this.callOff?.();
    this.callOff = null;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const group of this.groups.values()) dueMs = Math.min(dueMs, group.dueMs);
    if (dueMs < Number.POSITIVE_INFINITY)
      this.callOff = this.timers.after(dueMs - this.timers.monotonicMs(), () => this.pump());
  }

  private pump(): void {
    this.callOff = null;
    const next = this.nextDue();
    if (next === null || this.sending) {
      this.schedule();
      return;
    }
    this.sending = this.attempt(...next).finally(() => {
      this.sending = null;
      this.schedule();
    });
  }

  /** The gravest of what is due, then the oldest. */
  private nextDue(): [string, Group] | null {
    const nowMs = this.timers.monotonicMs();
    let best: { entry: [string, Group]; priority: number; dueMs: number } | null = null;
    for (const entry of this.groups) {
      const { dueMs } = entry[1];
      if (dueMs > nowMs) continue;
      const priority = priorityOf(entry[1]);
      if (best && (priority > best.priority || (priority === best.priority && dueMs >= best.dueMs))) continue;
      best = { entry, priority, dueMs };
    }
    return best?.entry ?? null;
  }

  private async attempt(name: string, group: Group): Promise<void> {
    group.firstTryMs ??= this.timers.monotonicMs();
    group.attempts++;
    const notice = noticeOf(
      this.siteName,
      [...group.rows.values()].map(({ item }) => item),
    );
    try {
      await this.channel.send(notice);
      this.settle(name, group, 'sent');
      this.events.delivered();
    } catch (error) {
      group.lastError = this.events.reasonOf(error);
      this.events.failed(group.attempts, error);
      const delayMs = retryDelayMs(notice.key, group.attempts);
      group.dueMs = this.timers.monotonicMs() + delayMs;
      if (group.dueMs - group.firstTryMs > GIVE_UP_AFTER_MS)
        this.events.gaveUp(this.settle(name, group, 'given-up'), group.lastError);
    }
  }

  private settle(name: string, group: Group, state: 'sent' | 'given-up'): OutboxRow[] {
    this.groups.delete(name);
    this.waitingCount -= group.rows.size;
    const { attempts, lastError } = group;
    const rows = [...group.rows.values()].map(({ row }) => ({
      ...row,
      state,
      attempts: row.attempts + attempts,
      lastError,
    }));
    this.events.settled(rows);
    return rows;
  }

  private shed(): void {
    let worst: [string, Group] | null = null;
    for (const entry of this.groups)
      if (entry[1].firstTryMs === null || !this.sending)
        if (!worst || priorityOf(entry[1]) > priorityOf(worst[1])) worst = entry;
    if (!worst) return;
    worst[1].lastError = `more than ${MAX_WAITING_ROWS} rows wait for this channel`;
    this.events.gaveUp(this.settle(worst[0], worst[1], 'given-up'), worst[1].lastError);
  }
}

const priorityOf = ({ rows }: Group): number => {
  let priority = Number.POSITIVE_INFINITY;
  for (const { item } of rows.values()) priority = Math.min(priority, item.alarm.priority);
  return priority;
};
