/** The model that a command names. */
import { readFile } from 'node:fs/promises';
import type { ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';

/** Null of `rules`. Errors: `InputError` where there is no such model, or it is broken. */
export async function modelNamed(name: string): Promise<ModelDocument | null> {
  if (name === 'rules') return null;
  try {
    return JSON.parse(await readFile(name, 'utf8')) as ModelDocument;
  } catch (error) {
    throw new InputError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}
