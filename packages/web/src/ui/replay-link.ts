/** Addresses of the replay. */
import { MS_PER_MIN } from '@emberwatch/engine/units';
import type { AlarmRecord } from '../wire.ts';
import { hrefOf } from './route.ts';

/** An alarm is replayed from so long before it to so long after it. */
const AROUND_MS = 30 * MS_PER_MIN;
/** Names in one address. */
const MAX_NAMED = 8;

export function replayHref(
  fromMs: number,
  toMs: number,
  moduleIds: readonly string[] = [],
  atMs: number | null = null,
): string {
  return hrefOf('replay', {
    from: String(Math.floor(fromMs)),
    to: String(Math.ceil(toMs)),
    at: atMs === null ? null : String(atMs),
    module: moduleIds.slice(0, MAX_NAMED).map(encodeURIComponent).join(','),
  });
}

/** Null for trouble with watching: it has no time of the data. */
export function replayOfAlarm({ kind, source, members, dataRaisedMs }: AlarmRecord): string | null {
  if (kind !== 'hazard' && kind !== 'gas') return null;
  const moduleIds = kind === 'gas' ? members : [...new Set([source, ...members])];
  return replayHref(dataRaisedMs - AROUND_MS, dataRaisedMs + AROUND_MS, moduleIds, dataRaisedMs);
}
