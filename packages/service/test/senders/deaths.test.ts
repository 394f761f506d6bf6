/** Nobody silences modules that it does not deliver, whatever it may say over MQTT, Sparkplug or under another name. */
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import type { Role } from '../../src/records.ts';
import { until } from '../mqtt/stand-ins.ts';
import { Edge } from '../sparkplug/edge.ts';
import { START_MS } from '../stand-in.ts';
import { SendersWorld } from './senders.ts';

let world: SendersWorld;
const clients: MqttClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.endAsync(true);
  await world.close();
});

async function open() {
  world = await new SendersWorld({
    access: 'tokens',
    mqtt: { embedded: { port: 0 }, sparkplug: { moduleId: '{device}' } },
  }).open();
  const { mqttPort } = await world.service.start();
  const tokenOf = async (name: string, role: Role, modules?: string[]): Promise<string> =>
    (await world.service.site.access.create({ name, role, ...(modules && { modules }) }, 'root')).token;
  const connect = async (name: string, token: string): Promise<MqttClient> => {
    const url = `mqtt://127.0.0.1:${mqttPort}`;
    const client = await connectAsync(url, {
      username: name,
      password: token,
      protocolVersion: 5,
      reconnectPeriod: 0,
    });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const deliver = (token: string, moduleId: string) =>
    world.ask(
      'POST',
      '/frames',
      { time: world.nowMs, module_id: moduleId, surface_temperature_max_degc: 25 },
      {
        authorization: `Bearer ${token}`,
      },
    );
  return { tokenOf, connect, deliver };
}

const isSilent = (moduleId: string) => world.service.site.fleet.state(moduleId)?.isSilent;
const rejectedDeaths = (gatewayId: string) =>
  [...world.service.site.refusals()].filter(
    (one) => one.gatewayId === gatewayId && one.reason === 'foreign-module' && one.column === 'death',
  );

it('a Sparkplug death ends only modules that its sender delivers and may deliver', async () => {
  const { tokenOf, connect, deliver } = await open();
  const owner = await tokenOf('edge1', 'gateway', ['R_*']);
  await deliver(owner, 'R_1');
  for (const [name, scope] of [
    ['edge2', ['X_*']],
    ['edge3', ['*']],
  ] as const) {
    const client = await connect(name, await tokenOf(name, 'gateway', [...scope]));
    const edge = new Edge(name);
    await client.publishAsync(edge.topic('NBIRTH'), Buffer.from(edge.nodeBirth()));
    await client.publishAsync(edge.topic('DDEATH', 'R_1'), Buffer.from(edge.message(0, [])), { qos: 0 });
    await client.publishAsync(edge.topic('NDEATH'), Buffer.from(edge.nodeDeath()));
    await until(() => rejectedDeaths(name).length > 0, `the refused death of ${name}`);
    expect(isSilent('R_1'), name).toBe(false);
  }
  // Its own gateway may.
  const client = await connect('edge1', owner);
  const edge = new Edge('edge1');
  await client.publishAsync(edge.topic('NBIRTH'), Buffer.from(edge.nodeBirth()));
  await client.publishAsync(edge.topic('DDEATH', 'R_1'), Buffer.from(edge.message(0, [])), { qos: 0 });
  await until(() => isSilent('R_1') === true, 'the death of R_1');
  expect(START_MS).toBe(world.nowMs);
});

it('neither status nor readings under the name of a gateway that has a token', async () => {
  const { tokenOf, connect, deliver } = await open();
  const owner = await tokenOf('edge1', 'gateway', ['R_*']);
  await deliver(owner, 'R_1');
  const body = { time: world.nowMs + 1000, module_id: 'R_1', surface_temperature_max_degc: 25 };
  for (const role of ['engineer', 'admin'] as const) {
    const token = await tokenOf(`Ada ${role}`, role);
    const named = { authorization: `Bearer ${token}`, 'emberwatch-gateway': 'edge1' };
    expect((await world.ask('POST', '/frames', body, named)).body.error.code, role).toBe('FORBIDDEN');
    const client = await connect('Ada', token);
    for (const [topic, payload] of [
      ['emberwatch/site/edge1/status', 'offline'],
      ['emberwatch/site/edge1/frames', JSON.stringify(body)],
      ['spBv1.0/G/NDEATH/edge1', ''],
    ] as const)
      await expect(client.publishAsync(topic, payload, { qos: 1 }), topic).rejects.toMatchObject({
        code: 0x87,
      });
  }
  expect(isSilent('R_1')).toBe(false);
  expect(world.service.site.fleet.state('R_1')!.timeMs).toBe(world.nowMs);
});

it('says at the start and in the health which tokens of before may deliver any module', async () => {
  const { tokenOf } = await open();
  await tokenOf('bound', 'gateway', ['R_*']);
  const any = await tokenOf('unbound', 'gateway', ['*']);
  const admin = await tokenOf('Eve', 'admin');
  const { access, store } = world.service.site;
  // As tokens were before they had to name their modules.
  const row = (await store.tokens()).find(({ name }) => name === 'unbound')!;
  const before = { ...row, name: 'of-before', id: 't-before', hash: `${row.hash.slice(1)}0`, modules: null };
  await store.commit({ tokens: [before] });
  await expect(access.create({ name: 'gw', role: 'gateway' }, 'root')).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
  expect(any).toMatch(/^ew_/);
  await world.restart();
  const { body } = await world.ask('GET', '/health', undefined, { authorization: `Bearer ${admin}` });
  expect(body.gatewaysOfAnyModule).toEqual(['of-before', 'unbound']);
});
