export { type FeedOptions, type FeedProgress, type FeedResult, feedRecording } from './feed/feed.ts';
export {
  openRecording,
  type RecordingFormat,
  type RecordingOptions,
  type RecordingPhase,
  type RecordingSummary,
} from './recording/index.ts';
export { type WriteFormat, type WriteOptions, writeRecording } from './recording/write.ts';
export { type WatchOptions, type WatchResult, watchRecording } from './watch/watch.ts';
