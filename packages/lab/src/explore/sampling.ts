/** When frames come: usual interval, jitter, gaps, how much of the time there is. */
import { MS_PER_S } from '@emberwatch/engine/units';
import { LogHistogram } from './streaming-stats.ts';

const MAX_EXACT_INTERVALS = 2000;
const KEPT_GAPS = 10;
/** A longer pause than so many usual intervals of its file or run, and at least a second, is a gap. */
const GAP_INTERVALS = 3;

export interface Gap {
  readonly module: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SamplingSummary {
  /** Median time between frames of a module, ms; null where no module has two frames. */
  readonly usualIntervalMs: number | null;
  /** Share of the intervals that are the usual one of their file or run to 10 %. */
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

/** Intervals of one source: what is usual there says what is a gap there. */
class SourceIntervals {
  readonly intervals = new LogHistogram();
  readonly exact = new Map<number, number>();
  /** Time spent in intervals of each length, to 4 %: for the share of gaps. */
  readonly times = new Map<number, number>();
  readonly longest: Gap[] = [];
  spanMs = 0;

  add(module: string, fromMs: number, toMs: number): void {
    const lengthMs = toMs - fromMs;
    this.intervals.add(lengthMs);
    this.spanMs += lengthMs;
    count(this.exact, lengthMs, 1);
    const bin = Math.floor(Math.log2(lengthMs) * BINS_PER_OCTAVE);
    this.times.set(bin, (this.times.get(bin) ?? 0) + lengthMs);
    keepLongest(this.longest, { module, fromMs, toMs });
  }

  /** ms; NaN before the first. */
  usualMs(): number {
    return usualOf(this.intervals, this.exact);
  }
}

const BINS_PER_OCTAVE = 16;

function count(exact: Map<number, number>, lengthMs: number, times: number): void {
  const known = exact.get(lengthMs);
  if (known !== undefined) exact.set(lengthMs, known + times);
  else if (exact.size < MAX_EXACT_INTERVALS) exact.set(lengthMs, times);
}

const lengthOf = ({ fromMs, toMs }: Gap): number => toMs - fromMs;

function keepLongest(longest: Gap[], gap: Gap): void {
  const shortest = longest.at(-1);
  if (shortest && longest.length === KEPT_GAPS && lengthOf(gap) <= lengthOf(shortest)) return;
  longest.push(gap);
  longest.sort((a, b) => lengthOf(b) - lengthOf(a));
  if (longest.length > KEPT_GAPS) longest.pop();
}

function usualOf(intervals: LogHistogram, exact: ReadonlyMap<number, number>): number {
  let [usualMs, max] = [intervals.quantile(0.5), 0];
  // The exact value where it was counted: the histogram knows it only to some percent.
  for (const [lengthMs, times] of exact)
    if (Math.abs(lengthMs / usualMs - 1) < 0.05 && times > max) [usualMs, max] = [lengthMs, times];
  return usualMs;
}

/** Over all sources; gaps are gaps by what is usual in their own. */
export class Sampling {
  private source = new SourceIntervals();
  private readonly intervals = new LogHistogram();
  private readonly exact = new Map<number, number>();
  private readonly longest: Gap[] = [];
  private regular = 0;
  private gaps = 0;
  private gapMs = 0;
  private spanMs = 0;

  /** Time between two frames of a module. */
  add(module: string, fromMs: number, toMs: number): void {
    this.source.add(module, fromMs, toMs);
  }

  endSource(): void {
    const { intervals, exact, times, longest, spanMs } = this.source;
    const usualMs = this.source.usualMs();
    const limitMs = Math.max(GAP_INTERVALS * usualMs, MS_PER_S);
    for (const [lengthMs, n] of exact) count(this.exact, lengthMs, n);
    for (const gap of longest) if (lengthOf(gap) > limitMs) keepLongest(this.longest, gap);
    for (const [bin, ms] of times) if (2 ** (bin / BINS_PER_OCTAVE) >= limitMs) this.gapMs += ms;
    this.regular += intervals.countAbove(usualMs * 0.9) - intervals.countAbove(usualMs * 1.1);
    if (intervals.count > 0) this.gaps += intervals.countAbove(limitMs);
    this.spanMs += spanMs;
    this.intervals.take(intervals);
    this.source = new SourceIntervals();
  }

  private commonest(): SamplingSummary['commonest'] {
    const rounded = new Map<number, number>();
    for (const [lengthMs, n] of this.exact) {
      const key = Number(lengthMs.toPrecision(2));
      rounded.set(key, (rounded.get(key) ?? 0) + n);
    }
    return [...rounded]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, 5)
      .map(([intervalMs, n]) => ({ intervalMs, share: n / this.intervals.count }));
  }

  summary(): SamplingSummary {
    const all = this.intervals.count;
    return {
      usualIntervalMs: all === 0 ? null : usualOf(this.intervals, this.exact),
      regularShare: all === 0 ? 0 : this.regular / all,
      commonest: this.commonest(),
      gaps: this.gaps,
      gapShare: this.spanMs > 0 ? this.gapMs / this.spanMs : 0,
      longestGaps: this.longest,
      bars: this.intervals.bars(8),
    };
  }
}
