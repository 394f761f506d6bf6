export { loadMapping, parseMapping } from './mapping.ts';
export {
  openRecording,
  type RecordingFormat,
  type RecordingOptions,
  type RecordingPhase,
  type RecordingSummary,
} from './recording/index.ts';
export { type WatchOptions, type WatchResult, watchRecording } from './watch/watch.ts';
