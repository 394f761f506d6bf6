/** When frames come: usual interval, jitter, gaps, how much of the time there is. */
import { MS_PER_S } from '@emberwatch/engine/units';
import { LogHistogram } from './sketch.ts';

const MAX_EXACT_INTERVALS = 2000;
const KEPT_GAPS = 10;
/** A longer pause than so many usual intervals, and at least a second, is a gap. */
const GAP_INTERVALS = 3;

export interface Gap {
  readonly module: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SamplingSummary {
  /** Median time between frames of a module, ms; null where no module has two frames. */
  readonly usualIntervalMs: number | null;
  /** Share of the intervals that are the usual one to 10 %. */
  readonly regularShare: number;
  /** The commonest intervals, rounded to two digits, with their share; the first 2000 different ones count. */
  readonly commonest: readonly { readonly intervalMs: number; readonly share: number }[];
  readonly gaps: number;
  /** Time in gaps over the time from first to last frame, modules together. */
  readonly gapShare: number;
  readonly longestGaps: readonly Gap[];
  /** Occupied bins of the time between frames, ms. */
  readonly bars: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

export class Sampling {
  private readonly intervals = new LogHistogram();
  private readonly exact = new Map<number, number>();
  /** Time spent in intervals of each length, to 4 %: for the share of gaps. */
  private readonly times = new Map<number, number>();
  private readonly longest: Gap[] = [];
  private spanMs = 0;

  /** Time between two frames of a module. */
  add(module: string, fromMs: number, toMs: number): void {
    const lengthMs = toMs - fromMs;
    this.intervals.add(lengthMs);
    this.spanMs += lengthMs;
    const known = this.exact.get(lengthMs);
    if (known !== undefined) this.exact.set(lengthMs, known + 1);
    else if (this.exact.size < MAX_EXACT_INTERVALS) this.exact.set(lengthMs, 1);
    const bin = Math.floor(Math.log2(lengthMs) * 16);
    this.times.set(bin, (this.times.get(bin) ?? 0) + lengthMs);
    const shortest = this.longest.at(-1);
    if (shortest && this.longest.length === KEPT_GAPS && lengthMs <= shortest.toMs - shortest.fromMs) return;
    this.longest.push({ module, fromMs, toMs });
    this.longest.sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
    if (this.longest.length > KEPT_GAPS) this.longest.pop();
  }

  /** ms; NaN before the first. */
  get usualMs(): number {
    let [usualMs, most] = [this.intervals.quantile(0.5), 0];
    // The exact value where it was counted: the histogram knows it only to some percent.
    for (const [lengthMs, count] of this.exact)
      if (Math.abs(lengthMs / usualMs - 1) < 0.05 && count > most) [usualMs, most] = [lengthMs, count];
    return usualMs;
  }

  private commonest(): SamplingSummary['commonest'] {
    const rounded = new Map<number, number>();
    for (const [lengthMs, count] of this.exact) {
      const key = Number(lengthMs.toPrecision(2));
      rounded.set(key, (rounded.get(key) ?? 0) + count);
    }
    return [...rounded]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, 5)
      .map(([intervalMs, count]) => ({ intervalMs, share: count / this.intervals.count }));
  }

  summary(): SamplingSummary {
    const { usualMs, intervals } = this;
    const all = intervals.count;
    const limitMs = Math.max(GAP_INTERVALS * usualMs, MS_PER_S);
    let gapMs = 0;
    for (const [bin, ms] of this.times) if (2 ** (bin / 16) >= limitMs) gapMs += ms;
    const regular = intervals.countAbove(usualMs * 0.9) - intervals.countAbove(usualMs * 1.1);
    return {
      usualIntervalMs: all === 0 ? null : usualMs,
      regularShare: all === 0 ? 0 : regular / all,
      commonest: this.commonest(),
      gaps: all === 0 ? 0 : intervals.countAbove(limitMs),
      gapShare: this.spanMs > 0 ? gapMs / this.spanMs : 0,
      longestGaps: this.longest.filter(({ fromMs, toMs }) => toMs - fromMs > limitMs),
      bars: intervals.bars(8),
    };
  }
}
