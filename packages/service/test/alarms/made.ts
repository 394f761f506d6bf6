/** Conditions, made short. */
import type { Level } from '@emberwatch/engine/detector';
import type { Condition } from '../../src/alarms/condition.ts';
import type { AlarmKind, Priority } from '../../src/records.ts';

export const START_MS = Date.UTC(2026, 0, 1);
export const MIN_MS = 60_000;
export const HOUR_MS = 60 * MIN_MS;
export const DAY_MS = 24 * HOUR_MS;

const made = (kind: AlarmKind, source: string, priority: Priority, level: Level | null): Condition => ({
  kind,
  source,
  rackId: source.split('_')[0]!,
  gatewayId: 'gateway-1',
  priority,
  level,
  text: `${kind} of ${source}`,
  reasons: [],
  agreement: null,
  members: [],
  hazardProbability: null,
  dataMs: START_MS,
  modelSha256: null,
});

const PRIORITIES = { advisory: 3, warning: 2, critical: 1 } as const;

export const hazard = (level: keyof typeof PRIORITIES, source = 'RackA1_Module01'): Condition =>
  made('hazard', source, PRIORITIES[level], level);

export const silence = (source = 'RackA1_Module01'): Condition => made('silence', source, 4, null);
