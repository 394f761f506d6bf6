import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import { describe, expect, it } from 'vitest';
import { loadMapping, parseMapping } from '../../src/mapping.ts';
import { openRecording } from '../../src/recording/index.ts';
import { Collected, START_MS, testFolder } from './frames.ts';

const folder = testFolder();

const WHOLE = `name: everything
source: somebody
csv: { delimiter: ';', decimalComma: true, skipLines: 1 }
time: { column: t, format: elapsed_s, zone: '+08:00', start: '2024-01-01', segment: [cycle], segmentGap: 30min }
module: { column: pack, known: [P1] }
rack: { column: rack, optional: true }
channels:
  current_a: { column: i, unit: mA, scale: 2, offset: 1, positive: discharging, optional: false }
cell_temperatures_degc: { columns: [T1, 'T{2..3}'], unit: K }
split:
  - id: M1
    rack: R1
    channels: { voltage_v: { column: u } }
    cell_voltages_v: { list: cells, scale: 0.001 }
missing: [-999, n/a]
nameplate: { capacityAh: 100, cellsInSeries: 16, chemistry: lfp }
sampling: { interval: 1s }
`;

const errorOf = (text: string): string => {
  try {
    parseMapping(text, 'my.yaml');
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'no error';
};

describe('a mapping file', () => {
  it('may have every key', () => {
    expect(parseMapping(WHOLE, 'my.yaml')).toMatchObject({
      name: 'everything',
      split: [{ id: 'M1', rack: 'R1' }],
    });
  });

  it.each<[string, string | RegExp, string, string]>([
    [
      'an unknown key',
      'sampling:',
      'smapling:',
      'my.yaml: line 17: mapping: unknown key "smapling"; did you mean "sampling"?',
    ],
    [
      'an unknown key inside',
      'positive:',
      'positiv:',
      'my.yaml: line 8: channels.current_a: unknown key "positiv"; did you mean "positive"?',
    ],
    [
      'an unknown channel',
      'voltage_v: {',
      'spannung: {',
      'my.yaml: line 13: split.0.channels: unknown key "spannung"; known: surface_temperature_mean_degc',
    ],
    ['a missing key', /time:.*\n/, '', 'my.yaml: mapping: key "time" is missing'],
    [
      'a missing key inside',
      'id: M1\n    rack: R1',
      'rack: R1',
      'my.yaml: line 11: split.0: key "id" is missing',
    ],
    [
      'a number for text',
      'column: t,',
      'column: 7,',
      'my.yaml: line 4: time.column: 7 must be text (put a number in quotes)',
    ],
    [
      'text for a number',
      'scale: 2',
      'scale: two',
      'my.yaml: line 8: channels.current_a.scale: "two" must be of type number',
    ],
    [
      'a word that is none of the choices',
      'discharging',
      'out',
      'my.yaml: line 8: channels.current_a.positive: "out" must be one of charging, discharging',
    ],
    [
      'a unit that does not convert',
      'unit: mA',
      'unit: mV',
      'my.yaml: line 8: channels.current_a.unit: "mV" does not convert to A; known: A, mA, kA',
    ],
    [
      'a range that falls',
      '{2..3}',
      '{3..2}',
      'my.yaml: line 9: cell_temperatures_degc.columns: range "T{3..2}" must rise',
    ],
    [
      'a zone by name',
      '+08:00',
      'Europe/Berlin',
      'my.yaml: line 4: time.zone: "Europe/Berlin" must be UTC or a fixed offset like +08:00',
    ],
    [
      'a time format with unknown parts',
      'elapsed_s',
      'yyyy-MM-dd hh:mm',
      'my.yaml: line 4: time.format: "yyyy-MM-dd hh:mm" is no known format',
    ],
    ['a gap that is no duration', '30min', 'soon', 'my.yaml: line 4: time.segmentGap: "soon" is no duration'],
    [
      'segments without an elapsed clock',
      'format: elapsed_s',
      'format: iso',
      'my.yaml: line 4: time.segment: only an elapsed_',
    ],
    [
      'columns and list at once',
      'list: cells',
      'list: cells, columns: V1',
      'my.yaml: line 14: split[0].cell_voltages_v: give either columns or list',
    ],
    [
      'a chemistry nobody knows',
      'lfp',
      'lead',
      'my.yaml: line 16: nameplate.chemistry: "lead" must be one of lfp, nmc, lco, nca, lmo',
    ],
  ])('with %s is an error with line, key and value', (_, from, to, message) => {
    expect(errorOf(WHOLE.replace(from, to))).toContain(message);
  });

  it.each([
    ['scale: 2', 'scale: 0', 'line 8: channels.current_a.scale: 0 leaves nothing'],
    [
      'column: u',
      'column: i',
      'split[0].channels.voltage_v: column "i" is used already, by channels.current_a',
    ],
    [
      'list: cells',
      'list: u',
      'split[0].cell_voltages_v: column "u" is used already, by split[0].channels.voltage_v',
    ],
    [
      'list: cells',
      'columns: [a, "b{1..3}", b2]',
      'column "b2" is used already, by split[0].cell_voltages_v',
    ],
  ])('with %s as %s is an error: it would lose or double what was measured', (from, to, message) => {
    expect(errorOf(WHOLE.replace(from, to))).toContain(message);
  });

  it('may cut the same column into two parts, and replace a channel of all in one', () => {
    const part =
      '  - id: M2\n    channels: { voltage_v: { column: u }, current_a: { column: i2 } }\nmissing:';
    expect(errorOf(WHOLE.replace('missing:', part))).toBe('no error');
  });

  it('that unfolds to more than anybody would write is an error', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    );
    expect(errorOf(['l0: &l0 [x]', ...levels].join('\n'))).toMatch(/^my\.yaml: .*alias/i);
  });

  it('with a module twice, or with nothing to judge, is an error', () => {
    const twice = WHOLE.replace('missing:', '  - id: M1\n    cell_voltages_v: { columns: V }\nmissing:');
    expect(errorOf(twice)).toBe('my.yaml: line 15: split[1].id: "M1" stands twice');
    expect(errorOf('name: x\ntime: { column: t }\nmodule: { id: M }\n')).toContain('nothing to judge');
    expect(
      errorOf('name: x\ntime: { column: t }\nmodule: {}\nchannels: { voltage_v: { column: v } }\n'),
    ).toBe('my.yaml: line 3: module: give either column or id');
  });

  it('that is no YAML, no block, or not there is an error', async () => {
    expect(errorOf('a: [1\nb: 2')).toMatch(/^my\.yaml: line 2: /);
    expect(errorOf('just words')).toContain('my.yaml: a mapping has keys such as');
    expect(errorOf('')).toContain('my.yaml: a mapping has keys such as');
    await expect(loadMapping('/nowhere/my.yaml')).rejects.toThrow(
      new InputError('/nowhere/my.yaml: no such file'),
    );
  });

  it('brings a file with its peculiarities to frames', async () => {
    const path = join(folder, 'vendor.csv');
    const text = `Logger 7\nt;cycle;pack;rack;i;T1;T2;T3;u\n0;1;P1;R7;1999,5;300;301;n/a;50,5\n1;1;P9;R7;0;300;301;302;50,5\n`;
    await writeFile(path, text);
    const sink = new Collected();
    const mapping = parseMapping(
      WHOLE.replace('    cell_voltages_v: { list: cells, scale: 0.001 }\n', ''),
      'my.yaml',
    );
    await openRecording(path, { sink, mapping });
    expect(sink.frames).toHaveLength(1);
    const [frame] = sink.frames;
    expect(frame).toMatchObject({ moduleId: 'P1_M1', rackId: 'R1', timeMs: START_MS - 8 * 3_600_000 });
    expect([...frame!.values].filter((value) => !Number.isNaN(value))).toEqual([50.5, -4]);
    expect(sink.rejections.map(({ reason, value }) => [reason, value])).toEqual([['unknown-module', 'P9']]);
  });
});
