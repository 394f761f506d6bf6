/** No delivered field that is not understood stays unmentioned. */
import { describe, expect, it } from 'vitest';
import {
  CsvRecordingReader,
  InputError,
  type Mapping,
  nameMatcher,
  nearestField,
  RecordDecoder,
  UnknownFields,
} from '../../src/telemetry/index.ts';
import { bytesOf, Collected, readNdjson, SIMPLE } from './collect.ts';

function decode(records: readonly unknown[], mapping: Mapping | null = null, ignore: readonly string[] = []) {
  const unknown: string[] = [];
  const collected = new Collected();
  const sink = {
    frame: () => {},
    rejection: collected.rejection.bind(collected),
    unknownField: (name: string) => unknown.push(name),
  };
  const decoder = new RecordDecoder(mapping, sink, { ignore });
  for (const [i, record] of records.entries()) decoder.decode(record, i + 1);
  decoder.finish();
  return { unknown, coverage: decoder.coverage! };
}

const PLACE = { time: '2026-01-01T00:00:00Z', module_id: 'M' };

describe('unknown fields', () => {
  it.each([
    ['surfaceTemperatureMax', 'surface_temperature_max_degc'],
    ['Surface_Temperature_Max_DegC', 'surface_temperature_max_degc'],
    ['surface_temprature_max_degc', 'surface_temperature_max_degc'],
    ['max_surface_temp', 'surface_temperature_max_degc'],
    ['temperature', 'surface_temperature_max_degc'],
    ['coldest_surface_temp', 'surface_temperature_min_degc'],
    ['cellVoltages', 'cell_voltages_v'],
    ['voltage', 'voltage_v'],
    ['Current', 'current_a'],
    ['moduleId', 'module_id'],
    ['hydrogen_ppm', 'h2_ppm'],
    ['firmware', null],
    ['', null],
  ])('%s is taken for %s', (name, expected) => {
    expect(nearestField(name)).toBe(expected);
  });

  it('are those of each record, in whatever record they stand, and within an unknown record', () => {
    const { unknown, coverage } = decode([
      { ...PLACE, voltage_v: 52 },
      { ...PLACE, time: '2026-01-01T00:00:01Z', Voltage_V: 52, values: { tMax: 140, t: 1 } },
    ]);
    expect(unknown).toEqual(['Voltage_V', 'values.tMax', 'values.t']);
    expect(coverage.unknownFields).toEqual(unknown);
    expect(coverage.absentColumns).not.toContain('voltage_v');
  });

  it('are columns of a header, too', () => {
    const unknown: string[] = [];
    const sink = { frame: () => {}, rejection: () => {}, unknownField: (name: string) => unknown.push(name) };
    const reader = new CsvRecordingReader(null, sink, { ignore: ['note'] });
    reader.push(
      bytesOf('time,module_id,voltage_v,surfaceTemperatureMax,note\n2026-01-01T00:00:00Z,M,52,144,x\n'),
    );
    reader.end();
    expect(unknown).toEqual(['surfaceTemperatureMax']);
  });

  it('are none where settings or mapping say that they are passed over', () => {
    const record = {
      ...PLACE,
      voltage_v: 52,
      firmware: '1',
      diag_1: 2,
      diag_2: { x: 1 },
      'env.x': 1,
      odd: 1,
    };
    expect(decode([record], null, ['firmware', 'diag_*', '*.x']).unknown).toEqual(['odd']);
    const mapping: Mapping = { ...SIMPLE, ignore: ['firm*'] };
    expect(decode([{ t: '2026-01-01', v: 1, firmware: 1, odd: 2 }], mapping).unknown).toEqual(['odd']);
  });

  it('are kept by name up to a limit, cut; the rest is counted', () => {
    const fields = new UnknownFields(3);
    for (let i = 0; i < 1000; i++) fields.add(`f${i}`);
    fields.add('f1');
    expect([fields.size, fields.more]).toEqual([3, 997]);
    const long = new UnknownFields(3);
    long.add('x'.repeat(1e6));
    expect(long.list()[0]!.field).toHaveLength(61);
    const { coverage } = decode([
      { ...PLACE, ...Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, 1])) },
    ]);
    expect(coverage.unknownFields.length).toBeLessThanOrEqual(1000);
  });

  it('patterns match whole names', () => {
    const matches = nameMatcher(['a', 'b*', '*c', 'd*e*f']);
    expect(['a', 'aa', 'b', 'bx', 'xc', 'c', 'def', 'dxexf', 'de', 'ef'].filter(matches)).toEqual([
      'a',
      'b',
      'bx',
      'xc',
      'c',
      'def',
      'dxexf',
    ]);
    expect(nameMatcher(['ab*ba'])('aba')).toBe(false);
  });
});

describe('a mapping', () => {
  const read = (line: object) => () => readNdjson(`${JSON.stringify(line)}\n`, SIMPLE_BY_COLUMN);
  const SIMPLE_BY_COLUMN: Mapping = {
    name: 'mine',
    time: { column: 't' },
    module: { column: 'm' },
    channels: { voltage_v: { column: 'v' }, current_a: { column: 'i', optional: true } },
  };

  it('none of whose columns stands in any record is an error that names both sides', () => {
    expect(read({ t: '2026-01-01', m: 'M', U: 52, Tmax: 140 })).toThrow(InputError);
    expect(read({ t: '2026-01-01', m: 'M', U: 52, Tmax: 140 })).toThrow(
      /not one of the measured columns \(v, i\).*"mine".*U, Tmax/,
    );
    expect(read({ ts: 1, m: 'M', v: 52 })).toThrow(/column "t" \(time.column\).*ts/);
    expect(read({ t: 1, module: 'M', v: 52 })).toThrow(/column "m" \(module.column\).*module/);
  });

  it('one of whose columns comes in a later record is none', () => {
    const lines = [
      { t: '2026-01-01T00:00:00Z', m: 'M' },
      { t: '2026-01-01T00:00:01Z', m: 'M', v: 52 },
    ];
    expect(
      readNdjson(lines.map((line) => JSON.stringify(line)).join('\n'), SIMPLE_BY_COLUMN).frames,
    ).toHaveLength(2);
  });
});
