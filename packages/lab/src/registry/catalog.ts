/** What `emberwatch models` shows and does: artefacts, aliases and trainings in one view. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import { type LoadedModel, readArtefact } from './artefact.ts';
import type { EvaluationFile } from './card.ts';
import { compareModels, type ModelComparison } from './compare.ts';
import { mlflowFromEnvironment, sendAlias } from './mlflow.ts';
import {
  ALIASES,
  type Alias,
  type AliasEntry,
  currentOf,
  loadModel,
  modelNames,
  promote,
  readAliases,
  rollback,
  shippedFolder,
} from './models.ts';
import { listRuns, type RunList } from './runs.ts';

/** Where models and trainings lie. */
export interface Catalog {
  readonly models: string;
  readonly store: string;
}

/** The folder of models that was named, or the nearest there is, or `models` here, which is then made. */
export const catalogAt = (models: string | undefined, store: string): Catalog => ({
  models: models ?? shippedFolder() ?? 'models',
  store,
});

export interface CatalogEntry {
  readonly name: string;
  readonly aliases: readonly Alias[];
  /** Null where the artefact is broken; `problem` says how. */
  readonly model: LoadedModel | null;
  readonly problem: string | null;
}

export interface Inventory extends RunList {
  readonly models: readonly CatalogEntry[];
  readonly history: readonly AliasEntry[];
}

export async function inventory({ models, store }: Catalog): Promise<Inventory> {
  const file = await readAliases(models);
  const names = await namesIn(models);
  const relation = ALIASES.flatMap((alias) => currentOf(file, alias) ?? []);
  const missing = relation.map(({ model }) => model).filter((name) => !names.includes(name));
  const entries = [...names, ...new Set(missing)].map(async (name): Promise<CatalogEntry> => {
    const mine = relation.filter(({ model }) => model === name);
    const aliases = mine.map(({ alias }) => alias);
    try {
      return { name, aliases, model: await load(models, name, mine), problem: null };
    } catch (error) {
      return { name, aliases, model: null, problem: (error as Error).message };
    }
  });
  return { models: await Promise.all(entries), history: file.history, ...(await listRuns(store)) };
}

/** By its alias, where it has one: so that a changed artefact is told. */
const load = (models: string, name: string, [entry]: readonly AliasEntry[]): Promise<LoadedModel> =>
  loadModel(entry?.alias ?? name, { models });

async function namesIn(models: string): Promise<string[]> {
  try {
    return modelNames(models);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new InputError(`${models}: ${(error as Error).message}`, { cause: error });
  }
}

export interface Promotion {
  readonly entry: AliasEntry;
  /** Against what the alias stood for before; null for the first. */
  readonly comparison: ModelComparison | null;
  /** Why the alias of the MLflow server could not follow; null where it did, or none is set. */
  readonly mlflow: string | null;
}

/**
 * Checks the artefact (a broken one is refused before anything is changed), compares it with what the alias stands for,
 * and promotes it. Errors: `InputError`.
 */
export async function promoteModel(
  catalog: Catalog,
  reference: string,
  alias: string,
  why: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Promotion> {
  const model = await loadModel(reference, catalog);
  const as = aliasOf(alias);
  const current = currentOf(await readAliases(catalog.models), as);
  const before = current ? await loadModel(as, catalog).catch(() => null) : null;
  const entry = await promote(catalog.models, model, as, why);
  return {
    entry,
    comparison: before && compareModels(before, model),
    mlflow: await reportServer(environment, entry),
  };
}

export interface StepBack {
  readonly from: AliasEntry;
  readonly to: AliasEntry;
  readonly mlflow: string | null;
}

/** Errors: `InputError` where there is nothing to step back to. */
export async function rollbackModel(
  catalog: Catalog,
  alias: string,
  why: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<StepBack> {
  const { from, to } = await rollback(catalog.models, aliasOf(alias), why);
  return { from, to, mlflow: await reportServer(environment, to) };
}

async function reportServer(environment: NodeJS.ProcessEnv, entry: AliasEntry): Promise<string | null> {
  const server = mlflowFromEnvironment(environment);
  return server && sendAlias(server, entry.alias, entry.sha256);
}

function aliasOf(text: string): Alias {
  if ((ALIASES as readonly string[]).includes(text)) return text as Alias;
  throw new InputError(`${text}: no alias; there are ${ALIASES.join(' and ')}`);
}

/**
 * `evaluations`: files of both models, in the same order; none: the figures in the artefacts are compared. Errors:
 * `InputError` where a file is of another model.
 */
export async function compareReferences(
  catalog: Catalog,
  a: string,
  b: string,
  evaluations: readonly string[] = [],
): Promise<ModelComparison> {
  const models = [await loadModel(a, catalog), await loadModel(b, catalog)] as const;
  if (evaluations.length === 0) return compareModels(...models);
  if (evaluations.length !== 2)
    throw new InputError('--evaluation: give two files, of the first and of the second');
  const [x, y] = [
    await evaluationOf(evaluations[0]!, models[0]),
    await evaluationOf(evaluations[1]!, models[1]),
  ];
  if (!x.evaluation || !y.evaluation)
    throw new InputError(`${evaluations.join(', ')}: both must be evaluations on datasets`);
  return compareModels(...models, [x.evaluation, y.evaluation]);
}

/** Writes the card and its pictures beside the artefacts. Returns the paths. */
export async function writeCard(
  catalog: Catalog,
  reference: string,
  evaluationPath: string | null,
): Promise<string[]> {
  const model = await loadModel(reference, catalog);
  const evaluated = evaluationPath === null ? null : await evaluationOf(evaluationPath, model);
  // Evaluation and pictures are loaded by those who write a card.
  const { cardOf } = await import('./card.ts');
  const { text, pictures } = await cardOf(model, evaluated);
  const files = [
    { file: `${model.document.name}.md`, content: text },
    ...pictures.map(({ file, svg }) => ({ file, content: svg })),
  ];
  for (const { file, content } of files) await writeFile(join(catalog.models, file), content);
  return files.map(({ file }) => join(catalog.models, file));
}

/** Where nothing is meant by null; everywhere else it is a NaN, which JSON cannot hold. */
const NULLABLE = new Set(
  'evaluation real model level change reliability recallInterval aurocInterval modules rank cell'.split(' '),
);
const revived = (key: string, value: unknown): unknown =>
  value === null && !NULLABLE.has(key) ? Number.NaN : value;

async function evaluationOf(path: string, { document }: LoadedModel): Promise<EvaluationFile> {
  let file: Partial<EvaluationFile> | null;
  try {
    file = JSON.parse(await readFile(path, 'utf8'), revived);
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  const isFile = typeof file === 'object' && file !== null && ('evaluation' in file || 'real' in file);
  if (!isFile) throw new InputError(`${path}: not what emberwatch evaluate --json prints`);
  const found = { evaluation: null, real: null, ...file };
  const evaluatedOn = found.evaluation;
  if (evaluatedOn && evaluatedOn.model !== document.name)
    throw new InputError(
      `${path}: this is an evaluation of ${evaluatedOn.model ?? 'the rules alone'}, not of ${document.name}`,
    );
  return found;
}

/** Copies the checked artefact. */
export async function exportModel(catalog: Catalog, reference: string, output: string): Promise<LoadedModel> {
  const model = await loadModel(reference, catalog);
  await writeFile(output, model.bytes);
  return readArtefact(output, model.sha256);
}
