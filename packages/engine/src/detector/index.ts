export { Detector, type DetectorOptions } from './detector.ts';
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
