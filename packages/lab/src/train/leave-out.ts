/** What a model does with a family of faults, or a chemistry, that it never saw: each left out in turn. */
import { InputError } from '@emberwatch/engine/telemetry';
import type { RunRecord } from '../dataset/manifest.ts';
import { readManifest } from '../dataset/store.ts';
import { type PartStats, partStats } from '../evaluate/breakdown.ts';
import { BUDGETS, calibrate } from '../evaluate/budget.ts';
import { Threads } from '../evaluate/pool.ts';
import { MODEL_SCORE } from '../rows/scores.ts';
import { evaluateOnThreads, type PipelineOptions, trainOnDataset } from './pipeline.ts';

export const LEAVE_OUT = ['family', 'chemistry', 'site'] as const;
export type LeaveOut = (typeof LEAVE_OUT)[number];

export interface LeftOut {
  /** One for each value of which some run has a fault; thresholds from the validation runs of the others. */
  readonly parts: readonly PartStats[];
  /** Values without which nothing can be learnt: too few runs remain. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Errors: `InputError` where not one value can be left out. */
export async function leaveOneOut(folder: string, by: LeaveOut, options: PipelineOptions): Promise<LeftOut> {
  const { runs } = await readManifest(folder);
  const faulty = runs.filter(({ outcome }) => outcome === 'pnr' || outcome === 'fault-without-pnr');
  const values = [...new Set(faulty.map((run) => run[by]))].sort();
  const parts: PartStats[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const threads = new Threads(options.workers);
  try {
    for (const [i, value] of values.entries()) {
      const onProgress = (share: number, phase: string): void =>
        options.onProgress?.((i + share) / values.length, `without ${value}: ${phase}`);
      const isLeftOut = (run: RunRecord): boolean => run[by] === value;
      try {
        parts.push(await evaluated(folder, value, isLeftOut, runs, { ...options, onProgress }, threads));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        skipped.push({ name: value, reason: error.message });
      }
    }
  } finally {
    await threads.end();
  }
  // What ails every value is said once: a wrong setting, a dataset too small.
  if (parts.length === 0)
    throw new InputError(
      skipped[0]?.reason ?? `${folder}: no run has a fault, so there is no ${by} to leave out`,
    );
  return { parts, skipped };
}

async function evaluated(
  folder: string,
  name: string,
  isLeftOut: (run: RunRecord) => boolean,
  runs: readonly RunRecord[],
  options: PipelineOptions,
  threads: Threads,
): Promise<PartStats> {
  const { document } = await trainOnDataset(folder, { ...options, leaveOut: isLeftOut });
  const model = { model: document, isInUse: true, change: null };
  const metrics = (isWanted: (run: RunRecord) => boolean) =>
    evaluateOnThreads(folder, runs, model, isWanted, threads, options.onProgress);
  const calm = await metrics((run) => run.split === 'validation' && !isLeftOut(run));
  const left = await metrics(isLeftOut);
  const thresholds = BUDGETS.map(({ perModuleYear }) => calibrate(calm, MODEL_SCORE, perModuleYear));
  return partStats(name, left, thresholds);
}
