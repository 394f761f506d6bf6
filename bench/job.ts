/** What one measuring process is asked to do, and what it answers. */
import type { Parameters } from '@emberwatch/lab/learn';

export type DataWork =
  /** The direct generator: a row as an object, drawn and put into text one after another. */
  | { readonly what: 'objects' | 'objects to CSV' }
  | { readonly what: 'drawn' | 'csv' | 'parquet' }
  /** Of a run of a dataset. */
  | { readonly what: 'sum in SQL' | 'frames' | 'features' };

export type DatasetWork =
  | { readonly what: 'build'; readonly workers: number }
  /** On one thread, nothing measured or written. */
  | { readonly what: 'physics' };

export interface DatasetPlan {
  readonly racks: number;
  readonly hours: number;
  readonly runs: number;
}

export type LearningWork =
  | {
      readonly what: 'learner';
      readonly id: string;
      readonly parameters: Parameters;
      readonly threads: number;
    }
  | {
      readonly what: 'xgboost';
      readonly script: string;
      readonly parameters: object;
      readonly threads: number;
    };

export type ScoringWork =
  | { readonly what: 'figures' | 'figures and model'; readonly stepS: number }
  | { readonly what: 'rows' | 'batch' | 'contributions' }
  | { readonly what: 'onnx rows' | 'onnx batch'; readonly runtime: 'onnxruntime-web' | 'onnxruntime-node' };

export type StoreWork =
  | { readonly what: 'bare commits' }
  /** Deliveries that wait for the disk at the same time. */
  | { readonly what: 'commits'; readonly senders: number }
  | { readonly what: 'day from frames' | 'day from steps' | 'day from Parquet' };

export type Site = 'lumped' | 'lumpedRunaway' | 'calm' | 'runaway';

interface FileJob {
  readonly kind: 'watch' | 'parse';
  readonly file: string;
  readonly mapping: string | null;
}

/** On frames in memory. */
interface FrameJob {
  readonly kind: 'judge' | 'yardstick';
  readonly cells: number;
  readonly probes: number;
}

/** Of the simulator, and what it is held against. */
type SimulatorJob =
  /** `warm`: the process has made the same run before, and what it runs is compiled. */
  | {
      readonly kind: 'simulate';
      readonly site: Site;
      readonly modules: number;
      readonly warm: boolean;
    }
  | { readonly kind: 'cell'; readonly ovenDegC: number; readonly endS: number }
  | { readonly kind: 'seedLoop'; readonly stepS: number }
  | { readonly kind: 'threads'; readonly threads: number; readonly runs: number }
  | { readonly kind: 'sensors'; readonly preset: string; readonly modules: number }
  | { readonly kind: 'exponentials'; readonly own: boolean };

interface DatasetJob {
  readonly kind: 'dataset';
  readonly work: DatasetWork;
  readonly plan: DatasetPlan;
}

interface DataJob {
  readonly kind: 'data';
  readonly work: DataWork;
  /** Modules of the generator, rows of a run. */
  readonly count: number;
}

interface ScoringJob {
  readonly kind: 'scoring';
  readonly work: ScoringWork;
  /** Frames or rows. */
  readonly count: number;
}

interface LearningJob {
  readonly kind: 'learning';
  readonly work: LearningWork;
  readonly rows: number;
}

interface StoreJob {
  readonly kind: 'store';
  readonly work: StoreWork;
  readonly commits: number;
}

export type PreparedJob =
  | FrameJob
  | SimulatorJob
  | DatasetJob
  | DataJob
  | ScoringJob
  | LearningJob
  | StoreJob;

export type Job =
  | FileJob
  /** `threads` null: one for each core, as DuckDB does by itself. */
  | { readonly kind: 'query'; readonly sql: string; readonly threads: number | null }
  | PreparedJob
  | { readonly kind: 'slopes'; readonly sql: string };

/** What came out, so that results can be held against each other. */
export type Stats = Readonly<Record<string, number>>;

export interface JobResult {
  /** Import of what the job needs, opening, work. */
  readonly wallS: number;
  /** Processor time of the same, all threads. */
  readonly cpuS: number;
  readonly peakMb: number;
  readonly results: Stats;
}
