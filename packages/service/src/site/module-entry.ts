/** What the service knows of a module beside what its detector knows. */
import type { Level, Reason } from '@emberwatch/engine/detector';
import type { Frame } from '@emberwatch/engine/telemetry';
import type { HotSensor } from '../alarms/conditions.ts';
import { MAX_LEAP_MS } from '../limits.ts';
import type { MainStream } from './side-streams.ts';
import { pointOfValues, SIGNALS } from './signals.ts';
import { Arrivals } from './silence.ts';

export interface ModuleEntry {
  readonly moduleId: string;
  rackId: string | null;
  timeMs: number;
  /** How far the last frame was ahead of the wall clock when it came. */
  aheadMs: number;
  /** Stamp that was refused because it leaps ahead; NaN where the last frame was taken. */
  leaptMs: number;
  /** As people see it, and of the main stream alone. */
  level: Level;
  ownLevel: Level;
  lastKnownLevel: Level | null;
  /** It was in alarm once. */
  hadHazard: boolean;
  isSilent: boolean;
  gatewayId: string | null;
  /** Whose place it takes. */
  broughtBy: string | null;
  /** When its silence was found, wall clock; NaN while it delivers. */
  silentSinceMs: number;
  /** Since when it delivers without being judged, wall clock; NaN while it is judged. */
  unjudgedSinceMs: number;
  /** How far behind the site it was when it was called silent for it, ms of data; NaN while it keeps up. */
  lagMs: number;
  /** Open sensor faults. */
  faults: number;
  /** Of them the one that read hottest, where that is as hot as what burns. */
  hotSensor: HotSensor | null;
  readonly values: Float64Array;
  readonly arrivals: Arrivals;
}

/** @param gatewayId whose place it takes */
export const newEntry = (frame: Frame, gatewayId: string | null): ModuleEntry => ({
  moduleId: frame.moduleId,
  rackId: frame.rackId,
  timeMs: frame.timeMs,
  aheadMs: 0,
  leaptMs: Number.NaN,
  level: 'unknown',
  ownLevel: 'unknown',
  lastKnownLevel: null,
  hadHazard: false,
  isSilent: false,
  gatewayId: null,
  broughtBy: gatewayId,
  silentSinceMs: Number.NaN,
  unjudgedSinceMs: Number.NaN,
  lagMs: Number.NaN,
  faults: 0,
  hotSensor: null,
  values: new Float64Array(SIGNALS.length),
  arrivals: new Arrivals(),
});

/** After a real pause a clock is as far ahead as before; a second frame that follows the leap settles it. */
export const leapsAhead = (entry: ModuleEntry, timeMs: number, wallMs: number): boolean =>
  timeMs - entry.timeMs > MAX_LEAP_MS &&
  timeMs - wallMs > entry.aheadMs + MAX_LEAP_MS &&
  !(timeMs > entry.leaptMs);

export const mainOf = (entry: ModuleEntry): MainStream => ({
  gatewayId: entry.gatewayId,
  timeMs: entry.timeMs,
  ...pointOfValues(entry.values),
});

export const silenceReason = (silentMs: number): Reason => ({
  rule: 'silence',
  physics: null,
  text: `No frame has arrived for ${Math.round(silentMs / 1000)} s.`,
  value: silentMs / 1000,
  limit: null,
  unit: 's',
});

export const lagReason = (lagMs: number): Reason => ({
  rule: 'silence',
  physics: null,
  text: `Its frames are ${Math.round(lagMs / 1000)} s behind those of the site.`,
  value: lagMs / 1000,
  limit: null,
  unit: 's',
});
