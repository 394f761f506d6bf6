/** What a gateway sends about SunSpec devices, as JSON: models by their points, or registers as they were read. */
import { ServiceError } from '../../errors.ts';
import { type Block, type Model, modelOf } from './models.ts';
import type { PointRejections } from './refusals.ts';
import { type Registers, readChain } from './registers.ts';
import { type RawSource, type Reading, rawValues, scaledValues, type Values } from './values.ts';

/** One reading of a site at one instant. */
export interface Snapshot {
  /** As the gateway wrote it; null: it did not, and the arrival counts. */
  readonly time: string | number | null;
  readonly readings: readonly Reading[];
}

/** Bounds of one body. */
const MAX_SNAPSHOTS = 1000;
const MAX_MODELS = 4096;
const MAX_REPEATS = 4096;
const MAX_BLOCKS = 256;
const MAX_REGISTERS = 0x10000;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const reject = (detail: string): never => {
  throw new ServiceError('NO_TELEMETRY', detail);
};

/** Throws ServiceError `NO_TELEMETRY` where the body has none of the forms. */
export function snapshotsOf(body: unknown, rejections: PointRejections): Snapshot[] {
  const items = Array.isArray(body) ? body : [body];
  if (items.length === 0) reject('the list is empty');
  if (items.length > MAX_SNAPSHOTS) reject(`${items.length} readings in one body, at most ${MAX_SNAPSHOTS}`);
  return items.map((item, i) =>
    snapshotOf(item, Array.isArray(body) ? `item ${i + 1}` : 'the body', rejections),
  );
}

function snapshotOf(item: unknown, place: string, rejections: PointRejections): Snapshot {
  if (!isFields(item)) return reject(`${place} is no object`);
  const time = item['time'];
  return {
    time: typeof time === 'string' || typeof time === 'number' ? time : null,
    readings: readingsOf(item, place, rejections),
  };
}

function readingsOf(item: Fields, place: string, rejections: PointRejections): Reading[] {
  if ('registers' in item) return readChain(registersOf(item, place), rejections);
  const blocks = item['blocks'];
  if (Array.isArray(blocks)) {
    if (blocks.length > MAX_BLOCKS) reject(`${place}: ${blocks.length} blocks, at most ${MAX_BLOCKS}`);
    return blocks.flatMap((block, i) =>
      isFields(block)
        ? readChain(registersOf(block, `${place}, block ${i + 1}`), rejections)
        : reject(`${place}, block ${i + 1} is no object`),
    );
  }
  const found = Array.isArray(item['models']) ? listedModels(item['models']) : keyedModels(item);
  if (found.length === 0) reject(`${place} has no model 802, 803, 804 or 805, and no registers`);
  if (found.length > MAX_MODELS) reject(`${place}: ${found.length} models, at most ${MAX_MODELS}`);
  return found.map(([model, fields], i) => readFields(model, fields, `${model.id} (${i + 1})`, rejections));
}

/** `{"models": [{"id": 804, …}]}`; the id may be called ID, the points may stand under `points`. */
function listedModels(items: readonly unknown[]): [Model, Fields][] {
  return items.flatMap((item): [Model, Fields][] => {
    if (!isFields(item)) return [];
    const model = modelOf(Number(item['id'] ?? item['ID']));
    const points = item['points'];
    return model ? [[model, isFields(points) ? { ...item, ...points } : item]] : [];
  });
}

/** `{"804": {…}, "805": [{…}, {…}]}` */
function keyedModels(item: Fields): [Model, Fields][] {
  return Object.entries(item).flatMap(([key, value]): [Model, Fields][] => {
    const model = /^\d+$/.test(key) ? modelOf(Number(key)) : undefined;
    if (!model) return [];
    return (Array.isArray(value) ? value : [value])
      .filter(isFields)
      .map((fields): [Model, Fields] => [model, fields]);
  });
}

