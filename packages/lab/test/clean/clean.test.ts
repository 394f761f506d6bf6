import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@emberwatch/engine/random';
import { CHANNEL_INDEX, type ChannelId, type Frame, newFrame } from '@emberwatch/engine/telemetry';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cleaner, type CleanOptions, type CleanRow } from '../../src/clean/clean.ts';
import { cleanRecording } from '../../src/clean/file.ts';
import { OutlierFilter } from '../../src/clean/outliers.ts';
import { Window } from '../../src/clean/window.ts';
import { openDuckDb, sqlText } from '../../src/recording/parquet.ts';
import { type ColumnStats, readSeedFile, statsOf } from './seed-file.ts';

type Values = Partial<Record<ChannelId, number>>;

const frameOf = (timeMs: number, values: Values, moduleId = 'M1'): Frame => {
  const frame = newFrame(moduleId, 'R1', timeMs);
  for (const [id, value] of Object.entries(values)) frame.values[CHANNEL_INDEX[id as ChannelId]] = value;
  return frame;
};

/** What comes out of the filter, by row, and how many rows had gone in by then. */
function filtered(rows: readonly Values[]) {
  const out: { frame: Frame; removed: number; after: number }[] = [];
  let taken = 0;
  const filter = new OutlierFilter((frame, removed) => {
    out.push({ frame: { ...frame, values: frame.values.slice() }, removed, after: taken });
  });
  for (const [i, values] of rows.entries()) {
    taken = i + 1;
    filter.take(frameOf(i, values));
  }
  filter.finish();
  return out;
}

const random = createRandom(4);
const noise = Array.from({ length: 300 }, () => random.normal());
const calm = (i: number): Values => ({
  surface_temperature_max_degc: 25 + 0.3 * noise[i]!,
  voltage_v: 50 + 0.1 * noise[(i + 100) % 300]!,
  co_ppm: 2 + 0.5 * noise[(i + 200) % 300]!,
});
const rowsWith = (change: (i: number, values: Values) => Values): Values[] =>
  noise.map((_, i) => change(i, calm(i)));
const hottest = CHANNEL_INDEX.surface_temperature_max_degc;

