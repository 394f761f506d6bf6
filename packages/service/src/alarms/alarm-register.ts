/**
 * The life of alarms, modelled on ISA-18.2. No clock of its own and no disk: the instant is an argument, what has
 * happened is drained. How a condition becomes an episode: `episode.ts`.
 *
 * Clocks. Ends are instants of the wall clock. One that is set back moves them back by as much, so nothing is hidden
 * for longer than was granted; one that leaps forward ends what is hidden too early, which is the safe side.
 */
import { MS_PER_S } from '@emberwatch/engine/units';
import { ServiceError } from '../errors.ts';
import type { AlarmKind, AlarmRecord, Suppression } from '../records.ts';
import {
  type AlarmAction,
  commentOf,
  endOf,
  MAX_COMMENTS,
  MAX_SHELVED_MS,
  type Maintenance,
  type MaintenanceInput,
  type OutOfService,
  personOf,
  reasonOf,
} from './actions.ts';
import type { Transition } from './alarm.ts';
import { bounded, type Condition } from './condition.ts';
import { forget, holdOpen, raise, releaseOpen } from './episode.ts';
import {
  byItself,
  type Cause,
  ENDS,
  type Entry,
  isActive,
  isLatching,
  OpenAlarms,
  UNACKNOWLEDGED,
} from './open-alarms.ts';
import { type Grouped, groupedOf, Overflow, SITE } from './overflow.ts';
import { SuppressionList, type SuppressionListState } from './suppression.ts';

export interface RegisterState extends SuppressionListState {
  readonly lastNumber: number;
  /** The latest instant that the book has seen; -1 before the first. */
  readonly seenMs: number;
  readonly alarms: readonly Entry[];
  readonly grouped: readonly Grouped[];
}

/** Emergencies have room of their own: no flood of trouble can keep one out. */
export const MAX_OPEN_ALARMS = 2000;
const MAX_OPEN_EMERGENCIES = 2000;
/** Steps back that a time server makes without anybody having set the clock. */
const JITTER_MS = MS_PER_S;

export class AlarmRegister {
  private readonly alarms: OpenAlarms;
  private readonly suppressionList: SuppressionList;
  private readonly overflow: Overflow;
  private lastNumber: number;
  private seenMs: number;

  constructor(state: RegisterState = EMPTY) {
    this.lastNumber = state.lastNumber;
    this.seenMs = state.seenMs;
    this.suppressionList = new SuppressionList(state);
    this.overflow = new Overflow(state.grouped);
    this.alarms = new OpenAlarms(state.alarms);
  }

  /** Plain JSON: a book that is made of it goes on as this one would. */
  toState(): RegisterState {
    const { lastNumber, seenMs } = this;
    const alarms = [...this.alarms.entries.values()];
    return {
      ...this.suppressionList.toState(),
      lastNumber,
      seenMs,
      alarms,
      grouped: this.overflow.grouped(),
    };
  }

  /** What has happened since the last call, in order. */
  drain(): Transition[] {
    this.settleGroups();
    return this.alarms.drain();
  }

  /** Oldest first. */
  open(): AlarmRecord[] {
    return Array.from(this.alarms.entries.values(), ({ record }) => record);
  }

  find(kind: AlarmKind, source: string): AlarmRecord | undefined {
    return this.alarms.of(kind, source)?.record;
  }

  /** Maintenances that run and what is out of service: small, to be saved whenever an action changes it. */
  suppressions(): SuppressionListState {
    return this.suppressionList.toState();
  }

  /** Conditions that hold, as far as the book knows. */
  *active(): Generator<Pick<Condition, 'kind' | 'source'>> {
    for (const { record } of this.alarms.entries.values())
      if (isActive(record) && !this.overflow.isGroup(record.kind, record.source)) yield record;
    yield* this.overflow.grouped();
  }

