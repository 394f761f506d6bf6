/** What the service sends, as the page reads it. A test of the service holds these to its schemas. */
import type {
  Driver,
  Level,
  LevelChange,
  Physics,
  Reason,
  SensorFault,
  TimeToPnr,
} from '@emberwatch/engine/detector';

export interface Signal {
  id: string;
  label: string;
  unit: string;
  hasTrend: boolean;
}

export interface ModuleState {
  moduleId: string;
  rackId: string | null;
  timeMs: number;
  level: Level;
  sinceMs: number;
  reasons: Reason[];
  missing: string[];
  /** Null without a model, or while the data cannot be believed. */
  hazardProbability: number | null;
  timeToPnr: TimeToPnr | null;
  drivers: Pick<Driver, 'label' | 'unit' | 'digits' | 'value' | 'share'>[] | null;
  lastKnownLevel: Level | null;
  isSilent: boolean;
  /** Of data that are not of now. */
  ageMs: number | null;
  /** Of stamps that are not believed; ahead is positive. */
  clockErrorMs: number | null;
  /** Who delivers it. */
  gatewayId: string | null;
  values: Record<string, number | null>;
  /** Of the frames of its gateway alone. */
  ownLevel: Level;
  /** Frames of other senders, late and contradicting ones, each evaluated by itself; the gravest first. */
  sideStreams: SideStream[];
}

export interface SideStream {
  number: number;
  gatewayId: string;
  kind: 'gateway' | 'late' | 'alternating';
  level: Level;
  frames: number;
  timeMs: number;
  lastArrivalMs: number;
  hottestDegC: number | null;
  reasons: string[];
}

export interface ChangeEntry extends LevelChange {
  seq: number;
  seenMs: number;
}

export interface Health {
  status: 'ok' | 'waiting' | 'no-data' | 'failing';
  site?: { name: string; title: string | null; timeZone: string | null };
  nowMs: number;
  clockMs: number | null;
  isPlayback: boolean;
  /** How far the clock of the service seems to be ahead of the gateways; null: it is believed. */
  hostClockErrorMs: number | null;
  rate: number | null;
  lastFrameMs: number | null;
  framesAccepted: number;
  rowsRejected: number;
  valuesRejected: number;
  rejectionsByReason: Record<string, number>;
  modules: number;
  modulesSilent: number;
  detectorMessage: string | null;
  model: { name: string; sha256: string; signature: ModelSignature } | null;
}

/** A module that a person took out of the watch, and that has not delivered since. */
export interface RetiredModule {
  moduleId: string;
  rackId: string | null;
  retiredMs: number;
  byName: string;
  reason: string;
  lastFrameMs: number | null;
  lastLevel: Level | null;
  lastHottestDegC: number | null;
}

export interface Snapshot {
  health: Health;
  signals: Signal[];
  modules: ModuleState[];
  changes: ChangeEntry[];
  sensorFaults: SensorFault[];
  /** All that are not closed. */
  alarms: AlarmRecord[];
  /** The last retired first. */
  retired: RetiredModule[];
}

export interface VerdictsMessage {
  clockMs: number | null;
  modules: ModuleState[];
}

export interface TrendSeries {
  id: string;
  label: string;
  unit: string;
  min: (number | null)[];
  max: (number | null)[];
}

export interface TrendBody {
  moduleId: string;
  stepMs: number;
  windowMs: number;
  timesMs: number[];
  series: TrendSeries[];
}

export type Role = 'gateway' | 'viewer' | 'operator' | 'engineer' | 'admin';

export interface SessionBody {
  name: string;
  role: Role;
  /** Null: not by a session, but by an open door. */
  endsMs: number | null;
  /** Whether anybody at the computer of the service comes in without a token. */
  isOpen: boolean;
}

export interface ErrorBody {
  error: { code: string; message: string; retriable: boolean; detail?: string };
}

export type AlarmKind =
  | 'hazard'
  | 'gas'
  | 'silence'
  | 'gateway-silence'
  | 'site-silence'
  | 'unjudged'
  | 'sensor-fault'
  | 'clock'
  | 'host-clock'
  | 'rejections'
  | 'duplicate-sender'
  | 'late-frames'
  | 'module-limit'
  | 'ignored-fields'
  | 'lost-channel'
  | 'storage'
  | 'detector'
  | 'canary'
  | 'notification';

/** 1 emergency, 2 high, 3 low, 4 trouble with watching. */
export type Priority = 1 | 2 | 3 | 4;

export type AlarmState = 'unacknowledged' | 'acknowledged' | 'returned' | 'latched' | 'closed';

export interface Suppression {
  kind: 'shelved' | 'out-of-service' | 'maintenance';
  byName: string;
  reason: string;
  fromMs: number;
  untilMs: number;
}

export interface AlarmComment {
  atMs: number;
  byName: string;
  text: string;
}

export interface AlarmRecord {
  id: string;
  kind: AlarmKind;
  /** Module, gateway, air space, channel of notices, or `site`. */
  source: string;
  rackId: string | null;
  gatewayId: string | null;
  priority: Priority;
  highestPriority: Priority;
  /** Null for all but hazards and gas. */
  level: Level | null;
  highestLevel: Level | null;
  state: AlarmState;
  suppression: Suppression | null;
  text: string;
  reasons: Reason[];
  agreement: { physics: Physics[]; text: string } | null;
  /** Modules that this alarm stands for, where it groups several. */
  members: string[];
  hazardProbability: number | null;
  raisedMs: number;
  /** When it last asked for a look: raised, come back, or risen to a graver level. */
  escalatedMs: number;
  returnedMs: number | null;
  acknowledgedMs: number | null;
  acknowledgedBy: string | null;
  closedMs: number | null;
  dataRaisedMs: number;
  dataChangedMs: number;
  /** How often the condition has come back. */
  returns: number;
  comments: AlarmComment[];
  modelSha256: string | null;
}

