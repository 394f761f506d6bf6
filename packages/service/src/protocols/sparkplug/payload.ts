/**
 * Payload of Sparkplug B: field numbers and data types of the Sparkplug Specification 3.0, chapter 6.4. Templates,
 * data sets and meta data carry nothing that is judged and are passed over without a look into them.
 */
import { BYTES, FIXED32, FIXED64, PayloadError, VARINT, WireReader, WireWriter } from './protobuf.ts';

export const DATATYPE = {
  unknown: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  uint16: 6,
  uint32: 7,
  uint64: 8,
  float: 9,
  double: 10,
  boolean: 11,
  string: 12,
  dateTime: 13,
  text: 14,
  floatArray: 30,
  doubleArray: 31,
} as const;

/** Arrays become lists of cells; null: the metric says so, or its kind is none that is read. */
export type MetricValue = number | boolean | string | readonly number[] | null;

export interface Metric {
  readonly name: string | null;
  /** 64 bits: more than a number holds. */
  readonly alias: bigint | null;
  /** Unix ms. */
  readonly timestampMs: number | null;
  /** A birth must say it; data need not. */
  readonly datatype: number | null;
  readonly isHistorical: boolean;
  /** The property `Quality`: 0 bad, 192 good, 500 stale; null where it is not given. */
  readonly quality: number | null;
  /** As it stood on the wire: what it means depends on the data type. */
  readonly raw: RawValue;
}

type RawValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole'; readonly value: bigint }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array };

export interface Payload {
  readonly timestampMs: number | null;
  readonly metrics: readonly Metric[];
  /** 0 to 255; null in a death. */
  readonly seq: number | null;
}

export const MAX_METRICS = 4096;
const MAX_NAME_BYTES = 512;
const MAX_TEXT_BYTES = 4096;
const MAX_SEQ = 255n;
/** What a Date can hold. */
const MAX_TIME_MS = 8_640_000_000_000_000n;

/** @throws PayloadError naming field and byte */
export function decodePayload(bytes: Uint8Array): Payload {
  const reader = new WireReader(bytes);
  const metrics: Metric[] = [];
  let timestampMs: number | null = null;
  let seq: number | null = null;
  while (reader.next()) {
    if (reader.field === 1) timestampMs = timeOf(reader);
    else if (reader.field === 2) {
      reader.expect(BYTES);
      if (metrics.length >= MAX_METRICS) throw reader.error(`more than ${MAX_METRICS} metrics`);
      metrics.push(decodeMetric(reader.lengthDelimited(), metrics.length + 1));
    } else if (reader.field === 3) {
      const value = wholeOf(reader);
      if (value > MAX_SEQ) throw reader.error(`sequence number ${value}`);
      seq = Number(value);
    } else reader.skip();
  }
  return { timestampMs, metrics, seq };
}

function decodeMetric(bytes: Uint8Array, position: number): Metric {
  const reader = new WireReader(bytes);
  const metric: { -readonly [K in keyof Metric]: Metric[K] } = {
    name: null,
    alias: null,
    timestampMs: null,
    datatype: null,
    isHistorical: false,
    quality: null,
    raw: { kind: 'none' },
  };
  let isNull = false;
  try {
    while (reader.next()) {
      if (reader.field === 1) {
        reader.expect(BYTES);
        metric.name = reader.text(MAX_NAME_BYTES);
      } else if (reader.field === 2) metric.alias = wholeOf(reader);
      else if (reader.field === 3) metric.timestampMs = timeOf(reader);
      else if (reader.field === 4) metric.datatype = Number(wholeOf(reader) & 0xffff_ffffn);
      else if (reader.field === 5) metric.isHistorical = wholeOf(reader) !== 0n;
      else if (reader.field === 7) isNull = wholeOf(reader) !== 0n;
      else if (reader.field === 9) {
        reader.expect(BYTES);
        metric.quality = qualityOf(reader.lengthDelimited());
      } else metric.raw = rawOf(reader) ?? metric.raw;
    }
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    throw new PayloadError(`metric ${position}, ${error.message}`, { cause: error });
  }
  if (isNull) metric.raw = { kind: 'none' };
  return metric;
}

/** The value of a `oneof`; null: a field that is passed over. */
function rawOf(reader: WireReader): RawValue | null {
  switch (reader.field) {
    case 10:
    case 11:
      return { kind: 'whole', value: wholeOf(reader) };
    case 12:
      reader.expect(FIXED32);
      return { kind: 'number', value: reader.float() };
    case 13:
      reader.expect(FIXED64);
      return { kind: 'number', value: reader.double() };
    case 14:
      return { kind: 'boolean', value: wholeOf(reader) !== 0n };
    case 15:
      reader.expect(BYTES);
      return { kind: 'text', value: reader.text(MAX_TEXT_BYTES) };
    case 16:
      reader.expect(BYTES);
      return { kind: 'bytes', value: reader.lengthDelimited() };
    default:
      reader.skip();
      return null;
  }
}

/** PropertySet: keys (1) and values (2) in the same order; a value has its number in int_value (3) or long_value (4). */
function qualityOf(bytes: Uint8Array): number | null {
  const reader = new WireReader(bytes);
  const keys: string[] = [];
  const values: Uint8Array[] = [];
  while (reader.next()) {
    if (reader.field === 1 || reader.field === 2) reader.expect(BYTES);
    if (keys.length + values.length > MAX_METRICS) throw reader.error(`more than ${MAX_METRICS} properties`);
    if (reader.field === 1) keys.push(reader.text(MAX_NAME_BYTES));
    else if (reader.field === 2) values.push(reader.lengthDelimited());
    else reader.skip();
  }
  const value = values[keys.indexOf('Quality')];
  if (value === undefined) return null;
  const property = new WireReader(value);
  let quality: number | null = null;
  while (property.next()) {
    if (property.field === 3 || property.field === 4) quality = Number(wholeOf(property));
    else property.skip();
  }
  return quality;
}

