/** A hundred thousand broken packets: no crash, no answer that cannot be read, nothing stored that was not allowed. */
import { createRandom, type Random } from '@emberwatch/engine/random';
import { generate, type Packet, parser } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { Connection, type Hub, MQTT_COUNTS } from '../../src/protocols/mqtt/connection.ts';
import { MQTT_LIMITS } from '../../src/protocols/mqtt/limits.ts';
import { Reception } from '../../src/protocols/mqtt/reception.ts';
import { SparkplugHost } from '../../src/protocols/sparkplug/host.ts';
import { Edge, temperature } from '../sparkplug/edge.ts';
import { FakeIntake } from './fake-intake.ts';
import { mutated } from './mutate.ts';
import { authenticate } from './stand-ins.ts';

const PACKETS = 100_000;
const PACKETS_EACH = 20;
const SEED = 20_260_101;

const TELEMETRY = {
  cmd: 'publish',
  topic: 'emberwatch/north/gw1/frames',
  payload: '{"time":1}',
  dup: false,
  retain: false,
} as const;

function samples(protocolVersion: 4 | 5): Uint8Array[] {
  const edge = new Edge('gw1');
  const sparkplug = [
    { topic: edge.topic('NBIRTH'), payload: edge.nodeBirth() },
    { topic: edge.topic('DBIRTH', 'm1'), payload: edge.deviceBirth(0) },
    { topic: edge.topic('DDATA', 'm1'), payload: edge.data(1, temperature(26)) },
  ].map(({ topic, payload }) => ({ ...TELEMETRY, topic, payload: Buffer.from(payload), qos: 0 as const }));
  const properties = {
    topicAlias: 2,
    contentType: 'application/json',
    userProperties: { epoch: 'e', number: '1' },
  };
  const packets: Packet[] = [
    { ...TELEMETRY, qos: 0 },
    { ...TELEMETRY, qos: 1, messageId: 1 },
    { ...TELEMETRY, qos: 2, messageId: 2, ...(protocolVersion === 5 && { properties }) },
    { ...TELEMETRY, topic: 'emberwatch/north/gw1/e/12/frames', qos: 1, messageId: 3 },
    { ...TELEMETRY, topic: 'emberwatch/north/gw1/status', payload: 'online', qos: 1, messageId: 4 },
    ...sparkplug,
    { cmd: 'pubrel', messageId: 2 },
    { cmd: 'puback', messageId: 1 },
    { cmd: 'subscribe', messageId: 5, subscriptions: [{ topic: 'spBv1.0/STATE/#', qos: 1 }] },
    { cmd: 'unsubscribe', messageId: 6, unsubscriptions: ['spBv1.0/STATE/#'] },
    { cmd: 'pingreq' },
    { cmd: 'disconnect' },
    connectOf(protocolVersion),
  ];
  return packets.map((packet) => generate(packet, { protocolVersion }));
}

const connectOf = (protocolVersion: 4 | 5): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion,
  clean: true,
  clientId: 'c',
  keepalive: 60,
  username: 'gw1',
  password: Buffer.from('secret-gw1'),
  will: { topic: 'emberwatch/north/gw1/status', payload: Buffer.from('offline'), qos: 1, retain: false },
});

function rig() {
  const intake = new FakeIntake();
  const command = (): void => undefined;
  const sparkplug = new SparkplugHost({ intake, command, now: () => 0 });
  const counts = Object.fromEntries(MQTT_COUNTS.map((name) => [name, 0])) as Record<string, number>;
  const hub: Hub = {
    hasAnother: () => false,
    limits: { ...MQTT_LIMITS, retryMs: 0, packetBytes: 4096 },
    reception: new Reception({ site: 'north', intake, sparkplug }),
    budget: { bytes: 0 },
    now: () => 0,
    authenticate: async (user, password) => authenticate(user, password),
    isStillLive: () => true,
    admit: async () => undefined,
    holdWill: () => undefined,
    newClientId: () => 'new',
    retained: () => [{ topic: 'spBv1.0/STATE/host', payload: Buffer.from('{}'), qos: 1, retain: true }],
    count: (what) => {
      counts[what]!++;
    },
    note: () => undefined,
    gone: () => undefined,
  };
  return { intake, hub, counts };
}

