/** Datasets: plans drawn, run, measured and labelled, on disk for anybody's tools. */
export { type BuildOptions, type BuildResult, buildDataset } from './build.ts';
export type { Manifest, RunRecord } from './manifest.ts';
export { mergeDatasets } from './merge.ts';
export { loadPlan } from './plan.ts';
export { openDataset } from './read.ts';
export { readManifest } from './store.ts';
export { bytesOf, exposureText, summaryTables } from './summary.ts';
