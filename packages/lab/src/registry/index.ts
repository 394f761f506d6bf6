/** Trainings and models: kept, loaded, compared, promoted, described. */
export { ARTEFACT_SUFFIX, artefactOf, type LoadedModel, readArtefact } from './artefact.ts';
export {
  type Catalog,
  type CatalogEntry,
  catalogAt,
  compareReferences,
  exportModel,
  type Inventory,
  inventory,
  promoteModel,
  rollbackModel,
  writeCard,
} from './catalog.ts';
export type { MetricChange, ModelComparison } from './compare.ts';
export { commitNow } from './environment.ts';
export { importanceOf, parameterText } from './importance.ts';
export { ALIASES, loadModel, modelNamed, shippedFolder } from './models.ts';
export { exportOnnxOf } from './onnx.ts';
export { listRuns, type RecordResult, recordRun } from './runs.ts';
export type { StoredRun, TrainingRun } from './stored-run.ts';
