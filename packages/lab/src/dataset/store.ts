/** The folder of a dataset while it is made: what is finished is known again, what is half done never counts. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import { sha256Of } from '../recording/columns.ts';
import { cardOf } from './card.ts';
import type { FailedRun, Manifest, RunRecord } from './manifest.ts';
import { type RunResult, runFolder, seedCsvFile } from './run.ts';
import { eventsCsv, runsCsv } from './tables.ts';

const MANIFEST = 'manifest.json';
/** One small file for each finished run. */
const DONE = '.build';

/** A finished run, and what it was made of. */
interface Done {
  readonly key: string;
  readonly result: RunResult;
}

export class DatasetStore {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Opens a folder to build in: a new one, an empty one, or one with runs of this dataset. Errors: `InputError` where
   * it holds anything else.
   */
  static async open(folder: string, wanted: Pick<Manifest, 'name' | 'shard'>): Promise<DatasetStore> {
    const names = await namesIn(folder);
    if (names.length > 0 && !names.includes(DONE) && !names.includes(MANIFEST))
      throw new InputError(`${folder}: this folder holds something that is no dataset; name a new one`);
    if (names.includes(MANIFEST)) {
      const { name, shard } = await readManifest(folder);
      const found = `${shard === null ? 'the dataset' : `part ${shard} of the dataset`} ${name}`;
      if (name !== wanted.name || shard !== wanted.shard)
        throw new InputError(`${folder}: this folder holds ${found}; name a new one`);
    }
    return DatasetStore.at(folder);
  }

  /** A new or empty folder. Errors: `InputError` for any other. */
  static async create(folder: string): Promise<DatasetStore> {
    if ((await namesIn(folder)).length > 0)
      throw new InputError(`${folder}: this folder is not empty; name a new one`);
    return DatasetStore.at(folder);
  }

  private static async at(folder: string): Promise<DatasetStore> {
    try {
      await mkdir(join(folder, DONE), { recursive: true });
    } catch (error) {
      throw new InputError(`${folder}: ${(error as Error).message}`, { cause: error });
    }
    return new DatasetStore(folder);
  }

  /** Forgets every run. */
  async clear(): Promise<void> {
    for (const name of [MANIFEST, 'dataset-card.md', 'runs.csv', 'events.csv', 'frames', 'seed-csv', DONE])
      await rm(join(this.folder, name), { recursive: true, force: true });
    await mkdir(join(this.folder, DONE), { recursive: true });
  }

  /** From here on the dataset is not finished: a manifest of before would be of other files. */
  async reopen(): Promise<void> {
    await rm(join(this.folder, MANIFEST), { force: true });
  }

  /** Removes runs that are not wanted: those of another plan that was built here before. */
  async keepOnly(runs: { readonly has: (run: string) => boolean }): Promise<void> {
    const known = await readdir(join(this.folder, DONE));
    const frames = await readdir(join(this.folder, 'frames')).catch(() => []);
    const found = [
      ...known.map((name) => name.replace(/\.json$/, '')),
      ...frames.map((name) => name.slice(4)),
    ];
    const unwanted = [...new Set(found)].filter((run) => !runs.has(run));
    if (unwanted.length > 0) await this.reopen();
    for (const run of unwanted) await this.remove(run);
  }

  /** What became of the run, if it was finished from the same key and its file is whole. */
  async finished(run: string, key: string, seedCsv: boolean): Promise<RunResult | null> {
    const done = await this.read(run);
    if (done?.key !== key) return null;
    const { result } = done;
    if (result.kind === 'failed') return result;
    const { file, bytes, sha256 } = result.record;
    const path = join(this.folder, file);
    if (seedCsv && !(await exists(join(this.folder, seedCsvFile(run))))) return null;
    const found = await stat(path).catch(() => null);
    return found?.size === bytes && (await sha256Of(path)) === sha256 ? result : null;
  }

  async finish(run: string, done: Done): Promise<void> {
    await writeWhole(join(this.folder, DONE, `${run}.json`), JSON.stringify(done));
  }

  /** The manifest last: with it the dataset is finished. */
  async writeManifest(manifest: Manifest): Promise<void> {
    await writeWhole(join(this.folder, 'runs.csv'), runsCsv(manifest));
    await writeWhole(join(this.folder, 'events.csv'), eventsCsv(manifest));
    await writeWhole(join(this.folder, 'dataset-card.md'), cardOf(manifest));
    await writeWhole(join(this.folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
  }

  private async read(run: string): Promise<Done | null> {
    try {
      return JSON.parse(await readFile(join(this.folder, DONE, `${run}.json`), 'utf8')) as Done;
    } catch {
      return null;
    }
  }

  private async remove(run: string): Promise<void> {
    for (const path of [`${DONE}/${run}.json`, runFolder(run), seedCsvFile(run)])
      await rm(join(this.folder, path), { recursive: true, force: true });
  }
}

/** Empty where there is no folder yet. */
const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    const reason = error.code === 'ENOTDIR' ? 'this is a file; name a folder' : error.message;
    throw new InputError(`${folder}: ${reason}`, { cause: error });
  });

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The file appears when it is whole. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Errors: `InputError` where the folder has no manifest of a dataset. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new InputError(
      isMissing
        ? `${folder}: no dataset, or one that is not finished: there is no ${MANIFEST}`
        : `${path}: ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (manifest.format !== 'emberwatch-dataset' || manifest.version !== 1)
    throw new InputError(`${path}: no manifest of a dataset that this version reads`);
  return manifest;
}

/** Over the hashes of all runs in order. */
export const hashOfRuns = (runs: readonly RunRecord[]): string =>
  createHash('sha256')
    .update(runs.map(({ run, sha256 }) => `${run} ${sha256}\n`).join(''))
    .digest('hex');

/** The lists of a manifest from the results of its runs, in any order. */
export function listsOf(results: Iterable<RunResult>): Pick<Manifest, 'runs' | 'failed' | 'rows' | 'sha256'> {
  const byRun = (a: { run: string }, b: { run: string }): number => (a.run < b.run ? -1 : 1);
  const all = [...results];
  const runs = all.flatMap((result) => (result.kind === 'made' ? [result.record] : [])).sort(byRun);
  const failed: FailedRun[] = all
    .flatMap((result) => (result.kind === 'failed' ? [result.failed] : []))
    .sort(byRun);
  return { runs, failed, rows: runs.reduce((sum, { rows }) => sum + rows, 0), sha256: hashOfRuns(runs) };
}
