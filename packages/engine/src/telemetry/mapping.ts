/**
 * A mapping says how somebody's columns become frames: names, units, sign of current, time, which module,
 * which cells. The seed schema and the native schema are mappings like any other.
 */
import type { Chemistry } from '../chemistry.ts';
import { conversionTo, parseDurationMs, unitsConvertibleTo } from '../units.ts';
import { CELL_ARRAYS, type CellArrayId, CHANNELS, type ChannelId } from './channels.ts';

/** How a device writes a number. */
export interface Coding {
  /** Raw values by which the device says that it has none, such as 254: each is rejected, before it is scaled. */
  readonly invalid?: readonly number[];
  /** The raw value is a signed integer of so many bits that was read as unsigned: 65533 is -3. */
  readonly signed?: 8 | 16 | 32;
  /** Raw values from here on are negative: with 100, 103 is -3. */
  readonly negativeFrom?: number;
}

export interface ColumnMapping extends Coding {
  readonly column: string;
  /** Unit in the file; the channel's own where absent. */
  readonly unit?: string;
  /** Applied before the unit: `value = raw * scale + offset`. */
  readonly scale?: number;
  readonly offset?: number;
  /** Least and most that this sensor can deliver, in the channel's unit; anything else is rejected. */
  readonly range?: readonly [number, number];
  /** Only for current: what a positive number means in the file. */
  readonly positive?: 'charging' | 'discharging';
  /** A file without the column is accepted. */
  readonly optional?: boolean;
}

export interface CellsMapping extends Coding {
  /** Names; `V_{1..96}` stands for V_1 to V_96. */
  readonly columns?: string | readonly string[];
  /** Or one field that holds all cells as a list (JSON, Parquet). */
  readonly list?: string;
  readonly unit?: string;
  readonly scale?: number;
  readonly offset?: number;
  /** Least and most that a cell can deliver, in the array's unit; anything else is rejected. */
  readonly range?: readonly [number, number];
}

export interface TargetMapping {
  readonly channels?: Readonly<Partial<Record<ChannelId, ColumnMapping>>>;
  readonly cell_voltages_v?: CellsMapping;
  readonly cell_temperatures_degc?: CellsMapping;
}

/**
 * One module cut out of a pack's row. Channels of the mapping itself are shared by all. Where `module.column`
 * names the pack, its name stands before the module's: `Pack7_Module01`.
 */
export interface SplitMapping extends TargetMapping {
  readonly id: string;
  readonly rack?: string;
}

export interface TimeMapping {
  readonly column: string;
  /**
   * `iso` (also with a blank between date and time), `unix_s`, `unix_ms`, `unix_us`, `elapsed_ms`, `elapsed_s`,
   * `elapsed_min`, `elapsed_h`, or a pattern of yyyy MM dd HH mm ss SSS. `auto`: iso, else unix by size.
   */
  readonly format?: string;
  /** `UTC` or `+08:00`: the zone of stamps that carry none. */
  readonly zone?: string;
  /** For elapsed time: the instant of zero. */
  readonly start?: string;
  /** A number that rises with the rows of one stamp: a record number, the milliseconds. */
  readonly order?: string;
  /** Columns whose change restarts an elapsed clock (a cycle, a file). */
  readonly segment?: readonly string[];
  /** Unknown time between two segments; the windows of the detector start afresh. */
  readonly segmentGap?: string;
}

export interface Nameplate {
  /** Capacity of the module (all parallel cells together), Ah. */
  readonly capacityAh?: number;
  readonly cellsInSeries?: number;
  readonly chemistry?: Chemistry;
  /** False: modules without any temperature are evaluated by voltage and gas alone instead of being `unknown`. */
  readonly hasTemperature?: boolean;
}

export interface Mapping extends TargetMapping {
  readonly name: string;
  readonly source?: string;
  readonly csv?: {
    /** One character, or `tab`; found out where absent. */
    readonly delimiter?: string;
    readonly decimalComma?: boolean;
    /** Lines before the header. */
    readonly skipLines?: number;
  };
  readonly time: TimeMapping;
  readonly module: {
    readonly column?: string;
    readonly id?: string;
    /** Names that exist; a row of any other is rejected. */
    readonly known?: readonly string[];
  };
  readonly rack?: { readonly column?: string; readonly id?: string; readonly optional?: boolean };
  readonly split?: readonly SplitMapping[];
  /** Values that mean "no value": compared as text and, where they are numbers, as numbers before scaling. */
  readonly missing?: readonly (string | number)[];
  /** Columns that are passed over on purpose, so that nobody asks about them; `*` stands for any characters. */
  readonly ignore?: readonly string[];
  readonly nameplate?: Nameplate;
  /** Expected time between frames; found out where absent. */
  readonly sampling?: { readonly interval?: string };
}

