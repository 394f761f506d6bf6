/** Names of metrics → channels; devices → modules and racks. */
import { CELL_ARRAYS, CHANNELS } from '@emberwatch/engine/telemetry';
import { type Metric, metricValueOf } from './payload.ts';

export interface MetricMapping {
  /** A channel id, or `cell_voltages_v`, `cell_temperatures_degc` for an array. */
  readonly channel: string;
  /** Channel value = metric × scale + offset. Default 1 and 0. */
  readonly scale?: number;
  readonly offset?: number;
  /** Raw values by which the device says that it has none: rejected. */
  readonly invalid?: readonly number[];
}

export const TARGETS: readonly string[] = [...CHANNELS, ...CELL_ARRAYS].map(({ id }) => id);

/** One for each channel and list: channel ids and seed columns without any setting. */
const BUILT_IN = new Map<string, MetricMapping>([
  ...TARGETS.map((id) => [id, { channel: id }] as const),
  ...CHANNELS.flatMap((channel) =>
    'seedColumn' in channel ? [[channel.seedColumn, { channel: channel.id }] as const] : [],
  ),
]);

/** A text is what cannot be read as a number: it is rejected as a value, with its place. */
export type ChannelValue = number | string | readonly (number | string | null)[] | null;

export class MetricMap {
  private readonly byName: ReadonlyMap<string, MetricMapping>;

  /** `table` comes before the names that are known anyway. @throws RangeError for a channel that does not exist */
  constructor(table: Readonly<Record<string, MetricMapping>>) {
    for (const [name, { channel }] of Object.entries(table))
      if (!TARGETS.includes(channel))
        throw new RangeError(`metric "${name}": there is no channel "${channel}"`);
    this.byName = new Map([...BUILT_IN, ...Object.entries(table)]);
  }

  mappingOf(metricName: string): MetricMapping | null {
    return this.byName.get(metricName) ?? null;
  }
}

/** Null: missing. */
export function channelValueOf(
  metric: Pick<Metric, 'raw'>,
  datatype: number,
  { scale = 1, offset = 0, invalid = [] }: MetricMapping,
): ChannelValue {
  const { raw } = metric;
  if (raw.kind === 'none') return null;
  const scaled = (number: number): number | string => {
    if (invalid.includes(number)) return `code ${number}`;
    const result = number * scale + offset;
    return Number.isFinite(result) ? result : String(result);
  };
  const value = metricValueOf(metric, datatype);
  if (typeof value === 'number') return scaled(value);
  if (typeof value === 'object' && value !== null) return value.map(scaled);
  if (raw.kind === 'number' && !Number.isFinite(raw.value)) return String(raw.value);
  // Never as the number that a text may hold: it would go without its scale.
  return value === null ? `datatype ${datatype}` : `${typeof value} ${value}`;
}

/** Metrics of the protocol itself: no readings. */
export const isOfProtocol = (name: string): boolean =>
  /^(bdSeq$|Node Control\/|Device Control\/|Properties\/|Node Info\/)/.test(name);

export interface Place {
  readonly group: string;
  readonly edge: string;
  readonly device: string;
}

/** `{group}`, `{edge}` and `{device}` are replaced. */
export const nameOf = (template: string, place: Place): string =>
  template.replace(/\{(group|edge|device)\}/g, (_, part: keyof Place) => place[part]);
