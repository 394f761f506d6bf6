/** From rows to frames: a mapping compiled against the fields of one source. The only maker of frames. */
import { conversionTo, MS_PER_H, parseDurationMs } from '../units.ts';
import { CELL_ARRAYS, CHANNEL_INDEX, type ChannelId, channelAt } from './channels.ts';
import { type FrameClocks, ModuleClocks, type RowFacts } from './clocks.ts';
import {
  CELL_TEMPERATURES_BIT,
  CELL_VOLTAGES_BIT,
  type Frame,
  type FrameSink,
  type ModuleId,
  newFrame,
  quoteValue,
  type Rejection,
  type RejectionReason,
} from './frame.ts';
import {
  type CellsMapping,
  type Coding,
  expandColumns,
  InputError,
  MAX_CELLS,
  type Mapping,
  type TargetMapping,
} from './mapping.ts';
import { numberOfText } from './number-text.ts';
import { jsonText, NUMBER_BAD, NUMBER_MISSING, type Row } from './row.ts';
import { isoByteReader, isoReader, numericTimeScaleMs, patternReader, unixMsBySize } from './time.ts';
import { nameMatcher } from './unknown-fields.ts';

/** Raw values by which devices say "not available": SunSpec and float registers. */
const SENTINELS = [0xffff, 0x8000, -0x8000, 0xffffffff, 0x80000000, -0x80000000, 0x7fffffff];
const FLOAT_SENTINEL = 3.4e38;

/** What a calendar can hold (ECMAScript's range of dates). */
const MAX_TIME_MS = 8.64e15;

/** The same after a gateway has scaled registers by a tenth: 6553.5, ±3276.7, ±3276.8. */
const isScaledSentinel = (raw: number): boolean => {
  const size = Math.abs(raw);
  if (!(size > 3276)) return false;
  return raw === 6553.5 || (size < 3277 && (isNearly(size, 3276.7) || isNearly(size, 3276.8)));
};
/** What a tenth of an integer comes to in binary. */
const isNearly = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9;

const isSentinel = (raw: number): boolean =>
  raw > 32767 || raw < -32767 ? Math.abs(raw) >= FLOAT_SENTINEL || SENTINELS.includes(raw) : false;

/** One number of a row: where it stands and how it becomes the channel's unit. */
interface NumberField {
  readonly field: number;
  readonly column: string;
  readonly scale: number;
  readonly offset: number;
  readonly min: number;
  readonly max: number;
  /** Raw values that mean "none". */
  readonly invalid: readonly number[];
  /** From the raw value to the number that it means; null: it is the number. */
  readonly decoded: ((raw: number) => number) | null;
  /** Bits of a signed integer that was read as unsigned; 0: it was not. */
  readonly signedBits: number;
  /** None of them is set. */
  readonly isPlain: boolean;
}

/**
 * Temperatures of one byte, 1 K a bit from −40 °C: 254 means "error" and 255 "not available" (SAE J1939-71 and GB/T 32960.3
 * alike; readings end at 250, which is 210 °C).
 */
const BYTE_TEMPERATURE = { offset: -40, scale: 1, invalid: [254, 255] } as const;

function invalidOf(
  { invalid, offset, scale = 1, signed, negativeFrom }: Coding & { offset?: number; scale?: number },
  unit: string,
): readonly number[] {
  if (invalid !== undefined) return invalid;
  const isByteTemperature =
    unit === 'degC' &&
    offset === BYTE_TEMPERATURE.offset &&
    scale === 1 &&
    signed === undefined &&
    negativeFrom === undefined;
  return isByteTemperature ? BYTE_TEMPERATURE.invalid : [];
}

/** Of a signed integer the least means it, and the rest are values. */
const isNotAvailable = (raw: number, signedBits: number): boolean =>
  signedBits === 0 ? isSentinel(raw) || isScaledSentinel(raw) : raw === 2 ** (signedBits - 1);

