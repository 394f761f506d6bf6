/** MQTT as it is set up: one thing to start, to publish through and to close. */
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { SharedClientIdView } from '../../alarms/sender-conditions.ts';
import { ServiceError } from '../../errors.ts';
import type { Intake } from '../../monitor/intake.ts';
import { readSecret } from '../../notify/secrets.ts';
import { SparkplugHost, type SparkplugMetrics, type SparkplugOptions } from '../sparkplug/host.ts';
import {
  type BrokerOptions,
  type MqttBroker,
  type MqttMetrics,
  type MqttPublisher,
  startBroker,
} from './broker.ts';
import { connectBroker, type ExternalBroker, type ExternalMetrics } from './external.ts';
import { Reception } from './reception.ts';
import type { MqttSettings } from './settings.ts';
import { alarmTopic, filtersOf, stateTopic, statusTopic } from './topics.ts';

export interface MqttOptions {
  readonly settings: MqttSettings;
  /** Name of the site, as it stands in topics. */
  readonly site: string;
  readonly authenticate: BrokerOptions['authenticate'];
  readonly isStillLive?: BrokerOptions['isStillLive'];
  readonly isGatewayName?: BrokerOptions['isGatewayName'];
  readonly intake: Intake;
  /** Wall clock, Unix ms. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface Mqtt extends MqttPublisher {
  /** Of the embedded broker; null without one. */
  readonly port: number | null;
  /** Retained under the id of the alarm; null once it is closed, which takes it back. */
  publishAlarm(alarmId: string, alarm: object | null): void;
  /** Of the embedded broker. */
  sharedClientIds(): readonly SharedClientIdView[];
  metrics(): {
    readonly embedded: MqttMetrics | null;
    readonly external: ExternalMetrics | null;
    /** By embedded and external broker. */
    readonly sparkplug: readonly SparkplugMetrics[];
  };
  /** Takes no more, waits for what is in flight, says goodbye. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 1883;
const DEFAULT_HOST = '127.0.0.1';
const LOOPBACK = /^(127\.|::1$|localhost$)/;
const WEEK_S = 7 * 24 * 3600;

/** @throws ServiceError `LISTEN`, `INVALID_SETTINGS` */
export async function startMqtt(options: MqttOptions): Promise<Mqtt> {
  const { settings, site } = options;
  const embedded = settings.embedded === false ? null : await startEmbedded(options);
  let links: Links;
  try {
    links = settings.external ? await connectExternal(options, settings.external) : NO_LINKS;
  } catch (error) {
    await embedded?.close();
    throw error;
  }
  const publish: MqttPublisher['publish'] = (topic, payload, how) => {
    embedded?.publish(topic, payload, how);
    links.telemetry?.publish(topic, payload, how);
  };
  return {
    publish,
    port: embedded?.port ?? null,
    publishAlarm: (alarmId, alarm) =>
      publish(alarmTopic(site, alarmId), alarm === null ? '' : JSON.stringify(alarm), {
        retain: true,
        qos: 1,
      }),
    sharedClientIds: () => embedded?.sharedClientIds() ?? [],
    metrics: () => ({
      embedded: embedded?.metrics() ?? null,
      external: links.telemetry?.metrics() ?? null,
      sparkplug: [embedded?.sparkplugMetrics() ?? null, links.host?.metrics() ?? null].filter(
        (one) => one !== null,
      ),
    }),
    close: async () => {
      await Promise.all([embedded?.close(), links.telemetry?.close(), links.sparkplug?.close()]);
    },
  };
}

async function startEmbedded({ settings, log, ...rest }: MqttOptions): Promise<MqttBroker> {
  const {
    host = DEFAULT_HOST,
    port = DEFAULT_PORT,
    tls,
    maxConnections,
    maxPacketBytes,
  } = settings.embedded || {};
  if (!tls && !LOOPBACK.test(host))
    log.warn({ host }, 'mqtt: without TLS tokens cross the network as they are');
  const place = 'mqtt.embedded.tls';
  return startBroker({
    ...rest,
    host,
    port,
    log,
    ...(tls && { tls: { cert: await fileOf(tls.certFile, place), key: await fileOf(tls.keyFile, place) } }),
    ...(settings.sparkplug && { sparkplug: sparkplugOf(settings) }),
    limits: {
      ...(maxConnections !== undefined && { connections: maxConnections }),
      ...(maxPacketBytes !== undefined && { packetBytes: maxPacketBytes }),
    },
  });
}

interface Links {
  readonly telemetry: ExternalBroker | null;
  readonly sparkplug: ExternalBroker | null;
  readonly host: SparkplugHost | null;
}
const NO_LINKS: Links = { telemetry: null, sparkplug: null, host: null };

/**
 * Two connections: each has a will of its own, and a Sparkplug host must begin with an empty session where telemetry
 * must not.
 */
async function connectExternal(
  { settings, site, intake, now, log }: MqttOptions,
  external: NonNullable<MqttSettings['external']>,
): Promise<Links> {
  const { url, protocol = '5', clientId = `emberwatch-${site}`, user, password, packetBytes } = external;
  const broker = {
    url,
    protocolVersion: protocol === '5' ? (5 as const) : (4 as const),
    user,
    password: password && readSecret(password, 'mqtt.external.password'),
    tls: external.tls && (await tlsOf(external.tls)),
    limits: packetBytes === undefined ? {} : { packetBytes },
    now,
    log,
  };
  const telemetry = connectBroker({
    ...broker,
    clientId,
    sessionExpiryS: external.sessionExpiryS ?? WEEK_S,
    filters: filtersOf(site),
    reception: new Reception({ site, intake }),
    presence: () => ({ topic: statusTopic(site), online: 'online', offline: 'offline' }),
  });
  if (!settings.sparkplug) return { ...NO_LINKS, telemetry };
  const options = sparkplugOf(settings);
  const command = (topic: string, payload: Uint8Array): void =>
    sparkplug.publish(topic, payload, { retain: false, qos: 0 });
  const host = new SparkplugHost({ ...options, intake, command, now });
  const sparkplug = connectBroker({
    ...broker,
    clientId: `${clientId}-sparkplug`,
    sessionExpiryS: 0,
    filters: host.filters(),
    reception: new Reception({ site, intake, sparkplug: host }),
    presence: options.hostId === undefined ? null : hostState(options.hostId, now),
    onLost: () => host.forget(),
  });
  return { telemetry, sparkplug, host };
}

/** Birth and will of one connection have the same time (Sparkplug 3.0, 4.2.3 and 6.4.27). */
const hostState = (hostId: string, now: () => number) => () => {
  const timestamp = now();
  return {
    topic: stateTopic(hostId),
    online: JSON.stringify({ online: true, timestamp }),
    offline: JSON.stringify({ online: false, timestamp }),
  };
};

function sparkplugOf({ sparkplug = {} }: MqttSettings): SparkplugOptions {
  const { freshForS, rebirthEveryS, ...rest } = sparkplug;
  return {
    ...rest,
    ...(freshForS !== undefined && { freshForMs: freshForS * 1000 }),
    ...(rebirthEveryS !== undefined && { rebirthEveryMs: rebirthEveryS * 1000 }),
  } as SparkplugOptions;
}

async function tlsOf({
  caFile,
  certFile,
  keyFile,
}: {
  caFile?: string;
  certFile?: string;
  keyFile?: string;
}) {
  const place = 'mqtt.external.tls';
  return {
    ...(caFile !== undefined && { ca: await fileOf(caFile, place) }),
    ...(certFile !== undefined && { cert: await fileOf(certFile, place) }),
    ...(keyFile !== undefined && { key: await fileOf(keyFile, place) }),
  };
}

async function fileOf(path: string, place: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ServiceError('INVALID_SETTINGS', `${place}: ${path} cannot be read.`, error);
  }
}
