/** The local run store: a folder for each training, written once and never changed. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import { environmentNow } from './environment.ts';
import { type MlflowResult, mlflowFromEnvironment, sendRun } from './mlflow.ts';
import type { StoredRun, TrainingRun } from './stored-run.ts';

export interface RecordResult {
  readonly run: StoredRun;
  readonly folder: string;
  /** Null where no server is set. */
  readonly mlflow: MlflowResult | null;
}

const RUN_FILE = 'run.json';
const MLFLOW_FILE = 'mlflow.json';
const MAX_SAME_SECOND = 1000;

/**
 * Keeps a training: first here, then, where MLFLOW_TRACKING_URI is set, on that server; a server that fails loses
 * nothing and is told in the result and in `mlflow.json` beside the run.
 *
 * @param artefact file name and content; null where the training made no model
 */
export async function recordRun(
  store: string,
  training: TrainingRun,
  artefact: { readonly file: string; readonly bytes: Uint8Array } | null,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RecordResult> {
  const id = await newFolder(store, training);
  const folder = join(store, id);
  const kept = artefact && {
    file: artefact.file,
    sha256: createHash('sha256').update(artefact.bytes).digest('hex'),
    bytes: artefact.bytes.byteLength,
  };
  const run: StoredRun = {
    format: 'emberwatch-run',
    version: 1,
    id,
    ...training,
    environment: await environmentNow(),
    artefact: kept,
  };
  if (artefact) await writeFile(join(folder, artefact.file), artefact.bytes, { flag: 'wx' });
  // Last, so that a folder without it was broken off.
  await writeFile(join(folder, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`, { flag: 'wx' });
  const server = mlflowFromEnvironment(environment);
  if (server === null) return { run, folder, mlflow: null };
  const mlflow = await sendRun(server, run, artefact?.bytes ?? null);
  await writeFile(join(folder, MLFLOW_FILE), `${JSON.stringify(mlflow, null, 2)}\n`, { flag: 'wx' });
  return { run, folder, mlflow };
}

async function newFolder(store: string, { name, startedMs }: TrainingRun): Promise<string> {
  const time = new Date(startedMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  await mkdir(store, { recursive: true }).catch((error: Error) => {
    throw new InputError(`${store}: ${error.message}`, { cause: error });
  });
  for (let n = 1; n <= MAX_SAME_SECOND; n++) {
    const id = `${time}-${name}${n === 1 ? '' : `-${n}`}`;
    try {
      await mkdir(join(store, id));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new InputError(`${store}: more than ${MAX_SAME_SECOND} runs of ${name} in one second`);
}

export interface RunList {
  /** The latest first. */
  readonly runs: readonly StoredRun[];
  /** Folders that hold no whole run, and why. */
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
}

/** Everything in the store; nothing where there is none. */
export async function listRuns(store: string): Promise<RunList> {
  const ids = await readdir(store).catch(() => []);
  const runs: StoredRun[] = [];
  const broken: { id: string; reason: string }[] = [];
  for (const id of ids.sort().reverse()) {
    try {
      runs.push(await readRun(store, id));
    } catch (error) {
      broken.push({ id, reason: (error as Error).message });
    }
  }
  return { runs, broken };
}

/** Errors: `InputError` where the folder is no whole run. */
export async function readRun(store: string, id: string): Promise<StoredRun> {
  const path = join(store, id, RUN_FILE);
  let run: StoredRun;
  try {
    run = JSON.parse(await readFile(path, 'utf8')) as StoredRun;
  } catch (error) {
    const isAbsent = /^(ENOENT|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '');
    throw new InputError(isAbsent ? `no ${RUN_FILE}: broken off, or no run` : (error as Error).message, {
      cause: error,
    });
  }
  if (run.format !== 'emberwatch-run' || run.version !== 1)
    throw new InputError(`${path}: format ${run.format} version ${run.version}, expected emberwatch-run 1`);
  return run;
}
