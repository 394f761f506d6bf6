export {
  openRecording,
  type RecordingFormat,
  type RecordingOptions,
  type RecordingPhase,
  type RecordingSummary,
} from './read.ts';
