/** The embedded broker as gateways and screens see it, through mqtt.js and through bytes of our own. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type ErrorWithReasonCode, type IClientOptions, type MqttClient } from 'mqtt';
import { generate, type Packet, parser } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { type BrokerOptions, type MqttBroker, startBroker } from '../../src/ingest/mqtt/broker.ts';
import { FakeIntake } from './fake-intake.ts';
import { authenticate, certificate, SILENT, until } from './stand-ins.ts';

const SITE = 'north';
const FRAMES = `emberwatch/${SITE}/gw1/frames`;
const BODY = '{"time":1,"module_id":"RackA1_Module01"}';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

interface Rig {
  broker: MqttBroker;
  intake: FakeIntake;
  clock: { nowMs: number };
}

async function rig(options: Partial<BrokerOptions> = {}): Promise<Rig> {
  const intake = new FakeIntake();
  const clock = { nowMs: 1_000_000 };
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    site: SITE,
    authenticate,
    intake,
    now: () => clock.nowMs,
    log: SILENT,
    ...options,
  });
  cleanUp.push(() => broker.close());
  return { broker, intake, clock };
}

async function client(broker: MqttBroker, options: IClientOptions = {}): Promise<MqttClient> {
  const made = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
    username: 'gw1',
    password: 'secret-gw1',
    reconnectPeriod: 0,
    ...options,
  });
  made.on('error', () => undefined);
  cleanUp.push(() => made.endAsync(true));
  return made;
}

/** Speaks packet by packet: what a library would not do. */
class RawClient {
  readonly packets: Packet[] = [];
  isClosed = false;
  private readonly socket;
  private readonly version: 4 | 5;

  constructor(port: number, version: 4 | 5) {
    this.version = version;
    this.socket = connectSocket(port, '127.0.0.1');
    const reader = parser({ protocolVersion: version });
    reader.on('packet', (packet) => this.packets.push(packet));
    reader.on('error', () => undefined);
    this.socket.on('data', (bytes) => reader.parse(bytes));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    cleanUp.push(() => this.socket.destroy());
  }

  send(...packets: (Packet | Uint8Array)[]): void {
    for (const packet of packets)
      this.socket.write(
        packet instanceof Uint8Array ? packet : generate(packet, { protocolVersion: this.version }),
      );
  }

  breakOff(): void {
    this.socket.resetAndDestroy();
  }

  async answer(cmd: Packet['cmd'], count = 1): Promise<Packet & Record<string, unknown>> {
    const found = () => this.packets.filter((packet) => packet.cmd === cmd);
    await until(() => found().length >= count, `${count} ${cmd}`);
    return found()[count - 1]! as Packet & Record<string, unknown>;
  }
}

const connectPacket = (version: 4 | 5, more: object = {}): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: version,
  clean: true,
  clientId: 'raw',
  keepalive: 0,
  username: 'gw1',
  password: Buffer.from('secret-gw1'),
  ...more,
});

const publishPacket = (messageId: number, qos: 0 | 1 | 2, more: object = {}): Packet => ({
  cmd: 'publish',
  topic: FRAMES,
  payload: BODY,
  qos,
  dup: false,
  retain: false,
  messageId,
  ...more,
});

