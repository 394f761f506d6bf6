/** The same edge node through the embedded broker and through a real mosquitto, as the settings start them. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { Check } from 'typebox/value';
import { afterEach, describe, expect, it } from 'vitest';
import { MqttSettings } from '../../src/protocols/mqtt/settings.ts';
import { type Mqtt, startMqtt } from '../../src/protocols/mqtt/start.ts';
import { decodePayload } from '../../src/protocols/sparkplug/payload.ts';
import { FakeIntake } from '../mqtt/fake-intake.ts';
import { authenticate, canRunMosquitto, Mosquitto, SILENT, until } from '../mqtt/stand-ins.ts';
import { Edge, START_MS, temperature } from './edge.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

interface Rig {
  intake: FakeIntake;
  mqtt: Mqtt;
  url: string;
  mosquitto: Mosquitto | null;
}

async function rig(
  kind: 'embedded' | 'external',
  protocol: '3.1.1' | '5',
  more: MqttSettings = {},
): Promise<Rig> {
  const mosquitto = kind === 'external' ? await Mosquitto.start() : null;
  if (mosquitto) cleanUp.push(() => mosquitto.remove());
  const settings: MqttSettings = {
    embedded: mosquitto ? false : { port: 0 },
    ...(mosquitto && { external: { url: mosquitto.url, protocol } }),
    sparkplug: { hostId: 'ember' },
    ...more,
  };
  expect(Check(MqttSettings, settings)).toBe(true);
  const intake = new FakeIntake();
  const mqtt = await startMqtt({
    settings,
    site: 'north',
    authenticate,
    intake,
    now: () => START_MS,
    log: SILENT,
  });
  cleanUp.push(() => mqtt.close());
  return { intake, mqtt, mosquitto, url: mosquitto?.url ?? `mqtt://127.0.0.1:${mqtt.port}` };
}

/** An edge node of a library: waits for the host, is born, dies by its will, is born again when it is asked to. */
class LiveEdge {
  readonly edge = new Edge();
  readonly states: string[] = [];
  readonly commands: string[] = [];
  readonly client: MqttClient;

  constructor(url: string, options: IClientOptions = {}) {
    this.client = connect(url, {
      username: 'edge1',
      password: 'secret-edge1',
      reconnectPeriod: 50,
      will: {
        topic: this.edge.topic('NDEATH'),
        payload: Buffer.from(this.edge.nodeDeath()),
        qos: 1,
        retain: false,
      },
      ...options,
    });
    this.client.on('error', () => undefined);
    cleanUp.push(() => this.client.endAsync(true));
    this.client.on('connect', () => {
      this.client.subscribe(['spBv1.0/STATE/ember', `${this.edge.topic('NCMD')}/#`], { qos: 1 });
    });
    this.client.on('message', (topic, payload) => {
      if (topic.startsWith('spBv1.0/STATE/')) this.states.push(payload.toString());
      else {
        const [metric] = decodePayload(payload).metrics;
        this.commands.push(`${metric?.name} ${metric?.raw.kind === 'boolean' && metric.raw.value}`);
        void this.born();
      }
    });
  }

  async born(): Promise<void> {
    const { edge } = this;
    await this.client.publishAsync(edge.topic('NBIRTH'), Buffer.from(edge.nodeBirth()));
    await this.client.publishAsync(edge.topic('DBIRTH', 'm1'), Buffer.from(edge.deviceBirth(0)));
  }

  async say(atS: number, degC: number): Promise<void> {
    const payload = Buffer.from(this.edge.data(atS, temperature(degC)));
    await this.client.publishAsync(this.edge.topic('DDATA', 'm1'), payload);
  }
}

const ways = [
  ['embedded', '3.1.1'],
  ['embedded', '5'],
  ['external', '3.1.1'],
  ['external', '5'],
] as const;

