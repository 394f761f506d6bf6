/** Trainings and models: kept, loaded, compared, promoted, described. */
export { ARTEFACT_SUFFIX, artefactOf, type LoadedModel, readArtefact } from './artefact.ts';
export { commitNow } from './environment.ts';
export { loadModel, shippedFolder } from './models.ts';
export { listRuns, type RecordResult, recordRun, type StoredRun, type TrainingRun } from './runs.ts';
