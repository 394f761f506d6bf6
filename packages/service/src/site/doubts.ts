/** Why the data of a module do not say how it is now, in words. */
import type { Reason } from '@emberwatch/engine/detector';
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { type HostClock, MAX_CLOCK_ERROR_MS } from './host-clock.ts';

/** `45 s`, `61 min`, `5.0 h`, `400 days`. */
export function spanText(spanMs: number): string {
  const lengthMs = Math.abs(spanMs);
  if (lengthMs < 100 * MS_PER_S) return `${Math.round(lengthMs / MS_PER_S)} s`;
  if (lengthMs < 100 * MS_PER_MIN) return `${Math.round(lengthMs / MS_PER_MIN)} min`;
  if (lengthMs < 2 * MS_PER_DAY) return `${(lengthMs / MS_PER_H).toFixed(1)} h`;
  return `${Math.round(lengthMs / MS_PER_DAY)} days`;
}

/** `10 min ahead of`, `5.0 h behind`. */
export const awayText = (errorMs: number): string =>
  `${spanText(errorMs)} ${errorMs > 0 ? 'ahead of' : 'behind'}`;

const doubt = (rule: string, spanMs: number, text: string): Reason => ({
  rule,
  physics: null,
  text,
  value: spanMs / MS_PER_S,
  limit: null,
  unit: 's',
});

const silenceReason = (silentMs: number): Reason =>
  doubt('silence', silentMs, `No frame has arrived for ${Math.round(silentMs / MS_PER_S)} s.`);

const lagReason = (lagMs: number): Reason =>
  doubt('silence', lagMs, `Its frames are ${Math.round(lagMs / MS_PER_S)} s behind those of the site.`);

const ageReason = (ageMs: number): Reason => doubt('age', ageMs, `Its data are ${spanText(ageMs)} old.`);

const clockReason = (errorMs: number): Reason =>
  doubt(
    'clock',
    errorMs,
    `Its stamps are ${awayText(errorMs)} the clock of this service: how old its data are is not known.`,
  );

const hostClockReason = (errorMs: number): Reason =>
  doubt(
    'clock',
    errorMs,
    `The clock of this computer is ${awayText(errorMs)} the gateways: either it is wrong, or all data come late.`,
  );

export interface Doubted {
  readonly timeMs: number;
  readonly isSilent: boolean;
  readonly ageMs: number;
  readonly clockErrorMs: number;
  readonly arrivals: { readonly lastMs: number };
}

/** Why nothing that its data say can be taken for how it is now; empty: it can. @param lagMs in playback; null: none */
export function doubtsOf(entry: Doubted, lagMs: number | null, host: HostClock, wallMs: number): Reason[] {
  const doubts: Reason[] = [];
  const { isSilent, ageMs, clockErrorMs, arrivals, timeMs } = entry;
  if (isSilent && !Number.isNaN(ageMs)) doubts.push(ageReason(host.trusted(wallMs) - timeMs));
  else if (isSilent) doubts.push(silenceReason(wallMs - arrivals.lastMs));
  else if (lagMs !== null) doubts.push(lagReason(lagMs));
  if (Math.abs(clockErrorMs) > MAX_CLOCK_ERROR_MS) doubts.push(clockReason(clockErrorMs));
  if (!host.isAgeKnown) doubts.push(hostClockReason(host.suspectedByMs ?? 0));
  return doubts;
}
