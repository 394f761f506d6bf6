/** From what a device wrote to values in field units; what it does not have is null, never a number. */
import { type Block, type Model, POINT_SIZES, type Point } from './models.ts';
import type { PointRejections } from './refusals.ts';

export type Value = number | string | null;
/** Points that the source has; null: not implemented, or refused. */
export type Values = ReadonlyMap<string, Value>;

/** One model as one device answered it. */
export interface Reading {
  readonly model: Model;
  readonly values: Values;
  readonly repeats: readonly Values[];
}

/** Where raw values come from: undefined is absent, null is absent and said so. */
export type RawSource = (point: Point) => unknown;

const NOT_IMPLEMENTED_I16 = -0x8000;
const NOT_IMPLEMENTED_U16 = 0xffff;
const NOT_IMPLEMENTED_U32 = 0xffffffff;
/** Old and new ways to say that a bit field is not there both set it; the other bits are void then. */
const VOID_BITS = 0x80000000;
const MAX_SCALE_FACTOR = 10;
const POWERS_OF_TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10] as const;

/** Raw value of a number as its type means it; null: not implemented; undefined: beyond its type. */
function integerOf({ type }: Point, raw: number): number | null | undefined {
  if (!Number.isInteger(raw)) return undefined;
  if (type === 'i16' || type === 'sf') {
    // Two's complement that somebody carried on as unsigned.
    const signed = raw > 0x7fff && raw <= 0xffff ? raw - 0x10000 : raw;
    if (signed < -0x8000 || signed > 0x7fff) return undefined;
    return signed === NOT_IMPLEMENTED_I16 ? null : signed;
  }
  if (raw < 0) return undefined;
  if (POINT_SIZES[type] === 1) return raw > 0xffff ? undefined : raw === NOT_IMPLEMENTED_U16 ? null : raw;
  if (raw > 0xffffffff) return undefined;
  const isVoid = type === 'b32' ? raw >= VOID_BITS : raw === NOT_IMPLEMENTED_U32;
  return isVoid ? null : raw;
}

function textOf(raw: unknown, place: string, rejections: PointRejections): string | null {
  if (typeof raw !== 'string') {
    rejections.add('not-a-number', place, raw);
    return null;
  }
  const end = raw.indexOf('\0');
  const text = (end < 0 ? raw : raw.slice(0, end)).trim();
  return text === '' ? null : text;
}

/** Correctly rounded: a division by a power of ten gives the double nearest to the decimal, a product may not. */
function scaled(raw: number, scaleFactor: number): number {
  const power = POWERS_OF_TEN[Math.abs(scaleFactor)]!;
  return scaleFactor < 0 ? raw / power : raw * power;
}

function scaleFactorOf(
  name: string,
  source: RawSource,
  model: Model,
  place: string,
  rejections: PointRejections,
): number | null {
  const point = model.fixed.byName.get(name)!;
  const raw = source(point);
  const value = typeof raw === 'number' ? integerOf(point, raw) : raw === undefined ? null : raw;
  if (value === null) {
    rejections.add('no-scale-factor', `${place} (${name})`);
    return null;
  }
  if (typeof value !== 'number' || Math.abs(value) > MAX_SCALE_FACTOR) {
    rejections.add('scale-factor-refused', `${place} (${name})`, raw);
    return null;
  }
  return value;
}

/** Values of a block of raw integers; `factors` gives the scale factors, which stand in the fixed part. */
export function rawValues(
  model: Model,
  block: Block,
  source: RawSource,
  factors: RawSource,
  place: string,
  rejections: PointRejections,
): Values {
  const values = new Map<string, Value>();
  for (const point of block.points) {
    if (point.type === 'pad') continue;
    const raw = source(point);
    if (raw === undefined) continue;
    values.set(point.name, rawValue(model, point, raw, factors, `${place}.${point.name}`, rejections));
  }
  return values;
}

function rawValue(
  model: Model,
  point: Point,
  raw: unknown,
  factors: RawSource,
  place: string,
  rejections: PointRejections,
): Value {
  if (raw === null) return null;
  if (point.type === 'text') return textOf(raw, place, rejections);
  const value = typeof raw === 'number' ? (Number.isNaN(raw) ? null : integerOf(point, raw)) : undefined;
  if (value === undefined) rejections.add('not-a-number', place, raw);
  if (value === null || value === undefined) return null;
  if (point.scaleFactor === null) return value;
  const scaleFactor = scaleFactorOf(point.scaleFactor, factors, model, place, rejections);
  return scaleFactor === null ? null : scaled(value, scaleFactor);
}

/** Gateways that scale also scale what means "not implemented": 6553.5, -3276.8. */
function isScaledSentinel({ type }: Point, value: number): boolean {
  const sentinel = type === 'i16' ? NOT_IMPLEMENTED_I16 : NOT_IMPLEMENTED_U16;
  return POWERS_OF_TEN.slice(0, 5).some((power) => value === sentinel / power);
}

/** Values of a block that are in field units already; points without a scale factor are integers all the same. */
export function scaledValues(
  block: Block,
  source: RawSource,
  place: string,
  rejections: PointRejections,
): Values {
  const values = new Map<string, Value>();
  for (const point of block.points) {
    const raw = source(point);
    if (point.type === 'pad' || point.type === 'sf' || raw === undefined) continue;
    const where = `${place}.${point.name}`;
    if (raw === null) values.set(point.name, null);
    else if (point.type === 'text') values.set(point.name, textOf(raw, where, rejections));
    else values.set(point.name, scaledValue(point, raw, where, rejections));
  }
  return values;
}

function scaledValue(point: Point, raw: unknown, place: string, rejections: PointRejections): number | null {
  if (typeof raw === 'number' && Number.isNaN(raw)) return null;
  const value =
    typeof raw !== 'number' || !Number.isFinite(raw)
      ? undefined
      : point.scaleFactor === null
        ? integerOf(point, raw)
        : isScaledSentinel(point, raw)
          ? null
          : raw;
  if (value === undefined) rejections.add('not-a-number', place, raw);
  return value ?? null;
}
