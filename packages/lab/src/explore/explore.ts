/** What is in a recording or a dataset: counted, drawn and put into words. */
import type { Mapping } from '@emberwatch/engine/telemetry';
import type { Manifest } from '../dataset/manifest.ts';
import { hazardRowsBeforeOnset } from '../dataset/summary.ts';
import type { WatchResult } from '../watch/watch.ts';
import { compareSignals, type SignalComparison } from './compare.ts';
import type { Correlations, DatasetSummary, Exploration } from './exploration.ts';
import { findingsOf } from './findings.ts';
import { type OnProgress, type PlantedFault, passOfDataset, passOfRecording, type Scan } from './scan.ts';
import { balanceOf, datasetAt } from './source.ts';
import { SIGNALS, Survey } from './survey.ts';

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

function explorationOf(source: string, pass: Scan, manifest: Manifest | null): Exploration {
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