describe('outliers', () => {
  it('a value alone in its sensor and its row is removed', () => {
    const out = filtered(rowsWith((i, v) => (i === 150 ? { ...v, surface_temperature_max_degc: 90 } : v)));
    expect(out[150]!.frame.values[hottest]).toBeNaN();
    expect(out[150]!.removed).toBe(1 << hottest);
    expect(out.filter(({ removed }) => removed !== 0)).toHaveLength(1);
    // It waited for one row, no other did.
    expect(out.map(({ after }, i) => after - i)).toEqual(noise.map((_, i) => (i === 150 ? 2 : 1)));
  });

  it.each<[string, (i: number, v: Values) => Values]>([
    ['a step that stays', (i, v) => (i >= 150 ? { ...v, surface_temperature_max_degc: 60 + noise[i]! } : v)],
    [
      'a rise that runs away',
      (i, v) => (i >= 150 ? { ...v, surface_temperature_max_degc: 25 + 1.5 ** (i - 150) } : v),
    ],
    [
      'a peak of two rows',
      (i, v) => (i === 150 || i === 151 ? { ...v, surface_temperature_max_degc: 90 } : v),
    ],
    [
      'a single row that two sensors see',
      (i, v) => (i === 150 ? { ...v, surface_temperature_max_degc: 90, voltage_v: 40 } : v),
    ],
    ['a step with its next row missing', (i, v) => (i === 151 ? {} : i >= 150 ? { ...v, co_ppm: 400 } : v)],
    ['the last row of all', (i, v) => (i === 299 ? { ...v, co_ppm: 400 } : v)],
  ])('%s is signal: not a value is changed', (_, change) => {
    const rows = rowsWith(change);
    const out = filtered(rows);
    expect(out.map(({ frame }) => frame.values)).toEqual(rows.map((values, i) => frameOf(i, values).values));
  });

  it('a sensor that resolves whole degrees flickers by one', () => {
    const flicker = (i: number): number => (i > 100 && i % 40 === 0 ? 26 : 25) + (i > 60 && i < 100 ? 1 : 0);
    const out = filtered(rowsWith((i) => ({ surface_temperature_max_degc: flicker(i) })));
    expect(out.filter(({ removed }) => removed !== 0)).toEqual([]);
  });

  it('what leaps again and again is the way of the channel', () => {
    const random = createRandom(9);
    const rows = Array.from({ length: 3000 }, () => ({
      current_a: (random.integer(30) === 0 ? 80 : 0) + 0.1 * random.normal(),
    }));
    const removed = filtered(rows).map(({ removed }) => removed !== 0);
    // Peaks of one row that look like outliers: a few, until it is seen how common they are.
    expect(removed.filter(Boolean).length).toBeLessThan(12);
    expect(removed.slice(400).filter(Boolean).length).toBeLessThan(3);
  });

  it('mean, hottest and coldest come from the same probes and do not confirm each other', () => {
    const out = filtered(
      rowsWith((i, v) => ({
        ...v,
        surface_temperature_mean_degc: i === 150 ? 45 : 24 + 0.3 * noise[(i + 50) % 300]!,
        ...(i === 150 && { surface_temperature_max_degc: 90 }),
      })),
    );
    expect(out[150]!.frame.values[hottest]).toBeNaN();
    expect(out[150]!.frame.values[CHANNEL_INDEX.surface_temperature_mean_degc]).toBeNaN();
  });

  it('every row comes out once, in order, within three rows, with its values or without them', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
      fc.constant(Number.NaN),
      fc.integer({ min: 24, max: 26 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 120 }), (pairs) => {
        const rows = pairs.map(([voltage_v, co_ppm]) => ({ voltage_v, co_ppm }));
        const out = filtered(rows);
        expect(out.map(({ frame }) => frame.timeMs)).toEqual(rows.map((_, i) => i));
        for (const [i, { frame, removed, after }] of out.entries()) {
          expect(after - i).toBeLessThanOrEqual(4);
          for (const id of ['voltage_v', 'co_ppm'] as const) {
            const isRemoved = (removed & (1 << CHANNEL_INDEX[id])) !== 0;
            expect(frame.values[CHANNEL_INDEX[id]]).toBe(isRemoved ? Number.NaN : rows[i]![id]);
          }
        }
      }),
    );
  });

  it('the scatter of normal noise is its standard deviation; a tenth of rubbish hardly widens it', () => {
    let [sum, spoilt] = [0, 0];
    for (let k = 0; k < 200; k++) {
      const [clean, dirty] = [new Window(), new Window()];
      for (let i = 0; i < 60; i++) {
        const value = 3 * random.normal();
        clean.add(value);
        dirty.add(i % 20 === 0 ? 1e6 : value);
      }
      sum += clean.scale() / 200;
      spoilt += dirty.scale() / 200;
    }
    expect(sum).toBeGreaterThan(2.6);
    expect(sum).toBeLessThan(3.1);
    expect(spoilt).toBeLessThan(1.3 * 3);
  });
});

function cleaned(frames: readonly Frame[], options: CleanOptions = {}) {
  const rows: { frame: Frame; imputed: number }[] = [];
  const cleaner = new Cleaner(options, ({ frame, imputed }: CleanRow) => {
    rows.push({ frame: { ...frame, values: frame.values.slice() }, imputed });
  });
  for (const frame of frames) cleaner.take(frame);
  cleaner.finish();
  return { rows, counts: cleaner.counts };
}

const voltages = (rows: readonly { frame: Frame; imputed: number }[]) =>
  rows.map(({ frame, imputed }) => [
    frame.timeMs,
    frame.values[CHANNEL_INDEX.voltage_v],
    (imputed >> CHANNEL_INDEX.voltage_v) & 1,
  ]);

