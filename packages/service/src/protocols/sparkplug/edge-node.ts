/**
 * The session of one edge node (Sparkplug 3.0, chapters 5 and 6): a birth defines names, types and aliases, a sequence
 * number shows what was lost, a death ends all that was held. Where anything is missing, what depends on it is
 * forgotten and a rebirth is asked for: an alias that may have been given anew names nothing.
 */
import { nearestField } from '@emberwatch/engine/telemetry';
import { type DefinedMetric, Device, type NativeRecord } from './device.ts';
import { isOfProtocol, type MetricMap, nameOf, TARGETS } from './mapping.ts';
import type { Metric, Payload } from './payload.ts';

export interface EdgeNodeOptions {
  readonly group: string;
  readonly edge: string;
  readonly moduleId: string;
  /** Of the node itself, where it is a battery. */
  readonly nodeModuleId: string;
  readonly rackId: string;
  readonly map: MetricMap;
  readonly freshForMs: number;
}

/** What follows from a message. */
export interface Reaction {
  readonly records: NativeRecord[];
  /** Why nothing, or not all of it, could be taken; a rebirth is to be asked for. */
  readonly doubt: string | null;
  /** Modules that are gone; null inside: all of the node. */
  readonly died: { readonly modules: readonly string[] | null; readonly why: string } | null;
  readonly isBorn: boolean;
  /** What a birth says that a module delivers; null: no birth, or no module. */
  readonly declared: { readonly moduleId: string; readonly channels: readonly string[] } | null;
  /** Metrics of a birth that are no channels and ought to be named. */
  readonly unknownMetrics: readonly string[];
}

const NOTHING: Reaction = {
  records: [],
  doubt: null,
  died: null,
  isBorn: false,
  declared: null,
  unknownMetrics: [],
};
const SEQ_COUNT = 256;
const MAX_DEVICES = 512;
/** Names and aliases of one node. */
const MAX_DEFINITIONS = 65_536;

interface Definition {
  readonly name: string;
  readonly datatype: number;
  readonly deviceId: string | null;
}

export class EdgeNode {
  isOnline = false;
  private readonly options: EdgeNodeOptions;
  /** Null: the node itself, which may be a battery without any device. */
  private readonly devices = new Map<string | null, Device>();
  private readonly byAlias = new Map<bigint, Definition>();
  private readonly byName = new Map<string, Definition>();
  private bdSeq: bigint | null = null;
  private nextSeq = 0;

  constructor(options: EdgeNodeOptions) {
    this.options = options;
  }

  nodeBirth(payload: Payload, nowMs: number): Reaction {
    this.forget();
    this.isOnline = true;
    this.bdSeq = bdSeqOf(payload);
    this.nextSeq = ((payload.seq ?? 0) + 1) % SEQ_COUNT;
    return { ...this.born(null, payload, nowMs), isBorn: true };
  }

  /** A death of a connection before this one is no news. */
  nodeDeath(payload: Payload): Reaction {
    const bdSeq = bdSeqOf(payload);
    if (this.isOnline && bdSeq !== null && this.bdSeq !== null && bdSeq !== this.bdSeq) return NOTHING;
    this.forget();
    return { ...NOTHING, died: { modules: null, why: 'Sparkplug NDEATH' } };
  }

  nodeData(payload: Payload, nowMs: number): Reaction {
    return this.dataOf(null, payload, nowMs);
  }

  deviceBirth(deviceId: string, payload: Payload, nowMs: number): Reaction {
    const trouble = this.follow(payload);
    if (!this.isOnline) return trouble!;
    const reaction = this.born(deviceId, payload, nowMs);
    return { ...reaction, doubt: reaction.doubt ?? trouble?.doubt ?? null };
  }

  deviceData(deviceId: string, payload: Payload, nowMs: number): Reaction {
    return this.dataOf(deviceId, payload, nowMs);
  }

  private born(deviceId: string | null, payload: Payload, nowMs: number): Reaction {
    const device = this.deviceOf(deviceId);
    if (device === null) return { ...NOTHING, doubt: `more than ${MAX_DEVICES} devices` };
    device.born();
    if (!this.define(payload.metrics, deviceId))
      return { ...NOTHING, doubt: `more than ${MAX_DEFINITIONS} metrics` };
    const { records } = this.take(device, deviceId, payload, nowMs);
    const { map } = this.options;
    const names = payload.metrics.flatMap(({ name }) => (name === null || isOfProtocol(name) ? [] : [name]));
    const channels = names.flatMap((name) => map.mappingOf(name)?.channel ?? []);
    const unknown = names.filter((name) => map.mappingOf(name) === null);
    return {
      ...NOTHING,
      records,
      declared: device.isModule ? { moduleId: device.moduleId, channels } : null,
      // A meter or a fan beside the modules is no matter, but for what may be a channel by another name.
      unknownMetrics: device.isModule
        ? unknown
        : unknown.filter((name) => TARGETS.includes(nearestField(name) ?? '')),
    };
  }

