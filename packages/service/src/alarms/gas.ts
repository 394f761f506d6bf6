/**
 * Gas of one air space is one alarm, with the modules as members that have no other reason: a venting module gasses its
 * neighbours, and eight alarms of one cause would hide the one that matters. A module that is critical, or for which
 * heat, voltage or the model speak, too, always has an alarm of its own.
 */
import { type Level, levelRank, type Reason, type SpaceMap } from '@emberwatch/engine/detector';
import { ALARM_TEXTS } from '../messages.ts';
import type { AlarmRecord } from '../records.ts';
import type { Condition, EvaluatedModule } from './condition.ts';
import { isActive } from './open-alarms.ts';
import { PRIORITY_OF_LEVEL } from './priority.ts';

interface Member {
  readonly moduleId: string;
  readonly space: string;
  readonly rackId: string | null;
  readonly gatewayId: string | null;
  readonly level: Level;
  readonly reasons: readonly Reason[];
  readonly timeMs: number;
}

/** Of doubt and silence: they are no evidence of anything else. */
const NO_EVIDENCE: ReadonlySet<string> = new Set(['doubt', 'silence']);

/** Below critical, and nothing but gas speaks for it. */
export function isGasAlone({ level, reasons }: Pick<EvaluatedModule, 'level' | 'reasons'>): boolean {
  if (level !== 'advisory' && level !== 'warning') return false;
  const evidence = reasons.filter(({ rule }) => !NO_EVIDENCE.has(rule));
  return evidence.length > 0 && evidence.every(({ physics }) => physics === 'gas');
}

export class GasMembers {
  private readonly members = new Map<string, Member>();
  private readonly spaces: SpaceMap;
  /** Gravest level of each space that its alarm says already. */
  private readonly reportedRank = new Map<string, number>();

  /** @param open alarms as they were kept: only data end a membership, no restart does */
  constructor(spaces: SpaceMap, open: readonly AlarmRecord[]) {
    this.spaces = spaces;
    for (const alarm of open) {
      if (alarm.kind !== 'gas' || !isActive(alarm)) continue;
      const { source: space, rackId, gatewayId, reasons, dataChangedMs: timeMs } = alarm;
      const level = alarm.level ?? 'advisory';
      this.reportedRank.set(space, levelRank(level));
      for (const moduleId of alarm.members)
        this.members.set(moduleId, { moduleId, space, rackId, gatewayId, level, reasons, timeMs });
    }
  }

  has(moduleId: string): boolean {
    return this.members.has(moduleId);
  }

  ids(): string[] {
    return [...this.members.keys()];
  }

  /** @returns whether its space has to be told at once: the first there, or graver than all others */
  join({ moduleId, rackId, gatewayId, level, reasons, timeMs }: EvaluatedModule): boolean {
    const space = this.spaces.of(rackId);
    this.members.set(moduleId, { moduleId, space, rackId, gatewayId, level, reasons, timeMs });
    const rank = levelRank(level);
    if (rank <= (this.reportedRank.get(space) ?? 0)) return false;
    this.reportedRank.set(space, rank);
    return true;
  }

  leave(moduleId: string): void {
    this.members.delete(moduleId);
  }

  /** One for each space that has members. */
  conditions(modelSha256: string | null): Condition[] {
    const spaces = new Map<string, Member[]>();
    for (const member of this.members.values()) {
      const list = spaces.get(member.space);
      if (list) list.push(member);
      else spaces.set(member.space, [member]);
    }
    this.reportedRank.clear();
    return [...spaces].map(([space, members]) => {
      const condition = conditionOf(space, members, modelSha256);
      this.reportedRank.set(space, levelRank(condition.level));
      return condition;
    });
  }
}

/** How far its strongest gas is over its limit. */
const excessOf = ({ reasons }: Member): number =>
  Math.max(0, ...reasons.map(({ value, limit }) => (value !== null && limit ? value / limit : 0)));

function conditionOf(
  space: string,
  members: Member[],
  modelSha256: string | null,
): Condition & { level: Level } {
  // The strongest first: of a long list only the first are shown with their signals.
  const sorted = members
    .map((member) => ({ member, rank: levelRank(member.level), excess: excessOf(member) }))
    .sort(
      (a, b) => b.rank - a.rank || b.excess - a.excess || (a.member.moduleId < b.member.moduleId ? -1 : 1),
    )
    .map(({ member }) => member);
  const strongest = sorted[0]!;
  const { moduleId, level, reasons } = strongest;
  const racks = new Set(sorted.map(({ rackId }) => rackId));
  const gateways = new Set(sorted.map(({ gatewayId }) => gatewayId));
  const rackId = racks.size === 1 ? strongest.rackId : null;
  const why = reasons[0]?.text;
  return {
    kind: 'gas',
    source: space,
    rackId,
    gatewayId: gateways.size === 1 ? strongest.gatewayId : null,
    priority: PRIORITY_OF_LEVEL[level]!,
    level,
    text: ALARM_TEXTS.gas(space, level, sorted.length, rackId, moduleId, why),
    reasons,
    agreement: null,
    members: sorted.map((member) => member.moduleId),
    hazardProbability: null,
    dataMs: Math.max(...sorted.map(({ timeMs }) => timeMs)),
    modelSha256,
  };
}
