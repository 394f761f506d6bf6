/** A data directory that is taken away under the running service: nothing is acknowledged into nothing. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'mqtt';
import { expect, it } from 'vitest';
import { withTokens } from '../../src/auth/offline.ts';
import { restoreStore } from '../../src/store/backup.ts';
import { readKept } from './kept.ts';
import { bundleService, Program, pathOf } from './program.ts';
import { Receiver, until } from './receiver.ts';
import { bodyOf, moduleOf, type Story } from './story.ts';

bundleService();

const HOT = moduleOf('north', 3);
const STORY: Story = {
  gatewayId: 'north',
  modules: 8,
  instants: 240,
  heatings: [{ moduleId: HOT, fromInstant: 120, perInstantK: 1 }],
};
const MQTT_STORY: Story = { gatewayId: 'west', modules: 4, instants: 1, heatings: [] };

async function deliver(program: Program, instant: number) {
  const response = await fetch(`${program.url}/api/v1/frames`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-ndjson',
      'emberwatch-gateway': 'north',
      'emberwatch-epoch': 'first',
      'emberwatch-number': String(instant + 1),
    },
    body: bodyOf(STORY, instant),
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  return {
    status: response.status,
    code: error?.code ?? null,
    retryAfter: response.headers.get('retry-after'),
  };
}

const REFUSED = { status: 503, code: 'STORAGE_FAILED', retryAfter: '1' };

async function startIn(data: string, webhook: Receiver): Promise<{ program: Program; token: string }> {
  const { token } = await withTokens(data, Date.now, (access, actor) =>
    access.create({ name: 'west', role: 'gateway', modules: ['*'] }, actor),
  );
  const program = await Program.start({
    dataDirectory: data,
    silentAfterMs: 600_000,
    mqtt: { embedded: { port: 0 } },
    outbound: { hosts: [webhook.host], networks: ['loopback'] },
    heartbeat: { everyS: 1, webhook: { url: `${webhook.url}beat` } },
    notify: { channels: { phone: { kind: 'webhook', url: webhook.url } }, routes: [{ channels: ['phone'] }] },
  });
  return { program, token };
}

const isReady = async (program: Program): Promise<boolean> =>
  (await fetch(`${program.url}/api/v1/ready`)).status === 200;

const TOPIC = 'emberwatch/site/west/first/1/frames';

async function mqttRejects(program: Program, token: string): Promise<void> {
  const url = `mqtt://127.0.0.1:${program.service.mqttPort}`;
  const login = { username: 'west', password: token };
  for (const protocolVersion of [4, 5] as const)
    for (const qos of [1, 2] as const) {
      // Closed without an acknowledgement: the client sends it again.
      const gateway = connect(url, { ...login, protocolVersion, reconnectPeriod: 0 });
      let isAcknowledged = false;
      const closed = new Promise<void>((resolve) => gateway.once('close', () => resolve()));
      gateway.publish(TOPIC, bodyOf(MQTT_STORY, 0), { qos }, (error) => {
        isAcknowledged = !error;
      });
      await closed;
      expect(isAcknowledged, `MQTT ${protocolVersion}, QoS ${qos}`).toBe(false);
      await gateway.endAsync(true);
    }
}

it('a directory that is moved away: refused, alarmed, people are still told; all goes on once it is back', async () => {
  const webhook = await Receiver.start();
  const data = pathOf('moved');
  const { program, token } = await startIn(data, webhook);
  for (let instant = 0; instant < 100; instant++)
    expect(await deliver(program, instant)).toMatchObject({ status: 200 });
  renameSync(data, `${data}-aside`);
  mkdirSync(data);
  expect(await deliver(program, 100), 'the first after it').toEqual(REFUSED);
  // Without any delivery, too.
  await until(async () => !(await isReady(program)), 'not ready');
  await until(async () => {
    const { alarms } = await program.get('/alarms?open=true');
    return alarms.some(({ kind }: { kind: string }) => kind === 'storage');
  }, 'the alarm of the storage');
  await until(() => webhook.reported.some(({ path }) => path === '/beat/fail'), 'no sign of life');
  await mqttRejects(program, token);
  for (let instant = 100; instant < STORY.instants; instant++)
    expect(await deliver(program, instant)).toEqual(REFUSED);
  await until(
    () =>
      webhook.reported.some(
        ({ body }) => /critical/.test(JSON.stringify(body)) && JSON.stringify(body).includes(HOT),
      ),
    'the emergency through the webhook',
  );
  rmSync(data, { recursive: true });
  renameSync(`${data}-aside`, data);
  await until(async () => (await deliver(program, 100)).status === 200, 'it is noticed');
  for (let instant = 101; instant < STORY.instants; instant++)
    expect(await deliver(program, instant)).toMatchObject({ status: 200 });
  await until(() => isReady(program), 'ready again');
  await program.stop();
  const kept = await readKept(data);
  for (const [moduleId, times] of kept.times) expect(times.length, moduleId).toBe(STORY.instants);
  expect(kept.alarms.map(({ kind, source }) => [kind, source])).toEqual(
    expect.arrayContaining([
      ['hazard', HOT],
      ['storage', 'site'],
    ]),
  );
}, 120_000);

it('a directory that is deleted: refused, and a stop saves what had been acknowledged', async () => {
  const webhook = await Receiver.start();
  const data = pathOf('deleted');
  const { program } = await startIn(data, webhook);
  for (let instant = 0; instant < 40; instant++)
    expect(await deliver(program, instant)).toMatchObject({ status: 200 });
  rmSync(data, { recursive: true });
  for (let instant = 40; instant < 80; instant++) expect(await deliver(program, instant)).toEqual(REFUSED);
  await until(async () => !(await isReady(program)), 'not ready');
  expect(existsSync(data)).toBe(false);
  await program.stop();
  expect(program.err).toContain(`${data}.rescued`);
  restoreStore(`${data}.rescued`, data);
  const kept = await readKept(data);
  for (const [moduleId, times] of kept.times) expect(times.length, moduleId).toBe(40);
}, 120_000);
