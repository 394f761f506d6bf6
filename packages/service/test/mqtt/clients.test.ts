/** Two devices with one client id, and clients that come back before their will is due. */
import pino from 'pino';
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

function logOf() {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  return { lines, log };
}

describe('two devices with one client id', () => {
  it('are two clients where their user names differ, and the log says so', async () => {
    const { lines, log } = logOf();
    const { broker, intake } = await rig({ log });
    const one = await client(broker, { clientId: 'ESP32Client', username: 'a', password: 'secret-engineer' });
    const other = await client(broker, {
      clientId: 'ESP32Client',
      username: 'b',
      password: 'secret-engineer',
    });
    await one.publishAsync(FRAMES, BODY, { qos: 1 });
    await other.publishAsync(FRAMES, BODY, { qos: 1 });
    expect(intake.stored).toHaveLength(2);
    expect(one.connected && other.connected).toBe(true);
    expect(lines.join()).toContain('client id \\"ESP32Client\\": the users \\"a\\" and \\"b\\" both have it');
    expect(broker.sharedClientIds()).toEqual([
      { clientId: 'ESP32Client', connections: 2, users: ['a', 'b'] },
    ]);
  });

  it('take the place of each other a few times, then both stay and deliver', async () => {
    const { lines, log } = logOf();
    const { broker, intake } = await rig({ log });
    const options = { clientId: 'same', reconnectPeriod: 20 };
    const devices = [await client(broker, options), await client(broker, options)];
    await until(() => lines.join().includes('both are kept connected'), 'words in the log');
    await until(() => devices.every(({ connected }) => connected), 'both');
    for (const device of devices) await device.publishAsync(FRAMES, BODY, { qos: 1 });
    expect(intake.stored.length).toBeGreaterThanOrEqual(2);
    expect(broker.metrics().connections).toBe(2);
    expect(lines.join()).toContain('Give each device a client id of its own');
    expect(broker.sharedClientIds()).toMatchObject([{ clientId: 'same', connections: 2 }]);
    await devices[0]!.endAsync();
    await until(() => broker.sharedClientIds().length === 0, 'one alone');
  });

  it('a device that comes back takes its own place: the dead line is closed', async () => {
    const { broker } = await rig();
    const dead = new RawClient(broker.port, 5);
    dead.send(connectPacket(5));
    await dead.answer('connack');
    const back = new RawClient(broker.port, 5);
    back.send(connectPacket(5), publishPacket(1, 1));
    await back.answer('puback');
    expect((await dead.answer('disconnect'))['reasonCode']).toBe(0x8e);
  });
});

describe('a will with a delay', () => {
  const will = {
    topic: `emberwatch/${SITE}/gw1/status`,
    payload: Buffer.from('offline'),
    qos: 1,
    retain: false,
    properties: { willDelayInterval: 20 },
  };
  const properties = { sessionExpiryInterval: 60 };

  it('is not published where the client is back in time', async () => {
    const { broker, intake, clock } = await rig();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5, { will, properties }));
    await gateway.answer('connack');
    gateway.breakOff();
    await until(() => broker.metrics().connections === 0, 'the end');
    clock.nowMs += 19_000;
    const back = new RawClient(broker.port, 5);
    back.send(connectPacket(5, { will, properties, clean: false }));
    await back.answer('connack');
    clock.nowMs += 60_000;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(intake.reported).toEqual(['born gw1 mqtt', 'born gw1 mqtt']);
  });

  it('is not published where the client takes the place of its own dead line', async () => {
    const { broker, intake, clock } = await rig();
    for (let i = 0; i < 2; i++) {
      const gateway = new RawClient(broker.port, 5);
      gateway.send(connectPacket(5, { will, properties }));
      await gateway.answer('connack');
    }
    clock.nowMs += 60_000;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(intake.reported).toEqual(['born gw1 mqtt', 'born gw1 mqtt']);
  });

  it.each([
    ['once the delay is over', properties, 21_000],
    ['once the session is over, where that is sooner', { sessionExpiryInterval: 5 }, 6000],
    ['at once, where the session ends with the connection', {}, 0],
  ] as const)('is published %s', async (_, ofSession, passMs) => {
    const { broker, intake, clock } = await rig();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5, { will, properties: ofSession }));
    await gateway.answer('connack');
    gateway.breakOff();
    await until(() => broker.metrics().connections === 0, 'the end');
    const died = (): boolean => intake.reported.some((words) => words.startsWith('died gw1'));
    if (passMs > 0) expect(died()).toBe(false);
    clock.nowMs += passMs;
    await until(died, 'the will');
  });

  it('is not published where the client says goodbye', async () => {
    const { broker, intake, clock } = await rig();
    const gateway = new RawClient(broker.port, 5);
    gateway.send(connectPacket(5, { will, properties }), { cmd: 'disconnect', reasonCode: 0 });
    await until(() => gateway.isClosed, 'the end');
    clock.nowMs += 60_000;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(intake.reported).toEqual(['born gw1 mqtt']);
  });
});
