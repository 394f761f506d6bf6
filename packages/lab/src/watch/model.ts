/** Which model judges beside the rules. */
import { createModel, type Model } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { currentOf, loadModel, readAliases, shippedFolder } from '../registry/models.ts';

export interface ChosenModel {
  readonly model: Model;
  readonly path: string;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

/**
 * The model of a reference: a file, an alias, a name, or `none`. Without a reference the shipped champion, or null
 * where nothing has been promoted. Errors: `InputError`.
 */
export async function chooseModel(reference?: string): Promise<ChosenModel | null> {
  if (reference === 'none' || (reference === undefined && !(await hasChampion()))) return null;
  const { document, path, sha256 } = await loadModel(reference ?? 'champion');
  try {
    return { model: createModel(document), path, sha256 };
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}; --model none judges by the rules alone`, {
      cause: error,
    });
  }
}

async function hasChampion(): Promise<boolean> {
  const folder = shippedFolder();
  return folder !== null && currentOf(await readAliases(folder), 'champion') !== undefined;
}
