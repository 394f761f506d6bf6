export { calibrated, fitIsotonic, fitPlatt, type ScoredRows } from './calibration.ts';
export type { FitOptions, Fitted, Learner, Parameters } from './learner.ts';
export { logisticRegression } from './logistic.ts';
export { auprc, auroc, logLoss } from './metrics.ts';
export { rowsOfTable, type Table } from './table.ts';
export { boostedQuantile, boostedRegression, boostedTrees, fitTimeToPnr } from './trees/boost.ts';
