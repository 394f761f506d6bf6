/** The wire format, held to bytes that were worked out by hand from the specification, and to what must not be read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DATATYPE,
  decodePayload,
  encodePayload,
  MAX_METRICS,
  type MetricToSend,
  metricValueOf,
} from '../../src/protocols/sparkplug/payload.ts';
import { PayloadError } from '../../src/protocols/sparkplug/protobuf.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

const roundTrip = (metric: MetricToSend) => {
  const read = decodePayload(encodePayload({ metrics: [metric] })).metrics[0]!;
  return metricValueOf(read, read.datatype!);
};

describe('the wire', () => {
  it('is the one of the specification', () => {
    // timestamp 1 = 150; metric 2 { name "t", alias 3, timestamp 200, datatype 9 (float), float_value 1.5 }; seq 3 = 255
    const bytes = bytesOf('08 9601  12 0f 0a 01 74 10 03 18 c801 20 09 65 0000c03f  18 ff01');
    const { timestampMs, seq, metrics } = decodePayload(bytes);
    expect({ timestampMs, seq }).toEqual({ timestampMs: 150, seq: 255 });
    expect(metrics).toEqual([
      {
        name: 't',
        alias: 3n,
        timestampMs: 200,
        datatype: 9,
        isHistorical: false,
        quality: null,
        raw: { kind: 'number', value: 1.5 },
      },
    ]);
    const metric = { name: 't', alias: 3, timestampMs: 200, datatype: DATATYPE.float, value: 1.5 };
    expect(Buffer.from(encodePayload({ timestampMs: 150, metrics: [metric], seq: 255 }))).toEqual(
      Buffer.from(bytes),
    );
  });

  it('passes over fields that it does not know, of every kind', () => {
    // 100 varint, 101 fixed64, 102 bytes, 103 fixed32, then seq 7
    const bytes = bytesOf('a006 05  a906 0000000000000000  b206 02 ffff  bd06 00000000  18 07');
    expect(decodePayload(bytes)).toEqual({ timestampMs: null, metrics: [], seq: 7 });
  });

  it.each([
    [DATATYPE.int8, -128],
    [DATATYPE.int8, 127],
    [DATATYPE.int16, -32_768],
    [DATATYPE.int32, -2_147_483_648],
    [DATATYPE.int64, -9_007_199_254_740_991],
    [DATATYPE.uint8, 255],
    [DATATYPE.uint32, 4_294_967_295],
    [DATATYPE.uint64, 9_007_199_254_740_991],
    [DATATYPE.dateTime, 1_700_000_000_000],
    [DATATYPE.float, -0.5],
    [DATATYPE.double, Math.PI],
    [DATATYPE.boolean, true],
    [DATATYPE.string, 'Größe'],
  ])('data type %i carries %s', (datatype, value) => {
    expect(roundTrip({ name: 'm', datatype, value })).toBe(value);
  });

  it('carries arrays of cells', () => {
    const value = [3.5, 3.25, Number.NaN];
    expect(roundTrip({ name: 'm', datatype: DATATYPE.floatArray, value })).toEqual(value);
    expect(roundTrip({ name: 'm', datatype: DATATYPE.doubleArray, value })).toEqual(value);
  });

  it('reads any number that a double holds', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.maxSafeInteger(),
        (double, whole) => {
          expect(roundTrip({ name: 'm', datatype: DATATYPE.double, value: double })).toBe(double);
          expect(roundTrip({ name: 'm', datatype: DATATYPE.int64, value: whole })).toBe(whole);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  it('takes a sign however far it was carried, and no other number for it', () => {
    const raw = (value: bigint) => ({ raw: { kind: 'whole' as const, value } });
    for (const value of [0xffn, 0xffff_ffffn, 0xffff_ffff_ffff_ffffn])
      expect(metricValueOf(raw(value), DATATYPE.int8)).toBe(-1);
    expect(metricValueOf(raw(300n), DATATYPE.int8)).toBeNull();
    expect(metricValueOf(raw(256n), DATATYPE.uint8)).toBeNull();
  });
});

describe('doubt', () => {
  it.each([
    ['null', { datatype: DATATYPE.float, value: null }],
    ['infinite', { datatype: DATATYPE.float, value: Number.POSITIVE_INFINITY }],
    ['a text where a number belongs', { datatype: DATATYPE.float, value: '1.5' }],
    ['a type that is not read', { datatype: 19, value: 5 }],
  ])('%s is no value', (_, metric) => {
    expect(roundTrip({ name: 'm', ...metric })).toBeNull();
  });

  it('reads the quality beside the value', () => {
    const metrics = [0, 192, 500].map((quality) => ({
      name: 'm',
      datatype: DATATYPE.float,
      value: 1,
      quality,
    }));
    expect(decodePayload(encodePayload({ metrics })).metrics.map(({ quality }) => quality)).toEqual([
      0, 192, 500,
    ]);
  });
});

describe('what is no payload', () => {
  const name = (bytes: string) => `12 ${bytes}`;
  it.each([
    ['ends within a number', '08 96', /cut off/],
    ['has a number of eleven bytes', '08 ffffffffffffffffffff01', /more than ten bytes/],
    ['tells more bytes than there are', '12 7f 0a', /127 bytes are told, 1 are there/],
    ['tells an absurd length', '12 ffffffffffffffffff01', /are told/],
    ['has a text that is not UTF-8', name('04 0a 02 ff fe'), /metric 1, .*UTF-8/],
    ['has a field number of nought', '00 00', /field number 0/],
    ['nests by groups, which Sparkplug has not', '0b 0b 0b 0c', /wire type 3/],
    ['has a name where a number belongs', '0a 01 74', /wire type 2 instead of 0/],
    ['has a sequence number beyond a byte', '18 8002', /sequence number 256/],
    ['has a time that no calendar knows', '08 ffffffffffffffff7f', /time/],
  ])('%s', (_, hex, message) => {
    expect(() => decodePayload(bytesOf(hex))).toThrow(PayloadError);
    expect(() => decodePayload(bytesOf(hex))).toThrow(message);
  });

  it('has more metrics than any device', () => {
    const metrics = Array.from({ length: MAX_METRICS + 1 }, (_, i) => ({ alias: i, datatype: 1, value: 0 }));
    expect(() => decodePayload(encodePayload({ metrics }))).toThrow(/more than 4096 metrics/);
  });

  it('templates in templates are passed over, however deep', () => {
    let template = new Uint8Array(0);
    const tag = [0x92, 0x01];
    for (let depth = 0; depth < 3000; depth++) {
      const length = template.length;
      const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
      template = Uint8Array.from([...tag, ...size, ...template]);
      if (length > 16_000) break;
    }
    const metric = Uint8Array.from(template);
    const size = [(metric.length & 0x7f) | 0x80, metric.length >> 7];
    const bytes = Uint8Array.from([0x12, ...size, ...metric]);
    expect(decodePayload(bytes).metrics).toHaveLength(1);
  });
});
