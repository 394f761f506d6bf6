/** SMOTE (Chawla 2002) as a comparison: hazardous rows made up between hazardous neighbours. */
import { createRandom } from '@emberwatch/engine/random';
import type { Learner, Parameters } from './learner.ts';
import { checkTable, rowsOfTable, type Table } from './table.ts';

/** Of the rows that neighbours are looked for among: the search compares each with each. */
const MAX_CANDIDATES = 4000;
const NEIGHBOURS = 5;

/**
 * The learner on a table in which made-up hazardous rows balance the classes. It happens inside `fit`, so no row of a
 * validation table or of another fold is ever near a made-up one.
 */
export const withSmote = <P extends Parameters>(learner: Learner<P>): Learner<P> => ({
  ...learner,
  id: `${learner.id}-smote`,
  about: `${learner.about}; with hazardous rows made up between neighbours (SMOTE)`,
  fit: (table, options) => learner.fit(smote(table, options.seed), options),
});

/**
 * The table with as many made-up hazardous rows at its end as balance the classes by number. Each lies between a
 * hazardous row and one of its five nearest among at most 4000 drawn ones; its weight is the row's, its run, too.
 * Distances are over the features that both rows have, each in standard deviations, scaled up to all features; a
 * feature that one of both misses is taken from the row as it is, missing or not.
 */
export function smote(table: Table, seed: number): Table {
  checkTable(table);
  const random = createRandom(seed, 'smote');
  const hazardous: number[] = [];
  for (let row = 0; row < table.rows; row++) if (table.target[row] === 1) hazardous.push(row);
  const missing = table.rows - 2 * hazardous.length;
  if (hazardous.length < 2 || missing <= 0) return table;
  for (let i = 0; i < Math.min(MAX_CANDIDATES, hazardous.length); i++) {
    const j = i + random.integer(hazardous.length - i);
    [hazardous[i], hazardous[j]] = [hazardous[j]!, hazardous[i]!];
  }
  const candidates = hazardous.slice(0, MAX_CANDIDATES);
  const scale = table.columns.map((column) => 1 / (deviation(column) || 1));
  const neighbours = new Map<number, readonly number[]>();
  const made = Array.from({ length: missing }, () => {
    const row = candidates[random.integer(candidates.length)]!;
    const near = neighbours.get(row) ?? nearest(table, scale, candidates, row);
    neighbours.set(row, near);
    return { row, other: near[random.integer(near.length)]!, share: random.uniform() };
  });
  const whole = rowsOfTable(table, [
    ...Array.from({ length: table.rows }, (_, row) => row),
    ...made.map(({ row }) => row),
  ]);
  for (const [f, column] of whole.columns.entries())
    for (const [k, { row, other, share }] of made.entries()) {
      const [from, to] = [table.columns[f]![row]!, table.columns[f]![other]!];
      if (!Number.isNaN(from) && !Number.isNaN(to)) column[table.rows + k] = from + share * (to - from);
    }
  return whole;
}

function deviation(column: Float32Array): number {
  let [count, mean, squares] = [0, 0, 0];
  for (const value of column) {
    if (Number.isNaN(value)) continue;
    count++;
    const step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
  }
  return Math.sqrt(squares / count);
}

function nearest(
  { columns }: Table,
  scale: readonly number[],
  candidates: readonly number[],
  row: number,
): number[] {
  const distances = candidates.map((other) => {
    let [squares, count] = [0, 0];
    for (const [f, column] of columns.entries()) {
      const step = (column[row]! - column[other]!) * scale[f]!;
      if (Number.isNaN(step)) continue;
      squares += step * step;
      count++;
    }
    // Rows that share no feature are as far as can be.
    return { other, distance: count > 0 ? squares / count : Number.MAX_VALUE };
  });
  return distances
    .filter(({ other }) => other !== row)
    .sort((a, b) => a.distance - b.distance || a.other - b.other)
    .slice(0, NEIGHBOURS)
    .map(({ other }) => other);
}
