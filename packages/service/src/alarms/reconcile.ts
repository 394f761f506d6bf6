/** From the conditions of this instant to the book: what is there is held, what is gone is released. */
import type { AlarmKind } from '../records.ts';
import type { AlarmRegister } from './alarm-register.ts';
import type { Condition } from './condition.ts';

/** Who is told of singly once a group is no longer one. */
const SINGLES: Partial<Record<AlarmKind, readonly Exclude<AlarmKind, 'hazard'>[]>> = {
  'site-silence': ['gateway-silence', 'silence'],
  'gateway-silence': ['silence'],
  unjudged: ['unjudged'],
  'sensor-fault': ['sensor-fault'],
  'duplicate-sender': ['duplicate-sender'],
};

const SILENCES: ReadonlySet<AlarmKind> = new Set(['silence', 'gateway-silence', 'site-silence']);

/**
 * Holds what is there and releases what is gone, of all kinds but hazards.
 *
 * What a group tells is not told singly beside it: an alarm of a module that joins a group closes, told by the group,
 * and when part of a group comes back the rest is told singly once the group has returned.
 *
 * @param isWaiting senders have time to come back after a start: who is silent is not told, and nobody is told that a
 * silence has ended
 */
export function reconcile(
  register: AlarmRegister,
  conditions: readonly Condition[],
  nowMs: number,
  isWaiting = false,
): void {
  const held = new Set<string>();
  for (const { kind, source } of conditions) held.add(`${kind} ${source}`);
  const waning = new Members();
  const known = new Set<string>();
  for (const record of register.open()) {
    const isActive = record.state === 'unacknowledged' || record.state === 'acknowledged';
    if (!isActive) continue;
    known.add(`${record.kind} ${record.source}`);
    if (!held.has(`${record.kind} ${record.source}`)) waning.add(record);
  }
  for (const condition of conditions) {
    const isReported =
      waning.of(condition) !== undefined && !known.has(`${condition.kind} ${condition.source}`);
    if (isReported) continue;
    register.hold(condition, nowMs);
  }
  let groups: Members | undefined;
  for (const { kind, source } of [...register.active()]) {
    if (kind === 'hazard' || held.has(`${kind} ${source}`)) continue;
    if (isWaiting && SILENCES.has(kind)) continue;
    if (!groups) {
      groups = new Members();
      for (const condition of conditions) groups.add(condition);
    }
    const group = groups.of({ kind, source, members: [] });
    const by = group && register.find(group.kind, group.source);
    if (by) register.absorb(kind, source, by, nowMs);
    else register.release(kind, source, nowMs);
  }
}

type Group = Pick<Condition, 'kind' | 'source' | 'members'>;

/** Which group tells of a condition. */
class Members {
  private readonly groups = new Map<string, Group>();

  add(group: Group): void {
    if (group.members.length === 0) return;
    for (const kind of SINGLES[group.kind] ?? [])
      for (const member of group.members) this.groups.set(`${kind} ${member}`, group);
    if (group.kind === 'site-silence') this.groups.set('gateway-silence', group);
  }

  /** A gateway is told by a site only. */
  of({ kind, source }: Group): Group | undefined {
    return this.groups.size === 0
      ? undefined
      : this.groups.get(kind === 'gateway-silence' ? kind : `${kind} ${source}`);
  }
}
