/** A frame as a record of the native schema: what `NATIVE_MAPPING` reads back. */
import { CHANNELS } from './channels.ts';
import type { Frame } from './frame.ts';

const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Values of cells, null where missing; null where the source has none. */
export const cellList = (values: Float64Array | null): (number | null)[] | null =>
  values && Array.from(values, numberOrNull);

/** @param time of the frame as it is to be written */
export function nativeRecord(frame: Frame, time: string): Record<string, unknown> {
  const record: Record<string, unknown> = { time, module_id: frame.moduleId, rack_id: frame.rackId };
  CHANNELS.forEach(({ id }, i) => {
    record[id] = numberOrNull(frame.values[i]!);
  });
  record['cell_voltages_v'] = cellList(frame.cellVoltagesV);
  record['cell_temperatures_degc'] = cellList(frame.cellTemperaturesDegC);
  return record;
}
