/** The model that a command names. */
import type { ModelDocument } from '@emberwatch/engine/detector';
import { loadModel } from '../registry/index.ts';

/** A file, an alias, `shipped`; null of `rules`. Errors: `InputError` where there is no such model, or it is broken. */
export const modelNamed = async (name: string): Promise<ModelDocument | null> =>
  name === 'rules' ? null : (await loadModel(name)).document;
