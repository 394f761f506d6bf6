/** Rows to learn from, as columns. */
import { InputError } from '@emberwatch/engine/telemetry';

export interface Table {
  /** Ids of FEATURES, in the order of `columns`. */
  readonly features: readonly string[];
  readonly rows: number;
  /** One per feature, NaN where not measured. Shape [rows] each. */
  readonly columns: readonly Float32Array[];
  /** 1 hazardous, 0 not; of a regression, the target. Shape [rows]. */
  readonly target: Float32Array;
  /** Shape [rows]. */
  readonly weight: Float32Array;
  /** Index of the run that a row comes from: splits and folds go by it, never by row. Shape [rows]. */
  readonly run: Int32Array;
}

/** The rows at `indices`, in that order; an index may come more than once. */
export function rowsOfTable(table: Table, indices: ArrayLike<number>): Table {
  const rows = indices.length;
  const picked = <T extends Float32Array | Int32Array>(from: T, to: T): T => {
    for (let i = 0; i < rows; i++) to[i] = from[indices[i]!]!;
    return to;
  };
  return {
    features: table.features,
    rows,
    columns: table.columns.map((column) => picked(column, new Float32Array(rows))),
    target: picked(table.target, new Float32Array(rows)),
    weight: picked(table.weight, new Float32Array(rows)),
    run: picked(table.run, new Int32Array(rows)),
  };
}

/**
 * Errors: `RangeError` where the columns do not fit together; `InputError` where a row has a target or a weight that
 * nobody can learn from.
 */
export function checkTable({ features, rows, columns, target, weight, run }: Table): void {
  if (columns.length !== features.length)
    throw new RangeError(`table: ${features.length} features, but ${columns.length} columns`);
  for (const column of [...columns, target, weight, run])
    if (column.length !== rows) throw new RangeError(`table: ${rows} rows, but a column of ${column.length}`);
  if (rows === 0) throw new InputError('there is no row to learn from');
  for (let i = 0; i < rows; i++) {
    if (!Number.isFinite(target[i]!))
      throw new InputError(`row ${i}: expected a target to learn, got ${target[i]}`);
    if (!(weight[i]! >= 0 && weight[i]! < Number.POSITIVE_INFINITY))
      throw new InputError(`row ${i}: expected a weight of 0 or more, got ${weight[i]}`);
  }
}

/** `balanced`: hazardous rows weigh as much as the others, together. */
export type PositiveWeight = number | 'balanced';

/**
 * What the weights of hazardous rows are multiplied with. Errors: `InputError` unless targets are 0 and 1 and rows of
 * both carry weight.
 */
export function positiveFactor({ rows, target, weight }: Table, positive: PositiveWeight): number {
  const totals: [number, number] = [0, 0];
  for (let i = 0; i < rows; i++) {
    const label = target[i]!;
    if (label !== 0 && label !== 1)
      throw new InputError(`row ${i}: expected a target of 0 or 1, got ${label}`);
    totals[label] += weight[i]!;
  }
  const [calm, hazardous] = totals;
  if (hazardous === 0)
    throw new InputError('no hazardous row carries weight: there is nothing to tell apart');
  if (calm === 0) throw new InputError('no calm row carries weight: there is nothing to tell apart');
  return positive === 'balanced' ? calm / hazardous : positive;
}

/** Weights with those of hazardous rows multiplied by `factor`. */
export function rowWeights({ target, weight }: Table, factor: number): Float64Array {
  const weights = new Float64Array(weight);
  for (let i = 0; i < weights.length; i++) if (target[i] === 1) weights[i]! *= factor;
  return weights;
}
