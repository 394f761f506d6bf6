/**
 * Gas spreads through an air space: it is alarmed in the racks where it is strong, not at every module that it
 * reaches. A rack whose gas crosses a limit is an origin unless another rack has seen more than twice as much
 * in the same event.
 */

/** Against the strongest of the event; below it the gas came from elsewhere. */
const ORIGIN_SHARE = 0.5;
/** The event is over when no rack has been near a limit for so long. */
const EVENT_END_STRENGTH = 0.7;
const EVENT_END_S = 600;

export class GasOrigin {
  private readonly origins = new Set<string>();
  private peakStrength = 0;
  private lastStrongS = Number.NEGATIVE_INFINITY;

  /**
   * @param strength gas over its advisory limit, the largest of all gases
   * @returns whether the gas at this rack is its own
   */
  isOwn(rackId: string, strength: number, timeS: number): boolean {
    if (this.origins.size === 0 && !(strength >= EVENT_END_STRENGTH)) return true;
    if (timeS - this.lastStrongS > EVENT_END_S) {
      this.origins.clear();
      this.peakStrength = 0;
    }
    if (strength >= EVENT_END_STRENGTH) {
      this.lastStrongS = timeS;
      if (strength > this.peakStrength) this.peakStrength = strength;
      if (strength >= ORIGIN_SHARE * this.peakStrength) this.origins.add(rackId);
    }
    return this.origins.size === 0 || this.origins.has(rackId);
  }
}
