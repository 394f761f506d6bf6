/**
 * The one table of measured quantities. Decoding, dataset columns, chart labels, API schema and
 * docs/telemetry.md derive from it.
 */
import type { Unit } from '../units.ts';

export interface Channel {
  /** Native column name, unit last. */
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  /** A value outside [plausibleMin, plausibleMax] cannot be a measurement: it is refused and counted. */
  readonly plausibleMin: number;
  readonly plausibleMax: number;
  /** Usual step of the sensors in the field; the detector measures the real one. */
  readonly resolution: number;
  /** Name in the seed schema, where it has one. */
  readonly seedColumn?: string;
  /** Model.point in SunSpec (sunspec/models 7abdf89), where it has one. */
  readonly sunspecPoint?: string;
}

export const CHANNELS = [
  {
    id: 'surface_temperature_mean_degc',
    label: 'Surface temperature, mean',
    unit: 'degC',
    plausibleMin: -60,
    plausibleMax: 1250,
    resolution: 0.1,
    seedColumn: 'Module_Avg_Surface_Temp_C',
    sunspecPoint: '805.CellTmpAvg',
  },
  {
    id: 'surface_temperature_max_degc',
    label: 'Surface temperature, hottest',
    unit: 'degC',
    plausibleMin: -60,
    plausibleMax: 1250,
    resolution: 0.1,
    seedColumn: 'Module_Max_Surface_Temp_C',
    sunspecPoint: '805.CellTmpMax',
  },
  {
    id: 'surface_temperature_min_degc',
    label: 'Surface temperature, coldest',
    unit: 'degC',
    plausibleMin: -60,
    plausibleMax: 1250,
    resolution: 0.1,
    sunspecPoint: '805.CellTmpMin',
  },
  {
    id: 'voltage_v',
    label: 'Voltage',
    unit: 'V',
    plausibleMin: -50,
    plausibleMax: 2000,
    resolution: 0.1,
    seedColumn: 'Module_Voltage_V',
    sunspecPoint: '805.V',
  },
  {
    id: 'current_a',
    label: 'Current (positive charges)',
    unit: 'A',
    plausibleMin: -6000,
    plausibleMax: 6000,
    resolution: 0.1,
    seedColumn: 'Module_Current_A',
    sunspecPoint: '804.A',
  },
  {
    id: 'soc_percent',
    label: 'State of charge',
    unit: 'percent',
    plausibleMin: -5,
    plausibleMax: 110,
    resolution: 0.1,
    seedColumn: 'Module_SoC_percent',
    sunspecPoint: '805.SoC',
  },
  {
    id: 'cell_voltage_min_v',
    label: 'Cell voltage, lowest',
    unit: 'V',
    plausibleMin: -6,
    plausibleMax: 20,
    resolution: 0.001,
    sunspecPoint: '805.CellVMin',
  },
  {
    id: 'cell_voltage_max_v',
    label: 'Cell voltage, highest',
    unit: 'V',
    plausibleMin: -6,
    plausibleMax: 20,
    resolution: 0.001,
    sunspecPoint: '805.CellVMax',
  },
  {
    id: 'cell_voltage_mean_v',
    label: 'Cell voltage, mean',
    unit: 'V',
    plausibleMin: -6,
    plausibleMax: 20,
    resolution: 0.001,
    sunspecPoint: '805.CellVAvg',
  },
  {
    id: 'co_ppm',
    label: 'Carbon monoxide',
    unit: 'ppm',
    plausibleMin: -50,
    plausibleMax: 1e6,
    resolution: 1,
    seedColumn: 'Sim_OffGas_CO_ppm_proxy',
  },
  {
    id: 'h2_ppm',
    label: 'Hydrogen',
    unit: 'ppm',
    plausibleMin: -200,
    plausibleMax: 1e6,
    resolution: 1,
    seedColumn: 'Sim_OffGas_H2_ppm_proxy',
  },
  {
    id: 'voc_ppm',
    label: 'Solvent vapour (VOC)',
    unit: 'ppm',
    plausibleMin: -50,
    plausibleMax: 1e6,
    resolution: 1,
    seedColumn: 'Sim_OffGas_VOC_ppm_proxy',
  },
  {
    id: 'ambient_temperature_degc',
    label: 'Ambient temperature at the rack',
    unit: 'degC',
    plausibleMin: -60,
    plausibleMax: 600,
    resolution: 0.1,
    seedColumn: 'Ambient_Temp_Rack_C',
  },
  {
    id: 'humidity_percent',
    label: 'Relative humidity',
    unit: 'percent',
    plausibleMin: 0,
    plausibleMax: 105,
    resolution: 1,
  },
  {
    id: 'insulation_kohm',
    label: 'Insulation resistance',
    unit: 'kOhm',
    plausibleMin: 0,
    plausibleMax: 1e7,
    resolution: 1,
  },
  {
    id: 'coolant_flow_lpm',
    label: 'Coolant flow',
    unit: 'lpm',
    plausibleMin: -5,
    plausibleMax: 5000,
    resolution: 0.1,
  },
] as const satisfies readonly Channel[];

export type ChannelId = (typeof CHANNELS)[number]['id'];

export const CHANNEL_COUNT = CHANNELS.length;

/** Position of each channel in `Frame.values`. */
export const CHANNEL_INDEX = Object.fromEntries(
  CHANNELS.map((channel, index) => [channel.id, index]),
) as Record<ChannelId, number>;

export const channelAt = (index: number): Channel => {
  const channel = CHANNELS[index];
  if (!channel) throw new RangeError(`no channel at index ${index}`);
  return channel;
};

/** Arrays that a frame may carry, one value for each cell or probe. */
export const CELL_ARRAYS = [
  { id: 'cell_voltages_v', label: 'Cell voltages', unit: 'V', plausibleMin: -6, plausibleMax: 20 },
  {
    id: 'cell_temperatures_degc',
    label: 'Cell temperatures',
    unit: 'degC',
    plausibleMin: -60,
    plausibleMax: 1250,
  },
] as const satisfies readonly {
  id: string;
  label: string;
  unit: Unit;
  plausibleMin: number;
  plausibleMax: number;
}[];

export type CellArrayId = (typeof CELL_ARRAYS)[number]['id'];

/** The seed schema: thirteen columns, in order. The label is for training and is never given to the detector. */
export const SEED_COLUMNS = [
  'Timestamp',
  'Module_ID',
  'Rack_ID',
  'Module_Avg_Surface_Temp_C',
  'Module_Max_Surface_Temp_C',
  'Module_Voltage_V',
  'Module_Current_A',
  'Module_SoC_percent',
  'Sim_OffGas_CO_ppm_proxy',
  'Sim_OffGas_H2_ppm_proxy',
  'Sim_OffGas_VOC_ppm_proxy',
  'Ambient_Temp_Rack_C',
  'Hazard_Label',
] as const;
