import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellTableOf } from '../src/module/cells.ts';
import { columnsFor, gapsOf } from '../src/module/columns.ts';
import { limitsOf } from '../src/module/limits.ts';
import { moduleHref, moduleOf, modulesOf } from '../src/module/link.ts';
import { grown } from '../src/module/live-history.ts';
import { csvOf } from '../src/module/sheet.ts';
import { siblingsOf } from '../src/module/siblings.ts';
import { boundsOf, parametersOf, type Span, spanOf } from '../src/module/span.ts';
import { levelAt, stretchesOf } from '../src/module/timeline.ts';
import type { HistoryBody } from '../src/wire.ts';

type Values = (number | null)[];

const historyOf = (
  moduleId: string,
  timesMs: number[],
  series: Record<string, Values>,
  more: Partial<HistoryBody> = {},
): HistoryBody => ({
  moduleId,
  tier: 'raw',
  stepMs: 0,
  timesMs,
  series: Object.entries(series).map(([id, mean]) => ({ id, unit: 'V', min: mean, mean, max: mean })),
  late: [],
  ...more,
});

describe('the time that is shown', () => {
  it('stands in the address and comes back out of it', () => {
    const spans: Span[] = [
      { kind: 'last', id: '2h' },
      { kind: 'last', id: 'all' },
      { kind: 'between', fromMs: 1_768_464_000_000, toMs: 1_768_467_600_000 },
    ];
    for (const span of spans) {
      const href = moduleHref('Rack/A 1,x_Module%01', span, ['B,1', 'C&2']);
      const [path, query] = href.slice(2).split('?');
      const parameters = new URLSearchParams(query);
      expect(spanOf(parameters)).toEqual(span);
      expect(modulesOf(parameters, 'with')).toEqual(['B,1', 'C&2']);
      expect(path!.split('/')).toHaveLength(2);
      expect(moduleOf(path!.split('/')[1]!)).toBe('Rack/A 1,x_Module%01');
    }
  });

  it('is the last two hours where the address says nothing, or nonsense', () => {
    for (const text of ['', 'from=7', 'from=9&to=8', 'from=x&to=9', 'last=toString'])
      expect(spanOf(new URLSearchParams(text))).toEqual({ kind: 'last', id: '2h' });
    expect(parametersOf({ kind: 'last', id: '2h' })).toEqual({ from: null, to: null, last: null });
  });

  it('follows the clock of the site, and holds its last frame', () => {
    expect(boundsOf({ kind: 'last', id: '15min' }, 10_000_000)).toEqual({
      fromMs: 10_000_001 - 900_000,
      toMs: 10_000_001,
    });
    expect(boundsOf({ kind: 'last', id: 'all' }, 5)).toEqual({ fromMs: 0, toMs: 6 });
    expect(boundsOf({ kind: 'last', id: '24h' }, null)).toBeNull();
  });
});

describe('a history that grows', () => {
  it('is, however it came in pieces, what one answer would have been', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ noNaN: true }), { nil: null }), { minLength: 1, maxLength: 30 }),
        fc.nat(29),
        fc.nat(29),
        (values, cut, drop) => {
          const timesMs = values.map((_, i) => i * 10);
          const at = Math.min(cut, values.length);
          const piece = (from: number, to: number) =>
            historyOf(
              'A',
              timesMs.slice(from, to),
              { voltage_v: values.slice(from, to) },
              { late: from < to ? [0] : [] },
            );
          const whole = grown(piece(0, at), piece(at, values.length), drop * 10);
          const kept = timesMs.filter((timeMs, i) => timeMs >= drop * 10 || i >= at);
          expect(whole.timesMs).toEqual(kept);
          expect(whole.series[0]!.mean).toEqual(kept.map((timeMs) => values[timeMs / 10]));
          for (const place of whole.late) expect(whole.timesMs[place]).toBeDefined();
        },
      ),
    );
  });

  it('keeps a channel in step that begins or ends', () => {
    const both = grown(
      historyOf('A', [0, 10], { voltage_v: [1, 2] }),
      historyOf('A', [20], { co_ppm: [5] }),
      0,
    );
    expect(both.series.map(({ id, mean }) => [id, mean])).toEqual([
      ['voltage_v', [1, 2, null]],
      ['co_ppm', [null, null, 5]],
    ]);
  });
});

