import { describe, expect, it } from 'vitest';
import { takeSunSpec } from '../../src/protocols/sunspec/intake.ts';
import type { SunSpecSettings } from '../../src/protocols/sunspec/settings.ts';
import {
  battery,
  chainOf,
  DELIVERY,
  FakeIntake,
  moduleOf,
  NOW_MS,
  type RawModel,
  stringOf,
  wordsOf,
} from './plant.ts';

async function take(body: unknown, settings: SunSpecSettings = {}) {
  const intake = new FakeIntake();
  const result = await takeSunSpec(intake, DELIVERY, body, settings, NOW_MS);
  return { intake, records: intake.records, ...result };
}

const registersOf = (...models: RawModel[]) => ({ start: 40_000, registers: chainOf(models) });
const reasons = ({ refusals: rejections }: { refusals: readonly { reason: string }[] }) =>
  rejections.map(({ reason }) => reason);

describe('a bank in registers', () => {
  it('becomes one record for each module, with the current of its string', async () => {
    const {
      records,
      intake,
      accepted,
      refusals: rejections,
    } = await take(
      registersOf(battery(), stringOf(2, [{}, {}]), moduleOf(2, 1), moduleOf(2, 2, { SoC: 0xffff })),
    );
    expect(accepted).toBe(2);
    expect(rejections).toEqual([]);
    expect(records[0]).toEqual({
      time: '2026-01-02T03:04:05.678Z',
      module_id: 'String2_Module01',
      rack_id: 'String2',
      surface_temperature_mean_degc: 26.5,
      surface_temperature_max_degc: 28,
      surface_temperature_min_degc: 25,
      voltage_v: 51.2,
      // 51.2 A of discharge.
      current_a: -51.2,
      soc_percent: 55.1,
      cell_voltage_min_v: 3.33,
      cell_voltage_max_v: 3.345,
      cell_voltage_mean_v: 3.337,
      cell_voltages_v: [3.331, 3.345, 3.34, 3.33],
      cell_temperatures_degc: [25, 26, 27, 28],
    });
    // 805 does not have it, the list within 804 does.
    expect(records[1]).toMatchObject({ module_id: 'String2_Module02', soc_percent: 55 });
    intake.finish();
    expect(intake.frames).toHaveLength(2);
    expect(intake.rejections).toEqual([]);
    expect(intake.deliveries).toEqual([DELIVERY]);
  });

  it('without models 805 is judged by the list within 804', async () => {
    const { records } = await take(registersOf(stringOf(1, [{}, { ModCellTmpMax: 0x8000 }])));
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({
      module_id: 'String1_Module01',
      cell_voltage_max_v: 3.345,
      current_a: -51.2,
    });
    expect(records[0]).not.toHaveProperty('voltage_v');
    expect(records[1]).toMatchObject({
      surface_temperature_max_degc: null,
      surface_temperature_min_degc: 24.1,
    });
  });

  it('takes the current of a string from its bank where the string does not tell it', async () => {
    const bank: RawModel = {
      id: 803,
      points: { NStr: 2, A_SF: 0, CellV_SF: -3, ModTmp_SF: 0, SoC_SF: 0 },
      repeats: [
        { StrA: 10, StrSoC: 50, StrModTmpMax: 31 },
        { StrA: 0x10000 - 20, StrSoC: 51, StrModTmpMax: 32 },
      ],
    };
    const modules = await take(registersOf(bank, moduleOf(1, 1), moduleOf(2, 1), moduleOf(3, 1)));
    expect(modules.records.map(({ current_a }) => current_a)).toEqual([-10, 20, undefined]);
    const strings = await take(registersOf(bank, stringOf(2, [], { A: 7, A_SF: 0 })), {
      grain: 'string',
      bank: 4,
    });
    expect(strings.records).toMatchObject([
      { module_id: 'String1', rack_id: 'Bank4', surface_temperature_max_degc: 31, current_a: -10 },
      {
        module_id: 'String2',
        rack_id: 'Bank4',
        surface_temperature_max_degc: 28.7,
        current_a: -7,
        voltage_v: 768,
      },
    ]);
  });

  it('names modules as the site does', async () => {
    const settings = { moduleId: 'RackA{string}_Module{module:02}', rackId: 'RackA{string}' };
    const { records } = await take(registersOf(moduleOf(2, 7)), settings);
    expect(records[0]).toMatchObject({ module_id: 'RackA2_Module07', rack_id: 'RackA2' });
    await expect(take({}, { moduleId: 'M{modul}' })).rejects.toThrow(
      'moduleId: "M{modul}" has {modul}; there are',
    );
    await expect(take({}, { moduleId: 'M{string}' })).rejects.toThrow('needs {module}');
    await expect(take({}, { rackId: 'R{module}' })).rejects.toThrow('rackId: "R{module}" has {module}');
    await expect(take({}, { moduleId: '{module}{' })).rejects.toThrow('a brace too many');
  });

  it('turns the current where the device counts charging as positive, and says when that cannot be', async () => {
    const right = await take(registersOf(battery(), stringOf(1, [{}])), { positiveCurrent: 'discharge' });
    expect(reasons(right)).toEqual([]);
    const wrong = await take(registersOf(battery(), stringOf(1, [{}])), { positiveCurrent: 'charge' });
    expect(wrong.records[0]).toMatchObject({ current_a: 51.2 });
    expect(reasons(wrong)).toEqual(['sign-contradicts']);
    const atRest = await take(registersOf(battery({ A: 5 })), { positiveCurrent: 'charge' });
    expect(reasons(atRest)).toEqual([]);
  });

  it('takes neither of two modules that get one name', async () => {
    const twice = await take(registersOf(moduleOf(1, 1), moduleOf(1, 1), moduleOf(1, 2)));
    expect(twice.records.map(({ module_id }) => module_id)).toEqual(['String1_Module02']);
    expect(reasons(twice)).toEqual(['ambiguous-module']);
    const oneName = await take(registersOf(moduleOf(1, 1), moduleOf(2, 1)), { moduleId: 'Module{module}' });
    expect(oneName.accepted).toBe(0);
  });

  it('does not guess where a module belongs', async () => {
    const { records, ...rest } = await take(registersOf(moduleOf(0xffff, 1), stringOf(0xffff, [{}])));
    expect(records).toEqual([]);
    expect(rest.refusals).toMatchObject([{ reason: 'no-index', count: 2 }]);
  });

  it('keeps a module of which nothing is known, and leaves out a place without a module', async () => {
    const nothing = { ModSoC: 0xffff, ModCellVMax: 0xffff, ModCellVMin: 0xffff, ModCellVAvg: 0xffff };
    const unread = { ...nothing, ModCellTmpMax: 0x8000, ModCellTmpMin: 0x8000, ModCellTmpAvg: 0x8000 };
    const counted = await take(registersOf(stringOf(1, [{}, unread])));
    expect(counted.records[1]).toMatchObject({
      module_id: 'String1_Module02',
      surface_temperature_max_degc: null,
    });
    const uncounted = await take(registersOf(stringOf(1, [{}, unread], { NMod: 0xffff })));
    expect(uncounted.records).toHaveLength(1);
  });

  it('hands what no sensor can mean on as it is, for the decoder to refuse and to note', async () => {
    const { intake } = await take(
      registersOf(moduleOf(1, 1, { CellTmpMax: 20_000, CellTmpMin: -700, Tmp_SF: -1 })),
    );
    expect(intake.rejections).toEqual([
      'out-of-range surface_temperature_max_degc',
      'out-of-range surface_temperature_min_degc',
    ]);
  });
});