/** The length of the packet is put right, so that what is wrong inside is looked at. */
function withRightLength(packet: Uint8Array): Uint8Array {
  if (packet.length < 3) return packet;
  const body = packet.subarray(2);
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Uint8Array.from([packet[0]!, ...length, ...body]);
}

/** Until it is closed, or a few packets are through; how many were looked at, and what was answered. */
async function converse(version: 4 | 5, next: () => Uint8Array, hub: Hub, random: Random) {
  const written: Packet[] = [];
  const reader = parser({ protocolVersion: version });
  reader.on('packet', (packet) => written.push(packet));
  reader.on('error', (error) => {
    throw error;
  });
  let isClosed = false;
  const connection = new Connection(
    {
      write: (bytes) => reader.parse(Buffer.from(bytes)),
      waitingBytes: () => 0,
      pause: () => undefined,
      resume: () => undefined,
      end: () => {
        isClosed = true;
      },
    },
    hub,
  );
  if (random.integer(8) > 0) connection.receive(generate(connectOf(version), { protocolVersion: version }));
  await new Promise(setImmediate);
  let count = 0;
  for (; count < PACKETS_EACH && !isClosed; count++) {
    const packet = next();
    const cut = random.integer(packet.length + 1);
    connection.receive(packet.subarray(0, cut));
    connection.receive(packet.subarray(cut));
    if (random.integer(8) === 0) await new Promise(setImmediate);
  }
  connection.lost();
  await connection.done;
  return { written, count };
}

it(`${PACKETS} broken packets`, async () => {
  const random = createRandom(SEED, 'mqtt');
  const all = { 4: samples(4), 5: samples(5) };
  const { intake, hub, counts } = rig();
  let confirmed = 0;
  for (let sent = 0; sent < PACKETS; ) {
    const version = random.integer(2) === 0 ? 4 : 5;
    const next = (): Uint8Array => {
      const sample = all[version][random.integer(all[version].length)]!;
      const broken = random.integer(5) === 0 ? sample : mutated(sample, all[version], random);
      return random.integer(3) === 0 ? broken : withRightLength(broken);
    };
    const { written, count } = await converse(version, next, hub, random);
    sent += count;
    for (const packet of written) {
      const code = 'reasonCode' in packet ? (packet.reasonCode ?? 0) : 0;
      if (packet.cmd === 'puback' && code === 0) confirmed++;
    }
    if (hub.budget.bytes !== 0) expect.fail(`${hub.budget.bytes} bytes are held for nobody`);
  }
  const strangers = intake.stored.filter(({ delivery }) => delivery.gatewayId !== 'gw1');
  expect(strangers).toEqual([]);
  const numbers = intake.stored.map(({ delivery }) => delivery.sequence?.number ?? 0);
  expect(numbers.every(Number.isSafeInteger)).toBe(true);
  expect(intake.reported.every((reported) => reported.includes(' gw1 '))).toBe(true);
  expect(confirmed, 'every acknowledgement stands for a message that was dealt with').toBeLessThanOrEqual(
    counts['stored']! + counts['invalid']!,
  );
  // The test has been where it wants to be.
  expect(intake.stored.length).toBeGreaterThan(1000);
  expect(counts['malformed']!).toBeGreaterThan(1000);
  expect(confirmed).toBeGreaterThan(100);
}, 120_000);

it('a client that does not read what it is answered is dropped before that fills the memory', async () => {
  const { hub, counts } = rig();
  let waitingBytes = 0;
  let isClosed = false;
  const connection = new Connection(
    {
      write: (bytes) => {
        waitingBytes += bytes.length;
      },
      waitingBytes: () => waitingBytes,
      pause: () => undefined,
      resume: () => undefined,
      end: () => {
        isClosed = true;
      },
    },
    hub,
  );
  connection.receive(generate(connectOf(4), { protocolVersion: 4 }));
  await new Promise(setImmediate);
  const pings = Buffer.from(Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 0xc0 : 0)));
  for (let i = 0; i < 2000 && !isClosed; i++) {
    connection.receive(pings);
    await new Promise(setImmediate);
  }
  expect(isClosed).toBe(true);
  expect(counts['slow-clients']).toBe(1);
  expect(waitingBytes).toBeLessThan(hub.limits.clientBufferBytes + 100);
});
