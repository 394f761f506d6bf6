export type { CellDeviation } from './cells.ts';
export { Detector, type DetectorOptions, type ModuleSummary } from './detector.ts';
export type { Feature, Physics } from './feature.ts';
export { FEATURE_COUNT, FEATURE_INDEX, FEATURES, type FeatureId } from './features.ts';
export {
  type AgreementRow,
  type ModelPolicyOptions,
  POLICY,
  type Policy,
  policyWithModel,
  type ThresholdRow,
} from './policy.ts';
export { decodeModel, encodeModel, type Sha256 } from './scoring/artefact.ts';
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
export { calibrated, createModel, type Model } from './scoring/model.ts';
export { compileScorer, type Scorer } from './scoring/scorer.ts';
export type { DetectorSnapshot } from './snapshot.ts';
export { type AirSpaces, OTHER_RACKS, SpaceMap, WHOLE_SITE } from './spaces.ts';
export {
  ALARM_LEVELS,
  type AlarmLevel,
  type DetectorSink,
  type Driver,
  HOT_READING_DEG_C,
  LEVELS,
  type Level,
  type LevelChange,
  levelRank,
  type Reason,
  SENSOR_FAULT_KINDS,
  type SensorFault,
  type SensorFaultKind,
  type TimeToPnr,
  type Verdict,
} from './verdict.ts';
