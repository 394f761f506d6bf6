import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenTimeAxis } from '../../src/report/broken-time-axis.ts';
import { columnList, columnRanges } from '../../src/report/columns.ts';
import { axisOf, drawnPoints, presenceOf, silencesOf } from '../../src/report/points.ts';
import { duration, naturalOrder, utc } from '../../src/report/wording.ts';
import { html } from '../../src/svg/html.ts';
import { slimPath } from '../../src/svg/svg.ts';

const MINUTE_MS = 60_000;

describe('words', () => {
  it('writes columns that follow each other as a range', () => {
    expect(columnRanges(['V_2', 'V_1', 'V_3', 'V_10', 'I', 'V_9'])).toEqual([
      'I',
      'V_1 … V_3',
      'V_9',
      'V_10',
    ]);
    expect(columnRanges(['T1', 'U1', 'T2'])).toEqual(['T1', 'T2', 'U1']);
    expect(columnList(['a', 'b', 'c'], 2)).toBe('a, b, … and 1 more');
  });

  it('writes times in UTC and durations in their two largest units', () => {
    expect(utc(Date.UTC(2024, 1, 29, 23, 59, 59))).toBe('2024-02-29 23:59:59');
    expect(utc(Number.NaN)).toBe('no time');
    expect([500, 20_000, 3_600_000, 90_061_000, Number.NaN].map(duration)).toEqual([
      '0.5 s',
      '20 s',
      '1 h',
      '1 d 1 h',
      '–',
    ]);
  });

  it('counts digits as numbers', () => {
    expect(['M10', 'M2', 'M', 'A'].sort(naturalOrder)).toEqual(['A', 'M', 'M2', 'M10']);
  });

  it('escapes values but not templates', () => {
    expect(html`<b>${'<i>'}</b>${html`<u>${"'"}</u>`}${[1, null]}`.text).toBe(
      '<b>&lt;i&gt;</b><u>&#39;</u>1',
    );
  });
});

describe('points', () => {
  const placeOf = (timeMs: number): number => timeMs;

  it('keeps the extremes of every bucket', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1 }), (values) => {
        const times = values.map((_, i) => i * 1000);
        const drawn = drawnPoints(times, values, placeOf, 7000).flatMap(([, value]) => value ?? []);
        expect(Math.max(...drawn)).toBe(Math.max(...values));
        expect(Math.min(...drawn)).toBe(Math.min(...values));
        expect(drawn.length).toBeLessThanOrEqual(2 * Math.ceil(values.length / 7));
      }),
    );
  });

  it('breaks the line where nothing was measured for long, not at a single missing value', () => {
    const times = [0, 10, 20, 30, 40, 500, 510].map((s) => s * 1000);
    const points = drawnPoints(times, [1, 2, Number.NaN, 4, 5, 6, 7], placeOf, 1);
    expect(points.map(([, value]) => value)).toEqual([1, 2, 4, 5, null, 6, 7]);
  });

  it('finds silence', () => {
    const times = [0, 10, 20, 600, 610].map((s) => s * 1000);
    expect(silencesOf(presenceOf(times).spans)).toEqual([{ fromMs: 20_000, toMs: 600_000 }]);
  });

  it('puts round numbers around a range', () => {
    expect(axisOf(23.4, 27.1, 1)).toEqual({ min: 23, max: 28, step: 1, digits: 0 });
    expect(axisOf(3.301, 3.301, 0.05)).toMatchObject({ step: 0.02, digits: 2 });
    expect(axisOf(0, 0, 1)).toMatchObject({ min: -0.5, max: 0.5 });
  });
});

describe('folded time', () => {
  const hour = 60 * MINUTE_MS;

  it('gives a long silence little room and keeps the rest to scale', () => {
    const time = new BrokenTimeAxis({ fromMs: 0, toMs: 12 * hour }, [{ fromMs: hour, toMs: 11 * hour }]);
    expect(time.folds).toHaveLength(1);
    expect(time.at(hour)).toBe(hour);
    expect(time.at(12 * hour) - time.at(11 * hour)).toBeCloseTo(hour);
    expect(time.length).toBeLessThan(2.2 * hour);
  });

  it('never runs backwards', () => {
    const silences = [1, 3, 5].map((h) => ({ fromMs: h * hour, toMs: (h + 1) * hour }));
    const time = new BrokenTimeAxis({ fromMs: 0, toMs: 7 * hour }, silences);
    let last = -1;
    for (let t = 0; t <= 7 * hour; t += MINUTE_MS) {
      expect(time.at(t)).toBeGreaterThanOrEqual(last);
      last = time.at(t);
    }
  });

  it('labels round instants in UTC, with the date where it is new', () => {
    const fromMs = Date.UTC(2024, 0, 31, 22, 7);
    const labels = new BrokenTimeAxis({ fromMs, toMs: fromMs + 5 * hour }, [])
      .ticks(0.15)
      .map(({ label }) => label);
    expect(labels).toEqual(['23:00\n2024-01-31', '00:00\n2024-02-01', '01:00', '02:00', '03:00']);
  });

  it('labels long recordings by months', () => {
    const range = { fromMs: Date.UTC(2024, 0, 15), toMs: Date.UTC(2024, 7, 2) };
    const labels = new BrokenTimeAxis(range, []).ticks(0.1).map(({ label }) => label);
    expect(labels).toEqual(['02', '03', '04', '05', '06', '07', '08'].map((month) => `2024-${month}-01`));
  });
});

describe('paths', () => {
  it('are written as steps of tenths, without what lies on a straight line', () => {
    expect(slimPath('M10 5L20 5L30 5L30.25 7.5')).toBe('M10 5l20 0 .3 2.5');
    expect(slimPath('M0 0L-1.5 -2M4 4')).toBe('M0 0l-1.5-2M4 4');
  });

  it('end where they did', () => {
    const coordinate = fc.integer({ min: -9999, max: 9999 }).map((n) => n / 10);
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 2 }), (points) => {
        const path = slimPath(`M${points.map(([x, y]) => `${x} ${y}`).join('L')}`);
        const numbers = [...path.matchAll(/-?\d*\.?\d+/g)].map(([n]) => Number(n));
        let [x, y] = [0, 0];
        for (let i = 0; i < numbers.length; i += 2) [x, y] = [x + numbers[i]!, y + numbers[i + 1]!];
        expect(x).toBeCloseTo(points.at(-1)![0]);
        expect(y).toBeCloseTo(points.at(-1)![1]);
      }),
    );
  });
});