  /** The condition holds: raises, renews, escalates, eases or updates its alarm. */
  hold(condition: Condition, nowMs: number): void {
    this.seeClock(nowMs);
    const { kind, source } = condition;
    const entry = this.alarms.of(kind, source);
    if (entry) holdOpen(this.alarms, entry, bounded(condition), nowMs);
    else if (this.hasRoom(condition)) {
      this.overflow.remove(kind, source);
      const id = `A${String(++this.lastNumber).padStart(6, '0')}`;
      const suppression = this.suppressionList.suppressionOf(condition, nowMs);
      raise(this.alarms, id, bounded(condition), suppression, nowMs);
    } else this.overflow.add(condition);
  }

  /** The condition no longer holds. */
  release(kind: AlarmKind, source: string, nowMs: number, dataMs: number = nowMs): void {
    this.seeClock(nowMs);
    this.overflow.remove(kind, source);
    const entry = this.alarms.of(kind, source);
    if (entry && isActive(entry.record)) releaseOpen(this.alarms, entry, nowMs, dataMs);
  }

  /** A person took the module out of the watch: its hazard no longer counts as one that holds. An emergency latches. */
  retire(moduleId: string, byName: string, reason: string, nowMs: number): void {
    this.seeClock(nowMs);
    this.overflow.remove('hazard', moduleId);
    const entry = this.alarms.of('hazard', moduleId);
    if (!entry || !isActive(entry.record)) return;
    releaseOpen(this.alarms, entry, nowMs, entry.record.dataChangedMs, { nowMs, byName, reason });
  }

  /** Another alarm tells of it from now on. Not for hazards. */
  absorb(kind: Exclude<AlarmKind, 'hazard'>, source: string, by: AlarmRecord, nowMs: number): void {
    this.seeClock(nowMs);
    const entry = this.alarms.of(kind, source);
    if (entry) this.alarms.close(entry, 'closed', {}, byItself(nowMs, `told by ${by.id}`));
  }

  /**
   * What a person does.
   *
   * @returns the alarm after it; null where `in-service` was said of a condition without an open alarm
   * @throws ServiceError `UNKNOWN_ALARM` (closed ones are), `ALARM_STATE`, `PERSON_REQUIRED`, `REASON_REQUIRED`,
   * `INVALID_REQUEST`, `SHELVE_LIMIT`, `OUT_OF_SERVICE_LIMIT`, `COMMENT_LIMIT`: nothing has changed
   */
  act(action: AlarmAction, byName: string, nowMs: number): AlarmRecord | null {
    this.seeClock(nowMs);
    const person = personOf(byName);
    const entry = this.alarms.byId(action.id);
    const because = (reason: string): Cause => ({ nowMs, byName: person, reason: reasonOf(reason) });
    if (action.kind === 'in-service') return this.putBack(action.id, entry, because(action.reason));
    if (!entry) throw new ServiceError('UNKNOWN_ALARM', `${action.id} is not open.`);
    const { record } = entry;
    switch (action.kind) {
      case 'acknowledge':
        return this.acknowledge(entry, action.comment, person, nowMs);
      case 'comment': {
        const cause = { nowMs, byName: person, reason: null };
        return this.alarms.change(entry, 'commented', commented(record, action.text, cause), cause);
      }
      case 'shelve':
        return this.shelve(entry, action.untilMs, action.reason, because(action.reason));
      case 'unshelve':
        if (record.suppression?.kind !== 'shelved') throw stateError(record, 'is not shelved');
        return this.endSuppression(entry, because(action.reason));
      case 'reset':
        if (record.state !== 'latched')
          throw stateError(record, 'can be reset once it has returned and was acknowledged');
        return this.alarms.close(entry, 'reset', {}, because(action.reason));
      case 'out-of-service': {
        const cause = because(action.reason);
        this.suppressionList.takeOut(record, action.untilMs, action.reason, person, nowMs);
        return this.refresh(entry, cause);
      }
    }
  }

  /** @throws ServiceError `PERSON_REQUIRED`, `REASON_REQUIRED`, `INVALID_REQUEST`, `MAINTENANCE_LIMIT` */
  startMaintenance(input: MaintenanceInput, byName: string, nowMs: number): Maintenance {
    this.seeClock(nowMs);
    const maintenance = this.suppressionList.startMaintenance(input, byName, nowMs);
    this.refreshAll({ nowMs, byName: maintenance.byName, reason: maintenance.reason });
    return maintenance;
  }

