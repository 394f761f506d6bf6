/** A message → what it means, who may say it, and what becomes of it: the same for both kinds of broker. */

import { type Identity, mayDo } from '../../auth/roles.ts';
import { ServiceError } from '../../errors.ts';
import type { Delivery, DoorName, Intake } from '../intake.ts';
import type { SparkplugHost } from '../sparkplug/host.ts';
import { formatOf } from './body.ts';
import { meaningOf, type TopicMeaning } from './topics.ts';

export interface InboundMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly contentType?: string | undefined;
  readonly userProperties?: Readonly<Record<string, string | string[]>> | undefined;
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
const DONE = { failure: null };

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
}

const MAX_EPOCH_CHARS = 128;

export class Reception {
  private readonly site: string;
  private readonly intake: Intake;
  private readonly sparkplug: SparkplugHost | undefined;

  constructor({ site, intake, sparkplug }: ReceptionOptions) {
    this.site = site;
    this.intake = intake;
    this.sparkplug = sparkplug;
  }

  /** `sender` null: an external broker has let it through, and answers for who may publish where. */
  refusalOf(topic: string, sender: Identity | null): Outcome | null {
    const meaning = this.meaningOf(topic);
    if (meaning === null) return { kind: 'unknown-topic', detail: `topic "${topic}"` };
    return mayPublish(meaning, sender) ? null : { kind: 'forbidden', detail: `topic "${topic}"` };
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
    const refusal = this.refusalOf(message.topic, sender);
    if (refusal !== null) return refusal;
    const meaning = this.meaningOf(message.topic)!;
    if (meaning.kind === 'status') return this.status(meaning.gatewayId, message);
    if (meaning.kind === 'frames') return this.frames(meaning, message, sender);
    const records = this.sparkplug!.receive(meaning, message.payload);
    if (!Array.isArray(records)) return records;
    const delivery = deliveryOf(meaning.edge, 'sparkplug', null, sender);
    return {
      gatewayId: meaning.edge,
      isRepeatable: false,
      run: () =>
        outcomeOf(async () => (records.length === 0 ? DONE : this.intake.takeRecords(delivery, records))),
    };
  }

  private meaningOf(topic: string): TopicMeaning | null {
    const meaning = meaningOf(topic, this.site);
    return meaning?.kind === 'sparkplug' && !this.sparkplug?.understands(meaning) ? null : meaning;
  }

  private frames(
    meaning: TopicMeaning & { kind: 'frames' },
    { payload, contentType, userProperties }: InboundMessage,
    sender: Identity | null,
  ): Prepared | Outcome {
    const format = formatOf(payload, contentType);
    if (format === null) return { kind: 'invalid', detail: `content type "${contentType}"` };
    if (payload.length === 0) return { kind: 'invalid', detail: 'an empty payload' };
    const epoch = userProperties?.['epoch'] ?? meaning.epoch;
    const number = userProperties?.['number'] ?? meaning.number;
    const sequence = sequenceOf(epoch, number);
    if (sequence === undefined) return { kind: 'invalid', detail: `epoch "${epoch}", number "${number}"` };
    const delivery = deliveryOf(meaning.gatewayId, 'mqtt', sequence, sender);
    return {
      gatewayId: meaning.gatewayId,
      isRepeatable: true,
      run: () => outcomeOf(async () => this.intake.take(delivery, format, payload)),
    };
  }

  private status(gatewayId: string, { payload }: InboundMessage): Prepared | Outcome {
    const word = Buffer.from(payload).toString('latin1').trim();
    // Empty: a retained message was taken back.
    if (word !== 'online' && word !== 'offline' && word !== '')
      return { kind: 'invalid', detail: `status "${word.slice(0, 60)}"` };
    const tell = async (): Promise<typeof DONE> => {
      if (word === 'online') this.intake.gatewayBorn(gatewayId, 'mqtt');
      if (word === 'offline') this.intake.gatewayDied(gatewayId, null, 'its MQTT status is offline');
      return DONE;
    };
    return { gatewayId, isRepeatable: true, run: () => outcomeOf(tell) };
  }
}

/**
 * A gateway below its own name; engineers and administrators may stand in for any. A token for looking delivers nothing:
 * it could tell calm readings of a module that burns.
 */
function mayPublish(meaning: TopicMeaning, sender: Identity | null): boolean {
  if (sender === null || mayDo(sender.role, 'engineer')) return true;
  if (sender.role !== 'gateway') return false;
  return (meaning.kind === 'sparkplug' ? meaning.edge : meaning.gatewayId) === sender.name;
}

const deliveryOf = (
  gatewayId: string,
  door: DoorName,
  sequence: Delivery['sequence'],
  sender: Identity | null,
): Delivery => ({ gatewayId, door, sender: sender?.tokenId, sequence, modules: sender?.modules ?? null });

/** Null: nothing is counted; undefined: half of it, or no number. */
function sequenceOf(epoch: unknown, number: unknown): Delivery['sequence'] | undefined {
  if (epoch === null && number === null) return null;
  if (typeof epoch !== 'string' || epoch === '' || epoch.length > MAX_EPOCH_CHARS) return undefined;
  if (typeof number !== 'string' || !/^\d{1,16}$/.test(number)) return undefined;
  const value = Number(number);
  return Number.isSafeInteger(value) ? { epoch, number: value } : undefined;
}

async function outcomeOf(take: () => Promise<{ failure: string | null }>): Promise<Outcome> {
  try {
    const { failure } = await take();
    return failure === null ? STORED : { kind: 'invalid', detail: failure };
  } catch (error) {
    if (!(error instanceof ServiceError)) return { kind: 'failed', detail: String(error) };
    return { kind: error.retriable ? 'busy' : 'invalid', detail: error.message };
  }
}
