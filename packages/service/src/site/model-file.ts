/** The model that judges beside the rules, from its file. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createModel, decodeModel, type Model, type ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';

export interface LoadedModel {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly document: ModelDocument;
  readonly model: Model;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** @throws InputError with the path where the file cannot be read or is no model of this version */
export async function loadModelFile(path: string): Promise<LoadedModel> {
  try {
    const bytes = await readFile(path);
    const document = decodeModel(bytes, sha256);
    return { path, bytes, document, model: createModel(document), sha256: sha256(bytes) };
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
