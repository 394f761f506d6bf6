/** Whoever else sends whatever about a module: what burns is an emergency, and two senders are an alarm. */
import { afterEach, describe, expect, it } from 'vitest';
import { SendersWorld } from './senders.ts';

let world: SendersWorld;
afterEach(() => world.close());

const HOT = 141;
const CALM = 25;
const open = async (options = {}): Promise<SendersWorld> => (world = await new SendersWorld(options).open());
const rack = ['R_2', 'R_3', 'R_4'];
const others = () => rack.map((moduleId) => ({ moduleId, hotDegC: CALM }));

/** How the frames of the sender that burns and of the one that is calm meet. */
const meetings: Record<string, (w: SendersWorld, s: number, hotDegC: number) => Promise<void>> = {
  'another gateway whose stamps are 5 s ahead': async (w, _s, hotDegC) => {
    await w.deliver('gw-B', [{ moduleId: 'R_1', hotDegC: CALM, aheadMs: 5000 }]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC }, ...others()]);
  },
  'another gateway with the same stamps': async (w, _s, hotDegC) => {
    await w.deliver('gw-B', [{ moduleId: 'R_1', hotDegC: CALM }]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC }, ...others()]);
  },
  'another gateway that burns, a calm one that was there first': async (w, _s, hotDegC) => {
    await w.deliver('gw-B', [{ moduleId: 'R_1', hotDegC, aheadMs: -3000 }]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM }, ...others()]);
  },
  'the same gateway, stamps 5 s ahead': async (w, _s, hotDegC) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM, aheadMs: 5000 }]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC }, ...others()]);
  },
  'the same gateway and the same stamps, calm first': async (w, _s, hotDegC) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM }, ...others()]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC }]);
  },
  'one delivery with both at one instant': async (w, _s, hotDegC) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM }, { moduleId: 'R_1', hotDegC }, ...others()]);
  },
  'one gateway, stamps that alternate': async (w, s, hotDegC) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: s % 2 === 0 ? CALM : hotDegC }, ...others()]);
  },
  'one gateway, stamps that alternate, exact values': async (w, s, hotDegC) => {
    const values = { surface_temperature_max_degc: s % 2 === 0 ? 25 : Math.round(hotDegC) };
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 0, values }, ...others()]);
  },
  'one gateway, a calm frame of any value after each hot one': async (w, s, hotDegC) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC, aheadMs: -400 }, ...others()]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: 20 + ((s * 37) % 60) }]);
  },
  'one gateway, calm frames whose stamps jump about': async (w, s, hotDegC) => {
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM, aheadMs: ((s * 7919) % 20_000) - 8000 }]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC }, ...others()]);
  },
  'three gateways, each calm but one': async (w, _s, hotDegC) => {
    for (const id of ['gw-B', 'gw-C', 'gw-D'])
      await w.deliver(id, [{ moduleId: 'R_1', hotDegC: CALM, aheadMs: 2000 }]);
    await w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC }, ...others()]);
  },
};

/** 2 K/s: at 120 °C after 48 s, at most as hot as here. */
const rampDegC = (s: number): number => Math.min(HOT, CALM + 2 * s);
const OVER_120_S = 48;

/** Each kind of stream once. */
const RESTARTED = new Set([
  'another gateway whose stamps are 5 s ahead',
  'the same gateway and the same stamps, calm first',
  'one gateway, stamps that alternate',
]);

describe('two senders of one module, one of them burning', () => {
  for (const [how, meet] of Object.entries(meetings)) {
    it(`is an emergency 30 s after 120 °C: ${how}`, async () => {
      const w = await open();
      await w.live(60, () => w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM }, ...others()]));
      expect(w.level('R_1')).toBe('normal');
      await w.live(OVER_120_S + 30, (s) => meet(w, s, rampDegC(s)));
      expect(w.isEmergency('R_1'), JSON.stringify(w.service.site.fleet.state('R_1'))).toBe(true);
      for (const id of rack) expect(w.level(id)).toBe('normal');
      expect(w.alarms('duplicate-sender', 'R_1')).toMatchObject([{ priority: 2, state: 'unacknowledged' }]);
      // What the calm one says afterwards does not end it.
      await w.live(120, () =>
        w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM, aheadMs: 20_000 }, ...others()]),
      );
      expect(w.isEmergency('R_1')).toBe(true);
    });

    if (!RESTARTED.has(how)) continue;
    it(`gives the same verdict after a restart in the middle: ${how}`, async () => {
      const w = await open();
      await w.live(30, () => w.deliver('gw-A', [{ moduleId: 'R_1', hotDegC: CALM }, ...others()]));
      await w.live(OVER_120_S + 2, (s) => meet(w, s, rampDegC(s)));
      const before = w.service.site.fleet.states();
      await w.restart();
      expect(w.service.site.fleet.states()).toEqual(before);
      await w.live(28, (s) => meet(w, s, HOT));
      expect(w.isEmergency('R_1'), JSON.stringify(w.service.site.fleet.state('R_1'))).toBe(true);
    });
  }

  it('is an emergency also where both are there from the first frame', async () => {
    for (const [how, meet] of Object.entries(meetings)) {
      const w = await open();
      await w.live(32, (s) => meet(w, s, HOT));
      expect(w.isEmergency('R_1'), how).toBe(true);
      await w.close();
    }
    await open();
  });
});
