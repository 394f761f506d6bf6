/** A module belongs to a gateway: who takes over, who returns, what a person decides, and what a restart keeps. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { SendersWorld } from './senders.ts';

let world: SendersWorld;
afterEach(() => world.close());

const open = async (options = {}): Promise<SendersWorld> => (world = await new SendersWorld(options).open());
const calm = (w: SendersWorld, gatewayId: string, moduleId = 'R_1') =>
  w.deliver(gatewayId, [{ moduleId, hotDegC: 25 }]);
const gatewayOf = (w: SendersWorld, moduleId = 'R_1') => w.service.site.fleet.state(moduleId)?.gatewayId;
const rowsOf = async (w: SendersWorld, subject: string) =>
  (await w.ask('GET', `/audit?subject=${subject}`)).body.rows as { action: string; detail: string }[];

it('another gateway takes over once the first is silent, in the audit log and without an alarm of two senders', async () => {
  const w = await open();
  await w.live(20, () => calm(w, 'gw-A'));
  await w.live(40, () => calm(w, 'gw-B'));
  expect(gatewayOf(w)).toBe('gw-B');
  expect(w.level('R_1')).toBe('normal');
  expect(w.alarms('duplicate-sender')).toEqual([]);
  const [row] = await rowsOf(w, 'gw-B');
  expect(row).toMatchObject({ action: 'module.gateway-changed' });
  expect(JSON.parse(row!.detail)).toMatchObject({ fromGatewayId: 'gw-A', toGatewayId: 'gw-B', count: 1 });
  // The former one returns: now there are two.
  await w.live(10, async () => {
    await calm(w, 'gw-B');
    await calm(w, 'gw-A');
  });
  expect(gatewayOf(w)).toBe('gw-B');
  expect(w.alarms('duplicate-sender', 'R_1')[0]!.text).toMatch(
    /two senders deliver it, gw-B \(.* °C\) and gw-A \(/,
  );
});

it('a module in alarm passes to nobody: the calm frames of another gateway do not end it', async () => {
  const w = await open();
  await w.live(80, (s) => w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25 + 2 * s }]));
  expect(w.isEmergency('R_1')).toBe(true);
  await w.live(900, () => calm(w, 'gw-B'));
  expect(gatewayOf(w)).toBe('gw-A');
  expect(w.level('R_1')).toBe('critical');
});

it('gateways that the settings name together are one stream', async () => {
  const modules = [{ id: 'R_1', gateway: ['bms', 'gas'] }];
  const w = await open({ site: { name: 'hall', modules } });
  await w.live(30, async () => {
    await calm(w, 'bms');
    const gas = { time: w.nowMs, module_id: 'R_1', rack_id: 'R', co_ppm: 3 };
    const answer = await w.ask('POST', '/frames', [gas], { 'emberwatch-gateway': 'gas' });
    expect(answer.body).toMatchObject({ accepted: 1, rejected: 0 });
  });
  expect(w.alarms('duplicate-sender')).toEqual([]);
  expect(w.service.site.fleet.state('R_1')).toMatchObject({ gatewayId: 'bms', sideStreams: [] });
});

it('a gateway that the settings do not name is a second sender, however early it comes', async () => {
  const w = await open({ site: { name: 'hall', modules: [{ id: 'R_1', gateway: 'bms' }] } });
  await w.live(10, () => calm(w, 'other'));
  await w.live(10, async () => {
    await calm(w, 'bms');
    await calm(w, 'other');
  });
  expect(gatewayOf(w)).toBe('bms');
  expect(w.alarms('duplicate-sender', 'R_1')).toHaveLength(1);
});

it('a person decides: the other is rejected and counted, also after a restart', async () => {
  const w = await open();
  const both = async (): Promise<void> => {
    await calm(w, 'gw-A');
    await w.deliver('gw-B', [{ moduleId: 'R_1', hotDegC: 140 }]);
  };
  await w.live(20, both);
  expect(w.isEmergency('R_1')).toBe(true);
  const url = '/modules/R_1/gateway';
  expect((await w.ask('POST', url, { gatewayId: 'gw-A' })).status).toBe(400);
  expect((await w.ask('POST', url, { gatewayId: 'nobody', reason: 'x' })).body.error.code).toBe(
    'UNKNOWN_GATEWAY',
  );
  expect(
    (await w.ask('POST', '/modules/none/gateway', { gatewayId: 'gw-A', reason: 'x' })).body.error.code,
  ).toBe('UNKNOWN_MODULE');
  const decided = await w.ask('POST', url, { gatewayId: 'gw-A', reason: 'gw-B is a test bench' });
  expect(decided.status).toBe(204);
  // The condition ends, its emergency waits for people.
  expect(w.level('R_1')).toBe('normal');
  expect(w.alarms('hazard', 'R_1')).toMatchObject([{ state: 'returned' }]);
  const [row] = await rowsOf(w, 'R_1');
  expect(row).toMatchObject({ actor: 'open access', action: 'module.gateway-decided' });
  for (const _ of [1, 2]) {
    await w.live(5, async () => {
      await calm(w, 'gw-A');
      const foreign = await w.deliver('gw-B', [{ moduleId: 'R_1', hotDegC: 140 }]);
      expect(foreign).toMatchObject({ status: 400, body: { rejections: [{ reason: 'foreign-module' }] } });
    });
    expect(w.level('R_1')).toBe('normal');
    await w.restart();
  }
  // The other way round: what it says counts from now on.
  await w.ask('POST', url, { gatewayId: 'gw-B', reason: 'the bench was gw-A' });
  await w.live(20, both);
  expect(gatewayOf(w)).toBe('gw-B');
  expect(w.level('R_1')).toBe('critical');
});

it('keeps owners, streams and decisions where only the journal is left', async () => {
  const w = await open();
  const meet = async (): Promise<void> => {
    await calm(w, 'gw-A');
    await w.deliver('gw-B', [{ moduleId: 'R_1', hotDegC: 140, aheadMs: 4000 }]);
    await calm(w, 'gw-A', 'R_2');
    await w.deliver('gw-B', [{ moduleId: 'R_2', hotDegC: 140 }]);
  };
  await w.live(20, meet);
  await w.ask('POST', '/modules/R_2/gateway', { gatewayId: 'gw-A', reason: 'looked at on site' });
  await w.live(5, meet);
  const before = w.service.site.fleet.states();
  const folder = await mkdtemp(join(tmpdir(), 'emberwatch-copy-'));
  await w.service.close();
  await cp(w.dataDirectory, join(folder, 'data'), { recursive: true });
  await w.open();
  // Another interval makes the snapshot another's.
  const copy = new SendersWorld({ dataDirectory: join(folder, 'data'), detector: { intervalMs: 1000 } });
  copy.nowMs = w.nowMs;
  await copy.open();
  expect(copy.service.monitor.recovery).toMatchObject({ from: 'journal' });
  const shown = (states: typeof before) =>
    states.map(({ moduleId, level, gatewayId, sideStreams }) => ({
      moduleId,
      level,
      gatewayId,
      sideStreams,
    }));
  expect(shown(copy.service.site.fleet.states())).toEqual(shown(before));
  await copy.close();
  await rm(folder, { recursive: true, force: true });
});
