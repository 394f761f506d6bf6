/** Reading of time stamps without a clock: all arithmetic on the proleptic Gregorian calendar, UTC. */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '../units.ts';

/** Days from 1970-01-01 (Howard Hinnant, chrono-compatible date algorithms, days_from_civil). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function instantMs(
  year: number,
  month: number,
  day: number,
  h: number,
  min: number,
  s: number,
  ms: number,
): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month < 1 || month > 12 || day < 1 || day > DAYS_IN_MONTH[month - 1]!) return Number.NaN;
  if ((month === 2 && day === 29 && !isLeap) || h > 24 || min > 59 || s > 60) return Number.NaN;
  return daysFromCivil(year, month, day) * MS_PER_DAY + h * MS_PER_H + min * MS_PER_MIN + s * MS_PER_S + ms;
}

/** Milliseconds of a zone written `UTC`, `Z`, `+08:00`, `-0330` or `+08`; NaN where it is none. */
export function zoneOffsetMs(zone: string): number {
  if (zone === 'UTC' || zone === 'Z' || zone === 'z') return 0;
  const match = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(zone);
  if (!match) return Number.NaN;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * MS_PER_H + Number(match[3] ?? 0) * MS_PER_MIN);
}

/** A reader takes the text of a stamp and returns Unix ms, NaN where it cannot be read. */
export type TimeReader = (text: string) => number;

const twoDigits = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
};

const ISO_TAIL = /^(?:[.,](\d{1,9}))?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?$/;

/** ISO 8601 with T or a blank, seconds and fraction optional; the zone in the text wins over the default. */
export function isoReader(defaultZone: string): TimeReader {
  const defaultOffsetMs = zoneOffsetMs(defaultZone);
  let cachedDay = '';
  let cachedDayMs = Number.NaN;
  return (text) => {
    const separator = text.charCodeAt(10);
    if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN;
    const day = text.slice(0, 10);
    if (day !== cachedDay) {
      const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
      cachedDayMs = instantMs(year, twoDigits(text, 5), twoDigits(text, 8), 0, 0, 0, 0);
      cachedDay = day;
    }
    if (text.length === 10) return cachedDayMs - defaultOffsetMs;
    if (separator !== 84 && separator !== 32 && separator !== 116) return Number.NaN;
    const [h, min] = [twoDigits(text, 11), twoDigits(text, 14)];
    const hasSeconds = text.charCodeAt(16) === 58;
    const s = hasSeconds ? twoDigits(text, 17) : 0;
    if (text.charCodeAt(13) !== 58 || h > 24 || min > 59 || s > 60) return Number.NaN;
    const clockMs = h * MS_PER_H + min * MS_PER_MIN + s * MS_PER_S;
    // 24:00 is midnight at the end of the day; nothing comes after it.
    if (clockMs > MS_PER_DAY) return Number.NaN;
    const tailAt = hasSeconds ? 19 : 16;
    if (text.length === tailAt) return cachedDayMs + clockMs - defaultOffsetMs;
    const tail = ISO_TAIL.exec(text.slice(tailAt));
    if (!tail) return Number.NaN;
    const fractionMs = tail[1] ? Math.round(Number(`0.${tail[1]}`) * MS_PER_S) : 0;
    return cachedDayMs + clockMs + fractionMs - (tail[2] ? zoneOffsetMs(tail[2]) : defaultOffsetMs);
  };
}

/** ISO 8601 in both shapes that a source can deliver. */
export interface IsoReader {
  readText(text: string): number;
  /** Only `yyyy-MM-dd HH:mm:ss` with T or a blank; NaN for any other shape: ask `readText` then. */
  readBytes(bytes: Uint8Array, start: number, end: number): number;
}

export function isoByteReader(defaultZone: string): IsoReader {
  const offsetMs = zoneOffsetMs(defaultZone);
  let cachedDay = -1;
  let cachedDayMs = Number.NaN;
  return {
    readText: isoReader(defaultZone),
    readBytes: (bytes, start, end) => {
      if (end - start !== 19 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return Number.NaN;
      if (bytes[start + 10] !== 32 && bytes[start + 10] !== 84) return Number.NaN;
      if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return Number.NaN;
      const year = byteDigits(bytes, start) * 100 + byteDigits(bytes, start + 2);
      const [month, day] = [byteDigits(bytes, start + 5), byteDigits(bytes, start + 8)];
      const h = byteDigits(bytes, start + 11);
      const min = byteDigits(bytes, start + 14);
      const s = byteDigits(bytes, start + 17);
      // Written so that NaN, which stands for what is no digit, falls out.
      if (!(h < 24 && min < 60 && s < 60)) return Number.NaN;
      const key = (year * 100 + month) * 100 + day;
      if (key !== cachedDay) {
        cachedDayMs = instantMs(year, month, day, 0, 0, 0, 0);
        cachedDay = key;
      }
      return cachedDayMs + h * MS_PER_H + min * MS_PER_MIN + s * MS_PER_S - offsetMs;
    },
  };
}

const byteDigits = (bytes: Uint8Array, at: number): number => {
  const [tens, ones] = [bytes[at]! - 48, bytes[at + 1]! - 48];
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? Number.NaN : tens * 10 + ones;
};

const PATTERN_PARTS = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss', 'SSS'] as const;

/** A reader for a pattern such as `dd/MM/yyyy HH:mm:ss`; parts that the pattern lacks are zero. */
export function patternReader(pattern: string, zone: string): TimeReader {
  const order: string[] = [];
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/yyyy|MM|dd|HH|mm|ss|SSS/g, (part) => {
      order.push(part);
      return part === 'SSS' ? '(\\d{1,3})' : `(\\d{${part === 'yyyy' ? 4 : '1,2'}})`;
    });
  const regex = new RegExp(`^${source}$`);
  const offsetMs = zoneOffsetMs(zone);
  const places = PATTERN_PARTS.map((part) => order.indexOf(part) + 1);
  return (text) => {
    const match = regex.exec(text);
    if (!match) return Number.NaN;
    const part = (i: number, absent: number): number => (places[i] ? Number(match[places[i]!]) : absent);
    const ms = places[6] ? Number(match[places[6]]!.padEnd(3, '0')) : 0;
    return (
      instantMs(part(0, 1970), part(1, 1), part(2, 1), part(3, 0), part(4, 0), part(5, 0), ms) - offsetMs
    );
  };
}

/** Number of milliseconds in one step of a numeric time format; undefined for formats that are text. */
export function numericTimeScaleMs(format: string): number | undefined {
  const unit = /^(?:unix|elapsed)_(us|ms|s|min|h)$/.exec(format)?.[1];
  return { us: 1e-3, ms: 1, s: MS_PER_S, min: MS_PER_MIN, h: MS_PER_H }[unit ?? ''];
}

/** Unix time of unknown unit: seconds, ms or µs by size (from 1990 on); NaN where it is none of them. */
export function unixMsBySize(value: number): number {
  if (value >= 6e8 && value < 1e11) return value * MS_PER_S;
  if (value >= 6e11 && value < 1e14) return value;
  if (value >= 6e14 && value < 1e17) return value / 1e3;
  return Number.NaN;
}
