import type { Learner } from './learner.ts';
import { logisticRegression } from './logistic.ts';
import { withSmote } from './smote.ts';
import { boostedTrees } from './trees/boost.ts';
import { randomForest } from './trees/forest.ts';
import { isolationForest } from './trees/isolation.ts';

/** What tells hazardous rows from calm ones, by id. */
export const LEARNERS: Readonly<Record<string, Learner>> = Object.fromEntries(
  [
    boostedTrees,
    randomForest,
    logisticRegression,
    isolationForest,
    withSmote(boostedTrees),
    withSmote(logisticRegression),
  ].map((learner) => [learner.id, learner as unknown as Learner]),
);

export { calibrated, fitIsotonic, fitPlatt, type ScoredRows } from './calibration.ts';
export type { FitOptions, Fitted, Learner, Parameters } from './learner.ts';
export { logisticRegression } from './logistic.ts';
export { auprc, auroc, logLoss } from './metrics.ts';
export { type ExportedModel, exportOnnx } from './onnx/export.ts';
export { type OnnxCheck, verifyOnnx } from './onnx/verify.ts';
export { scoreTable } from './score.ts';
export { rowsOfTable, type Table } from './table.ts';
export {
  type CalmScores,
  poissonUpperLimit,
  type ThresholdChoice,
  thresholdForBudget,
} from './thresholds.ts';
export { boostedQuantile, boostedRegression, boostedTrees, fitTimeToPnr } from './trees/boost.ts';
export { randomForest } from './trees/forest.ts';
export { isolationForest } from './trees/isolation.ts';
