import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CELL_TEMPERATURES_BIT,
  CHANNEL_INDEX,
  type ClockSetBack,
  CsvRecordingReader,
  type Mapping,
} from '../../src/telemetry/index.ts';
import { bytesOf, readCsv, readNdjson, SIMPLE, utc } from './collect.ts';

const HOUR = 3_600_000;
const START = utc('2024-01-01T00:00:00Z');

describe('the built-in schemas', () => {
  it('read the seed schema by its thirteen names', () => {
    const { frames, rejections } = readCsv(
      'Timestamp,Module_ID,Rack_ID,Module_Avg_Surface_Temp_C,Module_Max_Surface_Temp_C,Module_Voltage_V,Module_Current_A,Module_SoC_percent,Sim_OffGas_CO_ppm_proxy,Sim_OffGas_H2_ppm_proxy,Sim_OffGas_VOC_ppm_proxy,Ambient_Temp_Rack_C,Hazard_Label\n' +
        '2024-01-01 00:00:10,RackA1_Module01,RackA1,25.5,26.9,50.8,-0.014,80.798,2.5,1.7,2.08,21.4,0\n',
    );
    expect(rejections).toEqual([]);
    expect(frames[0]).toMatchObject({
      moduleId: 'RackA1_Module01',
      rackId: 'RackA1',
      timeMs: START + 10_000,
    });
    const present = frames[0]!.values.filter((value) => !Number.isNaN(value));
    expect(present).toEqual([25.5, 26.9, 50.8, -0.014, 80.798, 2.5, 1.7, 2.08, 21.4]);
  });

  it('read native columns and lists of cells from CSV and from NDJSON alike', () => {
    const csv = readCsv(
      'time,module_id,voltage_v,cell_voltages_v\n2024-01-01T00:00:00Z,M1,7.2,"[3.6, null, 3.61]"\n',
    );
    const ndjson = readNdjson(
      '{"time":"2024-01-01T00:00:00Z","module_id":"M1","voltage_v":7.2,"cell_voltages_v":[3.6,null,3.61]}\n',
    );
    expect(csv.frames[0]?.cellVoltagesV).toEqual([3.6, Number.NaN, 3.61]);
    expect(ndjson.frames).toEqual(csv.frames);
    expect([...csv.rejections, ...ndjson.rejections]).toEqual([]);
  });
});