function decoderOf({ signed, negativeFrom }: Coding): NumberField['decoded'] {
  if (negativeFrom !== undefined) return (raw) => (raw >= negativeFrom ? negativeFrom - raw : raw);
  if (signed === undefined) return null;
  const count = 2 ** signed;
  return (raw) => (raw >= count / 2 && raw < count ? raw - count : raw);
}

interface CellsFields {
  readonly fields: readonly NumberField[];
  /** Cells that arrive as one list in one field. */
  readonly list: NumberField | null;
  values: Float64Array;
}

interface Target {
  readonly frame: Frame;
  /** The mapping names the module; otherwise each row does. */
  readonly isFixed: boolean;
  /** Stands behind the row's module where a row is split: `Pack7` and `Module01` make `Pack7_Module01`. */
  readonly suffix: string;
  readonly hasRack: boolean;
  readonly channels: readonly { readonly index: number; readonly number: NumberField }[];
  readonly voltages: CellsFields | null;
  readonly temperatures: CellsFields | null;
}

export interface DecoderOptions {
  /** The time field already holds Unix ms (a typed column of a table). */
  readonly timeIsUnixMs?: boolean;
  /** Kept by the caller where they outlive the decoder; the caller then flushes them. */
  readonly clocks?: FrameClocks;
  /** Numbers that are no Unix time of these decades are ms all the same: a live sender without the time still delivers. */
  readonly acceptsAnyNumber?: boolean;
  /** Which file of an archive is decoded, where it has several. */
  readonly entry?: string;
  /** Of CSV and NDJSON: a longer line is rejected. Default 1 MiB. */
  readonly maxLineBytes?: number;
  /** Of CSV: a line with more fields is rejected, a header with more is an error. */
  readonly maxFields?: number;
  /** Fields that are passed over on purpose, beside those of the mapping; `*` stands for any characters. */
  readonly ignore?: readonly string[];
}

/** Fields of the source that a mapping does not use, and optional columns that the source lacks. */
export interface Coverage {
  readonly unusedFields: readonly string[];
  /** Of them, those that nobody said are passed over on purpose. */
  readonly unknownFields: readonly string[];
  readonly absentColumns: readonly string[];
}

interface Segment {
  key: string;
  baseMs: number;
  elapsedStartMs: number;
}

export class FrameDecoder {
  readonly coverage: Coverage;
  private readonly sink: FrameSink;
  private readonly mapping: Mapping;
  private readonly fieldNames: readonly string[];
  private readonly targets: readonly Target[];
  private readonly timeField: number;
  private readonly moduleField: number;
  private readonly rackField: number;
  private readonly segmentFields: readonly number[];
  private readonly readTime: (row: Row) => number;
  private readonly isElapsed: boolean;
  private readonly startMs: number;
  private readonly segmentGapMs: number;
  private readonly known: ReadonlySet<string> | null;
  private readonly missingTexts: ReadonlySet<string>;
  private readonly missingNumbers: readonly number[];
  private readonly clocks: FrameClocks;
  private readonly ownsClocks: boolean;
  private readonly entry: string | undefined;
  private readonly orderField: number;
  private readonly facts: RowFacts = { isKnownStep: false, order: Number.NaN };
  private startsSegment = false;
  private readonly segments = new Map<string, Segment>();
  private readonly used = new Set<string>();
  private readonly absent: string[] = [];

