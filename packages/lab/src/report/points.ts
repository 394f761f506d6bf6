/** What a picture can show of a signal: per pixel the extremes, and breaks where nothing was measured. */
import { POLICY } from '@emberwatch/engine/detector';

/** Place on the axis of time, and value. */
export type Point = readonly [at: number, value: number | null];

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The same rule by which the detector calls a module silent. */
function gapMsOf(timesMs: readonly number[]): number {
  const steps: number[] = [];
  for (let i = 1; i < timesMs.length; i++) steps.push(timesMs[i]! - timesMs[i - 1]!);
  steps.sort((a, b) => a - b);
  const median = steps[steps.length >> 1] ?? 0;
  return Math.max(POLICY.silenceMinS * 1000, POLICY.silenceIntervals * median);
}

/** Times during which there were frames, and usual time between those that were kept. */
export function presenceOf(timesMs: readonly number[]): { spans: Span[]; gapMs: number } {
  const gapMs = gapMsOf(timesMs);
  const spans: { fromMs: number; toMs: number }[] = [];
  for (const timeMs of timesMs) {
    const last = spans.at(-1);
    if (last && timeMs - last.toMs <= gapMs) last.toMs = timeMs;
    else spans.push({ fromMs: timeMs, toMs: timeMs });
  }
  return { spans, gapMs };
}

/** What lies between the spans. */
export const silencesOf = (spans: readonly Span[]): Span[] =>
  spans.slice(1).map(({ fromMs }, i) => ({ fromMs: spans[i]!.toMs, toMs: fromMs }));

/**
 * At most two points, the lowest and the highest, for each `bucket` of the axis. A null between two points
 * breaks the line: nothing was measured for so long.
 */
export function drawnPoints(
  timesMs: readonly number[],
  values: readonly number[],
  placeOf: (timeMs: number) => number,
  bucket: number,
): Point[] {
  const measured: number[] = [];
  for (let i = 0; i < timesMs.length; i++) if (Number.isFinite(values[i]!)) measured.push(i);
  const gapMs = gapMsOf(measured.map((i) => timesMs[i]!));
  const points: Point[] = [];
  let [current, low, high, lastMs] = [-1, -1, -1, Number.NaN];
  const push = (i: number): number => points.push([placeOf(timesMs[i]!), values[i]!]);
  const flush = (): void => {
    if (low < 0) return;
    push(Math.min(low, high));
    if (low !== high) push(Math.max(low, high));
    low = -1;
  };
  for (const i of measured) {
    const timeMs = timesMs[i]!;
    const isBreak = timeMs - lastMs > gapMs;
    const next = Math.floor(placeOf(timeMs) / bucket);
    if (isBreak || next !== current) flush();
    if (isBreak) points.push([placeOf(timeMs), null]);
    current = next;
    lastMs = timeMs;
    if (low < 0) low = high = i;
    else if (values[i]! < values[low]!) low = i;
    else if (values[i]! > values[high]!) high = i;
  }
  flush();
  return points;
}

/** Least and greatest of the measured values; null where there is none. */
export function rangeOf(values: readonly number[]): { low: number; high: number } | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : null;
}

/** Round numbers around a range, for an axis. */
export function axisOf(low: number, high: number, minSpan: number, ticks = 4): Axis {
  const middle = (low + high) / 2;
  const half = Math.max(high - low, minSpan) / 2;
  const raw = (2 * half) / ticks;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= raw * 0.999) ?? 10;
  const step = factor * power;
  const min = Math.floor((middle - half) / step + 1e-9) * step;
  const max = Math.ceil((middle + half) / step - 1e-9) * step;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { min: Number(min.toPrecision(12)), max: Number(max.toPrecision(12)), step, digits };
}

export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly digits: number;
}
