/** Runs on threads of their own, handed out one by one; results in the order of the tasks. */
import Piscina from 'piscina';
import type { JudgeTask } from './worker.ts';

/** The first error ends the work. `workers` 1: here, without a thread. */
export async function onThreads<R>(
  tasks: readonly JudgeTask[],
  workers: number,
  onDone: (done: number) => void,
): Promise<R[]> {
  let done = 0;
  const count = <T>(result: T): T => {
    onDone(++done);
    return result;
  };
  if (workers <= 1 || tasks.length < 2) {
    const { default: judgeRun } = await import('./worker.ts');
    const results: R[] = [];
    for (const task of tasks) results.push(count((await judgeRun(task)) as R));
    return results;
  }
  const pool = new Piscina({
    ...program(),
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
  });
  try {
    return await Promise.all(tasks.map(async (task) => count((await pool.run(task)) as R)));
  } finally {
    await pool.destroy();
  }
}

/** The source of the worker beside this one, or, in a bundle, the file that `build.mjs` makes of it. */
function program(): { filename: string; execArgv: string[] } {
  const extension = /\.\w+$/.exec(new URL(import.meta.url).pathname)![0];
  const isSource = extension === '.ts';
  return {
    filename: new URL(isSource ? './worker.ts' : `./judge-worker${extension}`, import.meta.url).href,
    execArgv: isSource ? ['--import', 'tsx'] : [],
  };
}
