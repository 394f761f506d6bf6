/** Mappings that need no file: the seed's thirteen columns and the native channel names. */
import { CELL_ARRAYS, CHANNELS, type ChannelId } from './channels.ts';
import type { ColumnMapping, Mapping } from './mapping.ts';

type ChannelColumns = Partial<Record<ChannelId, ColumnMapping>>;

const seedChannels: ChannelColumns = {};
const nativeChannels: ChannelColumns = {};
for (const channel of CHANNELS) {
  if ('seedColumn' in channel) seedChannels[channel.id] = { column: channel.seedColumn, optional: true };
  nativeChannels[channel.id] = { column: channel.id, optional: true };
}

/** Sign of current in the seed: positive charges, as in the native schema. */
export const SEED_MAPPING: Mapping = {
  name: 'seed schema',
  time: { column: 'Timestamp' },
  module: { column: 'Module_ID' },
  rack: { column: 'Rack_ID', optional: true },
  channels: seedChannels,
  // For training; the detector never sees it.
  ignore: ['Hazard_Label'],
};

export const NATIVE_MAPPING: Mapping = {
  name: 'native schema',
  time: { column: 'time' },
  module: { column: 'module_id' },
  rack: { column: 'rack_id', optional: true },
  channels: nativeChannels,
  cell_voltages_v: { list: CELL_ARRAYS[0].id },
  cell_temperatures_degc: { list: CELL_ARRAYS[1].id },
};

/** The built-in mapping whose time and module columns a source has, or undefined. */
export function builtinMappingFor(fieldNames: readonly string[]): Mapping | undefined {
  return [SEED_MAPPING, NATIVE_MAPPING].find(
    ({ time, module }) => fieldNames.includes(time.column) && fieldNames.includes(module.column!),
  );
}