describe.each(ways.filter(([kind]) => kind === 'embedded' || canRunMosquitto))(
  'through the %s broker, MQTT %s',
  (kind, protocol) => {
    const version = { protocolVersion: protocol === '5' ? (5 as const) : (4 as const) };

    it('an edge node finds its host, delivers, and dies', async () => {
      const { intake, url } = await rig(kind, protocol);
      const live = new LiveEdge(url, version);
      await until(() => live.states.length > 0, 'the state of the host');
      await until(
        () => live.states.at(-1) === JSON.stringify({ online: true, timestamp: START_MS }),
        'online',
      );
      await live.born();
      await live.say(1, 26);
      await until(() => intake.records.length === 2, 'birth and data');
      expect(intake.records[1]).toMatchObject({
        time: START_MS + 1000,
        module_id: 'edge1/m1',
        rack_id: 'RackA1',
        surface_temperature_max_degc: 26,
        voltage_v: 51.2,
      });
      expect(intake.stored[1]!.delivery).toMatchObject({
        gatewayId: 'edge1',
        door: 'sparkplug',
        sequence: null,
      });
      live.client.stream.destroy();
      await until(() => intake.reported.includes('died edge1 all (Sparkplug NDEATH)'), 'the death');
    });

    it('an edge node that was there before is asked for its birth', async () => {
      const { intake, url, mqtt } = await rig(kind, protocol);
      const live = new LiveEdge(url, version);
      await until(() => live.states.at(-1)?.includes('true') ?? false, 'the state of the host');
      live.edge.seq = 77;
      await live.say(1, 26);
      await until(() => intake.records.length === 1, 'the birth that was asked for');
      expect(live.commands).toEqual(['Node Control/Rebirth true']);
      expect(mqtt.metrics().sparkplug[0]).toMatchObject({
        edgeNodesOnline: 1,
        rebirthsRequested: 1,
        doubts: 1,
      });
    });

    it('an intake that is busy for a moment loses nothing', async () => {
      const { intake, url } = await rig(kind, protocol);
      const live = new LiveEdge(url, version);
      await until(() => live.states.at(-1)?.includes('true') ?? false, 'the state of the host');
      intake.trouble = 'BUSY';
      await live.born();
      for (let second = 1; second <= 20; second++) await live.say(second, 25 + second);
      await until(() => intake.attempts >= 2, 'some attempts');
      intake.trouble = null;
      await until(() => intake.records.length === 21, 'all of it');
      expect(intake.records.map(({ time }) => time)).toEqual(
        Array.from({ length: 21 }, (_, i) => START_MS + i * 1000),
      );
    });
  },
);

describe.skipIf(!canRunMosquitto)('the state of the host on an external broker', () => {
  it('is offline once the service is gone, and online again after a loss', async () => {
    const { url, mqtt, mosquitto } = await rig('external', '5');
    const live = new LiveEdge(url, { clean: true });
    await until(() => live.states.at(-1)?.includes('true') ?? false, 'online');
    await mosquitto!.stop();
    live.states.length = 0;
    await mosquitto!.run();
    await until(() => live.states.at(-1)?.includes('true') ?? false, 'online again');
    await mqtt.close();
    await until(() => live.states.at(-1)?.includes('false') ?? false, 'offline');
  });

  it('is put right where somebody else says that it is offline', async () => {
    const { url } = await rig('external', '5');
    const live = new LiveEdge(url);
    await until(() => live.states.at(-1)?.includes('true') ?? false, 'online');
    live.client.publish('spBv1.0/STATE/ember', '{"online":false,"timestamp":1}', { qos: 1, retain: true });
    await until(() => live.states.some((state) => state.includes('false')), 'the lie');
    await until(() => live.states.at(-1)?.includes('true') ?? false, 'the truth');
  });
});

describe('settings', () => {
  it.each<[object, string]>([
    [{ external: { url: 'mqtt://user:pass@host' } }, 'a password in the address'],
    [{ external: { url: 'ws://host' } }, 'another protocol'],
    [{ embedded: { port: 70_000 } }, 'a port beyond all ports'],
    [{ sparkplug: { metrics: { T: { channel: 'temp' } } } }, 'a channel that does not exist'],
    [{ sparkplug: { hostId: 'a/b' } }, 'a host of two levels'],
    [{ broker: {} }, 'a setting that does not exist'],
  ])('%j is refused: %s', (settings) => {
    expect(Check(MqttSettings, settings)).toBe(false);
  });

  it('a certificate that is not there is named, and nothing is left open', async () => {
    const options = { site: 'north', authenticate, intake: new FakeIntake(), now: () => 0, log: SILENT };
    const tls = { caFile: '/nowhere/ca.pem' };
    const settings = { embedded: { port: 0 }, external: { url: 'mqtts://127.0.0.1:1', tls } };
    await expect(startMqtt({ ...options, settings })).rejects.toThrow('/nowhere/ca.pem');
  });

  it('alarms and heartbeat go to subscribers of the embedded broker, and an alarm is taken back', async () => {
    const { url, mqtt } = await rig('embedded', '5');
    const seen: string[] = [];
    const screen = connect(url, { username: 'wall', password: 'secret-viewer' });
    cleanUp.push(() => screen.endAsync(true));
    screen.on('message', (topic, payload) => seen.push(`${topic} ${payload}`));
    await screen.subscribeAsync('emberwatch/#', { qos: 1 });
    mqtt.publishAlarm('A000001', { id: 'A000001' });
    mqtt.publish('emberwatch/north/heartbeat', '{"atMs":1}', { retain: false, qos: 0 });
    mqtt.publishAlarm('A000001', null);
    await until(() => seen.length === 3, 'all three');
    expect(seen).toEqual([
      'emberwatch/north/alarms/A000001 {"id":"A000001"}',
      'emberwatch/north/heartbeat {"atMs":1}',
      'emberwatch/north/alarms/A000001 ',
    ]);
  });
});
