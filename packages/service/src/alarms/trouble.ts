/** Trouble with watching as a condition, with its priority. */
import type { AlarmKind, Priority } from '../records.ts';
import type { Condition } from './condition.ts';

/**
 * What leaves the whole site unwatched is as urgent as a warning: behind it a fire could go on unseen, as at the
 * Victorian Big Battery. What leaves a gateway unwatched, or people untold, is next; the rest waits for the day shift.
 * A store that takes nothing is of the first kind: without an acknowledgement gateways send the same again and nothing
 * newer. So are senders that contradict each other, and modules that are turned away: one of them may burn.
 */
const PRIORITY_OF_TROUBLE: Readonly<Record<Exclude<AlarmKind, 'hazard' | 'gas'>, Priority>> = {
  'site-silence': 2,
  storage: 2,
  detector: 2,
  canary: 2,
  'host-clock': 2,
  'duplicate-sender': 2,
  'module-limit': 2,
  'gateway-silence': 3,
  notification: 3,
  'late-frames': 3,
  'lost-channel': 3,
  silence: 4,
  unjudged: 4,
  'sensor-fault': 4,
  clock: 4,
  rejections: 4,
  'ignored-fields': 4,
};

/** Their source is a gateway. */
const OF_GATEWAY: ReadonlySet<AlarmKind> = new Set([
  'gateway-silence',
  'rejections',
  'ignored-fields',
  'late-frames',
  'module-limit',
]);

export function trouble(
  kind: Exclude<AlarmKind, 'hazard' | 'gas'>,
  source: string,
  text: string,
  nowMs: number,
): Condition {
  return {
    kind,
    source,
    rackId: null,
    gatewayId: OF_GATEWAY.has(kind) ? source : null,
    priority: PRIORITY_OF_TROUBLE[kind],
    level: null,
    text,
    reasons: [],
    agreement: null,
    members: [],
    hazardProbability: null,
    dataMs: nowMs,
    modelSha256: null,
  };
}
