/** The wire form of everything the service says. The page's own declarations are held to these by a test. */
import { LEVELS, type Level, SENSOR_FAULT_KINDS, type SensorFaultKind } from '@emberwatch/engine/detector';
import { REJECTION_REASONS } from '@emberwatch/engine/telemetry';
import { type TProperties, Type } from 'typebox';
import { ERRORS, type ErrorCode } from '../errors.ts';
import type { IngestRejection } from '../monitor/intake.ts';
import { SIGNATURE_STATES } from '../monitor/model-signature.ts';
import { REJECTION_TEXTS } from '../monitor/reject-codes.ts';
import { SIDE_STREAM_KINDS, type SideStreamKind } from '../monitor/side-streams.ts';

/** Enumerations as plain JSON schema: a union of literals is slow to write. */
export const oneOf = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values] });
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });
export const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] });
export const LevelName = oneOf<Level>(LEVELS);
export const NullableLevel = Type.Unsafe<Level | null>({ type: ['string', 'null'], enum: [...LEVELS, null] });

export const ReasonBody = Type.Object({
  rule: Type.String(),
  physics: Type.Unsafe<'thermal' | 'electrical' | 'gas' | null>({ type: ['string', 'null'] }),
  text: Type.String(),
  value: NullableNumber,
  limit: NullableNumber,
  unit: NullableString,
});

/** Seconds to the point of no return, given that it comes: low and high are quantiles of the model. */
export const TimeToPnrBody = Type.Object({
  lowS: Type.Number(),
  medianS: Type.Number(),
  highS: Type.Number(),
});

const DriverBody = Type.Object({
  feature: Type.String(),
  label: Type.String(),
  unit: Type.String(),
  digits: Type.Number(),
  value: NullableNumber,
  share: Type.Number(),
});

export const ModuleBody = Type.Object({
  moduleId: Type.String(),
  rackId: NullableString,
  timeMs: Type.Number(),
  level: LevelName,
  sinceMs: Type.Number(),
  reasons: Type.Array(ReasonBody),
  missing: Type.Array(Type.String()),
  hazardProbability: NullableNumber,
  timeToPnr: Type.Union([TimeToPnrBody, Type.Null()]),
  drivers: Type.Union([Type.Array(DriverBody), Type.Null()]),
  lastKnownLevel: NullableLevel,
  isSilent: Type.Boolean(),
  /** Of data that are not of now, ms; else null. */
  ageMs: NullableNumber,
  /** Of stamps that are not believed, ms, ahead is positive; else null. */
  clockErrorMs: NullableNumber,
  /** Who delivers it; null before the first frame. */
  gatewayId: NullableString,
  values: Type.Record(Type.String(), NullableNumber),
  /** Of the frames of its gateway alone. */
  ownLevel: LevelName,
  /** Frames of other senders, late and contradicting ones, each evaluated by itself; the gravest first. */
  sideStreams: Type.Array(
    Type.Object({
      gatewayId: Type.String(),
      number: Type.Number(),
      kind: oneOf(Object.keys(SIDE_STREAM_KINDS) as SideStreamKind[]),
      level: LevelName,
      frames: Type.Number(),
      timeMs: Type.Number(),
      lastArrivalMs: Type.Number(),
      hottestDegC: NullableNumber,
      reasons: Type.Array(Type.String()),
    }),
  ),
});

/** A module that a person took out of the watch, and that has not delivered since. */
export const RetiredBody = Type.Object({
  moduleId: Type.String(),
  rackId: NullableString,
  gatewayId: NullableString,
  retiredMs: Type.Number(),
  byName: Type.String(),
  reason: Type.String(),
  lastFrameMs: NullableNumber,
  lastLevel: NullableLevel,
  lastHottestDegC: NullableNumber,
});

export const ChangeBody = Type.Object({
  seq: Type.Number(),
  seenMs: Type.Number(),
  timeMs: Type.Number(),
  moduleId: Type.String(),
  rackId: NullableString,
  from: LevelName,
  to: LevelName,
  reasons: Type.Array(ReasonBody),
});

export const SensorFaultBody = Type.Object({
  moduleId: Type.String(),
  channel: Type.String(),
  kind: oneOf(Object.keys(SENSOR_FAULT_KINDS) as SensorFaultKind[]),
  fromMs: Type.Number(),
  toMs: NullableNumber,
  text: Type.String(),
  /** The highest temperature that it has read while it was not believed. */
  hottestDegC: Type.Optional(Type.Number()),
});

export const SignalBody = Type.Object({
  id: Type.String(),
  label: Type.String(),
  unit: Type.String(),
  hasTrend: Type.Boolean(),
});

export const UnknownFieldBody = Type.Object({ field: Type.String(), didYouMean: NullableString });

