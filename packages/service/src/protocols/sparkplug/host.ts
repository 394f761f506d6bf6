/** The host application of Sparkplug B: all edge nodes, what is understood of them, and rebirths that are asked for. */
import type { Intake } from '../../monitor/intake.ts';
import type { NativeRecord } from './device.ts';
import { EdgeNode, type Reaction } from './edge-node.ts';
import { MetricMap, type MetricMapping } from './mapping.ts';
import { DATATYPE, decodePayload, encodePayload, type Payload } from './payload.ts';
import { PayloadError } from './protobuf.ts';

export interface SparkplugOptions {
  /** Name under which `spBv1.0/STATE/<hostId>` tells edge nodes that the service is there; unset: it does not tell. */
  readonly hostId?: string;
  /** Groups that are listened to; unset: all. */
  readonly groups?: readonly string[];
  /** Default `{edge}/{device}`. */
  readonly moduleId?: string;
  /** Of an edge node that is itself the battery. Default `{edge}`. */
  readonly nodeModuleId?: string;
  /** Default `{group}`. */
  readonly rackId?: string;
  readonly metrics?: Readonly<Record<string, MetricMapping>>;
  /** Default five minutes. */
  readonly freshForMs?: number;
  /** At most one rebirth is asked for of each node in so long. Default 10 s. */
  readonly rebirthEveryMs?: number;
}

export interface SparkplugHostOptions extends SparkplugOptions {
  readonly intake: Intake;
  /** Publishes a command, at QoS 0 and not retained. */
  readonly command: (topic: string, payload: Uint8Array) => void;
  readonly now: () => number;
}

export interface SparkplugTopic {
  readonly group: string;
  readonly type: string;
  readonly edge: string;
  readonly device: string | null;
}

export interface SparkplugMetrics {
  readonly edgeNodes: number;
  readonly edgeNodesOnline: number;
  readonly payloadsRejected: number;
  /** Messages of which nothing, or not all, could be taken for want of a birth. */
  readonly doubts: number;
  readonly rebirthsRequested: number;
}

/**
 * OpenEMS and others send a full picture every five minutes beside their changes: a value that two of them would have
 * had to confirm is old. Longer, and a sensor that hangs behind a living device looks well.
 */
export const DEFAULT_FRESH_FOR_MS = 300_000;
export const DEFAULT_REBIRTH_EVERY_MS = 10_000;
export const DEFAULT_MODULE_ID = '{edge}/{device}';
export const DEFAULT_NODE_MODULE_ID = '{edge}';
export const DEFAULT_RACK_ID = '{group}';
const MAX_EDGE_NODES = 1024;

const NODE_TYPES: readonly string[] = ['NBIRTH', 'NDATA', 'NDEATH'];
const DEVICE_TYPES: readonly string[] = ['DBIRTH', 'DDATA', 'DDEATH'];

interface RejectCode {
  readonly kind: 'invalid';
  readonly detail: string;
}

export class SparkplugHost {
  private readonly options: SparkplugHostOptions;
  private readonly map: MetricMap;
  private readonly nodes = new Map<string, { node: EdgeNode; requestedMs: number }>();
  private payloadsRejected = 0;
  private doubts = 0;
  private rebirthsRequested = 0;

  /** @throws RangeError where the table of metrics names no channel */
  constructor(options: SparkplugHostOptions) {
    this.options = options;
    this.map = new MetricMap(options.metrics ?? {});
  }

  understands({ group, type, device }: SparkplugTopic): boolean {
    if (this.options.groups !== undefined && !this.options.groups.includes(group)) return false;
    return (device === null ? NODE_TYPES : DEVICE_TYPES).includes(type);
  }

  /** What an external broker is asked for. */
  filters(): string[] {
    const groups = this.options.groups ?? ['+'];
    return groups.flatMap((group) => [
      ...NODE_TYPES.map((type) => `spBv1.0/${group}/${type}/+`),
      ...DEVICE_TYPES.map((type) => `spBv1.0/${group}/${type}/+/+`),
    ]);
  }

