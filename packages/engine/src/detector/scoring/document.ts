/**
 * A trained model as plain data: what learners write, what scoring compiles, what an artefact carries. There is no
 * code in it. Features are named, in order; a value that was not measured is NaN.
 */

/** Nodes of one tree side by side; node 0 is the root. A row goes left where value <= threshold. */
export interface TreeDocument {
  /** Index into the model's features; -1 marks a leaf. */
  readonly feature: readonly number[];
  /** Exactly representable as 32-bit floats, so that every runtime decides alike. */
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** 1: a missing value goes left. */
  readonly missingLeft: readonly number[];
  /** Of a leaf: its contribution; of an inner node: the expectation below it (for attributions). */
  readonly value: readonly number[];
  /** Weight of the training rows that passed the node. */
  readonly cover: readonly number[];
}

/** Gradient-boosted trees (`sum`: log-odds, or the target itself) and random forests (`mean`: a probability). */
export interface TreesDocument {
  readonly kind: 'trees';
  readonly combine: 'sum' | 'mean';
  readonly base: number;
  readonly trees: readonly TreeDocument[];
}

/** base + Σ weight · clip((value − centre) / scale, ±limit); a missing value counts as 0 after scaling. */
export interface LinearDocument {
  readonly kind: 'linear';
  readonly base: number;
  readonly weight: readonly number[];
  readonly centre: readonly number[];
  readonly scale: readonly number[];
  readonly limit: number;
}

/** Isolation forest (Liu 2008): the score is 2^(−mean path length / c(sampleSize)); leaf values are path lengths. */
export interface IsolationDocument {
  readonly kind: 'isolation';
  readonly sampleSize: number;
  readonly trees: readonly TreeDocument[];
}

export type ScorerDocument = TreesDocument | LinearDocument | IsolationDocument;

/** From a score to a probability: straight between the points, constant beyond; both rise. */
export interface CalibrationDocument {
  readonly score: readonly number[];
  readonly probability: readonly number[];
}

/** Quantiles of the logarithm (base e) of the seconds to the point of no return, given that there is one. */
export interface TimeToPnrDocument {
  readonly low: TreesDocument;
  readonly median: TreesDocument;
  readonly high: TreesDocument;
  /** What `low` and `high` are quantiles of: 0.1 and 0.9. */
  readonly quantiles: readonly [number, number];
}

export interface ModelThreshold {
  /** Calibrated probability from which on the level holds. */
  readonly probability: number;
  /** The false-alarm budget it was set for, and what was measured at it on calm data, in words with units. */
  readonly budget: string;
}

export interface ModelDocument {
  /** `hazard-3`; letters, digits, dots and hyphens. */
  readonly name: string;
  readonly features: readonly { readonly id: string; readonly unit: string }[];
  readonly scorer: ScorerDocument;
  readonly calibration: CalibrationDocument;
  readonly timeToPnr: TimeToPnrDocument | null;
  readonly thresholds: Readonly<Record<'advisory' | 'warning' | 'critical', ModelThreshold>>;
  /** Where it comes from; enough to train it again. */
  readonly training: {
    readonly learner: string;
    readonly parameters: Readonly<Record<string, number | string | boolean>>;
    readonly plan: string;
    readonly planSha256: string;
    readonly datasetSha256: string;
    readonly seed: number;
    readonly commit: string;
    readonly rows: number;
    readonly positiveRows: number;
    readonly runs: number;
  };
  /** Figures of the evaluation by name; what each means stands in the model card. */
  readonly metrics: Readonly<Record<string, number>>;
}
