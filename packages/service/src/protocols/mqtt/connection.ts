/**
 * One client of the embedded broker: MQTT 3.1.1 and 5 as far as ingest needs them. Knows no socket, so that bytes of
 * any kind can be tried on it.
 */
import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
} from 'mqtt-packet';
import type { Identity } from '../../records.ts';
import type { ClientName } from './clients.ts';
import { deliver } from './delivering.ts';
import { ProtocolError } from './framing.ts';
import { type Budget, Inbox, type InboxItem } from './inbox.ts';
import type { MqttLimits } from './limits.ts';
import { Outbox } from './outbox.ts';
import { PacketIds } from './packet-ids.ts';
import { PacketReader } from './packets.ts';
import { REASON, REASON_OF_OUTCOME, returnCodeOf } from './reasons.ts';
import type { Outcome, Reception } from './reception.ts';
import { maySubscribe, type OutboundMessage, type QosOut, Subscriptions } from './subscriptions.ts';

/** The socket, as far as a connection needs it. */
export interface Transport {
  write(bytes: Uint8Array): void;
  /** Written, and not yet taken by the network. */
  waitingBytes(): number;
  pause(): void;
  resume(): void;
  /** Closes after what was written has gone out. */
  end(): void;
}

type Will = NonNullable<IConnectPacket['will']>;

/** End of the topic by which a gateway says that it is there, or gone. */
const STATUS = '/status';

export interface Hub {
  readonly limits: MqttLimits;
  readonly reception: Reception;
  readonly budget: Budget;
  readonly now: () => number;
  authenticate(
    user: string | undefined,
    password: string | undefined,
    connection: Connection,
  ): Promise<Identity | null>;
  /** False once its token was revoked or has expired. */
  isStillLive(identity: Identity): boolean;
  /** Ends a former connection of the same client, and resolves once that has said its last. */
  admit(connection: Connection, client: ClientName): Promise<void>;
  /** The will of a client that may come back until then. */
  holdWill(client: ClientName, delayMs: number, publish: () => Promise<void>): void;
  newClientId(): string;
  retained(): Iterable<OutboundMessage>;
  count(what: MqttCount): void;
  /** A message that was not stored, or a connection that was ended, with the reason. */
  note(connection: Connection, what: string): void;
  gone(connection: Connection): void;
  /** Another connection of the same token is open: the gateway is not gone because this one ends. */
  hasAnother(connection: Connection): boolean;
}

export const MQTT_COUNTS = [
  'messages',
  'stored',
  'busy',
  'invalid',
  'forbidden',
  'unknown-topic',
  'failed',
  'lost-at-qos-0',
  'sent',
  'refused-connections',
  'refused-logins',
  'malformed',
  'slow-clients',
  'keep-alive-timeouts',
] as const;
export type MqttCount = (typeof MQTT_COUNTS)[number];

const KEEP_ALIVE_FACTOR = 1.5;
const MAX_REASON_CHARS = 200;
const NO_LIMIT = 0xffff_ffff;
const MAX_RECEIVE_MAXIMUM = 65_535;
/** Packets that are read before others have their turn; a subscription, which retained messages answer, counts as all. */
const PACKETS_OF_SLICE = 1000;

export class Connection {
  /** Resolves once everything that came has been dealt with, the will too. */
  readonly done: Promise<void>;
  identity: Identity | null = null;
  clientId = '';
  private readonly transport: Transport;
  private readonly hub: Hub;
  private readonly reader: PacketReader;
  private readonly ending = new AbortController();
  private readonly subscriptions: Subscriptions;
  private readonly aliases = new Map<number, string>();
  /** Stored at QoS 2, and not yet released by the client. */
  private readonly unreleased = new PacketIds();
  private readonly openedMs: number;
  private state: 'waiting' | 'authenticating' | 'open' | 'stopping' | 'closed' = 'waiting';
  private protocolVersion: 4 | 5 = 4;
  private keepAliveMs = 0;
  private lastReceivedMs: number;
  private isPaused = false;
  /** Goes on reading packets once others had their turn. */
  private isYielding = false;
  private wantsReasons = true;
  private will: Will | undefined;
  private user = '';
  /** How long its session lives after the connection, s (MQTT 5): no will waits longer. */
  private sessionExpiryS = 0;
  private inbox: Inbox | null = null;
  private outbox: Outbox | null = null;
  private resolveDone: () => void = () => undefined;

