/** `emberwatch models`: what there is, what stands for what, one step forward and one back. */
import { readFile } from 'node:fs/promises';
import { InputError } from '@emberwatch/engine/telemetry';
import type {
  Catalog,
  Inventory,
  LoadedModel,
  MetricChange,
  ModelComparison,
} from '@emberwatch/lab/registry';
import {
  catalogAt,
  compareReferences,
  exportModel,
  exportOnnxOf,
  importanceOf,
  inventory,
  loadModel,
  parameterText,
  promoteModel,
  rollbackModel,
  writeCard,
} from '@emberwatch/lab/registry';
import {
  checkSignature,
  keyIdOf,
  publicKeyOf,
  SIGNATURE_SUFFIX,
  signModel,
} from '@emberwatch/service/offline';
import { count, plural, stamp } from './format.ts';
import { mustBeWritable, writeWhole } from './outputs.ts';

export interface ModelsArguments {
  readonly models?: string;
  readonly store: string;
  readonly json?: boolean;
  readonly as?: string;
  readonly why?: string;
  readonly output?: string;
  readonly onnx?: string;
  readonly evaluation?: string;
}

const catalogOf = ({ models, store }: Pick<ModelsArguments, 'models' | 'store'>): Catalog =>
  catalogAt(models, store);
const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
const sayJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

export async function list(options: ModelsArguments): Promise<void> {
  const catalog = catalogOf(options);
  const found = await inventory(catalog);
  if (options.json) {
    const models = found.models.map(({ model, ...entry }) => ({ ...entry, ...(model && summaryOf(model)) }));
    sayJson({ ...found, models });
  } else say(listLines(catalog, found));
}

function listLines({ models: folder, store }: Catalog, { models, runs, broken }: Inventory): string[] {
  const lines = [`Models in ${folder}`];
  if (models.length === 0) lines.push('  none');
  for (const { name, aliases, model, problem } of models) {
    const mark = aliases.length > 0 ? `  (${aliases.join(', ')})` : '';
    lines.push(
      model
        ? `  ${name}${mark}  ${model.document.training.learner} on ${model.document.training.plan}, ${plural(model.document.features.length, 'figure')}, ${count(model.bytes.byteLength)} bytes, ${model.sha256.slice(0, 12)}`
        : `  ${name}${mark}  BROKEN: ${problem}`,
    );
  }
  lines.push('', `Trainings in ${store}`);
  if (runs.length === 0) lines.push('  none');
  for (const { id, startedMs, metrics, artefact } of runs) {
    // A figure that was no number stands as null in JSON.
    const stats = Object.entries<number | null>(metrics)
      .slice(0, 3)
      .map(([name, value]) => `${name} ${value?.toPrecision(4) ?? '–'}`);
    lines.push(`  ${id}  ${stamp(startedMs)}  ${stats.join(', ')}${artefact ? '' : '  (no artefact)'}`);
  }
  for (const { id, reason } of broken) lines.push(`  ${id}  BROKEN: ${reason}`);
  return lines;
}

const summaryOf = ({ document, path, bytes, sha256 }: LoadedModel) => ({
  path,
  sha256,
  bytes: bytes.byteLength,
  features: document.features.length,
  thresholds: document.thresholds,
  training: document.training,
  metrics: document.metrics,
});

const MAX_FEATURES = 12;

export async function show(reference: string, options: ModelsArguments): Promise<void> {
  const model = await loadModel(reference, catalogOf(options));
  const features = importanceOf(model.document);
  if (options.json) {
    sayJson({ name: model.document.name, ...summaryOf(model), features });
    return;
  }
  const { name, training, thresholds, metrics, timeToPnr } = model.document;
  say([
    `${name}: ${model.path}, ${count(model.bytes.byteLength)} bytes`,
    `  SHA-256    ${model.sha256}`,
    `  learner    ${training.learner} ${Object.entries(training.parameters)
      .map(([key, value]) => `${key}=${parameterText(value)}`)
      .join(' ')}`,
    `  plan       ${training.plan} (${training.planSha256.slice(0, 12)}), dataset ${training.datasetSha256.slice(0, 12)}, seed ${training.seed}, commit ${training.commit}`,
    `  rows       ${count(training.rows)}, hazardous ${count(training.positiveRows)}, of ${plural(training.runs, 'run')}`,
    `  time       ${timeToPnr ? 'gives the time to the point of no return' : 'gives no time'}`,
    'Levels',
    ...Object.entries(thresholds).map(
      ([level, { probability, budget }]) =>
        `  ${level.padEnd(10)} from ${probability.toPrecision(4)}: ${budget}`,
    ),
    'Figures',
    ...Object.entries(metrics).map(([key, value]) => `  ${key} ${value.toPrecision(4)}`),
    `Decides by (share of all movement of the answer; ${plural(features.length, 'figure')})`,
    ...features
      .slice(0, MAX_FEATURES)
      .filter(({ share }) => share > 0)
      .map(({ id, unit, share }) => `  ${(100 * share).toFixed(1).padStart(5)} %  ${id} ${unit}`),
  ]);
}