describe('columns of a panel', () => {
  it('have a hole where nothing came, and none where another module has a point', () => {
    const own = historyOf('A', [0, 10, 20, 30, 200, 210], { voltage_v: [1, 2, 3, 4, 5, 6] });
    const other = historyOf('B', [5, 15, 25, 195, 205], { voltage_v: [7, 8, 9, 10, 11] });
    const { data } = columnsFor('voltage_v', [own, other], null);
    const [times, ...lines] = data as unknown as [number[], ...(number | null | undefined)[][]];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const ownLine = lines.at(-1)!;
    expect(ownLine.filter((value) => typeof value === 'number')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(ownLine.filter((value) => value === null)).toHaveLength(1);
    expect(times[ownLine.indexOf(null)]).toBeCloseTo(0.035);
    expect(lines.at(-2)!.filter((value) => value === null)).toHaveLength(1);
  });

  it('know a gap by the usual pace of the module, also in steps', () => {
    expect(gapsOf({ timesMs: [0, 60_000, 120_000, 180_000], stepMs: 0 })).toEqual([]);
    expect(gapsOf({ timesMs: [0, 1000, 2000, 9000], stepMs: 0 })).toEqual([2500]);
    expect(gapsOf({ timesMs: [0, 60_000, 120_000, 900_000], stepMs: 60_000 })).toHaveLength(1);
  });
});

describe('the rack behind a module', () => {
  it('is the median and the range of its siblings, and nothing where they are silent', () => {
    const timesMs = [0, 10, 20, 30];
    const all = [
      historyOf('A', timesMs, { voltage_v: [1, 1, 1, 1] }),
      historyOf('B', timesMs, { voltage_v: [2, 2, 2, 2] }),
      historyOf('C', [0, 10], { voltage_v: [9, 9] }),
    ];
    const { bands, count } = siblingsOf(all, { fromMs: 0, toMs: 80 }, 8);
    const band = bands.get('voltage_v')!;
    expect(count).toBe(3);
    expect([band.low[0], band.median[0], band.high[0]]).toEqual([1, 2, 9]);
    // C is held for a while, then it counts no more.
    expect(band.high[2]).toBe(9);
    expect(band.high[4]).toBe(2);
    expect(band.median[4]).toBe(1.5);
    expect(band.median[7]).toBeNaN();
  });
});

describe('cells', () => {
  const timesMs = Array.from({ length: 20 }, (_, i) => i * 1000);
  const level = (v: number): Values => timesMs.map(() => v);

  it('are compared with the middle of them, and the one that deviates is named', () => {
    const series = Object.fromEntries(
      Array.from({ length: 9 }, (_, k) => [`cell_voltages_v[${k + 1}]`, level(3.3)]),
    );
    series['cell_voltages_v[7]'] = timesMs.map((_, i) => (i < 10 ? 3.3 : 3.25));
    // An outlier of one sample names nobody.
    series['cell_voltages_v[2]'] = timesMs.map((_, i) => (i === 5 ? 3.4 : 3.3));
    const table = cellTableOf(historyOf('A', timesMs, series), 'cell_voltages_v')!;
    expect(table.cells).toBe(9);
    expect(table.max!.cell).toBe(7);
    expect(table.max!.by).toBeCloseTo(-0.05, 5);
    expect(table.max!.atMs).toBeGreaterThanOrEqual(10_000);
  });

  it('stay unknown where they were not measured', () => {
    const series = {
      'cell_voltages_v[1]': level(3.3),
      'cell_voltages_v[2]': timesMs.map(() => null),
      'cell_voltages_v[4]': level(3.3),
      'cell_voltages_v[5]': level(3.3),
    };
    const table = cellTableOf(historyOf('A', timesMs, series), 'cell_voltages_v')!;
    expect(table.cells).toBe(5);
    expect(table.deviations[timesMs.length]).toBeNaN();
    expect(table.deviations[2 * timesMs.length]).toBeNaN();
    expect(table.max).toBeNull();
    expect(cellTableOf(historyOf('A', timesMs, {}), 'cell_voltages_v')).toBeNull();
  });
});

describe('limits on an axis', () => {
  it('are those of the policy for what the channel is, the graver where two fall together', () => {
    expect(limitsOf('surface_temperature_max_degc', null).map(({ value, level }) => [value, level])).toEqual([
      [55, 'advisory'],
      [60, 'warning'],
      [90, 'critical'],
      [120, 'critical'],
    ]);
    expect(limitsOf('voltage_v', 50)).toEqual([]);
  });

  it('of insulation go with the voltage, and are left out without one', () => {
    expect(limitsOf('insulation_kohm', 800).map(({ value }) => value)).toEqual([80, 400]);
    expect(limitsOf('insulation_kohm', null)).toEqual([]);
  });
});

describe('the table that is taken away', () => {
  it('has exact frames as they are, and what was not measured as nothing', () => {
    const own = historyOf(
      'A',
      [0, 10_000],
      { voltage_v: [51.123456789, null], co_ppm: [0, 3] },
      { late: [1] },
    );
    expect(csvOf([own])).toBe(
      'time,late,voltage_v,co_ppm\n' +
        '1970-01-01T00:00:00.000Z,0,51.123456789,0\n' +
        '1970-01-01T00:00:10.000Z,1,,3\n',
    );
  });

  it('has lowest, mean and highest of steps, and modules by their names, which are no formulas', () => {
    const own = historyOf('=A', [0], { voltage_v: [1] }, { stepMs: 60_000, tier: '1min' });
    const other = historyOf('B,1', [60_000], { voltage_v: [2] }, { stepMs: 60_000, tier: '1min' });
    expect(csvOf([own, other]).split('\n')).toEqual([
      `time,late,'=A voltage_v_min,'=A voltage_v_mean,'=A voltage_v_max,"B,1 voltage_v_min","B,1 voltage_v_mean","B,1 voltage_v_max"`,
      '1970-01-01T00:00:00.000Z,0,1,1,1,,,',
      '1970-01-01T00:01:00.000Z,0,,,,2,2,2',
      '',
    ]);
  });
});

describe('levels over time', () => {
  const levels = fc.constantFrom('unknown', 'normal', 'advisory', 'warning', 'critical');

  it('leave no gap, and say at every instant what holds', () => {
    fc.assert(
      fc.property(
        levels,
        fc.array(fc.record({ timeMs: fc.integer({ min: 0, max: 99 }), to: levels }), { maxLength: 12 }),
        fc.integer({ min: 0, max: 99 }),
        (first, unordered, timeMs) => {
          const changes = [...unordered].sort((a, b) => a.timeMs - b.timeMs);
          const stretches = stretchesOf(first, changes, 0, 100);
          expect(stretches[0]!.fromMs).toBe(0);
          expect(stretches.at(-1)!.toMs).toBe(100);
          stretches.slice(1).forEach((stretch, i) => {
            expect(stretch.fromMs).toBe(stretches[i]!.toMs);
          });
          const at = stretches.find(({ fromMs, toMs }) => fromMs <= timeMs && timeMs < toMs)!;
          expect(at.level).toBe(levelAt(first, changes, timeMs));
        },
      ),
    );
  });
});