/** An input that cannot be judged: names the place and the value. */
export class InputError extends Error {
  readonly code = 'INPUT';
  override readonly name = 'InputError';
}

export const MAX_CELLS = 4096;

/** `V_{1..96}` and lists of such, written out. */
export function expandColumns(columns: string | readonly string[], place: string): string[] {
  const expanded: string[] = [];
  for (const item of typeof columns === 'string' ? [columns] : columns) {
    const range = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/.exec(item);
    if (!range) {
      expanded.push(item);
      continue;
    }
    const [first, last] = [Number(range[2]), Number(range[3])];
    if (last < first || last - first >= MAX_CELLS)
      throw new InputError(`${place}: range "${item}" must rise and have at most ${MAX_CELLS} columns`);
    const digits = range[2]!.startsWith('0') ? range[2]!.length : 0;
    for (let i = first; i <= last; i++)
      expanded.push(`${range[1]}${String(i).padStart(digits, '0')}${range[4]}`);
  }
  return expanded;
}

const TIME_FORMAT = /^(auto|iso|unix_s|unix_ms|unix_us|elapsed_ms|elapsed_s|elapsed_min|elapsed_h)$/;

function isTimeFormat(format: string): boolean {
  if (TIME_FORMAT.test(format)) return true;
  if (!['yyyy', 'MM', 'dd'].every((part) => format.includes(part))) return false;
  // A letter that is no part of the pattern, such as hh or a, would match only itself, in no row at all.
  return !/[a-zA-Z]/.test(format.replace(/yyyy|MM|dd|HH|mm|ss|SSS|T|Z/g, ''));
}

function checkUnit(
  place: string,
  unitWanted: (typeof CHANNELS)[number]['unit'],
  entry: { unit?: string },
): void {
  if (entry.unit !== undefined && !conversionTo(unitWanted, entry.unit))
    throw new InputError(
      `${place}.unit: "${entry.unit}" does not convert to ${unitWanted}; known: ${unitsConvertibleTo(unitWanted).join(', ')}`,
    );
}

/** A scale of zero makes one value of all; every number is then lost without a word. */
function checkScale(place: string, { scale = 1 }: { scale?: number }): void {
  if (scale === 0 || !Number.isFinite(scale))
    throw new InputError(`${place}.scale: ${scale} leaves nothing of a value`);
}

function checkCoding(place: string, { signed, negativeFrom }: Coding): void {
  if (signed !== undefined && negativeFrom !== undefined)
    throw new InputError(`${place}: give either signed or negativeFrom, not both`);
  if (negativeFrom !== undefined && !(negativeFrom > 0))
    throw new InputError(`${place}.negativeFrom: ${negativeFrom} must be more than 0`);
}

/** One column measures one thing: the same under two names is a slip of the pen, and two witnesses from one. */
function checkColumnsOnce(mapping: Mapping): void {
  if (!mapping.split) checkTargetColumns(channelPlaces('', mapping), '', mapping);
  mapping.split?.forEach((part, i) => {
    const place = `split[${i}].`;
    checkTargetColumns({ ...channelPlaces('', mapping), ...channelPlaces(place, part) }, place, part);
  });
}

/** The column of each channel and where it stands. */
const channelPlaces = (
  place: string,
  { channels = {} }: TargetMapping,
): Record<string, readonly [place: string, column: string]> =>
  Object.fromEntries(
    Object.entries(channels).map(([id, { column }]) => [id, [`${place}channels.${id}`, column]]),
  );

