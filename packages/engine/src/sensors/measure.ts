/**
 * The only bridge from truth to frames: what the sensors of a site would have delivered of a run. Each value
 * gets its sensor's noise and is rounded to its resolution; some do not arrive.
 */
import type { ColumnName, Trajectory } from '../physics/index.ts';
import { createRandom, type Random } from '../random.ts';
import { CHANNEL_INDEX, type ChannelId, type Frame, newFrame } from '../telemetry/index.ts';
import { degCOfKelvin } from '../units.ts';

export interface Sensor {
  readonly channel: ChannelId;
  readonly column: ColumnName;
  /** From the column's SI value to the channel's unit. */
  readonly convert: (value: number) => number;
  /** Standard deviation, in the channel's unit. */
  readonly noise: number;
  /** Smallest step that is transmitted, in the channel's unit. */
  readonly resolution: number;
  /** What the sensor reads of nothing, and the least it can read. */
  readonly zero?: number;
  readonly floor?: number;
}

const asIs = (value: number): number => value;
const percent = (share: number): number => share * 100;

/** Common equipment of a rack: thermistors of 0.1 K, cell taps of 1 mV, electrochemical and metal-oxide gas cells. */
export const RACK_SENSORS: readonly Sensor[] = [
  temperature('surface_temperature_mean_degc', 'surfaceTemperatureMeanK'),
  temperature('surface_temperature_max_degc', 'surfaceTemperatureMaxK'),
  temperature('surface_temperature_min_degc', 'surfaceTemperatureMinK'),
  { channel: 'voltage_v', column: 'voltageV', convert: asIs, noise: 0.01, resolution: 0.01 },
  { channel: 'current_a', column: 'currentA', convert: asIs, noise: 0.2, resolution: 0.1 },
  { channel: 'soc_percent', column: 'chargeEstimateShare', convert: percent, noise: 0, resolution: 0.1 },
  cellVoltage('cell_voltage_min_v', 'cellVoltageMinV'),
  cellVoltage('cell_voltage_max_v', 'cellVoltageMaxV'),
  cellVoltage('cell_voltage_mean_v', 'cellVoltageMeanV'),
  gas('co_ppm', 'coPpm', 1),
  gas('h2_ppm', 'h2Ppm', 1),
  gas('voc_ppm', 'vocPpm', 2),
  temperature('ambient_temperature_degc', 'airTemperatureK'),
];

function temperature(channel: ChannelId, column: ColumnName): Sensor {
  return { channel, column, convert: degCOfKelvin, noise: 0.05, resolution: 0.1 };
}

function cellVoltage(channel: ChannelId, column: ColumnName): Sensor {
  return { channel, column, convert: asIs, noise: 0.0005, resolution: 0.001 };
}

function gas(channel: ChannelId, column: ColumnName, zero: number): Sensor {
  return { channel, column, convert: asIs, noise: 0.3, resolution: 0.1, zero, floor: 0 };
}

export interface MeasureOptions {
  readonly seed: number;
  /** Unix time of the start of the run, ms. */
  readonly startMs: number;
  readonly sensors?: readonly Sensor[];
  /** Share of values that do not arrive. */
  readonly missingShare?: number;
}

/**
 * Frames of all modules in time order, module after module within an instant. The frame of a module is reused
 * for its next instant. The same trajectory and seed give the same frames.
 */
export function* measure(trajectory: Trajectory, options: MeasureOptions): Generator<Frame> {
  const { sensors = RACK_SENSORS, missingShare = 0, seed, startMs } = options;
  const { header } = trajectory;
  const modules = header.modules.map((id, m) => ({
    frame: newFrame(id, header.racks[header.rackOf[m]!]!),
    random: createRandom(seed, `sensors/${id}`),
    columns: sensors.map(({ column }) => trajectory.column(column, m)),
  }));
  for (let row = 0; row < trajectory.rows; row++) {
    for (const { frame, random, columns } of modules) {
      frame.timeMs = startMs + Math.round(trajectory.timeS(row) * 1000);
      for (let k = 0; k < sensors.length; k++) {
        const sensor = sensors[k]!;
        const isMissing = missingShare > 0 && random.uniform() < missingShare;
        frame.values[CHANNEL_INDEX[sensor.channel]] = isMissing
          ? Number.NaN
          : read(sensor, columns[k]![row]!, random);
      }
      yield frame;
    }
  }
}

function read(sensor: Sensor, truth: number, random: Random): number {
  const { convert, noise, resolution, zero = 0, floor = Number.NEGATIVE_INFINITY } = sensor;
  const value = Math.max(floor, convert(truth) + zero + noise * random.normal());
  // Products of a step leave dust such as 25.200000000000003; fifteen digits have none.
  return Number((Math.round(value / resolution) * resolution).toPrecision(12));
}