  /** What is still wrong must be acknowledged anew. @throws ServiceError `PERSON_REQUIRED`, `NOT_FOUND` */
  endMaintenance(id: string, byName: string, nowMs: number): Maintenance {
    this.seeClock(nowMs);
    const person = personOf(byName);
    const ended = this.suppressionList.endMaintenance(id);
    this.refreshAll({ nowMs, byName: person, reason: `${id} was ended` });
    return ended;
  }

  /**
   * Time passes: ends what has a limit. To be called every second.
   *
   * @returns arrangements that have ended, for the audit log
   */
  tick(nowMs: number): readonly (Maintenance | OutOfService)[] {
    this.seeClock(nowMs);
    const ended = this.suppressionList.expire(nowMs);
    for (const entry of this.alarms.entries.values()) {
      const { suppression } = entry.record;
      if (ended.length > 0 || (suppression && suppression.untilMs <= nowMs))
        this.refresh(entry, byItself(nowMs, 'its time is over'));
      else if (entry.gone) releaseOpen(this.alarms, entry, nowMs, nowMs);
      else forget(this.alarms, entry, nowMs);
    }
    this.settleGroups();
    return ended;
  }

  private hasRoom({ source, priority }: Condition): boolean {
    const room = priority === 1 ? MAX_OPEN_ALARMS + MAX_OPEN_EMERGENCIES : MAX_OPEN_ALARMS;
    return source === SITE || this.alarms.size < room;
  }

  private acknowledge(entry: Entry, comment: string | undefined, byName: string, nowMs: number): AlarmRecord {
    const { record } = entry;
    if (record.state !== 'unacknowledged' && record.state !== 'returned')
      throw stateError(record, 'is acknowledged already');
    const cause = { nowMs, byName, reason: comment?.trim() ?? null };
    const patch: Partial<AlarmRecord> = {
      ...(comment === undefined ? {} : commented(record, comment, cause)),
      acknowledgedMs: nowMs,
      acknowledgedBy: byName,
    };
    if (record.state === 'returned' && !isLatching(record))
      return this.alarms.close(entry, 'acknowledged', patch, cause);
    const state = record.state === 'returned' ? 'latched' : 'acknowledged';
    return this.alarms.change(entry, 'acknowledged', { ...patch, state }, cause);
  }

  private shelve(entry: Entry, untilMs: number, reason: string, cause: Cause): AlarmRecord {
    const { record } = entry;
    if (record.highestPriority === 1) throw new ServiceError('SHELVE_LIMIT', `${record.id} is one.`);
    // Whoever wants to hide it for longer has to let it be seen in between.
    if (record.suppression) throw stateError(record, `is suppressed already (${record.suppression.kind})`);
    const { nowMs, byName } = cause;
    endOf(untilMs, nowMs, MAX_SHELVED_MS, 'SHELVE_LIMIT');
    const by = { byName, reason: reasonOf(reason), fromMs: nowMs, untilMs };
    return this.alarms.change(entry, 'shelved', { suppression: { kind: 'shelved', ...by } }, cause);
  }

  private putBack(id: string, entry: Entry | undefined, cause: Cause): AlarmRecord | null {
    const back = this.suppressionList.putBack(id, entry?.record);
    if (!back)
      throw entry
        ? stateError(entry.record, 'is not out of service')
        : new ServiceError('UNKNOWN_ALARM', `${id} is not open, and nothing is out of service by it.`);
    const open = this.alarms.of(back.kind, back.source);
    return open ? this.refresh(open, cause) : null;
  }

  /** Who may be told, after arrangements or time have changed. */
  private refresh(entry: Entry, cause: Cause): AlarmRecord {
    const { record } = entry;
    const before = record.suppression;
    const isShelved = before?.kind === 'shelved' && before.untilMs > cause.nowMs;
    const next =
      record.highestPriority === 1
        ? null
        : (this.suppressionList.suppressionOf(record, cause.nowMs) ?? (isShelved ? before : null));
    if (next === null) return before ? this.endSuppression(entry, cause) : record;
    if (before && isSame(before, next)) return record;
    const isMoved = before?.kind === next.kind && before.fromMs === next.fromMs;
    return this.alarms.change(entry, isMoved ? 'updated' : next.kind, { suppression: next }, cause);
  }

