/** A thread of a crew. */
import { workerData } from 'node:worker_threads';
import { serve } from './crew.ts';
import { Bench, type BenchPlan } from './histograms.ts';
import type { SharedMemory } from './kernel.ts';

export interface CrewData {
  readonly plan: BenchPlan;
  readonly memory: SharedMemory;
  readonly thread: number;
}

const { plan, memory, thread } = workerData as CrewData;
serve(new Bench(plan, memory), thread);