/** Newest first; `cursor` asks for the next ones. */
export interface AlarmPage {
  alarms: AlarmRecord[];
  cursor: string | null;
}

export type MaintenanceScope = { kind: 'site' } | { kind: 'rack' | 'module'; id: string };

export interface Maintenance {
  id: string;
  scope: MaintenanceScope;
  untilMs: number;
  reason: string;
  byName: string;
  fromMs: number;
}

interface SourceCount {
  kind: AlarmKind;
  source: string;
}

interface AtMax {
  atMost: number;
  source: string;
}

/** How many alarms people get, beside what standards hold for bearable. */
export interface AlarmMetrics {
  nowMs: number;
  sinceMs: number | null;
  operators: number;
  lastDay: number;
  lastTenMinutes: number;
  perOperatorDay: number | null;
  busiestTenMinutes: number;
  floodShare: number | null;
  floods: readonly { fromMs: number; toMs: number | null; alarms: number }[];
  chattering: readonly (SourceCount & { atMs: number; transitions: number })[];
  stale: readonly string[];
  prioritySplit: readonly number[] | null;
  topSources: readonly (SourceCount & { alarms: number; share: number })[];
  topTenShare: number | null;
  medianToAcknowledgeMs: number | null;
  targets: {
    perOperatorDay: AtMax;
    perTenMinutes: AtMax;
    floodShare: AtMax;
    chattering: AtMax;
    stale: AtMax;
    prioritySplit: { shares: readonly number[]; source: string };
    topTenShare: AtMax;
  };
}

export interface HistorySeries {
  /** Channel id, or `cell_voltages_v[3]`, counted from 1. */
  id: string;
  unit: string;
  /** Equal where a step is one frame. */
  min: (number | null)[];
  mean: (number | null)[];
  max: (number | null)[];
}

export interface HistoryBody {
  moduleId: string;
  tier: 'raw' | '1min' | '15min';
  /** 0: each point is a frame. */
  stepMs: number;
  timesMs: number[];
  series: HistorySeries[];
  /** Positions in `timesMs` with a frame that came late: stored, not judged. */
  late: number[];
}

export interface ChangePage {
  changes: ChangeEntry[];
  cursor: string | null;
}

export interface SensorFaultPage {
  sensorFaults: SensorFault[];
  cursor: string | null;
}

/** Whether one of the keys in the settings has signed the model. */
export type ModelSignature = 'verified' | 'unverified' | 'unsigned';

/** What judges; `model` null: the rules alone. */
export interface ModelBody {
  model: {
    name: string;
    sha256: string;
    signature: ModelSignature;
    thresholds: Record<string, { probability: number; budget: string }>;
    training: Record<string, unknown>;
    metrics: Record<string, number>;
    features: { id: string; unit: string }[];
  } | null;
  nameplate: {
    capacityAh: number | null;
    cellsInSeries: number | null;
    chemistry: string | null;
    hasTemperature: boolean;
  };
  modulesWithoutTemperature: string[];
  intervalMs: number | null;
  /** Racks that share air, by space; null: all do. */
  spaces: Record<string, { racks: string[] }> | null;
}

/** Health as it is asked for, with what the event stream leaves to those who look closer. */
export interface HealthBody extends Health {
  startedMs: number;
  /** Older than what was judged of their module: stored, not judged. */
  framesLate: number;
  framesRepeated: number;
  /** The first of them; `GET /refusals` has all. */
  unknownFields: Pick<UnknownField, 'gatewayId' | 'field' | 'didYouMean'>[];
  unknownFieldCount: number;
  /** Patterns of `site.spaces` that name no rack. */
  spacesUnmatched: { space: string; pattern: string }[];
  obstacles: string[];
  /** Gateways whose tokens may deliver any module. */
  gatewaysOfAnyModule: string[];
}

/** What a device says of itself. */
export interface DeviceEvent {
  source: string;
  point: string;
  bit: number;
  name: string;
  isAlarm: boolean;
}

export interface Gateway {
  gatewayId: string;
  door: string;
  firstMs: number;
  lastMs: number;
  deliveries: number;
  frames: number;
  late: number;
  lateModules: { moduleId: string; late: number; leadMs: number }[];
  modules: { claimed: number; delivering: number; retirable: number; places: number; quota: number };
  repeated: number;
  rejected: number;
  rejectedValues: number;
  /** Messages of which nothing could be read. */
  rejectedBodies: number;
  isGone: boolean;
  goneWhy: string | null;
  goneMs: number | null;
  /** `number epoch`; null where it counts nothing. */
  lastDelivery: string | null;
  deviceEvents: DeviceEvent[];
}

/** Delivered within the last hour and ignored, because no channel is called so. */
export interface UnknownField {
  gatewayId: string;
  field: string;
  /** The field that it resembles. */
  didYouMean: string | null;
  deliveries: number;
  firstMs: number;
  lastMs: number;
}

/** Rows or values that were refused for one reason, since the service started. */
export interface RejectionRecord {
  gatewayId: string;
  reason: string;
  column: string | null;
  count: number;
  lastMs: number;
  lastValue: string | null;
}
