/** Rows to learn from, as columns. */

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
