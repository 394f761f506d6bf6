/** Files that a command is told to write: checked before the work, not after it. */
import { constants, type Stats } from 'node:fs';
import { access, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';

/** What this process writes from here on is for its owner alone. */
export const keepPrivate = (): void => void process.umask(0o077);

/** Errors: `InputError` naming the first path that cannot be written to, or that two results would share. */
export async function mustBeWritable(paths: readonly (string | undefined)[]): Promise<void> {
  const taken = new Set<string>();
  for (const path of paths) {
    if (path === undefined) continue;
    const whole = resolve(path);
    if (taken.has(whole))
      throw new InputError(`${path}: named for two results; each needs a file of its own`);
    taken.add(whole);
    const reason = await hindrance(whole);
    if (reason !== null) throw new InputError(`${path}: ${reason}`);
  }
}

/** The file appears when it is whole. Errors: what the disk refuses, with the name of the file. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Why no file can be written there, or null. */
async function hindrance(path: string): Promise<string | null> {
  const found = await statsOf(path);
  if (found?.isDirectory()) return 'this is a folder; name a file';
  const folder = dirname(path);
  const around = await statsOf(folder);
  if (!around) return `the folder ${folder} does not exist`;
  if (!around.isDirectory()) return `${folder} is a file, not a folder`;
  try {
    await access(found ? path : folder, constants.W_OK);
  } catch {
    return found ? 'this file may not be written to' : 'its folder may not be written to';
  }
  return null;
}

/** Null where nothing is, or nothing can be seen. */
const statsOf = (path: string): Promise<Stats | null> => stat(path).catch(() => null);
