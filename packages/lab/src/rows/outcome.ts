/** What is kept of a run: counts, times and extremes; no series. */
import type { RunRecord } from '../dataset/manifest.ts';

export const CALIBRATION_BINS = 20;

export const REGIMES = ['rest', 'charge', 'end of charge', 'discharge', 'current not known'] as const;
export type Regime = (typeof REGIMES)[number];

/** Modules of a run to which nothing hazardous had happened yet, of one kind. */
export interface Exposure {
  /** `calm`, the disturbance, or `sensor fault`. */
  readonly kind: string;
  modules: number;
  /** Time that was looked at, without gaps. */
  moduleS: number;
  /** Per score: alarm episodes at each level of its grid, over all modules. */
  readonly episodes: Float64Array[];
  /** Episodes of the real policy at advisory, warning and critical or above. */
  readonly alarms: number[];
  /** The same by the gravest rule at the start of the episode: which row of the policy gave it. */
  readonly rules: Record<string, number[]>;
  /** Per module: the highest held value of each score. */
  readonly max: Float32Array[];
}

/** A module to which something hazardous happened. */
export interface FaultMetrics {
  readonly module: string;
  readonly kind: string;
  /** False: the fault was another module's and came over. */
  readonly isOwn: boolean;
  /** Onset, points of no return and runaway (null: never reached), s from the start of the run. */
  readonly fromS: number;
  readonly pnrS: number | null;
  readonly pnrInterventionS: number | null;
  readonly runawayS: number | null;
  readonly vented: boolean;
  /** Per score: when each level of its grid was first reached from the onset on, s; NaN never. */
  readonly crossedS: readonly Float64Array[];
  /** Per score: highest held value from the onset to the point of no return, or to the end. */
  readonly max: number[];
  /** When the real policy first said advisory, warning, critical from the onset on, s; NaN never. */
  readonly alarmS: number[];
  /** Per score: place among the modules of the run at the point of no return, 1 the highest; null of one module. */
  rank: number[] | null;
  readonly modules: number;
}

export interface RunMetrics {
  readonly record: Omit<RunRecord, 'modules'>;
  readonly frames: number;
  readonly exposures: readonly Exposure[];
  readonly regimes: readonly { regime: Regime; moduleS: number; alarms: number[] }[];
  readonly faults: readonly FaultMetrics[];
  /** Per bin of probability: time, hazardous time, sum of probability, sum of squared error, each in s. */
  readonly reliability: Float64Array;
}
