/** What the sensors of one module delivered over a run, as columns: the form in which datasets are written. */
import type { ChannelId } from '../telemetry/index.ts';

export interface SensorFaultTruth {
  /** Channel id, or `cell_temperatures_degc[2]` with the position counted from 1. */
  readonly channel: string;
  readonly kind: string;
  /** Seconds from the start of the run; `toS` null where it lasts. */
  readonly fromS: number;
  readonly toS: number | null;
}

export interface MeasuredModule {
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly rows: number;
  /** As stamped by the site's clock, Unix ms, in the order of arrival. Shape [rows]. */
  readonly timeMs: Float64Array;
  /** When it was really measured, s from the start of the run: labels are looked up by it. Shape [rows]. */
  readonly truthS: Float64Array;
  /** Delivered channels in their own units, NaN where missing. Shape [rows] each. */
  readonly channels: ReadonlyMap<ChannelId, Float64Array>;
  /** One column per cell or probe, shape [rows] each; null where there are none. */
  readonly cellVoltagesV: readonly Float64Array[] | null;
  readonly cellTemperaturesDegC: readonly Float64Array[] | null;
  /** What was wrong with which sensor: known here, never told to who judges. */
  readonly sensorFaults: readonly SensorFaultTruth[];
}
