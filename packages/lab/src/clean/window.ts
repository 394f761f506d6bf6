/** The last values of one channel: their median, and how far they scatter about it. */

/** Values looked back on: more make the scale surer and a slow change slower to follow. */
const KEPT = 47;
/** With fewer nothing can be said of scatter. */
const NEEDED = 15;
const OUTER_SHARE = 0.1;
/** Between the deciles of normal noise, 2 Φ⁻¹(0.9). */
const SDS_BETWEEN_DECILES = 2.563;

export class Window {
  /** In the order in which they came, as a ring, and sorted. */
  private readonly ring = new Float64Array(KEPT);
  private readonly sorted = new Float64Array(KEPT);
  private count = 0;
  private next = 0;
  private last = Number.NaN;
  /** The smallest step seen between two values: what the sensor resolves. NaN before there was one. */
  step = Number.NaN;

  get isSure(): boolean {
    return this.count >= NEEDED;
  }

  get median(): number {
    return this.sorted[this.count >> 1]!;
  }

  add(value: number): void {
    const step = Math.abs(value - this.last);
    // Written so that the NaN of the first steps gives way.
    if (step > 0 && !(step >= this.step)) this.step = step;
    this.last = value;
    if (this.count === KEPT) this.remove(this.ring[this.next]!);
    this.ring[this.next] = value;
    this.next = (this.next + 1) % KEPT;
    const { sorted } = this;
    let at = this.count++;
    while (at > 0 && sorted[at - 1]! > value) {
      sorted[at] = sorted[at - 1]!;
      at--;
    }
    sorted[at] = value;
  }

  /** Forgets the values, not the step. */
  clear(): void {
    this.count = 0;
  }

  /** Standard deviation of the values by the distance of their outer deciles: a tenth on either side may be wrong. */
  scale(): number {
    const { sorted, count } = this;
    const outer = Math.floor(OUTER_SHARE * count);
    return (sorted[count - 1 - outer]! - sorted[outer]!) / SDS_BETWEEN_DECILES;
  }

  private remove(value: number): void {
    const { sorted } = this;
    let [at, end] = [0, this.count];
    while (at < end) {
      const middle = (at + end) >> 1;
      if (sorted[middle]! < value) at = middle + 1;
      else end = middle;
    }
    this.count--;
    for (; at < this.count; at++) sorted[at] = sorted[at + 1]!;
  }
}
