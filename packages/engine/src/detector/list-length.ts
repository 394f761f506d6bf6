/**
 * How many cells or probes a module has. A list that lacks some at its end has lost them, and what is known of them stays;
 * one that has been shorter for long was made shorter on purpose.
 */

const SHORTER_S = 3600;

export class ListLength {
  private length = 0;
  /** Since when lists are shorter, s; NaN: they are not. */
  private shorterSinceS = Number.NaN;

  /** @returns the length that a list of `count` stands for */
  follow(count: number, timeS: number): number {
    if (count >= this.length) this.shorterSinceS = Number.NaN;
    else if (Number.isNaN(this.shorterSinceS)) this.shorterSinceS = timeS;
    if (count >= this.length || timeS - this.shorterSinceS >= SHORTER_S) {
      this.length = count;
      this.shorterSinceS = Number.NaN;
    }
    return this.length;
  }
}

/** The list with NaN for what it lacks. */
export function padded(list: Float64Array, length: number): Float64Array {
  if (list.length === length) return list;
  const whole = new Float64Array(length).fill(Number.NaN);
  whole.set(list);
  return whole;
}
