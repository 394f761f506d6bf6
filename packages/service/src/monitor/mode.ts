/** Whether a data directory is that of a live site or of playback: one must never be taken for the other. */
import { ServiceError } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** Under this name the store keeps it; absent in directories that are older, which are live. */
const MODE_KEY = 'site.mode';

/** @throws ServiceError `STORE_UNUSABLE` for a directory of the other kind */
export async function claimMode(store: Store, isPlayback: boolean): Promise<void> {
  const kept = await store.setting(MODE_KEY);
  const mode = isPlayback ? 'playback' : 'live';
  if (kept === mode) return;
  if (kept === 'playback')
    throw new ServiceError(
      'STORE_UNUSABLE',
      'It holds the playback of recordings: start with --playback, or give the live site a directory of its own.',
    );
  if (isPlayback && (kept === 'live' || !(await isEmpty(store))))
    throw new ServiceError(
      'STORE_UNUSABLE',
      'It holds a live site: give playback a directory of its own (--data FOLDER), or start without --playback.',
    );
  await store.commit({ settings: [{ key: MODE_KEY, value: mode }] });
}

const isEmpty = async (store: Store): Promise<boolean> =>
  (await store.lastSeq()) === 0 && (await store.modules()).length === 0;
