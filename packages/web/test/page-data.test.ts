import { describe, expect, it } from 'vitest';
import { shortNames } from '../src/live/names.ts';
import { grouped } from '../src/site/change-groups.ts';
import { columnsOf } from '../src/site/chart-columns.ts';
import { mergeTrend } from '../src/site/trend-merge.ts';
import { siteZone, timesIn } from '../src/ui/times.ts';
import type { ChangeEntry, ModuleState, TrendBody } from '../src/wire.ts';

const trendOf = (timesMs: number[], values: (number | null)[], id = 'voltage_v'): TrendBody => ({
  moduleId: 'A',
  stepMs: 10,
  windowMs: 100,
  timesMs,
  series: [{ id, label: id, unit: 'V', min: values, max: values }],
});

describe('a trend that grows', () => {
  it('replaces the last point, adds the new ones, and lets the old ones go', () => {
    const merged = mergeTrend(trendOf([0, 50, 60], [1, 2, 3]), trendOf([65, 110], [4, 5]));
    expect(merged.timesMs).toEqual([50, 60, 65, 110]);
    expect(merged.series[0]!.max).toEqual([2, 3, 4, 5]);
    expect(mergeTrend(trendOf([0, 10, 20], [1, 2, 3]), trendOf([20, 30], [7, 8])).series[0]!.min).toEqual([
      1, 2, 7, 8,
    ]);
  });

  it('keeps series in step where one begins or ends', () => {
    const merged = mergeTrend(trendOf([0, 10], [1, 2]), trendOf([10, 20], [3, 4], 'current_a'));
    expect(merged.series.map(({ id, max }) => [id, max])).toEqual([
      ['voltage_v', [1, null, null]],
      ['current_a', [null, 3, 4]],
    ]);
  });

  it('stays as it was where nothing came', () => {
    const old = trendOf([0, 10], [1, 2]);
    expect(mergeTrend(old, trendOf([], []))).toBe(old);
  });
});

it('leaves a hole in the line where time is missing', () => {
  const trend = trendOf([0, 10_000, 20_000, 90_000, 100_000], [1, 2, 3, 4, 5]);
  const [times, max] = columnsOf({ ...trend, stepMs: 10_000 }, trend.series);
  expect(times).toEqual([0, 10, 20, 25, 90, 100]);
  expect(max).toEqual([1, 2, 3, null, 4, 5]);
});

describe('names on tiles', () => {
  const named = (...pairs: [string, string | null][]) => [
    ...shortNames(pairs.map(([moduleId, rackId]) => ({ moduleId, rackId }) as ModuleState)).values(),
  ];

  it('leave out the rack and the word that all share', () => {
    const ids = [
      'RackA1_Module01',
      'RackA1_Module02',
      'RackA2_Module01',
      'RackA2_Module08',
      'RackA2_Module12',
    ];
    const pairs = ids.map((id): [string, string] => [id, id.slice(0, 6)]);
    expect(named(...pairs)).toEqual(['01', '02', '01', '08', '12']);
  });

  it('leave out what all begin with, up to the end of a word', () => {
    const ids = ['north-1', 'north-2', 'nord-3', 'south-1', 'south-10'];
    expect(named(...ids.map((id): [string, null] => [`site/${id}`, null]))).toEqual(ids);
    const numbers = named(...['1', '10', '11', '12', '13'].map((n): [string, null] => [`cell${n}`, null]));
    expect(numbers).toEqual(['1', '10', '11', '12', '13']);
  });

  it('stay whole where there are few', () => {
    expect(named(['ev-pack-1', null], ['ev-pack-2', null])).toEqual(['ev-pack-1', 'ev-pack-2']);
  });
});

it('makes one line of a feed that stops, and never of alarms', () => {
  const change = (seq: number, moduleId: string, to: ChangeEntry['to'], seenMs = 0): ChangeEntry => ({
    seq,
    seenMs,
    timeMs: 0,
    moduleId,
    rackId: null,
    from: 'normal',
    to,
    reasons: [],
  });
  const counts = (...list: ChangeEntry[]) => grouped(list).map(({ count }) => count);
  expect(counts(change(3, 'A', 'unknown'), change(2, 'B', 'unknown'), change(1, 'C', 'unknown'))).toEqual([
    3,
  ]);
  expect(counts(change(2, 'A', 'warning'), change(1, 'B', 'warning'))).toEqual([1, 1]);
  expect(counts(change(2, 'A', 'unknown', 60_000), change(1, 'B', 'unknown'))).toEqual([1, 1]);
});

describe('times of the site', () => {
  it('are those of its settings, and of this computer where they say nothing that is a zone', () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(siteZone('Europe/Vienna')).toBe('Europe/Vienna');
    for (const reported of [null, undefined, '', 'Nowhere/At all']) expect(siteZone(reported)).toBe(here);
    expect(timesIn(siteZone('Europe/Vienna')).instant(Date.UTC(2026, 6, 1, 10))).toBe(
      '2026-07-01 12:00:00 CEST',
    );
  });
});
