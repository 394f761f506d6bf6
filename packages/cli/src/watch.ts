/** `emberwatch watch`: judge a recording and say what was found. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { nearestField } from '@emberwatch/engine/telemetry';
import type { WatchResult } from '@emberwatch/lab';
import { chooseModel, watchRecording } from '@emberwatch/lab';
import { mappingFrom } from './mapping.ts';
import { mustBeWritable } from './outputs.ts';
import { progressBar } from './progress.ts';
import { printResult } from './watch-text.ts';

export interface WatchArguments {
  readonly map?: string;
  readonly model?: string;
  readonly withoutTemperature?: boolean;
  readonly json?: boolean;
  readonly report?: string;
  readonly rejections?: string;
}

export async function watch(file: string, options: WatchArguments): Promise<void> {
  // Before an hour of reading, not after it.
  await mustBeWritable([options.report, options.rejections]);
  const mapping = options.map === undefined ? null : await mappingFrom(options.map);
  const chosen = await chooseModel(options.model);
  const rejections = options.rejections === undefined ? null : createWriteStream(options.rejections);
  const bar = progressBar();
  try {
    const result = await watchRecording(file, {
      mapping,
      model: chosen?.model ?? null,
      ...(options.withoutTemperature && { hasTemperature: false }),
      recordSignals: options.report !== undefined,
      onProgress: bar.update,
      ...(options.json && {
        onChange: (change, hazard) => printJson({ type: 'change', ...change, ...hazard }),
      }),
      ...(rejections && {
        onRejection: (rejection) => rejections.write(`${JSON.stringify({ file, ...rejection })}\n`),
      }),
    });
    bar.stop();
    const model = chosen && { name: chosen.model.name, sha256: chosen.sha256 };
    if (options.json) printJson({ ...summaryOf(result), model });
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

/** Unknown fields that the summary names. */
const MAX_FIELDS = 50;

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
  unknownFrames: result.modules.reduce((sum, { unknownFrames }) => sum + unknownFrames, 0),
  modulesWithoutTemperature: result.modules.flatMap((module) =>
    module.hadTemperature ? [] : [module.moduleId],
  ),
  moduleHours: result.moduleHours,
  modules: result.modules.length,
  firstTimeMs: result.firstMs,
  lastTimeMs: result.lastMs,
  changes: result.changes,
  episodes: result.episodeCounts,
  sensorFaults: result.sensorFaults,
  sensorFaultCount: result.sensorFaultCount,
  rejections: result.rejections,
  clocksSetBack: result.setBacks,
  rowsSpread: result.spread,
  absentColumns: result.coverage.absentColumns,
  unknownFields: result.coverage.unknownFields.slice(0, MAX_FIELDS).map((field) => ({
    field,
    didYouMean: nearestField(field),
  })),
  unknownFieldCount: result.coverage.unknownFields.length,
  mostDeviatingCells: result.modules.flatMap(({ moduleId, mostDeviatingCell }) =>
    mostDeviatingCell ? [{ moduleId, ...mostDeviatingCell }] : [],
  ),
});
