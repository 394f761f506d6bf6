/** The open alarms by condition, and what has happened to them. */

import type { AlarmKind, AlarmRecord, Suppression } from '../records.ts';
import { BY_ITSELF } from './actions.ts';
import type { Transition, TransitionKind } from './alarm.ts';

export interface Entry {
  readonly record: AlarmRecord;
  /** Since when it has been gone without having been called returned; null while it holds. */
  readonly gone: { readonly sinceMs: number; readonly dataMs: number } | null;
  /** When what it says last changed, Unix ms. */
  readonly changedMs: number;
}

/** By whom and why; the service itself gives no reason where none is given. */
export interface Cause {
  readonly nowMs: number;
  readonly byName: string;
  readonly reason: string | null;
}

export const byItself = (nowMs: number, reason: string | null = null): Cause => ({
  nowMs,
  byName: BY_ITSELF,
  reason,
});

export class OpenAlarms {
  readonly entries = new Map<string, Entry>();
  private transitions: Transition[] = [];

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.put(entry);
  }

  get size(): number {
    return this.entries.size;
  }

  of(kind: AlarmKind, source: string): Entry | undefined {
    return this.entries.get(keyOf(kind, source));
  }

  byId(id: string): Entry | undefined {
    for (const entry of this.entries.values()) if (entry.record.id === id) return entry;
    return undefined;
  }

  /** Only what no record shows: waits. */
  put(entry: Entry): void {
    this.entries.set(keyOf(entry.record.kind, entry.record.source), entry);
  }

  drain(): Transition[] {
    const { transitions } = this;
    this.transitions = [];
    return transitions;
  }

  change(
    entry: Entry,
    kind: TransitionKind,
    patch: Partial<AlarmRecord>,
    { nowMs, byName, reason }: Cause,
  ): AlarmRecord {
    const alarm = { ...entry.record, ...patch };
    if (alarm.state === 'closed') this.entries.delete(keyOf(alarm.kind, alarm.source));
    else this.put({ ...entry, record: alarm, changedMs: nowMs });
    this.transitions.push({ kind, atMs: nowMs, byName, reason, alarm });
    return alarm;
  }

  /** @param kind what closes it; `closed` follows where it is anything else */
  close(entry: Entry, kind: TransitionKind, patch: Partial<AlarmRecord>, cause: Cause): AlarmRecord {
    const { nowMs, byName } = cause;
    const alarm = this.change(entry, kind, { ...patch, state: 'closed', closedMs: nowMs }, cause);
    if (kind !== 'closed')
      this.transitions.push({ kind: 'closed', atMs: nowMs, byName, reason: null, alarm });
    return alarm;
  }
}

const keyOf = (kind: AlarmKind, source: string): string => `${kind}\u0000${source}`;

export const UNACKNOWLEDGED = {
  state: 'unacknowledged',
  acknowledgedMs: null,
  acknowledgedBy: null,
} as const;

export const isActive = ({ state }: AlarmRecord): boolean =>
  state === 'unacknowledged' || state === 'acknowledged';

/** An emergency waits for a reset, whatever it has eased to since. */
export const isLatching = ({ highestPriority }: AlarmRecord): boolean => highestPriority === 1;

/** What the end of each is called. */
export const ENDS: Readonly<Record<Suppression['kind'], TransitionKind>> = {
  shelved: 'unshelved',
  'out-of-service': 'in-service',
  maintenance: 'maintenance-ended',
};
