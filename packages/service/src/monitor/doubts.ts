/** Why the data of a module do not say how it is now, in words. */
import type { Reason } from '@emberwatch/engine/detector';
import { MS_PER_S } from '@emberwatch/engine/units';
import { MAX_CLOCK_ERROR_MS } from '../limits.ts';
import { REASON_TEXTS } from '../messages.ts';
import type { HostClock } from './host-clock.ts';

const doubtOf = (
  rule: string,
  what: 'silence' | 'lag' | 'age' | 'clock' | 'hostClock',
  spanMs: number,
): Reason => ({
  rule,
  physics: null,
  text: REASON_TEXTS[what](spanMs),
  value: spanMs / MS_PER_S,
  limit: null,
  unit: 's',
});

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
  if (isSilent && !Number.isNaN(ageMs)) doubts.push(doubtOf('age', 'age', host.trusted(wallMs) - timeMs));
  else if (isSilent) doubts.push(doubtOf('silence', 'silence', wallMs - arrivals.lastMs));
  else if (lagMs !== null) doubts.push(doubtOf('silence', 'lag', lagMs));
  if (Math.abs(clockErrorMs) > MAX_CLOCK_ERROR_MS) doubts.push(doubtOf('clock', 'clock', clockErrorMs));
  if (!host.isAgeKnown) doubts.push(doubtOf('clock', 'hostClock', host.suspectedByMs ?? 0));
  return doubts;
}
