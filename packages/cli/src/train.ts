/** `emberwatch train`: a calibrated model from a dataset. */
import { basename } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import { CHANNEL_GROUPS, type ChannelGroup, markdownOf, partTable } from '@emberwatch/lab/evaluate';
import {
  keep,
  LEAVE_OUT,
  type LeaveOut,
  leaveOneOut,
  type PipelineResult,
  trainOnDataset,
} from '@emberwatch/lab/train';
import { workersOf } from './evaluate.ts';
import { count, plural } from './format.ts';
import { mustBeWritable } from './outputs.ts';
import { progressBar } from './progress.ts';

export interface TrainArguments {
  readonly output: string;
  readonly name?: string;
  readonly learner: string;
  readonly set?: readonly string[];
  readonly search: string;
  readonly seed: string;
  readonly views: string;
  readonly rows: string;
  readonly without?: string;
  readonly leaveOut?: string;
  readonly cache?: string;
  readonly workers?: string;
  readonly store: string;
  readonly json?: boolean;
}

export async function train(folder: string, options: TrainArguments): Promise<void> {
  await mustBeWritable([options.output]);
  const startedMs = Date.now();
  const bar = progressBar({ unit: null });
  const requested = {
    name: options.name ?? basename(options.output).replace(/\.\w+$/, ''),
    learner: options.learner,
    parameters: Object.fromEntries((options.set ?? []).map(settingOf)),
    search: wholeOf('--search', options.search, 1, 1000),
    seed: wholeOf('--seed', options.seed, 0, Number.MAX_SAFE_INTEGER),
    views: wholeOf('--views', options.views, 1, 10),
    rowsOfEvent: wholeOf('--rows', options.rows, 10, 100_000),
    without: groupsOf(options.without),
    cache: options.cache ?? null,
    workers: workersOf(options.workers),
    onProgress: (share: number, phase: string) => bar.update(share, phase, 0),
  };
  try {
    if (options.leaveOut !== undefined) {
      const by = leaveOutOf(options.leaveOut);
      const { parts, skipped } = await leaveOneOut(folder, by, requested);
      bar.stop();
      if (options.json) process.stdout.write(`${JSON.stringify({ leaveOut: by, parts, skipped })}\n`);
      else {
        const table = markdownOf(partTable(`Each ${by} left out of training in turn`, parts));
        const notes = skipped.map(({ name, reason }) => `Not judged: without ${name} ${reason}\n`);
        process.stdout.write(`${table}\n${notes.join('')}`);
      }
      return;
    }
    const result = await trainOnDataset(folder, requested);
    bar.stop();
    const command = ['train', ...process.argv.slice(3)];
    const { folder: record, mlflow } = await keep(result, options.output, {
      store: options.store,
      command,
      startedMs,
    });
    if (options.json) process.stdout.write(`${JSON.stringify({ ...statsOf(result), record, mlflow })}\n`);
    else {
      printResult(result, options.output);
      process.stdout.write(`Record: ${record}\n${mlflow ? `${mlflowText(mlflow)}\n` : ''}`);
    }
  } finally {
    bar.stop();
  }
}

type MlflowResult = NonNullable<Awaited<ReturnType<typeof keep>>['mlflow']>;

function mlflowText({ url, sent, runId, modelVersion, problems }: MlflowResult): string {
  const version = modelVersion === null ? '' : `, version ${modelVersion} of the model`;
  const head = sent ? `MLflow: ${url}, run ${runId}${version}` : `MLflow: not sent to ${url}`;
  return problems.length === 0 ? head : `${head}; ${problems.join('; ')}`;
}

const statsOf = ({
  document,
  fit,
  trials,
  thresholds,
  rows,
  rowsFromCache,
  seconds,
  peakMemoryMb,
}: PipelineResult) => ({
  name: document.name,
  training: document.training,
  metrics: document.metrics,
  thresholds,
  fit,
  trials,
  rows,
  rowsFromCache,
  seconds,
  peakMemoryMb,
});

function printResult(result: PipelineResult, output: string): void {
  const { document, fit, trials, thresholds, rows, rowsFromCache, seconds, peakMemoryMb } = result;
  const { training, scorer } = document;
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`${document.name}: ${training.learner} on ${training.plan}, ${training.runs} runs`);
  say(
    `${count(rows)} rows kept${rowsFromCache ? ' (from the cache)' : ''}, ${count(training.rows)} trained on, ${count(training.positiveRows)} of them hazardous`,
  );
  for (const { parameters, scores, mean } of trials)
    say(`  AUPRC ${mean.toFixed(4)} over ${plural(scores.length, 'fold')}: ${settingsText(parameters)}`);
  const { logLoss, auroc, auprc, rounds, seconds: fitS } = fit;
  say(
    `Validation rows: AUPRC ${auprc.toFixed(4)}, AUROC ${auroc.toFixed(4)}, log-loss ${logLoss.toFixed(4)}${rounds === null ? '' : `, ${rounds} rounds`}, ${fitS.toFixed(1)} s; ${settingsText(fit.parameters)}`,
  );
  for (const [level, { probability, budget }] of Object.entries(thresholds))
    say(`${level.padEnd(9)} from ${probability.toPrecision(3)}: ${budget}`);
  const trees = 'trees' in scorer ? `, ${scorer.trees.length} trees` : '';
  say(
    `${output}${trees}. Rows ${seconds.rows.toFixed(1)} s, learning ${seconds.learning.toFixed(1)} s, together ${seconds.total.toFixed(1)} s; peak memory ${count(peakMemoryMb)} MB.`,
  );
}

function settingsText(parameters: PipelineResult['fit']['parameters']): string {
  const { increasing, decreasing, ...shown } = parameters;
  const settings = Object.entries(shown).map(([name, value]) => `${name} ${value}`);
  return settings.join(', ') || 'defaults';
}

function settingOf(text: string): [string, number | string | boolean] {
  const at = text.indexOf('=');
  if (at < 1) throw new InputError(`--set ${text}: expected name=value`);
  const value = text.slice(at + 1);
  if (value === 'true' || value === 'false') return [text.slice(0, at), value === 'true'];
  return [text.slice(0, at), value === '' || Number.isNaN(Number(value)) ? value : Number(value)];
}

function wholeOf(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new InputError(`${option} ${text}: expected a whole number between ${min} and ${max}`);
  return value;
}

function groupsOf(text: string | undefined): ChannelGroup[] {
  const names = (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  for (const name of names)
    if (!Object.hasOwn(CHANNEL_GROUPS, name))
      throw new InputError(
        `--without ${name}: there is no such group of channels; there are ${Object.keys(CHANNEL_GROUPS).join(', ')}`,
      );
  return names as ChannelGroup[];
}

function leaveOutOf(text: string): LeaveOut {
  if ((LEAVE_OUT as readonly string[]).includes(text)) return text as LeaveOut;
  throw new InputError(`--leave-out ${text}: expected one of ${LEAVE_OUT.join(', ')}`);
}
