/** From the detector's verdicts to alarms of hazard. */
import { type Level, POLICY, type Policy, type Verdict } from '@emberwatch/engine/detector';
import { agreementOf } from './agreement.ts';
import type { Priority } from './alarm.ts';
import type { AlarmBook } from './book.ts';
import type { Condition } from './condition.ts';

const PRIORITY_OF_LEVEL: Partial<Record<Level, Priority>> = { critical: 1, warning: 2, advisory: 3 };

export type Judged = Pick<
  Verdict,
  'moduleId' | 'rackId' | 'timeMs' | 'level' | 'reasons' | 'hazardProbability' | 'drivers'
> & { readonly gatewayId: string | null };

/**
 * Tells the book what the detector says of a module. Doubt (`unknown`) neither raises nor ends an alarm: only data do.
 *
 * @param modelSha256 of the model that judges; null for the rules alone
 * @param policy the table that judges
 */
export function judge(
  book: AlarmBook,
  verdict: Judged,
  modelSha256: string | null,
  nowMs: number,
  policy: Policy = POLICY,
): void {
  const { moduleId, rackId, gatewayId, timeMs, level, reasons, hazardProbability } = verdict;
  const priority = PRIORITY_OF_LEVEL[level];
  if (level === 'normal') book.release('hazard', moduleId, nowMs, timeMs);
  if (priority === undefined) return;
  const why = reasons[0]?.text;
  const condition: Condition = {
    kind: 'hazard',
    source: moduleId,
    rackId,
    gatewayId,
    priority,
    level,
    text: `${moduleId}: ${level}${why ? `, ${why}` : ''}.`,
    reasons,
    agreement: level === 'critical' ? agreementOf(reasons, verdict.drivers, policy) : null,
    members: [],
    hazardProbability,
    dataMs: timeMs,
    modelSha256,
  };
  book.hold(condition, nowMs);
}
