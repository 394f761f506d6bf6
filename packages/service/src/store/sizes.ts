/** What waits for the disk is counted on both sides of the thread alike. */
import type { Commit } from './store.ts';

/** Bytes of the frames of a commit; all else is small. */
export const bytesOf = ({ batches = [] }: Commit): number =>
  batches.reduce((sum, { frames }) => sum + frames.byteLength, 0);
