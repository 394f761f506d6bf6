import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHANNEL_INDEX } from '@emberwatch/engine/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare, type Exploration, explore, renderExploration } from '../../src/explore/index.ts';
import { loadMapping, parseMapping } from '../../src/mapping.ts';
import { writeRecording } from '../../src/recording/write.ts';
import { frames, INTERVAL_MS, makeDataset, START_MS } from './made.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-explore-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signal = ({ signals }: Exploration, id: string) => signals.find((found) => found.id === id)!;
const topics = ({ findings }: Exploration): string[] => findings.map(({ topic }) => topic);

/** A recording with holes, leaps, a gap and repeated rows, all counted. */
async function flawed(path: string): Promise<void> {
  const whole = [...frames({ modules: 3, rows: 1000, seed: 5 })];
  const kept = whole.filter(({ timeMs }) => {
    const row = (timeMs - START_MS) / INTERVAL_MS;
    return row < 600 || row >= 700;
  });
  for (let i = 0; i < 20; i++) kept[i * 30 + 3]!.values[CHANNEL_INDEX.voltage_v] = Number.NaN;
  for (let i = 0; i < 12; i++) kept[i * 90 + 8]!.values[CHANNEL_INDEX.surface_temperature_max_degc]! += 4;
  await writeRecording(path, 'csv', kept);
}

describe('a recording', () => {
  it('is counted: values, holes, leaps, gaps, steps, noise', async () => {
    const path = join(folder, 'flawed.csv');
    await flawed(path);
    const { exploration } = await explore(path);
    expect(exploration.frames).toBe(2700);
    expect(exploration.modules).toBe(3);
    expect(signal(exploration, 'voltage_v')).toMatchObject({ values: 2680, missing: 20, resolution: 0.01 });
    const heat = signal(exploration, 'surface_temperature_max_degc');
    expect(heat.noise! / 0.2).toBeCloseTo(1, 1);
    expect(heat.spikes).toBe(12);
    expect(exploration.absent).toContain('co_ppm');
    expect(exploration.sampling).toMatchObject({ usualIntervalMs: INTERVAL_MS, gaps: 3 });
    expect(exploration.sampling.longestGaps[0]!.toMs - exploration.sampling.longestGaps[0]!.fromMs).toBe(
      101 * INTERVAL_MS,
    );
    // 50 mΩ were put between current and voltage.
    expect(exploration.load.resistanceOhm).toBeCloseTo(0.05, 3);
    expect(topics(exploration)).toEqual(
      expect.arrayContaining(['gaps', 'spikes', 'missing-values', 'absent']),
    );
    expect(topics(exploration)).not.toContain('sign-of-current');
    const { signals, matrix } = exploration.correlations;
    expect(matrix[signals.indexOf('voltage_v')]![signals.indexOf('current_a')]).toBeGreaterThan(0.9);
  });

  it('whose current has the wrong sign is told so first', async () => {
    const mapping = parseMapping(
      `name: turned
time: { column: time }
module: { column: module_id }
channels:
  current_a: { column: current_a, positive: discharging }
  voltage_v: { column: voltage_v }
  surface_temperature_max_degc: { column: surface_temperature_max_degc }
`,
      'turned',
    );
    const path = join(folder, 'turned.csv');
    await writeRecording(path, 'csv', frames({ modules: 2, rows: 600, seed: 3 }));
    const { exploration } = await explore(path, { mapping });
    expect(exploration.findings[0]!.topic).toBe('sign-of-current');
    expect(exploration.load.resistanceOhm).toBeCloseTo(-0.05, 3);
  });

  it('gives the same figures and the same report each time', async () => {
    const path = join(folder, 'same.csv');
    await writeRecording(path, 'csv', frames({ modules: 2, rows: 400, seed: 3, heatFromRow: 200 }));
    const [a, b] = [await explore(path), await explore(path)];
    expect(JSON.stringify(a.exploration)).toBe(JSON.stringify(b.exploration));
    expect(await renderExploration(a)).toBe(await renderExploration(b));
  });

  it('with a hazard label is seen around its event', async () => {
    const path = join(folder, 'labelled.csv');
    await writeRecording(path, 'seed-csv', frames({ modules: 4, rows: 600, seed: 9, heatFromRow: 300 }), {
      hazardLabel: ({ moduleId, timeMs }) =>
        moduleId === 'M1' && timeMs >= START_MS + 300 * INTERVAL_MS && timeMs < START_MS + 500 * INTERVAL_MS
          ? 1
          : 0,
    });
    const { exploration } = await explore(path);
    expect(exploration.labels).toMatchObject({
      rows: 2400,
      hazardRows: 200,
      hazardModules: 1,
      windowCount: 1,
    });
    expect(exploration.around).toMatchObject({ events: 1, calmModules: 3 });
    const hottest = exploration.around!.signals.find(({ id }) => id === 'hottest')!;
    // 1 K a minute begins 33 min before the end of the label; 0.2 K of noise hide its first minutes.
    expect(hottest.apartFromMin).toBeGreaterThan(28);
    expect(hottest.apartFromMin).toBeLessThan(36);
  });
});

