/** The shipped models: artefacts in a folder, and aliases with their history, so that a step back is always there. */
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelDocument } from '@emberwatch/engine/detector';
import { InputError } from '@emberwatch/engine/telemetry';
import { ARTEFACT_SUFFIX, type LoadedModel, readArtefact } from './artefact.ts';
import { readRun } from './runs.ts';

/** `champion` judges by default, `challenger` runs beside it. */
export const ALIASES = ['champion', 'challenger'] as const;
export type Alias = (typeof ALIASES)[number];

export interface AliasEntry {
  readonly alias: Alias;
  readonly step: 'promote' | 'rollback';
  /** Name and hash of the artefact that the alias stands for from here on. */
  readonly model: string;
  readonly sha256: string;
  /** ISO time. */
  readonly at: string;
  readonly why: string;
}

export interface AliasFile {
  readonly format: 'emberwatch-aliases';
  readonly version: 1;
  /** Only ever appended to. */
  readonly history: readonly AliasEntry[];
}

/** As the artefact has it: what stands here never leads out of the folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;
const ALIAS_FILE = 'aliases.json';
const EMPTY: AliasFile = { format: 'emberwatch-aliases', version: 1, history: [] };
const HERE = dirname(fileURLToPath(import.meta.url));

/** The folder `models` of the current folder, of one above it, or of this checkout or package; null where none is. */
export function shippedFolder(from: string = process.cwd()): string | null {
  for (const start of [resolve(from), HERE])
    for (let folder = start; ; folder = dirname(folder)) {
      const found = join(folder, 'models');
      if (existsSync(join(found, ALIAS_FILE))) return found;
      if (folder === dirname(folder)) break;
    }
  return null;
}

/**
 * A model by path, by alias (`champion`, `challenger`; `shipped` is the champion), by name in the folder of models, or
 * by the id of a run in the store. The hash is checked, and an alias must still mean the artefact that was promoted.
 * Errors: `InputError` naming what was looked for, and where.
 */
export async function loadModel(
  reference: string,
  options: { readonly models?: string | null; readonly store?: string } = {},
): Promise<LoadedModel> {
  const { models = shippedFolder(), store = 'runs' } = options;
  const alias = reference === 'shipped' ? 'champion' : reference;
  if (isAlias(alias)) {
    if (models === null) throw new InputError(`${reference}: there is no folder models with ${ALIAS_FILE}`);
    const entry = currentOf(await readAliases(models), alias);
    if (!entry) throw new InputError(`${join(models, ALIAS_FILE)}: nothing has been promoted to ${alias}`);
    const loaded = await readArtefact(pathOf(models, entry.model));
    if (loaded.sha256 !== entry.sha256)
      throw new InputError(
        `${loaded.path}: this is not the artefact that was promoted to ${alias} (SHA-256 ${loaded.sha256.slice(0, 12)}…, promoted ${entry.sha256.slice(0, 12)}…)`,
      );
    return loaded;
  }
  if (/[/\\.]/.test(reference) && existsSync(reference)) return readArtefact(reference);
  if (models !== null && existsSync(pathOf(models, reference)))
    return readArtefact(pathOf(models, reference));
  if (existsSync(join(store, reference, 'run.json'))) {
    const { artefact } = await readRun(store, reference);
    if (!artefact) throw new InputError(`${join(store, reference)}: this run made no model`);
    return readArtefact(join(store, reference, basename(artefact.file)), artefact.sha256);
  }
  if (existsSync(reference)) return readArtefact(reference);
  const known = models === null ? [] : modelNames(models);
  throw new InputError(
    `${reference}: no file, no alias (${ALIASES.join(', ')}), no model of ${models ?? 'a folder models'}${known.length > 0 ? ` (${known.join(', ')})` : ''} and no run in ${store}`,
  );
}

const isAlias = (name: string): name is Alias => (ALIASES as readonly string[]).includes(name);
const pathOf = (models: string, name: string): string => join(models, `${name}${ARTEFACT_SUFFIX}`);

