/** Names of metrics → channels; devices → modules and racks. */
import { CELL_ARRAYS, CHANNELS } from '@emberwatch/engine/telemetry';
import type { MetricValue } from './payload.ts';

export interface MetricMapping {
  /** A channel id, or `cell_voltages_v`, `cell_temperatures_degc` for an array. */
  readonly channel: string;
  /** Channel value = metric × scale + offset. Default 1 and 0. */
  readonly scale?: number;
  readonly offset?: number;
}

export const TARGETS: readonly string[] = [...CHANNELS, ...CELL_ARRAYS].map(({ id }) => id);

/** One for each channel and list: channel ids and seed columns without any setting. */
const BUILT_IN = new Map<string, MetricMapping>([
  ...TARGETS.map((id) => [id, { channel: id }] as const),
  ...CHANNELS.flatMap((channel) =>
    'seedColumn' in channel ? [[channel.seedColumn, { channel: channel.id }] as const] : [],
  ),
]);

export type ChannelValue = number | readonly (number | null)[] | null;

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

/** Null: missing, or a kind of value that is no measurement. */
export function channelValueOf(value: MetricValue, { scale = 1, offset = 0 }: MetricMapping): ChannelValue {
  const scaled = (number: number): number | null => {
    const result = number * scale + offset;
    return Number.isFinite(result) ? result : null;
  };
  if (typeof value === 'number') return scaled(value);
  return typeof value === 'object' && value !== null ? value.map(scaled) : null;
}

export interface Place {
  readonly group: string;
  readonly edge: string;
  readonly device: string;
}

/** `{group}`, `{edge}` and `{device}` are replaced. */
export const nameOf = (template: string, place: Place): string =>
  template.replace(/\{(group|edge|device)\}/g, (_, part: keyof Place) => place[part]);
