export { calibrated } from '@emberwatch/engine/detector';
export { fitIsotonic, fitPlatt, type ScoredRows } from './calibration.ts';
export type { FitOptions, Fitted, Learner, Parameters } from './learner.ts';
export { LEARNERS } from './learners.ts';
export { logisticRegression } from './logistic.ts';
export { auprc, auroc, logLoss } from './metrics.ts';
export { type ExportedModel, exportOnnx } from './onnx/export.ts';
export { type OnnxCheck, verifyOnnx } from './onnx/verify.ts';
export { scoreTable } from './score.ts';
export { type SearchOptions, type SearchResult, searchParameters, type Trial } from './search/search.ts';
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
