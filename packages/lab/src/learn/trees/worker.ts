/** A thread of a crew. */
import { workerData } from 'node:worker_threads';
import { DONE, look, READY, TICKET } from './control.ts';
import { SharedBuffers, type SharedBuffersPlan, work } from './histograms.ts';
import type { SharedMemory } from './kernel.ts';

export interface WorkerPoolData {
  readonly plan: SharedBuffersPlan;
  readonly memory: SharedMemory;
  readonly thread: number;
}

/** What a thread does until it is sent home. */
function serve(buffers: SharedBuffers, thread: number): void {
  const { control } = buffers;
  Atomics.add(control, READY, 1);
  for (let seen = 0; ; ) {
    const ticket = look(control, TICKET, (value) => value !== seen);
    if (ticket === seen) {
      Atomics.wait(control, TICKET, seen);
      continue;
    }
    if (ticket < 0) return;
    seen = ticket;
    work(buffers, thread);
    Atomics.add(control, DONE, 1);
    Atomics.notify(control, DONE);
  }
}

const { plan, memory, thread } = workerData as WorkerPoolData;
serve(new SharedBuffers(plan, memory), thread);
