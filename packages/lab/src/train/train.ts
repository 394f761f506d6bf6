/** From a dataset to a calibrated model document: rows, weights, learner, calibration, thresholds, time to no return. */
import type { ModelDocument, ScorerDocument, TimeToPnrDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { MS_PER_S } from '@emberwatch/engine/units';
import type { Manifest } from '../dataset/manifest.ts';
import {
  auprc,
  auroc,
  type Fitted,
  fitPlatt,
  fitTimeToPnr,
  type Learner,
  logLoss,
  type Parameters,
  scoreTable,
  searchParameters,
  type Table,
  type Trial,
} from '../learn/index.ts';
import { MODEL_FEATURES } from '../rows/collect.ts';
import type { RunMetrics } from '../rows/outcome.ts';
import type { ChannelGroup } from '../rows/perturbation.ts';
import { type RowColumns, tableOf, type Unit } from '../rows/rows.ts';
import { givesLogOdds, scoresOfTable } from '../rows/score.ts';
import { HAZARD_WINDOW_S } from '../rows/truth.ts';
import { unitWeights } from './balance.ts';
import { trialsOf } from './search.ts';
import { probabilityBy, type SetThreshold, thresholdsOf } from './thresholds.ts';

export interface TrainOptions {
  readonly name: string;
  readonly learner: Learner;
  readonly parameters: Parameters;
  /** How many settings are tried; 1: only the given ones. */
  readonly search: number;
  /** Threads of the search; a file where it goes on after it was killed, null: nowhere. */
  readonly workers: number;
  readonly journal: string | null;
  readonly seed: number;
  readonly commit: string;
  /** Groups of channels that training never saw. */
  readonly without: readonly ChannelGroup[];
  readonly onProgress?: (share: number, phase: string) => void;
}

/** Of the model that was kept. */
export interface Fit {
  readonly parameters: Parameters;
  /** Weighted, of validation rows. */
  readonly logLoss: number;
  readonly auroc: number;
  readonly auprc: number;
  readonly rounds: number | null;
  readonly seconds: number;
}

export interface Trained {
  readonly document: ModelDocument;
  readonly fit: Fit;
  /** Settings that were tried, by the mean average precision over folds of the training runs; empty without a search. */
  readonly trials: readonly Trial[];
  readonly curve: { readonly train: readonly number[]; readonly validation: readonly number[] } | null;
  /** What each threshold was set by. */
  readonly thresholds: Readonly<Record<'advisory' | 'warning' | 'critical', SetThreshold>>;
}

const MONOTONE = {
  increasing: MODEL_FEATURES.filter(({ monotone }) => monotone > 0)
    .map(({ id }) => id)
    .join(' '),
  decreasing: MODEL_FEATURES.filter(({ monotone }) => monotone < 0)
    .map(({ id }) => id)
    .join(' '),
};

interface Parts {
  readonly train: Table;
  readonly validation: Table;
  readonly trainTimeToPnrS: Float32Array;
  readonly validationTimeToPnrS: Float32Array;
  /** Time that each validation row stands for, s: calibration goes by it. */
  readonly validationTimeS: Float32Array;
}

/** Errors: `InputError` where a split has no hazardous row, or no other. */
function partsOf(rows: RowColumns, { runs }: Pick<Manifest, 'runs'>): Parts {
  const weights = unitWeights(rows.units);
  const of = (split: string) => tableOf(rows, weights, ({ run }: Unit) => runs[run]!.split === split);
  const [train, validation] = [of('train'), of('validation')];
  for (const [name, { table }] of [
    ['train', train],
    ['validation', validation],
  ] as const) {
    const hazardous = table.target.reduce((sum, one) => sum + one, 0);
    if (hazardous === 0 || hazardous === table.rows)
      throw new InputError(
        `the ${name} runs have ${hazardous} hazardous rows of ${table.rows}: nothing can be learnt from that; more runs are needed`,
      );
  }
  return {
    train: train.table,
    validation: validation.table,
    trainTimeToPnrS: train.timeToPnrS,
    validationTimeToPnrS: validation.timeToPnrS,
    validationTimeS: validation.timeS,
  };
}

/**
 * @param tally judges the validation runs with the model, for thresholds
 * Errors: `InputError` where there is too little to learn from, or a parameter does not exist.
 */
export async function trainModel(
  rows: RowColumns,
  manifest: Manifest,
  metrics: (model: ModelDocument) => Promise<RunMetrics[]>,
  options: TrainOptions,
): Promise<Trained> {
  const { seed, onProgress } = options;
  const parts = partsOf(rows, manifest);
  const { settings, trials } = await settingsFor(parts.train, options);
  const best = fitted(parts, settings, options);
  onProgress?.(0, 'time to no return');
  const timeToPnr = timesOf(parts, seed);
  const draft = draftOf(best, timeToPnr, parts, manifest, options);
  const probabilityOf = probabilityBy(draft.calibration, givesLogOdds(best.scorer));
  const runMetrics = await metrics(draft);
  const thresholds = thresholdsOf(runMetrics, probabilityOf);
  const { logLoss: loss, auroc: area, auprc: precision } = best.fit;
  const document: ModelDocument = {
    ...draft,
    thresholds: {
      advisory: plain(thresholds.advisory),
      warning: plain(thresholds.warning),
      critical: plain(thresholds.critical),
    },
    metrics: { validationLogLoss: loss, validationAuroc: area, validationAuprc: precision },
  };
  return { document, fit: best.fit, trials, curve: best.curve, thresholds };
}

const plain = ({ probability, budget }: SetThreshold) => ({ probability, budget });

interface Candidate {
  readonly scorer: ScorerDocument;
  readonly fit: Fit;
  readonly curve: Fitted['curve'];
}

const FOLDS = 3;

/** The given settings, or those that did best over folds of the training runs: validation has no say in it. */
async function settingsFor(
  train: Table,
  { learner, parameters, search, seed, workers, journal, onProgress }: TrainOptions,
): Promise<{ settings: Parameters; trials: readonly Trial[] }> {
  const monotone = Object.hasOwn(learner.defaults, 'increasing') ? MONOTONE : {};
  const requested = { ...monotone, ...parameters };
  if (search <= 1) return { settings: requested, trials: [] };
  const drawn = trialsOf(learner.defaults, search, seed);
  const { trials, chosen } = await searchParameters(train, {
    learner: learner.id,
    trials: drawn.map((one) => ({ ...monotone, ...one, ...parameters })),
    seed,
    folds: FOLDS,
    threads: workers,
    journal,
    onProgress: (share) => onProgress?.(share, `${search} settings`),
  });
  return { settings: chosen.parameters, trials };
}

function fitted(
  { train, validation }: Parts,
  settings: Parameters,
  { learner, seed, onProgress }: TrainOptions,
): Candidate {
  const startMs = performance.now();
  const { scorer, curve } = learner.fit(train, {
    validation,
    seed,
    parameters: settings,
    onProgress: (share) => onProgress?.(share, 'learning'),
  });
  const score = scoresOfTable(scorer, validation);
  const { target, weight } = validation;
  const fit: Fit = {
    parameters: { ...learner.defaults, ...settings },
    logLoss: logLoss({ score: score.map((s) => 1 / (1 + Math.exp(-s))), target, weight }),
    auroc: auroc({ score, target, weight }),
    auprc: auprc({ score, target, weight }),
    rounds: curve?.train.length ?? null,
    seconds: (performance.now() - startMs) / MS_PER_S,
  };
  return { scorer, fit, curve };
}

/** Small trees: three of them travel with every model. */
const TIME_TREES = { trees: 60, maxLeaves: 12, learningRate: 0.1 } as const;

function timesOf(parts: Parts, seed: number): TimeToPnrDocument | null {
  const of = (table: Table, timeToPnrS: Float32Array): Table => {
    const ahead: number[] = [];
    for (let row = 0; row < table.rows; row++) if (timeToPnrS[row]! > 0) ahead.push(row);
    const pick = (from: Float32Array): Float32Array => Float32Array.from(ahead, (row) => from[row]!);
    return {
      features: table.features,
      rows: ahead.length,
      columns: table.columns.map(pick),
      target: Float32Array.from(ahead, (row) => Math.log(Math.max(1, timeToPnrS[row]!))),
      weight: pick(table.weight),
      run: Int32Array.from(ahead, (row) => table.run[row]!),
    };
  };
  const [train, validation] = [
    of(parts.train, parts.trainTimeToPnrS),
    of(parts.validation, parts.validationTimeToPnrS),
  ];
  if (train.rows === 0 || validation.rows === 0) return null;
  return fitTimeToPnr(train, { validation, seed, parameters: TIME_TREES });
}

/** Everything but the thresholds, which are set by what the model then says of calm runs. */
function draftOf(
  { scorer, fit }: Candidate,
  timeToPnr: TimeToPnrDocument | null,
  { train, validation, validationTimeS }: Parts,
  manifest: Manifest,
  { name, learner, seed, commit, without }: TrainOptions,
): ModelDocument {
  const used = new Set([...train.run, ...validation.run]);
  const never = { probability: 1, budget: 'not set yet' };
  return {
    name,
    features: MODEL_FEATURES.map(({ id, unit }) => ({ id, unit })),
    scorer,
    calibration: fitPlatt({
      score: scoreTable(scorer, validation),
      target: validation.target,
      weight: validationTimeS,
    }),
    timeToPnr,
    thresholds: { advisory: never, warning: never, critical: never },
    training: {
      learner: learner.id,
      parameters: {
        ...fit.parameters,
        hazardWindowS: HAZARD_WINDOW_S,
        ...(without.length > 0 && { without: without.join(' ') }),
      },
      plan: manifest.name,
      planSha256: manifest.planSha256,
      datasetSha256: manifest.sha256,
      seed,
      commit,
      rows: train.rows,
      positiveRows: train.target.reduce((sum, one) => sum + one, 0),
      runs: used.size,
    },
    metrics: {},
  };
}