describe('time', () => {
  const timesOf = (stamps: readonly string[], time: Partial<Mapping['time']>) =>
    readCsv(`t,v\n${stamps.map((stamp) => `${stamp},1\n`).join('')}`, {
      ...SIMPLE,
      time: { column: 't', ...time },
    });

  it.each<[string, Partial<Mapping['time']>, string]>([
    ['2024-01-01 12:00:00', {}, '2024-01-01T12:00:00Z'],
    ['2024-01-01T12:00', {}, '2024-01-01T12:00:00Z'],
    ['2024-01-01', {}, '2024-01-01T00:00:00Z'],
    ['2024-01-01T12:00:00.25Z', {}, '2024-01-01T12:00:00.250Z'],
    ['2024-01-01 12:00:00+0800', {}, '2024-01-01T04:00:00Z'],
    ['2024-01-01 12:00:00+00', {}, '2024-01-01T12:00:00Z'],
    ['2024-01-01 12:00:00', { zone: '+08:00' }, '2024-01-01T04:00:00Z'],
    ['2024-01-01 12:00:00Z', { zone: '+08:00' }, '2024-01-01T12:00:00Z'],
    ['1704110400', {}, '2024-01-01T12:00:00Z'],
    ['1704110400000', {}, '2024-01-01T12:00:00Z'],
    ['1704110400000000', {}, '2024-01-01T12:00:00Z'],
    ['1704110400.5', { format: 'unix_s' }, '2024-01-01T12:00:00.500Z'],
    ['1704110400000', { format: 'unix_ms' }, '2024-01-01T12:00:00Z'],
    ['31/12/2023 7:05:09', { format: 'dd/MM/yyyy HH:mm:ss' }, '2023-12-31T07:05:09Z'],
    [
      '12-31-2023 07:05:09.5',
      { format: 'MM-dd-yyyy HH:mm:ss.SSS', zone: '-0330' },
      '2023-12-31T10:35:09.500Z',
    ],
    ['20240229', { format: 'yyyyMMdd' }, '2024-02-29T00:00:00Z'],
    ['90', { format: 'elapsed_min', start: '2024-01-01' }, '2024-01-01T01:30:00Z'],
  ])('%s with %o', (stamp, time, expected) => {
    const { times, rejections } = timesOf([stamp], time);
    expect(rejections).toEqual([]);
    expect(new Date(times[0]!).toISOString()).toBe(new Date(expected).toISOString());
  });

  it('of any instant is read as it was printed, with and without its zone', () => {
    const instant = fc.integer({ min: utc('1600-01-01'), max: utc('2400-01-01') });
    fc.assert(
      fc.property(instant, (timeMs) => {
        const text = new Date(timeMs).toISOString();
        expect(timesOf([text], {}).times).toEqual([timeMs]);
        const seconds = Math.floor(timeMs / 1000) * 1000;
        const plain = new Date(seconds).toISOString().slice(0, 19).replace('T', ' ');
        expect(timesOf([plain], { zone: '+05:30' }).times).toEqual([seconds - 5.5 * HOUR]);
      }),
    );
  });

  it.each([
    '2023-02-29 00:00:00',
    '2024-13-01',
    '2024-01-01 25:00:00',
    '2024-01-01 24:30:00',
    '2024-01-01 1x:00:00',
    'yesterday',
    '12',
    '1e999',
  ])('%s is refused', (stamp) => {
    const { frames, rejections } = timesOf([stamp], {});
    expect(frames).toEqual([]);
    expect(rejections).toEqual([{ reason: 'bad-time', scope: 'row', line: 2, column: 't', value: stamp }]);
  });

  it('must rise for each module; what does not is refused, the rest judged', () => {
    const { times, rejections } = timesOf(
      ['2024-01-01 00:00:10', '2024-01-01 00:00:10', '2024-01-01 00:00:05', '', '2024-01-01 00:00:20'],
      {},
    );
    expect(times).toEqual([START + 10_000, START + 20_000]);
    expect(rejections).toEqual([
      { reason: 'duplicate-time', scope: 'row', line: 3, column: 't', value: '2024-01-01 00:00:10' },
      { reason: 'time-goes-back', scope: 'row', line: 4, column: 't', value: '2024-01-01 00:00:05' },
      { reason: 'missing-time', scope: 'row', line: 5, column: 't', value: '' },
    ]);
  });

  it('on an elapsed clock starts again with each segment, after a gap', () => {
    const { times, rejections } = readCsv('t,cycle,v\n0,1,3\n10,1,3\n0,2,3\n5,2,3\n5,3,3\n2,3,3\n', {
      ...SIMPLE,
      time: {
        column: 't',
        format: 'elapsed_s',
        start: '2024-01-01',
        segment: ['cycle'],
        segmentGap: '30min',
      },
    });
    const gap = HOUR / 2;
    expect(times.map((timeMs) => timeMs - START)).toEqual([
      0,
      10_000,
      10_000 + gap,
      15_000 + gap,
      15_000 + 2 * gap,
    ]);
    expect(rejections.map(({ reason, line }) => [reason, line])).toEqual([['time-goes-back', 7]]);
  });
});

