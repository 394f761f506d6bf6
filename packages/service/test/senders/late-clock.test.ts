/** A sender whose clock is far behind that of another one of the same module burns unseen by nobody; a backlog is history. */
import { afterEach, describe, expect, it } from 'vitest';
import { SendersWorld } from './senders.ts';

let world: SendersWorld;
afterEach(() => world.close());
const open = async (): Promise<SendersWorld> => (world = await new SendersWorld().open());

const MIN = 60_000;
const rampDegC = (s: number): number => Math.min(141, 25 + 2 * s);
/** 120 °C after 48 s. */
const OVER_120_S = 48;
const calm = (w: SendersWorld, gatewayId = 'gw-A') =>
  w.deliver(gatewayId, [
    { moduleId: 'R_1', hotDegC: 25 },
    { moduleId: 'R_2', hotDegC: 26 },
  ]);

describe('a burning sender whose clock is behind', () => {
  for (const [name, behindMs] of [
    ['15 min', 15 * MIN],
    ['3 h', 180 * MIN],
    ['23 h', 23 * 60 * MIN],
  ] as const)
    for (const gatewayId of ['gw-A', 'gw-B'])
      it(`is an emergency: ${name}, ${gatewayId === 'gw-A' ? 'under the same name' : 'another gateway'}`, async () => {
        const w = await open();
        await w.live(60, () => calm(w));
        await w.live(OVER_120_S + 30, async (s) => {
          await calm(w);
          await w.deliver(gatewayId, [{ moduleId: 'R_1', hotDegC: rampDegC(s), aheadMs: -behindMs }]);
        });
        expect(w.isEmergency('R_1'), JSON.stringify(w.service.site.fleet.state('R_1'))).toBe(true);
        expect(w.level('R_2')).toBe('normal');
        expect(w.alarms('duplicate-sender', 'R_1')).toHaveLength(1);
      });

  it('is an emergency where it delivers ten frames every ten seconds', async () => {
    const w = await open();
    await w.live(60, () => calm(w));
    await w.live(OVER_120_S + 40, async (s) => {
      await calm(w);
      if (s % 10 !== 9) return;
      const tail = Array.from({ length: 10 }, (_, i) => i - 9);
      await w.deliver(
        'gw-A',
        tail.map((k) => ({ moduleId: 'R_1', hotDegC: rampDegC(s + k), aheadMs: 1000 * k - 180 * MIN })),
      );
    });
    expect(w.isEmergency('R_1'), JSON.stringify(w.service.site.fleet.state('R_1'))).toBe(true);
  });

  it('is an emergency beside a third one that is behind by another hour', async () => {
    const w = await open();
    await w.live(OVER_120_S + 60, async (s) => {
      await calm(w);
      await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 25, aheadMs: -60 * MIN }]);
      await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: rampDegC(s), aheadMs: -180 * MIN }]);
    });
    expect(w.isEmergency('R_1')).toBe(true);
  });

  it('gives the same after a restart in the middle', async () => {
    const w = await open();
    const step = async (s: number): Promise<void> => {
      await calm(w);
      await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: rampDegC(s), aheadMs: -180 * MIN }]);
    };
    await w.live(40, step);
    const before = w.service.site.fleet.states();
    const sides = w.service.site.fleet.sides.state();
    await w.restart();
    expect(w.service.site.fleet.states()).toEqual(before);
    expect(w.service.site.fleet.sides.state().liveSeries).toEqual(sides.liveSeries);
    await w.live(OVER_120_S - 10, (s) => step(40 + s));
    expect(w.isEmergency('R_1')).toBe(true);
  });
});

describe('a backlog of a hot day is history', () => {
  for (const framesPerDelivery of [1, 20, 500])
    it(`${framesPerDelivery} frames a delivery`, async () => {
      const w = await open();
      await w.live(60, () => calm(w));
      await w.live(60, async (s) => {
        await calm(w);
        const perSecond = framesPerDelivery === 1 ? 5 : 1;
        for (let d = 0; d < perSecond; d++)
          await w.deliver(
            'gw-A',
            Array.from({ length: framesPerDelivery }, (_, i) => {
              const at = (s * perSecond + d) * framesPerDelivery + i;
              return { moduleId: 'R_1', hotDegC: 139, aheadMs: -20 * 60 * MIN + 1000 * at - 1000 * s };
            }),
          );
      });
      expect(w.level('R_1')).toBe('normal');
      expect(w.alarms('hazard')).toEqual([]);
      expect(w.service.site.fleet.state('R_1')!.sideStreams).toEqual([]);
    });
});
