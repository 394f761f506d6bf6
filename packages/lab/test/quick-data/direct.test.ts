import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SEED_COLUMNS } from '@emberwatch/engine/telemetry';
import { MS_PER_H, MS_PER_S } from '@emberwatch/engine/units';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DirectOptions, generateDirect } from '../../src/quick-data/direct.ts';
import { SIGNALS } from '../../src/quick-data/signal.ts';
import { openDuckDb, sqlText } from '../../src/recording/parquet.ts';

const OPTIONS: DirectOptions = {
  modules: 64,
  durationMs: 6 * MS_PER_H,
  intervalMs: 10 * MS_PER_S,
  faulty: 'RackA2_Module01',
  hazardRows: 200,
  hazardStartMs: MS_PER_H,
  seed: 7,
};

interface SeedTable {
  readonly header: string;
  readonly lines: readonly string[];
  readonly values: ReadonlyMap<string, Float64Array>;
  readonly modules: readonly string[];
}

function tableOf(text: string): SeedTable {
  const [header, ...lines] = text.trimEnd().split('\n');
  const rows = lines.map((line) => line.split(','));
  const values = new Map(
    SEED_COLUMNS.slice(3).map((name, i) => [
      name as string,
      Float64Array.from(rows, (row) => (row[i + 3] === '' ? Number.NaN : Number(row[i + 3]))),
    ]),
  );
  return { header: header!, lines, values, modules: rows.map((row) => row[1]!) };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const sd = (values: readonly number[]): number => {
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1));
};
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

interface Calm {
  /** Median level at the start of each module. */
  readonly levels: number[];
  /** What is left of normal rows without level and drift, outliers included. */
  readonly noise: Float64Array;
  readonly missing: number;
}

const ROWS = 2160;

function calmOf(table: SeedTable, column: string): Calm {
  const { drift } = SIGNALS.find((signal) => signal.column === column)!;
  const values = table.values.get(column)!;
  const labels = table.values.get('Hazard_Label')!;
  const levels: number[] = [];
  const noise: number[] = [];
  for (let from = 0; from < values.length; from += ROWS) {
    const flat: number[] = [];
    for (let i = 0; i < ROWS; i++) {
      const value = values[from + i]! - (drift * i) / ROWS;
      if (!Number.isNaN(value) && labels[from + i] === 0) flat.push(value);
    }
    const level = median(flat);
    levels.push(level);
    for (const value of flat) noise.push(value - level);
  }
  return { levels, noise: Float64Array.from(noise), missing: values.filter(Number.isNaN).length };
}

/** Two-sample Kolmogorov–Smirnov statistic. */
function distance(a: Float64Array, b: Float64Array): number {
  const [x, y] = [a.toSorted(), b.toSorted()];
  let [i, j, max] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i]!, y[j]!);
    while (x[i]! <= value) i++;
    while (y[j]! <= value) j++;
    max = Math.max(max, Math.abs(i / x.length - j / y.length));
  }
  return max;
}

/** What two samples of the same distribution stay below in 999 of 1000 cases (Smirnov, c(0.001) = 1.95). */
const distanceLimit = (a: number, b: number): number => 1.95 * Math.sqrt(1 / a + 1 / b);

/** Hazard rows above the normal level of the module, NaN where missing. */
function hazardOf(table: SeedTable, column: string): number[] {
  const values = table.values.get(column)!;
  const labels = table.values.get('Hazard_Label')!;
  const at = [...labels.keys()].filter((i) => labels[i] === 1);
  const first = at[0]! - (at[0]! % ROWS);
  const { drift } = SIGNALS.find((signal) => signal.column === column)!;
  const calm = Array.from({ length: ROWS }, (_, i) =>
    labels[first + i] === 1 ? Number.NaN : values[first + i]! - (drift * i) / ROWS,
  ).filter((value) => !Number.isNaN(value));
  const level = median(calm);
  return at.map((i) => values[i]! - level - (drift * (i - first)) / ROWS);
}

