import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CsvReader,
  type CsvRow,
  InputError,
  NUMBER_BAD,
  NUMBER_MISSING,
  NUMBER_OK,
} from '../../src/telemetry/index.ts';
import { bytesOf, readCsv, SIMPLE } from './collect.ts';

interface Read {
  header: string[];
  rows: { line: number; fields: string[] }[];
  badLines: number[];
}

function read(bytes: Uint8Array, cuts: readonly number[], options = {}): Read {
  const result: Read = { header: [], rows: [], badLines: [] };
  const reader = new CsvReader(
    {
      header: (names) => (result.header = names),
      row: (row) =>
        result.rows.push({
          line: row.line,
          fields: Array.from({ length: row.fieldCount }, (_, i) => row.text(i)),
        }),
      badLine: (line) => result.badLines.push(line),
    },
    options,
  );
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    reader.push(bytes.slice(at, Math.max(at, cut)));
    at = Math.max(at, cut);
  }
  reader.push(bytes.slice(at));
  reader.end();
  return result;
}

function numberIn(text: string, decimalComma = false): { value: number; status: number } {
  let found = { value: 0, status: -1 };
  const note = (row: CsvRow): void => {
    const value = row.number(1);
    found = { value, status: row.numberStatus };
  };
  const sink = { header: () => {}, row: note, badLine: () => {} };
  const reader = new CsvReader(sink, { delimiter: ';', decimalComma });
  reader.push(bytesOf(`a;b\nx;${text}\n`));
  reader.end();
  return found;
}

const field = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9_.+-]{0,8}$/),
  fc.stringMatching(/^[äß°€😀x]{0,4}$/u),
  fc.constantFrom('"a,b"', '"say ""so"""', '""', '" x "'),
);
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');

describe('CSV lines', () => {
  it('are the same however the bytes are cut', () => {
    const table = fc.array(fc.tuple(fc.array(field, { minLength: 1, maxLength: 4 }), lineEnd), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(table, fc.boolean(), fc.array(fc.nat(400), { maxLength: 30 }), (lines, hasMark, cuts) => {
        const text = `h1,h2\n${lines.map(([fields, end]) => fields.join(',') + end).join('')}last,line`;
        const bytes = bytesOf((hasMark ? '\ufeff' : '') + text);
        const whole = read(bytes, []);
        expect(read(bytes, cuts)).toEqual(whole);
        expect(
          read(
            bytes,
            Array.from(bytes, (_, i) => i),
          ),
        ).toEqual(whole);
        expect(whole.header).toEqual(['h1', 'h2']);
        expect(whole.rows.at(-1)?.fields).toEqual(['last', 'line']);
      }),
    );
  });

  it('end in LF, CR LF or CR, mixed, and are numbered as an editor does', () => {
    const { rows } = read(bytesOf('a,b\r\n1,2\n3,4\r5,6\r\r\n\n7,8'), []);
    expect(rows).toEqual([
      { line: 2, fields: ['1', '2'] },
      { line: 3, fields: ['3', '4'] },
      { line: 4, fields: ['5', '6'] },
      { line: 7, fields: ['7', '8'] },
    ]);
  });

  it('hold quoted delimiters and quotes; text behind a quote stays with its field', () => {
    const { rows } = read(bytesOf('a,b\n"x, y","he said ""no"""\n"1.5"9,2\n"3" ,4\n'), []);
    expect(rows.map(({ fields }) => fields)).toEqual([
      ['x, y', 'he said "no"'],
      ['"1.5"9', '2'],
      ['3', '4'],
    ]);
  });

  it('with an open quote are refused alone', () => {
    const { rows, badLines } = read(bytesOf('a,b\n"1,2\n3,4\n'), []);
    expect(badLines).toEqual([2]);
    expect(rows.map(({ line }) => line)).toEqual([3]);
  });

  it('longer than a megabyte are refused alone, in one chunk or many', () => {
    const bytes = bytesOf(`a,b\n1,2\n${'x'.repeat(1_200_000)},1\n3,4\n`);
    const expected = {
      header: ['a', 'b'],
      badLines: [3],
      rows: [
        { line: 2, fields: ['1', '2'] },
        { line: 4, fields: ['3', '4'] },
      ],
    };
    expect(read(bytes, [])).toEqual(expected);
    expect(
      read(
        bytes,
        Array.from({ length: 40 }, (_, i) => i * 32_000),
      ),
    ).toEqual(expected);
  });

  it.each([',', ';', '\t', '|'])('are cut at %j when the header is', (delimiter) => {
    const { header, rows } = read(bytesOf(`a${delimiter}b\n1${delimiter}2`), []);
    expect(header).toEqual(['a', 'b']);
    expect(rows[0]?.fields).toEqual(['1', '2']);
  });
});