describe('a stamp that leaps ahead', () => {
  const S = 1000;
  /** Rows of `t,m,v`; a row is named by its module and its time in seconds. */
  const read = (rows: readonly (readonly [string, number])[]) => {
    const lines = rows.map(([m, atS]) => `${new Date(START + atS * S).toISOString()},${m},3\n`).join('');
    const { frames, rejections } = readCsv(`t,m,v\n${lines}`, { ...SIMPLE, module: { column: 'm' } });
    return {
      given: frames.map(({ moduleId, timeMs }) => [moduleId, (timeMs - START) / S]),
      rejected: rejections.map(({ reason, line }) => [reason, line]),
    };
  };
  const of = (m: string, ...timesS: number[]): [string, number][] => timesS.map((atS) => [m, atS]);

  it('and is alone loses its own row and nothing else, with line, column and value', () => {
    const { times, rejections } = readCsv(
      't,v\n2024-01-01 00:00:00,1\n2024-01-01 00:00:01,1\n2099-01-01 00:00:02,1\n2024-01-01 00:00:03,1\n',
      SIMPLE,
    );
    expect(times).toEqual([START, START + 1000, START + 3000]);
    expect(rejections).toEqual([
      { reason: 'time-leaps', scope: 'row', line: 4, column: 't', value: '2099-01-01 00:00:02' },
    ]);
  });

  it('as the first row of all, or as midnight of the wrong day, is refused as well', () => {
    expect(read(of('A', 1e9, 0, 1, 2))).toEqual({
      given: of('A', 0, 1, 2),
      rejected: [['time-leaps', 2]],
    });
    const { frames, rejections } = readCsv(
      't,v\n2024-01-01 00:00:00,1\n2024-01-01 00:00:01,1\n2024-01-01 24:00:00,1\n2024-01-01 00:00:03,1\n',
      SIMPLE,
    );
    expect(frames).toHaveLength(3);
    expect(rejections.map(({ reason }) => reason)).toEqual(['time-leaps']);
  });

  it('is believed where the next one follows, after one long pause or after each row', () => {
    const days = 86_400;
    for (const rows of [
      of('A', 0, 1, 2, 6 * days, 6 * days + 1, 6 * days + 2),
      of('A', 0, 1, 2, days, 2 * days, 3 * days),
      of('A', 0, 1, 2, 6 * days),
      of('A', 0, 7200),
    ])
      expect(read(rows)).toEqual({ given: rows, rejected: [] });
  });

  it('is no leap for a module that is usually as slow, nor within the hour', () => {
    const slow = of('A', 0, 900, 1800, 10_800, 11_700);
    expect(read(slow)).toEqual({ given: slow, rejected: [] });
    expect(read(of('A', 0, 1, 3601, 2, 3602)).rejected).toEqual([['time-goes-back', 5]]);
  });

  it('of one module leaves the order of all others as it was', () => {
    const rows = Array.from({ length: 20 }, (_, i) => [...of('A', i), ...of('B', i), ...of('C', i)]).flat();
    const leapt = rows.map(([m, atS], i): [string, number] => [m, i >= 30 ? atS + 50_000 : atS]);
    expect(read(leapt)).toEqual({ given: leapt, rejected: [] });
    const wrong = leapt.map(([m, atS], i): [string, number] => [m, i === 13 ? atS + 9e6 : atS]);
    expect(read(wrong)).toEqual({ given: wrong.filter((_, i) => i !== 13), rejected: [['time-leaps', 15]] });
  });

  it('of a module that never comes again does not hold the others up for ever', () => {
    const rows = [...of('A', 0, 1, 9e6), ...of('B', ...Array.from({ length: 3000 }, (_, i) => i))];
    const reader = new CsvRecordingReader({ ...SIMPLE, module: { column: 'm' } }, collected());
    const lines = rows.map(([m, atS]) => `${new Date(START + atS * S).toISOString()},${m},3\n`);
    reader.push(bytesOf(`t,m,v\n${lines.join('')}`));
    expect(given).toBeGreaterThan(1900);
    reader.end();
    expect(given).toBe(rows.length);
  });

  it('and thousands of modules that come only once wait in bounded room', () => {
    given = 0;
    const reader = new CsvRecordingReader({ ...SIMPLE, module: { column: 'm' } }, collected());
    reader.push(bytesOf('t,m,v\n'));
    for (let i = 0; i < 30_000; i++) {
      reader.push(bytesOf(`2024-01-01,M${i},1\n`));
      expect(i - given).toBeLessThan(1100);
    }
    reader.end();
    expect(given).toBe(30_000);
  });
  let given = 0;
  const collected = () => ({
    frame: () => {
      given++;
    },
    rejection: () => {},
  });

  it('keeps its cells while it waits', () => {
    const mapping: Mapping = { ...SIMPLE, cell_voltages_v: { columns: 'c{1..2}' } };
    const { frames } = readCsv('t,v,c1,c2\n2024-01-01,1,1,2\n2024-01-02,2,3,4\n2024-01-03,3,5,6\n', mapping);
    expect(frames.map(({ cellVoltagesV }) => cellVoltagesV)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(frames.map(({ values }) => values[CHANNEL_INDEX.voltage_v])).toEqual([1, 2, 3]);
  });

  it('backwards is told with its length once the clock has caught up', () => {
    const reported: ClockSetBack[] = [];
    const reader = new CsvRecordingReader(SIMPLE, {
      frame: () => {},
      rejection: () => {},
      setBack: (setBack) => reported.push({ ...setBack }),
    });
    const stamps = [0, 60, 120, 20, 80, 110, 180].map((s) => new Date(START + s * S).toISOString());
    reader.push(bytesOf(`t,v\n${stamps.map((t) => `${t},1\n`).join('')}`));
    reader.end();
    expect(reported).toEqual([
      { moduleId: 'M', line: 5, fromMs: START + 20 * S, toMs: START + 110 * S, rows: 3 },
    ]);
  });
});

describe('values', () => {
  const read = (column: object, raw: string, id = 'voltage_v') =>
    readCsv(`t,x\n2024-01-01,${raw}\n`, { ...SIMPLE, channels: { [id]: { column: 'x', ...column } } });

  it.each<[string, object, string, number]>([
    ['voltage_v', { unit: 'mV' }, '3650', 3.65],
    ['voltage_v', { scale: 0.1, offset: 2 }, '35', 5.5],
    ['surface_temperature_mean_degc', { unit: 'K' }, '300', 26.85],
    ['surface_temperature_mean_degc', { unit: 'degF' }, '212', 100],
    ['surface_temperature_mean_degc', { unit: 'K', scale: 0.1 }, '3000', 26.85],
    ['soc_percent', { unit: 'fraction' }, '0.5', 50],
    ['current_a', {}, '-12', -12],
    ['current_a', { positive: 'charging' }, '-12', -12],
    ['current_a', { positive: 'discharging' }, '-12', 12],
    ['current_a', { positive: 'discharging', scale: 0.1, offset: -100 }, '990', 1],
  ])('of %s with %o: %s is %d', (id, column, raw, expected) => {
    const { frames, rejections } = read(column, raw, id);
    expect(rejections).toEqual([]);
    expect(frames[0]!.values[CHANNEL_INDEX[id as 'voltage_v']]).toBeCloseTo(expected, 9);
  });

  it.each([
    ['abc', 'not-a-number'],
    ['NaN', 'not-a-number'],
    ['65535', 'sentinel'],
    ['-32768', 'sentinel'],
    ['32768', 'sentinel'],
    ['4294967295', 'sentinel'],
    ['3.4e38', 'sentinel'],
    ['3.4028235e38', 'sentinel'],
    ['1e999', 'sentinel'],
    ['5000', 'out-of-range'],
  ] as const)('%s is taken as missing: %s', (raw, reason) => {
    const { frames, rejections } = read({}, raw);
    expect(frames).toHaveLength(1);
    expect(frames[0]!.values[CHANNEL_INDEX.voltage_v]).toBeNaN();
    expect(frames[0]!.impossible !== 0).toBe(reason === 'out-of-range');
    expect(rejections).toEqual([{ reason, scope: 'value', line: 2, column: 'x', value: raw }]);
  });

  it('that the mapping calls missing are no rejection, as text or as number', () => {
    const mapping: Mapping = { ...SIMPLE, missing: ['n/a', -999, '-998'] };
    const { frames, rejections } = readCsv(
      't,v\n2024-01-01,n/a\n2024-01-02,-999.0\n2024-01-03,-998\n2024-01-04,\n2024-01-05,3\n',
      mapping,
    );
    expect(rejections).toEqual([]);
    expect(frames.map(({ values }) => values[CHANNEL_INDEX.voltage_v])).toEqual([NaN, NaN, NaN, NaN, 3]);
  });

  it('outside the range that the mapping gives a sensor are refused like any that cannot be', () => {
    const mapping: Mapping = { ...SIMPLE, cell_voltages_v: { columns: 'c{1..2}', range: [0.5, 5] } };
    const { frames, rejections } = readCsv(
      't,v,c1,c2\n2024-01-01,3,3.6,0.0\n2024-01-02,3,3.6,0.5\n',
      mapping,
    );
    expect(frames.map(({ cellVoltagesV }) => cellVoltagesV)).toEqual([
      [3.6, NaN],
      [3.6, 0.5],
    ]);
    expect(rejections).toEqual([
      { reason: 'out-of-range', scope: 'value', line: 2, column: 'c2', value: '0.0' },
    ]);
  });

  it('of cells are refused one by one, with the column of each', () => {
    const mapping: Mapping = { ...SIMPLE, cell_temperatures_degc: { columns: 'T_{1..3}' } };
    const { frames, rejections } = readCsv('t,v,T_1,T_2,T_3\n2024-01-01,3,25,9999,x\n', mapping);
    expect(frames[0]!.cellTemperaturesDegC).toEqual([25, NaN, NaN]);
    expect(frames[0]!.impossible).toBe(CELL_TEMPERATURES_BIT);
    expect(rejections.map(({ reason, column, value }) => [reason, column, value])).toEqual([
      ['out-of-range', 'T_2', '9999'],
      ['not-a-number', 'T_3', 'x'],
    ]);
  });
});

describe('rows and modules', () => {
  const mapping: Mapping = {
    ...SIMPLE,
    module: { column: 'm', known: ['A', 'B'] },
    rack: { column: 'r', optional: true },
  };

  it('are refused with place and value; the rest is judged', () => {
    const { frames, rejections } = readCsv(
      't,m,v\n2024-01-01,A,1\n2024-01-01,,1\n2024-01-01,Z,1\n2024-01-01,B\n2024-01-01,B,1,2\n2024-01-01,B,1,\n"x\n',
      mapping,
    );
    expect(frames.map(({ moduleId }) => moduleId)).toEqual(['A', 'B']);
    const base = { scope: 'row' };
    expect(rejections).toEqual([
      { ...base, reason: 'missing-module', line: 3, column: 'm', value: '' },
      { ...base, reason: 'unknown-module', line: 4, column: 'm', value: 'Z' },
      { ...base, reason: 'too-few-fields', line: 5, column: null, value: '2 of 3 fields' },
      { ...base, reason: 'too-many-fields', line: 6, column: null, value: '4 fields, header has 3' },
      { ...base, reason: 'bad-row', line: 8, column: null, value: '"x' },
    ]);
  });

  it('of a pack become its modules, with what they share', () => {
    const split: Mapping = {
      name: 'pack',
      time: { column: 't' },
      module: {},
      rack: { id: 'Pack' },
      channels: { current_a: { column: 'i' } },
      split: [
        { id: 'M1', cell_voltages_v: { columns: 'V_{1..2}' } },
        { id: 'M2', rack: 'Other', cell_voltages_v: { columns: ['V_3', 'V_04'] } },
      ],
    };
    const { frames } = readCsv('t,i,V_1,V_2,V_3,V_04\n2024-01-01,7,3.1,3.2,3.3,3.4\n', split);
    expect(
      frames.map((frame) => [
        frame.moduleId,
        frame.rackId,
        frame.values[CHANNEL_INDEX.current_a],
        frame.cellVoltagesV,
      ]),
    ).toEqual([
      ['M1', 'Pack', 7, [3.1, 3.2]],
      ['M2', 'Other', 7, [3.3, 3.4]],
    ]);
    const named: Mapping = { ...split, module: { column: 'p' } };
    const many = readCsv('t,p,i,V_1,V_2,V_3,V_04\n2024-01-01,P1,7,3,3,3,3\n2024-01-01,P2,7,3,3,3,3\n', named);
    expect(many.frames.map(({ moduleId }) => moduleId)).toEqual(['P1_M1', 'P1_M2', 'P2_M1', 'P2_M2']);
    expect(many.rejections).toEqual([]);
  });
});

describe('NDJSON', () => {
  const line = (v: string, day = 1): string => `{"t":"2024-01-0${day}","v":${v}}\n`;

  it('takes numbers as numbers or text, null as missing, and refuses the rest by name', () => {
    const values = ['3.5', '"3.5"', 'null', '" "', '"abc"', 'true', 'NaN', '-Infinity', '"0x10"'];
    const { frames, rejections } = readNdjson(values.map((v, i) => line(v, i + 1)).join(''), SIMPLE);
    expect(frames.map(({ values: [, , , v] }) => v)).toEqual([3.5, 3.5, NaN, NaN, NaN, NaN, NaN, NaN, NaN]);
    expect(rejections.map(({ line, reason, column, value }) => [line, reason, column, value])).toEqual([
      [5, 'not-a-number', 'v', 'abc'],
      [6, 'not-a-number', 'v', 'true'],
      [7, 'not-a-number', 'v', 'NaN'],
      [8, 'not-a-number', 'v', '-Infinity'],
      [9, 'not-a-number', 'v', '0x10'],
    ]);
  });

  it('refuses each NaN of a list with its position', () => {
    const mapping: Mapping = { ...SIMPLE, cell_voltages_v: { list: 'c' } };
    const { frames, rejections } = readNdjson(
      '{"t":"2024-01-01","v":1,"c":[3.5,NaN,"x",null,99]}\n',
      mapping,
    );
    expect(frames[0]!.cellVoltagesV).toEqual([3.5, NaN, NaN, NaN, NaN]);
    expect(rejections.map(({ reason, column, value }) => [reason, column, value])).toEqual([
      ['not-a-number', 'c[1]', 'NaN'],
      ['not-a-number', 'c[2]', 'x'],
      ['out-of-range', 'c[4]', '99'],
    ]);
  });

  it('refuses lines that are no object and goes on', () => {
    const { frames, rejections } = readNdjson(
      `\ufeff${line('1')}\r\n[1]\n{"t":\n7\n${line('2', 2)}`,
      SIMPLE,
      3,
    );
    expect(frames).toHaveLength(2);
    expect(rejections.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'bad-row'],
      [4, 'bad-row'],
      [5, 'bad-row'],
    ]);
  });

  it('is the same however the bytes are cut', () => {
    const text = [line('1'), line('"ä€😀"', 2), line('NaN', 3), 'junk\n', line('4', 4)].join('');
    const whole = readNdjson(text, SIMPLE);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (size) => {
        const cut = readNdjson(text, SIMPLE, size);
        expect(cut.frames).toEqual(whole.frames);
        expect(cut.rejections).toEqual(whole.rejections);
      }),
    );
  });
});
