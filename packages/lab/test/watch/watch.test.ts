import type { Level, LevelChange } from '@emberwatch/engine/detector';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPISODE_MERGE_MS, EpisodeLog } from '../../src/watch/episodes.ts';
import { TRACE_SIGNALS, Trace } from '../../src/watch/trace.ts';

const values = (value: number): number[] => TRACE_SIGNALS.map(() => value);

describe('trace', () => {
  it('keeps every peak and trough in bounded memory, in rising time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 3000 }),
        (signal) => {
          const trace = new Trace(100);
          signal.forEach((value, i) => {
            trace.add(i * 1000, values(value));
          });
          expect(trace.timesMs.length).toBeLessThanOrEqual(101);
          const kept = trace.signals[0]!;
          expect(Math.max(...kept)).toBe(Math.max(...signal));
          expect(Math.min(...kept)).toBe(Math.min(...signal));
          expect(trace.timesMs.at(-1)).toBe((signal.length - 1) * 1000);
          expect([...trace.timesMs].sort((a, b) => a - b)).toEqual(trace.timesMs);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves out what is missing, not what is there', () => {
    const trace = new Trace(8);
    for (let i = 0; i < 64; i++) trace.add(i, values(i === 40 ? 7 : Number.NaN));
    expect(trace.signals[3]!.filter((value) => !Number.isNaN(value))).toContain(7);
  });
});

describe('episodes', () => {
  const log = (story: readonly [minutes: number, to: Level][]): EpisodeLog => {
    const episodes = new EpisodeLog();
    let from: Level = 'unknown';
    for (const [minutes, to] of story) {
      const change: LevelChange = {
        timeMs: minutes * 60_000,
        moduleId: 'm',
        rackId: null,
        from,
        to,
        reasons: [],
      };
      episodes.add(change);
      from = to;
    }
    return episodes;
  };

  it('count once, under the gravest level, until ten quiet minutes have passed', () => {
    expect(EPISODE_MERGE_MS).toBe(600_000);
    const { episodes } = log([
      [0, 'normal'],
      [5, 'advisory'],
      [6, 'critical'],
      [7, 'advisory'],
      [8, 'normal'],
      [17, 'warning'],
      [18, 'normal'],
      [40, 'advisory'],
    ]);
    expect(
      episodes.map(({ level, fromMs, toMs, peakMs }) =>
        [level, fromMs, toMs, peakMs].map((x) => (typeof x === 'number' ? x / 60_000 : x)),
      ),
    ).toEqual([
      ['critical', 5, 18, 6],
      ['advisory', 40, null, 40],
    ]);
  });

  it('end where doubt begins', () => {
    expect(
      log([
        [0, 'warning'],
        [3, 'unknown'],
      ]).episodes[0]!.toMs,
    ).toBe(180_000);
  });
});
