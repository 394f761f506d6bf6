/**
 * What a Sparkplug device has said last. It reports by exception: what is not in a message has not changed, and stays
 * valid until the device dies, or until it is older than the freshness limit. Then it is missing: a value that
 * nobody has confirmed for so long is no measurement of now.
 */
import { isDeepStrictEqual } from 'node:util';
import { type ChannelValue, channelValueOf, type MetricMap } from './mapping.ts';
import type { Metric } from './payload.ts';

/** A record in the native schema. */
export type NativeRecord = Record<string, unknown>;

export interface DefinedMetric {
  readonly metric: Metric;
  readonly name: string;
  readonly datatype: number;
}

/** OPC: good. Anything else that is said is doubt. */
const QUALITY_GOOD = 192;

interface Sample {
  readonly channel: string;
  readonly value: ChannelValue;
  readonly timeMs: number;
}

export class Device {
  readonly moduleId: string;
  isAlive = false;
  /** It has said something that is a channel; a meter or a fan beside the modules has not. */
  isModule = false;
  private readonly rackId: string;
  private readonly held = new Map<string, Sample>();
  private lastFrameMs = Number.NEGATIVE_INFINITY;

  constructor(moduleId: string, rackId: string) {
    this.moduleId = moduleId;
    this.rackId = rackId;
  }

  /** A clock that had run ahead begins anew as well. */
  born(): void {
    this.isAlive = true;
    this.held.clear();
    this.lastFrameMs = Number.NEGATIVE_INFINITY;
  }

  died(): void {
    this.isAlive = false;
    this.held.clear();
  }

  /** Nothing that was held can be believed any more. */
  forget(): void {
    this.held.clear();
  }

  /** One message → records in order of time: what is late first, each with its own values; then the present. */
  records(
    metrics: readonly DefinedMetric[],
    map: MetricMap,
    messageMs: number,
    freshForMs: number,
  ): NativeRecord[] {
    const late = new Map<number, NativeRecord>();
    const present: Sample[] = [];
    let presentMs = metrics.length === 0 ? messageMs : Number.NEGATIVE_INFINITY;
    for (const { metric, name, datatype } of metrics) {
      const timeMs = metric.timestampMs ?? messageMs;
      if (!metric.isHistorical) presentMs = Math.max(presentMs, timeMs);
      const mapping = map.mappingOf(name);
      if (mapping === null) continue;
      this.isModule = true;
      const isGood = metric.quality === null || metric.quality === QUALITY_GOOD;
      const value = isGood ? channelValueOf(metric, datatype, mapping) : null;
      if (metric.isHistorical) this.addTo(late, { channel: mapping.channel, value, timeMs });
      else present.push({ channel: mapping.channel, value, timeMs });
    }
    const isBehind = presentMs < this.lastFrameMs;
    let isNewHazard = presentMs > this.lastFrameMs;
    for (const sample of present) {
      isNewHazard = this.hold(sample) || isNewHazard;
      if (isBehind) this.addTo(late, sample);
    }
    const records = [...late.values()].sort((a, b) => Number(a['time']) - Number(b['time']));
    // The frame before said what was held until then: what is news since does not wait for the next message.
    if (this.isModule && isNewHazard)
      records.push(this.present(Math.max(presentMs, this.lastFrameMs + 1), freshForMs));
    return records;
  }

  /** @returns whether it is the latest of its channel, and another value than before */
  private hold(sample: Sample): boolean {
    const before = this.held.get(sample.channel);
    if (before !== undefined && sample.timeMs < before.timeMs) return false;
    this.held.set(sample.channel, sample);
    return !isDeepStrictEqual(before?.value, sample.value);
  }

  private present(timeMs: number, freshForMs: number): NativeRecord {
    this.lastFrameMs = timeMs;
    const record = this.emptyRecord(timeMs);
    for (const { channel, value, timeMs: heldMs } of this.held.values())
      record[channel] = timeMs - heldMs > freshForMs ? null : value;
    return record;
  }

  private addTo(records: Map<number, NativeRecord>, { channel, value, timeMs }: Sample): void {
    const record = records.get(timeMs) ?? this.emptyRecord(timeMs);
    record[channel] = value;
    records.set(timeMs, record);
  }

  private emptyRecord(timeMs: number): NativeRecord {
    return { time: timeMs, module_id: this.moduleId, rack_id: this.rackId };
  }
}
