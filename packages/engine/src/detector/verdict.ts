/** What the detector says of a module, and how it says it. */
import type { Physics } from './feature.ts';
import type { FeatureId } from './features.ts';

export const LEVELS = ['unknown', 'normal', 'advisory', 'warning', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** The levels that people are told of. */
export const ALARM_LEVELS = ['advisory', 'warning', 'critical'] as const satisfies readonly Level[];
export type AlarmLevel = (typeof ALARM_LEVELS)[number];

/** unknown 0, normal 1, advisory 2, warning 3, critical 4: doubt ranks below all that is known. */
export const levelRank = (level: Level): number => LEVELS.indexOf(level);

export interface Reason {
  /** Row of the policy table, or `silence`, `warm-up`, `sensor`. */
  readonly rule: string;
  readonly physics: Physics | null;
  /** A sentence for the operator, with value, limit and unit. */
  readonly text: string;
  /** The figure behind it and what it was compared with; null where there is none. */
  readonly value: number | null;
  readonly limit: number | null;
  readonly unit: string | null;
}

/** Seconds to the point of no return, given that there is one; low and high are quantiles (0.1 and 0.9 as trained). */
export interface TimeToPnr {
  readonly lowS: number;
  readonly medianS: number;
  readonly highS: number;
}

/** A figure that moved the probability upwards. */
export interface Driver {
  readonly feature: FeatureId;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  /** Null where it was not measured: that it is missing moved the probability. */
  readonly value: number | null;
  /** Of all that moved it upwards, 0 to 1. */
  readonly share: number;
}

export interface Verdict {
  readonly moduleId: string;
  readonly rackId: string | null;
  /** Time of the last frame, Unix ms. */
  readonly timeMs: number;
  readonly level: Level;
  /** Since when the level holds, Unix ms. */
  readonly sinceMs: number;
  readonly reasons: readonly Reason[];
  /** What could not be judged for want of which channels, in words. */
  readonly missing: readonly string[];
  /** Calibrated, 0 to 1; null without a model and while the data cannot be believed. */
  readonly hazardProbability: number | null;
  /** Null without a model, and below its advisory threshold. */
  readonly timeToPnr: TimeToPnr | null;
  /** The three figures that moved the probability up most; empty below the advisory threshold, null without a model. */
  readonly drivers: readonly Driver[] | null;
}

export interface LevelChange {
  readonly timeMs: number;
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly from: Level;
  readonly to: Level;
  readonly reasons: readonly Reason[];
}

export const SENSOR_FAULT_KINDS = {
  stuck: 'does not move while its siblings or the load do',
  impossible: 'delivers values that cannot be measurements',
  dropout: 'has stopped delivering',
  disagrees: 'contradicts the other channels',
} as const;
export type SensorFaultKind = keyof typeof SENSOR_FAULT_KINDS;

export interface SensorFault {
  readonly moduleId: string;
  /** Channel id, or `cell_voltages_v[12]` with the position counted from 1. */
  readonly channel: string;
  readonly kind: SensorFaultKind;
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** A sentence for the operator. */
  readonly text: string;
  /** The highest temperature that it has read while it was not believed; absent for other channels. */
  readonly hottestDegC?: number;
}

/** A broken sensor that reads as much may stand on something that burns: nobody can tell from afar. */
export const HOT_READING_DEG_C = 100;

export interface DetectorSink {
  change?(change: LevelChange): void;
  /** Called when a fault begins, when its reading passes `HOT_READING_DEG_C`, and, with `toMs`, when it ends. */
  sensorFault?(fault: SensorFault): void;
}
