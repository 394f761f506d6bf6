/**
 * The embedded broker: made for ingest, and for telling subscribers what the service finds. It is no message bus:
 * what clients publish goes to the intake and to nobody else.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import type { Logger } from 'pino';
import type { SharedClientIdView } from '../../alarms/sender-conditions.ts';
import { ConnectionLimiter } from '../../connection-limiter.ts';
import { ServiceError } from '../../errors.ts';
import type { Intake } from '../../monitor/intake.ts';
import type { Identity } from '../../records.ts';
import { SparkplugHost, type SparkplugMetrics, type SparkplugOptions } from '../sparkplug/host.ts';
import { type ClientName, Clients, keyOf } from './clients.ts';
import { Connection, type Hub, MQTT_COUNTS, type MqttCount, type Transport } from './connection.ts';
import { MQTT_LIMITS, type MqttLimits } from './limits.ts';
import { Reception } from './reception.ts';
import { type OutboundMessage, type QosOut, Retained } from './subscriptions.ts';
import { stateTopic } from './topics.ts';
import { Wills } from './wills.ts';

export interface BrokerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** PEM; without it passwords cross the network as they are. */
  readonly tls?: {
    readonly cert: string | Buffer;
    readonly key: string | Buffer;
    readonly ca?: string | Buffer;
  };
  readonly site: string;
  /** The password is the token; null refuses. */
  authenticate(
    user: string | undefined,
    password: string | undefined,
    address: string,
  ): Promise<Identity | null> | Identity | null;
  /** Asked every second: a token that was revoked ends its connections. */
  readonly isStillLive?: ((identity: Identity) => boolean) | undefined;
  readonly intake: Intake;
  /** Names under which nobody publishes but the gateway itself. */
  readonly isGatewayName?: ((name: string) => boolean) | undefined;
  /** Unset: `spBv1.0/…` means nothing. */
  readonly sparkplug?: SparkplugOptions;
  readonly limits?: Partial<MqttLimits>;
  /** Wall clock, Unix ms. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface PublishOptions {
  readonly retain: boolean;
  readonly qos: QosOut;
}

/** Where the service says what it finds: both kinds of broker. */
export interface MqttPublisher {
  /** An empty payload takes a retained message back. Never waits and never throws. */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): void;
}

export type MqttMetrics = { readonly [K in MqttCount]: number } & {
  readonly connections: number;
  readonly inFlightBytes: number;
  readonly retainedForgotten: number;
};

export interface MqttBroker extends MqttPublisher {
  readonly port: number;
  metrics(): MqttMetrics;
  sharedClientIds(): readonly SharedClientIdView[];
  /** Null: Sparkplug B is not set up. */
  sparkplugMetrics(): SparkplugMetrics | null;
  /** Reads no more, waits for what is in flight, says goodbye. */
  close(): Promise<void>;
}

const CHECK_MS = 1000;
const NOTES_EACH_SECOND = 5;
/** For a client that does not take the goodbye. */
const LINGER_MS = 2000;
/** A line that is dead is found so, also where a client asks for no keep-alive. */
const KEEP_ALIVE_PROBE_MS = 60_000;

