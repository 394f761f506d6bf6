/** What is wrong with a settings file, in the words of who writes it: place, what was expected, what was found. */
import { Value } from 'typebox/value';

/** A JSON schema, as far as settings use it. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
type Fields = Readonly<Record<string, unknown>>;

/** What stands there may be a secret that does not belong there: it is not said again. */
const SECRETS = /(password|token|key|url)$/i;
const MAX_VALUE_CHARS = 60;

/** The first problem in the order of the schema; null: there is none. */
export function problemOf(schema: object, value: unknown, place = ''): string | null {
  const { anyOf, type, properties, patternProperties } = schema as Schema;
  if (anyOf) return problemOfAlternatives(anyOf, value, place);
  if (type === 'object' && !isFields(value)) return wrong(place, 'expected settings', value);
  if (properties) return problemOfFields(schema as Schema, value as Fields, place);
  if (patternProperties) {
    const [each] = Object.values(patternProperties);
    return firstOf(Object.keys(value as Fields), (key) =>
      problemOf(each!, (value as Fields)[key], joined(place, key)),
    );
  }
  return problemOfLeaf(schema as Schema, value, place);
}

function problemOfFields({ properties = {}, required = [] }: Schema, value: Fields, place: string) {
  const known = Object.keys(properties);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    return `${placeOf(place)}: there is no setting "${unknown.slice(0, MAX_VALUE_CHARS)}"; there are ${known.join(', ')}`;
  const missing = required.find((key) => value[key] === undefined);
  if (missing !== undefined) return `${placeOf(place)}: ${missing} is missing`;
  return firstOf(Object.keys(value), (key) => problemOf(properties[key]!, value[key], joined(place, key)));
}

/** Of the alternative that was meant: told by its kind, or by its names. */
function problemOfAlternatives(
  alternatives: readonly Schema[],
  value: unknown,
  place: string,
): string | null {
  if (alternatives.some((one) => Value.Check(one, value))) return null;
  const all = alternatives.flatMap(({ anyOf, ...one }) => anyOf ?? one);
  const objects = all.filter(({ type }) => type === 'object');
  const kinds = objects.flatMap(({ properties }) => properties?.['kind']?.const ?? []);
  if (isFields(value) && kinds.length > 0) {
    const meant = objects.find(({ properties }) => properties?.['kind']?.const === value['kind']);
    if (meant) return problemOf(meant, value, place);
    return wrong(joined(place, 'kind'), `expected ${kinds.join(' or ')}`, value['kind']);
  }
  const meant = !isFields(value)
    ? []
    : objects.length === 1
      ? objects
      : objects.filter((one) => hasAllOf(one, value));
  if (meant.length === 1) return problemOf(meant[0]!, value, place);
  return wrong(place, `expected ${all.map(wordOf).join(' or ')}`, value);
}

const hasAllOf = ({ properties = {} }: Schema, value: Fields): boolean =>
  Object.keys(value).every((key) => Object.hasOwn(properties, key));

function problemOfLeaf(schema: Schema, value: unknown, place: string): string | null {
  if (schema.enum)
    return schema.enum.includes(value) ? null : wrong(place, `expected ${schema.enum.join(', ')}`, value);
  if (schema.items && Array.isArray(value)) {
    const { items } = schema;
    const inside = firstOf([...value.keys()], (at) => problemOf(items, value[at], `${place}[${at}]`));
    if (inside !== null) return inside;
  }
  const [error] = Value.Errors(schema as object, value);
  return error ? wrong(place, error.message, value) : null;
}

function firstOf<T>(all: readonly T[], problem: (one: T) => string | null): string | null {
  for (const one of all) {
    const found = problem(one);
    if (found !== null) return found;
  }
  return null;
}

function wrong(place: string, what: string, value: unknown): string {
  const isShown =
    value !== undefined && (typeof value !== 'object' || value === null) && !SECRETS.test(place);
  const got = isShown ? `, got ${JSON.stringify(value).slice(0, MAX_VALUE_CHARS)}` : '';
  return `${placeOf(place)}: ${what}${got}`;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** `string`, `false`, `{ file }`. */
const wordOf = ({ type = 'a value', const: only, required }: Schema): string =>
  only !== undefined
    ? String(only)
    : type !== 'object'
      ? type
      : required
        ? `{ ${required.join(', ')} }`
        : 'settings';
const placeOf = (place: string): string => place || 'the file';
const joined = (place: string, key: string): string => (place ? `${place}.${key}` : key);
