/**
 * The state of a detector as bytes, exact to the bit: what was judged goes on after a restart as if nothing had
 * happened. Objects are written field by field as they stand in memory and read back into freshly made ones, so a
 * new field needs no code here; state whose fields are others than this version's is refused, never guessed at.
 */
import { InputError } from '../telemetry/index.ts';

const TAGS = [
  'undefined',
  'null',
  'false',
  'true',
  'zero',
  'nan',
  'infinity',
  'minus-infinity',
  'number',
  'string',
  'float64',
  'nan-float64',
  'uint8',
  'int8',
  'array',
  'map',
  'set',
  'object',
  'seen',
  'outside',
] as const;
type Tag = (typeof TAGS)[number];
const TAG = Object.fromEntries(TAGS.map((tag, i) => [tag, i])) as Record<Tag, number>;

// biome-ignore lint/suspicious/noExplicitAny: any class that has state
type AnyClass = abstract new (...given: any[]) => object;

type Fields = Record<string, unknown>;

interface Layout {
  /** Position in the list of classes that are made on the way; -1 for others. */
  readonly made: number;
  readonly fields: readonly string[];
}

/** Objects that are not state: policy, model, nameplate, sinks. Both sides give the same, in the same order. */
type Outside = readonly (object | null | undefined)[];

const FIRST_BYTES = 1 << 16;

/** Text as its 16-bit units: exact whatever stands in it. */
export function bytesOfText(text: string): Uint8Array {
  const units = Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return new Uint8Array(units.buffer);
}

export function textOfBytes(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) text += String.fromCharCode(bytes[i]! | (bytes[i + 1]! << 8));
  return text;
}

export class StateWriter {
  readonly layouts: Layout[] = [];
  private readonly layoutIds = new Map<string, number>();
  private readonly layoutOfClass = new Map<object, number>();
  private readonly classes: readonly AnyClass[];
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private length = 0;
  private readonly seen = new Map<object, number>();
  private outside: Map<object, number> = new Map();

  /** @param classes that come into being while frames are judged */
  constructor(classes: readonly AnyClass[]) {
    this.classes = classes;
  }

  get size(): number {
    return this.length;
  }

  /** One object with everything below it; `outside` is only pointed at. */
  add(root: object, outside: Outside): void {
    this.seen.clear();
    this.outside = new Map(outside.flatMap((one, i) => (one ? [[one, i] as const] : [])));
    this.object(root);
  }

  /** What was written so far, as one piece; the next begins empty. */
  take(): Uint8Array<ArrayBuffer> {
    const piece = this.bytes.slice(0, this.length);
    this.length = 0;
    return piece;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  private tag(tag: Tag): void {
    this.reserve(1);
    this.bytes[this.length++] = TAG[tag];
  }

  private count(count: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, count, true);
    this.length += 4;
  }

  private raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private value(value: unknown): void {
    if (typeof value === 'number') this.number(value);
    else if (typeof value === 'string') this.text(value);
    else if (value === undefined) this.tag('undefined');
    else if (value === null) this.tag('null');
    else if (value === true) this.tag('true');
    else if (value === false) this.tag('false');
    else if (typeof value === 'object') this.object(value);
    else throw new Error(`${typeof value} is no state`);
  }

  private number(value: number): void {
    if (Object.is(value, 0)) this.tag('zero');
    else if (Number.isNaN(value)) this.tag('nan');
    else if (value === Number.POSITIVE_INFINITY) this.tag('infinity');
    else if (value === Number.NEGATIVE_INFINITY) this.tag('minus-infinity');
    else {
      this.tag('number');
      this.reserve(8);
      this.view.setFloat64(this.length, value, true);
      this.length += 8;
    }
  }

  private text(value: string): void {
    this.tag('string');
    const bytes = bytesOfText(value);
    this.count(bytes.length);
    this.raw(bytes);
  }

  private object(value: object): void {
    const outside = this.outside.get(value);
    if (outside !== undefined) {
      this.tag('outside');
      this.count(outside);
      return;
    }
    const seen = this.seen.get(value);
    if (seen !== undefined) {
      this.tag('seen');
      this.count(seen);
      return;
    }
    this.seen.set(value, this.seen.size);
    if (value instanceof Float64Array) this.floats(value);
    else if (value instanceof Uint8Array) this.smallInts('uint8', value);
    else if (value instanceof Int8Array)
      this.smallInts('int8', new Uint8Array(value.buffer, value.byteOffset, value.length));
    else if (Array.isArray(value)) this.list('array', value);
    else if (value instanceof Set) this.list('set', [...value]);
    else if (value instanceof Map) this.list('map', [...value].flat());
    else this.fieldsOf(value as Fields);
  }

  private floats(values: Float64Array): void {
    const isEmpty = values.every(Number.isNaN);
    this.tag(isEmpty ? 'nan-float64' : 'float64');
    this.count(values.length);
    if (!isEmpty) this.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  private smallInts(tag: 'uint8' | 'int8', bytes: Uint8Array): void {
    this.tag(tag);
    this.count(bytes.length);
    this.raw(bytes);
  }

  private list(tag: 'array' | 'map' | 'set', items: readonly unknown[]): void {
    this.tag(tag);
    this.count(items.length);
    for (const item of items) this.value(item);
  }

  private fieldsOf(value: Fields): void {
    const id = this.layoutOf(value);
    this.tag('object');
    this.count(id);
    for (const field of this.layouts[id]!.fields) this.value(value[field]);
  }

  private layoutOf(value: Fields): number {
    const prototype = Object.getPrototypeOf(value) as object;
    const isClass = prototype !== Object.prototype;
    const known = isClass ? this.layoutOfClass.get(prototype) : undefined;
    if (known !== undefined) return known;
    const made = this.classes.findIndex((one) => one.prototype === prototype);
    const fields = Object.keys(value);
    const key = `${made} ${fields.join(' ')}`;
    let id = this.layoutIds.get(key);
    if (id === undefined) {
      id = this.layouts.push({ made, fields }) - 1;
      this.layoutIds.set(key, id);
    }
    if (isClass) this.layoutOfClass.set(prototype, id);
    return id;
  }
}

export class StateReader {
  private readonly layouts: readonly Layout[];
  private readonly classes: readonly AnyClass[];
  /** Layouts that were found to fit the class that they are filled into. */
  private readonly fitting = new Map<number, object>();
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private seen: object[] = [];
  private outside: Outside = [];