/** @throws ServiceError `LISTEN` */
export async function startBroker(options: BrokerOptions): Promise<MqttBroker> {
  const hub = new BrokerHub(options);
  const onSocket = (socket: Socket): void => hub.connect(socket);
  const { tls, host, port } = options;
  const server = tls
    ? createTlsServer({ ...tls, minVersion: 'TLSv1.2', handshakeTimeout: hub.limits.connectMs }, onSocket)
    : createServer({ noDelay: true }, onSocket);
  // Handshakes count as well: they come before the client does.
  server.prependListener('connection', (socket: Socket) => hub.connections.add(socket));
  await listening(server, host, port);
  const timer = setInterval(() => hub.check(), CHECK_MS);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    publish: (topic, payload, how) => hub.publish(topic, payload, how),
    sharedClientIds: () => hub.sharedClientIds(),
    metrics: () => hub.metrics(),
    sparkplugMetrics: () => hub.sparkplug?.metrics() ?? null,
    close: async () => {
      clearInterval(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      await hub.close();
      await closed;
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ServiceError('LISTEN', `MQTT ${host}:${port}: ${error.message}`, error)),
    );
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      // Out of descriptors: that connection is lost, the others go on.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

class BrokerHub implements Hub {
  readonly limits: MqttLimits;
  readonly reception: Reception;
  readonly budget = { bytes: 0 };
  readonly connections: ConnectionLimiter;
  readonly now: () => number;
  private readonly options: BrokerOptions;
  readonly sparkplug: SparkplugHost | undefined;
  private readonly counts = Object.fromEntries(MQTT_COUNTS.map((name) => [name, 0])) as Record<
    MqttCount,
    number
  >;
  private readonly sockets = new Map<Connection, Socket>();
  private readonly clients = new Clients<Connection>((connection, what) => this.note(connection, what));
  private readonly wills: Wills;
  private readonly kept: Retained;
  private clientIds = 0;
  private notes = 0;

  constructor(options: BrokerOptions) {
    this.options = options;
    this.limits = { ...MQTT_LIMITS, ...options.limits };
    this.now = options.now;
    const { connectMs, connections } = this.limits;
    this.wills = new Wills(connections);
    this.connections = new ConnectionLimiter({
      limits: { ...this.limits, strangerMs: connectMs, requestMs: connectMs },
      now: options.now,
      note: (detail, why) => options.log.warn(detail, `mqtt: a connection was closed: ${why}`),
    });
    this.kept = new Retained(this.limits.retainedTopics);
    const { site, intake, sparkplug, isGatewayName } = options;
    if (sparkplug) {
      const command = (topic: string, payload: Uint8Array): void =>
        this.publish(topic, payload, { retain: false, qos: 0 });
      this.sparkplug = new SparkplugHost({ ...sparkplug, intake, command, now: options.now });
      if (sparkplug.hostId !== undefined) {
        const state = JSON.stringify({ online: true, timestamp: this.now() });
        this.publish(stateTopic(sparkplug.hostId), state, { retain: true, qos: 1 });
      }
    }
    this.reception = new Reception({ site, intake, sparkplug: this.sparkplug, isGatewayName });
  }

  connect(socket: Socket): void {
    if (socket.destroyed) return;
    const connection = new Connection(transportOf(socket), this);
    this.sockets.set(connection, socket);
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    socket.on('data', (bytes) => connection.receive(bytes));
    socket.on('drain', () => connection.drained());
    socket.on('error', () => connection.lost());
    socket.on('close', () => connection.lost());
  }

  async authenticate(
    user: string | undefined,
    password: string | undefined,
    connection: Connection,
  ): Promise<Identity | null> {
    const address = this.sockets.get(connection)?.remoteAddress ?? 'unknown';
    return this.options.authenticate(user, password, address);
  }

  isStillLive(identity: Identity): boolean {
    return this.options.isStillLive?.(identity) ?? true;
  }

  async admit(connection: Connection, client: ClientName): Promise<void> {
    const former = this.clients.take(connection, client, this.now());
    if (former !== undefined) {
      former.takenOver();
      await former.done;
    }
    this.wills.cancel(keyOf(client));
    const { role, name, tokenId } = connection.identity!;
    const socket = this.sockets.get(connection);
    if (socket) this.connections.begin(socket, tokenId);
    if (role === 'gateway') this.options.intake.gatewayBorn(name, 'mqtt');
  }

  holdWill(client: ClientName, delayMs: number, publish: () => Promise<void>): void {
    this.wills.hold(keyOf(client), this.now() + delayMs, publish);
  }

  newClientId(): string {
    return `emberwatch-${++this.clientIds}`;
  }

  retained(): Iterable<OutboundMessage> {
    return this.kept.values();
  }

  publish(topic: string, payload: string | Uint8Array, { retain, qos }: PublishOptions): void {
    const message = { topic, payload: Buffer.from(payload), qos, retain };
    if (retain) this.kept.keep(message);
    for (const connection of this.sockets.keys()) connection.offer(message);
  }

  count(what: MqttCount): void {
    this.counts[what]++;
  }

  note(connection: Connection, what: string): void {
    if (++this.notes > NOTES_EACH_SECOND) return;
    const { clientId, identity } = connection;
    this.options.log.warn({ client: clientId, gateway: identity?.name }, `mqtt: ${what}`);
  }

  hasAnother(connection: Connection): boolean {
    const { identity } = connection;
    for (const other of this.sockets.keys())
      if (other !== connection && identity !== null && other.isOpenFor(identity)) return true;
    return false;
  }

  gone(connection: Connection): void {
    this.sockets.delete(connection);
    this.clients.gone(connection);
  }

  check(): void {
    this.notes = 0;
    this.connections.check();
    this.wills.publishDue(this.now());
    for (const connection of this.sockets.keys()) connection.check();
  }

  sharedClientIds(): readonly SharedClientIdView[] {
    return this.clients.shared();
  }

  metrics(): MqttMetrics {
    return {
      ...this.counts,
      'refused-connections': this.connections.closed,
      connections: this.sockets.size,
      inFlightBytes: this.budget.bytes,
      retainedForgotten: this.kept.forgotten,
    };
  }

  async close(): Promise<void> {
    const all = [...this.sockets.keys()];
    const over = new AbortController();
    const late = pause(this.limits.closeMs, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([Promise.all(all.map((connection) => connection.shutDown())), late]);
    over.abort();
    for (const connection of all) connection.giveUp();
    for (const socket of this.sockets.values()) socket.destroy();
  }
}

const transportOf = (socket: Socket): Transport => ({
  write: (bytes) => {
    if (socket.writable) socket.write(bytes);
  },
  waitingBytes: () => socket.writableLength,
  pause: () => void socket.pause(),
  resume: () => void socket.resume(),
  end: () => {
    socket.end();
    // What still comes is read and forgotten, so that the end arrives.
    socket.resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  },
});
