/**
 * The clock of each module. One wrong stamp far ahead would make every true one after it look late, so a frame
 * that leaps waits for the next of its module: if that follows, the pause was real and nothing is lost; if it
 * continues from before, the stamp was wrong and one row is refused.
 *
 * A stamp that was seen before is no repetition by itself: channels without a value of that time or later are a further
 * part of the present instant, whatever other channels came first.
 */
import { MS_PER_H } from '../units.ts';
import {
  type ClockSetBack,
  copyOfFrame,
  type Frame,
  type FrameSink,
  type Rejection,
  type RejectionReason,
} from './frame.ts';
import { LastValues } from './instant.ts';
import { type MergedRow, RowMerge, type SpreadRows } from './row-merging.ts';

/** A longer step than this, and than LEAP_INTERVALS usual ones, waits to be confirmed. */
const LEAP_MS = MS_PER_H;
const LEAP_INTERVALS = 100;
/** Weight of a new step in the usual interval; a long one counts at most tenfold. */
const INTERVAL_WEIGHT = 0.1;
const LONGEST_STEP_INTERVALS = 10;
/** Frames that may wait, held or behind a held one so that the order of the source is kept. */
const MAX_WAITING = 1024;
/** Held frames that may remain when there are too many; the oldest of more are believed. */
const MAX_HELD = MAX_WAITING / 2;
/** Channels may trail the others of their module by so many usual intervals, and by so long. */
const LAG_INTERVALS = 3;
const LAG_MIN_MS = 10_000;
const LAG_MAX_MS = 60_000;

/** Why a frame is not evaluated; of contradicting values with the channel and both values. */
export interface TimeRejection {
  readonly reason: Extract<RejectionReason, 'duplicate-time' | 'time-goes-back' | 'contradicting-values'>;
  readonly column?: string;
  readonly value?: string;
}

const REPEATED: TimeRejection = { reason: 'duplicate-time' };
const GOES_BACK: TimeRejection = { reason: 'time-goes-back' };

/** What is known of a row beside its frame. */
export interface RowFacts {
  /** The step to it is known to be one: no leap of the clock. */
  isKnownStep: boolean;
  /** Place among the rows of one stamp; NaN where the mapping names no column for it. */
  order: number;
}

const NO_FACTS: RowFacts = { isKnownStep: false, order: Number.NaN };

interface Waiting {
  frame: Frame;
  readonly line: number;
  /** Given to the sink should the stamp prove wrong; null for a frame that only waits its turn. */
  readonly rejection: Rejection | null;
  /** `frame` is an instant that was given before, with this part that came since; null: it is a new one. */
  readonly part: Frame | null;
  state: 'held' | 'good' | 'wrong';
}

interface Clock {
  lastMs: number;
  /** NaN before the second frame. */
  intervalMs: number;
  held: Waiting | null;
  setBack: ClockSetBack | null;
  readonly last: LastValues;
  /** Its instants come in parts. */
  sendsParts: boolean;
  /** Rows wait for others of their stamp; null where each is taken as it comes. */
  merging: RowMerge | null;
}

/** What is known of a clock, for `restore`. */
export interface ClockState {
  readonly moduleId: string;
  readonly rackId: string | null;
  readonly lastMs: number;
  readonly intervalMs: number;
  readonly last: Float64Array;
}

/** Who decides on the stamps of a decoder. */
export interface FrameClocks {
  lastMs(moduleId: string): number | undefined;
  expectStep(moduleId: string, sink: FrameSink): void;
  /** @returns why the frame is not given to the sink; null where it is, now or once others of its stamp are known */
  take(
    frame: Frame,
    line: number,
    sink: FrameSink,
    rejection: () => Rejection,
    facts?: RowFacts,
  ): TimeRejection | null;
  noteSetBack(moduleId: string, timeMs: number, line: number, entry: string | undefined): void;
  flush(sink: FrameSink): void;
}

export interface ModuleClocksOptions {
  /**
   * Rows of a recording may wait for others of their stamp, so that an instant is one frame and several rows a second
   * are told apart. What is delivered live never waits.
   */
  readonly mergesRows?: boolean;
}