  constructor(bytes: Uint8Array, layouts: readonly Layout[], classes: readonly AnyClass[]) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.layouts = layouts;
    this.classes = classes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Into an object that was made the same way. @throws InputError where its fields are others, or bytes are missing */
  fill(root: object, outside: Outside): void {
    this.seen = [];
    this.outside = outside;
    try {
      this.value(root);
    } catch (error) {
      if (error instanceof RangeError) throw new InputError('the state breaks off', { cause: error });
      throw error;
    }
  }

  private count(): number {
    const count = this.view.getUint32(this.at, true);
    this.at += 4;
    return count;
  }

  private raw(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new RangeError('out of bytes');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** @param present what stands there in the object that is being filled */
  private value(present: unknown): unknown {
    const tag = TAGS[this.raw(1)[0]!];
    if (tag === 'undefined') return undefined;
    if (tag === 'null') return null;
    if (tag === 'false') return false;
    if (tag === 'true') return true;
    if (tag === 'zero') return 0;
    if (tag === 'nan') return Number.NaN;
    if (tag === 'infinity') return Number.POSITIVE_INFINITY;
    if (tag === 'minus-infinity') return Number.NEGATIVE_INFINITY;
    if (tag === 'string') return textOfBytes(this.raw(this.count()));
    if (tag === 'seen') return this.seen[this.count()];
    if (tag === 'outside') return this.outside[this.count()];
    if (tag === 'number') {
      this.at += 8;
      return this.view.getFloat64(this.at - 8, true);
    }
    return this.object(tag, present);
  }

  private object(tag: Tag | undefined, present: unknown): object {
    const position = this.seen.push(this.seen) - 1;
    const keep = <T extends object>(made: T): T => {
      this.seen[position] = made;
      return made;
    };
    const count = this.count();
    if (tag === 'float64') return keep(asFloats(present, this.raw(8 * count)));
    if (tag === 'nan-float64') return keep(emptyFloats(present, count));
    if (tag === 'uint8') return keep(this.raw(count).slice());
    if (tag === 'int8') return keep(new Int8Array(this.raw(count).slice().buffer));
    if (tag === 'array') return this.array(keep(Array.isArray(present) ? present : []), count);
    if (tag === 'set') return this.set(keep(present instanceof Set ? present : new Set()), count);
    if (tag === 'map') return this.map(keep(present instanceof Map ? present : new Map()), count);
    if (tag !== 'object') throw new InputError('the state is no state of a detector');
    return this.fields(present, count, keep);
  }

  private array(items: unknown[], count: number): unknown[] {
    const before = items.slice();
    items.length = 0;
    for (let i = 0; i < count; i++) items.push(this.value(before[i]));
    return items;
  }

  private set(items: Set<unknown>, count: number): Set<unknown> {
    items.clear();
    for (let i = 0; i < count; i++) items.add(this.value(undefined));
    return items;
  }

  private map(items: Map<unknown, unknown>, count: number): Map<unknown, unknown> {
    items.clear();
    for (let i = 0; i < count; i += 2) items.set(this.value(undefined), this.value(undefined));
    return items;
  }

  private fields(present: unknown, id: number, keep: <T extends object>(made: T) => T): object {
    const layout = this.layouts[id];
    if (!layout) throw new InputError('the state is no state of a detector');
    const { made, fields } = layout;
    const isThere = typeof present === 'object' && present !== null;
    const prototype = made < 0 ? Object.prototype : (this.classes[made]?.prototype as object | undefined);
    if (!prototype) throw new InputError('the state is of another version');
    const target = keep((isThere ? present : Object.create(prototype)) as Fields);
    if (isThere) this.checkFields(id, target, fields);
    for (const field of fields) target[field] = this.value(target[field]);
    return target;
  }

  /** Fields in another order, or others, come from another version. */
  private checkFields(id: number, target: Fields, fields: readonly string[]): void {
    const prototype = Object.getPrototypeOf(target) as object;
    if (this.fitting.get(id) === prototype) return;
    const present = Object.keys(target);
    if (present.length !== fields.length || fields.some((field, i) => field !== present[i]))
      throw new InputError(`the state is of another version: it has ${fields.join(', ').slice(0, 200)}`);
    if (prototype !== Object.prototype) this.fitting.set(id, prototype);
  }
}

function asFloats(present: unknown, bytes: Uint8Array): Float64Array {
  const aligned = new Float64Array(bytes.slice().buffer);
  if (!(present instanceof Float64Array) || present.length !== aligned.length) return aligned;
  present.set(aligned);
  return present;
}

const emptyFloats = (present: unknown, count: number): Float64Array =>
  (present instanceof Float64Array && present.length === count ? present : new Float64Array(count)).fill(
    Number.NaN,
  );
