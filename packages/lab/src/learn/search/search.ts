/** The search for parameters: trials over folds by run, on threads, resumed from a journal. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { InputError } from '@emberwatch/engine/telemetry';
import Piscina from 'piscina';
import type { Parameters } from '../learner.ts';
import { LEARNERS } from '../learners.ts';
import { checkTable, type Table } from '../table.ts';
import { type FoldData, type FoldTask, foldsByRun, type SearchMetric, scoreFold } from './fold.ts';
import { Journal } from './journal.ts';
import type runFold from './worker.ts';

export interface SearchOptions {
  /** Id in LEARNERS. */
  readonly learner: string;
  /** What is tried; a missing parameter has the learner's default. */
  readonly trials: readonly Parameters[];
  readonly seed: number;
  readonly folds?: number;
  /** Area under the precision-recall curve unless given. */
  readonly metric?: SearchMetric;
  /**
   * Of the trials, those that go on after the first fold (successive halving, Jamieson and Talwalkar 2016, with folds
   * as the resource); 1 tries all on every fold.
   */
  readonly keptShare?: number;
  readonly threads?: number;
  /** Where finished folds are kept: a search that was killed goes on from there. */
  readonly journal?: string | null;
  readonly onProgress?: (share: number) => void;
}

export interface Trial {
  readonly parameters: Parameters;
  /** Of the folds that it was tried on. */
  readonly scores: readonly number[];
  readonly mean: number;
}

export interface SearchResult {
  readonly metric: SearchMetric;
  readonly trials: readonly Trial[];
  /** Best mean among the trials that saw every fold; of equal ones the first. */
  readonly chosen: Trial;
}

/**
 * The same table, trials and seed choose the same, on any number of threads and however often it was interrupted.
 * Errors: `InputError` where the learner does not exist, runs do not fill the folds, or the journal is of another search.
 */
export async function searchParameters(table: Table, options: SearchOptions): Promise<SearchResult> {
  const { learner, trials, seed, folds = 5, metric = 'auprc', keptShare = 1 / 3 } = options;
  if (!Object.hasOwn(LEARNERS, learner))
    throw new InputError(`learner ${learner}: there are ${Object.keys(LEARNERS).join(', ')}`);
  if (trials.length === 0) throw new InputError('a search needs at least one trial');
  if (!(Number.isInteger(folds) && folds >= 2))
    throw new InputError(`folds: expected 2 or more, got ${folds}`);
  checkTable(table);
  const data = { table: sharedTable(table), foldOf: foldsByRun(table, folds, seed) };
  const journal = new Journal(options.journal ?? null, hashOf(table, { learner, seed, folds, metric }));
  const kept = Math.max(1, Math.ceil(keptShare * trials.length));
  const whole = trials.length + kept * (folds - 1);
  let done = 0;
  const pool = new FoldPool(data, options.threads ?? 1);
  const scoreOf = async (trial: number, fold: number): Promise<number> => {
    const task: FoldTask = { learner, parameters: trials[trial]!, seed, fold, metric };
    const key = JSON.stringify([fold, Object.entries(task.parameters).sort(([a], [b]) => (a < b ? -1 : 1))]);
    let score = journal.find(key);
    if (score === undefined) journal.add(key, (score = await pool.run(task)));
    options.onProgress?.(++done / whole);
    return score;
  };
  try {
    const first = await Promise.all(trials.map((_, trial) => scoreOf(trial, 0)));
    const order = first.map((_, trial) => trial).sort((a, b) => first[b]! - first[a]! || a - b);
    const survivors = new Set(order.slice(0, kept));
    const rest = Array.from({ length: folds - 1 }, (_, k) => k + 1);
    const tried = await Promise.all(
      trials.map(async (parameters, trial): Promise<Trial> => {
        const others = survivors.has(trial) ? rest.map((fold) => scoreOf(trial, fold)) : [];
        const scores = [first[trial]!, ...(await Promise.all(others))];
        return { parameters, scores, mean: scores.reduce((sum, score) => sum + score, 0) / scores.length };
      }),
    );
    const finalists = tried.filter(({ scores }) => scores.length === folds);
    return {
      metric,
      trials: tried,
      chosen: finalists.reduce((best, one) => (one.mean > best.mean ? one : best)),
    };
  } finally {
    await pool.close();
  }
}

/** Here where one thread is enough, else on as many of their own. */
class FoldPool {
  private readonly data: FoldData;
  private readonly pool: Piscina<FoldTask, ReturnType<typeof runFold>> | null;

  constructor(data: FoldData, threads: number) {
    this.data = data;
    this.pool =
      threads <= 1
        ? null
        : new Piscina({ ...program(), workerData: data, minThreads: threads, maxThreads: threads });
  }

  async run(task: FoldTask): Promise<number> {
    if (this.pool) return this.pool.run(task);
    // Whoever waits for a search may want to do something else in between.
    await new Promise((next) => setImmediate(next));
    return scoreFold(this.data, task);
  }

  async close(): Promise<void> {
    await this.pool?.destroy();
  }
}

/** The source of the worker beside this one, or, in a bundle, the file that `build.mjs` makes of it. */
function program(): { filename: string; execArgv: string[] } {
  const extension = /\.\w+$/.exec(new URL(import.meta.url).pathname)![0];
  const isSource = extension === '.ts';
  return {
    filename: new URL(isSource ? './worker.ts' : `./search-worker${extension}`, import.meta.url).href,
    execArgv: isSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [],
  };
}

/** One copy in memory that all threads read. */
function sharedTable(table: Table): Table {
  const shared = <T extends Float32Array | Int32Array>(from: T): T => {
    const Kind = from.constructor as new (buffer: SharedArrayBuffer) => T;
    const copy = new Kind(new SharedArrayBuffer(from.byteLength));
    copy.set(from);
    return copy;
  };
  return {
    ...table,
    columns: table.columns.map(shared),
    target: shared(table.target),
    weight: shared(table.weight),
    run: shared(table.run),
  };
}

function hashOf({ columns, target, weight, run, features }: Table, settings: object): string {
  const hash = createHash('sha256').update(JSON.stringify({ ...settings, features }));
  for (const { buffer, byteOffset, byteLength } of [...columns, target, weight, run])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
