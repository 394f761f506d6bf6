/**
 * How fast a signal changes over a horizon, and how sure that is: least squares over a few knots (means of
 * equal stretches), constant time per value whatever the sampling from 0.05 s to minutes.
 */

const KNOTS = 12;
const RING = KNOTS + 1;
const MIN_KNOTS = 4;

/** Two-sided 95 % quantile of Student's t for n − 2 degrees of freedom, n = 4 … 13. */
const T_QUANTILE = [4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201];

export class SlopeWindow {
  /** Change per second; NaN until the horizon is half filled. */
  slopePerS = Number.NaN;
  /** Distance from the slope to the edge of its 95 % interval, per second. */
  uncertaintyPerS = Number.NaN;
  private readonly timesS = new Float64Array(RING);
  private readonly values = new Float64Array(RING);
  private readonly horizonS: number;
  private head = 0;
  private count = 0;
  private knotStartS = Number.NaN;
  private knotTimeSum = 0;
  private knotValueSum = 0;
  private knotCount = 0;

  constructor(horizonS: number) {
    this.horizonS = horizonS;
  }

  reset(): void {
    this.count = 0;
    this.knotCount = 0;
    this.slopePerS = Number.NaN;
    this.uncertaintyPerS = Number.NaN;
  }

  /** The last knot: mean time and value of a stretch; longer windows may be fed from it. */
  get knotTimeS(): number {
    return this.timesS[this.head]!;
  }

  get knotValue(): number {
    return this.values[this.head]!;
  }

  /** Length of a stretch, s. */
  knotS(intervalS: number): number {
    return Math.max(intervalS, this.lengthS(intervalS) / KNOTS);
  }

  /** Horizon in use: slow sampling stretches it. */
  lengthS(intervalS: number): number {
    return Math.max(this.horizonS, (MIN_KNOTS + 1) * intervalS);
  }

  /**
   * @param timeS rising
   * @param intervalS usual time between values: slow sampling stretches the horizon
   * @param stepSize resolution of the value; its rounding error bounds the certainty from below
   * @returns whether slope and uncertainty were computed anew
   */
  add(timeS: number, value: number, intervalS: number, stepSize: number): boolean {
    const horizonS = this.lengthS(intervalS);
    if (this.knotCount === 0) this.knotStartS = timeS;
    this.knotTimeSum += timeS - this.knotStartS;
    this.knotValueSum += value;
    this.knotCount++;
    // A knot is complete when the next value would lie beyond its stretch.
    if (timeS - this.knotStartS + intervalS * 0.999 < horizonS / KNOTS) return false;
    this.head = this.head === RING - 1 ? 0 : this.head + 1;
    this.timesS[this.head] = this.knotStartS + this.knotTimeSum / this.knotCount;
    this.values[this.head] = this.knotValueSum / this.knotCount;
    this.count = Math.min(this.count + 1, RING);
    this.knotCount = 0;
    this.knotTimeSum = 0;
    this.knotValueSum = 0;
    this.fit(horizonS, stepSize);
    return true;
  }

  private fit(horizonS: number, stepSize: number): void {
    const { timesS, values, head } = this;
    const newestS = timesS[head]!;
    let n = 0;
    let sumT = 0;
    let sumX = 0;
    let sumTT = 0;
    let sumTX = 0;
    let sumXX = 0;
    const origin = values[head]!;
    let i = head;
    let oldestS = 0;
    for (let k = this.count; k > 0; k--) {
      const t = timesS[i]! - newestS;
      if (-t > horizonS) break;
      const x = values[i]! - origin;
      n++;
      sumT += t;
      sumX += x;
      sumTT += t * t;
      sumTX += t * x;
      sumXX += x * x;
      oldestS = t;
      i = i === 0 ? RING - 1 : i - 1;
    }
    const spread = sumTT - (sumT * sumT) / n;
    if (n < MIN_KNOTS || -oldestS < horizonS / 2) {
      this.slopePerS = Number.NaN;
      this.uncertaintyPerS = Number.NaN;
      return;
    }
    const slope = (sumTX - (sumT * sumX) / n) / spread;
    const residual = Math.max(0, sumXX - (sumX * sumX) / n - slope * slope * spread);
    // Rounding to a step has variance step²/12, also where every residual happens to be zero.
    const variance = residual / (n - 2) + (stepSize * stepSize) / 12;
    this.slopePerS = slope;
    this.uncertaintyPerS = T_QUANTILE[n - MIN_KNOTS]! * Math.sqrt(variance / spread);
  }

  /** The slope that is surely exceeded (rising), or 0 where the data do not exclude "no change". */
  get surelyRisingPerS(): number {
    return Math.max(0, this.slopePerS - this.uncertaintyPerS);
  }

  /** Size of the fall that is surely exceeded, or 0. */
  get surelyFallingPerS(): number {
    return Math.max(0, -this.slopePerS - this.uncertaintyPerS);
  }
}
