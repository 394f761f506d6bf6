/** Mapping files: YAML that says how somebody's columns become frames (docs/mapping.md). */

import { readFile } from 'node:fs/promises';
import { CHEMISTRIES } from '@emberwatch/engine/chemistry';
import { CELL_ARRAYS, CHANNELS, checkMapping, InputError, type Mapping } from '@emberwatch/engine/telemetry';
import Type, { type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

const CLOSED = { additionalProperties: false };
const Text = Type.String({ minLength: 1 });
const Texts = Type.Array(Text, { minItems: 1 });
/** Least and most. */
const Range = Type.Tuple([Type.Number(), Type.Number()]);
const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, Type.Optional(schema)]));

const coding = {
  invalid: Type.Array(Type.Number(), { minItems: 1 }),
  signed: Type.Enum([8, 16, 32]),
  negativeFrom: Type.Number(),
};

const Channel = Type.Object(
  {
    column: Text,
    ...optional({
      unit: Text,
      scale: Type.Number(),
      offset: Type.Number(),
      range: Range,
      positive: Type.Enum(['charging', 'discharging']),
      optional: Type.Boolean(),
      ...coding,
    }),
  },
  CLOSED,
);

const Cells = Type.Object(
  optional({
    columns: Type.Union([Text, Texts]),
    list: Text,
    unit: Text,
    scale: Type.Number(),
    offset: Type.Number(),
    range: Range,
    ...coding,
  }),
  CLOSED,
);

const target = {
  channels: Type.Object(optional(Object.fromEntries(CHANNELS.map(({ id }) => [id, Channel]))), CLOSED),
  ...Object.fromEntries(CELL_ARRAYS.map(({ id }) => [id, Cells])),
};

/** What stands where in a mapping file; units, ranges and formats are checked by the engine. */
export const MappingSchema = Type.Object(
  {
    name: Text,
    time: Type.Object(
      {
        column: Text,
        ...optional({ format: Text, zone: Text, start: Text, order: Text, segment: Texts, segmentGap: Text }),
      },
      CLOSED,
    ),
    module: Type.Object(optional({ column: Text, id: Text, known: Texts }), CLOSED),
    ...optional({
      source: Text,
      csv: Type.Object(
        optional({
          delimiter: Type.String({ pattern: '^(.|tab)$' }),
          decimalComma: Type.Boolean(),
          skipLines: Type.Integer({ minimum: 0 }),
        }),
        CLOSED,
      ),
      rack: Type.Object(optional({ column: Text, id: Text, optional: Type.Boolean() }), CLOSED),
      ...target,
      split: Type.Array(Type.Object({ id: Text, ...optional({ rack: Text, ...target }) }, CLOSED), {
        minItems: 1,
      }),
      missing: Type.Array(Type.Union([Type.String(), Type.Number()])),
      ignore: Type.Array(Text),
      nameplate: Type.Object(
        optional({
          capacityAh: Type.Number({ exclusiveMinimum: 0 }),
          cellsInSeries: Type.Integer({ minimum: 1 }),
          chemistry: Type.Enum([...CHEMISTRIES]),
          hasTemperature: Type.Boolean(),
        }),
        CLOSED,
      ),
      sampling: Type.Object(optional({ interval: Text }), CLOSED),
    }),
  },
  CLOSED,
);

/** Throws InputError naming the file and, where there is one, the line, the key and the value. */
export async function loadMapping(path: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'this is a folder; name a file' : `${code}`;
    throw new InputError(`${path}: ${reason}`, { cause: error });
  }
  return parseMapping(text, path);
}

/** The same for text that is at hand; `name` stands in front of what is wrong. */
export function parseMapping(text: string, name: string): Mapping {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const fail = (path: readonly string[], message: string): never => {
    const line = lineOf(document, lines, path);
    throw new InputError(`${name}: ${line === null ? '' : `line ${line}: `}${message}`);
  };
  const [broken] = document.errors;
  if (broken) {
    const line = broken.linePos?.[0].line;
    throw new InputError(`${name}: ${line ? `line ${line}: ` : ''}${broken.message.split('\n')[0]}`);
  }
  const value = plainOf(document, name);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail([], 'a mapping has keys such as name, time, module and channels (docs/mapping.md)');
  const wrong = structureError(value);
  if (wrong) return fail(wrong.path, wrong.message);
  try {
    checkMapping(value as Mapping);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // The engine's messages begin with the place: `split[0].channels.voltage_v.unit: …`.
    const place = /^([\w.[\]]+):/.exec(error.message)?.[1] ?? '';
    return fail(place.split(/[.[\]]+/).filter(Boolean), error.message);
  }
  return value as Mapping;
}

/** Aliases that unfold to more than anybody would write are an error. */
function plainOf(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new InputError(`${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

interface StructureError {
  readonly path: readonly string[];
  readonly message: string;
}

function structureError(value: object): StructureError | null {
  const errors = Value.Errors(MappingSchema, value);
  const unknown = errors.find(({ keyword }) => keyword === 'additionalProperties');
  const error = unknown ?? errors.find(({ keyword }) => keyword === 'required') ?? lastOf(errors);
  if (!error) return null;
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const place = path.join('.') || 'mapping';
  if (error.keyword === 'additionalProperties') {
    const key = String((error.params as { additionalProperties: string[] }).additionalProperties[0]);
    return { path: [...path, key], message: unknownKey(place, key, knownKeysAt(error.schemaPath)) };
  }
  if (error.keyword === 'required') {
    const [key] = (error.params as { requiredProperties: string[] }).requiredProperties;
    return { path, message: `${place}: key "${key}" is missing` };
  }
  const found = JSON.stringify(
    path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], value),
  );
  return { path, message: `${place}: ${found} ${explain(error)}` };
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** Errors come from the outside in, alternatives before the choice that they belong to. */
function lastOf(errors: readonly SchemaError[]): SchemaError | undefined {
  return errors.find(({ keyword }) => keyword === 'anyOf') ?? errors[0];
}

function explain({ keyword, params, message }: SchemaError): string {
  const detail = params as { type?: string; allowedValues?: unknown[] };
  if (keyword === 'enum') return `must be one of ${detail.allowedValues?.join(', ')}`;
  if (keyword === 'type' && detail.type === 'string') return 'must be text (put a number in quotes)';
  if (keyword === 'type')
    return `must be ${detail.type === 'object' ? 'a block of keys' : `of type ${detail.type}`}`;
  if (keyword === 'anyOf') return 'must be text or a list of it';
  return message;
}

const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

function knownKeysAt(schemaPath: string): string[] {
  let schema: unknown = MappingSchema;
  for (const part of schemaPath.split('/').slice(1))
    schema = (schema as Record<string, unknown>)?.[unescapePointer(part)];
  return Object.keys((schema as { properties?: object })?.properties ?? {});
}

function unknownKey(place: string, key: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const isNear = nearest !== undefined && nearest.distance <= Math.max(2, key.length / 3);
  const hint = isNear ? `did you mean "${nearest.name}"?` : `known: ${known.join(', ')}`;
  return `${place}: unknown key "${key}"; ${hint}`;
}

/** Levenshtein, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** Line of the key at `path`, or of the nearest key around it. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number | null {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1]!;
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const node = pair ? pair.key : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}
