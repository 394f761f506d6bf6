/** Measurements in processes of their own, alternating, so that noise hits all alike. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './inputs.ts';
import type { Job, JobResult, Stats } from './job.ts';

export interface Variant {
  readonly label: string;
  readonly job: Job;
  /** Size of what is read, for MB/s; 0 where nothing is. */
  readonly mb: number;
}

export interface Measured {
  readonly label: string;
  readonly mb: number;
  readonly frames: number;
  readonly wallMinS: number;
  readonly wallMedianS: number;
  /** The whole process, start of Node included. */
  readonly processMedianS: number;
  readonly cpuMinS: number;
  readonly peakMb: number;
  readonly results: Stats;
}

/** Bundled as the command line is: what runs is what users run. */
export async function bundle(folder: string): Promise<string> {
  await build({
    entryPoints: {
      bench: join(ROOT, 'bench/bench.ts'),
      'store-worker': join(ROOT, 'packages/service/src/store/worker.ts'),
      'trees-worker': join(ROOT, 'packages/lab/src/learn/trees/worker.ts'),
      simulatorWorker: join(ROOT, 'bench/simulator-worker.ts'),
      'dataset-worker': join(ROOT, 'packages/lab/src/dataset/worker.ts'),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
    plugins: [
      {
        name: 'packages of npm stay outside',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@emberwatch/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  return join(folder, 'bench.mjs');
}

function runOnce(program: string, job: Job): Promise<JobResult & { processS: number }> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(process.execPath, [program, '--job', JSON.stringify(job)]);
    let [out, errors] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`the measurement "${job.kind}" failed: ${errors}`));
      else resolve({ ...JSON.parse(out), processS: (performance.now() - startMs) / 1000 });
    });
  });
}

export const runJobApart = async (program: string, job: Job): Promise<Stats> =>
  (await runOnce(program, job)).results;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return (low + high) / 2;
};

/** Each variant once, then each again: A, B, C, A, B, C. */
export async function interleaved(
  program: string,
  variants: readonly Variant[],
  repeats: number,
): Promise<Measured[]> {
  const results = variants.map((): (JobResult & { processS: number })[] => []);
  for (let k = 0; k < repeats; k++)
    for (const [i, { job }] of variants.entries()) results[i]!.push(await runOnce(program, job));
  return variants.map(({ label, mb }, i) => {
    const runs = results[i]!;
    const { results: stats } = runs[0]!;
    const walls = runs.map(({ wallS }) => wallS);
    return {
      label,
      mb,
      frames: stats['frames'] ?? Number.NaN,
      wallMinS: Math.min(...walls),
      wallMedianS: median(walls),
      processMedianS: median(runs.map(({ processS }) => processS)),
      cpuMinS: Math.min(...runs.map(({ cpuS }) => cpuS)),
      peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)),
      results: stats,
    };
  });
}
