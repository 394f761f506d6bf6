import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  loadScenario,
  mapCsv,
  mapScenario,
  mapSvg,
  parseAxis,
  runScenario,
  solveScenario,
} from '../../src/simulate/index.ts';
import { emberwatch, folderWith, HEATED } from './command.ts';

const MODULE = 'RackA1_Module01';

describe('emberwatch solve', () => {
  it('writes a scenario that reaches the point of no return at the wanted time, to 1 %', async () => {
    const folder = await folderWith({ 'heated.yaml': HEATED });
    const args = ['solve', 'heated.yaml', '--module', MODULE, '--time-to-pnr', '10min', '-o', 'solved.yaml'];
    const { code, stdout } = await emberwatch(folder, ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Found: faults\[0\]\.powerW = \d/);

    const { scenario } = await loadScenario(join(folder, 'solved.yaml'));
    const [event] = runScenario(scenario, { intervention: false }).events;
    expect(Math.abs((event!.pnrThresholdS! - 60) / 600 - 1)).toBeLessThan(0.01);
    // Only the number has changed: comments, order and spacing stay.
    const solved = await readFile(join(folder, 'solved.yaml'), 'utf8');
    expect(solved.replace(/powerW: [\d.]+/, 'powerW: 40')).toBe(HEATED);
  });

  it('shows why there is none, with the critical heat of the runs above that of Semenov', async () => {
    const folder = await folderWith({ 'heated.yaml': HEATED });
    const source = await loadScenario(join(folder, 'heated.yaml'));
    const none = solveScenario(source, MODULE, 20 * 3600);
    expect(none.found).toBe(false);
    expect(none.yaml).toBeNull();
    expect(none.strength).toBeNull();
    expect(none.weakestInTime!.timeToPnrS).toBeLessThan(20 * 3600);
    expect(none.strongestLate!.timeToPnrS).toBeNull();
    // From there to never within a ten-thousandth of the strength.
    expect(none.weakestInTime!.strength / none.strongestLate!.strength - 1).toBeLessThan(1.1e-4);
    expect(none.criticalHeatW!).toBeGreaterThan(none.semenovHeatW!);
    expect(none.largestAvertedK!).toBeLessThan(415);
  });

  it('sizes a fault whose strength the file leaves to its default, and lengthens a run that is too short', async () => {
    const cooled = `name: cooled
durationS: 600
site: {racks: [{id: RackA1, modules: 1}]}
module: {cell: lco-18650, series: 4, cellToCaseWPerK: 0.3, caseToAirWPerK: 0.6, caseHeatCapacityJPerK: 100}
faults:
  - {kind: coolingFailure, module: RackA1_Module01, startS: 60} # how much remains?
  - {kind: externalHeating, module: RackA1_Module01, startS: 60, powerW: 20}
`;
    const folder = await folderWith({ 'cooled.yaml': cooled });
    const solved = solveScenario(await loadScenario(join(folder, 'cooled.yaml')), MODULE, 3600);
    expect(solved).toMatchObject({ found: true, path: 'faults[0].remaining' });
    expect(solved.yaml).toContain('# how much remains?');
    const again = await folderWith({ 'solved.yaml': solved.yaml! });
    const { scenario } = await loadScenario(join(again, 'solved.yaml'));
    expect(scenario.durationS).toBeGreaterThan(3660);
    const [event] = runScenario(scenario, { intervention: false }).events;
    expect(Math.abs((event!.pnrThresholdS! - 60) / 3600 - 1)).toBeLessThan(0.01);
  });

  it('answers as one JSON object', async () => {
    const folder = await folderWith({ 'heated.yaml': HEATED });
    const { stdout } = await emberwatch(folder, 'solve', 'heated.yaml', '--time-to-pnr', '10min', '--json');
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({
      found: true,
      module: MODULE,
      path: 'faults[0].powerW',
      wantedTimeToPnrS: 600,
    });
    expect(Math.abs((answer['timeToPnrS'] as number) / 600 - 1)).toBeLessThan(0.01);
  });
});

describe('emberwatch runaway-map', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await folderWith({ 'heated.yaml': HEATED });
  });

  it('agrees with runs of the same scenarios, one by one', async () => {
    const source = await loadScenario(join(folder, 'heated.yaml'));
    const x = parseAxis('--x', 'faults[0].powerW=10..40:3:log');
    const y = parseAxis('--y', 'module.startCharge=0.2,1');
    const shares: number[] = [];
    const map = await mapScenario(source, MODULE, x, y, (share) => shares.push(share));
    expect(x.values).toEqual([10, 20, 40]);
    expect(shares.at(-1)).toBe(1);
    const outcomes: boolean[] = [];
    for (const charge of [0.2, 1]) {
      for (const powerW of [10, 20, 40]) {
        const changed = HEATED.replace('powerW: 40', `powerW: ${powerW}`).replace(
          'startCharge: 1',
          `startCharge: ${charge}`,
        );
        const one = await folderWith({ 'one.yaml': changed });
        const run = runScenario((await loadScenario(join(one, 'one.yaml'))).scenario, {
          intervention: false,
        });
        outcomes.push(run.events[0]!.runawayS !== null);
      }
    }
    expect([...map.runaway].map(Boolean)).toEqual(outcomes);
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
    expect(mapCsv(map).trimEnd().split('\n')).toHaveLength(7);
    expect(mapSvg(map).match(/<rect [^>]*stroke="#fff"/g)).toHaveLength(6);
  });

  it('takes a parameter that the file leaves to its default', async () => {
    const source = await loadScenario(join(folder, 'heated.yaml'));
    const x = parseAxis('--x', 'faults[0].durationS=30,3000');
    const y = parseAxis('--y', 'faults[0].rampS=0,10');
    const map = await mapScenario(source, MODULE, x, y);
    expect([...map.runaway]).toEqual([0, 1, 0, 1]);
  });

  it('writes picture and table', async () => {
    const args = [
      'map',
      'heated.yaml',
      '--x',
      'faults[0].powerW=10..40:2',
      '--y',
      'module.startCharge=0.2..1:2',
    ];
    const { code, stdout } = await emberwatch(folder, ...args, '-o', 'map.svg', '--csv', 'map.csv');
    expect(code).toBe(0);
    expect(stdout).toContain('◆ runs away');
    const [head, ...lines] = (await readFile(join(folder, 'map.csv'), 'utf8')).trimEnd().split('\n');
    expect(head).toBe(
      'faults[0].powerW,module.startCharge,runaway,vented_only,time_to_pnr_threshold_s,peak_degc',
    );
    expect(lines).toHaveLength(4);
    expect(await readFile(join(folder, 'map.svg'), 'utf8')).toMatch(/^<svg xmlns/);
  });
});
