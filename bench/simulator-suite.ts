/** Tables of the simulator: against the plain loop, by size of the site, by threads, against its limit. */
import type { Job, Site } from './job.ts';
import { interleaved, type Measured } from './measure.ts';

import { shown, type TableStyle, tableText } from './table.ts';

export interface SimulatorSize {
  readonly repeats: number;
  readonly modules: readonly number[];
  readonly threadedRuns: number;
}

export interface Table {
  readonly title: string;
  readonly text: string;
}

const WAREHOUSE = 64;
const HEADER = [
  '',
  'min s',
  'median s',
  'CPU s',
  'steps',
  'module-s/s',
  'cell-s/s',
  'peak MB',
  '× time',
  '× CPU',
];

const warehouse = (site: Site, warm = false): Job => ({ kind: 'simulate', site, modules: WAREHOUSE, warm });

type Labelled = readonly [label: string, job: Job];

export async function simulatorTables(
  program: string,
  size: SimulatorSize,
  style: TableStyle,
): Promise<Table[]> {
  const measured = (jobs: readonly Labelled[]): Promise<Measured[]> =>
    interleaved(
      program,
      jobs.map(([label, job]) => ({ label, job, mb: 0 })),
      size.repeats,
    );
  const table = async (title: string, jobs: readonly Labelled[]): Promise<Table> => ({
    title,
    text: tableText(HEADER, lines(await measured(jobs)), style),
  });
  return [
    await table('The simulator, 64 modules × 6 h, a row every 10 s', [
      ['plain loop, step 10 s', { kind: 'seedLoop', stepS: 10 }],
      ['plain loop, step 1 s', { kind: 'seedLoop', stepS: 1 }],
      ['lumped, calm', warehouse('lumped')],
      ['lumped, one runaway', warehouse('lumpedRunaway')],
      ['16 cells each, calm', warehouse('calm')],
      ['16 cells each, one runaway', warehouse('runaway')],
      ['16 cells each, calm, second run', warehouse('calm', true)],
      ['16 cells each, one runaway, second run', warehouse('runaway', true)],
    ]),
    await table(
      'The simulator by size: 16 cells each, one runaway, 6 h',
      size.modules.map((modules) => [
        `${modules} modules`,
        { kind: 'simulate', site: 'runaway', modules, warm: false },
      ]),
    ),
    await table('One cell alone, 300 runs', [
      ['12 000 s in an oven of 155 °C: runaway', { kind: 'cell', ovenDegC: 155, endS: 12_000 }],
      ['200 000 s at 35 °C: calm', { kind: 'cell', ovenDegC: 35, endS: 200_000 }],
    ]),
    await table(
      `The simulator on threads: ${size.threadedRuns} independent runs of 64 modules, 16 cells each, one runaway, 6 h`,
      [1, 2].map((threads) => [
        `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
        { kind: 'threads', threads, runs: size.threadedRuns },
      ]),
    ),
    sensorTable(
      await measured(
        ['rack', 'rack-field', 'seed', 'vehicle-1s', 'laboratory-1s', 'laboratory-fast'].map((preset) => [
          preset,
          { kind: 'sensors', preset, modules: Math.min(...size.modules) },
        ]),
      ),
      style,
    ),
    await limitTable(
      await measured([
        ['exponential.ts', { kind: 'exponentials', own: true }],
        ['Math.exp', { kind: 'exponentials', own: false }],
      ]),
      style,
    ),
  ];
}

/** Rates of the least time: what else the machine does makes runs longer, never shorter. */
function lines(rows: readonly Measured[]): string[][] {
  const [reference] = rows;
  return rows.map(({ label, results: stats, wallMinS, wallMedianS, cpuMinS, peakMb }) => [
    label,
    wallMinS.toFixed(3),
    wallMedianS.toFixed(3),
    cpuMinS.toFixed(3),
    shown(stats['steps'] ?? stats['updates'] ?? Number.NaN),
    shown(Math.round(stats['moduleS']! / wallMinS)),
    shown(Math.round((stats['cellS'] ?? Number.NaN) / wallMinS)),
    shown(Math.round(peakMb)),
    (wallMinS / reference!.wallMinS).toFixed(2),
    (cpuMinS / reference!.cpuMinS).toFixed(2),
  ]);
}

function sensorTable(rows: readonly Measured[], style: TableStyle): Table {
  const text = tableText(
    ['', 'min s', 'CPU s', 'rows', 'M rows/s', 'M values/s'],
    rows.map(({ label, results: stats, wallMinS, cpuMinS }) => [
      label,
      wallMinS.toFixed(3),
      cpuMinS.toFixed(3),
      shown(stats['rows']!),
      (stats['rows']! / wallMinS / 1e6).toFixed(2),
      (stats['values']! / wallMinS / 1e6).toFixed(1),
    ]),
    style,
  );
  return { title: 'Sensors, on one thread: columns of the modules of one rack, 6 h, by preset', text };
}

function limitTable(rows: readonly Measured[], style: TableStyle): Table {
  const [reference] = rows;
  const text = tableText(
    ['', 'min s', 'CPU s', 'million exponentials/s', '× time'],
    rows.map(({ label, results: stats, wallMinS, cpuMinS }) => [
      label,
      wallMinS.toFixed(3),
      cpuMinS.toFixed(3),
      shown(stats['exponentials']! / wallMinS / 1e6),
      (wallMinS / reference!.wallMinS).toFixed(2),
    ]),
    style,
  );
  return { title: 'The limit of the chemistry: exponentials one after another', text };
}
