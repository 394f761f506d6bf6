/** What is asked of the service again and again while it is looked at. */
import { useCallback, useEffect, useState } from 'react';
import { wordsOf } from '../session/request-error.ts';
import { useSession } from '../session/session.ts';

const EVERY_MS = 20_000;

export interface Polled<T> {
  readonly body: T | null;
  readonly problem: string | null;
  /** Asks at once. */
  readonly again: () => void;
}

/** @param occasion asks at once when it changes */
export function usePolling<T>(path: string, isConnected: boolean, occasion: unknown): Polled<T> {
  const session = useSession();
  const [state, setState] = useState<{ body: T | null; problem: string | null }>({
    body: null,
    problem: null,
  });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((before) => before + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an occasion and a round are reasons to ask
  useEffect(() => {
    if (!isConnected) return;
    const stop = new AbortController();
    const ask = (): void => {
      session
        .request<T>('GET', path, undefined, stop.signal)
        .then((body) => setState({ body, problem: null }))
        .catch((error: unknown) => {
          if (!stop.signal.aborted) setState(({ body }) => ({ body, problem: wordsOf(error) }));
        });
    };
    ask();
    const timer = window.setInterval(ask, EVERY_MS);
    return () => {
      stop.abort();
      window.clearInterval(timer);
    };
  }, [session, path, isConnected, occasion, round]);
  return { ...state, again };
}
