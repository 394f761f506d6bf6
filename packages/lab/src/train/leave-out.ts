/** What a model does with a family of faults, or a chemistry, that it never saw: each left out in turn. */
import type { RunRecord } from '../dataset/manifest.ts';
import { readManifest } from '../dataset/store.ts';
import { type PartFigures, partFigures } from '../evaluate/breakdown.ts';
import { BUDGETS, calibrate } from '../evaluate/budget.ts';
import { Threads } from '../evaluate/pool.ts';
import { MODEL_SCORE } from '../evaluate/scores.ts';
import { type PipelineOptions, tallyOnThreads, trainOnDataset } from './pipeline.ts';

export const LEAVE_OUT = ['family', 'chemistry', 'site'] as const;
export type LeaveOut = (typeof LEAVE_OUT)[number];

/** One row for each value of `by` of which some run has a fault; thresholds from the validation runs of the others. */
export async function leaveOneOut(
  folder: string,
  by: LeaveOut,
  options: PipelineOptions,
): Promise<PartFigures[]> {
  const { runs } = await readManifest(folder);
  const faulty = runs.filter(({ outcome }) => outcome === 'pnr' || outcome === 'fault-without-pnr');
  const values = [...new Set(faulty.map((run) => run[by]))].sort();
  const parts: PartFigures[] = [];
  const threads = new Threads(options.workers);
  for (const value of values) {
    const isLeftOut = (run: RunRecord): boolean => run[by] === value;
    const onProgress = (share: number, phase: string): void =>
      options.onProgress?.((parts.length + share) / values.length, `without ${value}: ${phase}`);
    const own = { ...options, onProgress };
    const { document } = await trainOnDataset(folder, { ...own, leaveOut: isLeftOut });
    const model = { model: document, isInUse: true, change: null };
    const calm = await tallyOnThreads(
      folder,
      runs,
      model,
      (run) => run.split === 'validation' && !isLeftOut(run),
      threads,
      onProgress,
    );
    const left = await tallyOnThreads(folder, runs, model, isLeftOut, threads, onProgress);
    const thresholds = BUDGETS.map(({ perModuleYear }) => calibrate(calm, MODEL_SCORE, perModuleYear));
    parts.push(partFigures(value, left, thresholds));
  }
  await threads.end();
  return parts;
}
