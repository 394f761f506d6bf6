/** A share of late frames is trouble: whose clock leads, and by how much. */
import { afterEach, expect, it } from 'vitest';
import { SendersWorld } from './senders.ts';

let world: SendersWorld;
afterEach(() => world.close());
const open = async (): Promise<SendersWorld> => (world = await new SendersWorld().open());

it('says who is late, of which modules, and how far the newer frames are ahead', async () => {
  const w = await open();
  await w.live(60, async (s) => {
    const aheadMs = s % 10 === 9 ? 4000 : 0;
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25, aheadMs }]);
    await w.deliver('gw-A', [{ moduleId: 'R_2', hotDegC: 25 }]);
  });
  const [alarm] = w.alarms('late-frames', 'gw-A');
  expect(alarm).toMatchObject({ priority: 3, gatewayId: 'gw-A', members: ['R_1'] });
  expect(alarm!.text).toMatch(
    /frames arrived after newer ones \(R_1\)\. Frames of gw-A are ahead by up to 3 s/,
  );
  const { gateways } = (await w.ask('GET', '/gateways')).body;
  const [{ late, lateModules }] = gateways;
  expect(late).toBeGreaterThan(10);
  expect(lateModules).toMatchObject([{ moduleId: 'R_1', late }]);
  const metrics = await w.service.app.inject({ url: '/api/v1/metrics', headers: { host: 'localhost' } });
  expect(metrics.body).toContain(`emberwatch_gateway_frames_late_total{gateway="gw-A"} ${late}`);
});

it('finds one module among very many that are in time', async () => {
  const w = await open();
  const many = Array.from({ length: 200 }, (_, i) => ({ moduleId: `R_${i}`, hotDegC: 25 }));
  await w.live(20, async () => {
    await w.deliver('gw-A', [...many, { moduleId: 'S_1', hotDegC: 25, aheadMs: 5000 }]);
    await w.deliver('gw-A', [{ moduleId: 'S_1', hotDegC: 25 }]);
  });
  expect(w.alarms('late-frames')).toMatchObject([{ source: 'gw-A', members: ['S_1'] }]);
});

it('says of a backlog that it is one, and a few late frames are no trouble', async () => {
  const w = await open();
  await w.live(60, async (s) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25 }]);
    if (s === 5) await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25, aheadMs: -3000 }]);
  });
  expect(w.alarms('late-frames')).toEqual([]);
  await w.live(30, async (s) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25 }]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25, aheadMs: -7_200_000 + 60_000 * s }]);
  });
  expect(w.alarms('late-frames')[0]!.text).toMatch(/h old/);
});

it('of frames that are all an hour old says that they arrive, and that no module is known now', async () => {
  const w = await open();
  const health = async () => (await w.ask('GET', '/health')).body;
  // A backlog: three seconds of it every second.
  await w.live(100, (s) =>
    w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25, aheadMs: 2000 * s - 3_600_000 }]),
  );
  expect(await health()).toMatchObject({ status: 'ok', lastFrameMs: null, modules: 1, modulesSilent: 1 });
  expect(w.level('R_1')).toBe('unknown');
  expect(w.alarms('site-silence')).toHaveLength(1);
  await w.live(100, async () => {});
  expect((await health()).status).toBe('no-data');
});
