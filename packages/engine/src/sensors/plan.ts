/**
 * What measures a site, as a person writes it in YAML: a preset and what differs from it. `validateSensorPlan`
 * fills in every default, so that nothing below asks whether a setting is there. docs/sensors.md has the table.
 */
import type { ChannelId } from '../telemetry/index.ts';

/** Lowest and highest, drawn evenly in between. */
export type Span = readonly [number, number];

/** One sensor. Amounts are in the unit of its channel. */
export interface ValueSensor {
  readonly noiseSd: number;
  /** Smallest step that is transmitted; 0: none. */
  readonly resolution: number;
  /** Time to 90 % of a step, first order. */
  readonly t90S: number;
  /** Constant error. */
  readonly offset: number;
  /** Standard deviation of a constant error that each sensor has of its own. */
  readonly offsetSd: number;
  /** Slow wander: standard deviation, and the time after which it has forgotten where it was. Never beyond 3 sd. */
  readonly driftSd: number;
  readonly driftTimeS: number;
  /** What it can read; beyond, it reads the limit. */
  readonly min: number;
  readonly max: number;
  /** Share of values that do not arrive. */
  readonly missingShare: number;
  /** Share of values that are off by `outlierSigma` noises, upwards or downwards. */
  readonly outlierShare: number;
  readonly outlierSigma: number;
  /** What it adds for each unit of another quantity: `{h2_ppm: 0.12}`. */
  readonly cross: Readonly<Partial<Record<ChannelId, number>>>;
}

/**
 * Values that are taken one after the other; between its turns a value is what it was. After a start the first row
 * falls into the first scan, which begins at any of them.
 */
export interface Scan {
  /** Time for all of them; 0: all at once. */
  readonly scanS: number;
  /** What a place delivers that had no turn since the start; null: nothing. */
  readonly unscanned: number | null;
}

export interface CellTaps extends ValueSensor, Scan {}

export interface Probes extends ValueSensor, Scan {
  readonly count: number;
  /** `list`: each probe. `summary`: their mean, maximum and minimum. */
  readonly deliver: 'list' | 'summary' | 'both';
  /** Cells that carry the probes, from 0; null: random ones, each at most once while there are enough. */
  readonly cells: readonly number[] | null;
  /** Where each sits on the way from its cell to the case: 0 at the cell, 1 at the case. */
  readonly shareToCase: Span;
  /** Each probe's `t90S` is that of the sensor times one of these. */
  readonly t90Factor: Span;
}

export interface SamplingPlan {
  /** Time between rows, drawn evenly; null: as the trajectory. */
  readonly intervalS: Span | null;
  /** Standard deviation of the instant of a row around its place. */
  readonly jitterS: number;
}

/** What the gateway of a rack does to the rows of its modules. */
export interface GatewayPlan {
  /** For a day in which something is delivered. */
  readonly dropoutsPerDay: number;
  /** Drawn evenly by factors, not by amounts: most are short. */
  readonly dropoutS: Span;
  /** Chance that the modules were started again during a dropout, and just before the run: see `Scan`. */
  readonly restartChance: number;
  /** Share of rows that arrive `lateS` late, behind newer ones, with the stamp of when they were measured. */
  readonly lateShare: number;
  readonly lateS: Span;
}

export interface ClockJump {
  readonly atS: number;
  readonly byS: number;
}

/** The clock of a rack. */
export interface ClockPlan {
  readonly offsetS: number;
  readonly driftPpm: number;
  readonly jumps: readonly ClockJump[];
  readonly jumpsPerDay: number;
  readonly jumpS: Span;
  /** Smallest step of a stamp. */
  readonly resolutionS: number;
}

export const FAULT_KINDS = [
  'stuck',
  'offset',
  'drifting',
  'noisy',
  'loose',
  'open',
  'saturated',
  'missing',
  'silent',
] as const;

export type SensorFaultKind = (typeof FAULT_KINDS)[number];

/** Something that breaks, on those modules that the chance hits. */
export interface SensorFaultPlan {
  readonly kind: SensorFaultKind;
  /**
   * A channel, `cell_voltages_v` or `cell_temperatures_degc` (one at random), `cell_temperatures_degc[2]`, `any`. Who is
   * `silent` is the module: none of its rows arrive.
   */
  readonly channel: string;
  /** Null: any module. */
  readonly modules: readonly string[] | null;
  readonly chance: number;
  /** Null: some time in the run. */
  readonly atS: Span | null;
  /** Not before the sensor stands at this value. */
  readonly above: number | null;
  /** Null: for good. */
  readonly forS: Span | null;
  /** `offset`: by how much; `drifting`: per hour; `noisy`: times the noise; `loose`: share of air. */
  readonly by: Span;
  /** `open`, `saturated`: what it reads; null: nothing, and for `saturated` its highest. */
  readonly reads: number | null;
}

export interface SensorPlan {
  readonly preset: string;
  /** Names of `channels`, so that a whole plan is itself one that can be written. */
  readonly deliver: readonly ChannelId[];
  /** What is not here is not delivered. */
  readonly channels: Readonly<Partial<Record<ChannelId, ValueSensor>>>;
  /** Cells one by one, of the modules whose cells the trajectory holds. */
  readonly cellVoltages: CellTaps | null;
  readonly probes: Probes | null;
  readonly sampling: SamplingPlan;
  readonly gateway: GatewayPlan;
  readonly clock: ClockPlan;
  /** Relative humidity at the start; the water in the air stays the same from there. */
  readonly humidityPercent: number;
  /** What a full flow of coolant is. */
  readonly coolantLpm: number;
  readonly faults: readonly SensorFaultPlan[];
}
