/**
 * At which time a frame is evaluated. Its stamp is believed while it rises, is not ahead of the clock and does not stand
 * behind it by the same amount for ever; the frames of a clock that is wrong are evaluated in order of arrival, at times
 * that move with it. So the time of evaluation never leads the clock, and no clock leaves its module unevaluated.
 */
import { MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { MAX_CLOCK_ERROR_MS } from '../limits.ts';
import type { BatchItem } from './delivery/batch-item.ts';
import { SLICE_FRAMES } from './delivery/slices.ts';
import type { Slices } from './delivery/turns.ts';
import type { HostClock, Vote } from './host-clock.ts';
import type { ReplayedItem } from './part.ts';

/** Stamps further ahead than this are no times. */
export const MAX_AHEAD_MS = 5 * MS_PER_S;
/**
 * A clock is found wrong by so many arrivals over so long that move as time does, and are not of now. Where its stamps
 * are behind what was evaluated there is haste; where they rise they are evaluated as they are, and may be a backlog.
 */
const RUN_COUNT = 3;
const RUN_MS = 5 * MS_PER_S;
const RISING_RUN_MS = MS_PER_MIN;
/** Behind by an amount that varies more is a queue; of minutes and more, one that drains by more of the time that passes. */
const SAME_LAG_MS = 3 * MS_PER_S;
const DRAINING = 0.1;
/** A stamp that stands still may be a value that is sent again until there is a new one. */
const STILL_MS = 15 * MS_PER_S;
const STILL_INTERVALS = 3;
/** Stamps and arrivals that pass at the same pace, up to this factor. What waited somewhere comes faster. */
const SAME_PACE = 1.5;
/** A gateway votes by modules whose stamps keep their distance from this clock to within so much, and that deliver. */
const STEADY_MS = 20 * MS_PER_S;
const STEADY_SPAN_MS = 2 * MS_PER_S;
const HEARD_WITHIN_MS = 10 * MS_PER_MIN;
/** Evaluated so far in the future, by a clock that was corrected since: the module begins anew. */
const RESTART_AHEAD_MS = 10 * MS_PER_MIN;

interface Run {
  readonly stampMs: number;
  readonly wallMs: number;
  count: number;
}

/** Arrivals in a row that are not of now. */
interface OddRun extends Run {
  /** One of them was newer than what had been evaluated. */
  hasRisen: boolean;
  /** The least and the most that they were behind. */
  minLagMs: number;
  maxLagMs: number;
}

/** The clock of a module, as one gateway delivers it. */
interface Clock {
  readonly gatewayId: string;
  readonly moduleId: string;
  /** Newest stamp of the last delivery, and when that arrived. */
  stampMs: number;
  wallMs: number;
  /** Arrivals since the stamps keep their distance from this clock. */
  steady: Run;
  odd: OddRun | null;
  /** Added to a stamp; null: stamps are believed. */
  offsetMs: number | null;
  /** Its stamps do not rise: only the order of arrival counts. */
  isStill: boolean;
}

export interface StampsState {
  readonly clocks: readonly Clock[];
}

export interface StampsOptions {
  readonly host: HostClock;
  /** Time of the last frame that was evaluated. */
  readonly evaluatedMs: (moduleId: string) => number | undefined;
  /** Usual time between frames; NaN while it is not known. */
  readonly intervalMs: (moduleId: string) => number;
  /** Data that are older when they arrive are not of now. */
  readonly ageLimitMs: (moduleId: string) => number;
  /** Who delivered it last; undefined: nobody yet. */
  readonly gatewayOf: (moduleId: string) => string | null | undefined;
  /** A frame of this stamp waits to be stored: it comes again because of that. */
  readonly isUnstored: (moduleId: string, stampMs: number) => boolean;
  /** The module begins anew. */
  readonly restart: (moduleId: string) => void;
  readonly maxClocks: number;
}

export class Stamps {
  private readonly options: StampsOptions;
  private readonly clocks = new Map<string, Clock>();

  constructor(options: StampsOptions) {
    this.options = options;
  }

  /** Gives each frame of a delivery the time at which it is evaluated, in the order of these. */
  *place(items: readonly BatchItem[], gatewayId: string, wallMs: number): Slices<readonly BatchItem[]> {
    const byModule = new Map<string, BatchItem[]>();
    for (const item of items) {
      item.stampMs = Number.NaN;
      const own = byModule.get(item.frame.moduleId);
      if (own) own.push(item);
      else byModule.set(item.frame.moduleId, [item]);
    }
    let isMoved = false;
    let placed = 0;
    for (const own of byModule.values()) {
      if (this.placeModule(own, gatewayId, wallMs)) isMoved = true;
      placed += own.length;
      if (placed < SLICE_FRAMES) continue;
      placed = 0;
      yield;
    }
    return isMoved ? [...items].sort((a, b) => a.orderMs - b.orderMs) : items;
  }

  /** A frame of the journal, which has its time: what is known of clocks becomes as it was. */
  replay({ frame, stampMs, isLate }: ReplayedItem, gatewayId: string, wallMs: number): void {
    const { moduleId, timeMs } = frame;
    const isShifted = !Number.isNaN(stampMs);
    const deliveredMs = isShifted ? stampMs : timeMs;
    const evaluatedMs = this.options.evaluatedMs(moduleId);
    if (!isLate && evaluatedMs !== undefined && timeMs < evaluatedMs - RESTART_AHEAD_MS)
      this.options.restart(moduleId);
    const clock = this.clockOf(gatewayId, moduleId, deliveredMs, wallMs);
    clock.isStill = isShifted && deliveredMs <= clock.stampMs && clock.offsetMs !== null;
    clock.offsetMs = isShifted ? timeMs - deliveredMs : null;
    note(clock, Math.max(deliveredMs, clock.wallMs === wallMs ? clock.stampMs : deliveredMs), wallMs);
  }

  /** What each gateway has to say of this computer's clock. */
  votes(wallMs: number): Vote[] {
    const byGateway = new Map<string, number[]>();
    for (const { gatewayId, steady, stampMs, wallMs: receivedMs } of this.clocks.values()) {
      const isSteady = steady.count >= RUN_COUNT && receivedMs - steady.wallMs >= STEADY_SPAN_MS;
      if (!isSteady || wallMs - receivedMs > HEARD_WITHIN_MS) continue;
      const skews = byGateway.get(gatewayId);
      if (skews) skews.push(stampMs - receivedMs);
      else byGateway.set(gatewayId, [stampMs - receivedMs]);
    }
    return [...byGateway].map(([gatewayId, skews]) => ({
      gatewayId,
      skewMs: skews.sort((a, b) => a - b)[skews.length >> 1]!,
    }));
  }

  clockSet(byMs: number): void {
    const moved = <R extends Run>(run: R): R => ({ ...run, wallMs: run.wallMs + byMs });
    for (const clock of this.clocks.values()) {
      clock.wallMs += byMs;
      clock.steady = moved(clock.steady);
      clock.odd &&= moved(clock.odd);
    }
  }

  /** What could not be stored comes again: that says nothing of a clock. */
  notStored(gatewayId: string, moduleIds: Iterable<string>): void {
    for (const moduleId of moduleIds) {
      const clock = this.clocks.get(keyOf(gatewayId, moduleId));
      if (clock) clock.odd = null;
    }
  }

  forget(moduleId: string): void {
    for (const [key, clock] of this.clocks) if (clock.moduleId === moduleId) this.clocks.delete(key);
  }

  state(): StampsState {
    const clocks = Array.from(this.clocks.values(), (clock) => ({
      ...clock,
      steady: { ...clock.steady },
      odd: clock.odd && { ...clock.odd },
    }));
    return { clocks };
  }

  restoreState({ clocks }: StampsState): void {
    // What comes again after a restart comes again because of it.
    for (const clock of clocks)
      this.clocks.set(keyOf(clock.gatewayId, clock.moduleId), { ...clock, odd: null });
  }

  private placeModule(items: readonly BatchItem[], gatewayId: string, wallMs: number): boolean {
    const { host, ageLimitMs, gatewayOf, isUnstored, restart } = this.options;
    const { moduleId } = items[0]!.frame;
    const nowMs = host.trusted(wallMs);
    let evaluatedMs = this.evaluatedMs(moduleId);
    const isAhead = ({ frame }: BatchItem): boolean => frame.timeMs > nowMs + MAX_AHEAD_MS;
    // One stamp that leaps among others that do not is no clock.
    const within = items.filter((item) => !isAhead(item));
    const ahead = items.filter(isAhead);
    const counted = within.length > 0 ? within : ahead;
    const newestMs = newestOf(counted);
    if (isUnstored(moduleId, newestMs)) return false;
    const clock = this.clockOf(gatewayId, moduleId, newestMs, wallMs);
    const rose = newestMs > clock.stampMs;
    const passedMs = Math.max(0, wallMs - clock.wallMs);
    note(clock, newestMs, wallMs);
    const isNow = newestMs <= nowMs + MAX_AHEAD_MS && newestMs >= nowMs - ageLimitMs(moduleId);
    if (isNow && evaluatedMs > nowMs + RESTART_AHEAD_MS) {
      restart(moduleId);
      evaluatedMs = Number.NEGATIVE_INFINITY;
    }
    // A sender that does not own the module may stand behind what its owner said.
    if (isNow && (newestMs > evaluatedMs || gatewayId !== gatewayOf(moduleId))) {
      clock.odd = null;
      clock.offsetMs = null;
      clock.isStill = false;
    } else if (this.isWrong(clock, newestMs, wallMs, nowMs)) {
      clock.isStill = !rose;
      // Where this clock was set back, time goes on from the last frame; a small lead is made up for.
      const isLead = evaluatedMs <= nowMs + MAX_AHEAD_MS;
      const stepMs = Math.max(1, isLead ? passedMs / 2 : passedMs);
      clock.offsetMs = Math.max(nowMs, evaluatedMs + stepMs) - newestMs;
    }
    if (clock.offsetMs === null && ahead.length === 0) return false;
    const toMs = clock.offsetMs === null ? Math.max(nowMs, newestMs + 1) : newestMs + clock.offsetMs;
    if (clock.isStill) spread(items, evaluatedMs, toMs);
    else if (clock.offsetMs === null) shift(ahead, toMs - newestOf(ahead));
    else for (const group of new Set([counted, ahead])) shift(group, toMs - newestOf(group));
    return true;
  }

  /** Whether the newest frame must be evaluated in order of arrival, anew. */
  private isWrong(clock: Clock, newestMs: number, wallMs: number, nowMs: number): boolean {
    const { moduleId, offsetMs } = clock;
    if (newestMs > nowMs + MAX_AHEAD_MS && offsetMs === null) return true;
    const evaluatedMs = this.evaluatedMs(moduleId);
    if (offsetMs !== null) {
      const atMs = newestMs + offsetMs;
      const fits = atMs <= nowMs + MS_PER_S && atMs >= nowMs - this.options.ageLimitMs(moduleId);
      if (!clock.isStill && fits && atMs > evaluatedMs) {
        clock.odd = null;
        return false;
      }
      if (clock.isStill || atMs > evaluatedMs) return true;
    }
    return this.isLongOdd(clock, newestMs, wallMs);
  }

  private isLongOdd(clock: Clock, newestMs: number, wallMs: number): boolean {
    const { odd } = clock;
    const lagMs = wallMs - newestMs;
    const evaluatedMs = this.evaluatedMs(clock.moduleId);
    const isRising = clock.offsetMs === null && Number.isFinite(evaluatedMs) && newestMs > evaluatedMs;
    const passedMs = odd ? wallMs - odd.wallMs : 0;
    const movedMs = odd ? Math.abs(newestMs - odd.stampMs) : 0;
    if (!odd || movedMs > SAME_PACE * passedMs + MAX_AHEAD_MS) {
      const lags = { minLagMs: lagMs, maxLagMs: lagMs };
      clock.odd = { stampMs: newestMs, wallMs, count: 1, hasRisen: isRising, ...lags };
      return false;
    }
    odd.count++;
    odd.hasRisen ||= isRising;
    odd.minLagMs = Math.min(odd.minLagMs, lagMs);
    odd.maxLagMs = Math.max(odd.maxLagMs, lagMs);
    const isRun =
      odd.count >= RUN_COUNT &&
      (odd.hasRisen ? this.isSlow(odd, wallMs) : this.isLate(odd, clock, newestMs, wallMs));
    if (!isRun) return false;
    clock.odd = null;
    return true;
  }

  /** What rises is evaluated as it is: there is no haste. */
  private isSlow({ minLagMs, maxLagMs, wallMs: sinceMs }: OddRun, wallMs: number): boolean {
    const passedMs = wallMs - sinceMs;
    if (passedMs < RISING_RUN_MS) return false;
    const variesMs = maxLagMs - minLagMs;
    return variesMs <= SAME_LAG_MS || (minLagMs > MAX_CLOCK_ERROR_MS && variesMs <= DRAINING * passedMs);
  }

  /** What does not rise would remain unevaluated. */
  private isLate(odd: OddRun, { moduleId }: Clock, newestMs: number, wallMs: number): boolean {
    const passedMs = wallMs - odd.wallMs;
    const movedMs = Math.abs(newestMs - odd.stampMs);
    const intervalMs = this.options.intervalMs(moduleId);
    const stillMs = Math.max(STILL_MS, Number.isNaN(intervalMs) ? 0 : STILL_INTERVALS * intervalMs);
    return passedMs >= (movedMs === 0 ? stillMs : RUN_MS) && movedMs <= SAME_PACE * passedMs;
  }

  private evaluatedMs(moduleId: string): number {
    return this.options.evaluatedMs(moduleId) ?? Number.NEGATIVE_INFINITY;
  }

  private clockOf(gatewayId: string, moduleId: string, stampMs: number, wallMs: number): Clock {
    const key = keyOf(gatewayId, moduleId);
    let clock = this.clocks.get(key);
    if (!clock) {
      if (this.clocks.size >= this.options.maxClocks) this.forgetLongestUnheard();
      const steady = { stampMs, wallMs, count: 0 };
      const stamps = { stampMs: Number.NEGATIVE_INFINITY, wallMs, steady, odd: null };
      clock = { gatewayId, moduleId, ...stamps, offsetMs: null, isStill: false };
      this.clocks.set(key, clock);
    }
    return clock;
  }

  private forgetLongestUnheard(): void {
    let oldest: [string, Clock] | undefined;
    for (const entry of this.clocks) if (!oldest || entry[1].wallMs < oldest[1].wallMs) oldest = entry;
    if (oldest) this.clocks.delete(oldest[0]);
  }
}

const keyOf = (gatewayId: string, moduleId: string): string => `${gatewayId}\u0000${moduleId}`;

function note(clock: Clock, stampMs: number, wallMs: number): void {
  const { steady } = clock;
  const awayMs = stampMs - wallMs - (steady.stampMs - steady.wallMs);
  if (Math.abs(awayMs) > STEADY_MS) clock.steady = { stampMs, wallMs, count: 1 };
  else if (wallMs !== clock.wallMs || steady.count === 0) steady.count++;
  clock.stampMs = stampMs;
  clock.wallMs = wallMs;
}

const newestOf = (items: readonly BatchItem[]): number =>
  items.reduce((newest, { frame }) => Math.max(newest, frame.timeMs), Number.NEGATIVE_INFINITY);

function shift(items: readonly BatchItem[], byMs: number): void {
  for (const item of items) put(item, item.frame.timeMs + byMs);
}

/** Evenly over the time since the last one. */
function spread(items: readonly BatchItem[], evaluatedMs: number, toMs: number): void {
  const fromMs = Math.max(evaluatedMs, toMs - items.length * MS_PER_S);
  items.forEach((item, at) => {
    put(item, fromMs + ((at + 1) * (toMs - fromMs)) / items.length);
  });
}

function put(item: BatchItem, timeMs: number): void {
  item.stampMs = item.frame.timeMs;
  item.frame.timeMs = Math.round(timeMs);
  item.orderMs = item.frame.timeMs;
}
