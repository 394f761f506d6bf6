/** An axis of time on which long silences are folded to a narrow stripe, and its round ticks in UTC. */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { PAINT } from '../svg/paint.ts';
import type { Span } from './points.ts';
import { utc } from './wording.ts';

/** A silence is folded when it would take more than this share of the time with frames. */
const FOLD_ABOVE_SHARE = 0.08;
/** Width of one fold, and of all of them together, as shares of the time with frames. */
const FOLD_SHARE = 0.03;
const ALL_FOLDS_SHARE = 0.3;

interface Knot {
  readonly timeMs: number;
  readonly at: number;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export class BrokenTimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly folds: readonly Span[];
  /** Length of the axis: milliseconds that are drawn. */
  readonly length: number;
  private readonly knots: Knot[];

  /** @param silences in order of time, inside the range */
  constructor({ fromMs, toMs }: Span, silences: readonly Span[]) {
    this.fromMs = fromMs;
    this.toMs = Math.max(toMs, fromMs + MS_PER_S);
    const silentMs = silences.reduce((sum, span) => sum + span.toMs - span.fromMs, 0);
    const presentMs = Math.max(MS_PER_MIN, this.toMs - fromMs - silentMs);
    this.folds = silences.filter((span) => span.toMs - span.fromMs > FOLD_ABOVE_SHARE * presentMs);
    const foldMs = presentMs * Math.min(FOLD_SHARE, ALL_FOLDS_SHARE / Math.max(1, this.folds.length));
    this.knots = [{ timeMs: fromMs, at: 0 }];
    for (const fold of this.folds) {
      const last = this.knots.at(-1)!;
      const at = last.at + fold.fromMs - last.timeMs;
      this.knots.push({ timeMs: fold.fromMs, at }, { timeMs: fold.toMs, at: at + foldMs });
    }
    const last = this.knots.at(-1)!;
    this.length = last.at + this.toMs - last.timeMs;
    this.knots.push({ timeMs: this.toMs, at: this.length });
  }

  /** Place on the axis, 0 to `length`. */
  at(timeMs: number): number {
    const time = Math.min(this.toMs, Math.max(this.fromMs, timeMs));
    let [low, high] = [0, this.knots.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.knots[middle]!.timeMs <= time) low = middle;
      else high = middle;
    }
    const [a, b] = [this.knots[low]!, this.knots[high]!];
    const share = b.timeMs > a.timeMs ? (time - a.timeMs) / (b.timeMs - a.timeMs) : 0;
    return a.at + share * (b.at - a.at);
  }

  /** Round instants outside the folds, at least `minShare` of the axis apart; the date where it is new. */
  ticks(minShare: number): Tick[] {
    const step = TICK_STEPS.find(({ ms }) => ms >= this.length * minShare) ?? TICK_STEPS.at(-1)!;
    const round = this.knots
      .filter((_, i) => i % 2 === 0)
      .flatMap((from, i) => roundTimes(from.timeMs, this.knots[2 * i + 1]!.timeMs, step));
    const chosen = this.label(round, minShare, step.ms);
    // Between many folds hardly a round instant is left: the stretches are named by their beginning.
    const starts = this.knots.filter((_, i) => i % 2 === 0).map(({ timeMs }) => timeMs);
    return chosen.length > 2 ? chosen : this.label(starts, minShare, MS_PER_MIN);
  }

  private label(timesMs: readonly number[], minShare: number, stepMs: number): Tick[] {
    const ticks: Tick[] = [];
    let date = '';
    let lastAt = Number.NEGATIVE_INFINITY;
    for (const timeMs of timesMs) {
      const at = this.at(timeMs);
      if (at - lastAt < this.length * minShare) continue;
      const [day, clock] = utc(timeMs).split(' ') as [string, string];
      const time = stepMs >= MS_PER_DAY ? '' : stepMs >= MS_PER_MIN ? clock.slice(0, 5) : clock;
      const lines = [time, day === date ? '' : day].filter((text) => text !== '');
      ticks.push({ at, label: lines.join('\n') });
      [date, lastAt] = [day, at];
    }
    return ticks;
  }
}

interface TickStep {
  readonly ms: number;
  /** Calendar months; 0 for steps of equal length. */
  readonly months: number;
}

const TICK_STEPS: readonly TickStep[] = [
  ...[1, 2, 5, 10, 15, 30].map((s) => ({ ms: s * MS_PER_S, months: 0 })),
  ...[1, 2, 5, 10, 15, 30].map((min) => ({ ms: min * MS_PER_MIN, months: 0 })),
  ...[1, 2, 3, 6, 12].map((h) => ({ ms: h * MS_PER_H, months: 0 })),
  ...[1, 2, 7, 14].map((d) => ({ ms: d * MS_PER_DAY, months: 0 })),
  ...[1, 2, 3, 6, 12, 24, 60, 120, 600].map((months) => ({ ms: months * 28 * MS_PER_DAY, months })),
];

/** 1970-01-05 was a Monday: weeks begin there. */
const FIRST_MONDAY_MS = 4 * MS_PER_DAY;

function roundTimes(fromMs: number, toMs: number, { ms, months }: TickStep): number[] {
  const times: number[] = [];
  if (months === 0) {
    const originMs = ms >= 7 * MS_PER_DAY ? FIRST_MONDAY_MS : 0;
    for (let t = Math.ceil((fromMs - originMs) / ms) * ms + originMs; t <= toMs; t += ms) times.push(t);
    return times;
  }
  const from = new Date(fromMs);
  let month = (from.getUTCFullYear() - 1970) * 12 + from.getUTCMonth();
  month = Math.ceil(month / months) * months;
  for (let t = Date.UTC(1970, month); t <= toMs; month += months, t = Date.UTC(1970, month))
    if (t >= fromMs) times.push(t);
  return times;
}

/** The axis of ECharts that goes with it. */
export function timeAxis(time: BrokenTimeAxis, gridIndex: number, hasLabels: boolean): object {
  const ticks = time.ticks(0.1);
  const places = ticks.map(({ at }) => at);
  const labels = new Map(ticks.map(({ at, label }) => [at, label]));
  return {
    type: 'value',
    gridIndex,
    z: 2,
    min: 0,
    max: time.length,
    axisLine: { show: true, onZero: false, lineStyle: { color: PAINT.muted } },
    axisTick: { show: hasLabels, customValues: places, lineStyle: { color: PAINT.muted } },
    axisLabel: {
      show: hasLabels,
      customValues: places,
      color: PAINT.ink,
      lineHeight: 14,
      formatter: (at: number) => labels.get(at) ?? '',
    },
    splitLine: { show: true, lineStyle: { color: PAINT.grid } },
  };
}
