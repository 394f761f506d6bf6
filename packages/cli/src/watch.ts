/** `emberwatch watch`: judge a recording and say what was found. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, constants, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import type { WatchResult } from '@emberwatch/lab';
import { watchRecording } from '@emberwatch/lab';
import { mappingFrom } from './mapping.ts';
import { progressBar } from './progress.ts';
import { printResult } from './watch-text.ts';

export interface WatchArguments {
  readonly map?: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly rejections?: string;
}

export async function watch(file: string, options: WatchArguments): Promise<void> {
  // Before an hour of reading, not after it.
  for (const path of [options.report, options.rejections]) if (path !== undefined) await mustBeWritable(path);
  const mapping = options.map === undefined ? null : await mappingFrom(options.map);
  const rejections = options.rejections === undefined ? null : createWriteStream(options.rejections);
  const bar = progressBar();
  try {
    const result = await watchRecording(file, {
      mapping,
      recordSignals: options.report !== undefined,
      onProgress: bar.update,
      ...(options.json && { onChange: (change) => printJson({ type: 'change', ...change }) }),
      ...(rejections && {
        onRejection: (rejection) => rejections.write(`${JSON.stringify({ file, ...rejection })}\n`),
      }),
    });
    bar.stop();
    if (options.json) printJson(summaryOf(result));
    else printResult(result);
    if (options.report !== undefined) {
      const { renderReport } = await import('@emberwatch/lab/report');
      await writeFile(options.report, await renderReport(result));
      if (!options.json) process.stdout.write(`\nReport: ${options.report}\n`);
    }
  } finally {
    bar.stop();
    if (rejections) {
      rejections.end();
      await once(rejections, 'close');
    }
  }
}

async function mustBeWritable(path: string): Promise<void> {
  try {
    await access(dirname(resolve(path)), constants.W_OK);
  } catch {
    throw new InputError(`${path}: the folder does not exist or cannot be written to`);
  }
}

const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

const summaryOf = (result: WatchResult): Record<string, unknown> => ({
  type: 'summary',
  file: result.file,
  mapping: result.mapping.name,
  frames: result.frames,
  rejected: result.rejected,
  rejectedRows: result.rejectedRows,
  moduleHours: result.moduleHours,
  modules: result.modules.length,
  firstTimeMs: result.firstMs,
  lastTimeMs: result.lastMs,
  changes: result.changes,
  episodes: result.episodeCounts,
  sensorFaults: result.sensorFaults,
  sensorFaultCount: result.sensorFaultCount,
  rejections: result.rejections,
  absentColumns: result.coverage.absentColumns,
  mostDeviatingCells: result.modules.flatMap(({ moduleId, mostDeviatingCell }) =>
    mostDeviatingCell ? [{ moduleId, ...mostDeviatingCell }] : [],
  ),
});
