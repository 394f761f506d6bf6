/** `emberwatch dataset`: build, merge, show. */
import { InputError } from '@emberwatch/engine/telemetry';
import {
  buildDataset,
  bytesOf,
  exposureText,
  loadPlan,
  type Manifest,
  mergeDatasets,
  openDataset,
  readManifest,
  summaryTables,
} from '@emberwatch/lab/dataset';
import { count, plural } from './format.ts';
import { progressBar } from './progress.ts';

const MAX_WORKERS = 256;
const BYTES_PER_MB = 1e6;
const MS_PER_S = 1000;

export interface BuildArguments {
  readonly output: string;
  readonly shard?: string;
  readonly workers?: string;
  readonly seedCsv?: boolean;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

export async function build(name: string, options: BuildArguments): Promise<void> {
  const shard = options.shard === undefined ? null : shardOf(options.shard);
  const workers = options.workers === undefined ? {} : { workers: workersOf(options.workers) };
  const source = await loadPlan(name);
  const bar = progressBar({ unit: 'rows' });
  try {
    const result = await buildDataset(source, {
      folder: options.output,
      shard,
      ...workers,
      seedCsv: options.seedCsv ?? false,
      fresh: options.fresh ?? false,
      onProgress: ({ runs, doneRuns, rows }) =>
        bar.update(runs === 0 ? 1 : doneRuns / runs, `run ${count(doneRuns)} of ${count(runs)}`, rows),
    });
    bar.stop();
    const { manifest, made, kept, madeRows, wallMs } = result;
    const wallS = wallMs / MS_PER_S;
    if (options.json) {
      const { runs, failed, rows, sha256 } = manifest;
      const stats = { runs: runs.length, failed: failed.length, made, kept, rows, madeRows, wallS, sha256 };
      process.stdout.write(`${JSON.stringify(stats)}\n`);
      return;
    }
    printDataset(manifest);
    const speed = made === 0 ? '' : `, ${count(madeRows / wallS)} rows/s`;
    say(`Made ${plural(made, 'run')} in ${wallS.toFixed(1)} s${speed}; ${count(kept)} found finished.`);
    say(`In ${options.output}: manifest.json, dataset-card.md, frames/`);
  } finally {
    bar.stop();
  }
}

export async function merge(parts: readonly string[], options: { output: string }): Promise<void> {
  printDataset(await mergeDatasets(parts, options.output));
}

export async function show(folder: string, options: { json?: boolean; verify?: boolean }): Promise<void> {
  const { manifest } = options.verify
    ? await openDataset(folder, { verify: true })
    : { manifest: await readManifest(folder) };
  if (options.json) process.stdout.write(`${JSON.stringify(manifest)}\n`);
  else printDataset(manifest);
  if (options.verify && !options.json)
    say(`Every file is as it was made (${plural(manifest.runs.length, 'file')}, SHA-256).`);
}

function printDataset(manifest: Manifest): void {
  const { name, shard, seed, runs, failed, rows, madeBy, sha256 } = manifest;
  say(
    `${name}${shard === null ? '' : `, part ${shard}`}: ${plural(runs.length, 'run')}, ${count(rows)} rows, ${exposureText(runs)}, ${(bytesOf(runs) / BYTES_PER_MB).toFixed(1)} MB`,
  );
  say(`${madeBy}, seed ${seed}, SHA-256 ${sha256}`);
  for (const { title, header, rows: lines } of summaryTables(manifest)) {
    say(`\n${title}`);
    for (const line of aligned([header, ...lines])) say(`  ${line}`);
  }
  if (failed.length > 0) say(`\nCould not be made: ${plural(failed.length, 'run')}`);
  for (const { run, recipe, reason } of failed) say(`  ${run} (${recipe}): ${reason}`);
  say('');
}

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

function shardOf(text: string): { k: number; n: number } {
  const [, k, n] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { k: Number(k), n: Number(n) };
  if (k === undefined || shard.k < 1 || shard.k > shard.n)
    throw new InputError(`--shard ${text}: expected k/n with k from 1 to n, such as 2/4`);
  return shard;
}

function workersOf(text: string): number {
  const workers = Number(text);
  if (!/^\d+$/.test(text) || workers < 1 || workers > MAX_WORKERS)
    throw new InputError(`--workers ${text}: expected a number from 1 to ${MAX_WORKERS}`);
  return workers;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
