import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeTrajectory } from '@emberwatch/engine/physics';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  loadScenario,
  runHtml,
  runScenario,
  runSvg,
  TRUTH_HEADER,
  type TruthRun,
  writeTruthCsv,
} from '../../src/simulate/index.ts';
import { emberwatch, folderWith, HEATED } from './command.ts';

interface Summary {
  readonly events: Record<string, Record<string, unknown>>;
  readonly energyResidual: number;
  readonly wallMs: number;
  readonly seed: number;
}

const parsed = (stdout: string): Summary => {
  // Exactly one object and nothing beside it.
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as Summary;
};

describe('emberwatch simulate', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await folderWith({ 'heated.yaml': HEATED });
  });

  it('prints one object with the events of every module and writes the trajectory that they belong to', async () => {
    const { code, stdout, stderr } = await emberwatch(
      folder,
      'simulate',
      'heated.yaml',
      '--json',
      '-o',
      'run.embt',
    );
    expect([code, stderr]).toEqual([0, '']);
    const summary = parsed(stdout);
    expect(Object.keys(summary.events)).toEqual(['RackA1_Module01', 'RackA1_Module02']);
    const hot = summary.events['RackA1_Module01']! as Record<string, number>;
    const times = ['faultOnsetS', 'ventS', 'pnrThresholdS', 'pnrInterventionS', 'runawayS'] as const;
    expect(hot['faultOnsetS']).toBe(60);
    for (const key of times.slice(1)) expect(hot[key], key).toBeGreaterThan(60);
    // The threshold is a convention of 140 °C; what the chemistry still lets be averted lies beyond it.
    expect(hot['pnrInterventionS']).toBeGreaterThan(hot['pnrThresholdS']!);
    expect(hot['runawayS']).toBeGreaterThan(hot['pnrInterventionS']!);
    expect(hot['peakS']).toBeGreaterThan(hot['runawayS']!);
    expect(hot['peakK']).toBeGreaterThan(473);
    const calm = summary.events['RackA1_Module02']!;
    for (const key of times) expect(calm[key], key).toBeNull();
    expect(calm['peakK']).toBeLessThan(310);
    expect(Math.abs(summary.energyResidual)).toBeLessThan(1e-3);
    expect(summary.wallMs).toBeGreaterThan(0);

    const bytes = await readFile(join(folder, 'run.embt'));
    const { header } = decodeTrajectory(new Uint8Array(bytes).buffer);
    expect(header.events[0]).toMatchObject({ module: 'RackA1_Module01', runawayS: hot['runawayS'] });
  });

  it('gives the same bytes for the same seed, and others for another one', async () => {
    const outputs: Buffer[] = [];
    for (const [k, seed] of ['5', '5', '6'].entries()) {
      const args = ['simulate', 'heated.yaml', '--seed', seed, '--no-intervention', '-o', `seed${k}.embt`];
      const { code, stdout } = await emberwatch(folder, ...args);
      expect(code).toBe(0);
      expect(stdout).toContain('not searched');
      outputs.push(await readFile(join(folder, `seed${k}.embt`)));
    }
    const [first, again, other] = outputs as [Buffer, Buffer, Buffer];
    expect(first.equals(again)).toBe(true);
    expect(first.equals(other)).toBe(false);
  });

  it('finds a scenario by its name and tells a person what happened', async () => {
    const { code, stdout } = await emberwatch(folder, 'simulate', 'disturbances');
    expect(code).toBe(0);
    expect(stdout).toContain('no hazardous fault, no vent, no runaway');
    expect(stdout).toContain('disturbances of 64 modules: hotDay');
    expect(stdout).toMatch(/unaccounted -?\d\.\de-\d+ % of the heat released/);
  });
});

describe('a run on files', () => {
  let run: TruthRun;
  let rows: string[][];
  beforeAll(async () => {
    const folder = await folderWith({ 'heated.yaml': HEATED });
    run = runScenario((await loadScenario(join(folder, 'heated.yaml'))).scenario);
    const path = join(await mkdtemp(join(tmpdir(), 'emberwatch-truth-')), 'truth.csv');
    await writeTruthCsv(run, path);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    rows = lines.map((line) => line.split(','));
  });

  const of = (row: string[], name: string): string => row[TRUTH_HEADER.indexOf(name)]!;

  it('has one line for each module and row, in order of time, and says in each that it is truth', () => {
    const [header, ...body] = rows;
    expect(header).toEqual(TRUTH_HEADER);
    expect(body).toHaveLength(2 * run.trajectory.rows);
    body.forEach((row, k) => {
      expect(row).toHaveLength(TRUTH_HEADER.length);
      expect(of(row, 'time_s')).toBe(String(Math.floor(k / 2) * 7));
      expect(of(row, 'module_id')).toBe(`RackA1_Module0${(k % 2) + 1}`);
      expect(of(row, 'source')).toBe('truth');
    });
  });

  it.each([
    ['hazard_label_threshold', 'pnrThresholdS'],
    ['hazard_label_intervention', 'pnrInterventionS'],
  ] as const)('%s is 1 in exactly the rows of [PNR − guard − window, PNR − guard)', (column, event) => {
    const pnrS = run.events[0]![event]!;
    const labelled = rows.slice(1).filter((row) => of(row, column) === '1');
    const expected: string[] = [];
    for (let timeS = 0; timeS <= 1500; timeS += 7)
      if (timeS >= pnrS - 230 && timeS < pnrS - 30) expected.push(`${timeS} RackA1_Module01`);
    expect(expected.length).toBeGreaterThan(27);
    expect(labelled.map((row) => `${of(row, 'time_s')} ${of(row, 'module_id')}`)).toEqual(expected);
  });

  it('counts down to the point of no return, and leaves the cell empty where there is none', () => {
    const pnrS = run.events[0]!.pnrThresholdS!;
    for (const row of rows.slice(1)) {
      const isHot = of(row, 'module_id') === 'RackA1_Module01';
      const time = of(row, 'time_to_pnr_s');
      if (isHot) expect(Number(time)).toBeCloseTo(pnrS - Number(of(row, 'time_s')), 1);
      else expect(time).toBe('');
      expect(of(row, 'fault_kind')).toBe(isHot ? 'externalHeating' : '');
      expect(of(row, 'severity')).toBe(isHot ? 'propagation' : 'none');
    }
  });

  it('gives channels in field units', () => {
    const last = rows.at(-1)!;
    const at = run.trajectory.rows - 1;
    const kelvin = run.trajectory.column('surfaceTemperatureMaxK', 1)[at]!;
    expect(Number(of(last, 'surface_temperature_max_degc'))).toBeCloseTo(kelvin - 298.15 + 25, 3);
    expect(Number(of(last, 'soc_percent'))).toBeCloseTo(
      run.trajectory.column('chargeEstimateShare', 1)[at]! * 100,
      2,
    );
    expect(Number(of(last, 'voltage_v'))).toBeCloseTo(run.trajectory.column('voltageV', 1)[at]!, 3);
  });

  it('is drawn the same every time, with every event named and no reference to elsewhere', async () => {
    const [svg, again, page] = [await runSvg(run), await runSvg(run), await runHtml(run)];
    expect(svg).toBe(again);
    for (const name of [
      'fault begins',
      'vent opens',
      'point of no return',
      'last moment to intervene',
      'runaway',
    ]) {
      expect(svg).toContain(name);
      expect(page).toContain(name);
    }
    expect(svg).not.toContain('NaN');
    const links = page.match(/(?:href|src)="(?!#)[^"]*"/g) ?? [];
    expect(links).toEqual([]);
  });
});
