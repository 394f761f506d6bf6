/** Against a real mosquitto: what is acknowledged is stored, whatever breaks in between. */
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import {
  connectBroker,
  type ExternalBroker,
  type ExternalOptions,
} from '../../src/protocols/mqtt/external.ts';
import { Reception } from '../../src/protocols/mqtt/reception.ts';
import { filtersOf, statusTopic } from '../../src/protocols/mqtt/topics.ts';
import { FakeIntake } from './fake-intake.ts';
import { canRunMosquitto, Mosquitto, SILENT, until } from './stand-ins.ts';

const SITE = 'north';
const topicOf = (gatewayId: string): string => `emberwatch/${SITE}/${gatewayId}/frames`;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function broker(): Promise<Mosquitto> {
  const mosquitto = await Mosquitto.start();
  cleanUp.push(() => mosquitto.remove());
  return mosquitto;
}

function service(url: string, protocolVersion: 4 | 5, more: Partial<ExternalOptions> = {}) {
  const intake = new FakeIntake();
  const options = {
    url,
    protocolVersion,
    clientId: 'emberwatch-north',
    sessionExpiryS: 3600,
    filters: filtersOf(SITE),
    reception: new Reception({ site: SITE, intake }),
    presence: () => ({ topic: statusTopic(SITE), online: 'online', offline: 'offline' }),
    now: () => 0,
    log: SILENT,
    ...more,
    limits: { reconnectMs: 20, reconnectMaxMs: 100, retryMs: 5, ...more.limits },
  };
  const start = (): ExternalBroker => {
    const link = connectBroker(options);
    cleanUp.push(() => link.close());
    return link;
  };
  return { intake, start };
}

async function client(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const made = await connectAsync(url, { protocolVersion: 5, ...options });
  made.on('error', () => undefined);
  cleanUp.push(() => made.endAsync(true));
  return made;
}

/** Everything under a filter, as `topic payload`. */
async function listen(url: string, filter: string): Promise<string[]> {
  const seen: string[] = [];
  const listener = await client(url);
  listener.on('message', (topic, payload) => seen.push(`${topic} ${payload}`));
  await listener.subscribeAsync(filter, { qos: 1 });
  return seen;
}

/** Connected and subscribed: the service says so after both. */
async function ready(url: string): Promise<void> {
  const seen = await listen(url, statusTopic(SITE));
  await until(() => seen.at(-1)?.endsWith(' online') ?? false, 'the presence of the service');
}

const bodies = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `{"time":${from + i},"module_id":"m"}`);

