/** Gives a prepared message to the intake, again and again where it is busy. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Outcome, Prepared } from './reception.ts';

const MAX_DOUBLINGS = 4;

export interface Patience {
  readonly retryMs: number;
  /** Asked before each further attempt. */
  readonly goesOn: (waitedMs: number) => boolean;
  readonly signal: AbortSignal;
}

/** The last outcome: `busy` or `failed` only where patience came to its end. */
export async function deliver(prepared: Prepared, { retryMs, goesOn, signal }: Patience): Promise<Outcome> {
  let waitedMs = 0;
  for (let attempt = 0; ; attempt++) {
    const outcome = await prepared.run();
    if (outcome.kind !== 'busy' && outcome.kind !== 'failed') return outcome;
    if (signal.aborted || !goesOn(waitedMs)) return outcome;
    const pauseMs = retryMs * 2 ** Math.min(attempt, MAX_DOUBLINGS);
    waitedMs += pauseMs;
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
