/** Copies the state of an object into another of the same making, field by field, whatever fields there are. */

type Fields = Record<string, unknown>;
type Outside = ReadonlySet<unknown>;

const isTyped = (value: unknown): value is Float64Array | Uint8Array | Int8Array => ArrayBuffer.isView(value);

/** @param outside what both point at and is no state; where either stands, nothing is copied */
export function copyState(from: object, to: object, outside: Outside): void {
  for (const key of Object.keys(from)) {
    const value = (from as Fields)[key];
    if (typeof value !== 'object' || value === null) (to as Fields)[key] = value;
    else {
      const present = (to as Fields)[key];
      if (outside.has(value) || outside.has(present)) continue;
      const copy = copyOf(value, present, outside);
      if (copy !== present) (to as Fields)[key] = copy;
    }
  }
}

/** Into what is present where that fits. */
function copyOf(value: unknown, present: unknown, outside: Outside): unknown {
  if (typeof value !== 'object' || value === null || outside.has(value)) return value;
  if (isTyped(value)) return copyOfNumbers(value, present);
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => [key, copyOf(item, null, outside)] as const);
    return new Map(entries);
  }
  if (value instanceof Set) return new Set(value);
  if (Array.isArray(value)) {
    const items: unknown[] = Array.isArray(present) ? present : [];
    items.length = value.length;
    for (let i = 0; i < value.length; i++) items[i] = copyOf(value[i], items[i], outside);
    return items;
  }
  const prototype = Object.getPrototypeOf(value) as object;
  const fits =
    typeof present === 'object' && present !== null && Object.getPrototypeOf(present) === prototype;
  const target = fits ? present : (Object.create(prototype) as object);
  copyState(value, target, outside);
  return target;
}

function copyOfNumbers(value: Float64Array | Uint8Array | Int8Array, present: unknown): unknown {
  if (!isTyped(present) || present.length !== value.length || present.constructor !== value.constructor)
    return value.slice();
  present.set(value);
  return present;
}
