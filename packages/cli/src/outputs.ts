/** Files that a command is told to write: checked before the work, not after it. */
import { statSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';

/** Errors: `InputError` naming the first path that cannot be written to. */
export async function mustBeWritable(paths: readonly (string | undefined)[]): Promise<void> {
  for (const path of paths) {
    if (path === undefined) continue;
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new InputError(`${path}: this is a folder; name a file`);
    try {
      await access(found ? path : dirname(resolve(path)), constants.W_OK);
    } catch {
      throw new InputError(`${path}: the folder does not exist or cannot be written to`);
    }
  }
}