describe.skipIf(!canRunMosquitto).each([4, 5] as const)(
  'an external broker with protocol level %i',
  (version) => {
    it('delivers, and of each gateway in order', async () => {
      const { url } = await broker();
      const { intake, start } = service(url, version);
      const link = start();
      await ready(url);
      const sender = await client(url);
      const sent = bodies(0, 100);
      await Promise.all(
        sent.flatMap((body) =>
          ['gw1', 'gw2'].map((id) => sender.publishAsync(topicOf(id), body, { qos: 1 })),
        ),
      );
      await until(() => intake.stored.length === 200, 'all of it');
      for (const id of ['gw1', 'gw2']) {
        const ofGateway = intake.stored.filter(({ delivery }) => delivery.gatewayId === id);
        expect(ofGateway.map(({ text }) => text)).toEqual(sent);
      }
      expect(link.metrics()).toMatchObject({ stored: 200, abandoned: 0, isConnected: true });
    });

    it('gives what it had kept before as history, and what it passes on now as news', async () => {
      const { url } = await broker();
      const gateway = await client(url);
      const publish = (text: string) => gateway.publishAsync(topicOf('gw-1'), text, { qos: 1, retain: true });
      await publish(bodies(1, 1)[0]!);
      const { intake, start } = service(url, version);
      start();
      await until(() => intake.stored.length === 1, 'the message that was kept');
      await publish(bodies(2, 1)[0]!);
      await until(() => intake.stored.length === 2, 'the message of now');
      expect(intake.stored.map(({ delivery }) => delivery.isRetained ?? false)).toEqual([true, false]);
    });

    it('is not told that a message has come before it is stored', async () => {
      const { url } = await broker();
      const { intake, start } = service(url, version);
      start();
      await ready(url);
      const open = intake.close();
      const sender = await client(url);
      await sender.publishAsync(topicOf('gw1'), 'a', { qos: 1 });
      await until(() => intake.attempts === 1, 'the attempt');
      // The same client takes its session over: only what was not acknowledged comes again.
      const heirs: string[] = [];
      const heir = connect(url, {
        protocolVersion: version,
        clientId: 'emberwatch-north',
        clean: false,
        reconnectPeriod: 0,
        ...(version === 5 && { properties: { sessionExpiryInterval: 3600 } }),
      });
      heir.on('message', (_topic, payload, { dup }) => heirs.push(`${payload} ${dup}`));
      cleanUp.push(() => heir.endAsync(true));
      heir.on('error', () => undefined);
      await until(() => heirs.includes('a true'), 'the repetition');
      open();
    });

    it('stopped and started again, loses nothing that it had acknowledged', async () => {
      const mosquitto = await broker();
      const { url } = mosquitto;
      const { intake, start } = service(url, version);
      start();
      await ready(url);
      const sender = await client(url, {
        reconnectPeriod: 20,
        clean: false,
        clientId: 'gw1',
        protocolVersion: 4,
      });
      const acknowledged: string[] = [];
      const sending = bodies(0, 300).map(async (body, i) => {
        await new Promise((resolve) => setTimeout(resolve, 5 * i));
        // As any gateway: what was not acknowledged is sent again.
        const send = (): Promise<unknown> => sender.publishAsync(topicOf('gw1'), body, { qos: 1 });
        while (
          !(await send().then(
            () => true,
            () => false,
          ))
        )
          await new Promise(setImmediate);
        acknowledged.push(body);
      });
      for (let round = 0; round < 2; round++) {
        const before = acknowledged.length;
        await until(() => acknowledged.length >= before + 60, 'sixty more');
        await mosquitto.stop();
        await mosquitto.run();
      }
      await Promise.all(sending);
      const missing = (): string[] => acknowledged.filter((body) => !intake.texts.includes(body));
      await until(() => missing().length === 0, 'everything that was acknowledged');
      expect(acknowledged).toHaveLength(300);
    });

    it('killed, and without its memory, is subscribed to again', async () => {
      const mosquitto = await broker();
      const { url } = mosquitto;
      const { intake, start } = service(url, version);
      start();
      await ready(url);
      await mosquitto.stop('SIGKILL');
      await mosquitto.run();
      const sender = await client(url);
      while (!intake.texts.includes('after')) await sender.publishAsync(topicOf('gw1'), 'after', { qos: 1 });
    });

    it('keeps what comes while the service is busy, and while it is away', async () => {
      const { url } = await broker();
      const { intake, start } = service(url, version);
      const first = start();
      await ready(url);
      intake.trouble = 'BUSY';
      const sender = await client(url);
      const sent = bodies(0, 200);
      for (const body of sent.slice(0, 100)) await sender.publishAsync(topicOf('gw1'), body, { qos: 1 });
      await until(() => intake.attempts > 3, 'some attempts');
      expect(first.metrics().messages, 'the rest waits in the broker').toBeLessThanOrEqual(33);
      await first.close();
      for (const body of sent.slice(100)) await sender.publishAsync(topicOf('gw1'), body, { qos: 1 });
      intake.trouble = null;
      start();
      await until(() => intake.stored.length >= 200, 'all of it');
      expect([...new Set(intake.texts)]).toEqual(sent);
    });

    it('stays connected while the service is busy', async () => {
      const { url } = await broker();
      const { intake, start } = service(url, version, { limits: { keepAliveS: 1 } });
      const link = start();
      await ready(url);
      intake.trouble = 'BUSY';
      const sender = await client(url);
      for (const body of bodies(0, 5)) await sender.publishAsync(topicOf('gw1'), body, { qos: 1 });
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(link.metrics()).toMatchObject({ isConnected: true, connections: 1 });
      intake.trouble = null;
      await until(() => intake.stored.length === 5, 'all of it');
      expect(link.metrics()).toMatchObject({ connections: 1, abandoned: 0 });
    });

    it('is acknowledged for what is no telemetry, and goes on', async () => {
      const { url } = await broker();
      const { intake, start } = service(url, version);
      const link = start();
      await ready(url);
      intake.trouble = 'NO_TELEMETRY';
      const sender = await client(url);
      await sender.publishAsync(topicOf('gw1'), 'no telemetry', { qos: 1 });
      await until(() => link.metrics().invalid === 1, 'the refusal');
      intake.trouble = null;
      await sender.publishAsync(topicOf('gw1'), 'telemetry', { qos: 1 });
      await until(() => intake.texts.includes('telemetry'), 'the next');
    });

    it.runIf(version === 4)('counts a message that is too large for its gateway, and goes on', async () => {
      const { url } = await broker();
      const { intake, start } = service(url, version, { limits: { packetBytes: 100 } });
      const link = start();
      await ready(url);
      const sender = await client(url);
      await sender.publishAsync(topicOf('gw1'), 'x'.repeat(400), { qos: 1 });
      await sender.publishAsync(topicOf('gw1'), 'telemetry', { qos: 1 });
      await until(() => intake.texts.includes('telemetry'), 'the next');
      expect(intake.rejected).toEqual([
        'gw1 mqtt bad-body: a message of 400 bytes; at most 100 are accepted',
      ]);
      expect(link.metrics()).toMatchObject({ invalid: 1, connections: 1 });
    });

    it('tells when the service is gone, and takes alarms once it is back', async () => {
      const mosquitto = await broker();
      const { url } = mosquitto;
      const { start } = service(url, version);
      const link = start();
      await ready(url);
      link.publish(`emberwatch/${SITE}/alarms/A1`, '{"id":"A1"}', { retain: true, qos: 1 });
      await until(() => link.metrics().sent >= 2, 'the alarm');
      await mosquitto.stop();
      // Until it has heard of that, what it writes counts as sent.
      await until(() => !link.metrics().isConnected, 'the loss');
      link.publish(`emberwatch/${SITE}/alarms/A2`, '{"id":"A2"}', { retain: true, qos: 1 });
      link.publish(`emberwatch/${SITE}/alarms/A1`, '', { retain: true, qos: 1 });
      link.publish(`emberwatch/${SITE}/heartbeat`, '{}', { retain: false, qos: 0 });
      await mosquitto.run();
      await until(() => link.metrics().sent >= 5, 'what was said meanwhile');
      const seen = await listen(url, 'emberwatch/#');
      const expected = [`emberwatch/${SITE}/alarms/A2 {"id":"A2"}`, `emberwatch/${SITE}/status online`];
      await until(() => expected.every((message) => seen.includes(message)), 'what is retained');
      expect(seen.filter((message) => message.includes('A1'))).toEqual([]);
      expect(seen.filter((message) => message.includes('heartbeat'))).toEqual([]);
      expect(link.metrics().notSent).toBe(1);
      await link.close();
      await until(() => seen.at(-1) === `emberwatch/${SITE}/status offline`, 'the goodbye');
    });
  },
);

describe.skipIf(!canRunMosquitto)('the gateways of an external broker', () => {
  it('die by their will', async () => {
    const { url } = await broker();
    const { intake, start } = service(url, 5);
    start();
    await ready(url);
    const topic = `emberwatch/${SITE}/gw1/status`;
    const gateway = await client(url, {
      will: { topic, payload: Buffer.from('offline'), qos: 1, retain: false },
    });
    await gateway.publishAsync(topic, 'online', { qos: 1 });
    await until(() => intake.reported.includes('born gw1 mqtt'), 'the birth');
    gateway.stream.destroy();
    await until(() => intake.reported.some((reported) => reported.startsWith('died gw1 all')), 'the death');
  });
});