describe('gaps and alignment', () => {
  it('a missing value is the last one of the module with a flag, until that is too old', () => {
    const at = [0, 10_000, 20_000, 50_000, 70_000, 80_000];
    const frames = at.map((t, i) =>
      frameOf(t, i === 0 || i === 5 ? { voltage_v: 50 + i, co_ppm: 1 } : { co_ppm: 1 }),
    );
    const { rows, counts } = cleaned(frames, { maxAgeMs: 60_000 });
    expect(voltages(rows)).toEqual([
      [0, 50, 0],
      [10_000, 50, 1],
      [20_000, 50, 1],
      [50_000, 50, 1],
      [70_000, Number.NaN, 0],
      [80_000, 55, 0],
    ]);
    expect(counts.imputed[CHANNEL_INDEX.voltage_v]).toBe(3);
  });

  it('on a grid each instant holds what was known by then', () => {
    const frames = [1000, 4000, 9999, 10_000, 10_001, 31_000].map((t) => frameOf(t, { voltage_v: t / 1000 }));
    expect(voltages(cleaned(frames, { everyMs: 10_000 }).rows)).toEqual([
      [10_000, 10, 0],
      [20_000, 10.001, 0],
      // No frame came between 20 and 30 s: no row is made up.
      [40_000, 31, 0],
    ]);
  });

  it('modules do not see each other', () => {
    const frames = [0, 1000, 2000].flatMap((t) => [
      frameOf(t, { voltage_v: 50 }, 'A'),
      frameOf(t, t === 0 ? {} : { voltage_v: 40 }, 'B'),
    ]);
    const { rows } = cleaned(frames);
    const ofB = rows.filter(({ frame }) => frame.moduleId === 'B');
    expect(voltages(ofB).map(([, value]) => value)).toEqual([Number.NaN, 40, 40]);
  });

  it('what comes later changes no row before', () => {
    const frames = Array.from({ length: 100 }, (_, i) => frameOf(i * 1000, calm(i)));
    const whole = cleaned(frames, { everyMs: 5000 }).rows;
    const half = cleaned(frames.slice(0, 51), { everyMs: 5000 }).rows;
    expect(whole.slice(0, half.length)).toEqual(half);
  });
});

describe('a recording', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'emberwatch-clean-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is written with the native columns and a flag beside each', async () => {
    const path = join(folder, 'in.csv');
    const lines = noise.map((_, i) => {
      const voltage = i === 100 ? '' : (50 + noise[i]! / 10).toFixed(3);
      const co = i === 200 ? 500 : (2 + noise[i]! / 2).toFixed(2);
      return `${new Date(i * 1000).toISOString()},M1,R1,${voltage},${co}`;
    });
    writeFileSync(path, `time,module_id,rack_id,voltage_v,co_ppm\n${lines.join('\n')}\n`);
    const out = join(folder, 'out.parquet');
    const result = await cleanRecording({ path }, out);
    expect(result).toMatchObject({ rowsIn: 300, rowsOut: 300, gaps: 0 });
    expect(result.removed[CHANNEL_INDEX.co_ppm]).toBe(1);
    const { connection, close } = await openDuckDb();
    const sums = await connection.runAndReadAll(
      `SELECT count(*)::INT, count(voltage_v)::INT, max(co_ppm) < 5, sum(voltage_v_imputed)::INT, sum(co_ppm_imputed)::INT,
       any_value(rack_id) FROM ${sqlText(out)}`,
    );
    close();
    expect(sums.getRows()[0]).toEqual([300, 300, true, 1, 1, 'R1']);
  });

  it('lists of cells go along as they were measured, the longest sets their length; labels are those of each row', async () => {
    const path = join(folder, 'cells.ndjson');
    const row = (i: number, id: string, cells: (number | null)[], label: number): string =>
      JSON.stringify({
        time: `2026-01-01T00:00:0${i}Z`,
        module_id: id,
        voltage_v: 7,
        cell_voltages_v: cells,
        hazard_label: label,
      });
    const lines = [
      row(1, 'A', [3.5, 3.6], 0),
      row(1, 'B', [3.7, 3.8, null], 1),
      row(2, 'A', [9.5, 3.6], 1),
      row(2, 'B', [3.7, 3.8, 3.9], 0),
    ];
    writeFileSync(path, lines.join('\n'));
    const out = join(folder, 'cells.parquet');
    expect(await cleanRecording({ path }, out)).toMatchObject({ rowsOut: 4, labels: 'kept' });
    const { connection, close } = await openDuckDb();
    const found = await connection.runAndReadAll(
      `SELECT module_id, cell_voltages_v::VARCHAR, cell_temperatures_degc, hazard_label FROM ${sqlText(out)}
       ORDER BY module_id, time`,
    );
    close();
    expect(found.getRows()).toEqual([
      ['A', '[3.5, 3.6, NULL]', null, 0],
      ['A', '[9.5, 3.6, NULL]', null, 1],
      ['B', '[3.7, 3.8, NULL]', null, 1],
      ['B', '[3.7, 3.8, 3.9]', null, 0],
    ]);
  });

  it('goes to a file with a known ending', async () => {
    await expect(cleanRecording({ path: 'x.csv' }, join(folder, 'x.txt'))).rejects.toThrow(
      '.csv or .parquet',
    );
  });
});

