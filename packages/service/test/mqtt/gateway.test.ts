/** The embedded broker as gateways see it, in both versions of the protocol. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  BODY,
  client,
  connectPacket,
  endAll,
  FRAMES,
  publishPacket,
  RawClient,
  rig,
  SITE,
} from './embedded.ts';
import { until } from './stand-ins.ts';

afterEach(endAll);

describe.each([4, 5] as const)('a gateway with protocol level %i', (version) => {
  it.each([0, 1, 2] as const)('delivers at QoS %i what it may deliver', async (qos) => {
    const { broker, intake } = await rig();
    const gateway = await client(broker, { protocolVersion: version });
    await gateway.publishAsync(FRAMES, BODY, { qos });
    await until(() => intake.stored.length === 1, 'the body');
    const [{ delivery, format, text }] = intake.stored as [(typeof intake.stored)[0]];
    expect({ format, text }).toEqual({ format: 'json', text: BODY });
    expect(delivery).toMatchObject({ gatewayId: 'gw1', door: 'mqtt', sequence: null, modules: ['RackA1_*'] });
    expect(intake.reported).toEqual(['born gw1 mqtt']);
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
    expect(broker.metrics().forbidden).toBe(1);
  });

  it('learns that a topic means nothing here', async () => {
    const { broker } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version), publishPacket(1, 1, { topic: 'emberwatch/south/gw1/frames' }));
    if (version === 5) expect((await gateway.answer('puback'))['reasonCode']).toBe(0x90);
    else await until(() => gateway.isClosed, 'the end');
    expect(broker.metrics()['unknown-topic']).toBe(1);
  });

  it('is acknowledged for what is no telemetry: sending it again helps nobody', async () => {
    const { broker, intake } = await rig();
    intake.trouble = 'NO_TELEMETRY';
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version), publishPacket(1, 1));
    expect((await gateway.answer('puback'))['reasonCode'] ?? 0).toBe(version === 5 ? 0x99 : 0);
    expect(broker.metrics().invalid).toBe(1);
  });

  it.each(['BUSY', 'STORAGE_FULL', 'crash'] as const)(
    'is not told that it is stored on %s',
    async (trouble) => {
      const { broker, intake } = await rig();
      intake.trouble = trouble;
      const gateway = new RawClient(broker.port, version);
      gateway.send(connectPacket(version), publishPacket(1, 1), publishPacket(2, 1));
      await until(() => gateway.isClosed, 'the end');
      const said = version === 5 ? ['connack', 'disconnect'] : ['connack'];
      expect(gateway.packets.map(({ cmd }) => cmd)).toEqual(said);
      expect(intake.attempts, 'what stands behind is not taken before it').toBe(1);
      if (version === 5)
        expect(gateway.packets.at(-1)).toMatchObject({ reasonCode: trouble === 'crash' ? 0x83 : 0x97 });
    },
  );

  it.each([1, 2] as const)(
    'whose intake was busy delivers everything once it is not, in order: QoS %i',
    async (qos) => {
      const { broker, intake } = await rig();
      intake.trouble = 'BUSY';
      const gateway = await client(broker, {
        protocolVersion: version,
        reconnectPeriod: 20,
        clean: false,
        clientId: 'g',
      });
      const bodies = ['1', '2', '3'].map((time) => `{"time":${time},"module_id":"m"}`);
      // The library sends it again by itself.
      const all = Promise.all(bodies.map((body) => gateway.publishAsync(FRAMES, body, { qos })));
      await until(() => intake.attempts >= 2, 'two attempts');
      intake.trouble = null;
      await all;
      expect([...new Set(intake.texts)]).toEqual(bodies);
    },
  );

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
    expect(intake.reported).toEqual(['born gw1 mqtt']);
    open();
    await until(() => intake.reported.length === 2, 'the death');
    expect(intake.reported[1]).toContain('died gw1 all');
    expect(intake.stored, 'what had come whole is stored').toHaveLength(1);
  });

  it('that says goodbye leaves no will', async () => {
    const { broker, intake } = await rig();
    const will = { topic: `emberwatch/${SITE}/gw1/status`, payload: Buffer.from('offline'), qos: 1 as const };
    const gateway = await client(broker, { protocolVersion: version, will });
    await gateway.publishAsync(`emberwatch/${SITE}/gw1/status`, 'online', { qos: 1 });
    await gateway.endAsync();
    await until(() => broker.metrics().connections === 0, 'the end');
    expect(intake.reported).toEqual(['born gw1 mqtt', 'born gw1 mqtt']);
  });

  it('is refused without a token', async () => {
    const { broker, intake } = await rig();
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version, { password: Buffer.from('guess') }));
    const { returnCode, reasonCode } = await gateway.answer('connack');
    expect(version === 5 ? reasonCode : returnCode).toBe(version === 5 ? 0x86 : 4);
    await until(() => gateway.isClosed, 'the end');
    expect(intake.reported).toEqual([]);
    expect(broker.metrics()['refused-logins']).toBe(1);
  });

  it('whose token is revoked is dropped, and its will is told', async () => {
    const revoked = new Set<string>();
    const { broker, intake } = await rig({ isStillLive: ({ name }) => !revoked.has(name) });
    const will = { topic: `emberwatch/${SITE}/gw1/status`, payload: Buffer.from('offline'), qos: 1 as const };
    const gateway = new RawClient(broker.port, version);
    gateway.send(connectPacket(version, { will }));
    await gateway.answer('connack');
    revoked.add('gw1');
    await until(() => gateway.isClosed, 'the end');
    if (version === 5) expect((await gateway.answer('disconnect'))['reasonCode']).toBe(0x87);
    expect(intake.reported.at(-1)).toContain('died gw1');
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
    expect(broker.metrics()['keep-alive-timeouts']).toBe(1);
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
    expect(intake.reported.at(-1), 'death first, then birth').toBe('born gw1 mqtt');
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
    expect(broker.metrics().malformed).toBe(1);
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
    const rejected = version === 5 ? 0x87 : 0x80;
    expect((await gateway.answer('suback'))['granted']).toEqual([rejected, rejected, rejected, 1, 1]);
  });
});
