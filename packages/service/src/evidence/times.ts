/** Times as people read them: always with the zone they are in. */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** Longest that `Date` can hold, either side of 1970. */
const MAX_TIME_MS = 8.64e15;

/** UTC where the zone is not known here: a sheet for the fire service must not fail for that. */
export function knownZone(timeZone: string | undefined): string {
  if (timeZone === undefined) return 'UTC';
  try {
    formatOf(timeZone);
    return timeZone;
  } catch {
    return 'UTC';
  }
}

/** `2026-01-01 09:00:10`, without the zone. @throws RangeError where the zone is unknown */
export function localText(timeMs: number, timeZone: string): string {
  if (!(Math.abs(timeMs) <= MAX_TIME_MS)) return 'unknown time';
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(timeMs)
      .map(({ type, value }) => [type, value]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}:${of('second')}`;
}

/** `2026-01-01 08:00:10 UTC = 09:00:10 Europe/Vienna`; the day twice only where it is another. */
export function instantText(timeMs: number, timeZone: string): string {
  const utc = localText(timeMs, 'UTC');
  if (timeZone === 'UTC') return `${utc} UTC`;
  const local = localText(timeMs, timeZone);
  const isSameDay = local.slice(0, 10) === utc.slice(0, 10);
  return `${utc} UTC = ${isSameDay ? local.slice(11) : local} ${timeZone}`;
}

/** The two largest units, `4 min 10 s`, on one line. */
export function spanText(spanMs: number): string {
  if (!Number.isFinite(spanMs)) return 'unknown';
  const s = Math.max(0, Math.round(spanMs / MS_PER_S)) * MS_PER_S;
  if (s < MS_PER_MIN) return `${s / MS_PER_S}\u00a0s`;
  const pair = (largeMs: number, large: string, smallMs: number, small: string): string => {
    const rest = Math.floor((s % largeMs) / smallMs);
    return `${Math.floor(s / largeMs)}\u00a0${large}${rest > 0 ? `\u00a0${rest}\u00a0${small}` : ''}`;
  };
  if (s < MS_PER_H) return pair(MS_PER_MIN, 'min', MS_PER_S, 's');
  if (s < MS_PER_DAY) return pair(MS_PER_H, 'h', MS_PER_MIN, 'min');
  return pair(MS_PER_DAY, 'd', MS_PER_H, 'h');
}
