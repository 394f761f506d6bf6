/** What happened in a period as one list, as it became known. */
import type { Level } from '@emberwatch/engine/detector';
import { isAlarm } from '../live/severity.ts';
import type { AlarmRecord } from '../wire.ts';
import type { RecordedHistory } from './recorded-history.ts';

export interface PastEvent {
  readonly key: string;
  readonly kind: 'change' | 'alarm';
  readonly timeMs: number;
  readonly moduleId: string;
  readonly from: Level | null;
  readonly to: Level;
  /** Of an alarm. */
  readonly alarmId: string | null;
  /** Null of an alarm: its own words are those of what it became later. */
  readonly text: string | null;
}

/** Oldest first; an alarm stands behind the change that raised it. Changes that concern no alarm level are left out. */
export function eventsOf({ changes, alarms }: RecordedHistory): PastEvent[] {
  const recorded = changes
    .filter(({ from, to }) => isAlarm(from) || isAlarm(to))
    .map(
      ({ seq, timeMs, moduleId, from, to, reasons }): PastEvent => ({
        key: `c${seq}`,
        kind: 'change',
        timeMs,
        moduleId,
        from,
        to,
        alarmId: null,
        text: reasons[0]?.text ?? null,
      }),
    );
  const levels = new Map(changes.map(({ moduleId, timeMs, to }) => [`${moduleId} ${timeMs}`, to]));
  const raised = alarms.map(
    (alarm): PastEvent => ({
      key: alarm.id,
      kind: 'alarm',
      timeMs: alarm.dataRaisedMs,
      moduleId: moduleOf(alarm),
      from: null,
      // What it became later was not known yet.
      to: levels.get(`${moduleOf(alarm)} ${alarm.dataRaisedMs}`) ?? alarm.highestLevel ?? 'unknown',
      alarmId: alarm.id,
      text: null,
    }),
  );
  return [...recorded, ...raised].sort((a, b) => a.timeMs - b.timeMs || (a.kind < b.kind ? 1 : -1));
}

/** Of gas in an air space the module where it is strongest. */
const moduleOf = ({ kind, source, members }: AlarmRecord): string =>
  kind === 'gas' ? (members[0] ?? source) : source;

/** The instant of the next event after a time, or of the last one before it; null: there is none. */
export function neighbourMs(
  events: readonly PastEvent[],
  timeMs: number,
  direction: 'before' | 'after',
): number | null {
  const found =
    direction === 'after'
      ? events.find((event) => event.timeMs > timeMs)
      : events.findLast((event) => event.timeMs < timeMs);
  return found?.timeMs ?? null;
}