  private refreshAll(cause: Cause): void {
    for (const entry of this.alarms.entries.values()) this.refresh(entry, cause);
  }

  /** What is still wrong asks for a look again: nothing comes out of hiding as if it had been seen. */
  private endSuppression(entry: Entry, cause: Cause): AlarmRecord {
    const { record } = entry;
    const again = isActive(record) ? { ...UNACKNOWLEDGED, escalatedMs: cause.nowMs } : {};
    return this.alarms.change(entry, ENDS[record.suppression!.kind], { suppression: null, ...again }, cause);
  }

  private settleGroups(): void {
    const nowMs = this.seenMs;
    for (const [kind, condition] of this.overflow.changed(nowMs)) {
      if (condition) this.hold(condition, nowMs);
      else this.release(kind, SITE, nowMs);
    }
  }

  private seeClock(nowMs: number): void {
    const backMs = this.seenMs - nowMs;
    if (backMs <= JITTER_MS) {
      this.seenMs = Math.max(this.seenMs, nowMs);
      return;
    }
    this.seenMs = nowMs;
    const cause = byItself(nowMs, `the clock was set back by ${Math.round(backMs / MS_PER_S)} s`);
    this.suppressionList.shift(backMs);
    for (const was of this.alarms.entries.values()) {
      const gone = was.gone && { ...was.gone, sinceMs: was.gone.sinceMs - backMs };
      const entry = { ...was, gone, changedMs: was.changedMs - backMs };
      this.alarms.put(entry);
      const { suppression } = entry.record;
      if (suppression?.kind !== 'shelved') this.refresh(entry, cause);
      else {
        const moved = { ...suppression, untilMs: suppression.untilMs - backMs };
        this.alarms.change(entry, 'updated', { suppression: moved }, cause);
      }
    }
  }
}

const EMPTY: RegisterState = {
  lastNumber: 0,
  lastMaintenance: 0,
  seenMs: -1,
  alarms: [],
  grouped: [],
  maintenances: [],
  outOfServices: [],
};

/**
 * A book from what the store keeps. Waits of less than a minute begin again.
 *
 * @param alarms all that are not closed, oldest first
 * @param lastNumber of the newest alarm ever, closed ones too (`A000123` → 123)
 * @param arrangements as `toState` gave them
 * @param seenMs the latest instant that is known to have been, Unix ms: a clock that was set back since is found by it
 */
export function registerStateOf(
  alarms: readonly AlarmRecord[],
  lastNumber: number,
  suppressions: SuppressionListState,
  seenMs: number,
): RegisterState {
  const { lastMaintenance, maintenances, outOfServices } = suppressions;
  const entries = alarms.map((record) => ({ record, gone: null, changedMs: record.escalatedMs }));
  const grouped = alarms.flatMap(groupedOf);
  return { lastNumber, seenMs, lastMaintenance, maintenances, outOfServices, alarms: entries, grouped };
}

const isSame = (a: Suppression, b: Suppression): boolean =>
  a.kind === b.kind && a.fromMs === b.fromMs && a.untilMs === b.untilMs && a.reason === b.reason;

const stateError = ({ id, state }: AlarmRecord, why: string): ServiceError =>
  new ServiceError('ALARM_STATE', `${id} ${why}; it is ${state}.`);

function commented(
  { id, comments }: AlarmRecord,
  text: string,
  { nowMs, byName }: Cause,
): Pick<AlarmRecord, 'comments'> {
  const comment = { atMs: nowMs, byName, text: commentOf(text) };
  if (comments.length >= MAX_COMMENTS) throw new ServiceError('COMMENT_LIMIT', `${id}: ${MAX_COMMENTS}.`);
  return { comments: [...comments, comment] };
}
