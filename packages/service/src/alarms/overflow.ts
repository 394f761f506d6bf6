/**
 * Conditions that are more than the list of open alarms holds: one alarm for each kind stands for them, under the
 * source `site`. Nothing is dropped: each gets an alarm of its own once there is room.
 */
import { levelRank } from '@emberwatch/engine/detector';
import { ALARM_TEXTS } from '../messages.ts';
import type { AlarmKind, AlarmRecord } from '../records.ts';
import type { Condition } from './condition.ts';

/** The source of what concerns all; there is always room for it. */
export const SITE = 'site';

export type Grouped = Pick<Condition, 'kind' | 'source' | 'priority' | 'level'>;

export class Overflow {
  private readonly kinds = new Map<AlarmKind, Map<string, Grouped>>();
  private readonly dirty = new Set<AlarmKind>();

  constructor(grouped: readonly Grouped[]) {
    for (const one of grouped) this.put(one);
  }

  add({ kind, source, priority, level }: Condition): void {
    const before = this.kinds.get(kind)?.get(source);
    if (before && before.priority === priority && before.level === level) return;
    this.put({ kind, source, priority, level });
    this.dirty.add(kind);
  }

  private put(one: Grouped): void {
    let sources = this.kinds.get(one.kind);
    if (!sources) {
      sources = new Map();
      this.kinds.set(one.kind, sources);
    }
    sources.set(one.source, one);
  }

  remove(kind: AlarmKind, source: string): void {
    if (this.kinds.get(kind)?.delete(source)) this.dirty.add(kind);
  }

  grouped(): Grouped[] {
    return [...this.kinds.values()].flatMap((sources) => [...sources.values()]);
  }

  /** Whether the alarm of this kind and source stands for others. */
  isGroup(kind: AlarmKind, source: string): boolean {
    return source === SITE && this.kinds.has(kind);
  }

  /** What has changed since the last call: the condition of a kind, or null where nothing is left. */
  *changed(nowMs: number): Generator<[AlarmKind, Condition | null]> {
    for (const kind of this.dirty) {
      const sources = this.kinds.get(kind)!;
      yield [kind, sources.size === 0 ? null : conditionOf(kind, sources, nowMs)];
    }
    this.dirty.clear();
  }
}

function conditionOf(kind: AlarmKind, sources: ReadonlyMap<string, Grouped>, nowMs: number): Condition {
  let mostSevere: Grouped | undefined;
  for (const one of sources.values())
    if (
      !mostSevere ||
      one.priority < mostSevere.priority ||
      (one.level && levelRank(one.level) > levelRank(mostSevere.level ?? 'unknown'))
    )
      mostSevere = one;
  return {
    kind,
    source: SITE,
    rackId: null,
    gatewayId: null,
    priority: mostSevere!.priority,
    level: mostSevere!.level,
    text: ALARM_TEXTS.overflow(sources.size, kind),
    reasons: [],
    agreement: null,
    members: [...sources.keys()],
    hazardProbability: null,
    dataMs: nowMs,
    modelSha256: null,
  };
}

/** What an open alarm stood for that was written down before the service ended. A gateway may be called `site`, too. */
export const groupedOf = ({ kind, source, gatewayId, members, priority, level }: AlarmRecord): Grouped[] =>
  source === SITE && gatewayId === null && kind !== 'site-silence'
    ? members.map((member) => ({ kind, source: member, priority, level }))
    : [];
