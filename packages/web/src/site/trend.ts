/** The trend of one module, fetched once and then only what is new. */
import { useEffect, useState } from 'react';
import type { TrendBody } from '../wire.ts';
import { mergeTrend } from './trend-merge.ts';

const REFRESH_MS = 2000;

export interface TrendState {
  readonly trend: TrendBody | null;
  readonly problem: string | null;
}

export function useTrend(moduleId: string, isConnected: boolean): TrendState {
  const [state, setState] = useState<TrendState>({ trend: null, problem: null });
  useEffect(() => {
    if (!isConnected) return;
    const stop = new AbortController();
    let timer = 0;
    let trend: TrendBody | null = null;
    const refresh = async (): Promise<void> => {
      const after = trend?.timesMs.at(-1);
      const query = after === undefined ? '' : `?afterMs=${after}`;
      try {
        const answer = await fetch(`/api/v1/modules/${encodeURIComponent(moduleId)}/trend${query}`, {
          signal: stop.signal,
        });
        if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
        const body = (await answer.json()) as TrendBody;
        trend = trend ? mergeTrend(trend, body) : body;
        setState({ trend, problem: null });
      } catch (error) {
        if (stop.signal.aborted) return;
        setState({ trend, problem: error instanceof Error ? error.message : String(error) });
      }
      timer = window.setTimeout(refresh, REFRESH_MS);
    };
    void refresh();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [moduleId, isConnected]);
  return state;
}
