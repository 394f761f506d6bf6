/** `emberwatch clean`: a recording without outliers and short gaps, causally. */
import { CHANNELS, InputError } from '@emberwatch/engine/telemetry';
import { parseDurationMs } from '@emberwatch/engine/units';
import { type CleanResult, cleanRecording } from '@emberwatch/lab/clean';
import { count, plural } from './format.ts';
import { mappingFrom } from './mapping.ts';
import { progressBar } from './progress.ts';

export interface CleanArguments {
  readonly output: string;
  readonly map?: string;
  readonly every?: string;
  readonly maxAge?: string;
}

export async function clean(path: string, options: CleanArguments): Promise<void> {
  const everyMs = durationOf('every', options.every);
  const maxAgeMs = durationOf('max-age', options.maxAge);
  const mapping = options.map === undefined ? null : await mappingFrom(options.map);
  const bar = progressBar({ unit: null });
  const onProgress = (done: number, all: number): void =>
    bar.update(all > 0 ? done / all : null, 'cleaning', 0);
  try {
    const result = await cleanRecording({ path, mapping, onProgress }, options.output, {
      ...(everyMs !== undefined && { everyMs }),
      ...(maxAgeMs !== undefined && { maxAgeMs }),
    });
    bar.stop();
    print(options.output, result);
  } finally {
    bar.stop();
  }
}

function durationOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms === undefined || ms <= 0)
    throw new InputError(`--${name} ${text}: expected a duration such as 10s or 1min`);
  return ms;
}

function print(output: string, result: CleanResult): void {
  const { rowsIn, rowsOut, gaps, removed, imputed, missing, written, rejections } = result;
  const lines = CHANNELS.flatMap(({ id }, i) => {
    if (missing[i] === rowsOut) return [];
    const cells = [removed[i]!, imputed[i]!, missing[i]!].map((n) => count(n).padStart(12));
    return [`  ${id.padEnd(32)}${cells.join('')}`];
  });
  const head = `  ${''.padEnd(32)}${['removed', 'filled', 'missing'].map((word) => word.padStart(12)).join('')}`;
  process.stdout.write(
    `${output}: ${count(rowsOut)} rows of ${count(rowsIn)}, ${plural(gaps, 'pause')} left open, ${count(rejections)} rows or values refused, ${(written.bytes / 1e6).toFixed(1)} MB\n\n${head}\n${lines.join('\n')}\n`,
  );
  if (result.labels === 'kept') process.stdout.write('\nIts labels stand in hazard_label.\n');
  if (result.labels === 'lost')
    process.stdout.write('\nIts labels are not kept: standard input cannot be read twice.\n');
}
