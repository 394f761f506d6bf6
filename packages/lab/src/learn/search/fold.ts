/** One fold of one trial: the unit of work of a search, the same on every thread. */
import { createRandom } from '@emberwatch/engine/random';
import { InputError } from '@emberwatch/engine/telemetry';
import type { Parameters } from '../learner.ts';
import { LEARNERS } from '../learners.ts';
import { auprc, auroc } from '../metrics.ts';
import { scoreTable } from '../score.ts';
import { rowsOfTable, type Table } from '../table.ts';

export type SearchMetric = 'auprc' | 'auroc';

export interface FoldTask {
  readonly learner: string;
  readonly parameters: Parameters;
  readonly seed: number;
  readonly fold: number;
  readonly metric: SearchMetric;
}

/** What all tasks of a search have in common. Fold of each row, shape [rows]. */
export interface FoldData {
  readonly table: Table;
  readonly foldOf: Int32Array;
}

/** Trains on the other folds, answers with the metric on this one, by the table's weights. */
export function scoreFold({ table, foldOf }: FoldData, task: FoldTask): number {
  const rows = Int32Array.from(foldOf, (_, row) => row);
  const [kept, held] = [true, false].map((isKept) =>
    rowsOfTable(
      table,
      rows.filter((row) => (foldOf[row] !== task.fold) === isKept),
    ),
  );
  const { seed, parameters } = task;
  const { scorer } = LEARNERS[task.learner]!.fit(kept!, { seed, parameters });
  const ranked = { score: scoreTable(scorer, held!), target: held!.target, weight: held!.weight };
  return task.metric === 'auprc' ? auprc(ranked) : auroc(ranked);
}

/**
 * Fold of each row: all rows of a run in one, runs with hazardous rows dealt out first, so that each fold has some.
 * Errors: `InputError` where there are not enough of them.
 */
export function foldsByRun({ rows, run, target, weight }: Table, folds: number, seed: number): Int32Array {
  const isHazardous = new Map<number, boolean>();
  for (let row = 0; row < rows; row++)
    isHazardous.set(
      run[row]!,
      (isHazardous.get(run[row]!) ?? false) || (target[row] === 1 && weight[row]! > 0),
    );
  const random = createRandom(seed, 'folds');
  const keyed = [...isHazardous.keys()]
    .sort((a, b) => a - b)
    .map((id) => ({ id, key: random.uniform(), hazardous: isHazardous.get(id)! ? 1 : 0 }));
  const hazardous = keyed.reduce((count, one) => count + one.hazardous, 0);
  if (hazardous < folds)
    throw new InputError(`${folds} folds need as many runs with hazardous rows: there are ${hazardous}`);
  keyed.sort((a, b) => b.hazardous - a.hazardous || a.key - b.key);
  const foldOfRun = new Map(keyed.map(({ id }, k) => [id, k % folds]));
  return Int32Array.from(run, (id) => foldOfRun.get(id)!);
}
