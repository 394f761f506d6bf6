/** What is kept of a frame for people to look at: channels, and two figures derived from them. */
import { CHANNEL_INDEX, CHANNELS, type ChannelId, type Frame } from '@emberwatch/engine/telemetry';

export interface Signal {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  /** Kept as a trend; the others only as a last value. */
  readonly hasTrend: boolean;
  of(frame: Frame): number;
}

function extremeOf(values: Float64Array | null, isBeyond: (a: number, b: number) => boolean): number {
  let extreme = Number.NaN;
  if (values)
    for (const value of values) if (!(isBeyond(extreme, value) || Number.isNaN(value))) extreme = value;
  return extreme;
}

const maxOf = (values: Float64Array | null): number => extremeOf(values, (a, b) => a >= b);
const minOf = (values: Float64Array | null): number => extremeOf(values, (a, b) => a <= b);

const channelValue = (frame: Frame, id: ChannelId): number => frame.values[CHANNEL_INDEX[id]]!;

function hottestDegC(frame: Frame): number {
  const reported = channelValue(frame, 'surface_temperature_max_degc');
  const probes = maxOf(frame.cellTemperaturesDegC);
  if (Number.isNaN(reported) && Number.isNaN(probes))
    return channelValue(frame, 'surface_temperature_mean_degc');
  return Number.isNaN(reported) ? probes : Number.isNaN(probes) ? reported : Math.max(reported, probes);
}

function cellSpreadMv(frame: Frame): number {
  const reportedV = channelValue(frame, 'cell_voltage_max_v') - channelValue(frame, 'cell_voltage_min_v');
  const spreadV = Number.isNaN(reportedV)
    ? maxOf(frame.cellVoltagesV) - minOf(frame.cellVoltagesV)
    : reportedV;
  return spreadV * 1000;
}

function ofChannel(id: ChannelId, hasTrend: boolean): Signal {
  const channel = CHANNELS[CHANNEL_INDEX[id]]!;
  return { id, label: channel.label, unit: channel.unit, hasTrend, of: (frame) => channelValue(frame, id) };
}

export const SIGNALS: readonly Signal[] = [
  { id: 'hottest_degc', label: 'Hottest temperature', unit: 'degC', hasTrend: true, of: hottestDegC },
  ofChannel('ambient_temperature_degc', true),
  ofChannel('voltage_v', true),
  ofChannel('current_a', true),
  { id: 'cell_spread_mv', label: 'Cell voltage spread', unit: 'mV', hasTrend: true, of: cellSpreadMv },
  ofChannel('co_ppm', true),
  ofChannel('h2_ppm', true),
  ofChannel('voc_ppm', true),
  ofChannel('soc_percent', false),
  ofChannel('insulation_kohm', false),
  ofChannel('coolant_flow_lpm', false),
];

const HOTTEST_INDEX = SIGNALS.findIndex(({ id }) => id === 'hottest_degc');
const VOLTAGE_INDEX = SIGNALS.findIndex(({ id }) => id === 'voltage_v');

/** What tells senders apart, from the last values of a module in the order of `SIGNALS`. */
export const pointOfValues = (values: Float64Array): { hottestDegC: number; voltageV: number } => ({
  hottestDegC: values[HOTTEST_INDEX]!,
  voltageV: values[VOLTAGE_INDEX]!,
});

export const pointOf = (frame: Frame): { hottestDegC: number; voltageV: number } => ({
  hottestDegC: hottestDegC(frame),
  voltageV: channelValue(frame, 'voltage_v'),
});

/** Where the hottest temperature of a frame comes from, the first that it has. */
export const HOTTEST_SENSORS: readonly { readonly sensor: string; degC(frame: Frame): number }[] = [
  { sensor: 'max', degC: (frame) => channelValue(frame, 'surface_temperature_max_degc') },
  { sensor: 'probes', degC: (frame) => maxOf(frame.cellTemperaturesDegC) },
  { sensor: 'mean', degC: (frame) => channelValue(frame, 'surface_temperature_mean_degc') },
];

export function hottestSensorOf(frame: Frame): { readonly sensor: string; readonly degC: number } {
  for (const { sensor, degC } of HOTTEST_SENSORS) {
    const value = degC(frame);
    if (!Number.isNaN(value)) return { sensor, degC: value };
  }
  return { sensor: 'none', degC: Number.NaN };
}

export const TREND_SIGNALS = SIGNALS.filter((signal) => signal.hasTrend);