  /**
   * Records to be stored, or why there are none. Moves the session: a message is given once.
   *
   * @param scope modules that its sender may deliver; null: all
   */
  receive(
    topic: SparkplugTopic,
    bytes: Uint8Array,
    scope: readonly string[] | null,
  ): NativeRecord[] | RejectCode {
    let payload: Payload;
    try {
      payload = decodePayload(bytes);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.payloadsRejected++;
      return this.rejected(topic, 'bad-body', error.message);
    }
    const entry = this.entryOf(topic);
    if (entry === null) return this.rejected(topic, 'bad-body', `more than ${MAX_EDGE_NODES} edge nodes`);
    const reaction = this.react(entry.node, topic, payload);
    const { intake } = this.options;
    if (reaction.isBorn) intake.gatewayBorn(topic.edge, 'sparkplug');
    const { died } = reaction;
    const { declared, unknownMetrics } = reaction;
    if (declared !== null) intake.declareChannels(declared.moduleId, declared.channels);
    if (unknownMetrics.length > 0) intake.noteUnknownFields(topic.edge, unknownMetrics);
    if (died !== null) intake.gatewayDied(topic.edge, died.modules, died.why, scope);
    if (reaction.doubt === null) return reaction.records;
    this.doubts++;
    this.askRebirth(topic, entry);
    return reaction.records.length > 0 ? reaction.records : this.rejected(topic, 'no-birth', reaction.doubt);
  }

  private rejected({ edge }: SparkplugTopic, reason: 'bad-body' | 'no-birth', detail: string): RejectCode {
    this.options.intake.reject(edge, 'sparkplug', reason, detail);
    return { kind: 'invalid', detail };
  }

  /** The connection was lost: what was said meanwhile is not known. */
  forget(): void {
    for (const { node } of this.nodes.values()) node.forget();
  }

  metrics(): SparkplugMetrics {
    const { payloadsRejected, doubts, rebirthsRequested } = this;
    const online = [...this.nodes.values()].filter(({ node }) => node.isOnline).length;
    return {
      edgeNodes: this.nodes.size,
      edgeNodesOnline: online,
      payloadsRejected,
      doubts,
      rebirthsRequested,
    };
  }

  private react(node: EdgeNode, { type, device }: SparkplugTopic, payload: Payload): Reaction {
    const nowMs = this.options.now();
    if (type === 'NBIRTH') return node.nodeBirth(payload, nowMs);
    if (type === 'NDEATH') return node.nodeDeath(payload);
    if (type === 'DBIRTH') return node.deviceBirth(device!, payload, nowMs);
    if (type === 'DDATA') return node.deviceData(device!, payload, nowMs);
    if (type === 'DDEATH') return node.deviceDeath(device!, payload);
    return node.nodeData(payload, nowMs);
  }

  private entryOf({ group, edge }: SparkplugTopic): { node: EdgeNode; requestedMs: number } | null {
    const key = `${group}/${edge}`;
    const known = this.nodes.get(key);
    if (known !== undefined) return known;
    if (this.nodes.size >= MAX_EDGE_NODES && !this.forgetOne()) return null;
    const {
      moduleId = DEFAULT_MODULE_ID,
      nodeModuleId = DEFAULT_NODE_MODULE_ID,
      rackId = DEFAULT_RACK_ID,
      freshForMs = DEFAULT_FRESH_FOR_MS,
    } = this.options;
    const node = new EdgeNode({ group, edge, moduleId, nodeModuleId, rackId, map: this.map, freshForMs });
    const entry = { node, requestedMs: Number.NEGATIVE_INFINITY };
    this.nodes.set(key, entry);
    return entry;
  }

  /** Of those that are not online, the one that was met first. */
  private forgetOne(): boolean {
    for (const [key, { node }] of this.nodes) if (!node.isOnline) return this.nodes.delete(key);
    return false;
  }

  private askRebirth({ group, edge }: SparkplugTopic, entry: { requestedMs: number }): void {
    const nowMs = this.options.now();
    if (nowMs - entry.requestedMs < (this.options.rebirthEveryMs ?? DEFAULT_REBIRTH_EVERY_MS)) return;
    entry.requestedMs = nowMs;
    this.rebirthsRequested++;
    const metric = { name: 'Node Control/Rebirth', datatype: DATATYPE.boolean, value: true };
    this.options.command(
      `spBv1.0/${group}/NCMD/${edge}`,
      encodePayload({ timestampMs: nowMs, metrics: [metric] }),
    );
  }
}
