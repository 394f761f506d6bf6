/** A trained model as one file: plain data with its hash, no code, limited in size. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';

/** File name of an artefact: name of the model and this. */
export const ARTEFACT_SUFFIX = '.model';
const MAX_ARTEFACT_BYTES = 32 * 2 ** 20;

export interface LoadedModel {
  readonly document: ModelDocument;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly sha256: string;
}

const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** The bytes of the file. The same document gives the same bytes. */
export function artefactOf(document: ModelDocument): Uint8Array {
  const text = JSON.stringify(document);
  return new TextEncoder().encode(
    `${JSON.stringify({ format: 'emberwatch-model', version: 1, sha256: sha256Of(text) })}\n${text}\n`,
  );
}

function documentOf(bytes: Uint8Array): ModelDocument {
  const [head = '', text = ''] = new TextDecoder().decode(bytes).split('\n');
  const { format, version, sha256 } = JSON.parse(head) as Record<string, unknown>;
  if (format !== 'emberwatch-model' || version !== 1) throw new Error('no artefact of this version');
  if (sha256 !== sha256Of(text)) throw new Error('the hash does not fit the content');
  return JSON.parse(text) as ModelDocument;
}

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
    return { document: documentOf(bytes), path, bytes, sha256 };
  } catch (error) {
    throw new InputError(`${path}: no model that can be used: ${(error as Error).message}`, { cause: error });
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
