/**
 * The clock of each module. One wrong stamp far ahead would make every true one after it look late, so a frame
 * that leaps waits for the next of its module: if that follows, the pause was real and nothing is lost; if it
 * continues from before the leap, the stamp was wrong and one row is refused.
 */
import { MS_PER_H } from '../units.ts';
import { copyOfFrame, type Frame, type FrameSink, type Rejection, type RejectionReason } from './frame.ts';

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

export type TimeRefusal = Extract<RejectionReason, 'duplicate-time' | 'time-goes-back'>;

/** Rows in a run that were refused because the clock of their module had gone back. */
export interface ClockSetBack {
  readonly moduleId: string;
  /** Of the first row refused. */
  readonly line: number;
  /** Which file of an archive, where it has several. */
  readonly entry?: string;
  /** Stamps of the first and of the last row refused, Unix ms. */
  readonly fromMs: number;
  toMs: number;
  rows: number;
}

interface Waiting {
  readonly frame: Frame;
  readonly line: number;
  /** Given to the sink should the stamp prove wrong; null for a frame that only waits its turn. */
  readonly rejection: Rejection | null;
  state: 'held' | 'good' | 'wrong';
}

interface Clock {
  lastMs: number;
  /** NaN before the second frame. */
  intervalMs: number;
  held: Waiting | null;
  setBack: ClockSetBack | null;
}

/** Who decides on the stamps of a decoder. */
export interface FrameClocks {
  lastMs(moduleId: string): number | undefined;
  check(moduleId: string, timeMs: number): TimeRefusal | null;
  expectStep(moduleId: string): void;
  take(frame: Frame, line: number, sink: FrameSink, rejection: (() => Rejection) | null): void;
  noteSetBack(moduleId: string, timeMs: number, line: number, entry: string | undefined): void;
  flush(sink: FrameSink): void;
}

export class ModuleClocks implements FrameClocks {
  private readonly clocks = new Map<string, Clock>();
  private waiting: Waiting[] = [];
  /** Some clock was set back since the last `flush`. */
  private hasSetBack = false;

  /** Some frame is held until the next of its module, or waits behind one that is. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Time of the last frame that was believed. */
  lastMs(moduleId: string): number | undefined {
    const lastMs = this.clocks.get(moduleId)?.lastMs;
    return lastMs === Number.NEGATIVE_INFINITY ? undefined : lastMs;
  }

  /** The caller knows better; undefined: the module was never seen. */
  setLastMs(moduleId: string, timeMs: number | undefined): void {
    if (timeMs === undefined) this.clocks.delete(moduleId);
    else this.of(moduleId).lastMs = timeMs;
  }

  /** What is known of each clock, for `restore`; frames that are held are not in it: flush first. */
  *state(): Iterable<readonly [moduleId: string, lastMs: number, intervalMs: number]> {
    for (const [moduleId, { lastMs, intervalMs }] of this.clocks) yield [moduleId, lastMs, intervalMs];
  }

  restore(moduleId: string, lastMs: number, intervalMs: number): void {
    const clock = this.of(moduleId);
    clock.lastMs = lastMs;
    clock.intervalMs = intervalMs;
  }

  /** Decides on a stamp, and with it on the frame held before. Null: the frame may be given to `take`. */
  check(moduleId: string, timeMs: number): TimeRefusal | null {
    const clock = this.of(moduleId);
    const { held } = clock;
    if (held) {
      const heldMs = held.frame.timeMs;
      if (timeMs === heldMs) return 'duplicate-time';
      if (timeMs > heldMs) believe(clock, held);
      else if (timeMs > clock.lastMs) {
        const isFirst = clock.lastMs === Number.NEGATIVE_INFINITY;
        if (isFirst && heldMs - timeMs <= LEAP_MS) return 'time-goes-back';
        held.state = 'wrong';
        clock.held = null;
      }
    }
    if (timeMs > clock.lastMs) return null;
    return timeMs === clock.lastMs ? 'duplicate-time' : 'time-goes-back';
  }

  /** The step to the next frame is known to be one: a new segment of an elapsed clock begins. */
  expectStep(moduleId: string): void {
    const clock = this.clocks.get(moduleId);
    if (clock?.held) believe(clock, clock.held);
  }

  /** A frame that `check` let through; `rejection` says what to refuse should its stamp prove wrong. */
  take(frame: Frame, line: number, sink: FrameSink, rejection: (() => Rejection) | null): void {
    const clock = this.of(frame.moduleId);
    const stepMs = frame.timeMs - clock.lastMs;
    // Written so that the NaN of an interval not known yet leaves the hour.
    const isLeap = stepMs > LEAP_MS && !(stepMs <= LEAP_INTERVALS * clock.intervalMs);
    if (clock.setBack) tellSetBack(clock, sink);
    if (isLeap && rejection) {
      clock.held = { frame: copyOfFrame(frame), line, rejection: rejection(), state: 'held' };
      this.waiting.push(clock.held);
    } else {
      if (!isLeap) learnInterval(clock, stepMs);
      clock.lastMs = frame.timeMs;
      if (this.waiting.length === 0) {
        sink.frame(frame, line);
        return;
      }
      this.waiting.push({ frame: copyOfFrame(frame), line, rejection: null, state: 'good' });
    }
    this.giveDecided(sink);
    if (this.waiting.length > MAX_WAITING) this.makeRoom(sink);
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
    // Whoever holds a frame waits: a delivery to a large site need not look at all clocks.
    if (this.waiting.length === 0 && !this.hasSetBack) return;
    this.hasSetBack = false;
    for (const clock of this.clocks.values()) {
      if (clock.held) believe(clock, clock.held);
      if (clock.setBack) tellSetBack(clock, sink);
    }
    this.giveDecided(sink);
  }

  private of(moduleId: string): Clock {
    let clock = this.clocks.get(moduleId);
    if (!clock) {
      clock = { lastMs: Number.NEGATIVE_INFINITY, intervalMs: Number.NaN, held: null, setBack: null };
      this.clocks.set(moduleId, clock);
    }
    return clock;
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
  clock.held = null;
}

function learnInterval(clock: Clock, stepMs: number): void {
  const { intervalMs } = clock;
  if (Number.isNaN(intervalMs)) {
    if (Number.isFinite(stepMs)) clock.intervalMs = stepMs;
    return;
  }
  const countedMs = Math.min(stepMs, LONGEST_STEP_INTERVALS * intervalMs);
  clock.intervalMs += INTERVAL_WEIGHT * (countedMs - intervalMs);
}

function tellSetBack(clock: Clock, sink: FrameSink): void {
  sink.setBack?.(clock.setBack!);
  clock.setBack = null;
}

function give({ frame, line, rejection, state }: Waiting, sink: FrameSink): void {
  if (state === 'wrong') sink.rejection(rejection!);
  else sink.frame(frame, line);
}
