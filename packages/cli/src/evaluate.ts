/** `emberwatch evaluate`: what a model and the rules do on runs whose truth is known, and on real recordings. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { InputError } from '@emberwatch/engine/telemetry';
import {
  abuseTable,
  EVALUATED_SPLITS,
  evaluateAbuse,
  evaluateDatasets,
  evaluateReal,
  evaluationText,
  markdownOf,
  realTable,
  seedProtocol,
  seedProtocolTable,
} from '@emberwatch/lab/evaluate';
import { modelNamed } from '@emberwatch/lab/registry';
import { mustBeWritable } from './outputs.ts';
import { progressBar } from './progress.ts';

export interface EvaluateArguments {
  readonly json?: boolean;
  readonly report?: string;
  readonly real?: string;
  readonly seedProtocol?: string;
  readonly splits?: string;
  readonly quick?: boolean;
  readonly workers?: string;
}

export async function evaluate(
  name: string,
  folders: readonly string[],
  options: EvaluateArguments,
): Promise<void> {
  await mustBeWritable([options.report]);
  if (folders.length === 0 && options.real === undefined && options.seedProtocol === undefined)
    throw new InputError('evaluate: name a dataset, or real recordings with --real DIR');
  const model = await modelNamed(name);
  const bar = progressBar({ unit: null });
  const onProgress = (share: number, phase: string): void => bar.update(share, phase, 0);
  try {
    const evaluation =
      folders.length === 0
        ? null
        : await evaluateDatasets(model, folders, {
            splits: splitsOf(options.splits),
            withRobustness: !options.quick,
            workers: workersOf(options.workers),
            onProgress,
          });
    const real = options.real === undefined ? null : await evaluateReal(options.real, model, onProgress);
    const abuse = options.real === undefined ? null : await evaluateAbuse(options.real, model);
    const protocol = options.seedProtocol === undefined ? null : await seedProtocol(options.seedProtocol);
    bar.stop();
    if (options.json)
      process.stdout.write(
        `${JSON.stringify({ evaluation, real, ...(abuse && { abuse }), ...(protocol && { protocol }) })}\n`,
      );
    else {
      if (evaluation) process.stdout.write(`${evaluationText(evaluation)}\n`);
      if (real) process.stdout.write(`${markdownOf(realTable(real))}\n`);
      if (abuse) process.stdout.write(`${markdownOf(abuseTable(abuse))}\n`);
      if (protocol) process.stdout.write(`${markdownOf(seedProtocolTable(protocol))}\n`);
    }
    if (options.report !== undefined) {
      const { evaluationHtml } = await import('@emberwatch/lab/evaluate-report');
      await writeFile(options.report, await evaluationHtml(evaluation, real));
      if (!options.json) process.stdout.write(`Report: ${options.report}\n`);
    }
  } finally {
    bar.stop();
  }
}

function splitsOf(text: string | undefined): typeof EVALUATED_SPLITS {
  if (text === undefined) return EVALUATED_SPLITS;
  const known: readonly string[] = [...EVALUATED_SPLITS, 'validation', 'train'];
  const names = text.split(',').map((name) => name.trim());
  for (const name of names)
    if (!known.includes(name))
      throw new InputError(`--splits ${name}: there is no such split; there are ${known.join(', ')}`);
  return names as unknown as typeof EVALUATED_SPLITS;
}

/** As many threads as the machine has unless told otherwise. */
export function workersOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > 256)
    throw new InputError(`--workers ${text}: expected a whole number between 1 and 256`);
  return workers;
}
