/** Rows of one module in one delivery that carry one time: parts of one frame, or several samples. */
import { type Frame, isWholeSecond, samplesOf, spread } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';
import { pointOf } from '../signals.ts';
import { FAR_TRACKS, isNear } from '../tracks.ts';
import type { BatchItem } from './batch-item.ts';

/** Stamps with several samples that make it the habit of a logger; so many at one stamp are no accident either. */
const HABIT_STAMPS = 2;
const HABIT_SAMPLES = 3;
/** Two samples of one second: no surface that is not burning moves by more, no voltage under load. */
const SAMPLES = { ...FAR_TRACKS, sameK: 10, sameShare: 0.1 };

export function hasSharedTime(items: readonly BatchItem[]): boolean {
  for (let i = 1; i < items.length; i++)
    if (items[i]!.frame.timeMs === items[i - 1]!.frame.timeMs) return true;
  return false;
}

interface Stamp {
  readonly timeMs: number;
  readonly rows: readonly (BatchItem & { readonly order: number })[];
}

function byStamp(items: readonly BatchItem[]): Stamp[] {
  const stamps: { timeMs: number; rows: (BatchItem & { order: number })[] }[] = [];
  for (const item of items) {
    const { timeMs } = item.frame;
    const row = { ...item, order: Number.NaN };
    const last = stamps.at(-1);
    if (last?.timeMs === timeMs) last.rows.push(row);
    else stamps.push({ timeMs, rows: [row] });
  }
  return stamps;
}

/** A logger of two samples a second that delivers every second shows no habit: its samples are much alike. */
const areOfOneModule = (samples: readonly { readonly frame: Frame }[]): boolean =>
  samples.every(({ frame }, i) => i === 0 || isNear(pointOf(samples[i - 1]!.frame), pointOf(frame), SAMPLES));

/** One item for each sample of a module, and for each row that came twice. */
export function itemsBySample(items: readonly BatchItem[]): BatchItem[] {
  const stamps = byStamp(items);
  const shared = stamps
    .filter(({ timeMs }) => isWholeSecond(timeMs))
    .map(({ rows }) => samplesOf(rows, false).samples)
    .filter((samples) => samples.length > 1);
  const areSeveral =
    shared.length >= HABIT_STAMPS ||
    shared.some((samples) => samples.length >= HABIT_SAMPLES || areOfOneModule(samples));
  let stepMs = Number.POSITIVE_INFINITY;
  for (let i = 1; i < stamps.length; i++) {
    const apartMs = stamps[i]!.timeMs - stamps[i - 1]!.timeMs;
    if (apartMs > 0) stepMs = Math.min(stepMs, apartMs);
  }
  return stamps.flatMap(({ timeMs, rows }, i) => {
    const { samples, repeated } = samplesOf(rows, areSeveral);
    const untilMs = Math.min(stepMs, Math.abs((stamps[i + 1]?.timeMs ?? Number.POSITIVE_INFINITY) - timeMs));
    if (areSeveral && samples.length > 1 && isWholeSecond(timeMs))
      spread(samples, Number.isFinite(untilMs) ? untilMs : MS_PER_S);
    const made = samples.map(({ frame, rows: [first, ...more] }) => ({
      frame,
      line: first!.line,
      stampMs: Number.NaN,
      orderMs: 0,
      rows: 1 + more.length,
    }));
    return [
      ...made,
      ...repeated.map(({ frame, line }) => ({ frame, line, stampMs: Number.NaN, orderMs: 0, rows: 1 })),
    ];
  });
}
