/** A message → what it means, who may say it, and what becomes of it: the same for both kinds of broker. */

import { unknownFieldText } from '@emberwatch/engine/telemetry';
import { mayDo } from '../../auth/roles.ts';
import { ServiceError } from '../../errors.ts';
import {
  type Delivery,
  type IngestResult,
  type Intake,
  NOTHING_DELIVERED,
  type Protocol,
} from '../../monitor/intake.ts';
import type { Identity } from '../../records.ts';
import type { SparkplugHost } from '../sparkplug/host.ts';
import { formatOf } from './body.ts';
import { meaningOf, type TopicMeaning } from './topics.ts';

export interface InboundMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly contentType?: string | undefined;
  readonly userProperties?: Readonly<Record<string, string | string[]>> | undefined;
  /** The broker had kept it for whoever subscribes: it is not news, whatever its stamps say. */
  readonly isRetained?: boolean;
}

/**
 * | outcome | meaning |
 * | --- | --- |
 * | `stored` | on disk, or known from before |
 * | `busy` | not stored: the same again later |
 * | `invalid` | not stored, and never will be |
 * | `forbidden` | this sender may not publish there |
 * | `unknown-topic` | means nothing to this site |
 * | `failed` | not stored, for a reason that is a defect of the service |
 */
export const OUTCOMES = ['stored', 'busy', 'invalid', 'forbidden', 'unknown-topic', 'failed'] as const;
export interface Outcome {
  readonly kind: (typeof OUTCOMES)[number];
  readonly detail: string;
}

const STORED: Outcome = { kind: 'stored', detail: '' };

/** Understood, and not yet given to the intake. */
export interface Prepared {
  /** Deliveries of one gateway keep their order. */
  readonly gatewayId: string;
  /** False: it moved the state of a session, so the sender cannot give it a second time. */
  readonly isRepeatable: boolean;
  /** May be called again where it was `busy`. */
  run(): Promise<Outcome>;
}

export interface ReceptionOptions {
  readonly site: string;
  readonly intake: Intake;
  readonly sparkplug?: SparkplugHost | undefined;
  /** Names under which nobody publishes but the gateway itself. Default: none. */
  readonly isGatewayName?: ((name: string) => boolean) | undefined;
}

const MAX_EPOCH_CHARS = 128;

export class Reception {
  private readonly site: string;
  private readonly intake: Intake;
  private readonly sparkplug: SparkplugHost | undefined;
  private readonly isGatewayName: (name: string) => boolean;

  constructor({ site, intake, sparkplug, isGatewayName = () => false }: ReceptionOptions) {
    this.isGatewayName = isGatewayName;
    this.site = site;
    this.intake = intake;
    this.sparkplug = sparkplug;
  }

  /** `sender` null: an external broker has let it through, and answers for who may publish where. */
  rejectionOf(topic: string, sender: Identity | null): Outcome | null {
    const meaning = this.meaningOf(topic);
    if (meaning === null) return { kind: 'unknown-topic', detail: `topic "${topic}"` };
    return this.mayPublish(meaning, sender) ? null : { kind: 'forbidden', detail: `topic "${topic}"` };
  }

  /** Bytes of a gateway that are no packet, or one that is too large to be read. */
  unreadable(gatewayId: string, detail: string): void {
    this.intake.reject(gatewayId, 'mqtt', 'bad-body', detail);
  }

  /** As `unreadable`, of a message whose topic is known. */
  unreadableOn(topic: string, detail: string): Outcome {
    const meaning = this.meaningOf(topic);
    if (meaning === null) return { kind: 'unknown-topic', detail: `topic "${topic}"` };
    this.unreadable(meaning.kind === 'sparkplug' ? meaning.edge : meaning.gatewayId, detail);
    return { kind: 'invalid', detail };
  }

  /** Nothing is stored before `run`. */
  prepare(message: InboundMessage, sender: Identity | null): Prepared | Outcome {
    try {
      return this.understand(message, sender);
    } catch (error) {
      return { kind: 'failed', detail: String(error) };
    }
  }

  private understand(message: InboundMessage, sender: Identity | null): Prepared | Outcome {
    const code = this.rejectionOf(message.topic, sender);
    if (code !== null) return code;
    const meaning = this.meaningOf(message.topic)!;
    if (meaning.kind === 'status') return this.status(meaning.gatewayId, message, sender);
    if (meaning.kind === 'frames') return this.frames(meaning, message, sender);
    const records = this.sparkplug!.receive(meaning, message.payload, sender?.modules ?? null);
    if (!Array.isArray(records)) return records;
    const { isRetained } = message;
    const delivery = {
      ...deliveryOf(meaning.edge, 'sparkplug', null, sender),
      ...(isRetained && { isRetained }),
    };
    return {
      gatewayId: meaning.edge,
      isRepeatable: false,
      run: () =>
        outcomeOf(async () =>
          records.length === 0 ? NOTHING_DELIVERED : this.intake.takeRecords(delivery, records),
        ),
    };
  }

