/**
 * What a dataset says of itself, in `manifest.json` beside its frames. A dataset is a folder:
 *
 *     manifest.json                                  plan, versions, runs with events, hashes
 *     dataset-card.md, runs.csv, events.csv          the same for people and for other programs
 *     frames/run=000017/site=warehouse/part.parquet  native columns and labels, one file per run
 *
 * Labels stand beside the channels in every row (see LABEL_COLUMNS); who judges reads only the channels.
 */
import type { LabelPlan, ModuleEvents, Severity, ThresholdPlan } from '@emberwatch/engine/physics';
import type { SensorFaultTruth } from '@emberwatch/engine/sensors';
import type { Nameplate } from '@emberwatch/engine/telemetry';

/** Columns of a row after the native ones (time, module_id, rack_id, channels, cell lists). */
export const LABEL_COLUMNS = {
  hazard_label: 'TINYINT',
  hazard_label_intervention: 'TINYINT',
  time_to_pnr_s: 'FLOAT',
  time_to_pnr_intervention_s: 'FLOAT',
  fault_active: 'TINYINT',
  fault_kind: 'VARCHAR',
  severity: 'VARCHAR',
} as const;

/** What a run is there to teach. */
export const OUTCOMES = ['pnr', 'fault-without-pnr', 'disturbance', 'calm'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Whole runs, never rows, belong to a split. Held-out families, chemistries and sites are never trained on:
 * they show what a model does with what it has not seen.
 */
export const SPLITS = [
  'train',
  'validation',
  'test',
  'held-out-family',
  'held-out-chemistry',
  'held-out-site',
] as const;
export type Split = (typeof SPLITS)[number];

/** A module to which something happened; modules that are not listed stayed calm. */
export interface ModuleRecord extends ModuleEvents {
  readonly severity: Severity;
}

export interface RunRecord {
  /** `000017`: the position in the plan, the same in every shard. */
  readonly run: string;
  /** Name of the recipe in the plan. */
  readonly recipe: string;
  readonly seed: number;
  readonly split: Split;
  readonly outcome: Outcome;
  /** What the recipe expected, where it did. */
  readonly expected: Outcome | null;
  /** `warehouse`, `laboratory`, `vehicle`, …: the partition `site`. */
  readonly site: string;
  readonly chemistry: string;
  readonly cell: string;
  /** The first of `kinds`; `calm` where there is none. */
  readonly family: string;
  /** Kinds of faults and disturbances of the run, hazardous ones first. */
  readonly kinds: readonly string[];
  /** What a user of these data would know of the modules. */
  readonly nameplate: Nameplate;
  readonly startMs: number;
  readonly durationS: number;
  /** Limits that the labels follow; absent where nothing was simulated. */
  readonly pnr?: ThresholdPlan;
  readonly label?: LabelPlan;
  /** Median time between rows of a module. */
  readonly intervalS: number;
  readonly moduleCount: number;
  /** Channels that are delivered at all, and how many cells and probes. */
  readonly channels: readonly string[];
  readonly cellVoltages: number;
  readonly probes: number;
  readonly rows: number;
  readonly hazardRows: number;
  readonly modules: readonly ModuleRecord[];
  readonly sensorFaults: readonly (SensorFaultTruth & { readonly module: string })[];
  /** Path from the folder of the dataset, with forward slashes. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A run that could not be made, and why: counted, never dropped in silence. */
export interface FailedRun {
  readonly run: string;
  readonly recipe: string;
  readonly seed: number;
  readonly reason: string;
}

export interface Manifest {
  readonly format: 'emberwatch-dataset';
  readonly version: 1;
  readonly name: string;
  readonly plan: unknown;
  readonly planSha256: string;
  /** Version of emberwatch that made it. */
  readonly madeBy: string;
  readonly seed: number;
  /** `K/N` of a part, null of the whole. */
  readonly shard: string | null;
  readonly runs: readonly RunRecord[];
  readonly failed: readonly FailedRun[];
  readonly rows: number;
  /** Over the hashes of all runs in order: two datasets with the same value hold the same data. */
  readonly sha256: string;
}
