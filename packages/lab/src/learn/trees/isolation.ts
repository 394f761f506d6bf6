/** Isolation forest (Liu, Ting and Zhou 2008): what few random cuts separate from calm rows is unusual. */

import type { TreeDocument } from '@emberwatch/engine/detector';
import { createRandom, type Random } from '@emberwatch/engine/random';
import { InputError } from '@emberwatch/engine/telemetry';
import type { Learner } from '../learner.ts';
import { checkTable, type Table } from '../table.ts';
import { float32Below } from './bins.ts';
import { exactLeaves } from './document.ts';
import { settingsOf } from './settings.ts';

export type IsolationParameters = {
  readonly trees: number;
  /** Calm rows in each tree. */
  readonly sampleSize: number;
};

/** Learns from rows with target 0 only. A missing value goes the way of most rows: by itself it is nothing unusual. */
export const isolationForest: Learner<IsolationParameters> = {
  id: 'isolation-forest',
  about: 'isolation forest: trained on calm rows alone, scores what is unlike them',
  defaults: { trees: 100, sampleSize: 256 },
  fit: (table, options) => {
    const settings = settingsOf('isolation-forest', isolationForest.defaults, options.parameters);
    checkTable(table);
    const calm = Int32Array.from({ length: table.rows }, (_, row) => row).filter(
      (row) => table.target[row] === 0 && table.weight[row]! > 0,
    );
    if (calm.length < 2) throw new InputError('an isolation forest needs at least two calm rows');
    const sampleSize = Math.min(settings.sampleSize, calm.length);
    const random = createRandom(options.seed, 'isolation');
    const trees: TreeDocument[] = [];
    let pack = shuffled(calm, table.weight, random);
    for (let at = 0; trees.length < settings.trees; at += sampleSize) {
      if (at + sampleSize > pack.length) {
        pack = shuffled(calm, table.weight, random);
        at = 0;
      }
      trees.push(isolate(table, pack.slice(at, at + sampleSize), random));
      options.onProgress?.(trees.length / settings.trees);
    }
    return { scorer: { kind: 'isolation', sampleSize, trees: exactLeaves(trees, 0).trees }, curve: null };
  },
};

/** Rows in random order, heavy ones sooner (Efraimidis and Spirakis 2006). */
function shuffled(rows: Int32Array, weight: Float32Array, random: Random): Int32Array {
  const key = Float64Array.from(rows, (row) => -Math.log(1 - random.uniform()) / weight[row]!);
  return Int32Array.from(rows, (_, i) => i)
    .sort((a, b) => key[a]! - key[b]!)
    .map((i) => rows[i]!);
}

const EULER = 0.5772156649015329;

/** Mean path length of an unsuccessful search among `count` rows (Liu 2008, eq. 1). */
export function meanPath(count: number): number {
  if (count <= 1) return 0;
  if (count === 2) return 1;
  return 2 * (Math.log(count - 1) + EULER) - (2 * (count - 1)) / count;
}

interface Growing {
  readonly feature: number[];
  readonly threshold: number[];
  readonly left: number[];
  readonly right: number[];
  readonly missingLeft: number[];
  readonly value: number[];
  readonly cover: number[];
}

function isolate(table: Table, sample: Int32Array, random: Random): TreeDocument {
  const tree: Growing = {
    feature: [],
    threshold: [],
    left: [],
    right: [],
    missingLeft: [],
    value: [],
    cover: [],
  };
  const maxDepth = Math.ceil(Math.log2(sample.length));
  const grow = (rows: Int32Array, depth: number): number => {
    const node = tree.feature.push(-1) - 1;
    tree.threshold.push(0);
    tree.left.push(-1);
    tree.right.push(-1);
    tree.missingLeft.push(0);
    tree.value.push(depth + meanPath(rows.length));
    tree.cover.push(rows.length);
    const cut = rows.length > 1 && depth < maxDepth ? drawCut(table, rows, random) : null;
    if (!cut) return node;
    const column = table.columns[cut.feature]!;
    const measured = rows.filter((row) => !Number.isNaN(column[row]!));
    const below = measured.reduce((count, row) => count + (column[row]! <= cut.threshold ? 1 : 0), 0);
    const missingLeft = 2 * below > measured.length;
    const isLeft = (row: number): boolean =>
      Number.isNaN(column[row]!) ? missingLeft : column[row]! <= cut.threshold;
    tree.feature[node] = cut.feature;
    tree.threshold[node] = cut.threshold;
    tree.missingLeft[node] = missingLeft ? 1 : 0;
    const left = grow(rows.filter(isLeft), depth + 1);
    const right = grow(
      rows.filter((row) => !isLeft(row)),
      depth + 1,
    );
    tree.left[node] = left;
    tree.right[node] = right;
    return node;
  };
  grow(sample, 0);
  return tree;
}

/** A feature that varies among the rows and a value between its least and its largest; null where none varies. */
function drawCut(
  { columns }: Table,
  rows: Int32Array,
  random: Random,
): { feature: number; threshold: number } | null {
  // Features in random order until one varies: each that does is as likely as any other.
  const features = columns.map((_, f) => f);
  while (features.length > 0) {
    const [feature] = features.splice(random.integer(features.length), 1) as [number];
    const column = columns[feature]!;
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const row of rows) {
      const value = column[row]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (!(max > min) || !Number.isFinite(max - min)) continue;
    const threshold = float32Below(random.uniformBetween(min, max));
    return { feature, threshold: threshold < max ? threshold : min };
  }
  return null;
}
