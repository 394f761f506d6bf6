/** A worker that judges a period again; it is ended by who started it. */
import { wordsOf } from '../session/request-error.ts';
import { evaluateAgain, type ReplayReport, type ReplayTask } from './task.ts';

/** Progress is told so often, ms. */
const EMIT_EVERY_MS = 100;

const emit = (report: ReplayReport): void =>
  postMessage(report, {
    transfer: report.kind === 'judged' ? [report.evaluation.values.data.buffer] : [],
  });

addEventListener('message', async ({ data }: MessageEvent<ReplayTask>) => {
  let reportedMs = 0;
  try {
    const evaluation = await evaluateAgain(data, {
      api: '/api/v1',
      fetch: (...requested) => fetch(...requested),
      subtle: globalThis.crypto?.subtle ?? null,
      onProgress: (frames, timeMs) => {
        const nowMs = performance.now();
        if (nowMs - reportedMs < EMIT_EVERY_MS) return;
        reportedMs = nowMs;
        emit({ kind: 'progress', frames, timeMs });
      },
    });
    emit({ kind: 'judged', evaluation });
  } catch (error) {
    emit({ kind: 'failed', message: wordsOf(error) });
  }
});
