/** Builds the dataset that a plan describes: in parallel, in parts, and from where it was when it was killed. */
import { createHash } from 'node:crypto';
import lab from '../../package.json' with { type: 'json' };
import { type DrawnRun, drawRuns, keyOfRun, type Shard } from './draw.ts';
import type { Manifest } from './manifest.ts';
import type { PlanFile } from './plan.ts';
import { makeRuns, threadsOfMachine } from './pool.ts';
import { readProfiles } from './profile-file.ts';
import type { RunResult, RunTask } from './run.ts';
import { DatasetStore, listsOf } from './store.ts';

export interface BuildOptions {
  readonly folder: string;
  /** Only the runs of this part. */
  readonly shard?: Shard | null;
  /** Threads; as many as the machine has unless given. */
  readonly workers?: number;
  readonly seedCsv?: boolean;
  /** Keeps nothing of what was made before. */
  readonly fresh?: boolean;
  /** After each run, and once at the start. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

export interface BuildProgress {
  readonly runs: number;
  readonly doneRuns: number;
  readonly rows: number;
}

export interface BuildResult {
  readonly manifest: Manifest;
  /** Runs made now, and runs that were found finished. */
  readonly made: number;
  readonly kept: number;
  /** Of the runs that were made now. */
  readonly madeRows: number;
  readonly wallMs: number;
}

const MADE_BY = `emberwatch ${lab.version}`;

/**
 * Makes every run that is not finished yet, then manifest and card. The same plan and version give the same bytes, with
 * any number of workers. Errors: `InputError` for the plan or the folder, before anything is made; an `Error` for what
 * the disk refuses: what was finished until then is kept.
 */
export async function buildDataset(source: PlanFile, options: BuildOptions): Promise<BuildResult> {
  try {
    return await build(source, options);
  } catch (error) {
    if (!/ENOSPC|No space left/.test((error as Error).message)) throw error;
    throw new Error(
      `${options.folder}: no space left on the disk; finished runs are kept, start again when there is some`,
      { cause: error },
    );
  }
}

async function build(source: PlanFile, options: BuildOptions): Promise<BuildResult> {
  const startedMs = performance.now();
  const { folder, shard = null, workers = threadsOfMachine(), seedCsv = false, onProgress } = options;
  const profiles = await readProfiles(source);
  const drawn = (): Generator<DrawnRun> => drawRuns(source, profiles, shard);
  // The whole plan is drawn and checked, before hours of work.
  const keys = new Map<string, string>();
  for (const run of drawn()) keys.set(run.run, keyOfRun(run, MADE_BY, seedCsv));
  const store = await DatasetStore.open(folder, { name: source.plan.name, shard: shardText(shard) });
  if (options.fresh) await store.clear();
  await store.keepOnly(keys);

  const results = new Map<string, RunResult>();
  const unfinished = new Set<string>();
  for (const [run, key] of keys) {
    const result = await store.finished(run, key, seedCsv);
    if (result) results.set(run, result);
    else unfinished.add(run);
  }
  const kept = results.size;
  if (unfinished.size > 0) await store.reopen();
  let rows = 0;
  const report = (): void => onProgress?.({ runs: keys.size, doneRuns: results.size, rows });
  report();
  const threads = Math.min(workers, unfinished.size);
  await makeRuns(tasks(drawn(), unfinished, folder, seedCsv), threads, async (task, result) => {
    const { run } = task.drawn;
    await store.finish(run, { key: keys.get(run)!, result });
    results.set(run, result);
    if (result.kind === 'made') rows += result.record.rows;
    report();
  });
  const manifest = manifestOf(source, shard, results.values());
  await store.writeManifest(manifest);
  return { manifest, made: unfinished.size, kept, madeRows: rows, wallMs: performance.now() - startedMs };
}

function* tasks(
  drawn: Iterable<DrawnRun>,
  unfinished: ReadonlySet<string>,
  folder: string,
  seedCsv: boolean,
): Generator<RunTask> {
  for (const run of drawn) if (unfinished.has(run.run)) yield { drawn: run, folder, seedCsv };
}

const shardText = (shard: Shard | null): string | null => (shard ? `${shard.k}/${shard.n}` : null);

function manifestOf({ plan, value }: PlanFile, shard: Shard | null, results: Iterable<RunResult>): Manifest {
  return {
    format: 'emberwatch-dataset',
    version: 1,
    name: plan.name,
    plan: value,
    planSha256: createHash('sha256').update(JSON.stringify(value)).digest('hex'),
    madeBy: MADE_BY,
    seed: plan.seed,
    shard: shardText(shard),
    ...listsOf(results),
  };
}
