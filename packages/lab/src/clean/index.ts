/** Causal cleaning of recordings. */
export { type CleanResult, cleanRecording } from './file.ts';
