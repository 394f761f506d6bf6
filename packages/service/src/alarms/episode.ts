/**
 * One condition over time: raised, graver, less grave, gone, back.
 *
 * At most one alarm of a condition is not closed. A condition that comes back while its alarm waits for an
 * acknowledgement or a reset renews it, and it must be acknowledged again; later it is another alarm. Chatter is kept
 * out before it begins: trouble has to be gone for a minute before it counts as returned, so that no alarm can make
 * three transitions in a minute, which is what ISA-18.2 calls chattering. Hazards need no such wait: every row of the
 * detector's policy stays until it was clear for a minute or more.
 */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import type { AlarmRecord, Priority, Suppression } from '../records.ts';
import {
  type Condition,
  hasOtherRules,
  hasOthers,
  isMoreSevere,
  moreSevereLevel,
  wordsOf,
} from './condition.ts';
import {
  byItself,
  type Cause,
  ENDS,
  type Entry,
  isActive,
  isLatching,
  type OpenAlarms,
  UNACKNOWLEDGED,
} from './open-alarms.ts';

/** Trouble that is gone for less than this has not been gone. */
export const RETURN_DELAY_MS = MS_PER_MIN;
/** Trouble that has returned closes by itself once every shift of a day could have seen it. */
export const TROUBLE_KEPT_MS = MS_PER_DAY;
/** What is new in an alarm is taken over so often at most; what is gone from it, once a minute. */
const NEWS_EVERY_MS = 10 * MS_PER_S;
const LESS_EVERY_MS = MS_PER_MIN;

export function raise(
  alarms: OpenAlarms,
  id: string,
  condition: Condition,
  suppression: Suppression | null,
  nowMs: number,
): void {
  const { kind, source, priority, level, dataMs } = condition;
  const record: AlarmRecord = {
    id,
    kind,
    source,
    ...wordsOf(condition),
    highestPriority: priority,
    highestLevel: level,
    ...UNACKNOWLEDGED,
    suppression: priority === 1 ? null : suppression,
    raisedMs: nowMs,
    escalatedMs: nowMs,
    returnedMs: null,
    closedMs: null,
    dataRaisedMs: dataMs,
    returns: 0,
    comments: [],
  };
  alarms.change({ record, gone: null, changedMs: nowMs }, 'raised', {}, byItself(nowMs));
}

/** The condition of an open alarm holds. */
export function holdOpen(alarms: OpenAlarms, was: Entry, condition: Condition, nowMs: number): void {
  const entry = was.gone ? { ...was, gone: null } : was;
  if (was.gone) alarms.put(entry);
  const { record } = entry;
  if (!isActive(record)) {
    const again = { ...UNACKNOWLEDGED, returnedMs: null, returns: record.returns + 1 };
    rise(alarms, entry, 'renewed', condition, again, nowMs);
  } else if (isMoreSevere(condition, record))
    rise(alarms, entry, 'escalated', condition, UNACKNOWLEDGED, nowMs);
  else if (condition.priority !== record.priority || condition.level !== record.level)
    alarms.change(entry, 'eased', wordsOf(condition), byItself(nowMs));
  else update(alarms, entry, condition, nowMs);
}

/** An emergency is seen by everybody, from here to the end of its episode. */
function rise(
  alarms: OpenAlarms,
  was: Entry,
  kind: 'renewed' | 'escalated',
  condition: Condition,
  patch: Partial<AlarmRecord>,
  nowMs: number,
): void {
  let entry = was;
  const { suppression, highestPriority, highestLevel } = was.record;
  const isSpreading = isShelvedGas(was.record);
  if (suppression && (condition.priority === 1 || isSpreading)) {
    const cause = byItself(nowMs, isSpreading ? 'it has spread or grown graver' : 'emergency');
    const record = alarms.change(was, ENDS[suppression.kind], { suppression: null }, cause);
    entry = { ...was, record };
  }
  const highest = {
    highestPriority: Math.min(highestPriority, condition.priority) as Priority,
    highestLevel: moreSevereLevel(highestLevel, condition.level),
  };
  const risen = { ...wordsOf(condition), ...patch, ...highest, escalatedMs: nowMs };
  alarms.change(entry, kind, risen, byItself(nowMs));
}

/** Who shelved it saw other modules than those that it has reached since. */
const isShelvedGas = ({ kind, suppression }: AlarmRecord): boolean =>
  kind === 'gas' && suppression?.kind === 'shelved';

/** The same gravity: what is new is taken over, without asking anybody for a look unless it was acknowledged. */
function update(alarms: OpenAlarms, entry: Entry, condition: Condition, nowMs: number): void {
  const { record, changedMs } = entry;
  const { members, reasons } = condition;
  const hasMore = hasOthers(members, record.members);
  if (hasMore && (record.state === 'acknowledged' || isShelvedGas(record))) {
    rise(alarms, entry, 'escalated', condition, UNACKNOWLEDGED, nowMs);
    return;
  }
  const isNewHazard = hasMore || hasOtherRules(reasons, record.reasons);
  const isLess = hasOthers(record.members, members) || hasOtherRules(record.reasons, reasons);
  const waitMs = isNewHazard ? NEWS_EVERY_MS : LESS_EVERY_MS;
  if ((isNewHazard || isLess) && nowMs - changedMs >= waitMs)
    alarms.change(entry, 'updated', wordsOf(condition), byItself(nowMs));
}

/** The condition of an active alarm does not hold. */
export function releaseOpen(
  alarms: OpenAlarms,
  was: Entry,
  nowMs: number,
  dataMs: number,
  cause: Cause = byItself(nowMs),
): void {
  const gone = was.gone ?? { sinceMs: nowMs, dataMs };
  const { record } = was;
  if (record.kind !== 'hazard' && nowMs - gone.sinceMs < RETURN_DELAY_MS) {
    if (!was.gone) alarms.put({ ...was, gone });
    return;
  }
  const entry = { ...was, gone: null };
  const patch = { returnedMs: nowMs, dataChangedMs: gone.dataMs };
  if (record.state === 'acknowledged' && !isLatching(record)) alarms.close(entry, 'returned', patch, cause);
  else {
    const state = record.state === 'acknowledged' ? 'latched' : 'returned';
    alarms.change(entry, 'returned', { ...patch, state }, cause);
  }
}

/** Closes trouble that has returned and that nobody acknowledges. */
export function forget(alarms: OpenAlarms, entry: Entry, nowMs: number): void {
  const { state, highestPriority, returnedMs } = entry.record;
  if (state !== 'returned' || highestPriority !== 4 || nowMs - returnedMs! < TROUBLE_KEPT_MS) return;
  const reason = `returned, and not acknowledged within ${TROUBLE_KEPT_MS / MS_PER_H} h`;
  alarms.close(entry, 'closed', {}, byItself(nowMs, reason));
}
