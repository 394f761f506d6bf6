/** Threads that share the groups of features of one grower. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DONE, look, READY, TICKET } from './control.ts';
import { type SharedBuffers, work } from './histograms.ts';
import type { WorkerPoolData } from './worker.ts';

/** Below so many rows times groups of features it takes longer to call the others than to do it. */
const MIN_SHARED_ROWS = 20_000;
const MAX_SILENT_MS = 60_000;

/** Until all threads have started, and for small nodes, the caller does the work of all: the result is the same. */
export class WorkerPool {
  private readonly buffers: SharedBuffers;

  constructor(buffers: SharedBuffers) {
    this.buffers = buffers;
    const { plan, memory } = buffers;
    for (let thread = 1; thread < plan.threads; thread++) startThread({ plan, memory, thread }).unref();
  }

  /** Does the task of the bench; `rows` are to be added. */
  run(rows: number): void {
    const { buffers } = this;
    const { control, plan, groups } = buffers;
    const others = plan.threads - 1;
    const isShared =
      others > 0 && rows * groups.length >= MIN_SHARED_ROWS && Atomics.load(control, READY) === others;
    if (!isShared) {
      for (let thread = 0; thread <= others; thread++) work(buffers, thread);
      return;
    }
    Atomics.store(control, DONE, 0);
    Atomics.add(control, TICKET, 1);
    Atomics.notify(control, TICKET);
    work(buffers, 0);
    for (;;) {
      const done = look(control, DONE, (value) => value === others);
      if (done === others) return;
      if (Atomics.wait(control, DONE, done, MAX_SILENT_MS) === 'timed-out')
        throw new Error(`a thread that grows trees has not answered for ${MAX_SILENT_MS / 1000} s`);
    }
  }

  end(): void {
    Atomics.store(this.buffers.control, TICKET, -1);
    Atomics.notify(this.buffers.control, TICKET);
  }
}

/** The source of the worker beside this one, or, in a bundle, the file that `build.mjs` makes of it. */
function startThread(workerData: WorkerPoolData): Worker {
  const extension = /\.\w+$/.exec(new URL(import.meta.url).pathname)![0];
  if (extension !== '.ts')
    return new Worker(new URL(`./trees-worker${extension}`, import.meta.url), { workerData });
  // A thread cannot start with a file that has to be translated first, so it starts with what translates.
  const path = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const translator = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const start = `require(${JSON.stringify(translator)}).register(); require(${JSON.stringify(path)})`;
  return new Worker(start, { eval: true, workerData });
}
