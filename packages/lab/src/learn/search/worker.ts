/** A thread of a search: it is given the rows once, then fold after fold. */
import { workerData } from 'node:worker_threads';
import { type FoldData, type FoldTask, scoreFold } from './fold.ts';

export default function runFold(task: FoldTask): number {
  return scoreFold(workerData as FoldData, task);
}
