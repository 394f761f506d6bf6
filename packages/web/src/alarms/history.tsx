/** Closed alarms, newest first, page by page. */
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { wordsOf } from '../session/request-error.ts';
import { useSession } from '../session/session.ts';
import { spanText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { AlarmKind, AlarmPage, AlarmRecord } from '../wire.ts';

const PAGE_ALARMS = 50;
/** Pages are added below; more than this is work for an export. */
const MAX_KEPT = 2000;

export interface HistoryState {
  readonly alarms: readonly AlarmRecord[];
  /** Asks for the next page; null: there is none. */
  readonly more: (() => void) | null;
  readonly isBusy: boolean;
  readonly problem: string | null;
}

interface Pages {
  readonly alarms: readonly AlarmRecord[];
  readonly cursor: string | null;
}

const NO_PAGES: Pages = { alarms: [], cursor: null };

/** @param isOn false: nothing is asked */
export function useHistory(isOn: boolean, kind: AlarmKind | null, source: string | null): HistoryState {
  const session = useSession();
  const [pages, setPages] = useState(NO_PAGES);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const load = useCallback(
    async (before: Pages, signal?: AbortSignal): Promise<void> => {
      const query = new URLSearchParams({ open: 'false', limit: String(PAGE_ALARMS) });
      if (kind !== null) query.set('kind', kind);
      if (source !== null) query.set('source', source);
      if (before.cursor !== null) query.set('cursor', before.cursor);
      setIsBusy(true);
      setProblem(null);
      try {
        const page = await session.request<AlarmPage>('GET', `/alarms?${query}`, undefined, signal);
        setPages({ alarms: [...before.alarms, ...page!.alarms], cursor: page!.cursor });
      } catch (error) {
        if (signal?.aborted) return;
        setProblem(wordsOf(error));
      }
      setIsBusy(false);
    },
    [session, kind, source],
  );
  useEffect(() => {
    if (!isOn) return;
    const stop = new AbortController();
    setPages(NO_PAGES);
    void load(NO_PAGES, stop.signal);
    return () => stop.abort();
  }, [isOn, load]);
  const { alarms, cursor } = pages;
  const hasMore = cursor !== null && alarms.length < MAX_KEPT;
  return { alarms, isBusy, problem, more: hasMore && !isBusy ? () => void load(pages) : null };
}

/** When a closed alarm was, and how long it lasted. */
export function useClosedText(nowMs: number): (alarm: AlarmRecord) => string {
  const times = useTimes();
  return ({ raisedMs, closedMs }) =>
    closedMs === null
      ? times.short(raisedMs, nowMs)
      : `${times.short(raisedMs, nowMs)} · ${spanText(closedMs - raisedMs)}`;
}

type HistoryFootProps = HistoryState & { readonly isNarrowed: boolean };

export const HistoryFoot = ({ alarms, more, isBusy, problem, isNarrowed }: HistoryFootProps): ReactNode => (
  <div className="alarm-more" role="status">
    {problem !== null && <p className="wrong">The history cannot be shown: {problem}</p>}
    {isBusy && <p className="quiet">Asking for closed alarms…</p>}
    {!isBusy && problem === null && alarms.length === 0 && (
      <p className="quiet">{isNarrowed ? 'No closed alarm matches.' : 'No alarm has closed yet.'}</p>
    )}
    {more !== null && (
      <button type="button" className="button" onClick={more}>
        Show older ones
      </button>
    )}
    {alarms.length >= MAX_KEPT && <p className="quiet">Older ones: narrow the list down.</p>}
  </div>
);
