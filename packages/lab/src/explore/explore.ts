/** What is in a recording or a dataset: counted, drawn and put into words. */
import type { Mapping } from '@emberwatch/engine/telemetry';
import type { FailedRun, Manifest } from '../dataset/manifest.ts';
import { hazardRowsBeforeOnset } from '../dataset/summary.ts';
import type { RejectionGroup } from '../watch/rejections.ts';
import type { WatchResult } from '../watch/watch.ts';
import type { Aligned } from './around.ts';
import { compareSignals, type SignalComparison } from './compare.ts';
import { type Finding, findingsOf } from './findings.ts';
import type { Labels } from './labels.ts';
import {
  type FoundFault,
  type OnProgress,
  type Pass,
  type PlantedFault,
  passOfDataset,
  passOfRecording,
} from './pass.ts';
import type { SamplingSummary } from './sampling.ts';
import type { SignalSummary } from './signal.ts';
import { balanceOf, datasetAt, type Share } from './source.ts';
import { type LoadSummary, type ModuleRow, SIGNALS, Survey } from './survey.ts';

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

export interface Comparison {
  readonly first: string;
  readonly second: string;
  readonly intervalsMs: readonly [number | null, number | null];
  readonly signals: readonly SignalComparison[];
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
}

/** What the report draws beyond the figures. */
export interface Explored {
  readonly exploration: Exploration;
  readonly watched: WatchResult | null;
  readonly survey: Survey;
}

export interface ExploreOptions {
  /** Null: the built-in schema that fits. A dataset needs none. */
  readonly mapping?: Mapping | null;
  readonly seed?: number;
  readonly onProgress?: OnProgress;
}

/** Reads the source once, and a labelled recording twice more. Throws InputError for what cannot be read. */
export async function explore(path: string, options: ExploreOptions = {}): Promise<Explored> {
  const { mapping = null, seed = 1, onProgress = () => {} } = options;
  const manifest = await datasetAt(path);
  const pass = manifest
    ? await passOfDataset(path, manifest, seed, onProgress)
    : await passOfRecording(path, mapping, seed, onProgress);
  return { exploration: explorationOf(path, pass, manifest), watched: pass.watched, survey: pass.survey };
}

export function compare(a: Explored, b: Explored): Comparison {
  const has = ({ exploration }: Explored, id: string): boolean => !exploration.absent.includes(id);
  const only = (x: Explored, y: Explored): string[] =>
    SIGNALS.map(({ id }) => id).filter((id) => has(x, id) && !has(y, id));
  return {
    first: a.exploration.source,
    second: b.exploration.source,
    intervalsMs: [a.exploration.sampling.usualIntervalMs, b.exploration.sampling.usualIntervalMs],
    signals: compareSignals(sideOf(a), sideOf(b)),
    onlyFirst: only(a, b),
    onlySecond: only(b, a),
  };
}

const sideOf = ({ survey, exploration }: Explored) => ({
  sketches: survey.signals,
  summaries: exploration.signals,
});

function explorationOf(source: string, pass: Pass, manifest: Manifest | null): Exploration {
  const { survey, mapping } = pass;
  const present = survey.signals.filter(({ values }) => values > 0);
  const facts = {
    format: 'emberwatch-exploration',
    version: 1,
    source,
    kind: manifest ? 'dataset' : 'recording',
    mapping: {
      name: mapping.name,
      source: mapping.source ?? null,
      segmentGap: mapping.time.segment ? (mapping.time.segmentGap ?? '1h') : null,
    },
    nameplate: mapping.nameplate ?? null,
    frames: survey.frames,
    modules: survey.moduleCount,
    firstMs: survey.firstMs,
    lastMs: survey.lastMs,
    moduleHours: pass.moduleHours,
    signals: present.map((signal) => signal.summary()),
    absent: survey.signals.filter(({ values }) => values === 0).map(({ id }) => id),
    unusedColumns: pass.unusedFields,
    sampling: survey.sampling.summary(),
    frozenFrames: survey.frozenFrames,
    rejected: pass.rejected,
    rejectedRows: pass.rejectedRows,
    rejections: pass.rejections,
    clocksSetBack: pass.setBacks,
    rowsSpread: pass.spread,
    sensorFaults: pass.faults,
    episodes: pass.episodes,
    load: survey.load(),
    correlations: correlationsOf(survey),
    labels: pass.labels,
    dataset: manifest && datasetSummary(manifest, pass.planted),
    around: pass.around?.summary() ?? null,
    moduleRows: survey.modules,
  } as const;
  return { ...facts, findings: findingsOf(facts) };
}

function datasetSummary(
  { name, runs, failed, rows, sha256 }: Manifest,
  plantedFaults: readonly PlantedFault[],
): DatasetSummary {
  return {
    name,
    runs: runs.length,
    failed,
    rows,
    hazardRows: runs.reduce((sum, run) => sum + run.hazardRows, 0),
    hazardRowsBeforeOnset: hazardRowsBeforeOnset(runs),
    events: runs.reduce(
      (sum, run) => sum + run.modules.filter(({ pnrThresholdS }) => pnrThresholdS !== null).length,
      0,
    ),
    balance: balanceOf(runs),
    plantedFaults,
    sha256,
  };
}

const FEWEST_PAIRS = 30;

function correlationsOf({ rows }: Survey): Correlations {
  const signals = Survey.rowSignals;
  const width = signals.length;
  const values = rows.values();
  const column = (k: number): Float64Array =>
    Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + k]!);
  const columns = signals.map((_, k) => column(k));
  const used = signals.flatMap((_, k) => (columns[k]!.some((value) => !Number.isNaN(value)) ? [k] : []));
  return {
    signals: used.map((k) => signals[k]!.id),
    matrix: used.map((i) => used.map((j) => (i === j ? 1 : pearson(columns[i]!, columns[j]!)))),
  };
}

function pearson(x: Float64Array, y: Float64Array): number | null {
  let [n, meanX, meanY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]!) || Number.isNaN(y[i]!)) continue;
    n++;
    meanX += x[i]!;
    meanY += y[i]!;
  }
  if (n < FEWEST_PAIRS) return null;
  meanX /= n;
  meanY /= n;
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]!) || Number.isNaN(y[i]!)) continue;
    xx += (x[i]! - meanX) ** 2;
    yy += (y[i]! - meanY) ** 2;
    xy += (x[i]! - meanX) * (y[i]! - meanY);
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}
