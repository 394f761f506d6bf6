/** A thread of a crew. */
import { workerData } from 'node:worker_threads';
import { type CrewData, serve } from './crew.ts';
import { Bench } from './histograms.ts';

const { plan, memory, thread } = workerData as CrewData;
serve(new Bench(plan, memory), thread);
