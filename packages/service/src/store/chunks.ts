/**
 * Chunks: the frames of a module in one hour as they were folded, the minutes of an hour, the quarters of a day. Coarser
 * tiers follow the finer ones: what was touched is dirty until it is made again.
 */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN } from '@emberwatch/engine/units';
import type Database from 'libsql';
import { decodeRows, decodeSteps, encodeRows, encodeSteps } from './chunk.ts';
import { inTransaction } from './disk.ts';
import { hourOf, type Modules, type StoredModule } from './modules.ts';
import { StepMaker, type Steps } from './rollup.ts';
import { type FrameRows, oncePerTime, visitRows } from './rows.ts';
import type { Retention, Tier } from './store.ts';

/** Steps of a tier, and the stretch of time that one chunk holds; frames are as they came. */
export const TIERS: Readonly<Record<Tier, { readonly stepMs: number; readonly periodMs: number }>> = {
  raw: { stepMs: 0, periodMs: MS_PER_H },
  '1min': { stepMs: MS_PER_MIN, periodMs: MS_PER_H },
  '15min': { stepMs: 15 * MS_PER_MIN, periodMs: MS_PER_DAY },
};

const dayOf = (timeMs: number): number => Math.floor(timeMs / MS_PER_DAY) * MS_PER_DAY;

/** A module that goes on past an hour has closed it; one that fell silent, after so long. */
const CLOSED_AFTER_MS = MS_PER_H;

interface DirtyRow {
  module: number;
  period_ms: number;
  touched_ms: number;
}

type SomeTier = Exclude<Tier, 'raw'>;

export class ChunkStore {
  private readonly db: Database.Database;
  private readonly modules: Modules;
  private readonly sql: Record<keyof typeof SQL, Database.Statement>;
  private readonly rowsById = new Map<number, StoredModule>();

  constructor(db: Database.Database, modules: Modules) {
    this.db = db;
    this.modules = modules;
    this.sql = Object.fromEntries(
      Object.entries(SQL).map(([name, text]) => [name, db.prepare(text)]),
    ) as typeof this.sql;
    for (const module of modules.byId.values()) this.rowsById.set(module.id, module);
  }

  /** Writes what is being folded of a module: one chunk for each hour. Inside a transaction. */
  fold(module: StoredModule, receivedMs: number): void {
    this.rowsById.set(module.id, module);
    const rows = oncePerTime(module.folding!);
    const order = rows.sorted();
    for (let from = 0; from < order.length; ) {
      const hourMs = hourOf(rows.timesMs[order[from]!]!);
      let to = from + 1;
      while (to < order.length && rows.timesMs[order[to]!]! < hourMs + MS_PER_H) to++;
      const part = order.slice(from, to);
      const [startMs, endMs] = [rows.timesMs[part[0]!]!, rows.timesMs[part.at(-1)!]!];
      this.sql.insert.run(module.id, 'raw', hourMs, startMs, endMs, receivedMs, encodeRows(rows, part));
      this.sql.touch.run(module.id, '1min', hourMs, receivedMs, module.id, '1min', hourMs);
      const dayMs = dayOf(hourMs);
      this.sql.touch.run(module.id, '15min', dayMs, receivedMs, module.id, '15min', dayMs);
      from = to;
    }
  }

  /** Makes up to `limit` chunks of the coarser tiers whose time is over; returns how many. */
  rollUp(nowMs: number, limit: number): number {
    let made = 0;
    for (const tier of ['1min', '15min'] as const) {
      const silentMs = nowMs - CLOSED_AFTER_MS;
      const dirty = this.sql[tier === '1min' ? 'dirtyHours' : 'dirtyDays'].all(silentMs, limit - made);
      for (const { module: row, period_ms: periodMs, touched_ms: touchedMs } of dirty as DirtyRow[]) {
        const module = this.rowsById.get(row)!;
        const maker = new StepMaker({ stepMs: TIERS[tier].stepMs, withCells: true });
        if (tier === '1min') this.addHour(module, periodMs, periodMs, periodMs + MS_PER_H, maker);
        else this.addMinutesOfDay(module, periodMs, maker);
        this.replace(module, tier, periodMs, touchedMs, maker.steps);
        made++;
      }
    }
    return made;
  }

  /** Frames of one hour in [fromMs, toMs) into `maker`, from chunks and from memory; returns how many. */
  addHour(module: StoredModule, hourMs: number, fromMs: number, toMs: number, maker: StepMaker): number {
    let count = 0;
    visitRows(
      this.rowsOfHour(module, hourMs),
      Math.max(fromMs, hourMs),
      Math.min(toMs, hourMs + MS_PER_H),
      (rows, row) => {
        maker.addRow(rows, row);
        count++;
      },
    );
    return count;
  }

  /** In the order of storage: of one value at one time the first counts. */
  rowsOfHour(module: StoredModule, hourMs: number): FrameRows[] {
    const chunks = this.sql.bytes.all(module.id, 'raw', hourMs) as { bytes: ArrayBuffer }[];
    const rows = chunks.map(({ bytes }) => decodeRows(new Uint8Array(bytes)));
    if (module.folding) rows.push(module.folding);
    if (module.fresh) rows.push(module.fresh);
    return rows;
  }