const original = join(
  process.env['EMBERWATCH_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname,
  'seed/dummy_fault_RackA2_Module01_200rows.csv.gz',
);

describe.skipIf(!existsSync(original))(
  'the file of the seed (EMBERWATCH_DATA or ../shared/data beside the checkout)',
  () => {
    let stats: ColumnStats[];
    beforeAll(() => {
      stats = statsOf(readSeedFile(original));
    });

    it('clipping at the quantiles of 1 and 99 % cuts off the hazard; ours changes not one of its values', () => {
      const mean = stats[0]!;
      expect(mean).toMatchObject({ column: 'Module_Avg_Surface_Temp_C', clipped: 200 });
      expect(mean.clippedMax).toBeGreaterThan(60);
      for (const { column, altered } of stats) expect(altered, column).toBe(0);
    });

    it('ours removes the outliers that stand out, and next to nothing else', () => {
      const sum = (pick: (stats: ColumnStats) => number) =>
        stats.reduce((total, one) => total + pick(one), 0);
      expect(sum(({ caught }) => caught) / sum(({ outliers }) => outliers)).toBeGreaterThan(0.95);
      expect(sum(({ falselyRemoved }) => falselyRemoved)).toBeLessThan(10);
    });

    it('docs/cleaning.md has these figures (UPDATE_DOCS=1 writes them)', () => {
      const path = new URL('../../../../docs/cleaning.md', import.meta.url);
      const page = readFileSync(path, 'utf8');
      const renewed = page.replace(
        /(<!-- seed: written by .*? -->\n)[\s\S]*?(<!-- end -->)/,
        (_, begin: string, end: string) => `${begin}${[...HEAD, ...stats.map(lineOf)].join('\n')}\n${end}`,
      );
      if (process.env['UPDATE_DOCS']) writeFileSync(path, renewed);
      else expect(page).toBe(renewed);
      expect(renewed).toContain(lineOf(stats[0]!));
    });
  },
);

const HEAD = [
  '| column | clipping: hazard rows changed | by, mean | by, most | ours: hazard rows changed | outliers removed | other values removed |',
  '| --- | --- | --- | --- | --- | --- | --- |',
];
const lineOf = (f: ColumnStats): string =>
  `| ${[f.column, f.clipped, f.clippedMean.toFixed(2), f.clippedMax.toFixed(2), f.altered, `${f.caught} of ${f.outliers}`, f.falselyRemoved].join(' | ')} |`;
