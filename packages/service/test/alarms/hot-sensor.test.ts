/** A sensor that cannot be believed and reads as hot as what burns, from the delivery to the alarm. */
import { afterEach, expect, it } from 'vitest';
import { FaultList } from '../../src/monitor/fault-list.ts';
import { SendersWorld } from '../senders/senders.ts';

let world: SendersWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

interface AlarmBody {
  kind: string;
  source: string;
  priority: number;
  state: string;
  text: string;
}

it('is an open alarm of priority 2, and its module is unknown: also after a restart', async () => {
  world = await new SendersWorld().open();
  const w = world;
  const cool = (k: number): number => 25 + Math.round(10 * Math.sin(w.nowMs / 999 + k)) / 10;
  const deliver = (third: () => number) =>
    w.deliver('gw', [
      {
        moduleId: 'R_1',
        hotDegC: 25,
        values: { cell_temperatures_degc: [cool(0), cool(1), third(), cool(3)] },
      },
      { moduleId: 'R_2', hotDegC: 25 },
    ]);
  await w.live(60, () => deliver(() => cool(2)));
  expect(w.level('R_1')).toBe('normal');
  const isReportedHot = async (): Promise<void> => {
    const { body } = await w.ask('GET', '/alarms');
    const hot = (body.alarms as AlarmBody[]).find(
      (one) => one.kind === 'sensor-fault' && one.source === 'R_1',
    );
    expect(hot).toMatchObject({ priority: 2 });
    expect(hot!.text).toContain('cell_temperatures_degc[3] reads 215 °C');
    const { body: module } = await w.ask('GET', '/modules/R_1');
    expect(module.verdict?.level ?? module.level).toBe('unknown');
    expect(w.alarms('sensor-fault', 'R_2')).toEqual([]);
  };
  await w.live(240, () => deliver(() => 215));
  await isReportedHot();
  await w.restart();
  await w.live(10, () => deliver(() => 215));
  await isReportedHot();
  await w.live(120, () => deliver(() => cool(2)));
  expect(w.level('R_1')).toBe('normal');
});

it('is the last that is forgotten where there are more faults than are kept', () => {
  const list = new FaultList(3);
  const faultOf = (moduleId: string, hottestDegC?: number) => ({
    moduleId,
    channel: 'surface_temperature_max_degc',
    kind: 'disagrees' as const,
    fromMs: 0,
    toMs: null,
    text: 'broken',
    ...(hottestDegC !== undefined && { hottestDegC }),
  });
  list.take(faultOf('hot', 215));
  for (let i = 0; i < 5; i++) list.take(faultOf(`cool-${i}`, 40));
  expect(list.hotSensorOf('hot')).toEqual({ channel: 'surface_temperature_max_degc', degC: 215 });
});