  /** Throws InputError where the source lacks a column that the mapping needs. */
  constructor(
    mapping: Mapping,
    fieldNames: readonly string[],
    sink: FrameSink,
    options: DecoderOptions = {},
  ) {
    this.mapping = mapping;
    this.fieldNames = fieldNames;
    this.sink = sink;
    this.clocks = options.clocks ?? new ModuleClocks({ mergesRows: true });
    this.ownsClocks = options.clocks === undefined;
    this.entry = options.entry;
    this.timeField = this.fieldOf(mapping.time.column, 'time.column');
    const { column: moduleColumn } = mapping.module;
    this.moduleField = moduleColumn === undefined ? -1 : this.fieldOf(moduleColumn, 'module.column');
    this.rackField = this.optionalFieldOf(
      mapping.rack?.column,
      mapping.rack?.optional ?? false,
      'rack.column',
    );
    this.segmentFields = (mapping.time.segment ?? []).map((name) => this.fieldOf(name, 'time.segment'));
    this.orderField = this.optionalFieldOf(mapping.time.order, false, 'time.order');
    const format = mapping.time.format ?? 'auto';
    this.isElapsed = format.startsWith('elapsed_') && !options.timeIsUnixMs;
    this.readTime = this.timeReader(format, options);
    this.startMs = isoReader(mapping.time.zone ?? 'UTC')(mapping.time.start ?? '2000-01-01');
    if (Number.isNaN(this.startMs))
      throw new InputError(`time.start: "${mapping.time.start}" is no ISO time`);
    this.segmentGapMs = parseDurationMs(mapping.time.segmentGap ?? '1h') ?? MS_PER_H;
    this.known = mapping.module.known ? new Set(mapping.module.known) : null;
    this.missingTexts = new Set((mapping.missing ?? []).map(String));
    this.missingNumbers = (mapping.missing ?? [])
      .map((value) => (typeof value === 'number' ? value : numberOfText(value.trim())))
      .filter((value) => !Number.isNaN(value));
    this.targets = this.compileTargets();
    const isIgnored = nameMatcher([...(mapping.ignore ?? []), ...(options.ignore ?? [])]);
    const unusedFields = fieldNames.filter((name) => !this.used.has(name));
    this.coverage = {
      unusedFields,
      unknownFields: unusedFields.filter((name) => name !== '' && !isIgnored(name)),
      absentColumns: this.absent,
    };
  }

  decode(row: Row): void {
    const timeMs = this.readTime(row);
    // Written so that NaN, too, is refused.
    if (!(timeMs <= MAX_TIME_MS && timeMs >= -MAX_TIME_MS)) {
      const text = row.text(this.timeField);
      this.emitRejection(
        row,
        text === '' ? 'missing-time' : 'bad-time',
        'row',
        this.mapping.time.column,
        text,
      );
      return;
    }
    for (const target of this.targets) this.decodeTarget(row, target, timeMs);
  }

  /** No more rows. */
  finish(): void {
    if (this.ownsClocks) this.clocks.flush(this.sink);
  }

  /** Refuses a record that has no fields to speak of, such as a line that is no JSON. */
  reject(reason: RejectionReason, line: number, value: string | null, column: string | null = null): void {
    this.sink.rejection({
      reason,
      scope: 'row',
      line,
      column,
      value: value === null ? null : quoteValue(value),
    });
  }

  private decodeTarget(row: Row, target: Target, readTimeMs: number): void {
    const { frame } = target;
    const { clocks } = this;
    if (!target.isFixed && !this.identify(row, target)) return;
    if (this.rackField >= 0 && !target.hasRack) frame.rackId = this.rackOf(row);
    const timeMs = this.isElapsed ? this.absoluteTimeMs(row, frame.moduleId, readTimeMs) : readTimeMs;
    frame.timeMs = timeMs;
    frame.impossible = 0;
    for (const { index, number } of target.channels) {
      frame.values[index] = this.readNumber(row, number, frame, 1 << index);
    }
    frame.cellVoltagesV = this.readCells(row, target.voltages, frame, CELL_VOLTAGES_BIT);
    frame.cellTemperaturesDegC = this.readCells(row, target.temperatures, frame, CELL_TEMPERATURES_BIT);
    const { facts } = this;
    facts.isKnownStep = this.isElapsed && this.startsSegment;
    if (this.orderField >= 0) facts.order = this.orderOf(row);
    const timeProblem = clocks.take(frame, row.line, this.sink, () => this.timeRejection(row), facts);
    if (timeProblem === null) return;
    if (timeProblem.reason === 'time-goes-back')
      clocks.noteSetBack(frame.moduleId, timeMs, row.line, this.entry);
    this.sink.rejection({ ...this.timeRejection(row), ...timeProblem });
  }

  /** A row without its number stands behind the others. */
  private orderOf(row: Row): number {
    const order = row.number(this.orderField);
    return Number.isNaN(order) ? Number.POSITIVE_INFINITY : order;
  }

