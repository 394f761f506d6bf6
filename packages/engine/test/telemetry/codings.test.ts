/** How devices write what they have not measured, and what is below zero. */
import { describe, expect, it } from 'vitest';
import { checkMapping, type Mapping } from '../../src/telemetry/index.ts';
import { readCsv, readNdjson, SIMPLE } from './collect.ts';

const TEMPERATURE = 'surface_temperature_max_degc';

const mappingOf = (entry: object): Mapping => ({
  ...SIMPLE,
  channels: { [TEMPERATURE]: { column: 'v', ...entry } },
});

function values(entry: object, raw: readonly (number | string)[]) {
  const rows = raw.map((value, i) => `2026-01-01T00:00:${String(i).padStart(2, '0')}Z,${value}`);
  const { frames, rejections } = readCsv(`t,v\n${rows.join('\n')}\n`, mappingOf(entry));
  return {
    values: frames.map((frame) => frame.values.find((value) => !Number.isNaN(value)) ?? null),
    rejected: rejections.map(({ reason, scope, column, value }) => [reason, scope, column, value].join(' ')),
    impossible: frames.some(({ impossible }) => impossible !== 0),
  };
}

describe('codes that mean "invalid"', () => {
  it('are said for a channel, before it is scaled, and counted with place and value', () => {
    const {
      values: read,
      rejected,
      impossible,
    } = values({ offset: -40, invalid: [254, 255] }, [59, 254, 60, 255]);
    expect(read).toEqual([19, null, 20, null]);
    expect(rejected).toEqual(['sentinel value v 254', 'sentinel value v 255']);
    expect(impossible, 'the sensor is not blamed').toBe(false);
  });

  it('of a temperature of one byte are known without being said, and can be turned off', () => {
    expect(values({ offset: -40 }, [59, 254, 250, 255]).values).toEqual([19, null, 210, null]);
    expect(values({ offset: -40 }, [254]).rejected).toEqual(['sentinel value v 254']);
    expect(values({ offset: -40, invalid: [] }, [254, 255]).values).toEqual([214, 215]);
    for (const entry of [{}, { offset: -40, scale: 0.5 }, { offset: -41 }, { offset: -40, unit: 'degF' }])
      expect(values(entry, [254]).rejected, JSON.stringify(entry)).toEqual([]);
  });

  it('are those of that channel alone, and of lists of cells', () => {
    const mapping: Mapping = {
      ...SIMPLE,
      channels: { voltage_v: { column: 'v' } },
      cell_temperatures_degc: { list: 'cells', offset: -40, invalid: [255] },
    };
    const line = JSON.stringify({ t: '2026-01-01T00:00:00Z', v: 255, cells: [60, 255, 61] });
    const { frames, rejections } = readNdjson(line, mapping);
    expect(frames[0]!.cellTemperaturesDegC).toEqual([20, Number.NaN, 21]);
    expect(frames[0]!.values).toContain(255);
    expect(rejections).toMatchObject([{ reason: 'sentinel', column: 'cells[1]', value: '255' }]);
  });
});

describe('values below zero', () => {
  it('that were read as unsigned are signed again', () => {
    expect(values({ signed: 16, scale: 0.1 }, [25, 65533, 0, -12]).values).toEqual([
      2.5,
      expect.closeTo(-0.3),
      0,
      expect.closeTo(-1.2),
    ]);
    expect(values({ signed: 8 }, [127, 255, 253]).values).toEqual([127, -1, -3]);
    expect(values({ signed: 32, scale: 0.01 }, [4294967295]).values).toEqual([-0.01]);
    // The least of them means "not available".
    expect(values({ signed: 16 }, [32768])).toMatchObject({
      values: [null],
      rejected: ['sentinel value v 32768'],
    });
  });

  it('that are written as so many above a hundred are negative', () => {
    const { values: read, rejected } = values({ negativeFrom: 100 }, [2.5, 0.1, 100, 100.3, 112]);
    expect(read).toEqual([2.5, 0.1, 0, expect.closeTo(-0.3), -12]);
    expect(rejected).toEqual([]);
  });

  it.each([
    [{ signed: 16, negativeFrom: 100 }, /surface_temperature_max_degc: give either signed or negativeFrom/],
    [{ negativeFrom: 0 }, /surface_temperature_max_degc.negativeFrom: 0/],
  ])('a mapping that contradicts itself is an error: %j', (entry, message) => {
    expect(() => checkMapping(mappingOf(entry))).toThrow(message);
  });
});

it('a register that means "none" is known after a gateway has scaled it by a tenth', () => {
  const current: Mapping = { ...SIMPLE, channels: { current_a: { column: 'v' } } };
  const raw = [3276.7, 3276.8, -3276.8, 32767 * 0.1, 3276.6, 3277, 327.67];
  const rows = raw.map((value, i) => `2026-01-01T00:00:0${i}Z,${value}`);
  const { frames, rejections } = readCsv(`t,v\n${rows.join('\n')}\n`, current);
  expect(frames.map((frame) => frame.values.find((value) => !Number.isNaN(value)) ?? null)).toEqual([
    null,
    null,
    null,
    null,
    3276.6,
    3277,
    327.67,
  ]);
  expect(rejections.map(({ reason }) => reason)).toEqual(Array(4).fill('sentinel'));
});
