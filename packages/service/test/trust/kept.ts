/** What a data directory holds once its service has ended, and whether that is whole. */
import { expect } from 'vitest';
import type { AlarmRecord, AuditRow, ChangeEntry } from '../../src/records.ts';
import { verifyAudit } from '../../src/store/audit-chain.ts';
import { decodeFrames } from '../../src/store/frames.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

export interface Kept {
  /** By module the times of its frames in the order of the store, doubles included. */
  readonly times: ReadonlyMap<string, readonly number[]>;
  readonly late: number;
  /** Ever written: a frame that was written twice counts twice, although the store shows it once. */
  readonly frames: number;
  /** Oldest first. */
  readonly alarms: readonly AlarmRecord[];
  readonly changes: readonly ChangeEntry[];
  readonly audit: readonly AuditRow[];
}

export async function readKept(directory: string): Promise<Kept> {
  const store = await openStore(directory, { now: Date.now });
  try {
    const times = new Map<string, number[]>();
    let late = 0;
    for await (const piece of store.frames(null, 0, Number.MAX_SAFE_INTEGER))
      decodeFrames(piece, ({ moduleId, timeMs }, isLate) => {
        const list = times.get(moduleId);
        if (list) list.push(timeMs);
        else times.set(moduleId, [timeMs]);
        if (isLate) late++;
      });
    return {
      times,
      late,
      frames: (await store.metrics()).frames,
      alarms: await allOf((page) => store.alarms(page)),
      changes: await allOf((page) => store.changes(page)),
      audit: await auditOf(store),
    };
  } finally {
    await store.close();
  }
}

async function allOf<T>(
  ask: (page: { limit: number; cursor?: string }) => Promise<{ rows: readonly T[]; cursor: string | null }>,
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof ask>> = await ask({ limit: 1000, ...(cursor && { cursor }) });
    rows.push(...page.rows);
    cursor = page.cursor;
  } while (cursor !== null);
  return rows.reverse();
}

async function auditOf(store: Store): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for (;;) {
    const page = await store.audit({ afterSeq: rows.length, limit: 1000 });
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}

/** Every alarm is there once, and every step of its life stands in a log that nobody has changed. */
export function checkAlarms({ alarms, audit }: Kept, said: string): void {
  expect(verifyAudit(audit), `${said}: the audit log`).toMatchObject({ isRight: true, rows: audit.length });
  const ids = alarms.map(({ id }) => id);
  expect(ids, `${said}: ids without gaps and doubles`).toEqual(
    ids.map((_, i) => `A${String(i + 1).padStart(6, '0')}`),
  );
  const open = alarms
    .filter(({ state }) => state !== 'closed')
    .map(({ kind, source }) => `${kind} ${source}`);
  expect(open.length, `${said}: two open alarms of one condition in ${open}`).toBe(new Set(open).size);
  for (const { id, state } of alarms) {
    const steps = audit.filter(({ subject }) => subject === id);
    const count = (action: string): number => steps.filter((row) => row.action === `alarm.${action}`).length;
    expect(count('raised'), `${said}: how often ${id} was raised`).toBe(1);
    expect(count('closed'), `${said}: how often ${id} was closed`).toBe(state === 'closed' ? 1 : 0);
    const last = steps.at(-1);
    expect(JSON.parse(last!.detail), `${said}: last word on ${id}`).toMatchObject({ state });
  }
}
