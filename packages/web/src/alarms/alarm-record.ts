/** One alarm by its id: from the event stream while it is open, asked for once it is closed. */
import { useEffect, useRef, useState } from 'react';
import { wordsOf } from '../session/request-error.ts';
import { useSession } from '../session/session.ts';
import type { AlarmRecord } from '../wire.ts';

export interface Found {
  readonly alarm: AlarmRecord | null;
  readonly problem: string | null;
}

const NOTHING: Found = { alarm: null, problem: null };

/**
 * @param id null: none is looked at
 * @param open the alarm as the stream has it; undefined where it is not open, or not known yet
 */
export function useAlarm(id: string | null, open: AlarmRecord | undefined, isConnected: boolean): Found {
  const session = useSession();
  const [found, setFound] = useState<Found & { id: string | null }>({ ...NOTHING, id });
  const last = useRef<AlarmRecord>(undefined);
  const isOpen = open !== undefined;
  useEffect(() => {
    if (id === null || isOpen || !isConnected) return;
    const stop = new AbortController();
    session
      .request<AlarmRecord>('GET', `/alarms/${encodeURIComponent(id)}`, undefined, stop.signal)
      .then((alarm) => setFound({ id, alarm, problem: null }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setFound({ id, alarm: null, problem: wordsOf(error) });
      });
    return () => stop.abort();
  }, [session, id, isOpen, isConnected]);
  if (open) {
    last.current = open;
    return { alarm: open, problem: null };
  }
  if (found.id === id && (found.alarm !== null || found.problem !== null)) return found;
  // It has just closed: until the whole of it comes, what was known stays.
  return last.current?.id === id ? { alarm: last.current, problem: null } : NOTHING;
}
