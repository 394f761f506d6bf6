/** Instants as they are read at the site or in UTC. Every time on the page comes through here. */
import { createContext, useContext } from 'react';
import { settingOf } from './setting.ts';

export const ZONE_CHOICES = ['utc', 'site'] as const;
export const zoneSetting = settingOf('times', ZONE_CHOICES, 'utc');

export interface Times {
  /** IANA name, such as `Europe/Berlin`. */
  readonly zone: string;
  /** `2026-01-15` */
  date(timeMs: number): string;
  /** `08:15:00` */
  time(timeMs: number): string;
  /** `2026-01-15 08:15:00 UTC` */
  instant(timeMs: number): string;
  /** Time of day, with the day only where it is another than the clock's. */
  short(timeMs: number, clockMs: number | null): string;
  /** `UTC`, `CET`, `GMT+8` */
  zoneName(timeMs: number): string;
}

/** Throws `RangeError` where the zone is none. */
export function timesIn(zone: string): Times {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const names = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' });
  const partsOf = (timeMs: number): Record<string, string> =>
    Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const date = (timeMs: number): string => {
    const { year, month, day } = partsOf(timeMs);
    return `${year}-${month}-${day}`;
  };
  const time = (timeMs: number): string => {
    const { hour, minute, second } = partsOf(timeMs);
    return `${hour}:${minute}:${second}`;
  };
  const zoneName = (timeMs: number): string =>
    names.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  return {
    zone,
    date,
    time,
    zoneName,
    instant: (timeMs) => `${date(timeMs)} ${time(timeMs)} ${zoneName(timeMs)}`,
    short: (timeMs, clockMs) =>
      clockMs !== null && date(clockMs) === date(timeMs) ? time(timeMs) : `${date(timeMs)} ${time(timeMs)}`,
  };
}

/** Of the site; where the service does not say, this computer stands for it. */
export function siteZone(reported: string | null | undefined): string {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!reported) return here;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: reported }).resolvedOptions().timeZone;
  } catch {
    return here;
  }
}

export const TimesContext = createContext<Times>(timesIn('UTC'));

export const useTimes = (): Times => useContext(TimesContext);
