/** How rough a signal is against its own calm: second differences of means over at least a second. */

/** A fast sampling shall not see other things than a slow one. */
const KNOT_S = 1;
const ROUGH_S = 30;
const CALM_S = 1800;
/** So many knots make the first level. */
const FIRST_KNOTS = 10;
const ROUGH_KNOTS = 8;
/** The calm level does not learn from what it is there to show. */
const LEARN_BELOW = 3;

export class Roughness {
  /** 1: as when calm; NaN until the first dozen seconds or values. */
  ratio = Number.NaN;
  private knotStartS = Number.NaN;
  private knotSum = 0;
  private knotCount = 0;
  private last = Number.NaN;
  private beforeLast = Number.NaN;
  private now = Number.NaN;
  private calm = Number.NaN;
  private knots = 0;

  /** After a gap; the calm level stays. */
  restart(): void {
    this.knotCount = 0;
    this.knotSum = 0;
    this.last = Number.NaN;
    this.beforeLast = Number.NaN;
    this.now = Number.NaN;
    this.ratio = Number.NaN;
  }

  /** @param floor below this a ratio only multiplies rounding */
  add(timeS: number, intervalS: number, value: number, floor: number): void {
    if (this.knotCount === 0) this.knotStartS = timeS;
    this.knotSum += value;
    this.knotCount++;
    if (timeS - this.knotStartS + 0.999 * intervalS < KNOT_S) return;
    const mean = this.knotSum / this.knotCount;
    const bend = Math.abs(mean - 2 * this.last + this.beforeLast);
    this.knotSum = 0;
    this.knotCount = 0;
    this.beforeLast = this.last;
    this.last = mean;
    if (Number.isNaN(bend)) return;
    this.follow(bend, Math.max(KNOT_S, intervalS), floor);
  }

  private follow(bend: number, lengthS: number, floor: number): void {
    this.knots++;
    const first = 1 / this.knots;
    const isFirst = Number.isNaN(this.now);
    const gain = Math.max(Math.min(1 / ROUGH_KNOTS, lengthS / ROUGH_S), first);
    this.now = isFirst ? bend : this.now + gain * (bend - this.now);
    if (Number.isNaN(this.calm)) this.calm = bend;
    const ratio = (this.now + floor) / (this.calm + floor);
    if (ratio < LEARN_BELOW || this.knots < FIRST_KNOTS)
      this.calm += Math.max(Math.min(1, lengthS / CALM_S), first) * (bend - this.calm);
    if (this.knots >= FIRST_KNOTS) this.ratio = ratio;
  }
}
