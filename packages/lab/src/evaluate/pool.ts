/** Runs on threads of their own, handed out one by one; results in the order of the tasks. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import Piscina from 'piscina';
import type { EvaluationTask } from './worker.ts';

export class Threads {
  private readonly workers: number;
  private pool: Piscina | null = null;

  /** `workers` 1: here, without a thread. */
  constructor(workers: number) {
    this.workers = workers;
  }

  /** The first error ends the work. */
  async run<R>(tasks: readonly EvaluationTask[], onDone: (done: number) => void): Promise<R[]> {
    let done = 0;
    const counted = <T>(result: T): T => {
      onDone(++done);
      return result;
    };
    if (this.workers <= 1 || tasks.length < 2) {
      const { default: evaluateRun } = await import('./worker.ts');
      const results: R[] = [];
      for (const task of tasks) results.push(counted((await evaluateRun(task)) as R));
      return results;
    }
    this.pool ??= new Piscina({
      ...program(),
      minThreads: this.workers,
      maxThreads: this.workers,
      concurrentTasksPerWorker: 1,
    });
    const { pool } = this;
    return Promise.all(tasks.map(async (task) => counted((await pool.run(task)) as R)));
  }

  async end(): Promise<void> {
    await this.pool?.destroy();
    this.pool = null;
  }
}

/** The source of the worker beside this one, or, in a bundle, the file that `build.mjs` makes of it. */
function program(): { filename: string; execArgv: string[] } {
  const extension = /\.\w+$/.exec(new URL(import.meta.url).pathname)![0];
  const isSource = extension === '.ts';
  return {
    filename: new URL(isSource ? './worker.ts' : `./judge-worker${extension}`, import.meta.url).href,
    execArgv: isSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [],
  };
}
