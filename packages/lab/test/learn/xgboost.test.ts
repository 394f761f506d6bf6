import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auroc, boostedTrees, type Parameters, scoreTable, type Table } from '@emberwatch/lab/learn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

const UNSEEN_ROWS = 20_000;
const ROUNDS = 60;

describe.skipIf(!hasXgboost)(`beside XGBoost (skipped where ${PYTHON} has none)`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'emberwatch-xgboost-'));
  const folderOf = (index: number): string => join(folder, String(index));

  beforeAll(() => {
    for (const [index, { make, rows, theirs }] of CASES.entries()) {
      const [table, unseen] = [make(11, rows), make(12, UNSEEN_ROWS)];
      const task = {
        features: table.features.length,
        rows,
        unseen: UNSEEN_ROWS,
        rounds: ROUNDS,
        threads: 1,
        parameters: { objective: 'binary:logistic', eta: 0.1, max_bin: 255, ...theirs },
      };
      mkdirSync(folderOf(index));
      writeFileSync(join(folderOf(index), 'task.json'), JSON.stringify(task));
      writeFileSync(join(folderOf(index), 'train.bin'), bytesOf(table));
      writeFileSync(join(folderOf(index), 'unseen.bin'), bytesOf(unseen));
    }
    const script = fileURLToPath(new URL('./train_xgboost.py', import.meta.url));
    execFileSync(PYTHON, [script, ...CASES.map((_, index) => folderOf(index))]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(CASES.map((one, index) => ({ ...one, index })))('$what: AUC within 0.002', ({ index, ...one }) => {
    const [table, unseen] = [one.make(11, one.rows), one.make(12, UNSEEN_ROWS)];
    const { scorer } = boostedTrees.fit(table, { seed: 1, parameters: { trees: ROUNDS, ...one.ours } });
    const bytes = new Uint8Array(readFileSync(join(folderOf(index), 'scores.bin')));
    const [mine, other] = [scoreTable(scorer, unseen), new Float32Array(bytes.buffer)].map((score) =>
      auroc({ score, target: unseen.target }),
    );
    expect(mine).toBeGreaterThan(other! - 0.002);
  });
});
