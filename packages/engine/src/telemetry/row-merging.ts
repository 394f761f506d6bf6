/**
 * Rows of one module of a recording that wait for others of their stamp. Disjoint ones are parts of one frame. Where
 * stamps of whole seconds carry different rows again and again, the logger writes several a second: they are samples,
 * spread evenly until the next stamp. A stamp that does so alone contradicts itself.
 */
import { MS_PER_S } from '../units.ts';
import type { Frame, Rejection } from './frame.ts';
import { LastValues } from './instant.ts';
import { isWholeSecond, samplesOf, spread } from './samples.ts';

/** So many stamps with several samples make it the habit of a logger. */
const HABIT_STAMPS = 2;
/** What may wait until that is known, and of one stamp. */
const MAX_STAMPS = 16;
const MAX_ROWS = 1024;

export interface MergedRow {
  readonly frame: Frame;
  readonly line: number;
  /** As of its time; another reason may be put into it. */
  readonly rejection: Rejection;
  readonly isKnownStep: boolean;
  readonly order: number;
}

/** Rows that shared a stamp and were given times of their own. */
export interface SpreadRows {
  rows: number;
  modules: number;
  /** Most of one module at one stamp. */
  atOnceMax: number;
  readonly moduleId: string;
  /** Of the first of them. */
  readonly line: number;
}

type Give = (frame: Frame, row: MergedRow) => void;

export class RowMerge {
  spread: SpreadRows | null = null;
  /** It turned out that each row has a stamp of its own. */
  isOver = false;
  private mode: 'undecided' | 'parts' | 'several';
  private rows: MergedRow[] = [];
  /** Given before it was known that others of its stamp follow. */
  private given: MergedRow | null = null;
  private stampMs = Number.NEGATIVE_INFINITY;
  private stamps = 1;
  private stampsOfSeveral = 0;
  /** Shortest step from stamp to stamp. */
  private stepMs = Number.POSITIVE_INFINITY;
  private present = new LastValues();
  private contradictedMs = Number.NaN;

  private constructor(mode: RowMerge['mode']) {
    this.mode = mode;
  }

  /** Instants come in parts: each waits until the next begins. */
  static ofParts(): RowMerge {
    return new RowMerge('parts');
  }

  /** The mapping says in which order rows of one stamp were measured. */
  static ofSeveral(): RowMerge {
    return new RowMerge('several');
  }

  /** Another row of this stamp contradicts the one that was given. */
  static undecided(given: Frame, line: number, rejection: Rejection): RowMerge {
    const merging = new RowMerge('undecided');
    merging.given = { frame: given, line, rejection, isKnownStep: false, order: Number.NaN };
    merging.rows.push(merging.given);
    merging.stampMs = given.timeMs;
    merging.present.begin(given);
    return merging;
  }

  /** Of the rows that wait. */
  get newestMs(): number {
    return this.rows.length > 0 ? this.stampMs : Number.NEGATIVE_INFINITY;
  }

  add(row: MergedRow, give: Give): void {
    const { timeMs } = row.frame;
    if (timeMs < this.stampMs) {
      give(row.frame, row);
      return;
    }
    const isNewStamp = timeMs > this.stampMs;
    if (isNewStamp) {
      if (Number.isFinite(this.stampMs)) this.stepMs = Math.min(this.stepMs, timeMs - this.stampMs);
      if (this.mode !== 'undecided') this.giveStamp(this.takeRows(), timeMs, give);
      this.stampMs = timeMs;
      this.stamps++;
    }
    this.rows.push(row);
    if (this.mode === 'undecided') this.decide(row, isNewStamp, give);
    else if (this.rows.length >= MAX_ROWS) this.giveAll(give);
  }

  /** No more rows, or no more room. */
  giveAll(give: Give): void {
    this.giveStamps(this.takeRows(), Number.POSITIVE_INFINITY, give);
  }

  private takeRows(): MergedRow[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  private decide(row: MergedRow, isNewStamp: boolean, give: Give): void {
    const { present } = this;
    const relation = isNewStamp ? 'contradiction' : present.compare(row.frame);
    if (relation === 'part') present.merge(row.frame);
    if (relation === 'contradiction') present.begin(row.frame);
    if (relation === 'contradiction' && !isNewStamp && this.contradictedMs !== this.stampMs) {
      this.contradictedMs = this.stampMs;
      if (isWholeSecond(this.stampMs)) this.stampsOfSeveral++;
    }
    if (this.stampsOfSeveral >= HABIT_STAMPS) {
      this.mode = 'several';
      const rows = this.takeRows();
      const ofStamp = rows.findIndex(({ frame }) => frame.timeMs === this.stampMs);
      this.rows = rows.slice(ofStamp);
      this.giveStamps(rows.slice(0, ofStamp), this.stampMs, give);
    } else if (this.stamps > MAX_STAMPS || this.rows.length >= MAX_ROWS) {
      this.isOver = true;
      this.giveAll(give);
    }
  }

  private giveStamps(rows: readonly MergedRow[], nextMs: number, give: Give): void {
    for (let from = 0; from < rows.length; ) {
      const stampMs = rows[from]!.frame.timeMs;
      let to = from + 1;
      while (to < rows.length && rows[to]!.frame.timeMs === stampMs) to++;
      this.giveStamp(rows.slice(from, to), rows[to]?.frame.timeMs ?? nextMs, give);
      from = to;
    }
  }

  private giveStamp(rows: readonly MergedRow[], nextMs: number, give: Give): void {
    if (rows.length === 0) return;
    const stampMs = rows[0]!.frame.timeMs;
    const { samples, repeated } = samplesOf(rows, this.mode === 'several');
    const isOrdered = !Number.isNaN(rows[0]!.order);
    if (
      samples.length > 1 &&
      this.mode === 'parts' &&
      isWholeSecond(stampMs) &&
      ++this.stampsOfSeveral >= HABIT_STAMPS
    )
      this.mode = 'several';
    if (samples.length > 1 && this.mode === 'several' && (isOrdered || isWholeSecond(stampMs))) {
      const stepMs = Math.min(nextMs - stampMs, this.stepMs);
      if (spread(samples, Number.isFinite(stepMs) ? stepMs : MS_PER_S)) this.note(rows, samples.length);
    }
    for (const { frame, rows: its } of samples) {
      const isGiven = its[0] === this.given;
      if (!isGiven || its.length > 1) give(frame, its.at(-1)!);
    }
    // The same again is refused as such.
    for (const row of repeated) give(row.frame, row);
    this.given = null;
  }

  private note([first]: readonly MergedRow[], atOnce: number): void {
    const { frame, line } = first!;
    this.spread ??= { rows: 0, modules: 1, atOnceMax: 0, moduleId: frame.moduleId, line };
    this.spread.rows += atOnce;
    this.spread.atOnceMax = Math.max(this.spread.atOnceMax, atOnce);
  }
}
