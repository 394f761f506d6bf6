/** From readings to records in the native schema: one for each module, or for each string as a whole. */
import { CELL_ARRAYS, CHANNELS, MAX_CELLS } from '@emberwatch/engine/telemetry';
import { type DeviceEvent, eventsOf } from './events.ts';
import type { PointRejections } from './refusals.ts';
import type { Names, Place } from './settings.ts';
import type { Reading, Value, Values } from './values.ts';

export type SunSpecRecord = Readonly<Record<string, unknown>>;

/** Channels that 805 has, by the table of channels; other models have the same points under longer names. */
const OF_MODULE = CHANNELS.flatMap((channel) => {
  const [model, point] = 'sunspecPoint' in channel ? channel.sunspecPoint.split('.') : [];
  return model === '805' && point !== undefined ? [{ channel: channel.id, point }] : [];
});
/** Temperatures of cells in 805 and the list within 804 are those of modules in 803 and 804. */
const nameInString = (point: string): string => point.replace(/^CellTmp/, 'ModTmp');

interface Entry {
  readonly place: Place;
  readonly channels: Map<string, unknown>;
  /** Read from an 805, not from the list within 804. */
  isDetailed: boolean;
  isAmbiguous: boolean;
}

interface StringValues {
  readonly values: Values;
  /** Before the names of its points: `Str` in 803. */
  readonly prefix: string;
}

const indexOf = (value: Value | undefined): number | null => (typeof value === 'number' ? value : null);

/**
 * @param time of all records: one reading of a site is one instant.
 */
export function recordsOf(
  readings: readonly Reading[],
  names: Names,
  time: string | number,
  rejections: PointRejections,
): { records: SunSpecRecord[]; events: DeviceEvent[] } {
  checkSign(readings, names, rejections);
  const strings = stringsOf(readings, rejections);
  const entries = names.grain === 'string' ? wholeStrings(strings) : modulesOf(readings, rejections);
  for (const { place, channels } of entries) {
    const string = strings.get(place.string);
    const current = string?.values.get(`${string.prefix}A`);
    if (current === undefined) continue;
    channels.set('current_a', typeof current === 'number' ? names.currentSign * current + 0 : null);
  }
  return { records: named(entries, names, time, rejections), events: eventsOf(readings, names) };
}

function stringsOf(readings: readonly Reading[], rejections: PointRejections): Map<number, StringValues> {
  const strings = new Map<number, StringValues>();
  for (const { model, repeats } of readings)
    if (model.id === 803)
      for (const [i, values] of repeats.entries()) strings.set(i + 1, { values, prefix: 'Str' });
  // A string that speaks for itself knows more than its bank says of it.
  for (const { model, values } of readings) {
    if (model.id !== 804) continue;
    const index = indexOf(values.get('Idx'));
    if (index === null) rejections.add('no-index', '804.Idx');
    else strings.set(index, { values, prefix: '' });
  }
  return strings;
}

function wholeStrings(strings: ReadonlyMap<number, StringValues>): Entry[] {
  return [...strings].map(([string, { values, prefix }]) => {
    const channels = new Map<string, unknown>();
    take(channels, values, (point) => prefix + nameInString(point));
    return { place: { string }, channels, isDetailed: false, isAmbiguous: false };
  });
}

function modulesOf(readings: readonly Reading[], rejections: PointRejections): Entry[] {
  const entries = new Map<string, Entry>();
  const entryOf = (string: number, module: number, isDetailed: boolean): Entry => {
    const key = `${string}/${module}`;
    const known = entries.get(key);
    if (known) {
      known.isAmbiguous ||= known.isDetailed === isDetailed;
      known.isDetailed ||= isDetailed;
      return known;
    }
    const entry = { place: { string, module }, channels: new Map(), isDetailed, isAmbiguous: false };
    entries.set(key, entry);
    return entry;
  };
  for (const { model, values, repeats } of readings) {
    const string = model.id === 804 ? indexOf(values.get('Idx')) : null;
    if (string === null) continue;
    const isCounted = typeof values.get('NMod') === 'number';
    for (const [i, module] of repeats.entries())
      if (isCounted || isThere(module))
        take(entryOf(string, i + 1, false).channels, module, (point) => `Mod${point}`);
  }
  for (const { model, values, repeats } of readings) {
    if (model.id !== 805) continue;
    const string = indexOf(values.get('StrIdx'));
    const module = indexOf(values.get('ModIdx'));
    if (string === null || module === null) {
      rejections.add('no-index', string === null ? '805.StrIdx' : '805.ModIdx');
      continue;
    }
    const { channels } = entryOf(string, module, true);
    take(channels, values, (point) => point);
    takeCells(channels, repeats);
  }
  return [...entries.values()];
}

/** A device may keep places for modules that it does not have. */
const isThere = (values: Values): boolean =>
  OF_MODULE.some(({ point }) => typeof values.get(`Mod${point}`) === 'number');

/** A value that is there is not replaced by one that is not. */
function take(channels: Map<string, unknown>, values: Values, nameOf: (point: string) => string): void {
  for (const { channel, point } of OF_MODULE) {
    const value = values.get(nameOf(point));
    if (value === undefined || (value === null && channels.has(channel))) continue;
    channels.set(channel, value);
  }
}

function takeCells(channels: Map<string, unknown>, repeats: readonly Values[]): void {
  for (const [point, { id }] of [
    ['CellV', CELL_ARRAYS[0]],
    ['CellTmp', CELL_ARRAYS[1]],
  ] as const) {
    const list = repeats.slice(0, MAX_CELLS).map((cell) => cell.get(point) ?? null);
    if (list.some((value) => value !== null)) channels.set(id, list);
  }
}

function named(
  entries: readonly Entry[],
  names: Names,
  time: string | number,
  rejections: PointRejections,
): SunSpecRecord[] {
  const byId = new Map<string, Entry[]>();
  for (const entry of entries) {
    const id = names.moduleId(entry.place);
    const same = byId.get(id);
    if (same) same.push(entry);
    else byId.set(id, [entry]);
  }
  return [...byId].flatMap(([id, [entry, ...others]]) => {
    if (others.length > 0 || entry!.isAmbiguous) {
      rejections.add('ambiguous-module', id);
      return [];
    }
    const { place, channels } = entry!;
    return [{ time, module_id: id, rack_id: names.rackId(place), ...Object.fromEntries(channels) }];
  });
}

const CHARGING = 4;
const DISCHARGING = 3;
/** Below it the sign of a current is that of the noise. */
const SIGN_ABOVE_A = 2;

/** Positive charges: whether the battery's own current agrees with what it says that it does; null: it cannot be told. */
export function signAgrees(values: Values, names: Names): boolean | null {
  const current = values.get('A');
  const state = values.get('ChaSt');
  if (typeof current !== 'number' || Math.abs(current) < SIGN_ABOVE_A) return null;
  if (state !== CHARGING && state !== DISCHARGING) return null;
  return names.currentSign * current > 0 === (state === CHARGING);
}

function checkSign(readings: readonly Reading[], names: Names, rejections: PointRejections): void {
  for (const { model, values } of readings)
    if (model.id === 802 && signAgrees(values, names) === false)
      rejections.add('sign-contradicts', '802.A', values.get('A'));
}
