/** What the service sends, as the page reads it. A test of the service holds these to its schemas. */
import type { Level, LevelChange, Reason, SensorFault } from '@emberwatch/engine/detector';

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
  lastKnownLevel: Level | null;
  isSilent: boolean;
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
