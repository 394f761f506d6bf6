/** What every learner is: rows in, a scorer as plain data out. */
import type { ScorerDocument } from '@emberwatch/engine/detector';
import type { Table } from './table.ts';

export type Parameters = Readonly<Record<string, number | string | boolean>>;

export interface FitOptions<P extends Parameters> {
  /** Rows that decide when to stop; never rows of a run that is also trained on. */
  readonly validation?: Table;
  /** Missing ones take the learner's defaults. */
  readonly parameters?: Partial<P>;
  readonly seed: number;
  /** Of learners that can use more than one; the result is the same on any number. */
  readonly threads?: number;
  readonly onProgress?: (share: number) => void;
}

export interface Fitted {
  readonly scorer: ScorerDocument;
  /** Loss on training and validation rows after each round, where the learner has rounds and was given such rows. */
  readonly curve: { readonly train: readonly number[]; readonly validation: readonly number[] } | null;
}

export interface Learner<P extends Parameters = Parameters> {
  readonly id: string;
  readonly about: string;
  readonly defaults: P;
  /** The same table, parameters and seed give the same scorer, on any number of threads. */
  fit(table: Table, options: FitOptions<P>): Fitted;
}
