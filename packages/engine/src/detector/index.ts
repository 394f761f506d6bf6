export type { CellDeviation } from './cells.ts';
export { Detector, type DetectorOptions, type ModuleSummary } from './detector.ts';
export { FEATURE_COUNT, FEATURE_INDEX, FEATURES, type Feature, type FeatureId } from './features.ts';
export { type AgreementRow, POLICY, type Policy, type ThresholdRow } from './policy.ts';
export type {
  CalibrationDocument,
  IsolationDocument,
  LinearDocument,
  ModelDocument,
  ModelThreshold,
  ScorerDocument,
  TimeToPnrDocument,
  TreeDocument,
  TreesDocument,
} from './scoring/document.ts';
export {
  ALARM_LEVELS,
  type AlarmLevel,
  type DetectorSink,
  LEVELS,
  type Level,
  type LevelChange,
  levelRank,
  type Physics,
  type Reason,
  SENSOR_FAULT_KINDS,
  type SensorFault,
  type SensorFaultKind,
  type Verdict,
} from './verdict.ts';