  constructor(transport: Transport, hub: Hub) {
    this.transport = transport;
    this.hub = hub;
    this.reader = new PacketReader(hub.limits.connectBytes, hub.limits.topicChars);
    this.subscriptions = new Subscriptions(hub.limits.subscriptions);
    this.openedMs = this.lastReceivedMs = hub.now();
    this.done = new Promise((resolve) => {
      this.resolveDone = resolve;
    });
  }

  receive(bytes: Uint8Array): void {
    if (this.state === 'closed') return;
    this.lastReceivedMs = this.hub.now();
    this.reader.framing.push(bytes);
    this.drain();
  }

  /** The other side has closed, or the network has. */
  lost(): void {
    this.close();
  }

  /** The network has taken what was written. */
  drained(): void {
    this.outbox?.flush();
  }

  /** Looked at every second. */
  check(): void {
    const nowMs = this.hub.now();
    if (this.state === 'waiting' || this.state === 'authenticating') {
      if (nowMs - this.openedMs >= this.hub.limits.connectMs) this.close();
      return;
    }
    if (this.identity !== null && !this.hub.isStillLive(this.identity)) {
      this.end(REASON.notAuthorized, 'its token is no longer good');
      return;
    }
    if (this.isPaused || this.keepAliveMs === 0) return;
    if (nowMs - this.lastReceivedMs < KEEP_ALIVE_FACTOR * this.keepAliveMs) return;
    this.hub.count('keep-alive-timeouts');
    this.end(REASON.keepAliveTimeout, 'nothing came for one and a half keep-alive intervals');
  }

  takenOver(): void {
    this.end(REASON.takenOver, 'the same client has connected again');
  }

  isOpenFor({ name, tokenId }: Identity): boolean {
    return this.state === 'open' && this.identity?.tokenId === tokenId && this.identity.name === name;
  }

  /** Reads no more, lets what is in flight end, says goodbye. Its will is not published: the client lives. */
  async shutDown(): Promise<void> {
    this.will = undefined;
    if (this.state !== 'open') {
      this.close();
      return this.done;
    }
    this.state = 'stopping';
    this.pauseReading();
    await this.inbox?.idle();
    this.end(REASON.shuttingDown, 'the service stops');
    return this.done;
  }

  /** Attempts that wait for a busy intake end now. */
  giveUp(): void {
    this.ending.abort();
  }

  /** What the service publishes, where the client has asked for it. */
  offer(message: OutboundMessage): void {
    const qos = this.state === 'open' ? this.subscriptions.qosOf(message.topic) : null;
    if (qos !== null) this.send({ ...message, qos: Math.min(qos, message.qos) as QosOut, retain: false });
  }

  private send(message: OutboundMessage): void {
    this.hub.count('sent');
    if (this.outbox!.send(message)) return;
    this.hub.count('slow-clients');
    this.end(REASON.quotaExceeded, 'reads more slowly than is published');
  }

