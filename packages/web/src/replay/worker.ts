/** A worker that judges a period again; it is ended by who started it. */
import { wordsOf } from '../session/refusal.ts';
import { judgeAgain, type ReplayReport, type ReplayTask } from './task.ts';

/** Progress is told so often, ms. */
const TELL_EVERY_MS = 100;

const tell = (report: ReplayReport): void =>
  postMessage(report, {
    transfer: report.kind === 'judged' ? [report.judgement.values.data.buffer] : [],
  });

addEventListener('message', async ({ data }: MessageEvent<ReplayTask>) => {
  let toldMs = 0;
  try {
    const judgement = await judgeAgain(data, {
      api: '/api/v1',
      fetch: (...asked) => fetch(...asked),
      subtle: globalThis.crypto?.subtle ?? null,
      onProgress: (frames, timeMs) => {
        const nowMs = performance.now();
        if (nowMs - toldMs < TELL_EVERY_MS) return;
        toldMs = nowMs;
        tell({ kind: 'progress', frames, timeMs });
      },
    });
    tell({ kind: 'judged', judgement });
  } catch (error) {
    tell({ kind: 'failed', message: wordsOf(error) });
  }
});
