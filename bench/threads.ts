/** The same number of independent runs on one or on more threads. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Stats } from './job.ts';

export async function runOnThreads(threads: number, runs: number): Promise<Stats> {
  const seeds = Array.from({ length: runs }, (_, k) => k + 1);
  const program = new URL('./simulatorWorker.mjs', import.meta.url);
  const shares = Array.from({ length: threads }, async (_, t) => {
    const workerData = seeds.filter((seed) => seed % threads === t);
    const [moduleS] = await once(new Worker(program, { workerData }), 'message');
    return moduleS as number;
  });
  const done = await Promise.all(shares);
  return { moduleS: done.reduce((sum, moduleS) => sum + moduleS, 0), runs };
}
