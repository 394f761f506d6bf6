/** Others that are slow, or too many: they neither stop the watch nor fill the memory. */
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { generate } from 'mqtt-packet';
import { expect, it, onTestFinished } from 'vitest';
import { withTokens } from '../../src/auth/offline.ts';
import { readKept } from './kept.ts';
import { bundleService, Program, pathOf, report } from './program.ts';
import { Receiver, until } from './receiver.ts';
import { bodyOf, type Heating, moduleOf, type Story } from './story.ts';

/** What the process may ever hold while any of this happens (`docs/reliability.md`). */
const MIB = 1024 * 1024;
const MAX_BYTES = 512 * MIB;

/** Seconds on a free machine. */
const LONG = { timeout: 240_000 };

bundleService();

function checkMemory(program: Program, during: string): void {
  const peakBytes = program.peakBytes();
  if (peakBytes === null) return;
  report(`${during}: ${Math.round(peakBytes / MIB)} MiB at most`);
  expect(peakBytes / MIB, 'MiB at most').toBeLessThan(MAX_BYTES / MIB);
}

async function deliver(program: Program, gatewayId: string, number: number, body: string | Buffer) {
  return fetch(`${program.url}/api/v1/frames`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-ndjson',
      'emberwatch-gateway': gatewayId,
      'emberwatch-epoch': 'first',
      'emberwatch-number': String(number),
      ...(typeof body !== 'string' && { 'content-encoding': 'gzip' }),
    },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
}

/** A connection that says what it wants and then never reads. */
async function unread(port: number, request: string | Buffer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.pause();
  socket.write(request);
  onTestFinished(() => void socket.destroy());
  return socket;
}

const STORM: Story = {
  gatewayId: 'north',
  modules: 512,
  instants: 0,
  heatings: Array.from({ length: 512 }, (_, n): Heating => {
    const moduleId = moduleOf('north', n);
    return n === 0
      ? { moduleId, fromInstant: 10, perInstantK: 2 }
      : { moduleId, fromInstant: 10, perInstantK: 1.5, untilInstant: 35 };
  }),
};

it('pages, subscribers and webhooks that do not read: nobody else waits for them', LONG, async () => {
  const hanging = await Receiver.start(() => {});
  const good = await Receiver.start();
  const data = pathOf('slow');
  const { token } = await withTokens(data, Date.now, (access, actor) =>
    access.create({ name: 'wall', role: 'viewer' }, actor),
  );
  const program = await Program.start({
    dataDirectory: data,
    silentAfterMs: 600_000,
    mqtt: { embedded: { port: 0 } },
    outbound: { hosts: [hanging.host, good.host], networks: ['loopback'] },
    notify: {
      channels: {
        hanging: { kind: 'webhook', url: hanging.url, timeLimitS: 1 },
        good: { kind: 'webhook', url: good.url },
      },
      routes: [{ channels: ['hanging', 'good'] }],
    },
  });
  const httpPort = Number(new URL(program.url).port);
  const page = `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${httpPort}\r\n\r\n`;
  for (let k = 0; k < 3; k++) await unread(httpPort, page);
  await unread(
    program.service.mqttPort!,
    Buffer.concat([
      generate(
        {
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 5,
          clientId: 'slow',
          keepalive: 0,
          clean: true,
          username: 'wall',
          password: Buffer.from(token),
        },
        { protocolVersion: 5 },
      ),
      generate(
        { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'emberwatch/site/alarms/#', qos: 1 }] },
        { protocolVersion: 5 },
      ),
    ]),
  );

  let instant = 0;
  const send = async (): Promise<void> => {
    expect((await deliver(program, 'north', instant + 1, bodyOf(STORM, instant))).status).toBe(200);
    instant++;
  };
  while (instant < 55) await send();
  await until(async () => {
    await send();
    return (await program.get('/health')).clientsDropped === 3;
  }, 'three pages are dropped');
  const isHot = ({ body }: { body: unknown }): boolean => {
    const text = JSON.stringify(body);
    return text.includes('critical') && text.includes(moduleOf('north', 0));
  };
  await until(() => good.reported.some(isHot), 'the emergency through the other webhook');
  expect(hanging.reported.length).toBeGreaterThan(0);
  const { alarms } = (await program.get('/alarms?open=true')) as {
    alarms: { kind: string; source: string }[];
  };
  // A computer that is slow has trouble to tell of as well.
  const ofModules = alarms.filter(({ kind }) => kind === 'hazard').map(({ source }) => source);
  expect(new Set(ofModules).size).toBe(STORM.modules);
  checkMemory(program, 'slow readers');
  await program.stop();
});

it('two hundred senders at once: told to come again, and nothing is lost or stored twice', LONG, async () => {
  const data = pathOf('many');
  const program = await Program.start({ dataDirectory: data, limits: { batchesInFlight: 16 } });
  const answers = new Map<number, number>();
  const senders = Array.from(
    { length: 200 },
    (_, k): Story => ({ gatewayId: `g${k}`, modules: 8, instants: 5, heatings: [] }),
  );
  await Promise.all(
    senders.map(async (story) => {
      for (let instant = 0; instant < story.instants; ) {
        const response = await deliver(program, story.gatewayId, instant + 1, bodyOf(story, instant));
        answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
        const { error } = (await response.json()) as { error?: { code: string } };
        if (response.status === 200) instant++;
        else {
          expect([response.status, error?.code, response.headers.get('retry-after')]).toEqual([
            503,
            'BUSY',
            '1',
          ]);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    }),
  );
  expect(answers.get(503), 'nobody was told to come again').toBeGreaterThan(0);
  checkMemory(program, 'two hundred senders');
  await program.stop();
  const kept = await readKept(data);
  expect(kept.frames).toBe(200 * 5 * 8);
  for (const times of kept.times.values()) expect(times).toHaveLength(5);
});

it('questions without end are slowed, and readings go on', LONG, async () => {
  const program = await Program.start({ dataDirectory: pathOf('asked') });
  const requested: Response[] = [];
  // Fewer at once than connections are allowed.
  for (let k = 0; k < 13; k++)
    requested.push(
      ...(await Promise.all(
        Array.from({ length: 100 }, () => fetch(`${program.url}/api/v1/alarms?open=true`)),
      )),
    );
  const slowed = requested.filter(({ status }) => status === 429);
  expect(slowed.length).toBe(100);
  for (const { headers } of slowed) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  const story: Story = { gatewayId: 'north', modules: 8, instants: 1, heatings: [] };
  expect((await deliver(program, 'north', 1, bodyOf(story, 0))).status).toBe(200);
  await program.stop();
});

it('bodies that unpack to a thousand times their size: memory stays bounded', LONG, async () => {
  const program = await Program.start({ dataDirectory: pathOf('bombs') });
  const story: Story = { gatewayId: 'north', modules: 1, instants: 1, heatings: [] };
  const bomb = gzipSync(bodyOf(story, 0) + `${' '.repeat(1023)}\n`.repeat(31 * 1024));
  expect(bomb.length).toBeLessThan(128 * 1024);
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, k) => {
      const { status, headers } = await deliver(program, `g${k}`, 1, bomb);
      if (status !== 200) expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      return status;
    }),
  );
  expect(answers).toContain(200);
  expect((await deliver(program, 'north', 1, bodyOf(story, 0))).status).toBe(200);
  checkMemory(program, 'small bodies that are large');
  await program.stop();
});