  /**
   * A gateway below its own name; engineers and administrators below one that has no token. A token for looking delivers
   * nothing: it could send calm readings of a module that burns.
   */
  private mayPublish(meaning: TopicMeaning, sender: Identity | null): boolean {
    const gatewayId = meaning.kind === 'sparkplug' ? meaning.edge : meaning.gatewayId;
    if (sender === null || (sender.role === 'gateway' && gatewayId === sender.name)) return true;
    return mayDo(sender.role, 'engineer') && !this.isGatewayName(gatewayId);
  }

  private meaningOf(topic: string): TopicMeaning | null {
    const meaning = meaningOf(topic, this.site);
    return meaning?.kind === 'sparkplug' && !this.sparkplug?.understands(meaning) ? null : meaning;
  }

  private frames(
    meaning: TopicMeaning & { kind: 'frames' },
    { payload, contentType, userProperties, isRetained }: InboundMessage,
    sender: Identity | null,
  ): Prepared | Outcome {
    const invalid = (detail: string): Outcome => {
      this.intake.reject(meaning.gatewayId, 'mqtt', 'bad-body', detail);
      return { kind: 'invalid', detail };
    };
    const format = formatOf(payload, contentType);
    if (format === null) return invalid(`content type "${contentType}"`);
    if (payload.length === 0) return invalid('an empty payload');
    const epoch = userProperties?.['epoch'] ?? meaning.epoch;
    const number = userProperties?.['number'] ?? meaning.number;
    const sequence = sequenceOf(epoch, number);
    if (sequence === undefined) return invalid(`epoch "${epoch}", number "${number}"`);
    const delivery = {
      ...deliveryOf(meaning.gatewayId, 'mqtt', sequence, sender),
      ...(isRetained && { isRetained }),
    };
    return {
      gatewayId: meaning.gatewayId,
      isRepeatable: true,
      run: () => outcomeOf(async () => this.intake.take(delivery, format, payload)),
    };
  }

  private status(
    gatewayId: string,
    { payload }: InboundMessage,
    sender: Identity | null,
  ): Prepared | Outcome {
    const word = Buffer.from(payload).toString('latin1').trim();
    // Empty: a retained message was taken back.
    if (word !== 'online' && word !== 'offline' && word !== '')
      return { kind: 'invalid', detail: `status "${word.slice(0, 60)}"` };
    const report = async (): Promise<IngestResult> => {
      if (word === 'online') this.intake.gatewayBorn(gatewayId, 'mqtt');
      const scope = sender?.modules ?? null;
      if (word === 'offline') this.intake.gatewayDied(gatewayId, null, 'its MQTT status is offline', scope);
      return NOTHING_DELIVERED;
    };
    return { gatewayId, isRepeatable: true, run: () => outcomeOf(report) };
  }
}

const deliveryOf = (
  gatewayId: string,
  protocol: Protocol,
  sequence: Delivery['sequence'],
  sender: Identity | null,
): Delivery => ({
  gatewayId,
  door: protocol,
  sender: sender?.tokenId,
  sequence,
  modules: sender?.modules ?? null,
});

/** What of a message was not understood; empty where all was. */
function lossOf({ rejected, rejectedValues, rejections, unknownFields }: IngestResult): string {
  const parts: string[] = [];
  const [first] = rejections;
  if (first !== undefined) {
    const place = first.column === null ? first.reason : `${first.reason} in ${first.column}`;
    parts.push(`rejected: ${rejected} rows, ${rejectedValues} values, the first for ${place}`);
  }
  return [...parts, ...unknownFields.map(unknownFieldText)].join('; ');
}

/** Null: nothing is counted; undefined: half of it, or no number. */
function sequenceOf(epoch: unknown, number: unknown): Delivery['sequence'] | undefined {
  if (epoch === null && number === null) return null;
  if (typeof epoch !== 'string' || epoch === '' || epoch.length > MAX_EPOCH_CHARS) return undefined;
  if (typeof number !== 'string' || !/^\d{1,16}$/.test(number)) return undefined;
  const value = Number(number);
  return Number.isSafeInteger(value) ? { epoch, number: value } : undefined;
}

async function outcomeOf(take: () => Promise<IngestResult>): Promise<Outcome> {
  try {
    const result = await take();
    if (result.failure === null) return { ...STORED, detail: lossOf(result) };
    return { kind: 'invalid', detail: [result.failure, lossOf(result)].filter(Boolean).join('; ') };
  } catch (error) {
    if (!(error instanceof ServiceError)) return { kind: 'failed', detail: String(error) };
    return { kind: error.retriable ? 'busy' : 'invalid', detail: error.message };
  }
}