export class ModuleClocks implements FrameClocks {
  private readonly clocks = new Map<string, Clock>();
  private readonly mergesRows: boolean;
  private readonly merging = new Set<Clock>();
  private waiting: Waiting[] = [];
  /** Some clock was set back since the last `flush`. */
  private hasSetBack = false;

  constructor({ mergesRows = false }: ModuleClocksOptions = {}) {
    this.mergesRows = mergesRows;
  }

  /** Some frame is held until the next of its module, or waits behind one that is. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Time of the last frame that was believed. */
  lastMs(moduleId: string): number | undefined {
    const clock = this.clocks.get(moduleId);
    if (!clock) return undefined;
    const lastMs = Math.max(clock.lastMs, clock.merging?.newestMs ?? Number.NEGATIVE_INFINITY);
    return lastMs === Number.NEGATIVE_INFINITY ? undefined : lastMs;
  }

  /** Usual time between its frames; NaN while it is not known. */
  intervalMs(moduleId: string): number {
    return this.clocks.get(moduleId)?.intervalMs ?? Number.NaN;
  }

  /** The caller knows better; undefined: the module was never seen. */
  setLastMs(moduleId: string, timeMs: number | undefined): void {
    if (timeMs === undefined) {
      this.clocks.delete(moduleId);
      return;
    }
    const clock = this.of(moduleId);
    clock.lastMs = timeMs;
    clock.last.backTo(timeMs);
  }

  /** Frames that are held are not in it: flush first. */
  *state(): Iterable<ClockState> {
    for (const [moduleId, { lastMs, intervalMs, last }] of this.clocks)
      yield { moduleId, rackId: last.frame.rackId, lastMs, intervalMs, last: last.state() };
  }

  restore({ moduleId, rackId, lastMs, intervalMs, last }: ClockState): void {
    const clock = this.of(moduleId);
    clock.lastMs = lastMs;
    clock.intervalMs = intervalMs;
    clock.last.restore(last, moduleId, rackId);
  }

  /** Rows that shared a stamp and were given times of their own; null where there were none. */
  get spread(): SpreadRows | null {
    let all: SpreadRows | null = null;
    for (const { merging } of this.merging) {
      const one = merging!.spread;
      if (!one) continue;
      if (!all) all = { ...one, modules: 0, rows: 0 };
      all.modules++;
      all.rows += one.rows;
      all.atOnceMax = Math.max(all.atOnceMax, one.atOnceMax);
    }
    return all;
  }

  /** The step to the next frame is known to be one: a new segment of an elapsed clock begins. */
  expectStep(moduleId: string, sink: FrameSink): void {
    const clock = this.clocks.get(moduleId);
    if (!clock) return;
    if (clock.merging) this.giveMerged(clock, sink);
    if (clock.held) believe(clock, clock.held);
  }

  take(
    frame: Frame,
    line: number,
    sink: FrameSink,
    rejection: () => Rejection,
    facts: RowFacts = NO_FACTS,
  ): TimeRejection | null {
    const clock = this.of(frame.moduleId);
    const { isKnownStep, order } = facts;
    const isOrdered = !Number.isNaN(order);
    if (clock.merging === null && !isOrdered) {
      const timeProblem = this.takeNow(clock, frame, line, sink, rejection, isKnownStep);
      if (!this.mergesRows) return timeProblem;
      if (clock.sendsParts) this.merge(clock, RowMerge.ofParts());
      const given = clock.held?.frame ?? clock.last.frame;
      if (timeProblem?.reason !== 'contradicting-values' || frame.timeMs !== given.timeMs) return timeProblem;
      this.merge(clock, RowMerge.undecided(copyOfFrame(given), line, rejection()));
    } else if (clock.merging === null) this.merge(clock, RowMerge.ofSeveral());
    const row = { frame: copyOfFrame(frame), line, rejection: rejection(), isKnownStep, order };
    this.mergeRow(clock, row, sink);
    return null;
  }

