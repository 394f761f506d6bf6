export { type MeasureOptions, measure } from './measure.ts';
export type { MeasuredModule, SensorFaultTruth } from './measured.ts';
export { type ModuleOptions, measureModule } from './module.ts';
export type { SensorPlan } from './plan.ts';
export { SENSOR_PRESETS } from './presets.ts';
export { validateSensorPlan } from './validate.ts';