function checkTargetColumns(
  channels: ReturnType<typeof channelPlaces>,
  place: string,
  target: TargetMapping,
): void {
  const placeByColumn = new Map<string, string>();
  const use = (column: string, where: string): void => {
    const before = placeByColumn.get(column);
    if (before !== undefined)
      throw new InputError(`${where}: column "${column}" is used already, by ${before}`);
    placeByColumn.set(column, where);
  };
  for (const [where, column] of Object.values(channels)) use(column, where);
  for (const { id } of CELL_ARRAYS) {
    const cells = target[id];
    for (const column of expandColumns(cells?.columns ?? cells?.list ?? [], id)) use(column, `${place}${id}`);
  }
}

function checkTarget(place: string, target: TargetMapping): void {
  for (const [id, entry] of Object.entries(target.channels ?? {})) {
    const channel = CHANNELS.find((candidate) => candidate.id === id);
    if (!channel)
      throw new InputError(
        `${place}channels.${id}: no such channel; known: ${CHANNELS.map((c) => c.id).join(', ')}`,
      );
    checkUnit(`${place}channels.${id}`, channel.unit, entry);
    checkRange(`${place}channels.${id}`, entry.range);
    checkScale(`${place}channels.${id}`, entry);
    checkCoding(`${place}channels.${id}`, entry);
    if (entry.positive !== undefined && id !== 'current_a')
      throw new InputError(`${place}channels.${id}.positive: only current_a has a sign to state`);
  }
  for (const array of CELL_ARRAYS) {
    const cells: CellsMapping | undefined = target[array.id as CellArrayId];
    if (!cells) continue;
    checkUnit(`${place}${array.id}`, array.unit, cells);
    checkRange(`${place}${array.id}`, cells.range);
    checkScale(`${place}${array.id}`, cells);
    checkCoding(`${place}${array.id}`, cells);
    if ((cells.columns === undefined) === (cells.list === undefined))
      throw new InputError(`${place}${array.id}: give either columns or list`);
    expandColumns(cells.columns ?? [], `${place}${array.id}.columns`);
  }
}

function checkRange(place: string, range: readonly [number, number] | undefined): void {
  if (range !== undefined && !(range[0] < range[1]))
    throw new InputError(`${place}.range: expected [least, most], got [${range.join(', ')}]`);
}

function checkSplit(mapping: Mapping): void {
  const seen = new Set<string>();
  mapping.split?.forEach(({ id }, i) => {
    if (seen.has(id)) throw new InputError(`split[${i}].id: "${id}" stands twice`);
    seen.add(id);
  });
  if (mapping.split?.length === 0) throw new InputError('split: name at least one module');
  if (mapping.module.id !== undefined)
    throw new InputError('module.id: the modules have their names in split; leave it out');
}

/** Checks what a schema cannot: units, ranges, formats, that there is something to judge. Throws InputError. */
export function checkMapping(mapping: Mapping): void {
  const { time, module } = mapping;
  if (time.format !== undefined && !isTimeFormat(time.format))
    throw new InputError(
      `time.format: "${time.format}" is no known format and no pattern of yyyy, MM, dd, HH, mm, ss, SSS`,
    );
  if (time.zone !== undefined && !/^(UTC|Z|[+-]\d\d:?\d\d)$/.test(time.zone))
    throw new InputError(`time.zone: "${time.zone}" must be UTC or a fixed offset like +08:00`);
  if (time.segmentGap !== undefined && parseDurationMs(time.segmentGap) === undefined)
    throw new InputError(`time.segmentGap: "${time.segmentGap}" is no duration like 30min or 1h`);
  if (time.segment && !time.format?.startsWith('elapsed_'))
    throw new InputError('time.segment: only an elapsed_… format restarts with a segment');
  const interval = mapping.sampling?.interval;
  if (interval !== undefined && parseDurationMs(interval) === undefined)
    throw new InputError(`sampling.interval: "${interval}" is no duration like 1s or 500ms`);
  if (mapping.split) checkSplit(mapping);
  else if ((module.column === undefined) === (module.id === undefined))
    throw new InputError('module: give either column or id');
  checkTarget('', mapping);
  mapping.split?.forEach((part, i) => {
    checkTarget(`split[${i}].`, part);
  });
  checkColumnsOnce(mapping);
  const targets: TargetMapping[] = [mapping, ...(mapping.split ?? [])];
  const measures = targets.some(
    (t) => Object.keys(t.channels ?? {}).length > 0 || t.cell_voltages_v || t.cell_temperatures_degc,
  );
  if (!measures) throw new InputError('mapping: no channel and no cells: there is nothing to judge');
}
