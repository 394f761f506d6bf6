import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { emberwatch, folderWith, HEATED, type Outcome } from './command.ts';

const oven = (change: (text: string) => string): string =>
  change(`kinetics: lco-kim-2007
shape: {radiusM: 0.009, lengthM: 0.065}
densityKgPerM3: 2580
heatCapacityJPerKgK: 830
coolingWPerM2K: 7.17
startDegC: 25
oven: {temperatureDegC: 155}
endS: 12000
`);

const FILES = {
  'text.yaml': HEATED.replace('durationS: 1500', 'durationS: long'),
  'key.yaml': HEATED.replace('label:', 'lable:'),
  'kind.yaml': HEATED.replace('kind: externalHeating', 'kind: fire'),
  'module.yaml': HEATED.replace('module: RackA1_Module01, startS', 'module: RackA1_Module77, startS'),
  'range.yaml': HEATED.replace('startCharge: 1', 'startCharge: 1.5'),
  'broken.yaml': 'name: [a\nseed: 3\n',
  'twice.yaml': `${HEATED}seed: 6\n`,
  'empty.yaml': '',
  'large.yaml': HEATED.replace('durationS: 1500', 'durationS: 1e8').replace(
    'outputIntervalS: 7',
    'outputIntervalS: 0.1',
  ),
  'bomb.yaml': `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${Array(10).fill('*a')}]\nc: &c [${Array(10).fill('*b')}]\nd: [*c,*c,*c]\n`,
  'good.yaml': HEATED,
  'both.yaml': oven((text) => `${text}adiabatic: true\n`),
  'kinetics.yaml': oven((text) => text.replace('lco-kim-2007', 'lco-kim')),
  'endless.yaml': oven((text) => `${text}powerW: .inf\n`),
};

/** What is refused, and what the message must name: file, line, path, value. */
const REFUSED: readonly (readonly [args: string, ...named: string[]])[] = [
  ['simulate text.yaml', 'text.yaml: line 4: durationS', '"long"'],
  ['simulate key.yaml', 'key.yaml: line 9: lable', 'a key such as label'],
  ['simulate kind.yaml', 'kind.yaml: line 11: faults[0].kind', 'externalHeating', '"fire"'],
  ['simulate module.yaml', 'module.yaml: line 11: faults[0].module', '"RackA1_Module77"'],
  ['simulate range.yaml', 'range.yaml: line 7: module.startCharge', 'between 0 and 1', '1.5'],
  ['simulate broken.yaml', 'broken.yaml: line 2'],
  ['simulate twice.yaml', 'twice.yaml: line 12', 'unique'],
  ['simulate empty.yaml', 'empty.yaml: scenario: expected an object'],
  ['simulate large.yaml', 'large.yaml: outputIntervalS', 'GB'],
  ['simulate bomb.yaml', 'bomb.yaml: ', 'alias'],
  ['simulate nothing', 'nothing: no such file', 'propagation'],
  ['simulate .', '.: this is a folder'],
  ['simulate good.yaml --seed 1.5', '--seed 1.5: expected an integer'],
  ['simulate good.yaml --plot out.png', '--plot out.png', '.svg or .html'],
  ['simulate good.yaml -o no/such/folder.embt', 'no/such/folder.embt'],
  ['simulate good.yaml -o run.embt --csv ./run.embt', './run.embt: named for two results'],
  ['simulate good.yaml -o good.yaml/run.embt', 'good.yaml is a file, not a folder'],
  ['cell both.yaml', 'both.yaml: line 7: case.oven', 'either an oven or adiabatic'],
  ['cell kinetics.yaml', 'kinetics.yaml: line 1: case.kinetics', 'lco-kim-2007', '"lco-kim"'],
  ['cell endless.yaml', 'endless.yaml: line 9: case.powerW', 'Infinity'],
  ['solve good.yaml --time-to-pnr soon', '--time-to-pnr soon', '90min'],
  ['solve good.yaml --time-to-pnr 1h --module Nobody', 'good.yaml', '"Nobody"', 'RackA1_Module01'],
  ['solve good.yaml --time-to-pnr 1h --module RackA1_Module02', 'RackA1_Module02', 'externalHeating'],
  ['runaway-map good.yaml --x seed --y seed=1..2:2', '--x "seed"', 'PATH=FROM..TO:STEPS'],
  ['runaway-map good.yaml --x faults[0].power=1..2:2 --y seed=1..2:2', 'faults[0].power', 'powerW'],
  [
    'runaway-map good.yaml --x module.startCharge=0..3:4 --y seed=1..2:2',
    'line 7: module.startCharge',
    'got 2',
  ],
  ['runaway-map good.yaml --x faults[0].powerW=0..9:3:log --y seed=1..2:2', '--x', 'above 0'],
];

describe('input that cannot be run', () => {
  let folder: string;
  const outcomes = new Map<string, Outcome>();
  beforeAll(async () => {
    folder = await folderWith(FILES);
    const waiting = REFUSED.map(([args]) => args);
    const one = async (): Promise<void> => {
      for (let args = waiting.shift(); args !== undefined; args = waiting.shift())
        outcomes.set(args, await emberwatch(folder, ...args.split(' ')));
    };
    await Promise.all([one(), one()]);
  });

  it.each(REFUSED)('%s: exit code 2 and a message that names the place', (args, ...named) => {
    const { code, stdout, stderr } = outcomes.get(args)!;
    expect([code, stdout]).toEqual([2, '']);
    // One line for a person, no trace of the program.
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    for (const part of named) expect(stderr).toContain(part);
  });

  it('a missing argument shows the help of the command', async () => {
    const { code, stderr } = await emberwatch(
      await mkdtemp(`${tmpdir()}/emberwatch-`),
      'solve',
      'propagation',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--time-to-pnr <duration>');
    expect(stderr).toContain('Examples:');
  });
});
