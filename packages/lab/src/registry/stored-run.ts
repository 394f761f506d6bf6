import type { Environment } from './environment.ts';

export type Value = number | string | boolean;

/** One training, as its maker tells it. */
export interface TrainingRun {
  /** Of the model: `hazard-3`. */
  readonly name: string;
  /** What was called, to call it again: `['train', 'data/standard', '--seed', '1']`. */
  readonly command: readonly string[];
  readonly startedMs: number;
  readonly durationS: number;
  readonly plan: string;
  readonly planSha256: string;
  readonly datasetSha256: string;
  readonly seed: number;
  /** Null outside a checkout. */
  readonly commit: string | null;
  readonly parameters: Readonly<Record<string, Value>>;
  readonly metrics: Readonly<Record<string, number>>;
  /** By name, one value for each round: losses of training and validation. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
  /** Anything else worth keeping, as plain data: settings that were tried, an evaluation. */
  readonly details?: unknown;
}

export interface Artefact {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface StoredRun extends TrainingRun {
  readonly format: 'emberwatch-run';
  readonly version: 1;
  /** Name of its folder: start time in UTC and name of the model. */
  readonly id: string;
  readonly environment: Environment;
  readonly artefact: Artefact | null;
}