  private timeRejection(row: Row): Rejection {
    const value = quoteValue(row.text(this.timeField));
    const rejection = {
      reason: 'duplicate-time',
      scope: 'row',
      line: row.line,
      column: this.mapping.time.column,
      value,
    } as const;
    return this.entry === undefined ? rejection : { ...rejection, entry: this.entry };
  }

  private rackOf(row: Row): string | null {
    const id = row.text(this.rackField);
    if (row.isName?.(this.rackField) !== false) return id || null;
    this.emitRejection(row, 'bad-name', 'value', this.mapping.rack?.column ?? null, id);
    return null;
  }

  private identify(row: Row, target: Target): boolean {
    const id = row.text(this.moduleField);
    const column = this.mapping.module.column ?? null;
    if (row.isName?.(this.moduleField) === false) {
      this.emitRejection(row, 'bad-name', 'row', column, id);
      return false;
    }
    if (id === '' || (this.missingTexts.size > 0 && this.missingTexts.has(id))) {
      this.emitRejection(row, 'missing-module', 'row', column, id);
      return false;
    }
    // Two names that differ only in letters that cannot be read would become one module.
    if (id.includes('\ufffd')) {
      this.emitRejection(row, 'bad-encoding', 'row', column, row.escapedText?.(this.moduleField) ?? id);
      return false;
    }
    if (this.known && !this.known.has(id)) {
      this.emitRejection(row, 'unknown-module', 'row', column, id);
      return false;
    }
    target.frame.moduleId = (target.suffix === '' ? id : id + target.suffix) as ModuleId;
    return true;
  }

  /** An elapsed clock starts again with each segment: the new one follows the last frame after a gap. */
  private absoluteTimeMs(row: Row, moduleId: string, elapsedMs: number): number {
    let key = '';
    for (const field of this.segmentFields) key += `${row.text(field)}\u0000`;
    const segment = this.segments.get(moduleId);
    this.startsSegment = segment?.key !== key;
    if (this.startsSegment) this.clocks.expectStep(moduleId, this.sink);
    const lastMs = this.clocks.lastMs(moduleId);
    if (!segment && lastMs === undefined) {
      this.segments.set(moduleId, { key, baseMs: this.startMs, elapsedStartMs: 0 });
      return this.startMs + elapsedMs;
    }
    if (!segment || this.startsSegment) {
      // Also the next file of an archive: its clock starts again, whatever its segment is called.
      const next = { key, baseMs: (lastMs ?? this.startMs) + this.segmentGapMs, elapsedStartMs: elapsedMs };
      this.segments.set(moduleId, next);
      return next.baseMs;
    }
    return segment.baseMs + elapsedMs - segment.elapsedStartMs;
  }

  private readNumber(row: Row, number: NumberField, frame: Frame, bit: number): number {
    const raw = row.number(number.field);
    if (row.numberStatus === NUMBER_MISSING) return Number.NaN;
    if (row.numberStatus === NUMBER_BAD) {
      const text = row.text(number.field);
      if (this.missingTexts.size === 0 || !this.missingTexts.has(text))
        this.emitRejection(row, 'not-a-number', 'value', number.column, text);
      return Number.NaN;
    }
    const value = raw * number.scale + number.offset;
    const isPlain = number.isPlain && raw <= 32767 && raw >= -32767 && this.missingNumbers.length === 0;
    if (isPlain && value >= number.min && value <= number.max && !isScaledSentinel(raw)) return value;
    return this.checked(row, number, raw, -1, frame, bit);
  }

