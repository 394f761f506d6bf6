export { type MeasureOptions, type ModuleOptions, measure, measureModule } from './measure.ts';
export type { MeasuredModule, SensorFaultTruth } from './measured.ts';
export type { SensorPlan } from './plan.ts';
export { SENSOR_PRESETS } from './presets.ts';
export { validateSensorPlan } from './validate.ts';
