/** `emberwatch train`: a dataset on disk in, a model with its record out. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import type { Manifest, RunRecord } from '../dataset/manifest.ts';
import { readManifest } from '../dataset/store.ts';
import { Threads } from '../evaluate/pool.ts';
import { ARTEFACT_SUFFIX, artefactOf, commitNow, type RecordResult, recordRun } from '../registry/index.ts';
import type { CollectOptions } from '../rows/collect.ts';
import type { RunMetrics } from '../rows/outcome.ts';
import { joined, type RowColumns } from '../rows/rows.ts';
import { keyOfRows, readRows, writeRows } from './cache.ts';
import { learnerOf } from './learners.ts';
import { type Trained, type TrainOptions, trainModel } from './train.ts';

export interface PipelineOptions extends Omit<TrainOptions, 'learner' | 'onProgress' | 'commit' | 'journal'> {
  /** Name of LEARNERS. */
  readonly learner: string;
  readonly views: number;
  readonly rowsOfEvent: number;
  /** Folder where kept rows stay for the next training; null: nowhere. */
  readonly cache: string | null;
  /** Runs that take no part: a family or a chemistry that is left out. */
  readonly leaveOut?: (run: RunRecord) => boolean;
  readonly onProgress?: (share: number, phase: string) => void;
}

export interface PipelineResult extends Trained {
  readonly rows: number;
  readonly rowsFromCache: boolean;
  /** Wall time of each phase, s. */
  readonly seconds: Readonly<Record<'rows' | 'learning' | 'total', number>>;
  readonly peakMemoryMb: number;
}

/** Errors: `InputError` where the folder holds no dataset, or too little to learn from. */
export async function trainOnDataset(folder: string, options: PipelineOptions): Promise<PipelineResult> {
  const threads = new Threads(options.workers);
  try {
    return await trainWith(folder, options, threads);
  } finally {
    await threads.end();
  }
}

async function trainWith(
  folder: string,
  options: PipelineOptions,
  threads: Threads,
): Promise<PipelineResult> {
  const startMs = performance.now();
  const learner = learnerOf(options.learner);
  const whole = await readManifest(folder);
  const { rows, key, fromCache } = await rowsOf(folder, whole, options, threads);
  const rowsMs = performance.now();
  const manifest = withoutRuns(whole, options.leaveOut);
  const evaluated = (model: ModelDocument): Promise<RunMetrics[]> =>
    evaluateOnThreads(
      folder,
      manifest.runs,
      { model, isInUse: false, change: null },
      ({ split }) => split === 'validation',
      threads,
      options.onProgress,
    );
  // Left-out runs make other rows, which a journal would refuse.
  const journal =
    options.cache === null || options.leaveOut
      ? null
      : join(options.cache, `search-${key}-${learner.id}-${options.seed}.ndjson`);
  const commit = (await commitNow()) ?? 'unknown';
  const trained = await trainModel(rows, manifest, evaluated, { ...options, learner, commit, journal });
  const endMs = performance.now();
  const seconds = (fromMs: number, toMs: number): number => (toMs - fromMs) / 1000;
  return {
    ...trained,
    rows: rows.timeS.length,
    rowsFromCache: fromCache,
    seconds: {
      rows: seconds(startMs, rowsMs),
      learning: seconds(rowsMs, endMs),
      total: seconds(startMs, endMs),
    },
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
  };
}

/** Left-out runs stay in their places, so that positions still fit, but in no split that is trained on. */
function withoutRuns(manifest: Manifest, leaveOut: PipelineOptions['leaveOut']): Manifest {
  if (!leaveOut) return manifest;
  return {
    ...manifest,
    runs: manifest.runs.map((run) => (leaveOut(run) ? { ...run, split: 'held-out-family' as const } : run)),
  };
}

const positionsOf = (runs: readonly RunRecord[], isWanted: (run: RunRecord) => boolean): number[] =>
  runs.flatMap((run, index) => (isWanted(run) ? [index] : []));

export async function evaluateOnThreads(
  folder: string,
  runs: readonly RunRecord[],
  by: { readonly model: ModelDocument; readonly isInUse: boolean; readonly change: null },
  isWanted: (run: RunRecord) => boolean,
  threads: Threads,
  onProgress?: PipelineOptions['onProgress'],
): Promise<RunMetrics[]> {
  const indices = positionsOf(runs, isWanted);
  const tasks = indices.map((index) => ({ kind: 'tally' as const, folder, index, ...by }));
  return threads.run<RunMetrics>(tasks, (done) => onProgress?.(done / tasks.length, 'thresholds'));
}

async function rowsOf(
  folder: string,
  { runs, sha256 }: Manifest,
  { seed, views, rowsOfEvent, without, cache, onProgress }: PipelineOptions,
  threads: Threads,
): Promise<{ rows: RowColumns; key: string; fromCache: boolean }> {
  const options: CollectOptions = { seed, views, rowsOfEvent, without };
  const key = cache === null ? '' : keyOfRows({ sha256, ...options });
  const known = cache === null ? null : await readRows(cache, key);
  if (known) return { rows: known, key, fromCache: true };
  const indices = positionsOf(runs, ({ split }) => split === 'train' || split === 'validation');
  if (indices.length === 0) throw new InputError(`${folder}: no run belongs to train or validation`);
  const tasks = indices.map((index) => ({ kind: 'collect' as const, folder, index, options }));
  const parts = await threads.run<RowColumns>(tasks, (done) =>
    onProgress?.(done / tasks.length, 'figures of the runs'),
  );
  const rows = joined(parts);
  if (cache !== null) await writeRows(cache, key, rows);
  return { rows, key, fromCache: false };
}

/**
 * Writes the artefact, and the record of how it came about into the store. Returns where the record lies, and what an
 * MLflow server said where one is set.
 */
export async function keep(
  { document, fit, trials, curve, thresholds, rows, seconds, peakMemoryMb }: PipelineResult,
  file: string,
  options: { readonly store: string; readonly command: readonly string[]; readonly startedMs: number },
): Promise<RecordResult> {
  const bytes = artefactOf(document);
  await writeFile(file, bytes);
  const { training, metrics, name } = document;
  return recordRun(
    options.store,
    {
      name,
      command: options.command,
      startedMs: options.startedMs,
      durationS: seconds.total,
      plan: training.plan,
      planSha256: training.planSha256,
      datasetSha256: training.datasetSha256,
      seed: training.seed,
      commit: training.commit,
      parameters: training.parameters,
      metrics: { ...metrics, peakMemoryMb, rowsS: seconds.rows, learningS: seconds.learning },
      curves: curve ? { trainLoss: curve.train, validationLoss: curve.validation } : {},
      details: { rows, fit, trials, thresholds },
    },
    { file: `${name}${ARTEFACT_SUFFIX}`, bytes },
  );
}
