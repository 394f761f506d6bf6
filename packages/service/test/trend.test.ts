import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TREND_POINTS, TREND_STEP_MS, TREND_WINDOW_MS, Trend } from '../src/trend.ts';

const sample = fc.record({
  stepMs: fc.oneof(
    fc.integer({ min: 1, max: 2000 }),
    fc.integer({ min: 1, max: 60_000 }),
    fc.integer({ min: 1, max: 3 * TREND_WINDOW_MS }),
  ),
  value: fc.oneof(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.constant(Number.NaN)),
});
const samples = fc.array(sample, { minLength: 1, maxLength: 3000, size: 'max' });

function played(list: readonly { stepMs: number; value: number }[]) {
  const trend = new Trend(1);
  let timeMs = 1_700_000_000_000;
  const history = list.map(({ stepMs, value }) => {
    timeMs += stepMs;
    trend.push(timeMs, [value]);
    return { timeMs, value };
  });
  return { trend, history, newestMs: timeMs };
}

const stepOf = (timeMs: number): number => Math.floor(timeMs / TREND_STEP_MS);

describe('trend', () => {
  it('stays within its bounds, in order, and within the window', () => {
    fc.assert(
      fc.property(samples, (list) => {
        const { trend, newestMs } = played(list);
        const { timesMs } = trend.points();
        expect(timesMs.length).toBeLessThanOrEqual(TREND_POINTS);
        expect(timesMs.at(-1)).toBe(newestMs);
        for (let i = 0; i < timesMs.length; i++) {
          expect(timesMs[i]!).toBeGreaterThanOrEqual(newestMs - TREND_WINDOW_MS);
          if (i > 0) expect(stepOf(timesMs[i]!)).toBeGreaterThan(stepOf(timesMs[i - 1]!));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the extremes of every step that it still has', () => {
    fc.assert(
      fc.property(samples, (list) => {
        const { trend, history } = played(list);
        const { timesMs, series } = trend.points();
        const kept = new Map(timesMs.map((timeMs, i) => [stepOf(timeMs), i]));
        const wanted = timesMs.map(() => ({ min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }));
        for (const { timeMs, value } of history) {
          const at = kept.get(stepOf(timeMs));
          if (at === undefined || Number.isNaN(value)) continue;
          wanted[at] = { min: Math.min(wanted[at]!.min, value), max: Math.max(wanted[at]!.max, value) };
        }
        wanted.forEach(({ min, max }, i) => {
          if (min === Number.POSITIVE_INFINITY) {
            expect(series[0]?.min[i] ?? null).toBeNull();
            return;
          }
          expect(series[0]!.min[i]).toBeCloseTo(min, 1);
          expect(series[0]!.max[i]).toBeCloseTo(max, 1);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('gives the points from an instant on, the growing last one included', () => {
    const { trend } = played(Array.from({ length: 100 }, () => ({ stepMs: 3000, value: 1 })));
    const all = trend.points().timesMs;
    expect(trend.points(all.at(-2)).timesMs).toEqual(all.slice(-2));
  });
});