  /** Steps of a chunk, or null where there is none or frames came since. */
  steps(module: StoredModule, tier: SomeTier, periodMs: number): Steps | null {
    const chunk = this.sql.current.get(module.id, tier, periodMs) as
      | { bytes: ArrayBuffer; is_final: number; is_dirty: number }
      | undefined;
    if (!chunk) return null;
    const isOver = chunk.is_final === 1;
    if (!isOver && (chunk.is_dirty === 1 || this.hasFresh(module, periodMs, TIERS[tier].periodMs)))
      return null;
    return decodeSteps(new Uint8Array(chunk.bytes));
  }

  /** Beginnings of the periods of a tier, or of finer ones, with something in [fromMs, toMs); rising. */
  periods(module: StoredModule, tier: Tier, fromMs: number, toMs: number): number[] {
    const { periodMs } = TIERS[tier];
    const found = new Set<number>();
    const finer = tier === 'raw' ? ['raw'] : tier === '1min' ? ['raw', '1min'] : ['raw', '1min', '15min'];
    for (const from of finer) {
      const rows = this.sql.periods.all(module.id, from, fromMs - TIERS[from as Tier].periodMs, toMs);
      for (const { period_ms: start } of rows as { period_ms: number }[])
        found.add(Math.floor(start / periodMs) * periodMs);
    }
    for (const rows of [module.folding, module.fresh])
      if (rows) for (const start of periodsOf(rows, periodMs)) found.add(start);
    return [...found].filter((start) => start < toMs && start + periodMs > fromMs).sort((a, b) => a - b);
  }

  chunkCount(module: StoredModule, tier: Tier, fromMs: number, toMs: number): number {
    const row = this.sql.count.get(module.id, tier, fromMs - TIERS[tier].periodMs, toMs) as { n: number };
    return row.n;
  }