  /** A row was refused as `time-goes-back`. */
  noteSetBack(moduleId: string, timeMs: number, line: number, entry: string | undefined): void {
    const clock = this.of(moduleId);
    const place = entry === undefined ? { line } : { line, entry };
    clock.setBack ??= { moduleId, ...place, fromMs: timeMs, toMs: timeMs, rows: 0 };
    this.hasSetBack = true;
    clock.setBack.rows++;
    clock.setBack.toMs = Math.max(clock.setBack.toMs, timeMs);
  }

  /** The source ends: held frames are believed and given. */
  flush(sink: FrameSink): void {
    for (const clock of this.merging) this.giveMerged(clock, sink);
    // Whoever holds a frame waits: a delivery to a large site need not look at all clocks.
    if (this.waiting.length === 0 && !this.hasSetBack) return;
    this.hasSetBack = false;
    for (const clock of this.clocks.values()) {
      if (clock.held) believe(clock, clock.held);
      if (clock.setBack) reportSetBack(clock, sink);
    }
    this.giveDecided(sink);
  }

  private of(moduleId: string): Clock {
    let clock = this.clocks.get(moduleId);
    if (!clock) {
      clock = {
        lastMs: Number.NEGATIVE_INFINITY,
        intervalMs: Number.NaN,
        held: null,
        setBack: null,
        last: new LastValues(),
        sendsParts: false,
        merging: null,
      };
      this.clocks.set(moduleId, clock);
    }
    return clock;
  }

  private takeNow(
    clock: Clock,
    frame: Frame,
    line: number,
    sink: FrameSink,
    rejection: () => Rejection,
    isKnownStep: boolean,
  ): TimeRejection | null {
    const { timeMs } = frame;
    if (clock.held) {
      const timeProblem = followHeld(clock, clock.held, frame);
      if (timeProblem !== undefined) return timeProblem;
    }
    if (timeMs <= clock.lastMs) return this.takeAgain(clock, frame, line, sink);
    const stepMs = timeMs - clock.lastMs;
    // Written so that the NaN of an interval not known yet leaves the hour.
    const isLeap = stepMs > LEAP_MS && !(stepMs <= LEAP_INTERVALS * clock.intervalMs);
    if (clock.setBack) reportSetBack(clock, sink);
    if (isLeap && !isKnownStep) {
      const rejected = { ...rejection(), reason: 'time-leaps' } as const;
      clock.held = { frame: copyOfFrame(frame), line, rejection: rejected, part: null, state: 'held' };
      this.waiting.push(clock.held);
    } else {
      if (!isLeap) learnInterval(clock, stepMs);
      clock.lastMs = timeMs;
      if (this.waiting.length === 0) {
        sink.frame(frame, line);
        // Unless the sink has taken the time back.
        if (clock.lastMs === timeMs) clock.last.begin(frame);
        return null;
      }
      clock.last.begin(frame);
      this.waiting.push({ frame: copyOfFrame(frame), line, rejection: null, part: null, state: 'good' });
    }
    this.giveDecided(sink);
    if (this.waiting.length > MAX_WAITING) this.makeRoom(sink);
    return null;
  }

  /** Not newer than the last: the same again, a further part, or what must be refused. */
  private takeAgain(clock: Clock, frame: Frame, line: number, sink: FrameSink): TimeRejection | null {
    const { last } = clock;
    const relation = last.compare(frame);
    if (relation === 'contradiction') return { reason: 'contradicting-values', ...last.contradiction(frame) };
    if (relation === 'repetition') return REPEATED;
    if (relation === 'older' || clock.lastMs - frame.timeMs > lagMaxMs(clock)) return GOES_BACK;
    const whole = last.merge(frame);
    whole.moduleId = frame.moduleId;
    whole.timeMs = clock.lastMs;
    clock.sendsParts = true;
    if (this.waiting.length === 0) givePart(whole, frame, line, sink);
    else {
      const part = copyOfFrame(frame);
      this.waiting.push({ frame: copyOfFrame(whole), line, rejection: null, part, state: 'good' });
    }
    return null;
  }

  private merge(clock: Clock, merging: RowMerge): void {
    clock.merging ??= merging;
    this.merging.add(clock);
  }

  private mergeRow(clock: Clock, row: MergedRow, sink: FrameSink): void {
    const merging = clock.merging!;
    merging.add(row, this.giver(clock, sink));
    if (!merging.isOver) return;
    clock.merging = null;
    this.merging.delete(clock);
  }