  private dataOf(deviceId: string | null, payload: Payload, nowMs: number): Reaction {
    const trouble = this.follow(payload);
    if (trouble !== null && (!this.isOnline || trouble.doubt === null)) return trouble;
    const device = this.devices.get(deviceId);
    if (!device?.isAlive) return { ...NOTHING, doubt: `data of device "${deviceId}" before its birth` };
    const { records, unknown } = this.take(device, deviceId, payload, nowMs);
    return { ...NOTHING, records, doubt: trouble?.doubt ?? unknown };
  }

  deviceDeath(deviceId: string, payload: Payload): Reaction {
    const doubt = this.follow(payload)?.doubt ?? null;
    const device = this.devices.get(deviceId);
    device?.died();
    if (device?.isModule === false) return { ...NOTHING, doubt };
    const modules = [device?.moduleId ?? this.moduleIdOf(deviceId)];
    return { ...NOTHING, doubt, died: { modules, why: 'Sparkplug DDEATH' } };
  }

  /** Nothing is known of it until its next birth. */
  forget(): void {
    this.isOnline = false;
    this.byAlias.clear();
    this.byName.clear();
    for (const device of this.devices.values()) device.died();
  }

  /** The sequence number; null: as expected. Without a doubt: a repetition. */
  private follow({ seq }: Payload): Reaction | null {
    if (!this.isOnline) return { ...NOTHING, doubt: 'data before the birth of the node' };
    if (seq === this.nextSeq) {
      this.nextSeq = (seq + 1) % SEQ_COUNT;
      return null;
    }
    if (seq !== null && (seq + 1) % SEQ_COUNT === this.nextSeq) return NOTHING;
    const doubt = `sequence number ${seq ?? 'missing'} instead of ${this.nextSeq}`;
    if (seq !== null) this.nextSeq = (seq + 1) % SEQ_COUNT;
    // What was lost may have given aliases anew, and changed what is held.
    this.byAlias.clear();
    for (const device of this.devices.values()) device.forget();
    return { ...NOTHING, doubt };
  }

  private define(metrics: readonly Metric[], deviceId: string | null): boolean {
    for (const { name, alias, datatype } of metrics) {
      if (name === null || datatype === null) continue;
      if (Math.max(this.byName.size, this.byAlias.size) >= MAX_DEFINITIONS) return false;
      const definition = { name, datatype, deviceId };
      this.byName.set(nameKey(deviceId, name), definition);
      if (alias !== null) this.byAlias.set(alias, definition);
    }
    return true;
  }

  private take(
    device: Device,
    deviceId: string | null,
    payload: Payload,
    nowMs: number,
  ): { records: NativeRecord[]; unknown: string | null } {
    const defined: DefinedMetric[] = [];
    let unknown: string | null = null;
    for (const metric of payload.metrics) {
      const definition = this.definitionOf(metric, deviceId);
      if (definition === null)
        unknown ??= `metric ${metric.name ?? `with alias ${metric.alias}`} of no birth`;
      else defined.push({ metric, name: definition.name, datatype: metric.datatype ?? definition.datatype });
    }
    const { map, freshForMs } = this.options;
    if (unknown !== null && defined.length === 0) return { records: [], unknown };
    return { records: device.records(defined, map, payload.timestampMs ?? nowMs, freshForMs), unknown };
  }

  private definitionOf({ name, alias }: Metric, deviceId: string | null): Definition | null {
    if (name !== null) return this.byName.get(nameKey(deviceId, name)) ?? null;
    const definition = alias === null ? undefined : this.byAlias.get(alias);
    return definition?.deviceId === deviceId ? definition : null;
  }

  private deviceOf(deviceId: string | null): Device | null {
    const known = this.devices.get(deviceId);
    if (known !== undefined) return known;
    if (this.devices.size >= MAX_DEVICES) return null;
    const { group, edge, rackId } = this.options;
    const device = new Device(
      this.moduleIdOf(deviceId),
      nameOf(rackId, { group, edge, device: deviceId ?? '' }),
    );
    this.devices.set(deviceId, device);
    return device;
  }

  private moduleIdOf(device: string | null): string {
    const { group, edge, moduleId, nodeModuleId } = this.options;
    return nameOf(device === null ? nodeModuleId : moduleId, { group, edge, device: device ?? '' });
  }
}

const nameKey = (deviceId: string | null, name: string): string => `${deviceId ?? ''}\n${name}`;

/** The number of the connection, in births and deaths. */
function bdSeqOf({ metrics }: Payload): bigint | null {
  const raw = metrics.find(({ name }) => name === 'bdSeq')?.raw;
  return raw?.kind === 'whole' ? raw.value : null;
}