describe('what devices say of themselves', () => {
  it('is listed beside the records', async () => {
    const Evt1 = 2 ** 1 + 2 ** 17 + 2 ** 22 + 2 ** 30;
    const { events, accepted } = await take(
      registersOf(
        battery({ Evt1: 1 + 2 ** 24, State: 99, LocRemCtl: 1 }),
        stringOf(3, [], { Evt1, ConFail: 2 }),
      ),
    );
    expect(accepted).toBe(0);
    expect(events.map(({ source, point, name, isAlarm }) => `${source} ${point} ${name} ${isAlarm}`)).toEqual(
      [
        'Bank1 802.Evt1 COMMUNICATION_ERROR true',
        'Bank1 802.Evt1 CURRENT_IMBALANCE_WARNING false',
        'Bank1 802.State FAULT true',
        'Bank1 802.LocRemCtl LOCAL false',
        'String3 804.Evt1 OVER_TEMP_ALARM true',
        'String3 804.Evt1 VOLTAGE_IMBALANCE_WARNING false',
        'String3 804.Evt1 GROUND_FAULT true',
        'String3 804.Evt1 BIT_30 false',
        'String3 804.ConFail STR_GROUND_FAULT true',
      ],
    );
  });

  it('comes from 803 for each of its strings', async () => {
    const repeats = [{ StrEvt1: 0 }, { StrEvt1: 2 ** 21, StrConFail: 1 }];
    const { events } = await take(registersOf({ id: 803, points: { NStr: 2 }, repeats }));
    expect(events).toEqual([
      { source: 'String2', point: '803.StrEvt1', bit: 21, name: 'FAN_ERROR', isAlarm: true },
      { source: 'String2', point: '803.StrConFail', bit: 1, name: 'BUTTON_PUSHED', isAlarm: false },
    ]);
  });
});

