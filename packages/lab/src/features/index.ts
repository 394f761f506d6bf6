/** Features of datasets and recordings, through the one feature engine. */
export { openDataset } from '../dataset/read.ts';
export { eachFeatureRow, type FeatureRow, type FeatureVisitor, type RecordingSource } from './rows.ts';
export {
  type FeatureOptions,
  type WrittenFeatures,
  writeFeaturesOfDataset,
  writeFeaturesOfRecording,
} from './table.ts';
