/** What happened to one module over a span: changes of level and faults of its sensors. */
import type { Level, SensorFault } from '@emberwatch/engine/detector';
import { useEffect, useState } from 'react';
import type { SiteView } from '../live/store.ts';
import { type Session, useSession } from '../session/session.ts';
import type { ChangeEntry, ChangePage, SensorFaultPage } from '../wire.ts';
import { boundsOf, type Span } from './span.ts';

const PAGE = 500;
const MAX_PAGES = 4;
const FAULTS = 200;

export interface Happenings {
  /** Level before the first change that is listed. */
  readonly first: Level;
  /** Oldest first. */
  readonly changes: readonly ChangeEntry[];
  /** There were more: the oldest are left out. */
  readonly isCut: boolean;
  readonly faults: readonly SensorFault[];
}

const NOTHING: Happenings = { first: 'unknown', changes: [], isCut: false, faults: [] };

interface ChangesQuery {
  readonly moduleId?: string;
  readonly fromMs: number;
  readonly toMs?: number;
  readonly pages: number;
  readonly signal: AbortSignal;
}

/** Oldest first; the newest where there are more than so many pages. @throws Refusal */
export async function changesOf(
  session: Session,
  { moduleId, fromMs, toMs, pages, signal }: ChangesQuery,
): Promise<{ changes: ChangeEntry[]; isCut: boolean }> {
  const changes: ChangeEntry[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages; page++) {
    const query = new URLSearchParams({
      limit: String(PAGE),
      fromMs: String(fromMs),
      ...(toMs !== undefined && { toMs: String(toMs) }),
      ...(moduleId !== undefined && { moduleId }),
      ...(cursor !== null && { cursor }),
    });
    const body: ChangePage = (await session.request<ChangePage>(
      'GET',
      `/changes?${query}`,
      undefined,
      signal,
    ))!;
    changes.push(...body.changes);
    cursor = body.cursor;
    if (cursor === null) break;
  }
  return { changes: changes.reverse(), isCut: cursor !== null };
}

/** The last change before an instant; undefined where there was none. @throws Refusal */
export async function changeBefore(
  session: Session,
  moduleId: string,
  timeMs: number,
  signal: AbortSignal,
): Promise<ChangeEntry | undefined> {
  const query = new URLSearchParams({ moduleId, toMs: String(timeMs), limit: '1' });
  const body = await session.request<ChangePage>('GET', `/changes?${query}`, undefined, signal);
  return body!.changes[0];
}

/** Fetched again where the event stream tells of something new. */
export function useHappenings(moduleId: string, span: Span, view: SiteView): Happenings {
  const session = useSession();
  const [happenings, setHappenings] = useState(NOTHING);
  const newest = view.changes.find((change) => change.moduleId === moduleId)?.seq ?? 0;
  const faults = view.sensorFaults.filter((fault) => fault.moduleId === moduleId);
  const wanted = JSON.stringify([
    span,
    newest,
    faults.length,
    faults.filter(({ toMs }) => toMs === null).length,
  ]);
  const hasClock = view.clockMs !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `wanted` says what of them counts
  useEffect(() => {
    const bounds = boundsOf(span, view.clockMs);
    if (!bounds) return;
    const stop = new AbortController();
    const { signal } = stop;
    const { fromMs } = bounds;
    const toMs = span.kind === 'between' ? { toMs: span.toMs } : {};
    const faultQuery = new URLSearchParams({ moduleId, limit: String(FAULTS) });
    Promise.all([
      changesOf(session, { moduleId, fromMs, ...toMs, pages: MAX_PAGES, signal }),
      changeBefore(session, moduleId, fromMs, signal),
      session.request<SensorFaultPage>('GET', `/sensor-faults?${faultQuery}`, undefined, signal),
    ]).then(
      ([{ changes, isCut }, before, reported]) =>
        setHappenings({
          first: changes[0]?.from ?? before?.to ?? 'unknown',
          changes,
          isCut,
          faults: reported?.sensorFaults ?? [],
        }),
      // The histories, asked for at the same time, say what is wrong with the line.
      () => {},
    );
    return () => stop.abort();
  }, [session, moduleId, wanted, hasClock]);
  return happenings;
}
