/** Tasks of the laboratory on a thread of their own: the page stays quick, and a task is ended with its thread. */
import type { Report, Task } from './task.ts';

export interface Job {
  /** Ends it; nothing is reported after. */
  cancel(): void;
}

export function startJob(task: Task, onReport: (report: Report) => void): Job {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const cancel = (): void => worker.terminate();
  worker.onmessage = ({ data }: MessageEvent<Report>) => {
    if (data.kind === 'done' || data.kind === 'failed') cancel();
    onReport(data);
  };
  worker.onerror = (event) => {
    cancel();
    onReport({ kind: 'failed', message: event.message || 'the worker could not be started', path: null });
  };
  worker.postMessage(task);
  return { cancel };
}