  private giveMerged(clock: Clock, sink: FrameSink): void {
    clock.merging!.giveAll(this.giver(clock, sink));
  }

  /** What has been gathered is taken like any other row. */
  private giver(clock: Clock, sink: FrameSink): (frame: Frame, row: MergedRow) => void {
    return (frame, { line, rejection, isKnownStep }) => {
      const timeProblem = this.takeNow(clock, frame, line, sink, () => rejection, isKnownStep);
      if (timeProblem) sink.rejection({ ...rejection, ...timeProblem });
    };
  }

  /** In the order of the source, up to the first frame that is still held. */
  private giveDecided(sink: FrameSink): void {
    const { waiting } = this;
    const firstHeld = waiting.findIndex(({ state }) => state === 'held');
    const count = firstHeld < 0 ? waiting.length : firstHeld;
    if (count === 0) return;
    this.waiting = waiting.slice(count);
    for (let i = 0; i < count; i++) give(waiting[i]!, sink);
  }

  /** Somebody waits for too long: the others go past him. */
  private makeRoom(sink: FrameSink): void {
    const { waiting } = this;
    this.waiting = waiting.filter(({ state }) => state === 'held');
    for (const one of waiting) if (one.state !== 'held') give(one, sink);
    if (this.waiting.length <= MAX_HELD) return;
    for (const held of this.waiting.slice(0, -MAX_HELD)) believe(this.of(held.frame.moduleId), held);
    this.giveDecided(sink);
  }
}

function believe(clock: Clock, held: Waiting): void {
  held.state = 'good';
  clock.lastMs = held.frame.timeMs;
  clock.last.begin(held.frame);
  clock.held = null;
}

/** Decides on the frame that is held. @returns undefined where the one that follows is still to be taken */
function followHeld(clock: Clock, held: Waiting, frame: Frame): TimeRejection | null | undefined {
  const { timeMs } = frame;
  const heldMs = held.frame.timeMs;
  if (timeMs > heldMs) {
    believe(clock, held);
    return undefined;
  }
  if (timeMs <= clock.lastMs) return undefined;
  const isFirst = clock.lastMs === Number.NEGATIVE_INFINITY;
  if (timeMs < heldMs && !(isFirst && heldMs - timeMs <= LEAP_MS)) {
    held.state = 'wrong';
    clock.held = null;
    return undefined;
  }
  const instant = new LastValues();
  instant.begin(held.frame);
  const relation = instant.compare(frame);
  if (relation === 'contradiction')
    return { reason: 'contradicting-values', ...instant.contradiction(frame) };
  if (relation !== 'part' || heldMs - timeMs > lagMaxMs(clock))
    return timeMs === heldMs ? REPEATED : GOES_BACK;
  held.frame = copyOfFrame(instant.merge(frame));
  clock.sendsParts = true;
  return null;
}

const lagMaxMs = ({ intervalMs }: Clock): number =>
  Math.min(LAG_MAX_MS, Math.max(LAG_MIN_MS, LAG_INTERVALS * (intervalMs || LAG_MAX_MS)));

function learnInterval(clock: Clock, stepMs: number): void {
  const { intervalMs } = clock;
  if (Number.isNaN(intervalMs)) {
    if (Number.isFinite(stepMs)) clock.intervalMs = stepMs;
    return;
  }
  const countedMs = Math.min(stepMs, LONGEST_STEP_INTERVALS * intervalMs);
  clock.intervalMs += INTERVAL_WEIGHT * (countedMs - intervalMs);
}

function reportSetBack(clock: Clock, sink: FrameSink): void {
  sink.setBack?.(clock.setBack!);
  clock.setBack = null;
}

function givePart(whole: Frame, part: Frame, line: number, sink: FrameSink): void {
  if (sink.part) sink.part(whole, part, line);
  else sink.frame(whole, line);
}

function give({ frame, line, rejection, part, state }: Waiting, sink: FrameSink): void {
  if (state === 'wrong') sink.rejection(rejection!);
  else if (part) givePart(frame, part, line, sink);
  else sink.frame(frame, line);
}
