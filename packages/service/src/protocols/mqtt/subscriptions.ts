/** What one client has asked for, and what waits for it: bounded, and a client that does not keep up is dropped. */
import type { Identity } from '../../records.ts';
import { matchesLevels, SPARKPLUG_ROOT } from './topics.ts';

export type QosOut = 0 | 1;

export interface OutboundMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QosOut;
  readonly retain: boolean;
}

/**
 * Viewers and above may read what the service publishes. A gateway reads only what is meant for it: its Sparkplug
 * commands and the state of the host.
 */
export function maySubscribe(filter: string, { role, name }: Identity): boolean {
  if (role !== 'gateway') return true;
  const levels = filter.split('/');
  if (levels[0] !== SPARKPLUG_ROOT) return false;
  if (levels[1] === 'STATE') return true;
  const isCommand = (levels[2] === 'NCMD' || levels[2] === 'DCMD') && levels[1] !== '#';
  return isCommand && levels[3] === name;
}

export class Subscriptions {
  private readonly byFilter = new Map<string, { readonly levels: readonly string[]; readonly qos: QosOut }>();
  private readonly maxFilters: number;

  constructor(maxFilters: number) {
    this.maxFilters = maxFilters;
  }

  get isFull(): boolean {
    return this.byFilter.size >= this.maxFilters;
  }

  has(filter: string): boolean {
    return this.byFilter.has(filter);
  }

  add(filter: string, qos: QosOut): void {
    this.byFilter.set(filter, { levels: filter.split('/'), qos });
  }

  remove(filter: string): boolean {
    return this.byFilter.delete(filter);
  }

  /** The best of all that match; null: none does. */
  qosOf(topic: string): QosOut | null {
    let best: QosOut | null = null;
    const topicLevels = topic.split('/');
    for (const { levels, qos } of this.byFilter.values()) {
      if ((best === null || qos > best) && matchesLevels(levels, topicLevels)) best = qos;
    }
    return best;
  }
}

/** The last retained message of each topic; the oldest are forgotten where there are too many. */
export class Retained {
  forgotten = 0;
  private readonly byTopic = new Map<string, OutboundMessage>();
  private readonly maxTopics: number;

  constructor(maxTopics: number) {
    this.maxTopics = maxTopics;
  }

  /** An empty payload takes the topic back. */
  keep(message: OutboundMessage): void {
    this.byTopic.delete(message.topic);
    if (message.payload.length === 0) return;
    this.byTopic.set(message.topic, message);
    if (this.byTopic.size <= this.maxTopics) return;
    this.byTopic.delete(this.byTopic.keys().next().value!);
    this.forgotten++;
  }

  values(): Iterable<OutboundMessage> {
    return this.byTopic.values();
  }
}
