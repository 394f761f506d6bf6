/** Two senders under one name whose values are less than 30 K apart are told apart, and noise of one sensor is not two. */
import { afterEach, describe, expect, it } from 'vitest';
import { SendersWorld } from './senders.ts';

let world: SendersWorld;
afterEach(() => world.close());
const open = async (): Promise<SendersWorld> => (world = await new SendersWorld().open());

/** A frame of R_1 with others beside it. */
const sendTo =
  (w: SendersWorld) =>
  (hotDegC: number, values = {}) =>
    w.deliver('gw-A', [
      { moduleId: 'R_1', hotDegC, values },
      ...['R_2', 'R_3', 'R_4'].map((moduleId) => ({ moduleId, hotDegC: 25 })),
    ]);

describe('values that alternate between 25 °C and a hotter series', () => {
  const meetings: Record<string, (s: number, hotDegC: number) => number> = {
    'in turns': (s, hotDegC) => (s % 2 === 0 ? 25 : hotDegC),
    'one hot frame in five': (s, hotDegC) => (s % 5 === 0 ? hotDegC : 25),
    'one calm frame in five': (s, hotDegC) => (s % 5 === 0 ? 25 : hotDegC),
  };
  for (const [how, degC] of Object.entries(meetings))
    for (const hotDegC of [40, 55])
      it(`are an alarm, and not normal while the hotter is not: ${hotDegC} °C, ${how}`, async () => {
        const w = await open();
        const send = sendTo(w);
        await w.live(20, () => send(25));
        await w.live(60, (s) => send(degC(s, hotDegC)));
        expect(w.alarms('duplicate-sender', 'R_1')).toMatchObject([{ priority: 2 }]);
        // 55 °C is above the advisory limit; 40 °C is none without a comparison with siblings.
        if (hotDegC === 55) expect(w.level('R_1')).not.toBe('normal');
      });

  it('are found with the same state after a restart', async () => {
    const w = await open();
    const send = sendTo(w);
    await w.live(20, () => send(25));
    await w.live(13, (s) => send(s % 2 === 0 ? 25 : 50));
    const before = w.service.site.fleet.sides.state();
    await w.restart();
    expect(w.service.site.fleet.sides.state()).toEqual(before);
    await w.live(20, (s) => send(s % 2 === 0 ? 50 : 25));
    expect(w.alarms('duplicate-sender', 'R_1')).toHaveLength(1);
  });
});

describe('are one sender', () => {
  /** Normal noise from a fixed sequence. */
  const noise = (s: number, salt: number): number => {
    const at = (k: number): number => Math.abs((Math.sin(s * 12.9898 + k * 78.233 + salt) * 43_758.5453) % 1);
    return Math.sqrt(-2 * Math.log(at(1) + 1e-9)) * Math.cos(2 * Math.PI * at(2));
  };
  const calm: Record<string, (s: number) => number> = {
    'noise of 4 K': (s) => 30 + 4 * noise(s, 1),
    'noise of 6 K': (s) => 30 + 6 * noise(s, 2),
    'steps of 5 K': (s) => 5 * Math.round((25 + 3 * noise(s, 3)) / 5),
    'a single excursion': (s) => (s === 200 ? 48 : 25),
    'heating and cooling by 20 K within minutes': (s) => 30 + 10 * Math.sin(s / 30),
  };
  for (const [how, degC] of Object.entries(calm))
    it(how, async () => {
      const w = await open();
      const send = sendTo(w);
      const found: string[] = [];
      await w.live(200, async (s) => {
        await send(degC(s));
        if (s % 10 === 0) found.push(...w.alarms('duplicate-sender').map(({ source }) => source));
      });
      expect(found).toEqual([]);
    });

  it('one whose messages carry one sensor each, in turns', async () => {
    const w = await open();
    await w.live(150, (s) =>
      w.deliver('gw-A', [
        s % 2 === 0
          ? { moduleId: 'R_1', hotDegC: 25 }
          : {
              moduleId: 'R_1',
              hotDegC: 0,
              values: { surface_temperature_max_degc: undefined, cell_temperatures_degc: [36, 37.5, 38] },
            },
      ]),
    );
    expect(w.alarms('duplicate-sender')).toEqual([]);
  });
});