/** Names of the artefacts of a folder, in order. */
export const modelNames = (models: string): string[] =>
  readdirSync(models)
    .filter((file) => file.endsWith(ARTEFACT_SUFFIX))
    .map((file) => basename(file, ARTEFACT_SUFFIX))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

/** Errors: `InputError` for a file that is no list of aliases. */
export async function readAliases(models: string): Promise<AliasFile> {
  const path = join(models, ALIAS_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  let file: AliasFile;
  try {
    file = JSON.parse(text) as AliasFile;
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (file.format !== EMPTY.format || file.version !== 1 || !Array.isArray(file.history))
    throw new InputError(`${path}: expected format ${EMPTY.format}, version 1`);
  for (const { model } of file.history)
    if (!NAME.test(model)) throw new InputError(`${path}: "${model}" is no name of a model`);
  return file;
}

/** What the alias stood for, one below the other: a promotion lays one on top, a step back takes it away. */
function stackOf({ history }: AliasFile, alias: Alias): AliasEntry[] {
  const stack: AliasEntry[] = [];
  for (const entry of history) {
    if (entry.alias !== alias) continue;
    if (entry.step === 'rollback') stack.pop();
    else stack.push(entry);
  }
  return stack;
}

/** What the alias stands for now; undefined where nothing was promoted. */
export const currentOf = (file: AliasFile, alias: Alias): AliasEntry | undefined =>
  stackOf(file, alias).at(-1);

/**
 * Makes a checked artefact the alias; it is copied into the folder where it is not there yet. Errors: `InputError`
 * where another artefact of that name is there, or the alias stands for this one already.
 */
export async function promote(
  models: string,
  model: LoadedModel,
  alias: Alias,
  why: string,
  at: Date = new Date(),
): Promise<AliasEntry> {
  await mkdir(models, { recursive: true });
  const { name } = model.document;
  const target = pathOf(models, name);
  const file = await readAliases(models);
  const current = currentOf(file, alias);
  if (current?.sha256 === model.sha256) throw new InputError(`${name} is ${alias} already`);
  if (resolve(target) !== resolve(model.path)) {
    if (existsSync(target)) {
      const { sha256 } = await readArtefact(target);
      if (sha256 !== model.sha256)
        throw new InputError(`${target}: another artefact of this name is there; train under a new name`);
    } else await copyFile(model.path, target);
    // A signature holds for the same bytes under any name.
    if (existsSync(`${model.path}.sig`)) await copyFile(`${model.path}.sig`, `${target}.sig`);
  }
  const entry: AliasEntry = {
    alias,
    step: 'promote',
    model: name,
    sha256: model.sha256,
    at: at.toISOString(),
    why,
  };
  await writeAliases(models, { ...file, history: [...file.history, entry] });
  return entry;
}

/**
 * The alias stands again for what it stood for before its last promotion. Errors: `InputError` where there is nothing
 * before, or that artefact is gone or changed.
 */
export async function rollback(
  models: string,
  alias: Alias,
  why: string,
  at: Date = new Date(),
): Promise<{ readonly from: AliasEntry; readonly to: AliasEntry }> {
  const file = await readAliases(models);
  const [to, from] = stackOf(file, alias).slice(-2);
  if (!to || !from)
    throw new InputError(
      `${join(models, ALIAS_FILE)}: ${to ? `${to.model} is the first ${alias}; there is none before it` : `nothing has been promoted to ${alias}`}`,
    );
  await readArtefact(pathOf(models, to.model), to.sha256);
  const entry: AliasEntry = { ...to, step: 'rollback', at: at.toISOString(), why };
  await writeAliases(models, { ...file, history: [...file.history, entry] });
  return { from, to };
}

async function writeAliases(models: string, file: AliasFile): Promise<void> {
  const path = join(models, ALIAS_FILE);
  await writeFile(`${path}.new`, `${JSON.stringify(file, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

/** The model that a command names, as `loadModel`; null of `rules`. */
export const modelNamed = async (name: string): Promise<ModelDocument | null> =>
  name === 'rules' ? null : (await loadModel(name)).document;
