import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auroc, boostedTrees, type Parameters, scoreTable, type Table } from '@emberwatch/lab/learn';
import { describe, expect, it } from 'vitest';
import { clouds, imbalanced, terrain } from './problems.ts';

const PYTHON = '/usr/bin/python3';
const hasXgboost = spawnSync(PYTHON, ['-c', 'import xgboost, numpy']).status === 0;

function bytesOf({ columns, target, weight }: Table): Uint8Array {
  return Buffer.concat(
    [...columns, target, weight].map((column) =>
      Buffer.from(column.buffer, column.byteOffset, column.byteLength),
    ),
  );
}

/** Margins of the unseen rows. */
function xgboostScores(table: Table, unseen: Table, rounds: number, parameters: object): Float32Array {
  const folder = mkdtempSync(join(tmpdir(), 'emberwatch-xgboost-'));
  try {
    const task = {
      features: table.features.length,
      rows: table.rows,
      unseen: unseen.rows,
      rounds,
      threads: 1,
      parameters: { objective: 'binary:logistic', eta: 0.1, max_bin: 255, ...parameters },
    };
    writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
    writeFileSync(join(folder, 'train.bin'), bytesOf(table));
    writeFileSync(join(folder, 'unseen.bin'), bytesOf(unseen));
    execFileSync(PYTHON, [fileURLToPath(new URL('./train_xgboost.py', import.meta.url)), folder]);
    return new Float32Array(new Uint8Array(readFileSync(join(folder, 'scores.bin'))).buffer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Case {
  readonly what: string;
  readonly make: (seed: number, rows: number) => Table;
  readonly rows: number;
  readonly ours: Parameters;
  readonly theirs: object;
}

const LEAVES = {
  ours: { maxLeaves: 31, maxDepth: 8 },
  theirs: { grow_policy: 'lossguide', max_leaves: 31, max_depth: 8 },
};

const CASES: readonly Case[] = [
  {
    what: '1 % hazardous, interactions, 3 % missing',
    make: (seed, rows) => imbalanced({ rows, seed }),
    rows: 15_000,
    ...LEAVES,
  },
  {
    what: '1 % hazardous, weighted 20 times',
    make: (seed, rows) => {
      const table = imbalanced({ rows, seed });
      for (let row = 0; row < rows; row++) if (table.target[row] === 1) table.weight[row] = 20;
      return table;
    },
    rows: 15_000,
    ...LEAVES,
  },
  {
    what: 'a third missing, rising with two features',
    make: (seed, rows) => imbalanced({ rows, seed, offset: -3, missingShare: 0.33 }),
    rows: 12_000,
    ours: { ...LEAVES.ours, increasing: 'f0 f3' },
    theirs: { ...LEAVES.theirs, monotone_constraints: '(1,0,0,1,0,0,0,0,0,0,0,0)' },
  },
  {
    what: 'two clouds of thirty correlated features, 1000 rows',
    make: (seed, rows) => clouds({ rows, seed }),
    rows: 1000,
    ours: { maxLeaves: 16, maxDepth: 4 },
    theirs: { max_depth: 4 },
  },
  {
    what: 'terrain: steps, flags, distances',
    make: (seed, rows) => terrain({ rows, seed }),
    rows: 12_000,
    ours: { maxLeaves: 64, maxDepth: 6 },
    theirs: { max_depth: 6 },
  },
];

describe.skipIf(!hasXgboost)(`beside XGBoost (skipped where ${PYTHON} has none)`, () => {
  it.each(CASES)('$what: AUC within 0.002', ({ make, rows, ours, theirs }) => {
    const [table, unseen] = [make(11, rows), make(12, 20_000)];
    const { scorer } = boostedTrees.fit(table, { seed: 1, parameters: { trees: 60, ...ours } });
    const [mine, other] = [scoreTable(scorer, unseen), xgboostScores(table, unseen, 60, theirs)].map(
      (score) => auroc({ score, target: unseen.target }),
    );
    expect(mine).toBeGreaterThan(other! - 0.002);
  });
});
