/**
 * A client of somebody else's broker, by mqtt.js. Its own acknowledgement comes before anything is stored, so it is
 * kept from giving one: it is given here, in the order of arrival, once a message is on disk.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { generate } from 'mqtt-packet';
import type { Logger } from 'pino';
import type { MqttPublisher, PublishOptions } from './broker.ts';
import { deliver } from './delivering.ts';
import { EXTERNAL_LIMITS, type ExternalLimits } from './limits.ts';
import { type InboundMessage, OUTCOMES, type Outcome, type Prepared, type Reception } from './reception.ts';
import { type OutboundMessage, Retained } from './subscriptions.ts';

export interface ExternalOptions {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string;
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
  /** The broker keeps what comes meanwhile for so long (MQTT 5; in 3.1.1 as it is set up); 0: it forgets at once. */
  readonly sessionExpiryS: number;
  readonly filters: readonly string[];
  readonly reception: Reception;
  /** Retained; published on connection, and by the broker when that is lost. Made anew for each connection. */
  readonly presence: (() => Presence) | null;
  /** The connection was lost. */
  readonly onLost?: () => void;
  readonly now: () => number;
  readonly log: Logger;
  readonly limits?: Partial<ExternalLimits>;
}

export interface Presence {
  readonly topic: string;
  readonly online: string;
  readonly offline: string;
}

export interface ExternalMetrics extends Readonly<Record<Outcome['kind'], number>> {
  readonly isConnected: boolean;
  readonly connections: number;
  readonly messages: number;
  /** Not stored and not acknowledged, because the connection was lost meanwhile: the broker sends them again. */
  readonly abandoned: number;
  readonly sent: number;
  readonly notSent: number;
}

export interface ExternalBroker extends MqttPublisher {
  metrics(): ExternalMetrics;
  close(): Promise<void>;
}

/** Returns at once, and goes on trying for as long as it is not closed. */
export function connectBroker(options: ExternalOptions): ExternalBroker {
  const link = new ExternalLink(options);
  return {
    publish: (topic, payload, how) => link.publish(topic, payload, how),
    metrics: () => link.metrics(),
    close: () => link.close(),
  };
}

/** Given to mqtt.js in place of an acknowledgement: it then sends none and reads on. */
const WITHHELD = new Error('acknowledged once it is stored');

/** All are counted; so many stand in the log. */
const NOTE_EVERY_MS = 1000;

interface Pending {
  readonly packetId: number | null;
  isSettled: boolean;
}

