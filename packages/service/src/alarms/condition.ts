/** What an alarm is about, as it stands now. */
import { type Level, levelRank, type Reason, type Verdict } from '@emberwatch/engine/detector';
import type { AlarmKind, AlarmRecord, Priority } from '../records.ts';

const MAX_MEMBERS = 2048;
const MAX_REASONS = 20;
const MAX_TEXT_CHARS = 1000;

/** What the detector says of a module, as far as it makes alarms. */
export type EvaluatedModule = Pick<
  Verdict,
  'moduleId' | 'rackId' | 'timeMs' | 'level' | 'reasons' | 'hazardProbability' | 'drivers'
> & {
  readonly gatewayId: string | null;
  /** Of data that are not of now; null or absent: they are. */
  readonly ageMs?: number | null;
  readonly clockErrorMs?: number | null;
};

/** Something that is wrong, as it stands now. */
export interface Condition {
  readonly kind: AlarmKind;
  readonly source: string;
  readonly rackId: string | null;
  readonly gatewayId: string | null;
  readonly priority: Priority;
  readonly level: Level | null;
  /** One sentence that stays the same while the condition does. */
  readonly text: string;
  readonly reasons: readonly Reason[];
  readonly agreement: AlarmRecord['agreement'];
  readonly members: readonly string[];
  readonly hazardProbability: number | null;
  /** Time of the data; of trouble the wall clock, Unix ms. */
  readonly dataMs: number;
  readonly modelSha256: string | null;
}

export const isMoreSevere = (condition: Condition, record: AlarmRecord): boolean =>
  condition.priority < record.priority ||
  (condition.level !== null && record.level !== null && levelRank(condition.level) > levelRank(record.level));

export const moreSevereLevel = (a: Level | null, b: Level | null): Level | null =>
  a !== null && b !== null && levelRank(b) > levelRank(a) ? b : a;

/** What an alarm takes over from its condition. */
export const wordsOf = (condition: Condition) => ({
  rackId: condition.rackId,
  gatewayId: condition.gatewayId,
  priority: condition.priority,
  level: condition.level,
  text: condition.text,
  reasons: condition.reasons,
  agreement: condition.agreement,
  members: condition.members,
  hazardProbability: condition.hazardProbability,
  dataChangedMs: condition.dataMs,
  modelSha256: condition.modelSha256,
});

/** Cut to what an alarm keeps; the text says how many there are. */
export function bounded(condition: Condition): Condition {
  const { text, reasons, members } = condition;
  if (text.length <= MAX_TEXT_CHARS && reasons.length <= MAX_REASONS && members.length <= MAX_MEMBERS)
    return condition;
  return {
    ...condition,
    text: text.slice(0, MAX_TEXT_CHARS),
    reasons: reasons.slice(0, MAX_REASONS),
    members: members.slice(0, MAX_MEMBERS),
  };
}

/** Whether `next` has one that `known` does not have. */
export function hasOthers(next: readonly string[], known: readonly string[]): boolean {
  if (next.length === known.length && next.every((one, i) => one === known[i])) return false;
  const names = new Set(known);
  return next.some((one) => !names.has(one));
}

export const hasOtherRules = (next: readonly Reason[], known: readonly Reason[]): boolean =>
  next.some(({ rule }) => !known.some((other) => other.rule === rule));
