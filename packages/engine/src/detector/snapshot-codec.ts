/**
 * The state of a detector as bytes, exact to the bit: what was judged goes on after a restart as if nothing had
 * happened. Objects are written field by field as they stand in memory and read back into freshly made ones, so a
 * new field needs no code here; state whose fields are others than this version's is refused, never guessed at.
 */
import { InputError } from '../telemetry/index.ts';

/** What a value is; its place in this list is the byte that stands before it. */
const TAG = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  zero: 4,
  nan: 5,
  infinity: 6,
  minusInfinity: 7,
  number: 8,
  string: 9,
  float64: 10,
  nanFloat64: 11,
  uint8: 12,
  int8: 13,
  array: 14,
  map: 15,
  set: 16,
  object: 17,
  seen: 18,
  outside: 19,
} as const;
type Tag = (typeof TAG)[keyof typeof TAG];

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
  private readonly outside = new Map<object, number>();

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
    this.outside.clear();
    outside.forEach((one, i) => {
      if (one) this.outside.set(one, i);
    });
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
    this.bytes[this.length++] = tag;
  }

  private counted(tag: Tag, count: number): void {
    this.reserve(5);
    this.bytes[this.length] = tag;
    this.view.setUint32(this.length + 1, count, true);
    this.length += 5;
  }

  private raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private value(value: unknown): void {
    if (typeof value === 'number') this.number(value);
    else if (typeof value === 'string') this.text(value);
    else if (value === undefined) this.tag(TAG.undefined);
    else if (value === null) this.tag(TAG.null);
    else if (value === true) this.tag(TAG.true);
    else if (value === false) this.tag(TAG.false);
    else if (typeof value === 'object') this.object(value);
    else throw new Error(`${typeof value} is no state`);
  }

  private number(value: number): void {
    if (Object.is(value, 0)) this.tag(TAG.zero);
    else if (Number.isNaN(value)) this.tag(TAG.nan);
    else if (value === Number.POSITIVE_INFINITY) this.tag(TAG.infinity);
    else if (value === Number.NEGATIVE_INFINITY) this.tag(TAG.minusInfinity);
    else {
      this.reserve(9);
      this.bytes[this.length] = TAG.number;
      this.view.setFloat64(this.length + 1, value, true);
      this.length += 9;
    }
  }

  private text(value: string): void {
    this.counted(TAG.string, 2 * value.length);
    this.reserve(2 * value.length);
    for (let i = 0; i < value.length; i++, this.length += 2)
      this.view.setUint16(this.length, value.charCodeAt(i), true);
  }

  private object(value: object): void {
    const outside = this.outside.get(value);
    if (outside !== undefined) {
      this.counted(TAG.outside, outside);
      return;
    }
    const seen = this.seen.get(value);
    if (seen !== undefined) {
      this.counted(TAG.seen, seen);
      return;
    }
    this.seen.set(value, this.seen.size);
    if (value instanceof Float64Array) this.floats(value);
    else if (value instanceof Uint8Array) this.smallInts(TAG.uint8, value);
    else if (value instanceof Int8Array)
      this.smallInts(TAG.int8, new Uint8Array(value.buffer, value.byteOffset, value.length));
    else if (Array.isArray(value)) this.list(TAG.array, value);
    else if (value instanceof Set) this.list(TAG.set, [...value]);
    else if (value instanceof Map) this.list(TAG.map, [...value].flat());
    else this.fieldsOf(value as Fields);
  }

  private floats(values: Float64Array): void {
    let known = 0;
    while (known < values.length && Number.isNaN(values[known]!)) known++;
    if (known === values.length) {
      this.counted(TAG.nanFloat64, values.length);
      return;
    }
    this.counted(TAG.float64, values.length);
    this.reserve(8 * values.length);
    for (let i = 0; i < values.length; i++, this.length += 8)
      this.view.setFloat64(this.length, values[i]!, true);
  }

  private smallInts(tag: typeof TAG.uint8 | typeof TAG.int8, bytes: Uint8Array): void {
    this.counted(tag, bytes.length);
    this.raw(bytes);
  }

  private list(tag: typeof TAG.array | typeof TAG.map | typeof TAG.set, items: readonly unknown[]): void {
    this.counted(tag, items.length);
    for (const item of items) this.value(item);
  }

  private fieldsOf(value: Fields): void {
    const id = this.layoutOf(value);
    this.counted(TAG.object, id);
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
    const tag = this.view.getUint8(this.at++);
    switch (tag) {
      case TAG.undefined:
        return undefined;
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.zero:
        return 0;
      case TAG.nan:
        return Number.NaN;
      case TAG.infinity:
        return Number.POSITIVE_INFINITY;
      case TAG.minusInfinity:
        return Number.NEGATIVE_INFINITY;
      case TAG.number:
        this.at += 8;
        return this.view.getFloat64(this.at - 8, true);
      case TAG.string:
        return textOfBytes(this.raw(this.count()));
      case TAG.seen:
        return this.seen[this.count()];
      case TAG.outside:
        return this.outside[this.count()];
      default:
        return this.object(tag, present);
    }
  }

  private object(tag: number, present: unknown): object {
    const position = this.seen.push(this.seen) - 1;
    const keep = <T extends object>(made: T): T => {
      this.seen[position] = made;
      return made;
    };
    const count = this.count();
    switch (tag) {
      case TAG.float64:
        return keep(this.floats(present, count));
      case TAG.nanFloat64:
        return keep(floatsFor(present, count).fill(Number.NaN));
      case TAG.uint8:
        return keep(this.raw(count).slice());
      case TAG.int8:
        return keep(new Int8Array(this.raw(count).slice().buffer));
      case TAG.array:
        return this.array(keep(Array.isArray(present) ? present : []), count);
      case TAG.set:
        return this.set(keep(present instanceof Set ? present : new Set()), count);
      case TAG.map:
        return this.map(keep(present instanceof Map ? present : new Map()), count);
      case TAG.object:
        return this.fields(present, count, keep);
      default:
        throw new InputError('the state is no state of a detector');
    }
  }

  private floats(present: unknown, count: number): Float64Array {
    if (this.at + 8 * count > this.bytes.length) throw new RangeError('out of bytes');
    const values = floatsFor(present, count);
    for (let i = 0; i < count; i++, this.at += 8) values[i] = this.view.getFloat64(this.at, true);
    return values;
  }

  private array(items: unknown[], count: number): unknown[] {
    if (items.length > count) items.length = count;
    for (let i = 0; i < count; i++) items[i] = this.value(items[i]);
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

/** The array that stands there is filled; one of another length is replaced. */
const floatsFor = (present: unknown, count: number): Float64Array =>
  present instanceof Float64Array && present.length === count ? present : new Float64Array(count);
