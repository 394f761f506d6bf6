/** What a thread does with one run of a dataset: judge it, or keep rows of it to learn from. */
import type { ModelDocument } from '@emberwatch/engine/detector';
import { type CollectOptions, collectRun } from '../rows/collect.ts';
import type { RunMetrics } from '../rows/outcome.ts';
import type { RowColumns } from '../rows/rows.ts';
import type { RunSource } from '../rows/source.ts';
import { datasetSource } from './dataset.ts';
import { CHANGES } from './robustness.ts';
import { metricsOfRun } from './run.ts';
import { scorerOf } from './scorer.ts';

export type EvaluationTask = {
  /** Folder of the dataset, and position of the run in its manifest. */
  readonly folder: string;
  readonly index: number;
} & (
  | {
      readonly kind: 'tally';
      readonly model: ModelDocument | null;
      /** Whether the model takes part in the verdicts, or is only scored beside the rules. */
      readonly isInUse: boolean;
      readonly change: string | null;
    }
  | { readonly kind: 'collect'; readonly options: CollectOptions }
);

/** The last dataset and model stay: a thread gets many runs of the same. */
let source: { readonly folder: string; readonly runs: Promise<RunSource> } | null = null;
const sourceAt = (folder: string): Promise<RunSource> => {
  if (source?.folder !== folder) source = { folder, runs: datasetSource(folder) };
  return source.runs;
};

export default async function evaluateRun(task: EvaluationTask): Promise<RunMetrics | RowColumns> {
  const from = await sourceAt(task.folder);
  const run = from.runs[task.index]!;
  if (task.kind === 'collect') return collectRun(from, run, task.index, task.options);
  const { model, isInUse, change } = task;
  // Every run by its own seed, whatever thread it lands on.
  const made = change === null ? null : CHANGES[change]!.make(run.seed);
  return metricsOfRun(from, run, scorerOf(model, isInUse), made);
}
