/**
 * The wall clock, watched by one that nobody can set: a leap is told before anything is reckoned with the new time, so
 * that who waits goes on waiting as long as before.
 */

/** What time servers correct without anybody noticing. */
const JITTER_MS = 1000;

export class WallClock {
  private readonly wallMs: () => number;
  private readonly monotonicMs: () => number;
  /** By how much the clock was set, ms; forward is positive. */
  private readonly onSet: (byMs: number) => void;
  private last: { readonly wallMs: number; readonly monotonicMs: number };

  /** @param monotonicMs as `performance.now`; where it is the wall clock itself, no leap is ever found */
  constructor(wallMs: () => number, monotonicMs: () => number, onSet: (byMs: number) => void) {
    this.wallMs = wallMs;
    this.monotonicMs = monotonicMs;
    this.onSet = onSet;
    this.last = { wallMs: wallMs(), monotonicMs: monotonicMs() };
  }

  /** Unix ms. */
  readonly now = (): number => {
    const { last } = this;
    const wallMs = this.wallMs();
    const monotonicMs = this.monotonicMs();
    this.last = { wallMs, monotonicMs };
    const byMs = wallMs - last.wallMs - (monotonicMs - last.monotonicMs);
    if (Math.abs(byMs) > JITTER_MS) this.onSet(byMs);
    return wallMs;
  };
}
