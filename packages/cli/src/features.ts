/** `emberwatch features`: the figures of a dataset or a recording as a table. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import { parseDurationMs } from '@emberwatch/engine/units';
import {
  type FeatureOptions,
  openDataset,
  writeFeaturesOfDataset,
  writeFeaturesOfRecording,
} from '@emberwatch/lab/features';
import { count, plural } from './format.ts';
import { mappingFrom } from './mapping.ts';
import { progressBar } from './progress.ts';

export interface FeatureArguments {
  readonly output: string;
  readonly map?: string;
  readonly every?: string;
  readonly seedFeatures?: boolean;
}

export async function features(data: string, options: FeatureArguments): Promise<void> {
  const { every } = options;
  const everyMs = every === undefined ? undefined : parseDurationMs(every);
  if (every !== undefined && !(everyMs! > 0))
    throw new InputError(`--every ${every}: expected a duration such as 10s or 1min`);
  const chosen: FeatureOptions = {
    ...(everyMs !== undefined && { everyMs }),
    ...(options.seedFeatures && { seedFeatures: true }),
  };
  const isFolder = (await stat(data).catch(() => null))?.isDirectory() ?? false;
  await (isFolder ? ofDataset(data, options, chosen) : ofRecording(data, options, chosen));
}

async function ofDataset(folder: string, { output, map }: FeatureArguments, chosen: FeatureOptions) {
  if (map !== undefined) throw new InputError('--map: a dataset has the native columns and takes no mapping');
  if (/\.(parquet|csv)$/i.test(output))
    throw new InputError(`-o ${output}: the features of a dataset are many files; name a folder`);
  const dataset = await openDataset(folder);
  const bar = progressBar({ unit: 'rows' });
  try {
    const { runs, rows, bytes, rejections } = await writeFeaturesOfDataset(
      dataset,
      output,
      chosen,
      (done, soFar) => bar.update(done / dataset.runs.length, 'features', soFar),
    );
    bar.stop();
    process.stdout.write(
      `${output}: ${plural(runs, 'run')}, ${count(rows)} rows, ${megabytes(bytes)}${rejected(rejections)}\n`,
    );
  } finally {
    bar.stop();
  }
}

async function ofRecording(path: string, { output, map }: FeatureArguments, chosen: FeatureOptions) {
  const mapping = map === undefined ? null : await mappingFrom(map);
  const isFile = /\.(parquet|csv)$/i.test(output);
  const file = isFile ? output : join(output, 'features.parquet');
  const bar = progressBar({ unit: null });
  const onProgress = (done: number, all: number): void =>
    bar.update(all > 0 ? done / all : null, 'features', 0);
  try {
    const format = /\.csv$/i.test(file) ? 'csv' : 'parquet';
    const { rows, bytes, rejections } = await writeFeaturesOfRecording(
      { path, mapping, onProgress },
      file,
      format,
      chosen,
    );
    bar.stop();
    process.stdout.write(`${file}: ${count(rows)} rows, ${megabytes(bytes)}${rejected(rejections)}\n`);
  } finally {
    bar.stop();
  }
}

const rejected = (rejections: number): string =>
  rejections === 0
    ? ''
    : `; ${plural(rejections, 'row or value', 'rows or values')} refused (emberwatch watch names them)`;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
