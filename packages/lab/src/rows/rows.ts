/** Rows kept for training, in columns that grow. */
import type { Table } from '../learn/index.ts';
import type { Lesson } from './target.ts';

/** A module of a run as one view shows it: weights are shared out by it. */
export interface Unit {
  /** Position in the manifest. */
  readonly run: number;
  /** Site and channels that were there: nothing about them may tell the outcome. */
  readonly cell: string;
  readonly lesson: Lesson;
  /** Time that its rows stand for, s. */
  timeS: number;
}

export interface RowColumns {
  readonly features: readonly string[];
  readonly columns: readonly Float32Array[];
  /** Time that the row stands for, s: the inverse of the share that was kept. */
  readonly timeS: Float32Array;
  /** Until the point of no return, s; NaN where there is none ahead. */
  readonly timeToPnrS: Float32Array;
  readonly unit: Int32Array;
  readonly units: readonly Unit[];
}

const FIRST_ROWS = 1024;

export class RowStore {
  readonly units: Unit[] = [];
  rows = 0;
  private readonly features: readonly string[];
  private columns: Float32Array[];
  private timeS = new Float32Array(FIRST_ROWS);
  private timeToPnrS = new Float32Array(FIRST_ROWS);
  private unit = new Int32Array(FIRST_ROWS);

  constructor(features: readonly string[]) {
    this.features = features;
    this.columns = features.map(() => new Float32Array(FIRST_ROWS));
  }

  addUnit(unit: Unit): number {
    return this.units.push(unit) - 1;
  }

  /** @param indices positions of the kept features in `values` */
  add(
    values: Float64Array,
    indices: readonly number[],
    timeS: number,
    timeToPnrS: number,
    unit: number,
  ): void {
    if (this.rows === this.timeS.length) this.grow();
    const row = this.rows++;
    for (let f = 0; f < indices.length; f++) this.columns[f]![row] = values[indices[f]!]!;
    this.timeS[row] = timeS;
    this.timeToPnrS[row] = timeToPnrS;
    this.unit[row] = unit;
    this.units[unit]!.timeS += timeS;
  }

  private grow(): void {
    const length = 2 * this.rows;
    const longer = (from: Float32Array): Float32Array => {
      const to = new Float32Array(length);
      to.set(from);
      return to;
    };
    this.columns = this.columns.map(longer);
    this.timeS = longer(this.timeS) as typeof this.timeS;
    this.timeToPnrS = longer(this.timeToPnrS) as typeof this.timeToPnrS;
    const unit = new Int32Array(length);
    unit.set(this.unit);
    this.unit = unit;
  }

  finish(): RowColumns {
    const { rows } = this;
    return {
      features: this.features,
      columns: this.columns.map((column) => column.slice(0, rows)),
      timeS: this.timeS.slice(0, rows),
      timeToPnrS: this.timeToPnrS.slice(0, rows),
      unit: this.unit.slice(0, rows),
      units: this.units,
    };
  }
}

/** Several stores as one, in the order given. */
export function joined(parts: readonly RowColumns[]): RowColumns {
  const rows = parts.reduce((sum, part) => sum + part.timeS.length, 0);
  const first = parts[0]!;
  const floats = (of: (part: RowColumns) => Float32Array): Float32Array => {
    const all = new Float32Array(rows);
    let at = 0;
    for (const part of parts) {
      all.set(of(part), at);
      at += part.timeS.length;
    }
    return all;
  };
  const unit = new Int32Array(rows);
  let [at, unitsBefore] = [0, 0];
  for (const part of parts) {
    for (const one of part.unit) unit[at++] = one + unitsBefore;
    unitsBefore += part.units.length;
  }
  return {
    features: first.features,
    columns: first.columns.map((_, f) => floats((part) => part.columns[f]!)),
    timeS: floats((part) => part.timeS),
    timeToPnrS: floats((part) => part.timeToPnrS),
    unit,
    units: parts.flatMap((part) => part.units),
  };
}

/** The rows whose unit is wanted, as a table with the weight of each. Shape: rows in the order kept. */
export function tableOf(
  all: RowColumns,
  weightOfUnit: Float64Array,
  isWanted: (unit: Unit) => boolean,
): { readonly table: Table; readonly timeToPnrS: Float32Array; readonly timeS: Float32Array } {
  const wanted = all.units.map(isWanted);
  const kept: number[] = [];
  for (let row = 0; row < all.unit.length; row++) if (wanted[all.unit[row]!]) kept.push(row);
  const pick = (from: Float32Array): Float32Array => Float32Array.from(kept, (row) => from[row]!);
  const unitOf = (row: number): Unit => all.units[all.unit[row]!]!;
  const table: Table = {
    features: all.features,
    rows: kept.length,
    columns: all.columns.map(pick),
    target: Float32Array.from(kept, (row) => (unitOf(row).lesson === 'hazard' ? 1 : 0)),
    weight: Float32Array.from(
      kept,
      (row) => (weightOfUnit[all.unit[row]!]! * all.timeS[row]!) / unitOf(row).timeS,
    ),
    run: Int32Array.from(kept, (row) => unitOf(row).run),
  };
  return { table, timeToPnrS: pick(all.timeToPnrS), timeS: pick(all.timeS) };
}
