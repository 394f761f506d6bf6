/** The token of the first admin in a file of the data directory: a log keeps what it is told, a file can be deleted. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storageError } from '../store/disk.ts';

const FILE = 'first-admin-token';

/** @returns its path. @throws ServiceError of the disk */
export function writeFirstToken(directory: string, token: string): string {
  const path = join(directory, FILE);
  try {
    rmSync(path, { force: true });
    writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return path;
  } catch (error) {
    throw storageError(error);
  }
}

/** The path of one that was left and still opens the service; one that no longer does is deleted. */
export function findFirstToken(directory: string, isLive: (token: string) => boolean): string | null {
  const path = join(directory, FILE);
  try {
    if (isLive(readFileSync(path, 'utf8').trim())) return path;
    rmSync(path, { force: true });
    return null;
  } catch {
    return null;
  }
}
