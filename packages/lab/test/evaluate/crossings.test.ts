import { createRandom } from '@emberwatch/engine/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DebouncedScore,
  EpisodeCounts,
  FirstCrossings,
  levelsReached,
  Samples,
} from '../../src/rows/crossings.ts';

const GRID = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);

describe('all thresholds in one pass', () => {
  it('a value counts where 3 of the last 5 looks reach it', () => {
    const held = new DebouncedScore();
    expect([9, 1, 9, 1, 9, 1, 1].map((value) => held.add(value))).toEqual([NaN, NaN, 1, 1, 9, 1, 1]);
    // Looks of the last five: 9 1 9 1 9 reach nine three times; then 1 9 1 9 1 do not.
  });

  it('a missing look neither holds nor clears', () => {
    const held = new DebouncedScore();
    for (const value of [7, 7]) held.add(value);
    expect(held.add(Number.NaN)).toBeNaN();
    expect(held.add(7)).toBe(7);
  });

  it('looks are at least two seconds apart and forget after ten minutes', () => {
    const looks = new Samples();
    expect([0, 0.5, 1.9, 2, 3, 4.0001].map((timeS) => looks.take(timeS))).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(looks.isRestart).toBe(false);
    looks.take(700);
    expect(looks.isRestart).toBe(true);
  });

  it('first crossings and episodes equal those of each threshold by itself', () => {
    const series = fc.array(
      fc.record({
        gapS: fc.integer({ min: 2, max: 900 }),
        value: fc.double({ min: 0, max: 9, noNaN: true }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(series, (steps) => {
        const [crossings, episodes] = [new FirstCrossings(GRID.length), new EpisodeCounts(GRID.length)];
        const firstS = new Array<number>(GRID.length).fill(Number.NaN);
        const lastS = new Array<number>(GRID.length).fill(Number.NEGATIVE_INFINITY);
        const counts = new Float64Array(GRID.length);
        let timeS = 0;
        for (const { gapS, value } of steps) {
          timeS += gapS;
          const reached = levelsReached(GRID, value);
          crossings.add(timeS, reached);
          episodes.add(timeS, reached);
          GRID.forEach((threshold, level) => {
            if (value < threshold) return;
            if (Number.isNaN(firstS[level]!)) firstS[level] = timeS;
            if (timeS - lastS[level]! > 600) counts[level]!++;
            lastS[level] = timeS;
          });
        }
        const found = new Float64Array(GRID.length);
        episodes.addTo(found);
        expect([...crossings.atS]).toEqual(firstS);
        expect([...found]).toEqual([...counts]);
      }),
      { numRuns: 300 },
    );
  });

  it('alarms that come at random come as often as simulated', () => {
    const random = createRandom(3, 'alarms');
    const episodes = new EpisodeCounts(1);
    let [timeS, expected] = [0, 0];
    for (let i = 0; i < 20_000; i++) {
      timeS += 60;
      // Once in a thousand minutes: rarely two within ten minutes.
      if (random.uniform() > 1e-3) continue;
      expected++;
      episodes.add(timeS, 1);
    }
    const counts = new Float64Array(1);
    episodes.addTo(counts);
    expect(counts[0]).toBeLessThanOrEqual(expected);
    expect(counts[0]).toBeGreaterThan(0.9 * expected);
  });
});