function wholeOf(reader: WireReader): bigint {
  reader.expect(VARINT);
  return reader.varint();
}

function timeOf(reader: WireReader): number {
  const value = wholeOf(reader);
  if (value > MAX_TIME_MS) throw reader.error(`time ${value}`);
  return Number(value);
}

/** Bits of each whole number and whether it has a sign. */
const WHOLE: Readonly<Record<number, { bits: number; isSigned: boolean }>> = {
  [DATATYPE.int8]: { bits: 8, isSigned: true },
  [DATATYPE.int16]: { bits: 16, isSigned: true },
  [DATATYPE.int32]: { bits: 32, isSigned: true },
  [DATATYPE.int64]: { bits: 64, isSigned: true },
  [DATATYPE.uint8]: { bits: 8, isSigned: false },
  [DATATYPE.uint16]: { bits: 16, isSigned: false },
  [DATATYPE.uint32]: { bits: 32, isSigned: false },
  [DATATYPE.uint64]: { bits: 64, isSigned: false },
  [DATATYPE.dateTime]: { bits: 64, isSigned: false },
};

/** What a metric says, given its data type; null where value and type do not fit, or it says nothing. */
export function metricValueOf({ raw }: Pick<Metric, 'raw'>, datatype: number): MetricValue {
  const whole = WHOLE[datatype];
  if (whole !== undefined) return raw.kind === 'whole' ? wholeNumber(raw.value, whole) : null;
  if (datatype === DATATYPE.float || datatype === DATATYPE.double)
    return raw.kind === 'number' && Number.isFinite(raw.value) ? raw.value : null;
  if (datatype === DATATYPE.boolean) return raw.kind === 'boolean' ? raw.value : null;
  if (datatype === DATATYPE.string || datatype === DATATYPE.text)
    return raw.kind === 'text' ? raw.value : null;
  if (datatype === DATATYPE.floatArray || datatype === DATATYPE.doubleArray)
    return raw.kind === 'bytes' ? arrayOf(raw.value, datatype) : null;
  return null;
}

/** A sign may be carried to 8, 16, 32 or 64 bits; any other bits above are another number. */
function wholeNumber(value: bigint, { bits, isSigned }: { bits: number; isSigned: boolean }): number | null {
  if (value < 1n << BigInt(bits)) return Number(isSigned ? BigInt.asIntN(bits, value) : value);
  if (!isSigned) return null;
  const signed = BigInt.asIntN(value < 1n << 32n ? 32 : 64, value);
  return BigInt.asIntN(bits, signed) === signed ? Number(signed) : null;
}

function arrayOf(bytes: Uint8Array, datatype: number): number[] | null {
  const size = datatype === DATATYPE.floatArray ? 4 : 8;
  if (bytes.length % size !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / size }, (_, i) =>
    size === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true),
  );
}

export interface MetricToSend {
  readonly name?: string;
  readonly alias?: number | bigint;
  readonly timestampMs?: number;
  readonly datatype: number;
  readonly isHistorical?: boolean;
  readonly quality?: number;
  readonly value: MetricValue | bigint;
}

export function encodePayload(payload: {
  readonly timestampMs?: number;
  readonly seq?: number;
  readonly metrics: readonly MetricToSend[];
}): Uint8Array {
  const writer = new WireWriter();
  if (payload.timestampMs !== undefined) writer.varint(1, payload.timestampMs);
  for (const metric of payload.metrics) writer.lengthDelimited(2, encodeMetric(metric));
  if (payload.seq !== undefined) writer.varint(3, payload.seq);
  return writer.finish();
}

function encodeMetric(metric: MetricToSend): Uint8Array {
  const writer = new WireWriter();
  if (metric.name !== undefined) writer.text(1, metric.name);
  if (metric.alias !== undefined) writer.varint(2, metric.alias);
  if (metric.timestampMs !== undefined) writer.varint(3, metric.timestampMs);
  writer.varint(4, metric.datatype);
  if (metric.isHistorical) writer.varint(5, 1);
  if (metric.value === null) writer.varint(7, 1);
  if (metric.quality !== undefined) {
    const value = new WireWriter().varint(1, DATATYPE.int32).varint(3, metric.quality).finish();
    writer.lengthDelimited(9, new WireWriter().text(1, 'Quality').lengthDelimited(2, value).finish());
  }
  encodeValue(writer, metric);
  return writer.finish();
}

function encodeValue(writer: WireWriter, { value, datatype }: MetricToSend): void {
  if (value === null) return;
  if (typeof value === 'boolean') writer.varint(14, value ? 1 : 0);
  else if (typeof value === 'string') writer.text(15, value);
  else if (typeof value === 'object') writer.lengthDelimited(16, encodeArray(value, datatype));
  else if (datatype === DATATYPE.float) writer.float(12, Number(value));
  else if (datatype === DATATYPE.double) writer.double(13, Number(value));
  else {
    const isLong = (WHOLE[datatype]?.bits ?? 64) === 64;
    writer.varint(isLong ? 11 : 10, isLong ? value : BigInt.asUintN(32, BigInt(value)));
  }
}

const encodeArray = (values: readonly number[], datatype: number): Uint8Array =>
  new Uint8Array((datatype === DATATYPE.floatArray ? Float32Array : Float64Array).from(values).buffer);
