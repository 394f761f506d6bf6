/** Which alarms come first, which are shown, and which wait for somebody. */
import type { AlarmKind, AlarmRecord, Priority } from '../wire.ts';

/** Nobody has said that he has seen it, and nobody has hidden it. */
export const waitsForLook = ({ state, suppression }: AlarmRecord): boolean =>
  suppression === null && (state === 'unacknowledged' || state === 'returned');

/** The gravest first; of equally grave ones those that wait for a look, then the newest. What is over and seen comes last. */
export const byGravity = (a: AlarmRecord, b: AlarmRecord): number =>
  Number(a.state === 'latched') - Number(b.state === 'latched') ||
  a.priority - b.priority ||
  Number(waitsForLook(b)) - Number(waitsForLook(a)) ||
  b.escalatedMs - a.escalatedMs ||
  (a.id < b.id ? 1 : -1);

export interface Waiting {
  readonly count: number;
  readonly mostSevere: Priority | null;
}

export function waitingOf(alarms: readonly AlarmRecord[]): Waiting {
  let count = 0;
  let mostSevere: Priority | null = null;
  for (const alarm of alarms) {
    if (!waitsForLook(alarm)) continue;
    count++;
    if (mostSevere === null || alarm.priority < mostSevere) mostSevere = alarm.priority;
  }
  return { count, mostSevere };
}

export const STATE_FILTERS = ['waiting', 'acknowledged', 'latched'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

export interface Filter {
  /** Those that nobody is told of, or all others. */
  readonly isHidden: boolean;
  readonly priority: Priority | null;
  readonly kind: AlarmKind | null;
  readonly state: StateFilter | null;
}

/** Open alarms as they are listed. */
export function listed(alarms: readonly AlarmRecord[], filter: Filter): AlarmRecord[] {
  const { isHidden, priority, kind, state } = filter;
  return alarms
    .filter((alarm) => (alarm.suppression !== null) === isHidden)
    .filter((alarm) => priority === null || alarm.priority === priority)
    .filter((alarm) => kind === null || alarm.kind === kind)
    .filter((alarm) => state === null || isIn(alarm, state))
    .sort(byGravity);
}

function isIn({ state }: AlarmRecord, filter: StateFilter): boolean {
  return filter === 'waiting' ? state === 'unacknowledged' || state === 'returned' : state === filter;
}
