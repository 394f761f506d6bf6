/** Records one by one, as JSON delivers them: lines of NDJSON and items of a JSON body. */
import { builtinMappingFor } from './builtin.ts';
import { CELL_ARRAYS, CHANNELS } from './channels.ts';
import { type Coverage, type DecoderOptions, FrameDecoder } from './decode.ts';
import { type FrameSink, quoteValue } from './frame.ts';
import { NoValue } from './json.ts';
import { expandColumns, InputError, type Mapping, type TargetMapping } from './mapping.ts';
import { jsonText, RecordRow } from './row.ts';
import { nameMatcher } from './unknown-fields.ts';

/** Of the fields that no mapping knows so many are kept by name. */
const MAX_UNUSED_FIELDS = 1000;
/** Fields within an unknown record that are named. */
const MAX_INNER_FIELDS = 16;
const MAX_FIELDS_SHOWN = 20;
/** Names that are longer are no fields of anybody. */
const MAX_NAME_CHARS = 200;

/** The mapping to use for a source with these fields: the given one, or the built-in one that fits. */
export function mappingFor(fieldNames: readonly string[], given: Mapping | null): Mapping {
  const mapping = given ?? builtinMappingFor(fieldNames);
  if (mapping) return mapping;
  const shown = fieldNames.slice(0, 30).join(', ');
  throw new InputError(
    `the columns are of no known schema, so a mapping file is needed (docs/mapping.md); the file has: ${shown}`,
  );
}

/** Fields that say when and of which module a record is; the rest is measured. */
function placeFieldsOf({ time, module, rack }: Mapping): string[] {
  const fields = [time.column, ...(time.segment ?? [])];
  if (time.order !== undefined) fields.push(time.order);
  if (module.column !== undefined) fields.push(module.column);
  if (rack?.column !== undefined) fields.push(rack.column);
  return fields;
}

/** Every field that a mapping can ask for: what stands for a header where records have none. */
export function fieldsOfMapping(mapping: Mapping): string[] {
  const fields = new Set<string>(placeFieldsOf(mapping));
  const addTarget = (target: TargetMapping): void => {
    for (const channel of CHANNELS) {
      const entry = target.channels?.[channel.id];
      if (entry) fields.add(entry.column);
    }
    for (const { id } of CELL_ARRAYS) {
      const cells = target[id];
      for (const column of expandColumns(cells?.columns ?? cells?.list ?? [], id)) fields.add(column);
    }
  };
  addTarget(mapping);
  mapping.split?.forEach(addTarget);
  return [...fields];
}

function addName(names: Set<string>, name: string): void {
  if (names.size < MAX_UNUSED_FIELDS) names.add(name.slice(0, MAX_NAME_CHARS));
}

type JsonRecord = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NoValue);

export class RecordDecoder {
  mapping: Mapping | null;
  private readonly isGiven: boolean;
  private readonly sink: FrameSink;
  private readonly options: DecoderOptions;
  private decoder: FrameDecoder | null = null;
  private row: RecordRow | null = null;
  /** Position of each field that the mapping can ask for. */
  private readonly wanted = new Map<string, number>();
  /** Fields of the mapping that stood in some record, by position. */
  private seen = new Uint8Array(0);
  private readonly unused = new Set<string>();
  private readonly unknown = new Set<string>();
  private isIgnored: (name: string) => boolean = () => false;

  constructor(mapping: Mapping | null, sink: FrameSink, options: DecoderOptions = {}) {
    this.mapping = mapping;
    this.isGiven = mapping !== null;
    this.sink = sink;
    this.options = options;
  }

  /** Of all records so far. */
  get coverage(): Coverage | null {
    if (!this.decoder) return null;
    const absentColumns = [...this.wanted].flatMap(([field, i]) => (this.seen[i] ? [] : [field]));
    return {
      unusedFields: [...this.unused],
      unknownFields: [...this.unknown],
      absentColumns,
    };
  }

  /**
   * Anything but an object is a counted rejection. Throws InputError where the first record fits no schema.
   *
   * @returns whether it is an object
   */
  decode(record: unknown, line: number): boolean {
    if (!isRecord(record)) {
      this.reject(line, jsonText(record));
      return false;
    }
    this.decoder ??= this.begin(Object.keys(record));
    this.noteFields(record);
    this.decoder.decode(this.row!.set(record, line));
    return true;
  }

  /** No more records. Throws InputError where a mapping was given and its columns stand in none of them. */
  finish(): void {
    if (!this.decoder) return;
    this.decoder.finish();
    if (this.isGiven) this.checkSeen(this.mapping!);
  }

  reject(line: number, text: string): void {
    this.sink.rejection({ reason: 'bad-row', scope: 'row', line, column: null, value: quoteValue(text) });
  }

  private begin(keys: readonly string[]): FrameDecoder {
    const mapping = mappingFor(keys, this.mapping);
    this.mapping = mapping;
    const fields = fieldsOfMapping(mapping);
    fields.forEach((field, i) => {
      this.wanted.set(field, i);
    });
    this.seen = new Uint8Array(fields.length);
    this.isIgnored = nameMatcher([...(mapping.ignore ?? []), ...(this.options.ignore ?? [])]);
    this.row = new RecordRow(fields);
    return new FrameDecoder(mapping, fields, this.sink, this.options);
  }

  private noteFields(record: JsonRecord): void {
    const { wanted, seen } = this;
    for (const name of Object.keys(record)) {
      const position = wanted.get(name);
      if (position === undefined) this.noteUnused(name, record[name]);
      else seen[position] = 1;
    }
  }

  /** A record within the record is shown with what it holds: readings may be hidden there. */
  private noteUnused(name: string, value: unknown): void {
    addName(this.unused, name);
    if (this.isIgnored(name)) return;
    const inner = isRecord(value) ? Object.keys(value).slice(0, MAX_INNER_FIELDS) : [];
    if (inner.length === 0) this.noteUnknown(name);
    for (const key of inner) this.noteUnknown(`${name}.${key}`);
  }

  private noteUnknown(name: string): void {
    if (this.isIgnored(name)) return;
    addName(this.unknown, name);
    this.sink.unknownField?.(name);
  }

  private checkSeen(mapping: Mapping): void {
    const keys = [...this.unused].slice(0, MAX_FIELDS_SHOWN).join(', ');
    const isSeen = (field: string): boolean => this.seen[this.wanted.get(field)!] === 1;
    const fail = (what: string): never => {
      throw new InputError(
        `${what} of mapping "${mapping.name}" stands in no record; the records have: ${keys}`,
      );
    };
    const { time, module } = mapping;
    if (!isSeen(time.column)) fail(`column "${time.column}" (time.column)`);
    if (module.column !== undefined && !isSeen(module.column))
      fail(`column "${module.column}" (module.column)`);
    const places = new Set(placeFieldsOf(mapping));
    const measured = [...this.wanted.keys()].filter((field) => !places.has(field));
    if (measured.some(isSeen)) return;
    const names = measured.slice(0, MAX_FIELDS_SHOWN).join(', ');
    fail(`not one of the measured columns (${names})`);
  }
}