  private drain(): void {
    if (this.isYielding) return;
    let left = PACKETS_OF_SLICE;
    try {
      while (this.state === 'waiting' || (this.state === 'open' && !this.inbox!.isFull)) {
        if (left <= 0) {
          this.yieldTurn();
          break;
        }
        const packet = this.reader.next();
        if (packet === null) break;
        left -= packet.cmd === 'subscribe' ? PACKETS_OF_SLICE : 1;
        this.handle(packet);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.hub.count('malformed');
      // A packet that is too large or malformed is a message of its gateway that nobody evaluated.
      if (this.identity?.role === 'gateway') this.hub.reception.unreadable(this.identity.name, error.message);
      this.end(error.reasonCode, error.message);
    }
    if (this.state === 'authenticating' || this.inbox?.isFull || this.isYielding) this.pauseReading();
    else if (this.isPaused && this.state === 'open') this.resumeReading();
  }

  private yieldTurn(): void {
    this.isYielding = true;
    setImmediate(() => {
      this.isYielding = false;
      if (this.state === 'open') this.drain();
    });
  }

  private pauseReading(): void {
    if (!this.isPaused) this.transport.pause();
    this.isPaused = true;
  }

  private resumeReading(): void {
    this.isPaused = false;
    this.lastReceivedMs = this.hub.now();
    this.transport.resume();
  }

  private handle(packet: Packet): void {
    if (this.state === 'waiting') {
      if (packet.cmd !== 'connect') throw new ProtocolError(REASON.protocol, `${packet.cmd} before CONNECT`);
      this.state = 'authenticating';
      void this.connect(packet);
      return;
    }
    if (packet.cmd === 'publish') this.publish(packet);
    else if (packet.cmd === 'pubrel') this.release(packet.messageId!);
    else if (packet.cmd === 'puback') this.outbox!.acknowledged(packet.messageId!);
    else if (packet.cmd === 'subscribe') this.subscribe(packet);
    else if (packet.cmd === 'unsubscribe') {
      const granted = packet.unsubscriptions.map((filter) =>
        this.subscriptions.remove(filter) ? 0 : REASON.noSubscription,
      );
      this.write({ cmd: 'unsuback', messageId: packet.messageId!, granted });
    } else if (packet.cmd === 'pingreq') this.write({ cmd: 'pingresp' });
    else if (packet.cmd === 'disconnect') {
      if (packet.reasonCode !== REASON.withWill) this.will = undefined;
      this.sessionExpiryS = packet.properties?.sessionExpiryInterval ?? this.sessionExpiryS;
      this.close();
    } else throw new ProtocolError(REASON.protocol, `${packet.cmd} from a client`);
  }

  private async connect(packet: IConnectPacket): Promise<void> {
    this.protocolVersion = packet.protocolVersion === 5 ? 5 : 4;
    const timeProblem = rejectionOf(packet);
    if (timeProblem !== null) return this.reject(timeProblem);
    const { username, password, will, properties } = packet;
    let identity: Identity | null;
    try {
      identity = await this.hub.authenticate(username, password?.toString(), this);
    } catch (error) {
      this.hub.note(this, `login could not be checked: ${error}`);
      return this.reject(REASON.unavailable);
    }
    if (this.state === 'closed') return;
    if (identity === null) {
      this.hub.count('refused-logins');
      return this.reject(username === undefined ? REASON.notAuthorized : REASON.badLogin);
    }
    if (will !== undefined && this.hub.reception.rejectionOf(will.topic, identity) !== null)
      return this.reject(REASON.notAuthorized);
    this.identity = identity;
    this.clientId = packet.clientId === '' ? this.hub.newClientId() : packet.clientId;
    this.user = username ?? '';
    await this.hub.admit(this, this.name(identity));
    if (this.closedMeanwhile()) return;
    this.open(packet, identity);
    this.will = will;
    this.sessionExpiryS = properties?.sessionExpiryInterval ?? 0;
    this.keepAliveMs = (packet.keepalive ?? 0) * 1000;
    this.wantsReasons = properties?.requestProblemInformation !== false;
    this.accept(packet);
    this.state = 'open';
    this.drain();
  }

  private name({ tokenId }: Identity): ClientName {
    return { tokenId, user: this.user, clientId: this.clientId };
  }

  /** A function, since the compiler holds the state for unchanged across an await. */
  private closedMeanwhile(): boolean {
    return this.state === 'closed';
  }

  private open({ properties }: IConnectPacket, identity: Identity): void {
    const { limits, reception, budget } = this.hub;
    this.reader.framing.maxPacketBytes = limits.packetBytes;
    this.inbox = new Inbox({
      reception,
      identity,
      limits,
      budget,
      signal: this.ending.signal,
      settled: (item, outcome) => this.settled(item, outcome),
    });
    this.outbox = new Outbox({
      protocolVersion: this.protocolVersion,
      limits,
      receiveMaximum: properties?.receiveMaximum ?? MAX_RECEIVE_MAXIMUM,
      maximumPacketBytes: properties?.maximumPacketSize ?? NO_LIMIT,
      write: (bytes) => this.transport.write(bytes),
      waitingBytes: () => this.transport.waitingBytes(),
    });
  }

  private accept(packet: IConnectPacket): void {
    const { limits } = this.hub;
    const assigned = packet.clientId === '' ? { assignedClientIdentifier: this.clientId } : {};
    const properties = {
      ...assigned,
      // Nothing is kept between connections: who comes back subscribes again and repeats what was not acknowledged.
      sessionExpiryInterval: 0,
      receiveMaximum: limits.inFlight,
      maximumPacketSize: limits.packetBytes,
      topicAliasMaximum: limits.topicAliases,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
    };
    if (this.protocolVersion === 5)
      this.write({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties });
    else this.write({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  }

  private reject(reasonCode: number): void {
    if (this.state === 'closed') return;
    const returnCode = returnCodeOf(reasonCode);
    const code = this.protocolVersion === 5 ? { reasonCode } : { returnCode };
    this.write({ cmd: 'connack', sessionPresent: false, ...code });
    this.close();
  }

  private publish(packet: IPublishPacket): void {
    const { qos, properties } = packet;
    const packetId = packet.messageId ?? 0;
    const topic = this.topicOf(packet);
    if (qos === 2 && this.unreleased.has(packetId)) {
      this.write({ cmd: 'pubrec', messageId: packetId, reasonCode: 0 });
      return;
    }
    if (qos === 2 && this.inbox!.awaits(packetId)) return;
    this.hub.count('messages');
    const { contentType, userProperties } = properties ?? {};
    const message = { topic, payload: packet.payload as Buffer, contentType, userProperties };
    this.inbox!.push({ message, qos, packetId });
  }

  private topicOf({ topic, properties }: IPublishPacket): string {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic;
    if (alias > this.hub.limits.topicAliases)
      throw new ProtocolError(REASON.topicAliasInvalid, `topic alias ${alias}`);
    if (topic !== '') this.aliases.set(alias, topic);
    const known = this.aliases.get(alias);
    if (known === undefined)
      throw new ProtocolError(REASON.protocol, `topic alias ${alias} stands for nothing`);
    return known;
  }

  /** The acknowledgement, or what stands for a refusal where the protocol has none. */
  private settled(item: InboxItem, outcome: Outcome): boolean {
    const { kind, detail } = outcome;
    const isLost = item.qos === 0 && (kind === 'busy' || kind === 'failed');
    this.hub.count(kind);
    if (isLost) this.hub.count('lost-at-qos-0');
    if (kind !== 'stored') this.hub.note(this, `${item.message.topic}: ${kind}: ${detail}`);
    const isUnstored = (kind === 'busy' || kind === 'failed') && !isLost;
    const hasAnswer = this.protocolVersion === 5 || kind === 'stored' || kind === 'invalid' || isLost;
    if (isUnstored || !hasAnswer) {
      // Closed without an acknowledgement, the client sends it, and what followed, again. A PUBACK that refuses ends a message
      // for the clients of MQTT 5: few of them send it again.
      this.end(REASON_OF_OUTCOME[kind], detail);
      return false;
    }
    if (item.qos > 0) this.acknowledge(item, outcome);
    if (this.state === 'open') this.drain();
    return true;
  }

  private acknowledge({ qos, packetId }: InboxItem, { kind, detail }: Outcome): void {
    const reasonCode = this.protocolVersion === 5 ? REASON_OF_OUTCOME[kind] : 0;
    if (qos === 2 && reasonCode < REASON.refused) this.unreleased.add(packetId);
    const hasReason = detail !== '' && this.wantsReasons;
    const properties = hasReason ? { properties: { reasonString: detail.slice(0, MAX_REASON_CHARS) } } : {};
    this.write({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId: packetId, reasonCode, ...properties });
  }

  private release(packetId: number): void {
    this.unreleased.delete(packetId);
    // Also of an earlier connection: what was answered with PUBREC is on disk, and is done with this.
    this.write({ cmd: 'pubcomp', messageId: packetId, reasonCode: 0 });
  }

  private subscribe({ messageId, subscriptions, properties }: ISubscribePacket): void {
    if (properties?.subscriptionIdentifier !== undefined)
      throw new ProtocolError(REASON.noSubscriptionIdentifiers, 'a subscription identifier');
    const fresh: string[] = [];
    const granted = subscriptions.map(({ topic, qos, rh }) => {
      const isNew = !this.subscriptions.has(topic);
      const timeProblem = this.denialOfFilter(topic, isNew);
      if (timeProblem !== 0) return this.protocolVersion === 5 ? timeProblem : REASON.refused;
      const best = Math.min(qos, 1) as QosOut;
      this.subscriptions.add(topic, best);
      if (rh !== 2 && (isNew || rh !== 1)) fresh.push(topic);
      return best;
    });
    this.write({ cmd: 'suback', messageId: messageId!, granted });
    if (fresh.length > 0) this.sendRetained(fresh);
  }

  private denialOfFilter(filter: string, isNew: boolean): number {
    if (filter.startsWith('$share/')) return REASON.noSharedSubscriptions;
    if (!maySubscribe(filter, this.identity!)) return REASON.notAuthorized;
    return isNew && this.subscriptions.isFull ? REASON.quotaExceeded : 0;
  }

  private sendRetained(filters: readonly string[]): void {
    const wanted = new Subscriptions(filters.length);
    for (const filter of filters) wanted.add(filter, 1);
    for (const message of this.hub.retained()) {
      const qos = wanted.qosOf(message.topic) === null ? null : this.subscriptions.qosOf(message.topic);
      if (qos !== null && this.state === 'open')
        this.send({ ...message, qos: Math.min(qos, message.qos) as QosOut, retain: true });
    }
  }

  private write(packet: Packet): void {
    if (this.state === 'closed') return;
    this.transport.write(generate(packet, { protocolVersion: this.protocolVersion }));
    if (this.transport.waitingBytes() < this.hub.limits.clientBufferBytes) return;
    this.hub.count('slow-clients');
    this.hub.note(this, 'reads more slowly than it is answered');
    this.close();
  }

  /** Ends it from this side; MQTT 5 is told why. */
  private end(reasonCode: number, reason: string): void {
    if (this.state === 'closed') return;
    this.hub.note(this, reason);
    const isConnected = this.state === 'open' || this.state === 'stopping';
    if (this.protocolVersion === 5 && isConnected) this.write({ cmd: 'disconnect', reasonCode });
    this.close();
  }

  private close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.transport.end();
    void this.finish();
  }

  /** What had come whole is stored, acknowledged or not; the will comes after it. */
  private async finish(): Promise<void> {
    await this.inbox?.idle();
    const { will, identity, hub } = this;
    if (will !== undefined && identity !== null) {
      const delayS = Math.min(will.properties?.willDelayInterval ?? 0, this.sessionExpiryS);
      const publish = () => this.publishWill(will, identity);
      if (delayS > 0) hub.holdWill(this.name(identity), delayS * 1000, publish);
      else await publish();
    }
    hub.gone(this);
    this.resolveDone();
  }

  private async publishWill(will: Will, identity: Identity): Promise<void> {
    const { hub } = this;
    // The gateway is there: it has another connection.
    if (will.topic.endsWith(STATUS) && hub.hasAnother(this)) return;
    const { contentType, userProperties } = will.properties ?? {};
    const payload = will.payload as Buffer;
    const prepared = hub.reception.prepare(
      { topic: will.topic, payload, contentType, userProperties },
      identity,
    );
    const { retryMs, holdMs } = hub.limits;
    const goesOn = (waitedMs: number): boolean => waitedMs < holdMs;
    const patience = { retryMs, goesOn, signal: this.ending.signal };
    const outcome = 'kind' in prepared ? prepared : await deliver(prepared, patience);
    hub.count(outcome.kind);
  }
}

/** What is wrong with a CONNECT whoever sends it; null: nothing. */
function rejectionOf({ protocolVersion, clientId, clean, properties }: IConnectPacket): number | null {
  if (protocolVersion !== 4 && protocolVersion !== 5) return REASON.unsupportedVersion;
  if (properties?.authenticationMethod !== undefined) return REASON.badAuthenticationMethod;
  if (protocolVersion === 4 && clientId === '' && clean === false) return REASON.badClientId;
  return null;
}
