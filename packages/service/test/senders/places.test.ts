/** One gateway cannot take the places of all, and what it took is freed in one action. */
import { afterEach, expect, it } from 'vitest';
import { SendersWorld } from './senders.ts';

let world: SendersWorld;
afterEach(() => world.close());

const MAX = 200;
const open = async (options = {}): Promise<SendersWorld> =>
  (world = await new SendersWorld({ limits: { modules: MAX }, ...options }).open());
const flood = (w: SendersWorld, gatewayId: string, count: number, prefix = 'F') =>
  w.deliver(
    gatewayId,
    Array.from({ length: count }, (_, i) => ({ moduleId: `${prefix}_${i}`, hotDegC: 25 })),
  );

it('a flood of names is turned away with an alarm that names who and what, and a burning new module has its place', async () => {
  const w = await open();
  const { body } = await flood(w, 'gw-flood', 300);
  expect(body).toMatchObject({ accepted: MAX / 2, rejected: 300 - MAX / 2 });
  await flood(w, 'gw-next', 300, 'G');
  expect(w.service.site.fleet.size).toBe(MAX / 2 + MAX / 4);
  await w.live(80, (s) => w.deliver('gw-true', [{ moduleId: 'R_1', hotDegC: 25 + 2 * s }]));
  expect(w.isEmergency('R_1')).toBe(true);
  const [alarm] = w.alarms('module-limit', 'gw-flood');
  expect(alarm).toMatchObject({ priority: 2, gatewayId: 'gw-flood' });
  expect(alarm!.members).toContain('F_100');
  expect(alarm!.text).toMatch(/F_100.* 100 of 200 places; gw-flood uses most, 100\./);
  expect(w.alarms('module-limit', 'gw-true')).toEqual([]);
});

it('modules of the settings always have a place, and count for nobody', async () => {
  const modules = Array.from({ length: 150 }, (_, i) => ({ id: `S_${i}` }));
  const w = await open({ site: { name: 'hall', modules } });
  await flood(w, 'gw-flood', 300);
  expect(w.service.site.fleet.size).toBe(25);
  const { body } = await flood(w, 'gw-flood', 150, 'S');
  expect(body).toMatchObject({ accepted: 150, rejected: 0 });
});

it('an engineer frees the places of a gateway at once; hazardous and registered modules stay, also after a restart', async () => {
  const w = await open({ site: { name: 'hall', modules: [{ id: 'F_0' }] } });
  await w.live(60, async (s) => {
    await flood(w, 'gw-flood', 30);
    await w.deliver('gw-flood', [{ moduleId: 'F_hot', hotDegC: 25 + 2 * s }]);
    await w.deliver('gw-true', [{ moduleId: 'R_1', hotDegC: 25 }]);
  });
  expect(w.level('F_hot')).toBe('critical');
  const url = '/gateways/gw-flood/retire';
  expect((await w.ask('POST', url, {})).status).toBe(400);
  expect((await w.ask('POST', '/gateways/none/retire', { reason: 'x' })).body.error.code).toBe(
    'UNKNOWN_GATEWAY',
  );
  const { body } = await w.ask('POST', url, { reason: 'a script went wild' });
  expect(body).toEqual({ retired: 29, kept: 2 });
  const names = (): string[] => w.service.site.fleet.states().map(({ moduleId }) => moduleId);
  expect(names().sort()).toEqual(['F_0', 'F_hot', 'R_1']);
  const { rows } = (await w.ask('GET', '/audit?subject=gw-flood')).body;
  expect(rows.at(-1)).toMatchObject({ actor: 'open access', action: 'gateway.modules-retired' });
  await w.restart();
  expect(names().sort()).toEqual(['F_0', 'F_hot', 'R_1']);
  expect(w.level('F_hot')).toBe('critical');
});