class ExternalLink {
  private readonly options: ExternalOptions;
  private readonly limits: ExternalLimits;
  private readonly client: MqttClient;
  private readonly kept: Retained;
  private readonly takenBack = new Set<string>();
  private readonly ending = new AbortController();
  private readonly counts = Object.fromEntries(OUTCOMES.map((kind) => [kind, 0])) as Record<
    Outcome['kind'],
    number
  >;
  private readonly totals = { connections: 0, messages: 0, abandoned: 0, sent: 0, notSent: 0 };
  /** Deliveries of one gateway, one after another. */
  private readonly queues = new Map<string, Promise<void>>();
  /** Of this connection, in order of arrival. */
  private pending: Pending[] = [];
  private inFlight = 0;
  private unacknowledged = 0;
  private readonly waitingForRoom: (() => void)[] = [];
  private presence: Presence | null = null;
  private isClosing = false;
  private notedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ExternalOptions) {
    this.options = options;
    this.limits = { ...EXTERNAL_LIMITS, ...options.limits };
    this.kept = new Retained(this.limits.retainedTopics);
    this.client = connect(options.url, this.clientOptions());
    this.client.handleMessage = (packet, done) => this.receive(packet, done);
    this.client.on('connect', () => this.connected());
    this.client.on('close', () => this.lost());
    this.client.on('reconnect', () => Object.assign(this.client.options, this.newPresence()));
    this.client.on('error', (error) => options.log.warn({ broker: options.url }, `mqtt: ${error.message}`));
  }

  publish(topic: string, payload: string | Uint8Array, { retain, qos }: PublishOptions): void {
    const message: OutboundMessage = { topic, payload: Buffer.from(payload), qos, retain };
    if (retain) this.kept.keep(message);
    // What is retained is published on the next connection; anything else is of its moment.
    if (this.client.connected) this.send(message);
    else if (!retain) this.totals.notSent++;
    else if (message.payload.length === 0) this.takeBack(topic);
    if (payload.length > 0) this.takenBack.delete(topic);
  }

  /** The broker still has it: told on the next connection. */
  private takeBack(topic: string): void {
    if (this.takenBack.size < this.limits.retainedTopics) this.takenBack.add(topic);
  }

  metrics(): ExternalMetrics {
    return { ...this.counts, ...this.totals, isConnected: this.client.connected };
  }

  /** What is being stored is acknowledged; then the presence is taken back, and the connection closed. */
  async close(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    this.ending.abort();
    for (const readOn of this.waitingForRoom.splice(0)) readOn();
    const late = pause(this.limits.closeMs, undefined, { ref: false });
    await Promise.race([Promise.all(this.queues.values()), late]);
    const isConnected = this.client.connected;
    if (isConnected && this.presence !== null) {
      const { topic, offline } = this.presence;
      const goodbye = this.client.publishAsync(topic, offline, { qos: 1, retain: true });
      await Promise.race([goodbye.catch(() => undefined), late]);
    }
    await this.client.endAsync(!isConnected || !this.client.connected);
  }

  private clientOptions(): IClientOptions {
    const { protocolVersion, clientId, user, password, tls, sessionExpiryS } = this.options;
    const { keepAliveS, connectMs, reconnectMs, inFlight, packetBytes } = this.limits;
    return {
      protocolVersion,
      clientId,
      clean: sessionExpiryS === 0,
      keepalive: keepAliveS,
      connectTimeout: connectMs,
      reconnectPeriod: reconnectMs,
      reconnectOnConnackError: true,
      resubscribe: false,
      queueQoSZero: false,
      ...this.newPresence(),
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      ...tls,
      ...(protocolVersion === 5 && {
        properties: {
          sessionExpiryInterval: sessionExpiryS,
          receiveMaximum: inFlight,
          maximumPacketSize: packetBytes,
        },
      }),
    };
  }

  private newPresence(): Pick<IClientOptions, 'will'> {
    this.presence = this.options.presence?.() ?? null;
    if (this.presence === null) return {};
    const { topic, offline } = this.presence;
    return { will: { topic, payload: Buffer.from(offline), qos: 1, retain: true } };
  }

  private connected(): void {
    this.totals.connections++;
    this.client.options.reconnectPeriod = this.limits.reconnectMs;
    const { filters, log, url } = this.options;
    const own = this.presence === null ? [] : [this.presence.topic];
    this.client.subscribe([...filters, ...own], { qos: 1 }, (error, granted) => {
      const rejected = granted?.filter(({ qos }) => qos > 2).map(({ topic }) => topic) ?? [];
      if (error || rejected.length > 0)
        log.error({ broker: url, refused: rejected }, `mqtt: no subscription: ${error?.message}`);
      this.sendPresence();
    });
    const nothing = new Uint8Array(0);
    for (const topic of this.takenBack) this.send({ topic, payload: nothing, qos: 1, retain: true });
    this.takenBack.clear();
    for (const message of this.kept.values()) this.send(message);
  }

  private sendPresence(): void {
    if (this.presence === null || !this.client.connected || this.isClosing) return;
    const { topic, online } = this.presence;
    this.send({ topic, payload: Buffer.from(online), qos: 1, retain: true });
  }

  private lost(): void {
    this.pending = [];
    this.waitingForRoom.length = 0;
    const { reconnectPeriod = 0 } = this.client.options;
    this.client.options.reconnectPeriod = Math.min(2 * reconnectPeriod, this.limits.reconnectMaxMs);
    this.options.onLost?.();
  }

  private send({ topic, payload, qos, retain }: OutboundMessage): void {
    if (this.unacknowledged >= this.limits.unacknowledged) {
      this.totals.notSent++;
      return;
    }
    this.unacknowledged++;
    this.client.publish(topic, Buffer.from(payload), { qos, retain }, (error) => {
      this.unacknowledged--;
      this.totals[error ? 'notSent' : 'sent']++;
    });
  }

  /** `done` lets mqtt.js read on; it is held back where there is no more room. */
  private receive(packet: IPublishPacket, done: (error?: Error) => void): void {
    const readOn = (): void => done(packet.qos === 0 ? undefined : WITHHELD);
    if (this.isClosing) {
      readOn();
      return;
    }
    if (packet.topic === this.presence?.topic) {
      // A will of a connection before this one may come late.
      if (String(packet.payload) !== this.presence.online && !packet.retain) this.sendPresence();
      this.begin(packet, null);
      readOn();
      return;
    }
    const { contentType, userProperties } = packet.properties ?? {};
    const payload = Buffer.from(packet.payload);
    const { topic, retain: isRetained } = packet;
    const message: InboundMessage = { topic, payload, contentType, userProperties, isRetained };
    this.totals.messages++;
    const isTooLarge = payload.length > this.limits.packetBytes;
    const { reception } = this.options;
    const tooLarge = `a message of ${payload.length} bytes; at most ${this.limits.packetBytes} are accepted`;
    this.begin(
      packet,
      isTooLarge ? reception.unreadableOn(topic, tooLarge) : reception.prepare(message, null),
    );
    if (this.inFlight < this.limits.inFlight) readOn();
    else this.waitingForRoom.push(readOn);
  }

  private begin({ qos, messageId }: IPublishPacket, prepared: Prepared | Outcome | null): void {
    const { stream } = this.client;
    const pending: Pending = { packetId: qos === 0 ? null : messageId!, isSettled: false };
    this.pending.push(pending);
    const settle = (outcome: Outcome | null): void => {
      if (outcome !== null) this.note(outcome);
      pending.isSettled = true;
      if (this.client.stream === stream) this.acknowledge();
    };
    if (prepared === null) settle(null);
    else if ('kind' in prepared) settle(prepared);
    else void this.enqueue(prepared, qos, stream, settle);
  }

  private async enqueue(
    prepared: Prepared,
    qos: number,
    stream: MqttClient['stream'],
    settle: (outcome: Outcome) => void,
  ): Promise<void> {
    const isRepeated = qos > 0 && prepared.isRepeatable;
    const isSame = (): boolean => this.client.stream === stream && this.client.connected;
    const goesOn = (waitedMs: number): boolean => (isRepeated ? isSame() : waitedMs < this.limits.holdMs);
    const patience = { retryMs: this.limits.retryMs, goesOn, signal: this.ending.signal };
    const { gatewayId } = prepared;
    this.inFlight++;
    const before = this.queues.get(gatewayId);
    const mine = (async () => {
      await before;
      // After the loss of a connection the broker sends it again: this one would only stand in the way.
      if (isRepeated && (!isSame() || this.ending.signal.aborted)) return null;
      return deliver(prepared, patience);
    })();
    const queue = mine.then(() => undefined);
    this.queues.set(gatewayId, queue);
    const outcome = await mine;
    if (this.queues.get(gatewayId) === queue) this.queues.delete(gatewayId);
    this.inFlight--;
    const isOpen = outcome === null || outcome.kind === 'busy' || outcome.kind === 'failed';
    if (isRepeated && isOpen) this.totals.abandoned++;
    else settle(outcome!);
    this.makeRoom();
  }

  private note(outcome: Outcome): void {
    this.counts[outcome.kind]++;
    const nowMs = this.options.now();
    if (outcome.kind === 'stored' || nowMs - this.notedMs < NOTE_EVERY_MS) return;
    this.notedMs = nowMs;
    this.options.log.warn({ broker: this.options.url, ...outcome }, 'mqtt: not stored');
  }

  /** In the order of arrival (MQTT 5, 4.6): one that is not settled holds back those behind it. */
  private acknowledge(): void {
    while (this.pending[0]?.isSettled) {
      const { packetId } = this.pending.shift()!;
      if (packetId === null || !this.client.connected) continue;
      const { protocolVersion } = this.options;
      this.client.stream.write(
        generate({ cmd: 'puback', messageId: packetId, reasonCode: 0 }, { protocolVersion }),
      );
    }
  }

  private makeRoom(): void {
    while (this.waitingForRoom.length > 0 && this.inFlight < this.limits.inFlight)
      this.waitingForRoom.shift()!();
  }
}
