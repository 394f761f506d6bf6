export { type MeasureOptions, measure, RACK_SENSORS, type Sensor } from './measure.ts';