describe('the direct generator', () => {
  let folder = '';
  let ours: SeedTable;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emberwatch-direct-'));
    await generateDirect(join(folder, 'a.csv'), OPTIONS);
    ours = tableOf(readFileSync(join(folder, 'a.csv'), 'utf8'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes thirteen columns in order, modules × rows, with exactly the labelled rows asked for', () => {
    expect(ours.header).toBe(SEED_COLUMNS.join(','));
    expect(ours.lines).toHaveLength(138_240);
    const labelled = ours.lines.filter((line) => line.endsWith(',1'));
    expect(labelled).toHaveLength(200);
    expect(labelled[0]).toMatch(/^2024-01-01 01:00:00,RackA2_Module01,RackA2,/);
    expect(labelled.at(-1)).toMatch(/^2024-01-01 01:33:10,RackA2_Module01,RackA2,/);
    expect(ours.lines.indexOf(labelled[199]!) - ours.lines.indexOf(labelled[0]!)).toBe(199);
  });

  it('the hottest rise is 10 + 60·progression² over normal', () => {
    const { hazard } = SIGNALS[0]!;
    expect(hazard).toMatchObject({ offset: 10, gain: 60, power: 2 });
    const left = hazardOf(ours, 'Module_Avg_Surface_Temp_C').map((v, k) => v - 10 - 60 * (k / 200) ** 2);
    const known = left.filter((v) => !Number.isNaN(v));
    // Noise of the hazard and of the sensor together.
    expect(Math.abs(mean(known))).toBeLessThan((4 * Math.hypot(1, 0.3)) / Math.sqrt(known.length));
    expect(sd(known)).toBeGreaterThan(0.85);
    expect(sd(known)).toBeLessThan(1.25);
  });

  it('spoils 0.05 % of the values by a gap and 0.01 % by an outlier of 7 σ', () => {
    for (const { column, noiseSd, outlierSd } of SIGNALS) {
      const { missing, noise } = calmOf(ours, column);
      expect(Math.abs(missing - 69.12), column).toBeLessThan(4 * Math.sqrt(69.12));
      if (7 * outlierSd < 10 * noiseSd) continue;
      const outliers = noise.filter((v) => Math.abs(v) > 5 * outlierSd).length;
      expect(Math.abs(outliers - 13.8), column).toBeLessThan(4 * Math.sqrt(13.8));
    }
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const small = { ...OPTIONS, modules: 10 };
    const write = (name: string, options: DirectOptions) => generateDirect(join(folder, name), options);
    const [one, again, other] = [
      await write('1.parquet', small),
      await write('2.parquet', small),
      await write('3.parquet', { ...small, seed: 8 }),
    ];
    expect(again).toEqual(one);
    expect(other.sha256).not.toBe(one.sha256);
  });

  it('a module does not depend on how many others there are', async () => {
    await generateDirect(join(folder, 'few.csv'), { ...OPTIONS, modules: 9 });
    const few = tableOf(readFileSync(join(folder, 'few.csv'), 'utf8'));
    expect(few.lines).toEqual(ours.lines.slice(0, 9 * ROWS));
  });

  it('Parquet holds what CSV holds', async () => {
    await generateDirect(join(folder, 'a.parquet'), OPTIONS);
    const { connection, close } = await openDuckDb();
    const [csv, parquet] = [
      `read_csv(${sqlText(join(folder, 'a.csv'))})`,
      sqlText(join(folder, 'a.parquet')),
    ];
    const sums = async (source: string) => {
      const columns = SEED_COLUMNS.slice(3).map((name) => `sum(${name}), count(${name})`);
      const query = `SELECT count(*), max(Timestamp)::VARCHAR, count(DISTINCT Module_ID), count(DISTINCT Rack_ID), ${columns} FROM ${source}`;
      return (await connection.runAndReadAll(query)).getRows()[0]!.map(String);
    };
    expect(await sums(parquet)).toEqual(await sums(csv));
    close();
  });

  it.each([
    [
      { faulty: 'RackZ9_Module01' },
      'faulty module RackZ9_Module01: not one of RackA1_Module01 to RackB4_Module08 (64)',
    ],
    [{ modules: 0 }, 'modules: expected a whole number from 1'],
    [{ modules: 8 }, 'faulty module RackA2_Module01: not one of RackA1_Module01 to RackA1_Module08 (8)'],
    [{ hazardRows: 2161 }, 'hazard rows: expected a whole number from 0 to 2160, got 2161'],
    [
      { hazardStartMs: 5.9 * MS_PER_H },
      '200 hazard rows from row 2124 on do not fit into the 2160 rows of a module',
    ],
    [{ intervalMs: 7 * MS_PER_H }, 'rows of a module (hours over interval): expected a whole number from 1'],
  ])('refuses %j', async (change, message) => {
    await expect(generateDirect(join(folder, 'no.csv'), { ...OPTIONS, ...change })).rejects.toThrow(message);
    expect(existsSync(join(folder, 'no.csv'))).toBe(false);
  });
});

