/** The embedded broker: what MQTT 5 adds, what it publishes, its bounds and its end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BODY,
  cleanUp,
  client,
  connectPacket,
  endAll,
  FRAMES,
  publishPacket,
  RawClient,
  rig,
  SITE,
} from './embedded.ts';
import { certificate, until } from './stand-ins.ts';

afterEach(endAll);

describe('MQTT 5', () => {
  it('says in the CONNACK what it does not do', async () => {
    const { broker } = await rig();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5, { clientId: '', properties: { sessionExpiryInterval: 3600 } }));
    expect((await gateway.answer('connack'))['properties']).toEqual({
      assignedClientIdentifier: 'emberwatch-1',
      sessionExpiryInterval: 0,
      receiveMaximum: 16,
      maximumPacketSize: 1024 * 1024,
      topicAliasMaximum: 16,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
    });
  });

  it('takes a topic alias, and ends a connection that uses one it has not set', async () => {
    const { broker, intake } = await rig();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(
      connectPacket(5),
      publishPacket(1, 1, { properties: { topicAlias: 3 } }),
      publishPacket(2, 1, { topic: '', properties: { topicAlias: 3 } }),
    );
    await gateway.answer('puback', 2);
    expect(intake.stored).toHaveLength(2);
    gateway.send(publishPacket(3, 1, { topic: '', properties: { topicAlias: 4 } }));
    expect((await gateway.answer('disconnect'))['reasonCode']).toBe(0x82);
  });

  it.each([4, 5] as const)(
    'takes at QoS 2 what exceeds its Receive Maximum, protocol level %i',
    async (version) => {
      const { broker, intake } = await rig({ limits: { inFlight: 2 } });
      const gateway = new RawClient(broker.port, version);
      gateway.send(connectPacket(version));
      await gateway.answer('connack');
      // Nothing is released before all are sent.
      const ids = Array.from({ length: 600 }, (_, i) => i + 1);
      gateway.send(...ids.map((id) => publishPacket(id, 2)));
      await gateway.answer('pubrec', ids.length);
      expect(intake.stored).toHaveLength(ids.length);
      // The same again: it had not seen the answer.
      gateway.send(publishPacket(1, 2, { dup: true }));
      await gateway.answer('pubrec', ids.length + 1);
      expect(intake.stored).toHaveLength(ids.length);
      gateway.send(...ids.map((id) => ({ cmd: 'pubrel', messageId: id, reasonCode: 0 }) as const));
      await gateway.answer('pubcomp', ids.length);
      expect(gateway.isClosed).toBe(false);
    },
  );

  it('a client that comes back with what was stored, and not yet released, is done with it', async () => {
    const { broker, intake } = await rig();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5, { clean: false }), publishPacket(7, 2));
    await gateway.answer('pubrec');
    expect(intake.stored).toHaveLength(1);
    gateway.breakOff();
    const again = new RawClient(broker.port, 5);
    again.send(connectPacket(5, { clean: false }), { cmd: 'pubrel', messageId: 7, reasonCode: 0 });
    expect(await again.answer('pubcomp')).toMatchObject({ messageId: 7, reasonCode: 0 });
    expect(intake.stored).toHaveLength(1);
  });

  it('a hundred messages at once of a library are stored, each once', async () => {
    const { broker, intake } = await rig();
    const gateway = await client(broker, { protocolVersion: 5 });
    const bodies = Array.from({ length: 100 }, (_, i) => `{"time":${i}}`);
    await Promise.all(bodies.map((body) => gateway.publishAsync(FRAMES, body, { qos: 2 })));
    expect(intake.texts).toEqual(bodies);
    expect(gateway.connected).toBe(true);
  });

  it('takes numbers from user properties, and the kind of body from its content type', async () => {
    const { broker, intake } = await rig();
    const gateway = await client(broker, { protocolVersion: 5 });
    const properties = {
      contentType: 'text/csv; charset=utf-8',
      userProperties: { epoch: 'boot-7', number: '42' },
    };
    await gateway.publishAsync(FRAMES, 'time,module_id\n1,m\n', { qos: 1, properties });
    expect(intake.stored[0]).toMatchObject({
      format: 'csv',
      delivery: { sequence: { epoch: 'boot-7', number: 42 } },
    });
  });

  it('refuses a login by another method than a password', async () => {
    const { broker } = await rig();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5, { properties: { authenticationMethod: 'SCRAM-SHA-1' } }));
    expect((await gateway.answer('connack'))['reasonCode']).toBe(0x8c);
  });
});

describe('bodies and topics', () => {
  it.each([
    ['json', '[{"time":1}]'],
    ['json', '{"frames":\n[{"time":1}\n]}'],
    ['ndjson', '{"time":1}\n{"time":2}\n'],
    ['ndjson', '\n {"time":1} \r\n\r\n{"time":2}'],
    ['csv', 'time,module_id\n1,m\n'],
    ['csv', '\uFEFFtime;module_id\n1;m\n'],
  ])('%s is told by how it begins: %j', async (format, body) => {
    const { broker, intake } = await rig();
    const gateway = await client(broker);
    await gateway.publishAsync(`emberwatch/${SITE}/gw1/boot-7/42/frames`, body, { qos: 1 });
    expect(intake.stored[0]).toMatchObject({
      format,
      text: body,
      delivery: { gatewayId: 'gw1', sequence: { epoch: 'boot-7', number: 42 } },
    });
  });

  it('a number that is none is refused, not taken without one', async () => {
    const { broker, intake } = await rig();
    const gateway = await client(broker);
    await gateway.publishAsync(`emberwatch/${SITE}/gw1/boot-7/4x/frames`, BODY, { qos: 1 });
    expect(intake.attempts).toBe(0);
    expect(broker.metrics().invalid).toBe(1);
  });
});

describe('what the service publishes', () => {
  const viewer = { username: 'wall', password: 'secret-viewer' };

  it('is all that a token for looking may have: it delivers nothing, not even under its own name', async () => {
    const { broker, intake } = await rig();
    const screen = await client(broker, { ...viewer, protocolVersion: 5 });
    const answer = screen.publishAsync(`emberwatch/${SITE}/wall/frames`, BODY, { qos: 1 });
    await expect(answer).rejects.toMatchObject({ code: 0x87 });
    expect(intake.attempts).toBe(0);
  });

  it('reaches those who have asked, at once and after they come', async () => {
    const { broker } = await rig();
    broker.publish(`emberwatch/${SITE}/alarms/A000001`, '{"id":"A000001"}', { retain: true, qos: 1 });
    const screen = await client(broker, viewer);
    const seen: string[] = [];
    screen.on('message', (topic, payload, { retain }) =>
      seen.push(`${topic.split('/')[3]} ${payload} ${retain}`),
    );
    await screen.subscribeAsync(`emberwatch/${SITE}/alarms/+`, { qos: 1 });
    broker.publish(`emberwatch/${SITE}/alarms/A000002`, '{"id":"A000002"}', { retain: true, qos: 1 });
    broker.publish(`emberwatch/${SITE}/heartbeat`, '{}', { retain: false, qos: 0 });
    broker.publish(`emberwatch/${SITE}/alarms/A000001`, '', { retain: true, qos: 1 });
    await until(() => seen.length === 3, 'three messages');
    expect(seen).toEqual([
      'A000001 {"id":"A000001"} true',
      'A000002 {"id":"A000002"} false',
      'A000001  false',
    ]);
    const late = await client(broker, { ...viewer, clientId: 'late' });
    const kept: string[] = [];
    late.on('message', (topic) => kept.push(topic));
    await late.subscribeAsync('#', { qos: 0 });
    await until(() => kept.length === 1, 'what is still retained');
    expect(kept).toEqual([`emberwatch/${SITE}/alarms/A000002`]);
  });

  it('does not include what clients publish: it is no message bus', async () => {
    const { broker, intake } = await rig();
    const screen = await client(broker, viewer);
    const seen: string[] = [];
    screen.on('message', (topic) => seen.push(topic));
    await screen.subscribeAsync('#', { qos: 1 });
    const gateway = await client(broker, { clientId: 'gw' });
    await gateway.publishAsync(FRAMES, BODY, { qos: 1, retain: true });
    broker.publish(`emberwatch/${SITE}/heartbeat`, '{}', { retain: false, qos: 0 });
    await until(() => seen.length > 0, 'the heartbeat');
    expect(seen).toEqual([`emberwatch/${SITE}/heartbeat`]);
    expect(intake.stored).toHaveLength(1);
  });

  it('never waits for a client that does not read', async () => {
    const { broker } = await rig({ limits: { retainedTopics: 4, unacknowledged: 8 } });
    const slow = new RawClient(broker.port, 5);
    const subscriptions = [{ topic: '#', qos: 1 as const }];
    slow.send(
      connectPacket(5, { username: 'wall', password: Buffer.from('secret-viewer'), clientId: 'slow' }),
    );
    slow.send({ cmd: 'subscribe', messageId: 1, subscriptions });
    await slow.answer('suback');
    for (let i = 0; i < 50; i++)
      broker.publish(`emberwatch/${SITE}/heartbeat`, `${i}`, { retain: false, qos: 1 });
    expect((await slow.answer('disconnect'))['reasonCode']).toBe(0x97);
    expect(slow.packets.filter(({ cmd }) => cmd === 'publish')).toHaveLength(8);
    expect(broker.metrics()['slow-clients']).toBe(1);
  });

  it('goes on with what waits as it is acknowledged', async () => {
    const { broker } = await rig({ limits: { unacknowledged: 4 } });
    const screen = await client(broker, { ...viewer, protocolVersion: 5, properties: { receiveMaximum: 2 } });
    const seen: string[] = [];
    screen.on('message', (_topic, payload) => seen.push(`${payload}`));
    await screen.subscribeAsync('#', { qos: 1 });
    const all = Array.from({ length: 200 }, (_, i) => `${i}`);
    for (const text of all) broker.publish(`emberwatch/${SITE}/heartbeat`, text, { retain: false, qos: 1 });
    await until(() => seen.length === all.length, 'all of it');
    expect(seen).toEqual(all);
  });
});

describe('bounds', () => {
  it('a connection beyond the limit is closed, the others go on', async () => {
    const { broker } = await rig({ limits: { connections: 1 } });
    const gateway = await client(broker);
    const extra = new RawClient(broker.port, 4);
    extra.send(connectPacket(4));
    await until(() => extra.isClosed, 'the end');
    await gateway.publishAsync(FRAMES, BODY, { qos: 1 });
    expect(broker.metrics()['refused-connections']).toBe(1);
  });

  it('who says nothing is dropped', async () => {
    const { broker, clock } = await rig();
    const mute = new RawClient(broker.port, 4);
    await until(() => broker.metrics().connections === 1, 'the connection');
    clock.nowMs += 11_000;
    await until(() => mute.isClosed, 'the end');
  });

  it.each([4, 5] as const)(
    'a packet that is too large is a rejected message of its gateway (protocol %i)',
    async (version) => {
      const { broker, intake } = await rig({ limits: { packetBytes: 2048 } });
      const gateway = new RawClient(broker.port, version);
      gateway.send(connectPacket(version));
      await gateway.answer('connack');
      gateway.send(publishPacket(1, 1, { payload: 'x'.repeat(4096) }));
      await until(() => gateway.isClosed, 'the end');
      expect(intake.rejected).toEqual([
        expect.stringMatching(/^gw1 mqtt bad-body: a packet of \d+ bytes; at most 2048 are taken$/),
      ]);
    },
  );

  it('what waits to be stored is bounded over all clients; the rest comes again', async () => {
    const { broker, intake } = await rig({ limits: { inFlightBytes: 100 } });
    const open = intake.close();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5));
    for (let id = 1; id <= 4; id++) gateway.send(publishPacket(id, 1));
    await until(() => broker.metrics().messages === 4, 'four messages');
    expect(broker.metrics().inFlightBytes).toBe(2 * BODY.length);
    open();
    expect((await gateway.answer('disconnect'))['reasonCode']).toBe(0x97);
    const codes = gateway.packets
      .filter(({ cmd }) => cmd === 'puback')
      .map((packet) => 'reasonCode' in packet && packet.reasonCode);
    expect(codes, 'what is not stored is not acknowledged').toEqual([0, 0]);
    expect(broker.metrics().inFlightBytes).toBe(0);
  });

  it('a client that floods at QoS 0 is read as fast as it is stored', async () => {
    const { broker, intake } = await rig({ limits: { inFlight: 4 } });
    const open = intake.close();
    const gateway = new RawClient(broker.port, 4);
    gateway.send(connectPacket(4));
    const bodies = Array.from({ length: 500 }, (_, i) => `{"time":${i},"module_id":"m"}`);
    for (const payload of bodies) gateway.send(publishPacket(0, 0, { payload }));
    await until(() => intake.attempts === 1, 'the first');
    expect(broker.metrics().messages).toBe(4);
    open();
    await until(() => intake.stored.length === bodies.length, 'all of them');
    expect(intake.texts).toEqual(bodies);
  });
});

describe('the end of the service', () => {
  it('waits for what is in flight, acknowledges it and takes no more', async () => {
    const { broker, intake } = await rig();
    const will = { topic: `emberwatch/${SITE}/gw1/status`, payload: Buffer.from('offline'), qos: 1 as const };
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5, { will }));
    await gateway.answer('connack');
    const open = intake.close();
    gateway.send(publishPacket(1, 1));
    await until(() => intake.attempts === 1, 'the attempt');
    const closed = broker.close();
    gateway.send(publishPacket(2, 1));
    open();
    await closed;
    await until(() => gateway.isClosed, 'the end');
    expect(gateway.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'puback', 'disconnect']);
    expect((await gateway.answer('disconnect'))['reasonCode']).toBe(0x8b);
    expect(intake.stored).toHaveLength(1);
    expect(intake.reported, 'the gateway lives').toEqual(['born gw1 mqtt']);
  });

  it('does not wait for ever', async () => {
    const { broker, intake } = await rig({ limits: { closeMs: 50 } });
    const open = intake.close();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5), publishPacket(1, 1));
    await until(() => intake.attempts === 1, 'the attempt');
    await broker.close();
    open();
  });
});

it('a port that is taken is an error of its own', async () => {
  const { broker } = await rig();
  await expect(rig({ port: broker.port })).rejects.toMatchObject({ code: 'LISTEN' });
});

it('speaks TLS', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'emberwatch-tls-'));
  cleanUp.push(() => rmSync(directory, { recursive: true, force: true }));
  const files = certificate(directory);
  if (files === null) return context.skip('openssl is not there');
  const [cert, key] = [readFileSync(files.cert), readFileSync(files.key)];
  const { broker, intake } = await rig({ tls: { cert, key } });
  const gateway = await connectAsync(`mqtts://localhost:${broker.port}`, {
    username: 'gw1',
    password: 'secret-gw1',
    ca: cert,
    protocolVersion: 5,
  });
  cleanUp.push(() => gateway.endAsync(true));
  await gateway.publishAsync(FRAMES, BODY, { qos: 1 });
  expect(intake.stored).toHaveLength(1);
});
