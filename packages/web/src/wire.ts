/** What the service sends, as the page reads it. A test of the service holds these to its schemas. */
import type { Driver, Level, LevelChange, Reason, SensorFault, TimeToPnr } from '@emberwatch/engine/detector';

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
  /** Who delivered it last. */
  gatewayId: string | null;
  values: Record<string, number | null>;
}

export interface ChangeEntry extends LevelChange {
  seq: number;
  seenMs: number;
}

export interface Health {
  status: 'ok' | 'waiting' | 'no-data' | 'failing';
  nowMs: number;
  clockMs: number | null;
  rate: number | null;
  lastFrameMs: number | null;
  framesAccepted: number;
  rowsRejected: number;
  valuesRejected: number;
  rejectionsByReason: Record<string, number>;
  modules: number;
  modulesSilent: number;
  detectorMessage: string | null;
  model: { name: string; sha256: string } | null;
}

export interface Snapshot {
  health: Health;
  signals: Signal[];
  modules: ModuleState[];
  changes: ChangeEntry[];
  sensorFaults: SensorFault[];
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
