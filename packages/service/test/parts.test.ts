/** One instant of a module in several messages or rows, through the ordinary door. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../src/compose.ts';
import { START_MS } from './stand-in.ts';

interface Answer {
  accepted: number;
  repeated: number;
  late: number;
  rejected: number;
  rejections: { reason: string; line: number; column: string | null; value: string | null }[];
}

let service: BuiltService;
beforeEach(async () => {
  service = await buildService({ now: () => START_MS + 60_000, access: 'open', logLevel: 'silent' });
});
afterEach(() => service.close());

async function post(payload: unknown, contentType = 'application/json'): Promise<Answer> {
  const { body } = await service.app.inject({
    method: 'POST',
    url: '/api/v1/frames',
    headers: { host: 'localhost', 'content-type': contentType },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return JSON.parse(body) as Answer;
}

const at = (atS: number, values: Record<string, unknown>) => ({
  time: START_MS + atS * 1000,
  module_id: 'm',
  ...values,
});
const level = () => service.site.fleet.state('m')!.level;

describe('an instant of a module', () => {
  it('in two messages, the second of them hot: the hazard is found, nothing is called a repetition', async () => {
    for (let k = 0; k <= 20; k++) {
      const first = await post(at(k * 5 - 60, { voltage_v: 52, current_a: -10 }));
      const second = await post(at(k * 5 - 60, { surface_temperature_max_degc: 40 + 5 * k }));
      for (const answer of [first, second])
        expect(answer).toMatchObject({ accepted: 1, repeated: 0, late: 0 });
    }
    expect(level()).toBe('critical');
    expect(await post(at(40, { surface_temperature_max_degc: 140 }))).toMatchObject({
      accepted: 0,
      repeated: 1,
    });
  });

  it('whose temperatures trail by a scan is judged, and each value is kept at its own time', async () => {
    for (let k = 0; k <= 20; k++) {
      await post(at(k * 5 - 60, { voltage_v: 50 + k / 10 }));
      const trailing = at((k - 1) * 5 - 60, { surface_temperature_max_degc: 40 + 5 * k });
      expect(await post(trailing)).toMatchObject({ accepted: 1, late: 0 });
    }
    expect(level()).toBe('critical');
    const { timesMs, series } = await service.site.store.history({
      moduleId: 'm',
      fromMs: START_MS - 120_000,
      toMs: START_MS + 60_000,
      maxPoints: 500,
    });
    const ofChannel = (id: string) => series.find((one) => one.id === id)!.mean;
    const i = [...timesMs].indexOf(START_MS);
    expect(timesMs).toHaveLength(22);
    expect(ofChannel('voltage_v')[i]).toBe(51.2);
    expect(ofChannel('surface_temperature_max_degc')[i]).toBe(105);
  });

  it('that says two things is refused with line, channel and both values, and counted', async () => {
    await post(at(0, { voltage_v: 52, surface_temperature_max_degc: 25 }));
    const answer = await post([
      at(1, { voltage_v: 52, surface_temperature_max_degc: 25 }),
      at(0, { surface_temperature_max_degc: 140, co_ppm: 3 }),
    ]);
    expect(answer).toMatchObject({ accepted: 1, rejected: 1, repeated: 0 });
    expect(answer.rejections).toEqual([
      {
        reason: 'contradicting-values',
        scope: 'row',
        line: 2,
        column: 'surface_temperature_max_degc',
        value: '140, before 25',
      },
    ]);
    expect(service.site.ingest.rejectionsByReason.get('contradicting-values')).toBe(1);
  });

  it('in rows of one delivery is one frame, whatever stands between them', async () => {
    const answer = await post([
      at(0, { voltage_v: 52 }),
      at(1, { voltage_v: 53 }),
      at(0, { surface_temperature_max_degc: 30 }),
      at(1, { surface_temperature_max_degc: 31 }),
    ]);
    expect(answer).toMatchObject({ accepted: 4, rejected: 0, repeated: 0 });
    expect(service.site.fleet.state('m')!.values).toMatchObject({ hottest_degc: 31, voltage_v: 53 });
  });

  it('and several samples a second under stamps of whole seconds are spread, none refused', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => {
      const time = new Date(START_MS + 1000 * Math.floor(i / 4)).toISOString().slice(0, 19);
      return `${time},m,${(50 + i / 100).toFixed(2)},25`;
    });
    const csv = `time,module_id,voltage_v,surface_temperature_max_degc\n${rows.join('\n')}\n`;
    expect(await post(csv, 'text/csv')).toMatchObject({ accepted: 40, rejected: 0, repeated: 0 });
    expect(service.site.fleet.state('m')!.timeMs).toBe(START_MS + 9750);
  });

  it('and two samples of each second, delivered second by second, are both evaluated', async () => {
    for (let k = 0; k < 30; k++) {
      const rows = [0, 1].map((half) =>
        at(k, { voltage_v: 52 + half / 100, surface_temperature_max_degc: 40 + 4 * k + half }),
      );
      expect(await post(rows)).toMatchObject({ accepted: 2, rejected: 0, repeated: 0, late: 0 });
    }
    expect(service.site.fleet.state('m')!.timeMs).toBe(START_MS + 29_500);
    expect(level()).toBe('critical');
  });

  it('but two that no module is at within a second contradict each other', async () => {
    const answer = await post([25, 140].map((hottest) => at(0, { surface_temperature_max_degc: hottest })));
    expect(answer.rejections).toMatchObject([{ reason: 'contradicting-values', value: '140, before 25' }]);
  });
});