describe.each([4, 5] as const)('a gateway with protocol level %i', (version) => {
  it.each([0, 1, 2] as const)('delivers at QoS %i what it may deliver', async (qos) => {
    const { broker, intake } = await rig();
    const gateway = await client(broker, { protocolVersion: version });
    await gateway.publishAsync(FRAMES, BODY, { qos });
    await until(() => intake.stored.length === 1, 'the body');
    const [{ delivery, format, text }] = intake.stored as [(typeof intake.stored)[0]];
    expect({ format, text }).toEqual({ format: 'json', text: BODY });
    expect(delivery).toEqual({ gatewayId: 'gw1', door: 'mqtt', sequence: null, modules: ['RackA1_*'] });
    expect(intake.told).toEqual(['born gw1 mqtt']);
  });

  it.each([1, 2] as const)('is acknowledged at QoS %i only once it is stored', async (qos) => {
    const { broker, intake } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version));
    await gateway.answer('connack');
    const open = intake.close();
    gateway.send(publishPacket(7, qos), { cmd: 'pingreq' });
    await gateway.answer('pingresp');
    await until(() => intake.attempts === 1, 'the attempt');
    expect(gateway.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp']);
    open();
    expect((await gateway.answer(qos === 1 ? 'puback' : 'pubrec')).messageId).toBe(7);
    expect(intake.stored).toHaveLength(1);
  });

  it('stores once what it repeats at QoS 2 before the release', async () => {
    const { broker, intake } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version), publishPacket(9, 2));
    await gateway.answer('pubrec');
    gateway.send(publishPacket(9, 2, { dup: true }));
    await gateway.answer('pubrec', 2);
    gateway.send({ cmd: 'pubrel', messageId: 9 });
    await gateway.answer('pubcomp');
    expect(intake.stored).toHaveLength(1);
    gateway.send(publishPacket(9, 2));
    await gateway.answer('pubrec', 3);
    expect(intake.stored, 'released, the number stands for another message').toHaveLength(2);
  });

  it('is stored in the order in which it sends, however it hurries', async () => {
    const { broker, intake } = await rig();
    const gateway = await client(broker, { protocolVersion: version });
    const bodies = Array.from({ length: 100 }, (_, i) => `{"time":${i},"module_id":"m"}`);
    await Promise.all(bodies.map((body) => gateway.publishAsync(FRAMES, body, { qos: 1 })));
    expect(intake.texts).toEqual(bodies);
  });

  it('may not speak for another gateway', async () => {
    const { broker, intake } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version), publishPacket(1, 1, { topic: `emberwatch/${SITE}/gw2/frames` }));
    if (version === 5) expect((await gateway.answer('puback'))['reasonCode']).toBe(0x87);
    else await until(() => gateway.isClosed, 'the end');
    expect(gateway.packets.filter(({ cmd }) => cmd === 'puback')).toHaveLength(version === 5 ? 1 : 0);
    expect(intake.attempts).toBe(0);
    expect(broker.figures().forbidden).toBe(1);
  });

  it('learns that a topic means nothing here', async () => {
    const { broker } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version), publishPacket(1, 1, { topic: 'emberwatch/south/gw1/frames' }));
    if (version === 5) expect((await gateway.answer('puback'))['reasonCode']).toBe(0x90);
    else await until(() => gateway.isClosed, 'the end');
    expect(broker.figures()['unknown-topic']).toBe(1);
  });

  it('is acknowledged for what is no telemetry: sending it again helps nobody', async () => {
    const { broker, intake } = await rig();
    intake.trouble = 'NO_TELEMETRY';
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version), publishPacket(1, 1));
    expect((await gateway.answer('puback'))['reasonCode'] ?? 0).toBe(version === 5 ? 0x99 : 0);
    expect(broker.figures().invalid).toBe(1);
  });

  it.each(['BUSY', 'STORAGE_FULL', 'crash'] as const)(
    'is not told that it is stored on %s',
    async (trouble) => {
      const { broker, intake } = await rig();
      intake.trouble = trouble;
      const gateway = new RawClient(broker.port, version);
      gateway.send(connectPacket(version), publishPacket(1, 1), publishPacket(2, 1));
      if (version === 5) {
        expect((await gateway.answer('puback', 2))['reasonCode']).toBe(trouble === 'crash' ? 0x83 : 0x97);
        intake.trouble = null;
        gateway.send(publishPacket(3, 1));
        expect((await gateway.answer('puback', 3))['reasonCode'] ?? 0).toBe(0);
      } else {
        await until(() => gateway.isClosed, 'the end');
        expect(gateway.packets.map(({ cmd }) => cmd)).toEqual(['connack']);
        expect(intake.attempts, 'what stands behind is not taken before it').toBe(1);
      }
    },
  );

  it('whose intake was busy delivers everything once it is not, in order', async () => {
    const { broker, intake } = await rig();
    intake.trouble = 'BUSY';
    const gateway = await client(broker, {
      protocolVersion: version,
      reconnectPeriod: 20,
      clean: false,
      clientId: 'g',
    });
    const bodies = ['1', '2', '3'].map((time) => `{"time":${time},"module_id":"m"}`);
    const deliver = async (body: string): Promise<void> => {
      // MQTT 5 tells; 3.1.1 closes, and the library sends it again by itself.
      for (;;) {
        const error = await gateway.publishAsync(FRAMES, body, { qos: 1 }).then(
          () => null,
          (reason: ErrorWithReasonCode) => reason,
        );
        if (error === null) return;
        expect(error.code).toBe(0x97);
      }
    };
    const all = (async () => {
      for (const body of bodies) await deliver(body);
    })();
    await until(() => intake.attempts >= 2, 'two attempts');
    intake.trouble = null;
    await all;
    expect([...new Set(intake.texts)]).toEqual(bodies);
  });

  it('that dies is told to the intake after its last message', async () => {
    const { broker, intake } = await rig();
    const will = { topic: `emberwatch/${SITE}/gw1/status`, payload: Buffer.from('offline'), qos: 1 as const };
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version, { will }));
    await gateway.answer('connack');
    const open = intake.close();
    gateway.send(publishPacket(1, 1), { cmd: 'pingreq' });
    await gateway.answer('pingresp');
    gateway.breakOff();
    await until(() => intake.attempts === 1, 'the attempt');
    expect(intake.told).toEqual(['born gw1 mqtt']);
    open();
    await until(() => intake.told.length === 2, 'the death');
    expect(intake.told[1]).toContain('died gw1 all');
    expect(intake.stored, 'what had come whole is stored').toHaveLength(1);
  });

  it('that says goodbye leaves no will', async () => {
    const { broker, intake } = await rig();
    const will = { topic: `emberwatch/${SITE}/gw1/status`, payload: Buffer.from('offline'), qos: 1 as const };
    const gateway = await client(broker, { protocolVersion: version, will });
    await gateway.publishAsync(`emberwatch/${SITE}/gw1/status`, 'online', { qos: 1 });
    await gateway.endAsync();
    await until(() => broker.figures().connections === 0, 'the end');
    expect(intake.told).toEqual(['born gw1 mqtt', 'born gw1 mqtt']);
  });

  it('is refused without a token', async () => {
    const { broker, intake } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version, { password: Buffer.from('guess') }));
    const { returnCode, reasonCode } = await gateway.answer('connack');
    expect(version === 5 ? reasonCode : returnCode).toBe(version === 5 ? 0x86 : 4);
    await until(() => gateway.isClosed, 'the end');
    expect(intake.told).toEqual([]);
    expect(broker.figures()['refused-logins']).toBe(1);
  });

  it('that goes silent is dropped after one and a half keep-alive intervals, not before', async () => {
    const { broker, clock } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version, { keepalive: 60 }));
    await gateway.answer('connack');
    clock.nowMs += 89_000;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(gateway.isClosed).toBe(false);
    clock.nowMs += 2000;
    await until(() => gateway.isClosed, 'the end');
    if (version === 5) expect((await gateway.answer('disconnect'))['reasonCode']).toBe(0x8d);
    expect(broker.figures()['keep-alive-timeouts']).toBe(1);
  });

  it('that connects again takes the place of its former connection', async () => {
    const { broker, intake } = await rig();
    const will = { topic: `emberwatch/${SITE}/gw1/status`, payload: Buffer.from('offline'), qos: 1 as const };
    const former = new RawClient(broker.port, version);
    former.send(connectPacket(version, { will }));
    await former.answer('connack');
    const next = new RawClient(broker.port, version);
    next.send(connectPacket(version));
    await next.answer('connack');
    await until(() => former.isClosed, 'the end of the former');
    if (version === 5) expect((await former.answer('disconnect'))['reasonCode']).toBe(0x8e);
    expect(intake.told.at(-1), 'death first, then birth').toBe('born gw1 mqtt');
    next.send({ cmd: 'pingreq' });
    await next.answer('pingresp');
  });

  it('cannot push another off its place by using its client id', async () => {
    const { broker } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version));
    await gateway.answer('connack');
    const other = new RawClient(broker.port, version);
    other.send(connectPacket(version, { username: 'gw2', password: Buffer.from('secret-gw2') }));
    await other.answer('connack');
    gateway.send({ cmd: 'pingreq' });
    await gateway.answer('pingresp');
  });

  it('that sends rubbish ends its own connection and no other', async () => {
    const { broker } = await rig();
    const good = await client(broker, { protocolVersion: version, clientId: 'good' });
    const bad = new RawClient(broker.port, version);
    bad.send(connectPacket(version));
    await bad.answer('connack');
    bad.send(Uint8Array.from([0x3f, 0x02, 0x00, 0x00]));
    await until(() => bad.isClosed, 'the end');
    await good.publishAsync(FRAMES, BODY, { qos: 1 });
    expect(broker.figures().malformed).toBe(1);
  });

  it('is stopped by the limit of a packet before the packet is there', async () => {
    const { broker } = await rig({ limits: { packetBytes: 2048 } });
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version));
    await gateway.answer('connack');
    gateway.send(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
    await until(() => gateway.isClosed, 'the end');
    if (version === 5) expect((await gateway.answer('disconnect'))['reasonCode']).toBe(0x95);
  });

  it('reads what is meant for it, and nothing of the alarms', async () => {
    const { broker } = await rig();
    const gateway = new RawClient(broker.port, version);
    const subscriptions = [
      { topic: `emberwatch/${SITE}/alarms/#`, qos: 1 as const },
      { topic: '#', qos: 1 as const },
      { topic: 'spBv1.0/g/NCMD/gw2', qos: 1 as const },
      { topic: 'spBv1.0/g/NCMD/gw1', qos: 1 as const },
      { topic: 'spBv1.0/STATE/host', qos: 1 as const },
    ];
    gateway.send(connectPacket(version), { cmd: 'subscribe', messageId: 1, subscriptions });
    const refused = version === 5 ? 0x87 : 0x80;
    expect((await gateway.answer('suback'))['granted']).toEqual([refused, refused, refused, 1, 1]);
  });
});

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

  it('ends a connection with more in flight than it was told', async () => {
    const { broker, intake } = await rig({ limits: { inFlight: 2 } });
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5));
    await gateway.answer('connack');
    // Stored, but not released by the client: they stay in flight.
    gateway.send(publishPacket(1, 2), publishPacket(2, 2));
    await gateway.answer('pubrec', 2);
    gateway.send(publishPacket(3, 2));
    expect((await gateway.answer('disconnect'))['reasonCode']).toBe(0x93);
    expect(intake.stored).toHaveLength(2);
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
    expect(broker.figures().invalid).toBe(1);
  });
});

