/** What is counted of a recording or a dataset. */
import type { Mapping } from '@emberwatch/engine/telemetry';
import type { FailedRun } from '../dataset/manifest.ts';
import type { RejectionGroup } from '../watch/rejections.ts';
import type { WatchResult } from '../watch/watch.ts';
import type { Aligned } from './event-alignment.ts';
import type { Labels } from './labels.ts';
import type { SamplingSummary } from './sampling.ts';
import type { FoundFault, PlantedFault } from './scan.ts';
import type { SignalSummary } from './signal.ts';
import type { Share } from './source.ts';
import type { LoadSummary, ModuleRow } from './survey.ts';

export interface Finding {
  /** 0 to 100: how much a user of the data must mind it. */
  readonly weight: number;
  /** What the finding is about: a word for machines. */
  readonly topic: string;
  readonly text: string;
}

export interface Correlations {
  readonly signals: readonly string[];
  /** Pearson, of each value less the first of its module; null where fewer than 30 rows carry both or one is constant. */
  readonly matrix: readonly (readonly (number | null)[])[];
}

export interface DatasetSummary {
  readonly name: string;
  readonly runs: number;
  readonly failed: readonly FailedRun[];
  readonly rows: number;
  readonly hazardRows: number;
  /** Of them, those before the fault of their module begins, told from the times of the events. */
  readonly hazardRowsBeforeOnset: number;
  readonly events: number;
  readonly balance: readonly Share[];
  /** Sensor faults that the sensors of the simulation were given. */
  readonly plantedFaults: readonly PlantedFault[];
  readonly sha256: string;
}

/** One source. All counts are exact; quantiles, histograms and correlations come from seeded samples. */
export interface Exploration {
  readonly format: 'emberwatch-exploration';
  readonly version: 1;
  readonly source: string;
  readonly kind: 'recording' | 'dataset';
  readonly mapping: {
    readonly name: string;
    readonly source: string | null;
    /** Time that the mapping puts between segments; nobody measured it. */
    readonly segmentGap: string | null;
  };
  readonly nameplate: Mapping['nameplate'] | null;
  /** The three weightiest first; read these. */
  readonly findings: readonly Finding[];
  readonly frames: number;
  readonly modules: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly moduleHours: number;
  readonly signals: readonly SignalSummary[];
  /** Signals without a single value. */
  readonly absent: readonly string[];
  readonly unusedColumns: readonly string[];
  readonly sampling: SamplingSummary;
  readonly frozenFrames: number;
  readonly rejected: number;
  readonly rejectedRows: number;
  readonly rejections: readonly RejectionGroup[];
  readonly clocksSetBack: WatchResult['setBacks'];
  readonly rowsSpread: WatchResult['spread'];
  readonly sensorFaults: readonly FoundFault[];
  /** Alarm episodes by the rules; not a judgement of these data, but what they look like to the detector. */
  readonly episodes: Readonly<Record<'advisory' | 'warning' | 'critical', number>>;
  readonly load: LoadSummary;
  readonly correlations: Correlations;
  readonly labels: Labels | null;
  readonly dataset: DatasetSummary | null;
  readonly around: Aligned | null;
  readonly moduleRows: readonly ModuleRow[];
}
