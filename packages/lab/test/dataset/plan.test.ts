import { InputError } from '@emberwatch/engine/telemetry';
import { describe, expect, it } from 'vitest';
import { type DrawnRun, drawRuns } from '../../src/dataset/draw.ts';
import { SPLITS } from '../../src/dataset/manifest.ts';
import { checkPlan, loadPlan, type PlanFile } from '../../src/dataset/plan.ts';
import { readProfiles } from '../../src/dataset/profile-file.ts';
import { YamlFile } from '../../src/simulate/document.ts';
import { folderWith } from '../simulate/command.ts';
import { SMALL } from './plans.ts';

function planOf(text: string, path = 'plan.yaml'): PlanFile {
  const file = new YamlFile(path, text);
  return { file, value: file.value, plan: file.checked(checkPlan) };
}

const runsOf = (text: string): DrawnRun[] => [...drawRuns(planOf(text), new Map())];

describe('a plan', () => {
  it('gives runs whose values are drawn, split by what they are', () => {
    const runs = runsOf(SMALL);
    expect(runs.map(({ run }) => run)).toEqual(Array.from({ length: 10 }, (_, k) => `00000${k}`));
    const [first] = runs;
    expect(first).toMatchObject({ recipe: 'heater', site: 'warehouse', chemistry: 'LCO', expect: 'pnr' });
    expect(first!.scenario.module.startCharge).toBeGreaterThan(0.9);
    expect(first!.scenario.faults[0]!.module).toMatch(/^RackA[12]_Module01$/);
    expect(first!.nameplate.chemistry).toBe('lco');
    const byRecipe = (name: string): DrawnRun => runs.find(({ recipe }) => recipe === name)!;
    expect(byRecipe('cooling').split).toBe('held-out-family');
    expect(byRecipe('bench').split).toBe('held-out-site');
    expect(byRecipe('gas').family).toBe('gasInRoom');
    expect(byRecipe('calm').family).toBe('calm');
    // Probes need the cells of the truth.
    expect(byRecipe('bench').scenario.recordCellsOf).toEqual(['Bench_Module01']);
    expect(new Set(runs.map(({ seed }) => seed)).size).toBe(10);
  });

  it('draws nothing anew for other recipes when one is longer, and nothing when a value is added', () => {
    const before = runsOf(SMALL);
    const longer = runsOf(SMALL.replace('name: heater\n    runs: 3', 'name: heater\n    runs: 5'));
    const calm = (runs: readonly DrawnRun[]): unknown[] =>
      runs
        .filter(({ recipe }) => recipe === 'calm')
        .map(({ seed, split, startMs, scenario: { ambientDegC } }) => [seed, split, startMs, ambientDegC]);
    expect(calm(longer)).toEqual(calm(before));
    const added = runsOf(SMALL.replace('series: 4,', 'series: 4, resistanceFactor: {uniform: [1, 2]},'));
    expect(calm(added)).toEqual(calm(before));
  });

  it('splits nearly by the wanted shares, in every recipe', () => {
    const many = SMALL.replace('name: calm\n    runs: 2', 'name: calm\n    runs: 200');
    const splits = runsOf(many)
      .filter(({ recipe }) => recipe === 'calm')
      .map(({ split }) => split);
    const share = (wanted: string, from: number, to: number): number =>
      splits.slice(from, to).filter((split) => split === wanted).length / (to - from);
    for (const [from, to] of [
      [0, 200],
      [0, 20],
      [90, 110],
    ] as const) {
      expect(share('test', from, to)).toBeCloseTo(0.25, 0.9);
      expect(share('validation', from, to)).toBeCloseTo(0.25, 0.9);
    }
    expect(splits.every((split) => SPLITS.includes(split))).toBe(true);
  });

  it('is cut into parts that are the whole together', () => {
    const all = runsOf(SMALL);
    const parts = [1, 2, 3].map((k) => [...drawRuns(planOf(SMALL), new Map(), { k, n: 3 })]);
    expect(parts.flat().sort((a, b) => (a.run < b.run ? -1 : 1))).toEqual(all);
  });

  it('takes load from a recorded file, cut and scaled', async () => {
    const rows = Array.from({ length: 600 }, (_, s) => `2026-01-01T00:${stamp(s)}Z,${s < 300 ? -20 : 40}`);
    const folder = await folderWith({ 'day.csv': `DateAndTime,current\n${rows.join('\n')}\n` });
    const text = SMALL.replace(
      'ambientDegC: {uniform',
      'load: {file: day.csv, column: current, peak: 0.5, everyS: 60, fromS: 240}\n      ambientDegC: {uniform',
    );
    const source = planOf(text, `${folder}/plan.yaml`);
    const [run] = drawRuns(source, await readProfiles(source));
    // Ten minutes, again and again, from the fifth on: -20 A for one more minute, then 40 A for five.
    expect(run!.scenario.load.points.slice(0, 8)).toEqual(
      [-0.25, 0.5, 0.5, 0.5, 0.5, 0.5, -0.25, -0.25].map((value, i) => [60 * i, value]),
    );
  });
});