describe('what the service publishes', () => {
  const viewer = { username: 'wall', password: 'secret-viewer' };

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
    expect(broker.figures()['slow-clients']).toBe(1);
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
    expect(broker.figures()['refused-connections']).toBe(1);
  });

  it('who says nothing is dropped', async () => {
    const { broker, clock } = await rig();
    const mute = new RawClient(broker.port, 4);
    await until(() => broker.figures().connections === 1, 'the connection');
    clock.nowMs += 11_000;
    await until(() => mute.isClosed, 'the end');
  });

  it('what waits to be stored is bounded over all clients; the rest is answered as busy', async () => {
    const { broker, intake } = await rig({ limits: { inFlightBytes: 100 } });
    const open = intake.close();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5));
    for (let id = 1; id <= 4; id++) gateway.send(publishPacket(id, 1));
    await until(() => broker.figures().messages === 4, 'four messages');
    expect(broker.figures().inFlightBytes).toBe(2 * BODY.length);
    open();
    await gateway.answer('puback', 4);
    const codes = gateway.packets
      .filter(({ cmd }) => cmd === 'puback')
      .map((packet) => 'reasonCode' in packet && packet.reasonCode);
    expect(codes).toEqual([0, 0, 0x97, 0x97]);
    expect(broker.figures().inFlightBytes).toBe(0);
  });

  it('a client that floods at QoS 0 is read as fast as it is stored', async () => {
    const { broker, intake } = await rig({ limits: { inFlight: 4 } });
    const open = intake.close();
    const gateway = new RawClient(broker.port, 4);
    gateway.send(connectPacket(4));
    const bodies = Array.from({ length: 500 }, (_, i) => `{"time":${i},"module_id":"m"}`);
    for (const payload of bodies) gateway.send(publishPacket(0, 0, { payload }));
    await until(() => intake.attempts === 1, 'the first');
    expect(broker.figures().messages).toBe(4);
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
    expect(intake.told, 'the gateway lives').toEqual(['born gw1 mqtt']);
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
