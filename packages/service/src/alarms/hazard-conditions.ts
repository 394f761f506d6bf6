/** From the detector's verdicts to alarms of hazard. */
import { POLICY, type Policy } from '@emberwatch/engine/detector';
import { MAX_CLOCK_ERROR_MS } from '../limits.ts';
import { ALARM_TEXTS } from '../messages.ts';
import type { AlarmRegister } from './alarm-register.ts';
import type { Condition, EvaluatedModule } from './condition.ts';
import { type GasMembers, isGasAlone } from './gas.ts';
import { isActive } from './open-alarms.ts';
import { PRIORITY_OF_LEVEL } from './priority.ts';
import { rationaleOf } from './rationale.ts';

/**
 * Tells the book what the detector says of a module. Doubt (`unknown`) neither raises nor ends an alarm: only data do.
 * A module for which nothing but gas speaks is told with its air space, unless it has an alarm of its own already.
 *
 * @returns whether the gas of its air space has to be told at once
 * @param modelSha256 of the model that judges; null for the rules alone
 * @param policy the table that judges
 */
export function detector(
  register: AlarmRegister,
  gas: GasMembers,
  verdict: EvaluatedModule,
  modelSha256: string | null,
  nowMs: number,
  policy: Policy = POLICY,
): boolean {
  const { moduleId, rackId, gatewayId, timeMs, level, reasons, hazardProbability } = verdict;
  const priority = PRIORITY_OF_LEVEL[level];
  if (level === 'normal') {
    register.release('hazard', moduleId, nowMs, timeMs);
    gas.leave(moduleId);
  }
  if (priority === undefined) return false;
  const own = register.find('hazard', moduleId);
  if (isGasAlone(verdict) && !(own && isActive(own))) {
    return gas.join(verdict);
  }
  gas.leave(moduleId);
  const why = reasons[0]?.text;
  const condition: Condition = {
    kind: 'hazard',
    source: moduleId,
    rackId,
    gatewayId,
    priority,
    level,
    text: ALARM_TEXTS.hazard(moduleId, level, why, ageText(verdict)),
    reasons,
    agreement: level === 'critical' ? rationaleOf(reasons, verdict.drivers, policy) : null,
    members: [],
    hazardProbability,
    dataMs: timeMs,
    modelSha256,
  };
  register.hold(condition, nowMs);
  return false;
}

/** `; data 61 min old`: whoever reads it must not take it for the present. */
function ageText({ ageMs, clockErrorMs }: EvaluatedModule): string {
  if (typeof ageMs === 'number') return ALARM_TEXTS.dataAge(ageMs);
  const isFar = typeof clockErrorMs === 'number' && Math.abs(clockErrorMs) > MAX_CLOCK_ERROR_MS;
  return isFar ? ALARM_TEXTS.clockOfData(clockErrorMs) : '';
}
