/** Datasets built, beside the physics in them alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulate } from '@emberwatch/engine/physics';
import { buildDataset } from '@emberwatch/lab/dataset';
import { drawRuns } from '../packages/lab/src/dataset/draw.ts';
import { checkPlan, type PlanFile } from '../packages/lab/src/dataset/plan.ts';
import { YamlFile } from '../packages/lab/src/simulate/document.ts';
import type { DatasetPlan, DatasetWork, Job, Stats } from './job.ts';
import { interleaved, type Measured } from './measure.ts';
import { shown, type TableStyle, tableText } from './table.ts';

const S_PER_H = 3600;

/** Modules of 16 cells, eight to a rack, a row every 10 s; half of the runs with a short in one cell. */
function planOf({ racks, hours, runs }: DatasetPlan): PlanFile {
  const site = Array.from({ length: racks }, (_, r) => ({ id: `Rack${r}`, modules: 8 }));
  const short = {
    kind: 'internalShort',
    module: { anyModule: true },
    cell: { anyCell: true },
    startS: { uniform: [600, 3600] },
    rampS: 3600,
    resistanceOhm: { logUniform: [0.005, 0.05] },
  };
  const plan = {
    name: 'bench',
    parts: {
      warehouse: {
        site: 'warehouse',
        scenario: {
          durationS: hours * S_PER_H,
          outputIntervalS: 10,
          site: { racks: site },
          module: { cell: 'lfp-280ah', startCharge: { uniform: [0.2, 0.95] } },
          load: { points: [0, 1800, 3600].map((timeS, i) => [timeS, 0.1 * (1 - i)]), repeatS: 7200 },
          ambientDegC: { uniform: [10, 35] },
        },
        sensors: { preset: 'rack' },
      },
    },
    recipes: [
      { name: 'short', runs: runs / 2, use: ['warehouse'], scenario: { faults: [short] } },
      { name: 'calm', runs: runs / 2, use: ['warehouse'] },
    ],
  };
  const file = new YamlFile('bench', JSON.stringify(plan));
  return { file, value: file.value, plan: file.checked(checkPlan) };
}

export async function datasetRuns(work: DatasetWork, plan: DatasetPlan): Promise<Stats> {
  const source = planOf(plan);
  if (work.what === 'physics') {
    let rows = 0;
    for (const { scenario } of drawRuns(source, new Map())) {
      const { events, trajectory } = simulate(scenario);
      rows += events.length * trajectory.rows;
    }
    return { rows };
  }
  const folder = await mkdtemp(join(tmpdir(), 'emberwatch-bench-'));
  try {
    const { manifest } = await buildDataset(source, { folder, workers: work.workers });
    return { rows: manifest.rows, mb: manifest.runs.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface DatasetSize {
  readonly repeats: number;
  readonly warehouse: DatasetPlan;
  /** Few and many runs of the same kind. */
  readonly memory: readonly DatasetPlan[];
}

export async function datasetTables(
  program: string,
  size: DatasetSize,
  style: TableStyle,
): Promise<{ title: string; text: string }[]> {
  const measured = (
    labelled: readonly (readonly [string, DatasetWork, DatasetPlan])[],
    repeats: number,
  ): Promise<Measured[]> =>
    interleaved(
      program,
      labelled.map(([label, work, plan]) => ({
        label,
        mb: 0,
        job: { kind: 'dataset', work, plan } satisfies Job,
      })),
      repeats,
    );
  const { racks, hours, runs } = size.warehouse;
  const speed = await measured(
    [
      ['physics alone, 1 thread', { what: 'physics' }, size.warehouse],
      ['dataset build, 1 thread', { what: 'build', workers: 1 }, size.warehouse],
      ['dataset build, 2 threads', { what: 'build', workers: 2 }, size.warehouse],
    ],
    size.repeats,
  );
  const memory = await measured(
    size.memory.map((plan) => [`${plan.runs} runs`, { what: 'build', workers: 1 }, plan] as const),
    1,
  );
  return [
    {
      title: `Datasets: ${runs} runs of ${racks * 8} modules × ${hours} h, a row every 10 s, half with a short`,
      text: tableText(
        HEADER,
        speed.map((row) => line(row, speed[0]!)),
        style,
      ),
    },
    {
      title: 'Memory of dataset build against the number of runs: 8 modules × 2 h each',
      text: tableText(
        HEADER,
        memory.map((row) => line(row, memory[0]!)),
        style,
      ),
    },
  ];
}

const HEADER = ['', 'min s', 'median s', 'CPU s', 'rows', 'rows/s', 'MB', 'peak MB', '× time', '× memory'];

const line = (
  { label, wallMinS, wallMedianS, cpuMinS, results: stats, peakMb }: Measured,
  first: Measured,
): string[] => [
  label,
  wallMinS.toFixed(2),
  wallMedianS.toFixed(2),
  cpuMinS.toFixed(2),
  shown(stats['rows']!),
  shown(Math.round(stats['rows']! / wallMedianS)),
  stats['mb'] === undefined ? '–' : stats['mb'].toFixed(1),
  shown(Math.round(peakMb)),
  (wallMinS / first.wallMinS).toFixed(2),
  (peakMb / first.peakMb).toFixed(2),
];
