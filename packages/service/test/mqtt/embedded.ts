/** A broker with a fake intake, and clients that do what a library would not. */
import { connect as connectSocket } from 'node:net';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { generate, type Packet, parser } from 'mqtt-packet';
import { type BrokerOptions, type MqttBroker, startBroker } from '../../src/protocols/mqtt/broker.ts';
import { FakeIntake } from './fake-intake.ts';
import { authenticate, SILENT, until } from './stand-ins.ts';

export const SITE = 'north';
export const FRAMES = `emberwatch/${SITE}/gw1/frames`;
export const BODY = '{"time":1,"module_id":"RackA1_Module01"}';

export const cleanUp: (() => unknown)[] = [];
/** What the test has started, last first. */
export async function endAll(): Promise<void> {
  for (const step of cleanUp.splice(0).reverse()) await step();
}

interface Rig {
  broker: MqttBroker;
  intake: FakeIntake;
  clock: { nowMs: number };
}

export async function rig(options: Partial<BrokerOptions> = {}): Promise<Rig> {
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

export async function client(broker: MqttBroker, options: IClientOptions = {}): Promise<MqttClient> {
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
export class RawClient {
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

export const connectPacket = (version: 4 | 5, more: object = {}): Packet => ({
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

export const publishPacket = (messageId: number, qos: 0 | 1 | 2, more: object = {}): Packet => ({
  cmd: 'publish',
  topic: FRAMES,
  payload: BODY,
  qos,
  dup: false,
  retain: false,
  messageId,
  ...more,
});
