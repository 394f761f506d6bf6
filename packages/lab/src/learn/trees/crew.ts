/** Threads that share the groups of features of one grower. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Bench, work } from './histograms.ts';
import type { CrewData } from './worker.ts';

/** Indices into `control`: number of the task at hand, or −1 to go home; threads that have done it; threads ready. */
const TICKET = 0;
const DONE = 1;
const READY = 2;
/** Looks before a thread lies down: tasks follow each other within microseconds. */
const LOOKS = 5000;
/** Below so many rows times groups of features it takes longer to call the others than to do it. */
const LEAST_SHARED = 20_000;
const MOST_SILENT_MS = 60_000;

/** Until all threads have started, and for small nodes, the caller does the work of all: the result is the same. */
export class Crew {
  private readonly bench: Bench;

  constructor(bench: Bench) {
    this.bench = bench;
    const { plan, memory } = bench;
    for (let thread = 1; thread < plan.threads; thread++) startThread({ plan, memory, thread }).unref();
  }

  /** Does the task of the bench; `rows` are to be added. */
  run(rows: number): void {
    const { bench } = this;
    const { control, plan, groups } = bench;
    const others = plan.threads - 1;
    const isShared =
      others > 0 && rows * groups.length >= LEAST_SHARED && Atomics.load(control, READY) === others;
    if (!isShared) {
      for (let thread = 0; thread <= others; thread++) work(bench, thread);
      return;
    }
    Atomics.store(control, DONE, 0);
    Atomics.add(control, TICKET, 1);
    Atomics.notify(control, TICKET);
    work(bench, 0);
    for (;;) {
      const done = look(control, DONE, (value) => value === others);
      if (done === others) return;
      if (Atomics.wait(control, DONE, done, MOST_SILENT_MS) === 'timed-out')
        throw new Error(`a thread that grows trees has not answered for ${MOST_SILENT_MS / 1000} s`);
    }
  }

  end(): void {
    Atomics.store(this.bench.control, TICKET, -1);
    Atomics.notify(this.bench.control, TICKET);
  }
}

/** What a thread does until it is sent home. */
export function serve(bench: Bench, thread: number): void {
  const { control } = bench;
  Atomics.add(control, READY, 1);
  for (let seen = 0; ; ) {
    const ticket = look(control, TICKET, (value) => value !== seen);
    if (ticket === seen) {
      Atomics.wait(control, TICKET, seen);
      continue;
    }
    if (ticket < 0) return;
    seen = ticket;
    work(bench, thread);
    Atomics.add(control, DONE, 1);
    Atomics.notify(control, DONE);
  }
}

function look(control: Int32Array, at: number, isEnough: (value: number) => boolean): number {
  let value = Atomics.load(control, at);
  for (let k = 0; k < LOOKS && !isEnough(value); k++) value = Atomics.load(control, at);
  return value;
}

/** The source of the worker beside this one, or, in a bundle, the file that `build.mjs` makes of it. */
function startThread(workerData: CrewData): Worker {
  const extension = /\.\w+$/.exec(new URL(import.meta.url).pathname)![0];
  if (extension !== '.ts')
    return new Worker(new URL(`./trees-worker${extension}`, import.meta.url), { workerData });
  // A thread cannot start with a file that has to be translated first, so it starts with what translates.
  const path = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const translator = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const start = `require(${JSON.stringify(translator)}).register(); require(${JSON.stringify(path)})`;
  return new Worker(start, { eval: true, workerData });
}
