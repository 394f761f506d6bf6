/** Independent runs on a thread of their own: `workerData` is the list of their seeds. */
import { parentPort, workerData } from 'node:worker_threads';
import { simulateSite, siteScenario } from './simulator.ts';

let moduleS = 0;
for (const seed of workerData as readonly number[])
  moduleS += simulateSite(siteScenario('runaway', 64, seed))['moduleS']!;
parentPort!.postMessage(moduleS);
