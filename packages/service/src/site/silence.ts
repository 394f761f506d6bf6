/**
 * Silence on the wall clock. A module may be slow: it counts as silent after several of its own gaps between
 * arrivals, and never before the limit that was set.
 */
const GAPS_UNTIL_SILENT = 5;
const LONGEST_WAIT_MS = 3_600_000;
const SMOOTHING = 0.2;

export class Arrivals {
  lastMs = Number.NEGATIVE_INFINITY;
  /** Usual gap between arrivals. */
  gapMs = 0;

  /** Frames of one batch arrive together: they are one arrival. */
  add(wallMs: number): void {
    const gapMs = wallMs - this.lastMs;
    // Of a clock that was set back no gap can be told.
    if (gapMs > 0 && Number.isFinite(gapMs)) this.gapMs += SMOOTHING * (gapMs - this.gapMs);
    this.lastMs = wallMs;
  }

  isSilent(wallMs: number, silentAfterMs: number): boolean {
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(silentAfterMs, this.gapMs * GAPS_UNTIL_SILENT));
    return wallMs - this.lastMs > waitMs;
  }
}
