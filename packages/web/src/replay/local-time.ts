/** Instants as a field for dates and times writes them, in the zone that the page shows. */
import type { Times } from '../ui/times.ts';

/** `2026-01-15T08:15:00` */
export const fieldText = (times: Times, timeMs: number): string =>
  `${times.date(timeMs)}T${times.time(timeMs)}`;

/** Unix ms; NaN for a text that is no time. An hour that a clock set back shows twice means its first one. */
export function timeOfField(times: Times, text: string): number {
  const asUtcMs = Date.parse(`${text.length === 16 ? `${text}:00` : text}Z`);
  if (Number.isNaN(asUtcMs)) return Number.NaN;
  // The offset of the zone is that of the instant that is sought: found in two steps.
  let timeMs = asUtcMs;
  for (let step = 0; step < 2; step++) timeMs += asUtcMs - Date.parse(`${fieldText(times, timeMs)}Z`);
  return timeMs;
}
