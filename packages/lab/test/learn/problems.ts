/** Made-up tables to learn from, as public sets look: few positives, interactions, steps, holes. */
import { createRandom } from '@emberwatch/engine/random';
import type { Table } from '@emberwatch/lab/learn';

export interface Problem {
  readonly rows: number;
  readonly seed: number;
  /** About 1 % of the rows are hazardous at −6.8, 50 % at 0. */
  readonly offset?: number;
  readonly missingShare?: number;
  readonly features?: number;
}

/** Needs at least nine features; those behind are noise. Runs are blocks of a hundred rows. */
export function imbalanced({
  rows,
  seed,
  offset = -6.8,
  missingShare = 0.03,
  features = 12,
}: Problem): Table {
  const random = createRandom(seed, 'imbalanced');
  const columns = Array.from({ length: features }, () => new Float32Array(rows));
  const target = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    for (const [f, column] of columns.entries())
      column[row] = f % 5 === 4 ? Math.round(2 * random.normal()) : random.normal();
    const x = (f: number): number => columns[f]![row]!;
    const margin =
      offset +
      1.2 * x(0) +
      1.5 * x(1) * x(2) +
      (x(3) > 1 ? 1.5 : 0) +
      0.8 * Math.abs(x(5)) -
      (x(6) < -1 && x(7) > 0 ? 2 : 0) +
      0.6 * Math.sin(3 * x(8));
    target[row] = random.uniform() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
    for (const column of columns) if (random.uniform() < missingShare) column[row] = Number.NaN;
  }
  return tableOf(columns, target);
}

/** As `breast_cancer` of scikit-learn: few rows, many features that say the same, two clouds. */
export function clouds({ rows, seed }: Problem): Table {
  const random = createRandom(seed, 'clouds');
  const columns = Array.from({ length: 30 }, () => new Float32Array(rows));
  const target = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const isPositive = random.uniform() < 0.37;
    target[row] = isPositive ? 1 : 0;
    const size = random.normal() + (isPositive ? 1.2 : 0);
    const shape = random.normal() + (isPositive ? 0.8 : 0);
    for (const [f, column] of columns.entries())
      column[row] = Math.exp(0.3 * ((f % 3) - 1) * size + 0.2 * shape + 0.3 * random.normal());
  }
  return tableOf(columns, target);
}

/** As `covtype`: heights and distances beside flags, classes cut by steps. */
export function terrain({ rows, seed }: Problem): Table {
  const random = createRandom(seed, 'terrain');
  const columns = Array.from({ length: 18 }, () => new Float32Array(rows));
  const target = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const height = random.uniformBetween(1800, 3800);
    const slope = random.uniformBetween(0, 60);
    const aspect = random.integer(360);
    const soil = random.integer(12);
    const water = Math.abs(300 * random.normal());
    const road = random.uniformBetween(0, 7000);
    const values = [height, slope, aspect, water, road, height - water / 5];
    for (const [f, value] of values.entries()) columns[f]![row] = value;
    columns[6 + soil]![row] = 1;
    const margin =
      Math.sin(height / 200) * 2 +
      (soil % 3 === 0 && slope > 20 ? 2 : -1) -
      water / 400 +
      (road < 900 ? 1 : 0);
    target[row] = random.uniform() < 1 / (1 + Math.exp(-1.5 * margin)) ? 1 : 0;
  }
  return tableOf(columns, target);
}

const tableOf = (columns: Float32Array[], target: Float32Array): Table => ({
  features: columns.map((_, f) => `f${f}`),
  rows: target.length,
  columns,
  target,
  weight: new Float32Array(target.length).fill(1),
  run: Int32Array.from(target, (_, row) => Math.floor(row / 100)),
});
