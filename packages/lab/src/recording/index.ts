export {
  openRecording,
  type RecordingFormat,
  type RecordingOptions,
  type RecordingPhase,
  type RecordingSummary,
} from './read.ts';
export { type WriteFormat, type WriteOptions, writeRecording } from './write.ts';
