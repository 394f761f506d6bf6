/** Alarms and their transitions for the tests of this room. */

import type { Transition, TransitionKind } from '../../src/alarms/alarm.ts';
import type { AlarmRecord } from '../../src/records.ts';

export const START_MS = Date.UTC(2026, 0, 1, 8);

export const alarmOf = (change: Partial<AlarmRecord> = {}): AlarmRecord => ({
  id: 'A000001',
  kind: 'hazard',
  source: 'RackA1_Module03',
  rackId: 'RackA1',
  gatewayId: 'gw-1',
  priority: 2,
  highestPriority: change.priority ?? 2,
  level: 'warning',
  highestLevel: 'warning',
  state: 'unacknowledged',
  suppression: null,
  text: 'Module RackA1_Module03 is hot.',
  reasons: [
    {
      rule: 'B1-60',
      physics: 'thermal',
      text: 'Hottest surface 63.2 °C (limit 60 °C)',
      value: 63.2,
      limit: 60,
      unit: 'degC',
    },
  ],
  agreement: null,
  members: [],
  hazardProbability: 0.42,
  raisedMs: START_MS,
  escalatedMs: START_MS,
  returnedMs: null,
  acknowledgedMs: null,
  acknowledgedBy: null,
  closedMs: null,
  dataRaisedMs: START_MS,
  dataChangedMs: START_MS,
  returns: 0,
  comments: [],
  modelSha256: 'ab'.repeat(32),
  ...change,
});

export const transitionOf = (
  kind: TransitionKind,
  alarm: Partial<AlarmRecord> = {},
  rest: Partial<Transition> = {},
): Transition => ({
  kind,
  atMs: alarm.raisedMs ?? START_MS,
  byName: 'emberwatch',
  reason: null,
  alarm: alarmOf(alarm),
  ...rest,
});
