/** What the service knows of a module beside what its detector knows. */
import { ALARM_LEVELS, type Level } from '@emberwatch/engine/detector';
import type { Frame } from '@emberwatch/engine/telemetry';
import type { HotSensor } from '../alarms/conditions.ts';
import type { MainStream } from './side-streams.ts';
import { pointOfValues, SIGNALS } from './signals.ts';
import { Arrivals } from './silence.ts';

export interface KnownModule {
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly gatewayId: string | null;
  readonly lastMs: number;
  readonly lastKnownLevel: Level | null;
}

export interface ModuleEntry {
  readonly moduleId: string;
  rackId: string | null;
  timeMs: number;
  /** How far its last stamp was from the clock, where it was not believed; else 0. */
  clockErrorMs: number;
  /** Its last frame was not of now when it came: how old it was; NaN where it was. */
  ageMs: number;
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
/** What supervision looks at, once a second. */
export type WatchedEntry = Readonly<Omit<ModuleEntry, 'values'>>;

export const isAlarm = (level: Level): boolean => (ALARM_LEVELS as readonly Level[]).includes(level);

export const newEntry = (frame: Frame, gatewayId: string | null): ModuleEntry => ({
  moduleId: frame.moduleId,
  rackId: frame.rackId,
  timeMs: frame.timeMs,
  clockErrorMs: 0,
  ageMs: Number.NaN,
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

export const mainOf = (entry: ModuleEntry): MainStream => ({
  gatewayId: entry.gatewayId,
  timeMs: entry.timeMs,
  ...pointOfValues(entry.values),
});

/** As the store knows it: silent until it delivers, and nothing of its values. */
export function makeKnown(entry: ModuleEntry, known: KnownModule, wallMs: number): void {
  entry.gatewayId = known.gatewayId;
  entry.lastKnownLevel = known.lastKnownLevel;
  entry.isSilent = true;
  entry.silentSinceMs = wallMs;
  entry.arrivals.lastMs = Math.min(known.lastMs, wallMs);
  entry.values.fill(Number.NaN);
}

/** By signal, as they are shown. */
export function valuesOf(entry: ModuleEntry): Record<string, number | null> {
  const values: Record<string, number | null> = {};
  for (let i = 0; i < SIGNALS.length; i++) {
    const value = entry.values[i]!;
    values[SIGNALS[i]!.id] = Number.isFinite(value) ? Number(value.toPrecision(7)) : null;
  }
  return values;
}