describe('a dataset', () => {
  it('is explored run by run: balance, events on their clock, planted faults', async () => {
    const path = join(folder, 'dataset');
    await makeDataset(path);
    const explored = await explore(path);
    const { exploration } = explored;
    expect(exploration.kind).toBe('dataset');
    expect(exploration.frames).toBe(2400);
    expect(exploration.modules).toBe(8);
    expect(exploration.dataset).toMatchObject({ runs: 2, rows: 2400, hazardRows: 120, events: 1 });
    expect(exploration.dataset!.balance.filter(({ of }) => of === 'split')).toEqual([
      { of: 'split', value: 'train', runs: 1, rows: 1600, hazardRows: 120 },
      { of: 'split', value: 'test', runs: 1, rows: 800, hazardRows: 0 },
    ]);
    expect(exploration.dataset!.plantedFaults).toEqual([
      { kind: 'stuck', channel: 'voltage_v', times: 1, found: 0 },
    ]);
    const { around } = exploration;
    expect(around).toMatchObject({ events: 1, calmModules: 3 });
    expect(around!.marks.map(({ name, minutes }) => [name, Math.round(minutes)])).toEqual([
      ['fault begins', -30],
      ['last help', -13],
    ]);
    const html = await renderExploration(explored);
    expect(html).toContain('point of no return');
    expect(html).toContain('Planted by the simulation');
  });

  it('is compared with a recording, channel by channel', async () => {
    const path = join(folder, 'set');
    await makeDataset(path);
    const real = join(folder, 'real.csv');
    await writeRecording(real, 'csv', frames({ modules: 2, rows: 500, seed: 77 }));
    const [a, b] = [await explore(path), await explore(real)];
    const { signals } = compare(a, b);
    const current = signals.find(({ id }) => id === 'current_a')!;
    expect(current.levelKs).toBeLessThan(0.1);
    expect(current.noise[0]! / current.noise[1]!).toBeCloseTo(1, 0);
    const html = await renderExploration(a, { other: b, comparison: compare(a, b) });
    expect(html).toContain('Against the other data');
  });
});

describe('the report', () => {
  it('needs nothing from elsewhere, has no id twice and escapes names', async () => {
    const path = join(folder, 'evil.csv');
    const rows = Array.from({ length: 200 }, (_, i) => `${START_MS + i * 1000},<b>&"m",${25 + (i % 7) / 10}`);
    const table = ['t,who,heat', ...rows.map((row) => row.replace('<b>&"m"', '"<b>&""m"""'))].join('\n');
    writeFileSync(path, table);
    const mapping = parseMapping(
      `name: "<i>evil"\ntime: { column: t, format: unix_ms }\nmodule: { column: who }\nchannels: { surface_temperature_max_degc: { column: heat } }\n`,
      'evil',
    );
    const html = await renderExploration(await explore(path, { mapping }));
    expect(html).not.toMatch(/<b>&|<i>evil/);
    expect(html).not.toMatch(/https?:|<script|<link|<img|<iframe|@import|xlink|\son\w+=/i);
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('what cannot be explored', () => {
  it('is named', async () => {
    await expect(explore(folder)).rejects.toThrow(/manifest.json/);
    await expect(explore('-')).rejects.toThrow(/standard input/);
    await expect(explore(join(folder, 'nothing.csv'))).rejects.toThrow(/no such file/);
  });
});

const DATA =
  process.env['EMBERWATCH_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname;
const MAPPINGS = new URL('../../../../examples/mappings/', import.meta.url).pathname;

describe.skipIf(!existsSync(DATA))(
  'real recordings (skipped where the reference data are not at hand)',
  () => {
    it('the file of the seed: 657 missing values, 200 labelled rows, its noise', async () => {
      const { exploration } = await explore(`${DATA}/seed/dummy_fault_RackA2_Module01_200rows.csv.gz`);
      expect(exploration.signals.reduce((sum, { missing }) => sum + missing, 0)).toBe(657);
      expect(exploration.labels).toMatchObject({ hazardRows: 200, hazardModules: 1, windowCount: 1 });
      expect(exploration.findings[0]!.topic).toBe('labels');
      expect(signal(exploration, 'surface_temperature_mean_degc').noise).toBeCloseTo(0.3, 1);
      expect(signal(exploration, 'voltage_v').resolution).toBe(0.001);
    });

    it('a vehicle: its capacity and the sign of its current follow from the data', async () => {
      const mapping = await loadMapping(`${MAPPINGS}ev-pack-1.yaml`);
      const { exploration } = await explore(`${DATA}/field/ev-pack-1.zip`, { mapping });
      expect(exploration.load.capacityAh! / 114).toBeCloseTo(1, 1);
      expect(exploration.load.resistanceOhm).toBeGreaterThan(0);
      expect(signal(exploration, 'cell_temperatures_degc').resolution).toBe(1);
      expect(topics(exploration)).toEqual(expect.arrayContaining(['gaps', 'coarse', 'impossible-values']));
    });
  },
);