describe('any cell', () => {
  it('of cells in layers is any layer of any of them', async () => {
    const source = planOf(`name: layered
seed: 2
recipes:
  - name: nail
    runs: 200
    scenario:
      durationS: 60
      laboratory: {}
      module: {cell: nmc111-25ah, series: 2, slices: 3}
      faults: [{kind: mechanicalShort, module: {anyModule: true}, startS: 1, cell: {anyCell: true}, shortC: 5}]
`);
    const runs = [...drawRuns(source, await readProfiles(source))];
    const cells = new Set(runs.map(({ scenario }) => scenario.faults[0]!['cell']));
    expect([...cells].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('a plan on the base of another', () => {
  it('has its recipes with more runs and what it says itself', async () => {
    const own = 'name: big\nbase: small.yaml\ntimes: 1.5\nseed: 8\nsplits: {test: 0.5}\n';
    const folder = await folderWith({ 'small.yaml': SMALL, 'big.yaml': own });
    const { plan, value } = await loadPlan(`${folder}/big.yaml`);
    expect(plan).toMatchObject({ name: 'big', seed: 8, splits: { validation: 0, test: 0.5 } });
    expect(plan.recipes.map(({ runs }) => runs)).toEqual([5, 3, 2, 2, 2, 3]);
    // What the manifest holds is enough to make it again, without the base.
    expect(checkPlan(value)).toEqual(plan);
    const broken = await folderWith({ 'small.yaml': SMALL, 'big.yaml': own.replace('times', 'time') });
    await expect(loadPlan(`${broken}/big.yaml`)).rejects.toThrow(
      /big.yaml: line 3: time: expected a key of a plan with a base such as times/,
    );
  });
});

const stamp = (second: number): string =>
  `${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}`;

describe('a plan that cannot be built names line, place and value', () => {
  const line = (text: string): number => SMALL.split('\n').findIndex((one) => one.includes(text)) + 1;
  it.each([
    ['splits:', 'split:', `line ${line('splits:')}: split: expected a key of a plan such as splits`],
    ['expect: pnr', 'expect: fire', `line ${line('expect: pnr')}: recipes[0].expect: expected one of pnr`],
    [
      'runs: 3',
      'runs: 0',
      `line ${line('runs: 3')}: recipes[0].runs: expected a number of runs, 1 or more, got 0`,
    ],
    [
      'use: [warehouse]',
      'use: [warehous]',
      `recipes[0].use[0]: expected a part such as warehouse, got "warehous"`,
    ],
    [
      '[coolingFailure]',
      '[coolingFailur]',
      'holdOut.families[0]: expected a kind of fault such as coolingFailure',
    ],
    [
      'preset: rack',
      'preset: rak',
      `line ${line('preset: rack')}: recipe heater: run 000000: sensors.preset: expected one of`,
    ],
    [
      '{uniform: [15, 30]}',
      '{unifrom: [15, 30]}',
      `line ${line('ambientDegC')}: parts.warehouse.scenario.ambientDegC: expected a value or {uniform: …}`,
    ],
    [
      'series: 4',
      'series: 0',
      `line ${line('series: 4')}: recipe heater: run 000000: scenario.module.series: expected an integer`,
    ],
    [
      'powerW: 0.5',
      'powrW: 0.5',
      `line ${line('powerW: 0.5')}: recipe weak: run 000003: scenario.faults[0].powrW: expected a parameter of externalHeating such as powerW`,
    ],
    ['validation: 0.25', 'validation: 0.8', 'splits: expected shares that leave something to train on'],
    [
      'chance: 0.5',
      'chance: 1.5',
      `line ${line('chance: 0.5')}: parts.warehouse.nameplate.capacityAh.chance: expected a number between 0 and 1, got 1.5`,
    ],
    [
      'site: bench',
      'site: the bench',
      `line ${line('site: bench')}: recipe bench: run 000007: site: expected a name of letters`,
    ],
  ])('%s → %s', (from, to, message) => {
    expect(() => runsOf(SMALL.replace(from, to))).toThrow(InputError);
    expect(() => runsOf(SMALL.replace(from, to))).toThrow(
      `plan.yaml: ${message.startsWith('line') ? message : ''}`,
    );
    expect(() => runsOf(SMALL.replace(from, to))).toThrow(message);
  });

  it('a profile whose file or column is missing', async () => {
    const folder = await folderWith({ 'day.csv': 'time,current\n0,1\n60,2\n' });
    const broken = (load: string): Promise<unknown> =>
      readProfiles(
        planOf(SMALL.replace('ambientDegC: {uniform: [15, 30]}', `load: ${load}`), `${folder}/plan.yaml`),
      );
    await expect(broken('{file: night.csv, column: current}')).rejects.toThrow(
      /plan.yaml: line \d+: parts.warehouse.scenario.load.file: night.csv: no such file/,
    );
    await expect(broken('{file: day.csv, column: amps, time: time}')).rejects.toThrow(
      'has no column "amps"; it has time, current',
    );
    await expect(broken('{file: day.csv, column: current}')).rejects.toThrow('say with "time" which column');
    await expect(broken('{file: day.csv, colum: current}')).rejects.toThrow('a key of a file');
  });
});
