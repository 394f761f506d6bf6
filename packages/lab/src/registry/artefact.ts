/** A trained model as one file: plain data with its hash, no code, limited in size. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { decodeModel, encodeModel, type ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';

/** File name of an artefact: name of the model and this. */
export const ARTEFACT_SUFFIX = '.model';
/** Before it is read; the decoder has limits of its own. */
const MAX_ARTEFACT_BYTES = 32 * 2 ** 20;

export interface LoadedModel {
  readonly document: ModelDocument;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly sha256: string;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The bytes of the file. The same document gives the same bytes. Errors: `InputError` where it is no whole model. */
export const artefactOf = (document: ModelDocument): Uint8Array => encodeModel(document, sha256Of);

/**
 * Errors: `InputError` naming the file, where it is absent, too large, broken, or not the one of the hash `expected`.
 */
export async function readArtefact(path: string, expected?: string): Promise<LoadedModel> {
  const bytes = await contentOf(path);
  const sha256 = sha256Of(bytes);
  if (expected !== undefined && expected !== sha256)
    throw new InputError(
      `${path}: SHA-256 ${sha256.slice(0, 12)}…, recorded was ${expected.slice(0, 12)}…: this file has changed`,
    );
  try {
    return { document: decodeModel(bytes, sha256Of), path, bytes, sha256 };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${path}: ${error.message}`, { cause: error });
  }
}

async function contentOf(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new InputError(`${path}: no such file`);
  if (!found.isFile()) throw new InputError(`${path}: this is a folder; name a file`);
  if (found.size > MAX_ARTEFACT_BYTES)
    throw new InputError(`${path}: ${found.size} bytes; no model is larger than ${MAX_ARTEFACT_BYTES}`);
  return new Uint8Array(await readFile(path));
}