  /** The value in the channel's unit, or NaN and a rejection. `item`: position in a list, or -1. */
  private checked(
    row: Row,
    number: NumberField,
    raw: number,
    item: number,
    frame: Frame,
    bit: number,
  ): number {
    if (this.missingNumbers.includes(raw)) return Number.NaN;
    const meant = number.decoded === null ? raw : number.decoded(raw);
    const value = meant * number.scale + number.offset;
    const isRejected = number.invalid.includes(raw) || isNotAvailable(raw, number.signedBits);
    if (!isRejected && value >= number.min && value <= number.max) return value;
    if (!isRejected) frame.impossible |= bit;
    const column = item < 0 ? number.column : `${number.column}[${item}]`;
    const text = item < 0 ? row.text(number.field) : String(raw);
    this.emitRejection(row, isRejected ? 'sentinel' : 'out-of-range', 'value', column, text);
    return Number.NaN;
  }

  private readCells(row: Row, cells: CellsFields | null, frame: Frame, bit: number): Float64Array | null {
    if (!cells) return null;
    if (cells.list) return this.readCellList(row, cells, cells.list, frame, bit);
    const { fields, values } = cells;
    for (let i = 0; i < fields.length; i++) values[i] = this.readNumber(row, fields[i]!, frame, bit);
    return values;
  }

  private readCellList(row: Row, cells: CellsFields, number: NumberField, frame: Frame, bit: number) {
    const list = row.list(number.field);
    if (!list || list.length > MAX_CELLS) {
      const text = list ? `${list.length} items, at most ${MAX_CELLS}` : row.text(number.field);
      if (text !== '' && !this.missingTexts.has(text))
        this.emitRejection(row, list ? 'out-of-range' : 'not-a-number', 'value', number.column, text);
      return null;
    }
    if (cells.values.length !== list.length) cells.values = new Float64Array(list.length);
    for (let i = 0; i < list.length; i++)
      cells.values[i] = this.readItem(row, number, list[i], i, frame, bit);
    return cells.values;
  }

  private readItem(
    row: Row,
    number: NumberField,
    item: unknown,
    i: number,
    frame: Frame,
    bit: number,
  ): number {
    if (item === null || item === undefined) return Number.NaN;
    const raw = typeof item === 'string' ? numberOfText(item.trim()) : item;
    if (typeof raw === 'number' && !Number.isNaN(raw)) return this.checked(row, number, raw, i, frame, bit);
    const text = typeof item === 'string' ? item : jsonText(item);
    if (!this.missingTexts.has(text))
      this.emitRejection(row, 'not-a-number', 'value', `${number.column}[${i}]`, text);
    return Number.NaN;
  }

  private emitRejection(
    row: Row,
    reason: RejectionReason,
    scope: 'row' | 'value',
    column: string | null,
    value: string,
  ): void {
    this.sink.rejection({ reason, scope, line: row.line, column, value: quoteValue(value) });
  }

  private timeReader(
    format: string,
    { timeIsUnixMs, acceptsAnyNumber }: DecoderOptions,
  ): (row: Row) => number {
    const field = this.timeField;
    if (timeIsUnixMs) return (row) => row.number(field);
    const scaleMs = numericTimeScaleMs(format);
    if (scaleMs !== undefined) return (row) => row.number(field) * scaleMs;
    const zone = this.mapping.time.zone ?? 'UTC';
    if (format !== 'auto' && format !== 'iso') {
      const read = patternReader(format, zone);
      return (row) => read(row.text(field));
    }
    const iso = isoByteReader(zone);
    if (format === 'iso') return (row) => row.isoMs(field, iso);
    let isNumeric = false;
    const readUnix = (row: Row): number => {
      const value = row.number(field);
      const timeMs = unixMsBySize(value);
      return acceptsAnyNumber && Number.isNaN(timeMs) ? value : timeMs;
    };
    return (row) => {
      // What the row before was, this one will be.
      const timeMs = isNumeric ? readUnix(row) : row.isoMs(field, iso);
      if (!Number.isNaN(timeMs)) return timeMs;
      const otherMs = isNumeric ? row.isoMs(field, iso) : readUnix(row);
      if (!Number.isNaN(otherMs)) isNumeric = !isNumeric;
      return otherMs;
    };
  }

