/** What the service told of a period when it happened: levels as it began, changes, alarms. */
import type { Level } from '@emberwatch/engine/detector';
import { MS_PER_MIN } from '@emberwatch/engine/units';
import { changeBefore, changesOf } from '../module/events.ts';
import type { Between } from '../module/span.ts';
import type { Session } from '../session/session.ts';
import type { AlarmKind, AlarmPage, AlarmRecord, ChangeEntry, ChangePage } from '../wire.ts';

const CHANGE_PAGES = 20;
const ALARM_PAGES = 10;
const PAGE = 500;
/** Changes before the period that are looked through for the level of each module as it begins. */
const PAGES_BEFORE = 4;
/** Modules that are asked for one by one where those say nothing of them. */
const MAX_ASKED = 64;
const AT_ONCE = 4;
/** An alarm is kept right after the change that raised it. */
const ALARM_LAG_MS = MS_PER_MIN;

export interface RecordedHistory {
  /** Of each module as the period begins; absent: nothing is known of it. */
  readonly levels: ReadonlyMap<string, Level>;
  /** Oldest first. */
  readonly changes: readonly ChangeEntry[];
  /** Raised within the period by the time of the data, oldest first. */
  readonly alarms: readonly AlarmRecord[];
  /** There was more than is fetched: the oldest of it is missing. */
  readonly isCut: boolean;
}

/** @throws Refusal */
async function levelsAt(
  session: Session,
  moduleIds: readonly string[],
  changes: readonly ChangeEntry[],
  timeMs: number,
  signal: AbortSignal,
): Promise<Map<string, Level>> {
  const levels = new Map<string, Level>();
  // What a module came from is what it was before its first change.
  for (const { moduleId, from } of changes) if (!levels.has(moduleId)) levels.set(moduleId, from);
  const isMissing = (): boolean => moduleIds.some((id) => !levels.has(id));
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_BEFORE && isMissing(); page++) {
    const query = new URLSearchParams({
      toMs: String(timeMs),
      limit: String(PAGE),
      ...(cursor && { cursor }),
    });
    const body: ChangePage = (await session.request<ChangePage>(
      'GET',
      `/changes?${query}`,
      undefined,
      signal,
    ))!;
    for (const { moduleId, to } of body.changes) if (!levels.has(moduleId)) levels.set(moduleId, to);
    cursor = body.cursor;
    if (cursor === null) return levels;
  }
  const waiting = moduleIds.filter((id) => !levels.has(id)).slice(0, MAX_ASKED);
  const askSome = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const change = await changeBefore(session, id, timeMs, signal);
      if (change) levels.set(id, change.to);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askSome));
  return levels;
}

/** Hazards are found by the wall clock, which the changes that raised them tell. @throws Refusal */
async function alarmsOf(
  session: Session,
  changes: readonly ChangeEntry[],
  { fromMs, toMs }: Between,
  signal: AbortSignal,
): Promise<{ alarms: AlarmRecord[]; isCut: boolean }> {
  if (changes.length === 0) return { alarms: [], isCut: false };
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { seenMs } of changes) [firstMs, lastMs] = [Math.min(firstMs, seenMs), Math.max(lastMs, seenMs)];
  const span = { fromMs: firstMs - ALARM_LAG_MS, toMs: lastMs + ALARM_LAG_MS };
  const found = await Promise.all(HAZARDS.map((kind) => alarmsOfKind(session, kind, span, signal)));
  const within = found
    .flatMap(({ alarms }) => alarms)
    .filter(({ dataRaisedMs }) => dataRaisedMs >= fromMs && dataRaisedMs < toMs);
  return {
    alarms: within.sort((a, b) => a.dataRaisedMs - b.dataRaisedMs),
    isCut: found.some(({ isCut }) => isCut),
  };
}

const HAZARDS: readonly AlarmKind[] = ['hazard', 'gas'];

/** @throws Refusal */
async function alarmsOfKind(
  session: Session,
  kind: AlarmKind,
  { fromMs, toMs }: Between,
  signal: AbortSignal,
): Promise<{ alarms: AlarmRecord[]; isCut: boolean }> {
  const alarms: AlarmRecord[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < ALARM_PAGES; page++) {
    const query = new URLSearchParams({
      kind,
      fromMs: String(fromMs),
      toMs: String(toMs),
      limit: String(PAGE),
      ...(cursor && { cursor }),
    });
    const body: AlarmPage = (await session.request<AlarmPage>('GET', `/alarms?${query}`, undefined, signal))!;
    alarms.push(...body.alarms);
    cursor = body.cursor;
    if (cursor === null) break;
  }
  return { alarms, isCut: cursor !== null };
}

/** @param moduleIds modules of the site as it is now @throws Refusal */
export async function recordedHistoryOf(
  session: Session,
  moduleIds: readonly string[],
  period: Between,
  signal: AbortSignal,
): Promise<RecordedHistory> {
  const { fromMs, toMs } = period;
  const found = await changesOf(session, { fromMs, toMs, pages: CHANGE_PAGES, signal });
  const { changes } = found;
  const [levels, { alarms, isCut }] = await Promise.all([
    levelsAt(session, moduleIds, changes, fromMs, signal),
    alarmsOf(session, changes, period, signal),
  ]);
  return { levels, changes, alarms, isCut: found.isCut || isCut };
}