export async function compare(
  a: string,
  b: string,
  options: Omit<ModelsArguments, 'evaluation'> & { readonly evaluation?: readonly string[] },
): Promise<void> {
  const comparison = await compareReferences(catalogOf(options), a, b, options.evaluation);
  if (options.json) sayJson(comparison);
  else say(comparisonLines(comparison));
}

function comparisonLines(comparison: ModelComparison): string[] {
  const { before, after, statsOf, metrics, differences, featuresAdded, featuresRemoved, isSameData } =
    comparison;
  const of = (change: MetricChange['change']): MetricChange[] =>
    metrics.filter((metric) => metric.change === change);
  const line = ({ name, before: a, after: b }: MetricChange): string =>
    `  ${name}: ${a?.toPrecision(4) ?? '–'} → ${b?.toPrecision(4) ?? '–'}`;
  const block = (title: string, lines: readonly string[]): string[] =>
    lines.length > 0 ? [title, ...lines] : [];
  const own = isSameData ? '' : ', each on its own data';
  return [
    `${before} → ${after}`,
    ...(isSameData || metrics.length === 0
      ? []
      : [
          `  The figures (${statsOf}) come from different data and are not comparable: evaluate both on one dataset.`,
        ]),
    ...block(`Better${own}`, of('better').map(line)),
    ...block(`Worse${own}`, of('worse').map(line)),
    ...block('Same', of('same').map(line)),
    ...block('Not comparable', of('not comparable').map(line)),
    ...block(
      'Made otherwise',
      differences.map(({ name, before: x, after: y }) => `  ${name}: ${x} → ${y}`),
    ),
    ...block(
      'New figures',
      featuresAdded.map((id) => `  ${id}`),
    ),
    ...block(
      'Figures gone',
      featuresRemoved.map((id) => `  ${id}`),
    ),
  ];
}

export async function promote(reference: string, options: ModelsArguments): Promise<void> {
  const { as = 'champion', why = '' } = options;
  const { entry, comparison, mlflow } = await promoteModel(catalogOf(options), reference, as, why);
  if (options.json) sayJson({ entry, comparison, mlflow });
  else
    say([
      `${entry.model} is ${entry.alias} now (${entry.sha256.slice(0, 12)})`,
      ...(comparison ? comparisonLines(comparison) : ['  the first of this alias: nothing to compare with']),
      ...problemOf(mlflow),
    ]);
}

export async function rollback(options: ModelsArguments): Promise<void> {
  const { as = 'champion', why = '' } = options;
  const { from, to, mlflow } = await rollbackModel(catalogOf(options), as, why);
  if (options.json) sayJson({ from, to, mlflow });
  else say([`${to.alias} is ${to.model} again, no longer ${from.model}`, ...problemOf(mlflow)]);
}

const problemOf = (mlflow: string | null): string[] =>
  mlflow === null ? [] : [`  MLflow did not follow: ${mlflow}`];

export async function exportTo(reference: string, options: ModelsArguments): Promise<void> {
  const { output, onnx } = options;
  if (output === undefined && onnx === undefined)
    throw new InputError('models export: name a file with -o (the artefact) or --onnx');
  await mustBeWritable([output, onnx]);
  const catalog = catalogOf(options);
  if (output !== undefined) {
    const { sha256, bytes } = await exportModel(catalog, reference, output);
    say([`${output}: ${count(bytes.byteLength)} bytes, SHA-256 ${sha256}`]);
  }
  if (onnx !== undefined) {
    const { rows, scoreDifferenceMax, bytes } = await exportOnnxOf(catalog, reference, onnx);
    say([
      `${onnx}: ${count(bytes)} bytes; onnxruntime gives the same on ${count(rows)} rows (largest difference ${scoreDifferenceMax.toExponential(1)})`,
    ]);
  }
}

export async function card(reference: string, options: ModelsArguments): Promise<void> {
  const paths = await writeCard(catalogOf(options), reference, options.evaluation ?? null);
  say(paths);
}

export async function sign(
  reference: string,
  options: ModelsArguments & { readonly key: string },
): Promise<void> {
  const { path, bytes } = await loadModel(reference, catalogOf(options));
  const output = options.output ?? `${path}${SIGNATURE_SUFFIX}`;
  await mustBeWritable([output]);
  await writeWhole(output, signModel(bytes, await keyFrom(options.key)));
  say([`${output}: signature of ${path}`]);
}

/** @throws InputError where no key is given, or none of them has signed it: exit code 2 */
export async function verifySignature(
  reference: string,
  options: ModelsArguments & { readonly key: readonly string[] },
): Promise<void> {
  const { path, bytes } = await loadModel(reference, catalogOf(options));
  const signature = await readFile(`${path}${SIGNATURE_SUFFIX}`, 'utf8').catch(() => null);
  const keys = await Promise.all(options.key.map(keyFrom));
  try {
    checkSignature(bytes, signature, keys);
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`);
  }
  const ids = keys.map((key) => keyIdOf(publicKeyOf(key)));
  say([`${path}: signed, by ${ids.length === 1 ? `key ${ids[0]}` : `one of the keys ${ids.join(', ')}`}`]);
}

async function keyFrom(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new InputError(`--key ${path}: ${(error as Error).message}`);
  }
}
