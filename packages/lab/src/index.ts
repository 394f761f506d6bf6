export { type FeedOptions, type FeedProgress, type FeedResult, feedRecording } from './feed/feed.ts';
export * from './recording/index.ts';
export { type ChosenModel, chooseModel } from './watch/model.ts';
export { type WatchOptions, type WatchResult, watchRecording } from './watch/watch.ts';