/**
 * With a scale factor anywhere in the model its values are raw integers, and each needs its own; without one they are
 * in volts, amperes, degrees Celsius and percent already.
 */
function readFields(model: Model, fields: Fields, place: string, rejections: PointRejections): Reading {
  const isRaw = model.fixed.points.some(({ type, name }) => type === 'sf' && Object.hasOwn(fields, name));
  const factors = sourceOf(fields);
  const read = (block: Block, source: RawSource, where: string): Values =>
    isRaw
      ? rawValues(model, block, source, factors, where, rejections)
      : scaledValues(block, source, where, rejections);
  const values = read(model.fixed, factors, place);
  const repeat = model.repeat;
  if (!repeat) return { model, values, repeats: [] };
  const items = repeatsOf(fields);
  if (items.length > MAX_REPEATS) reject(`${place}: ${items.length} parts, at most ${MAX_REPEATS}`);
  const declared = values.get(repeat.count);
  if (typeof declared === 'number' && items.length > 0 && declared > items.length)
    rejections.add('wrong-count', `${place}.${repeat.count}`, declared);
  const repeats = items
    .slice(0, typeof declared === 'number' ? declared : undefined)
    .map((item, i) => read(repeat, sourceOf(isFields(item) ? item : {}), `${place}[${i + 1}]`));
  return { model, values, repeats };
}

/** The repeating group goes by many names; it is the list of objects. */
function repeatsOf(fields: Fields): readonly unknown[] {
  const list = Object.values(fields).find((value) => Array.isArray(value) && value.some(isFields));
  return (list as unknown[] | undefined) ?? [];
}

const sourceOf =
  (fields: Fields): RawSource =>
  ({ name }) =>
    Object.hasOwn(fields, name) ? fields[name] : undefined;

/** `registers` is a list of integers, or their bytes, high one first, in hexadecimal digits or base64. */
function registersOf(item: Fields, place: string): Registers {
  const {
    registers,
    start = 0,
    encoding,
  } = item as { registers?: unknown; start?: unknown; encoding?: unknown };
  if (typeof start !== 'number' || !Number.isInteger(start) || start < 0 || start >= MAX_REGISTERS)
    return reject(`${place}: start must be a register address from 0 to 65535`);
  if (encoding !== undefined && encoding !== 'hex' && encoding !== 'base64')
    return reject(`${place}: encoding must be hex or base64`);
  if (typeof registers === 'string') return { start, words: wordsOfText(registers, encoding, place) };
  if (!Array.isArray(registers)) return reject(`${place}: registers must be a list or a text`);
  if (registers.length > MAX_REGISTERS)
    reject(`${place}: ${registers.length} registers, at most ${MAX_REGISTERS}`);
  const bad = registers.findIndex((word) => !Number.isInteger(word) || word < -0x8000 || word > 0xffff);
  if (bad >= 0) reject(`${place}: register ${start + bad} is no 16-bit integer`);
  return { start, words: Uint16Array.from(registers as number[]) };
}

const HEX = /^(?:0x)?((?:[0-9a-f]{4})*)$/i;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const HEX_CHARS_PER_REGISTER = 4;

/** Hexadecimal where it can be: 4 digits for each register. */
function wordsOfText(text: string, encoding: 'hex' | 'base64' | undefined, place: string): Uint16Array {
  if (text.length > MAX_REGISTERS * HEX_CHARS_PER_REGISTER + 2)
    reject(`${place}: registers of ${text.length} characters, at most ${MAX_REGISTERS} registers`);
  const hex = encoding === 'base64' ? null : HEX.exec(text);
  if (!hex && (encoding === 'hex' || !BASE64.test(text)))
    return reject(`${place}: registers are neither hex nor base64`);
  const bytes = hex ? Buffer.from(hex[1]!, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length % 2 !== 0) return reject(`${place}: registers of ${bytes.length} bytes, an odd number`);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i));
}