const original = join(
  process.env['EMBERWATCH_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname,
  'seed/dummy_fault_RackA2_Module01_200rows.csv.gz',
);

describe.skipIf(!existsSync(original))(
  'against the file of the original (EMBERWATCH_DATA or ../shared/data beside the checkout)',
  () => {
    let folder = '';
    let ours: SeedTable;
    let theirs: SeedTable;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'emberwatch-direct-'));
      await generateDirect(join(folder, 'a.csv'), OPTIONS);
      ours = tableOf(readFileSync(join(folder, 'a.csv'), 'utf8'));
      theirs = tableOf(gunzipSync(readFileSync(original)).toString());
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('has the same columns, instants, modules, racks and labels in the same order', () => {
      const frameOf = (line: string): string => {
        const fields = line.split(',');
        return [...fields.slice(0, 3), fields[12]].join(',');
      };
      expect(ours.header).toBe(theirs.header);
      expect(ours.lines.map(frameOf)).toEqual(theirs.lines.map(frameOf));
    });

    it.each(SIGNALS.map(({ column }) => column))('normal rows of %s have its distribution', (column) => {
      const [a, b] = [calmOf(ours, column), calmOf(theirs, column)];
      expect(distance(a.noise, b.noise)).toBeLessThan(distanceLimit(a.noise.length, b.noise.length));
      const [levelsA, levelsB] = [Float64Array.from(a.levels), Float64Array.from(b.levels)];
      if (column !== 'Module_Current_A')
        expect(distance(levelsA, levelsB)).toBeLessThan(distanceLimit(64, 64));
      expect(Math.abs(a.missing - b.missing)).toBeLessThan(4 * Math.sqrt(2 * 69.12));
    });

    it.each(SIGNALS.map(({ column }) => column))('hazard rows of %s follow its course', (column) => {
      const [a, b] = [hazardOf(ours, column), hazardOf(theirs, column)];
      for (let from = 0; from < 200; from += 25) {
        const part = (values: number[]) => values.slice(from, from + 25).filter((v) => !Number.isNaN(v));
        const [x, y] = [part(a), part(b)];
        const error = Math.hypot(sd(x), sd(y)) / 5;
        expect(Math.abs(mean(x) - mean(y)), `from row ${from}`).toBeLessThan(4 * error);
      }
      // What the course leaves: noise of the same size (F test of 200 against 200 rows, 1 in 1000).
      const { hazard } = SIGNALS.find((signal) => signal.column === column)!;
      if (!hazard) return;
      const left = (values: number[]) =>
        values.slice(1).flatMap((v, k) => (Number.isNaN(v - values[k]!) ? [] : [v - values[k]!]));
      const ratio = (sd(left(a)) / sd(left(b))) ** 2;
      expect(ratio).toBeGreaterThan(1 / 1.7);
      expect(ratio).toBeLessThan(1.7);
    });

    it('outliers of gas lie where its do', () => {
      for (const column of ['Sim_OffGas_CO_ppm_proxy', 'Sim_OffGas_H2_ppm_proxy', 'Sim_OffGas_VOC_ppm_proxy'])
        for (const table of [ours, theirs]) {
          const outliers = [...calmOf(table, column).noise.filter((v) => Math.abs(v) > 20)].map(Math.abs);
          expect(outliers.length).toBeGreaterThan(3);
          expect(Math.min(...outliers)).toBeGreaterThan(33);
          expect(Math.max(...outliers)).toBeLessThan(37);
        }
    });
  },
);
