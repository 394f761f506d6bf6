/** The wire form of alarms: that of `alarms/alarm.ts`, field by field. */
import type { Level, Physics } from '@emberwatch/engine/detector';
import { Type } from 'typebox';
import type { MaintenanceScope } from '../alarms/actions.ts';
import { ALARM_KINDS } from '../alarms/alarm.ts';
import { ALARM_STATES, type Suppression } from '../records.ts';
import { NullableLevel, NullableNumber, NullableString, oneOf, ReasonBody } from './schemas.ts';

const PriorityNumber = Type.Unsafe<1 | 2 | 3 | 4>({ type: 'integer', enum: [1, 2, 3, 4] });

const SuppressionBody = Type.Object({
  kind: oneOf<Suppression['kind']>(['shelved', 'out-of-service', 'maintenance']),
  byName: Type.String(),
  reason: Type.String(),
  fromMs: Type.Number(),
  untilMs: Type.Number(),
});

const AgreementBody = Type.Object({
  physics: Type.Array(oneOf<Physics>(['thermal', 'electrical', 'gas'])),
  text: Type.String(),
});

const CommentBody = Type.Object({ atMs: Type.Number(), byName: Type.String(), text: Type.String() });

export const AlarmBody = Type.Object({
  id: Type.String(),
  kind: oneOf(ALARM_KINDS),
  source: Type.String(),
  rackId: NullableString,
  gatewayId: NullableString,
  priority: PriorityNumber,
  highestPriority: PriorityNumber,
  level: NullableLevel,
  highestLevel: Type.Unsafe<Level | null>(NullableLevel),
  state: oneOf(ALARM_STATES),
  suppression: Type.Union([SuppressionBody, Type.Null()]),
  text: Type.String(),
  reasons: Type.Array(ReasonBody),
  agreement: Type.Union([AgreementBody, Type.Null()]),
  members: Type.Array(Type.String()),
  hazardProbability: NullableNumber,
  raisedMs: Type.Number(),
  escalatedMs: Type.Number(),
  returnedMs: NullableNumber,
  acknowledgedMs: NullableNumber,
  acknowledgedBy: NullableString,
  closedMs: NullableNumber,
  dataRaisedMs: Type.Number(),
  dataChangedMs: Type.Number(),
  returns: Type.Number(),
  comments: Type.Array(CommentBody),
  modelSha256: NullableString,
});

export const MaintenanceBody = Type.Object({
  id: Type.String(),
  scope: Type.Unsafe<MaintenanceScope>({
    type: 'object',
    properties: { kind: { type: 'string', enum: ['site', 'rack', 'module'] }, id: { type: 'string' } },
    required: ['kind'],
  }),
  untilMs: Type.Number(),
  reason: Type.String(),
  byName: Type.String(),
  fromMs: Type.Number(),
});
