/** A gateway may go on answering with the last values of a battery that is gone. */
import type { Reading } from '../sunspec/values.ts';

/** Watches 802.Hb, which counts seconds. One that never moved is taken for not implemented. */
export class Heartbeat {
  private readonly timeoutMs: number;
  private last: number | null = null;
  private movedMs: number | null = null;

  /** @param timeoutMs 0: it is never held for stopped */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** How long it has stood still, where that is too long; null otherwise. */
  stoppedMs(readings: readonly Reading[], nowMs: number): number | null {
    const beat = readings.find(({ model }) => model.id === 802)?.values.get('Hb');
    if (typeof beat !== 'number' || this.timeoutMs === 0) return null;
    if (this.last !== null && beat !== this.last) this.movedMs = nowMs;
    this.last = beat;
    const stillMs = this.movedMs === null ? 0 : nowMs - this.movedMs;
    return stillMs > this.timeoutMs ? stillMs : null;
  }
}