describe('forms of a body', () => {
  const models = [stringOf(1, [{}]), moduleOf(1, 1)];
  const words = chainOf(models);
  const bytes = Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
  const rawFields = ({ points, repeats }: RawModel) => ({ ...points, anything: repeats });
  const scaledFields = ({ id, points, repeats = [] }: RawModel) => {
    const factors: Record<string, string> = { A: 'A_SF', V: 'V_SF', SoC: 'SoC_SF', ModSoC: 'SoC_SF' };
    const scale = (part: RawModel['points']) =>
      Object.fromEntries(
        Object.entries(part).flatMap(([name, raw]) => {
          if (name.endsWith('_SF')) return [];
          const tmp = id === 805 ? 'Tmp_SF' : 'ModTmp_SF';
          const factor = factors[name] ?? (/CellV/.test(name) ? 'CellV_SF' : /Tmp/.test(name) ? tmp : null);
          return [[name, factor === null ? raw : Number(`${raw}e${points[factor]}`)]];
        }),
      );
    return { ...scale(points), cells: repeats.map(scale) };
  };

  it('all say the same', async () => {
    const { records } = await take({ start: 40_000, registers: words });
    expect(records).toHaveLength(1);
    const bodies = [
      { registers: bytes.toString('hex') },
      { registers: `0x${bytes.toString('hex').toUpperCase()}`, encoding: 'hex' },
      { registers: bytes.toString('base64') },
      { blocks: models.map((model, i) => ({ start: 1000 * i, registers: wordsOf(model) })) },
      { '804': rawFields(models[0]!), '805': [rawFields(models[1]!)] },
      { models: models.map((model) => ({ id: model.id, ...rawFields(model) })) },
      {
        name: 'device',
        models: models.map((model) => ({ ID: model.id, L: 0, points: model.points, cell: model.repeats })),
      },
      { '804': scaledFields(models[0]!), '805': scaledFields(models[1]!), '1': { Mn: 'somebody' } },
    ];
    for (const body of bodies) expect((await take(body)).records, JSON.stringify(body)).toEqual(records);
  });

  it('may bring several readings with their own times', async () => {
    const reading = (time: string | number) => ({ time, registers: wordsOf(moduleOf(1, 1)) });
    const { records, intake } = await take([reading('2026-01-01T00:00:00Z'), reading(1_767_225_601)]);
    intake.finish();
    expect(records.map(({ time }) => time)).toEqual(['2026-01-01T00:00:00Z', 1_767_225_601]);
    expect(intake.frames[1]!.timeMs - intake.frames[0]!.timeMs).toBe(1000);
  });

  it('of numbers with one scale factor need all of them', async () => {
    const { records, ...rest } = await take({
      '805': { StrIdx: 1, ModIdx: 1, V: 512, V_SF: -1, CellTmpMax: 251 },
    });
    expect(records[0]).toMatchObject({ voltage_v: 51.2, surface_temperature_max_degc: null });
    expect(reasons(rest)).toEqual(['no-scale-factor']);
  });

  it('take what gateways write for "not there" as missing', async () => {
    const raw = {
      StrIdx: 1,
      ModIdx: 1,
      V: 65535,
      V_SF: -1,
      CellTmpMax: 65526,
      CellTmpMin: 32768,
      Tmp_SF: 65535,
      SoC: null,
    };
    expect((await take({ '805': raw })).records[0]).toMatchObject({
      voltage_v: null,
      // Two's complement carried on as unsigned: -10 at 10^-1.
      surface_temperature_max_degc: -1,
      surface_temperature_min_degc: null,
      soc_percent: null,
    });
    const scaled = {
      StrIdx: 1,
      ModIdx: 1,
      V: 6553.5,
      CellTmpMax: -3276.8,
      CellTmpMin: Number.NaN,
      CellVMax: 65.535,
    };
    const { records, refusals: rejections } = await take({ '804': { Idx: 1, A: -3276.8 }, '805': scaled });
    expect(records[0]).toMatchObject({
      voltage_v: null,
      surface_temperature_max_degc: null,
      surface_temperature_min_degc: null,
      cell_voltage_max_v: null,
      current_a: null,
    });
    expect(rejections).toEqual([]);
  });

  it('refuse values that are none', async () => {
    const fields = { StrIdx: 1, ModIdx: 1, V: '51.2', CellVMax: {}, CellVMin: Number.POSITIVE_INFINITY };
    const { records, refusals: rejections } = await take({ '805': fields });
    expect(records[0]).toMatchObject({ voltage_v: null, cell_voltage_max_v: null, cell_voltage_min_v: null });
    expect(rejections).toMatchObject([{ reason: 'not-a-number', count: 3, first: '805 (1).V: "51.2"' }]);
    const raw = await take({
      '805': { StrIdx: 1, ModIdx: 1, V: 51.2, V_SF: -1, CellTmpMax: 70_000, Tmp_SF: 0 },
    });
    expect(raw.refusals).toMatchObject([{ reason: 'not-a-number', count: 2 }]);
  });

  it.each<[string, unknown]>([
    ['the body is no object', null],
    ['the list is empty', []],
    ['has no model 802, 803, 804 or 805', { '103': {} }],
    ['register 0 is no 16-bit integer', { registers: [70_000] }],
    ['neither hex nor base64', { registers: 'xyz!' }],
    ['an odd number', { registers: 'QQ==' }],
    ['must be a list or a text', { registers: 12 }],
    ['start must be a register address', { registers: [], start: -1 }],
    ['encoding must be hex or base64', { registers: '', encoding: 'rot13' }],
    ['block 1 is no object', { blocks: [3] }],
    ['at most 1000', Array.from({ length: 1001 }, () => ({}))],
    ['at most 4096', { '805': Array.from({ length: 5000 }, () => ({})) }],
  ])('a body is no telemetry: %s', async (detail, body) => {
    await expect(take(body)).rejects.toMatchObject({
      code: 'NO_TELEMETRY',
      detail: expect.stringContaining(detail),
    });
  });
});
