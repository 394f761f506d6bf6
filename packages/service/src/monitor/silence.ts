/**
 * Silence on the wall clock. A module may be slow: it counts as silent after several of its own gaps between
 * arrivals, and never before the limit that was set.
 */
const GAPS_UNTIL_SILENT = 5;
const LONGEST_WAIT_MS = 3_600_000;
const SMOOTHING = 0.2;
/** Of the wait for it: a longer gap counts as one so long. One outage is no pace; what is slow is learnt in some gaps. */
const LONGEST_LEARNT = 2;

export class Arrivals {
  lastMs = Number.NEGATIVE_INFINITY;
  /** Usual gap between arrivals. */
  gapMs = 0;

  /** Frames of one batch arrive together: they are one arrival. */
  add(wallMs: number, silentAfterMs: number): void {
    const gapMs = Math.min(wallMs - this.lastMs, LONGEST_LEARNT * this.waitMs(silentAfterMs));
    // Of a clock that was set back no gap can be told, nor of what comes first.
    if (gapMs > 0 && Number.isFinite(this.lastMs)) this.gapMs += SMOOTHING * (gapMs - this.gapMs);
    this.lastMs = wallMs;
  }

  isSilent(wallMs: number, silentAfterMs: number): boolean {
    return wallMs - this.lastMs > this.waitMs(silentAfterMs);
  }

  /** Nothing for longer is silence. */
  waitMs(silentAfterMs: number): number {
    return Math.min(LONGEST_WAIT_MS, Math.max(silentAfterMs, this.gapMs * GAPS_UNTIL_SILENT));
  }
}
