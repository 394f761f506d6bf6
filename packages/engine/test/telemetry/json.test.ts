/** JSON as devices write it: a value that cannot be read costs itself, and valid JSON is read as ever. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/telemetry/index.ts';
import { NoValue } from '../../src/telemetry/json.ts';
import { readNdjson } from './collect.ts';

const no = (text: string) => new NoValue(text);

describe('parseJson', () => {
  it.each([
    ['NaN', '{"a":NaN,"b":1}', { a: no('NaN'), b: 1 }],
    [
      'infinities',
      '[Infinity,-Infinity,+inf,-nan(ind),1.#QNAN]',
      ['Infinity', '-Infinity', '+inf', '-nan(ind)', '1.#QNAN'].map(no),
    ],
    [
      'other words',
      '{"a":None,"b":undefined,"c":NULL,"d":0x1F,"e":nan}',
      { a: no('None'), b: no('undefined'), c: no('NULL'), d: no('0x1F'), e: no('nan') },
    ],
    ['nothing', '{"a":,"b":[1,,2],"c":}', { a: no(''), b: [1, no(''), 2], c: no('') }],
    ['a comma at the end', '{"a":[1,2,],}', { a: [1, 2] }],
    [
      'Python',
      "{'a': 'it\\'s NaN, [x]', 'b': True, 'c': nan}",
      { a: "it's NaN, [x]", b: true, c: no('nan') },
    ],
    ['keys without quotes', '{time: "x", a_1: .5, b: +5}', { time: 'x', a_1: 0.5, b: 5 }],
    ['a line end within a text, and an end mark', '{"a":"x\ny"}\u0000', { a: 'x\ny' }],
    [
      'words within texts',
      '{"NaN":"NaN, Infinity: [NaN]","b":NaN}',
      { NaN: 'NaN, Infinity: [NaN]', b: no('NaN') },
    ],
    ['a byte-order mark', '\ufeff{"a":1}', { a: 1 }],
  ])('reads the rest beside %s', (_, text, expected) => {
    expect(parseJson(text)).toEqual(expected);
  });

  it.each([
    '',
    '{',
    '{"a":1',
    '{"a":14',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '[1,2',
    '{"a":"x',
    '{"a":1}}',
    '{"a":[1}]',
  ])('refuses what ends within a value or has no form: %s', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('passes over what nests deep, valid or not, without a stack for it', () => {
    for (const deep of ['['.repeat(1e6), '[NaN,'.repeat(1e5)])
      expect(() => parseJson(deep)).toThrow(SyntaxError);
    const deep = `{"a":${'['.repeat(1e6)}"]"${']'.repeat(1e6)},"b":1}`;
    expect(JSON.stringify(parseJson(deep))).toMatch(/^\{"a":\[+"\(nested too deep to show\)"\]+,"b":1\}$/);
    expect(parseJson(`${'['.repeat(16)}${']'.repeat(16)}`)).toEqual(
      JSON.parse(`${'['.repeat(16)}${']'.repeat(16)}`),
    );
  });

  it('makes own properties only', () => {
    const read = parseJson('{"__proto__":{"time":1},"a":NaN}') as object;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.hasOwn(read, '__proto__')).toBe(true);
  });

  it('gives what JSON.parse gives, also where a NaN elsewhere makes it read tolerantly', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(`[NaN,${text}]`)).toEqual([no('NaN'), JSON.parse(text)]);
      }),
    );
  });

  it('has no value for a key that stands twice with different ones, in either order and at any depth', () => {
    const hot = '"surface_temperature_max_degc":144';
    const cool = '"surface_temperature_max_degc":25';
    for (const text of [
      `{${hot},"a":"x:y",${cool}}`,
      `{${cool},${hot}}`,
      `[{"b":[]},{"c":{${hot},${cool}}}]`,
    ]) {
      const shown = JSON.stringify(parseJson(text));
      expect(shown).toContain('"surface_temperature_max_degc":"');
      for (const value of ['144', '25', ' and ']) expect(shown).toContain(value);
    }
    expect(parseJson('{"a":1,"a":1,"b":[{"c":2,"c":2}]}')).toEqual({ a: 1, b: [{ c: 2 }] });
    expect(parseJson('{"a":": {}","b:":{"c":null},"__proto__":1}')).toEqual(
      JSON.parse('{"a":": {}","b:":{"c":null},"__proto__":1}'),
    );
  });

  it('whatever comes, it is a value or a SyntaxError', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      "'",
      '\\',
      'NaN',
      '1',
      'a',
      ' ',
      '\u0000',
      '"a"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseJson(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('records with what cannot be read', () => {
  const row = (rest: string, id = '"M"', second = 0) =>
    `{"time":"2026-01-01T00:00:0${second}Z","module_id":${id},${rest}}`;

  it('lose the value, with its place, and are evaluated', () => {
    const { frames, rejections } = readNdjson(
      `${row('"voltage_v":52,"co_ppm":NaN')}\n${row('"voltage_v":53,"cell_voltages_v":[3.2,nan,3.3]', '"M"', 1)}\n`,
    );
    expect(frames).toHaveLength(2);
    expect(frames[1]!.cellVoltagesV).toEqual([3.2, Number.NaN, 3.3]);
    expect(
      rejections.map(({ reason, scope, line, column, value }) => [reason, scope, line, column, value]),
    ).toEqual([
      ['not-a-number', 'value', 1, 'co_ppm', 'NaN'],
      ['not-a-number', 'value', 2, 'cell_voltages_v[1]', 'nan'],
    ]);
  });

  it('get no name from it', () => {
    const { frames, rejections } = readNdjson(
      [
        row('"voltage_v":52', 'NaN'),
        row('"voltage_v":52', '{"a":1}'),
        row('"voltage_v":52,"rack_id":["r"]'),
      ].join('\n'),
    );
    expect(frames.map(({ moduleId, rackId }) => [moduleId, rackId])).toEqual([['M', null]]);
    expect(rejections.map(({ reason, scope, value }) => [reason, scope, value])).toEqual([
      ['bad-name', 'row', 'NaN'],
      ['bad-name', 'row', '{"a":1}'],
      ['bad-name', 'value', '["r"]'],
    ]);
  });
});