  /** Time of the first frame at or after `fromMs`, or where a chunk with it begins; null where there is none. */
  nextFrameMs(module: StoredModule, fromMs: number): number | null {
    let next = Number.POSITIVE_INFINITY;
    const chunk = this.sql.next.get(module.id, hourOf(fromMs), fromMs) as { start_ms: number } | undefined;
    if (chunk) next = Math.max(fromMs, chunk.start_ms);
    for (const rows of [module.folding, module.fresh])
      if (rows)
        for (let row = 0; row < rows.count; row++) {
          const timeMs = rows.timesMs[row]!;
          if (timeMs >= fromMs && timeMs < next) next = timeMs;
        }
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  oldestRawMs(): number | null {
    return (this.sql.oldest.get() as { start_ms: number | null }).start_ms;
  }

  /**
   * Forgets up to `limit` chunks of each tier that are older than the retention. Time counts from arrival: a recording of
   * last year that is played in today is new. What a coarser tier still has to be made of stays.
   */
  forget(nowMs: number, retention: Retention, limit: number): number {
    const aroundMs = retention.aroundAlarmMs;
    const raw = this.sql.oldRaw.all(nowMs - retention.rawMs, aroundMs, aroundMs, limit);
    const minutes = this.sql.oldMinutes.all(nowMs - retention.oneMinuteMs, limit);
    const quarters = this.sql.oldQuarters.all(nowMs - retention.fifteenMinutesMs, limit);
    if (raw.length + minutes.length + quarters.length === 0) return 0;
    inTransaction(this.db, () => {
      this.drop(raw as OldChunk[], 'raw');
      this.drop(minutes as OldChunk[], '1min');
      for (const { id } of quarters as OldChunk[]) this.sql.remove.run(id);
    });
    return raw.length + minutes.length + quarters.length;
  }

  private drop(chunks: readonly OldChunk[], tier: 'raw' | '1min'): void {
    for (const { id, module: moduleRow, period_ms: periodMs } of chunks) {
      const module = this.rowsById.get(moduleRow)!;
      this.sql.remove.run(id);
      // The next tier can no longer be made again.
      if (tier === 'raw') this.sql.finish.run(moduleRow, '1min', periodMs);
      else this.sql.finish.run(moduleRow, '15min', dayOf(periodMs));
      this.modules.saveFloor(module, tier, periodMs + MS_PER_H);
    }
  }

  private addMinutesOfDay(module: StoredModule, dayMs: number, maker: StepMaker): void {
    const toMs = dayMs + MS_PER_DAY;
    for (const hourMs of this.periods(module, '1min', dayMs, toMs)) {
      const minutes = this.steps(module, '1min', hourMs);
      if (minutes) maker.addSteps(minutes, dayMs, toMs);
      else this.addHour(module, hourMs, dayMs, toMs, maker);
    }
  }

  private replace(
    module: StoredModule,
    tier: SomeTier,
    periodMs: number,
    touchedMs: number,
    steps: Steps,
  ): void {
    inTransaction(this.db, () => {
      this.sql.clear.run(module.id, tier, periodMs);
      this.sql.clean.run(module.id, tier, periodMs);
      if (steps.count === 0) return;
      const [startMs, endMs] = [steps.timesMs[0]!, steps.timesMs.at(-1)!];
      this.sql.insert.run(module.id, tier, periodMs, startMs, endMs, touchedMs, encodeSteps(steps));
    });
  }

  private hasFresh(module: StoredModule, startMs: number, periodMs: number): boolean {
    return [module.folding, module.fresh].some((rows) => rows && periodsOf(rows, periodMs).has(startMs));
  }
}

interface OldChunk {
  id: number;
  module: number;
  period_ms: number;
}

const SQL = {
  insert: `INSERT INTO chunk (module, tier, period_ms, start_ms, end_ms, received_ms, is_final, bytes)
    VALUES (?, ?, ?, ?, ?, ?, 0, ?)`,
  touch: `INSERT OR REPLACE INTO dirty SELECT ?, ?, ?, ? WHERE NOT EXISTS
    (SELECT 1 FROM chunk WHERE module = ? AND tier = ? AND period_ms = ? AND is_final = 1)`,
  bytes: 'SELECT bytes FROM chunk WHERE module = ? AND tier = ? AND period_ms = ? ORDER BY id',
  current: `SELECT bytes, is_final, EXISTS (SELECT 1 FROM dirty d WHERE d.module = c.module AND d.tier = c.tier
    AND d.period_ms = c.period_ms) AS is_dirty FROM chunk c WHERE module = ? AND tier = ? AND period_ms = ?`,
  periods: `SELECT DISTINCT period_ms FROM chunk WHERE module = ? AND tier = ? AND period_ms > ? AND period_ms < ?`,
  count: 'SELECT count(*) AS n FROM chunk WHERE module = ? AND tier = ? AND period_ms > ? AND period_ms < ?',
  next: `SELECT start_ms FROM chunk WHERE module = ? AND tier = 'raw' AND period_ms >= ? AND end_ms >= ?
    ORDER BY period_ms, start_ms LIMIT 1`,
  oldest: "SELECT min(start_ms) AS start_ms FROM chunk WHERE tier = 'raw'",
  dirtyHours: `SELECT d.module, d.period_ms, d.touched_ms FROM dirty d JOIN module m ON m.id = d.module
    WHERE d.tier = '1min' AND (m.last_ms >= d.period_ms + ${MS_PER_H} OR d.touched_ms <= ?) LIMIT ?`,
  dirtyDays: `SELECT d.module, d.period_ms, d.touched_ms FROM dirty d JOIN module m ON m.id = d.module
    WHERE d.tier = '15min' AND (m.last_ms >= d.period_ms + ${MS_PER_DAY} OR d.touched_ms <= ?)
      AND NOT EXISTS (SELECT 1 FROM dirty e WHERE e.module = d.module AND e.tier = '1min'
        AND e.period_ms >= d.period_ms AND e.period_ms < d.period_ms + ${MS_PER_DAY}) LIMIT ?`,
  clear: 'DELETE FROM chunk WHERE module = ? AND tier = ? AND period_ms = ?',
  clean: 'DELETE FROM dirty WHERE module = ? AND tier = ? AND period_ms = ?',
  remove: 'DELETE FROM chunk WHERE id = ?',
  finish: 'UPDATE chunk SET is_final = 1 WHERE module = ? AND tier = ? AND period_ms = ?',
  oldRaw: `SELECT c.id, c.module, c.period_ms FROM chunk c WHERE c.tier = 'raw' AND c.received_ms < ?
    AND NOT EXISTS (SELECT 1 FROM dirty d WHERE d.module = c.module AND d.tier = '1min' AND d.period_ms = c.period_ms)
    AND NOT EXISTS (SELECT 1 FROM alarm a WHERE a.kind IN ('hazard', 'gas') AND c.end_ms >= a.data_from_ms - ?
      AND (a.data_to_ms IS NULL OR c.start_ms <= a.data_to_ms + ?)) LIMIT ?`,
  oldMinutes: `SELECT c.id, c.module, c.period_ms FROM chunk c WHERE c.tier = '1min' AND c.received_ms < ?
    AND NOT EXISTS (SELECT 1 FROM dirty d WHERE d.module = c.module AND d.tier = '15min'
      AND d.period_ms <= c.period_ms AND d.period_ms > c.period_ms - ${MS_PER_DAY}) LIMIT ?`,
  oldQuarters: "SELECT id FROM chunk WHERE tier = '15min' AND received_ms < ? LIMIT ?",
} as const;

function periodsOf({ timesMs, count }: FrameRows, periodMs: number): Set<number> {
  const found = new Set<number>();
  let last = Number.NaN;
  for (let row = 0; row < count; row++) {
    const start = Math.floor(timesMs[row]! / periodMs) * periodMs;
    if (start !== last) found.add((last = start));
  }
  return found;
}