describe('CSV numbers', () => {
  it('equal Number() for decimals of any length', () => {
    const decimal = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        fc.stringMatching(/^\d{0,22}$/),
        fc.constantFrom('', '.'),
        fc.stringMatching(/^\d{0,26}$/),
        fc.constantFrom('', 'e5', 'E-7', 'e+12'),
      )
      .map(
        ([sign, whole, point, fraction, exponent]) =>
          `${sign}${whole}${point}${point && fraction}${exponent}`,
      )
      .filter((text) => /\d/.test(text.replace(/e.*/i, '')));
    fc.assert(
      fc.property(decimal, (text) => {
        expect(numberIn(text)).toEqual({ value: Number(text), status: NUMBER_OK });
      }),
      { numRuns: 2000 },
    );
  });

  it('equal any double that was printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        // Through Number, because minus zero is printed as 0.
        expect(numberIn(String(value)).value).toBe(Number(String(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['', NUMBER_MISSING],
    ['  ', NUMBER_MISSING],
    ['""', NUMBER_MISSING],
    ['abc', NUMBER_BAD],
    ['NaN', NUMBER_BAD],
    ['0x10', NUMBER_BAD],
    ['Infinity', NUMBER_BAD],
    ['1.2.3', NUMBER_BAD],
    ['--1', NUMBER_BAD],
    ['-', NUMBER_BAD],
    ['.', NUMBER_BAD],
    ['1 2', NUMBER_BAD],
    ['1e', NUMBER_BAD],
    ['"1"2', NUMBER_BAD],
  ])('know %j as status %i', (text, status) => {
    expect(numberIn(text).status).toBe(status);
  });

  it('are trimmed, quoted or not', () => {
    expect(numberIn(' 3.5 ').value).toBe(3.5);
    expect(numberIn('"3.5"').value).toBe(3.5);
  });

  it('with a decimal comma refuse a point, which may separate thousands', () => {
    expect(numberIn('3,25', true).value).toBe(3.25);
    expect(numberIn('-1,5e3', true).value).toBe(-1500);
    expect(numberIn('1.234', true).status).toBe(NUMBER_BAD);
    expect(numberIn('1.234,5', true).status).toBe(NUMBER_BAD);
  });
});

describe('what is no CSV of telemetry', () => {
  it.each([
    ['nothing', '', 'empty'],
    ['a byte-order mark alone', '\ufeff', 'empty'],
    ['blank lines', '\n \n', 'empty'],
    ['a header with an open quote', '"a,b\n', 'line 1: the header has an open quote'],
    ['one column twice', 't,v,v\n', 'line 1: column "v" stands twice'],
    [
      'a column too few',
      'a,b\nt,1\n',
      'line 1: column "t" (time.column of mapping "simple") is missing; the file has: a, b',
    ],
    ['binary content', 't,\u0000v\n', 'binary content'],
  ])('%s is an error', (_, text, message) => {
    expect(() => readCsv(text, SIMPLE)).toThrow(InputError);
    expect(() => readCsv(text, SIMPLE)).toThrow(message);
  });

  it('UTF-16 is an error that says so, with either byte order', () => {
    const text = 't,v\n1,2\n';
    const little = new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
    for (const bytes of [little, little.map((_, i) => little[i ^ 1]!)])
      expect(() => readCsv(bytes, SIMPLE, 1)).toThrow('the file is UTF-16; convert it to UTF-8');
  });

  it('random bytes are an error', () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3) * 104729) & 0xff);
    expect(() => readCsv(bytes, SIMPLE)).toThrow(InputError);
  });

  it('a header of no known schema asks for a mapping', () => {
    expect(() => readCsv('time_s,u\n1,2\n')).toThrow('line 1: the columns are of no known schema');
  });
});
