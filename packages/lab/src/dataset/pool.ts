/** Runs on threads of their own, handed out one by one as threads become free. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import Piscina from 'piscina';
import type { RunResult, RunTask } from './run.ts';
import type runWorker from './worker.ts';

export const threadsOfMachine = (): number => availableParallelism();

/**
 * Makes all runs, `workers` at a time; `done` hears of each in the order in which they end. The first error ends the
 * work: it is the disk, not the run.
 */
export async function makeRuns(
  tasks: Iterable<RunTask>,
  workers: number,
  done: (task: RunTask, result: RunResult) => Promise<void>,
): Promise<void> {
  if (workers === 0) return;
  const pool = new Piscina<RunTask, Awaited<ReturnType<typeof runWorker>>>({
    ...program(),
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
  });
  const left = tasks[Symbol.iterator]();
  let isBroken = false;
  const workOff = async (): Promise<void> => {
    for (let next = left.next(); !next.done && !isBroken; next = left.next()) {
      await done(next.value, await pool.run(next.value));
    }
  };
  const stopAtError = (work: Promise<void>): Promise<void> =>
    work.catch((error) => {
      isBroken = true;
      throw error;
    });
  try {
    const works = Array.from({ length: workers }, () => stopAtError(workOff()));
    await Promise.allSettled(works);
    await Promise.all(works);
  } finally {
    await pool.destroy();
  }
}

/** The source of the worker beside this one, or, in a bundle, the file that `build.mjs` makes of it. */
function program(): { filename: string; execArgv: string[] } {
  const extension = /\.\w+$/.exec(new URL(import.meta.url).pathname)![0];
  const isSource = extension === '.ts';
  return {
    filename: new URL(isSource ? './worker.ts' : `./dataset-worker${extension}`, import.meta.url).href,
    execArgv: isSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [],
  };
}
