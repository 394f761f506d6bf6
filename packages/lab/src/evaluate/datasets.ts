/** `emberwatch evaluate`: datasets on disk, runs on threads. */
import type { ModelDocument } from '@emberwatch/engine/detector';
import type { RunRecord } from '../dataset/manifest.ts';
import { readManifest } from '../dataset/store.ts';
import type { RunMetrics } from '../rows/outcome.ts';
import { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.ts';
import { Threads } from './pool.ts';

export interface DatasetsOptions extends EvaluateOptions {
  readonly workers: number;
}

/** Errors: `InputError` where a folder holds no dataset, or no run belongs to the wanted splits. */
export async function evaluateDatasets(
  model: ModelDocument | null,
  folders: readonly string[],
  options: DatasetsOptions,
): Promise<Evaluation> {
  const manifests = await Promise.all(folders.map((folder) => readManifest(folder)));
  const places = new Map<RunRecord, { folder: string; index: number }>();
  for (const [m, { runs }] of manifests.entries())
    for (const [index, run] of runs.entries()) places.set(run, { folder: folders[m]!, index });
  const data = {
    names: manifests.map(({ name }) => name),
    sha256: manifests.map(({ sha256 }) => sha256),
    runs: [...places.keys()],
  };
  const threads = new Threads(options.workers);
  const evaluateAll = (
    runs: readonly RunRecord[],
    change: string | null,
    onProgress: (share: number) => void,
  ): Promise<RunMetrics[]> => {
    const tasks = runs.map((run) => ({
      kind: 'tally' as const,
      ...places.get(run)!,
      model,
      isInUse: true,
      change,
    }));
    return threads.run<RunMetrics>(tasks, (done) => onProgress(done / tasks.length));
  };
  try {
    return await evaluate(model?.name ?? null, data, evaluateAll, options);
  } finally {
    await threads.end();
  }
}
