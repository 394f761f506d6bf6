/** The model that judges beside the rules, from its file. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createModel, decodeModel, type Model, type ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { checkSignature, SIGNATURE_SUFFIX, type SignatureState } from './model-signature.ts';

export interface LoadedModel {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly document: ModelDocument;
  readonly model: Model;
  /** Of the whole file, hex. */
  readonly sha256: string;
  readonly signature: SignatureState;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * @param keys public keys of those whose models are taken; none: whoever's
 * @throws InputError with the path where the file cannot be read, is no model of this version, or is not signed by one
 * of the keys
 */
export async function loadModelFile(path: string, keys: readonly string[] = []): Promise<LoadedModel> {
  try {
    const bytes = await readFile(path);
    const signature = checkSignature(bytes, await readSignature(path), keys);
    const document = decodeModel(bytes, sha256);
    return { path, bytes, document, model: createModel(document), sha256: sha256(bytes), signature };
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

async function readSignature(path: string): Promise<string | null> {
  try {
    return await readFile(`${path}${SIGNATURE_SUFFIX}`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
