/** A thread of a crew. */
import { workerData } from 'node:worker_threads';
import { DONE, look, READY, TICKET } from './control.ts';
import { Bench, type BenchPlan, work } from './histograms.ts';
import type { SharedMemory } from './kernel.ts';

export interface CrewData {
  readonly plan: BenchPlan;
  readonly memory: SharedMemory;
  readonly thread: number;
}

/** What a thread does until it is sent home. */
function serve(bench: Bench, thread: number): void {
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

const { plan, memory, thread } = workerData as CrewData;
serve(new Bench(plan, memory), thread);