export const HealthBody = Type.Object({
  /** `waiting`: no frame yet. `no-data`: nothing has arrived for too long. `failing`: the detector failed. */
  status: oneOf(['ok', 'waiting', 'no-data', 'failing'] as const),
  /** What the site is called, and its time zone (IANA); null where the settings do not say. */
  site: Type.Object({ name: Type.String(), title: NullableString, timeZone: NullableString }),
  startedMs: Type.Number(),
  nowMs: Type.Number(),
  /** Time of the data; null before the first frame. */
  clockMs: NullableNumber,
  /** The clock is that of the data, and nobody is notified. */
  isPlayback: Type.Boolean(),
  /** By how much the clock of this computer seems to be ahead (behind: negative); null: it is believed. */
  hostClockErrorMs: NullableNumber,
  /** Data time in one unit of wall time: 1 is live; null while it cannot be told. */
  rate: NullableNumber,
  lastFrameMs: NullableNumber,
  lastFrameAgeMs: NullableNumber,
  batches: Type.Number(),
  framesAccepted: Type.Number(),
  /** Older than what was judged of their module: stored, not judged. */
  framesLate: Type.Number(),
  framesRepeated: Type.Number(),
  rowsRejected: Type.Number(),
  valuesRejected: Type.Number(),
  rejectionsByReason: Type.Record(Type.String(), Type.Number()),
  /** Delivered within the last hour and ignored, because no channel is called so: the first of them by gateway. */
  unknownFields: Type.Array(Type.Object({ gatewayId: Type.String(), ...UnknownFieldBody.properties })),
  unknownFieldCount: Type.Number(),
  modules: Type.Number(),
  modulesSilent: Type.Number(),
  modulesLimit: Type.Number(),
  /** Patterns of `site.spaces` that name no rack: a slip leaves its racks in the space of the others. */
  spacesUnmatched: Type.Array(Type.Object({ space: Type.String(), pattern: Type.String() })),
  clients: Type.Number(),
  clientsDropped: Type.Number(),
  detectorFailures: Type.Number(),
  detectorMessage: NullableString,
  /** What judges beside the rules; null: the rules alone. */
  model: Type.Union([
    Type.Object({ name: Type.String(), sha256: Type.String(), signature: oneOf(SIGNATURE_STATES) }),
    Type.Null(),
  ]),
  /** Gateways whose tokens may deliver any module. */
  gatewaysOfAnyModule: Type.Array(Type.String()),
  /** Why the site is not ready: `recovering`, `storage`, `detector`, …; empty: it is. */
  obstacles: Type.Array(Type.String()),
});

const SeriesBody = Type.Object({
  id: Type.String(),
  label: Type.String(),
  unit: Type.String(),
  min: Type.Array(NullableNumber),
  max: Type.Array(NullableNumber),
});

export const TrendBody = Type.Object({
  moduleId: Type.String(),
  stepMs: Type.Number(),
  windowMs: Type.Number(),
  timesMs: Type.Array(Type.Number()),
  series: Type.Array(SeriesBody),
});

const HistorySeriesBody = Type.Object({
  id: Type.String(),
  unit: Type.String(),
  min: Type.Array(NullableNumber),
  mean: Type.Array(NullableNumber),
  max: Type.Array(NullableNumber),
});

export const HistoryBody = Type.Object({
  moduleId: Type.String(),
  tier: Type.String(),
  /** 0: each point is a frame. */
  stepMs: Type.Number(),
  timesMs: Type.Array(Type.Number()),
  series: Type.Array(HistorySeriesBody),
  /** Positions in `timesMs` with a frame that came late: stored, not judged. */
  late: Type.Array(Type.Number()),
});

export const IdParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });

/** `cursor`: that of the page before. */
export const pageQuery = <T extends TProperties>(max: number, fields: T) =>
  Type.Object(
    {
      ...fields,
      limit: Type.Integer({ minimum: 1, maximum: max, default: Math.min(100, max) }),
      cursor: Type.Optional(Type.String({ maxLength: 200 })),
    },
    { additionalProperties: false },
  );

const RejectionBody = Type.Object({
  reason: oneOf([
    ...Object.keys(REJECTION_REASONS),
    ...Object.keys(REJECTION_TEXTS),
  ] as IngestRejection['reason'][]),
  scope: oneOf(['row', 'value'] as const),
  line: Type.Number(),
  column: NullableString,
  value: NullableString,
});

export const ErrorBodySchema = Type.Object({
  error: Type.Object({
    code: oneOf(Object.keys(ERRORS) as ErrorCode[]),
    message: Type.String(),
    retriable: Type.Boolean(),
    detail: Type.Optional(Type.String()),
  }),
});

const ingestFields = {
  accepted: Type.Number(),
  /** Of these, how many were old when they arrived: evaluated, and not taken for the present. Absent where none was. */
  old: Type.Optional(Type.Number()),
  late: Type.Number(),
  repeated: Type.Number(),
  rejected: Type.Number(),
  rejectedValues: Type.Number(),
  rejections: Type.Array(RejectionBody),
  /** Fields that were ignored because nobody knows them, each once; `didYouMean`: the known one that it resembles. */
  unknownFields: Type.Array(UnknownFieldBody),
  /** How often further ones stood there. */
  moreUnknownFields: Type.Number(),
};

export const IngestBody = Type.Object(ingestFields);

/** `events`: what the BMS itself reports. */
export const SunSpecBody = Type.Object({ ...ingestFields, events: Type.Array(Type.Unknown()) });

/** A body of which nothing was taken answers with both: the error and what was wrong with each row. */
export const IngestErrorBody = Type.Object({
  error: ErrorBodySchema.properties.error,
  accepted: Type.Optional(ingestFields.accepted),
  old: ingestFields.old,
  late: Type.Optional(ingestFields.late),
  repeated: Type.Optional(ingestFields.repeated),
  rejected: Type.Optional(ingestFields.rejected),
  rejectedValues: Type.Optional(ingestFields.rejectedValues),
  rejections: Type.Optional(ingestFields.rejections),
  unknownFields: Type.Optional(ingestFields.unknownFields),
  moreUnknownFields: Type.Optional(ingestFields.moreUnknownFields),
});
