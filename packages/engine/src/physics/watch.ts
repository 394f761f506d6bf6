/** Finds the events of one module within its steps. */
import { kelvinOfDegC } from '../units.ts';
import type { CellEvent } from './events.ts';
import { between, shareOfSignChange, slopeBetween } from './integrate.ts';
import type { ThresholdPlan } from './plan.ts';

/** Below this nothing is looked for: the vapour pressure of the solvent is half an atmosphere. */
export const WATCHED_FROM_K = kelvinOfDegC(70);

export class ModuleWatch {
  pnrS: number | null = null;
  runawayS: number | null = null;
  peakK = 0;
  peakS = 0;
  readonly vents: CellEvent[] = [];
  readonly runaways: CellEvent[] = [];
  private readonly ran = new Set<number>();
  private readonly pnrK: number;
  private readonly rateK: number;
  private readonly rateKPerS: number;
  private readonly runawayKPerS: number;

  /** Layers of one cell: it runs away once. */
  private readonly slices: number;

  constructor(plan: ThresholdPlan, slices = 1) {
    this.slices = slices;
    this.pnrK = kelvinOfDegC(plan.temperatureDegC);
    this.rateK = kelvinOfDegC(plan.rateAboveDegC);
    this.rateKPerS = plan.rateKPerS;
    this.runawayKPerS = plan.runawayRateKPerS;
  }

  get ventS(): number | null {
    return this.vents[0]?.timeS ?? null;
  }

  vent(timeS: number, cell: number): void {
    this.vents.push({ cell, timeS });
  }

  /** A calm step: only the highest temperature matters, and it lies at an end of the step. */
  peak(timeS: number, stepS: number, before: Float64Array, after: Float64Array, cellCount: number): void {
    for (let i = 0; i < cellCount; i++) {
      if (before[i]! > this.peakK) this.raise(before[i]!, timeS);
      if (after[i]! > this.peakK) this.raise(after[i]!, timeS + stepS);
    }
  }

  private raise(temperatureK: number, timeS: number): void {
    this.peakK = temperatureK;
    this.peakS = timeS;
  }

  /** A step of cells that may be hot: arrays hold temperatures first, and rates of temperature. */
  see(
    timeS: number,
    stepS: number,
    before: Float64Array,
    ratesBefore: Float64Array,
    after: Float64Array,
    ratesAfter: Float64Array,
    cellCount: number,
  ): void {
    for (let i = 0; i < cellCount; i++) {
      const y0 = before[i]!;
      const y1 = after[i]!;
      const r0 = ratesBefore[i]!;
      const r1 = ratesAfter[i]!;
      if (r0 > 0 && r1 < 0 && y1 + stepS * r0 > this.peakK) {
        const share = shareOfSignChange((s) => slopeBetween(y0, r0, y1, r1, stepS, s));
        const topK = between(y0, r0, y1, r1, stepS, share);
        if (topK > this.peakK) this.raise(topK, timeS + share * stepS);
      } else if (y1 > this.peakK) this.raise(y1, timeS + stepS);
      if (y1 < this.rateK && y1 < this.pnrK) continue;
      this.seeHot(i, timeS, stepS, y0, r0, y1, r1);
    }
  }

  private seeHot(
    i: number,
    timeS: number,
    stepS: number,
    y0: number,
    r0: number,
    y1: number,
    r1: number,
  ): void {
    const at = (s: number) => between(y0, r0, y1, r1, stepS, s);
    const fast = (limitKPerS: number) => (s: number) =>
      Math.min((at(s) - this.rateK) / 1e3, slopeBetween(y0, r0, y1, r1, stepS, s) - limitKPerS);
    const first = (over: (s: number) => number): number | null => {
      if (over(1) < 0) return null;
      return timeS + (over(0) >= 0 ? 0 : shareOfSignChange(over)) * stepS;
    };
    if (this.pnrS === null) {
      const byTemperature = first((s) => at(s) - this.pnrK);
      const byRate = first(fast(this.rateKPerS));
      if (byTemperature !== null || byRate !== null)
        this.pnrS = Math.min(byTemperature ?? 1e300, byRate ?? 1e300);
    }
    const cell = (i / this.slices) | 0;
    if (this.ran.has(cell)) return;
    const runS = first(fast(this.runawayKPerS));
    if (runS === null) return;
    this.ran.add(cell);
    this.runaways.push({ cell: i, timeS: runS });
    if (this.runawayS === null || runS < this.runawayS) this.runawayS = runS;
  }
}
