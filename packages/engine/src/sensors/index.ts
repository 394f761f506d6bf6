export { type MeasureOptions, measure, RACK_SENSORS, type Sensor } from './measure.ts';
export type { MeasuredModule, SensorFaultTruth } from './measured.ts';
