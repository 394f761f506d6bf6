/** Training beside XGBoost: the same rows, trees and threads; and the other learners. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auprc, auroc, LEARNERS, type Parameters, scoreTable, type Table } from '@emberwatch/lab/learn';
import { imbalanced } from '../packages/lab/test/learn/problems.ts';
import { ROOT } from './inputs.ts';
import type { LearningWork, Stats } from './job.ts';
import { interleaved, type Measured } from './measure.ts';
import { shown, type TableStyle, tableText } from './table.ts';

export interface LearningSize {
  readonly repeats: number;
  readonly rows: number;
}

const PYTHON = '/usr/bin/python3';
const FEATURES = 30;
const TREES = 100;
const UNSEEN_ROWS = 100_000;
const US_PER_S = 1e6;

/** About 1 % of the rows are hazardous, 3 % of the values missing. */
const tables = (rows: number): [Table, Table] => [
  imbalanced({ rows, seed: 1, features: FEATURES }),
  imbalanced({ rows: UNSEEN_ROWS, seed: 2, features: FEATURES }),
];

export function preparedLearning(work: LearningWork, rows: number): () => Stats {
  const [table, unseen] = tables(rows);
  return work.what === 'xgboost' ? () => xgboost(work, table, unseen) : () => learner(work, table, unseen);
}

/** Binning is part of it, here and there. */
function learner(
  { id, parameters, threads }: Extract<LearningWork, { what: 'learner' }>,
  table: Table,
  unseen: Table,
): Stats {
  const before = process.cpuUsage();
  const startMs = performance.now();
  const { scorer } = LEARNERS[id]!.fit(table, { seed: 1, parameters, threads });
  const trainS = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { trainS, trainCpuS: (user + system) / US_PER_S, ...ranked(scoreTable(scorer, unseen), unseen) };
}

function xgboost(
  { script, parameters, threads }: Extract<LearningWork, { what: 'xgboost' }>,
  table: Table,
  unseen: Table,
): Stats {
  const folder = mkdtempSync(join(tmpdir(), 'emberwatch-bench-'));
  try {
    const task = {
      features: FEATURES,
      rows: table.rows,
      unseen: unseen.rows,
      rounds: TREES,
      threads,
      parameters: { objective: 'binary:logistic', eta: 0.1, max_bin: 255, ...parameters },
    };
    writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
    for (const [name, { columns, target, weight }] of Object.entries({ train: table, unseen })) {
      const bytes = [...columns, target, weight].map((column) => Buffer.from(column.buffer));
      writeFileSync(join(folder, `${name}.bin`), Buffer.concat(bytes));
    }
    const { wallS, cpuS } = JSON.parse(execFileSync(PYTHON, [script, folder], { encoding: 'utf8' }));
    const scores = new Float32Array(new Uint8Array(readFileSync(join(folder, 'scores.bin'))).buffer);
    return { trainS: wallS, trainCpuS: cpuS, ...ranked(scores, unseen) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ranked = (score: ArrayLike<number>, { target }: Table): Stats => ({
  auroc: auroc({ score, target }),
  auprc: auprc({ score, target }),
});

export async function learningTables(
  program: string,
  { repeats, rows }: LearningSize,
  style: TableStyle,
): Promise<{ title: string; text: string }[]> {
  const hasXgboost = spawnSync(PYTHON, ['-c', 'import xgboost, numpy']).status === 0;
  const script = join(ROOT, 'packages/lab/test/learn/train_xgboost.py');
  /** One lap after another, so that the least of each figure is known. */
  const measured = async (variants: readonly (readonly [string, LearningWork])[]): Promise<Measured[][]> => {
    const laps: Measured[][] = [];
    for (let k = 0; k < repeats; k++)
      laps.push(
        await interleaved(
          program,
          variants.map(([label, work]) => ({ label, job: { kind: 'learning', work, rows }, mb: 0 })),
          1,
        ),
      );
    return variants.map((_, v) => laps.map((lap) => lap[v]!));
  };
  const shapes = [
    {
      name: '31 leaves',
      ours: { trees: TREES, maxLeaves: 31, maxDepth: 12 },
      theirs: { grow_policy: 'lossguide', max_leaves: 31, max_depth: 12 },
    },
    { name: 'depth 6', ours: { trees: TREES, maxLeaves: 64, maxDepth: 6 }, theirs: { max_depth: 6 } },
  ];
  const trees: [string, LearningWork][] = shapes.flatMap(({ name, ours, theirs }) =>
    [1, 2].flatMap((threads): [string, LearningWork][] => {
      const label = `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
      return [
        ...(hasXgboost
          ? [
              [`XGBoost hist, ${label}`, { what: 'xgboost', script, parameters: theirs, threads }] as [
                string,
                LearningWork,
              ],
            ]
          : []),
        [`ours, ${label}`, { what: 'learner', id: 'boosted-trees', parameters: ours, threads }],
      ];
    }),
  );
  const others: [string, LearningWork][] = [
    ['random-forest', { trees: TREES, maxLeaves: 128 }],
    ['logistic-regression', {}],
    ['isolation-forest', {}],
  ].map(([id, parameters]) => [
    id as string,
    { what: 'learner', id: id as string, parameters: parameters as Parameters, threads: 1 },
  ]);
  const what = `${shown(rows)} rows × ${FEATURES} features, 1 % hazardous, 3 % missing`;
  const skipped = hasXgboost ? '' : `; XGBoost is skipped, because ${PYTHON} has none`;
  return [
    {
      title: `Training ${TREES} trees on ${what}${skipped}`,
      text: text(await measured(trees), hasXgboost, style),
    },
    { title: `Training the other learners on ${what}`, text: text(await measured(others), false, style) },
  ];
}

/** Where pairs are compared, each odd row is held against the one before it. */
function text(rows: readonly (readonly Measured[])[], arePairs: boolean, style: TableStyle): string {
  const min = (laps: readonly Measured[], stat: string): number =>
    Math.min(...laps.map(({ results: stats }) => stats[stat]!));
  const lines = rows.map((laps, i) => {
    const [{ label, results: stats }] = laps as [Measured];
    const ratio = (stat: string): string =>
      arePairs && i % 2 === 1 ? (min(laps, stat) / min(rows[i - 1]!, stat)).toFixed(2) : '–';
    return [
      label,
      min(laps, 'trainS').toFixed(2),
      min(laps, 'trainCpuS').toFixed(2),
      stats['auroc']!.toFixed(4),
      stats['auprc']!.toFixed(4),
      ratio('trainS'),
      ratio('trainCpuS'),
    ];
  });
  return tableText(['', 's', 'CPU s', 'AUC', 'AP', '× time', '× CPU'], lines, style);
}
