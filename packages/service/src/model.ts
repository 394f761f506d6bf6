/** The model that judges beside the rules, from its file. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createModel, decodeModel, type Model } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';

export interface LoadedModel {
  readonly model: Model;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** @throws InputError with the path where the file cannot be read or is no model of this version */
export async function loadModelFile(path: string): Promise<LoadedModel> {
  try {
    const bytes = await readFile(path);
    return { model: createModel(decodeModel(bytes, sha256)), sha256: sha256(bytes) };
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
