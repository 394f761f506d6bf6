import { ServiceError } from '../errors.ts';

/** Time as the room uses it, so that tests can run on a virtual one. */
export interface Timers {
  /** Wall clock, Unix ms: for what is stored and told. */
  now(): number;
  /** For waiting: no one sets it, so a leap of the wall clock neither delays nor hastens a notice. */
  monotonicMs(): number;
  /** Calls once, after so many ms; returns how to call it off. */
  after(delayMs: number, call: () => void): () => void;
}

/** Longer delays overflow in Node and would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const systemTimers = (now: () => number = Date.now): Timers => ({
  now,
  monotonicMs: () => performance.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
});

/** Time limits of a socket begin anew with every byte; this one does not. @throws ServiceError `NOT_DELIVERED` */
export async function within<T>(promise: Promise<T>, limitMs: number, who: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ServiceError('NOT_DELIVERED', `${who} took longer than ${limitMs / 1000} s.`));
    }, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
