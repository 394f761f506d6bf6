import { NoValue } from './json.ts';
import { numberOfText } from './number-text.ts';
import type { IsoReader } from './time.ts';

/** One record of a source, whatever its format: the decoder asks for fields by position. */
export const NUMBER_OK = 0;
export const NUMBER_MISSING = 1;
export const NUMBER_BAD = 2;

export interface Row {
  /** 1-based line of a text file, or row of a table. */
  readonly line: number;
  /** What the last call of `number` found: NUMBER_OK, NUMBER_MISSING or NUMBER_BAD. */
  readonly numberStatus: number;
  /** The number in the field; NaN unless `numberStatus` is NUMBER_OK. */
  number(field: number): number;
  /** The field as text, trimmed; '' where missing. */
  text(field: number): string;
  /** False where the field holds what is no name: a record, a list, `NaN`. Absent: whatever stands there is text. */
  isName?(field: number): boolean;
  /** The field with each byte that is no UTF-8 as `\xE9`, where the source has bytes. */
  escapedText?(field: number): string;
  /** The field as an ISO time, Unix ms; NaN where it is none. */
  isoMs(field: number, iso: IsoReader): number;
  /** All numbers of an array field, or null: JSON and Parquet can carry cells as one list. */
  list(field: number): ArrayLike<unknown> | null;
}

/** A value of JSON as it stood, whatever it is: what nests too deep to be written is only named. */
export function jsonText(value: unknown): string {
  if (value instanceof NoValue) return value.text;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return '(nested too deep to show)';
  }
}

/** A record as a plain object, as JSON delivers it. */
export class RecordRow implements Row {
  line = 0;
  numberStatus = NUMBER_MISSING;
  private record: Readonly<Record<string, unknown>> = {};
  private readonly fields: readonly string[];

  constructor(fields: readonly string[]) {
    this.fields = fields;
  }

  set(record: Readonly<Record<string, unknown>>, line: number): this {
    this.record = record;
    this.line = line;
    return this;
  }

  private value(field: number): unknown {
    const name = this.fields[field]!;
    return Object.hasOwn(this.record, name) ? this.record[name] : undefined;
  }

  number(field: number): number {
    const value = this.value(field);
    if (value === null || value === undefined || (typeof value === 'string' && value.trim() === '')) {
      this.numberStatus = NUMBER_MISSING;
      return Number.NaN;
    }
    let number = Number.NaN;
    if (typeof value === 'number') number = value;
    else if (typeof value === 'bigint') number = Number(value);
    else if (typeof value === 'string') number = numberOfText(value.trim());
    this.numberStatus = Number.isNaN(number) ? NUMBER_BAD : NUMBER_OK;
    return number;
  }

  text(field: number): string {
    const value = this.value(field);
    if (value === null || value === undefined) return '';
    return typeof value === 'object' ? jsonText(value) : String(value).trim();
  }

  isName(field: number): boolean {
    const value = this.value(field);
    return value === null || (typeof value !== 'object' && typeof value !== 'boolean');
  }

  isoMs(field: number, iso: IsoReader): number {
    return iso.readText(this.text(field));
  }

  list(field: number): ArrayLike<unknown> | null {
    const value = this.value(field);
    return Array.isArray(value) ? value : null;
  }
}
