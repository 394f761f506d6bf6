/** The judgement of today over a period, on a thread of its own. */
import { MS_PER_H } from '@emberwatch/engine/units';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Between } from '../module/span.ts';
import type { Evaluation } from './evaluate.ts';
import type { ReplayReport, ReplayTask } from './task.ts';

/** So long before a period the detector begins, where frames are kept: it must know the modules by then. */
export const LEAD_MS = 3 * MS_PER_H;
/** Longer periods are judged when somebody asks for it. */
const AT_ONCE_UP_TO_MS = 2 * MS_PER_H;

export type EvaluationState =
  | { readonly step: 'idle' }
  | { readonly step: 'running'; readonly frames: number; readonly share: number }
  | { readonly step: 'judged'; readonly evaluation: Evaluation }
  | { readonly step: 'failed'; readonly message: string };

export interface Evaluating {
  readonly state: EvaluationState;
  readonly start: () => void;
  readonly cancel: () => void;
}

const IDLE: EvaluationState = { step: 'idle' };

/** @param moduleIds null: all of the site @param isReady what is to be judged is known */
export function useEvaluation(
  period: Between,
  moduleIds: readonly string[] | null,
  followed: readonly string[],
  isReady: boolean,
): Evaluating {
  const [state, setState] = useState<EvaluationState>(IDLE);
  const worker = useRef<Worker | null>(null);
  const end = useCallback((): void => {
    worker.current?.terminate();
    worker.current = null;
  }, []);
  const { fromMs, toMs } = period;
  const wanted = JSON.stringify([moduleIds, followed]);
  const start = useCallback((): void => {
    end();
    const [ids, shown] = JSON.parse(wanted) as [string[] | null, string[]];
    const task: ReplayTask = { fromMs, toMs, leadMs: LEAD_MS, moduleIds: ids, followed: shown };
    const made = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.current = made;
    setState({ step: 'running', frames: 0, share: 0 });
    made.onmessage = ({ data }: MessageEvent<ReplayReport>) => {
      if (data.kind === 'progress') {
        const share = Math.max(0, (data.timeMs - (fromMs - LEAD_MS)) / (toMs - fromMs + LEAD_MS));
        setState({ step: 'running', frames: data.frames, share });
        return;
      }
      end();
      setState(
        data.kind === 'judged'
          ? { step: 'judged', evaluation: data.evaluation }
          : { step: 'failed', message: data.message },
      );
    };
    made.onerror = ({ message }) => {
      end();
      setState({ step: 'failed', message: message || 'the worker could not be started' });
    };
    made.postMessage(task);
  }, [end, fromMs, toMs, wanted]);
  useEffect(() => {
    if (isReady && toMs - fromMs <= AT_ONCE_UP_TO_MS) start();
    return end;
  }, [isReady, start, end, fromMs, toMs]);
  const cancel = (): void => {
    end();
    setState(IDLE);
  };
  return { state, start, cancel };
}