  private compileTargets(): Target[] {
    const { mapping } = this;
    const isSplit = mapping.split !== undefined && mapping.split.length > 0;
    const rackId = mapping.rack?.id ?? null;
    if (!isSplit) return [this.compileTarget(mapping, mapping.module.id ?? null, '', rackId)];
    const isNamedByRow = mapping.module.column !== undefined;
    return mapping.split.map((part) => {
      const merged: TargetMapping = {
        ...part,
        channels: { ...mapping.channels, ...part.channels },
      };
      const [id, suffix] = isNamedByRow ? [null, `_${part.id}`] : [part.id, ''];
      return this.compileTarget(merged, id, suffix, part.rack ?? rackId);
    });
  }

  private compileTarget(
    target: TargetMapping,
    id: string | null,
    suffix: string,
    rackId: string | null,
  ): Target {
    const channels: { index: number; number: NumberField }[] = [];
    for (const [channelId, entry] of Object.entries(target.channels ?? {})) {
      const field = this.optionalFieldOf(entry.column, entry.optional ?? false, `channels.${channelId}`);
      if (field < 0) continue;
      const index = CHANNEL_INDEX[channelId as ChannelId];
      const sign = entry.positive === 'discharging' ? -1 : 1;
      channels.push({ index, number: this.numberField(field, channelAt(index), entry, sign) });
    }
    return {
      frame: newFrame(id ?? '', rackId),
      isFixed: id !== null,
      suffix,
      hasRack: rackId !== null,
      channels,
      voltages: this.compileCells(target.cell_voltages_v, 0),
      temperatures: this.compileCells(target.cell_temperatures_degc, 1),
    };
  }

  private compileCells(cells: CellsMapping | undefined, which: 0 | 1): CellsFields | null {
    if (!cells) return null;
    const array = CELL_ARRAYS[which];
    const names = cells.list === undefined ? expandColumns(cells.columns ?? [], array.id) : [cells.list];
    const fields = names.flatMap((column) => {
      const field = this.optionalFieldOf(column, cells.list !== undefined, array.id);
      return field < 0 ? [] : [this.numberField(field, array, cells, 1)];
    });
    if (fields.length === 0) return null;
    const list = cells.list === undefined ? null : fields[0]!;
    return { fields, list, values: new Float64Array(list ? 0 : fields.length) };
  }

  private numberField(
    field: number,
    limits: { unit: Parameters<typeof conversionTo>[0]; plausibleMin: number; plausibleMax: number },
    entry: Coding & { unit?: string; scale?: number; offset?: number; range?: readonly [number, number] },
    sign: number,
  ): NumberField {
    const conversion = conversionTo(limits.unit, entry.unit ?? limits.unit)!;
    const scale = (entry.scale ?? 1) * sign;
    const offset = (entry.offset ?? 0) * sign;
    const invalid = invalidOf(entry, entry.unit ?? limits.unit);
    return {
      field,
      column: this.fieldNames[field]!,
      scale: scale * conversion.scale,
      offset: offset * conversion.scale + conversion.offset,
      min: Math.max(limits.plausibleMin, entry.range?.[0] ?? Number.NEGATIVE_INFINITY),
      max: Math.min(limits.plausibleMax, entry.range?.[1] ?? Number.POSITIVE_INFINITY),
      invalid,
      decoded: decoderOf(entry),
      signedBits: entry.signed ?? 0,
      isPlain: invalid.length === 0 && entry.signed === undefined && entry.negativeFrom === undefined,
    };
  }

  private optionalFieldOf(column: string | undefined, isOptional: boolean, place: string): number {
    if (column === undefined) return -1;
    if (isOptional && !this.fieldNames.includes(column)) {
      this.absent.push(column);
      return -1;
    }
    return this.fieldOf(column, place);
  }

  private fieldOf(column: string, place: string): number {
    const field = this.fieldNames.indexOf(column);
    this.used.add(column);
    if (field >= 0) return field;
    const shown = this.fieldNames.slice(0, 20).join(', ');
    const more = this.fieldNames.length > 20 ? `, … ${this.fieldNames.length - 20} more` : '';
    throw new InputError(
      `column "${column}" (${place} of mapping "${this.mapping.name}") is missing; the file has: ${shown}${more}`,
    );
  }
}
