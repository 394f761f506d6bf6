/** `emberwatch generate direct`: a quick file in the seed schema. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '@emberwatch/engine/telemetry';
import { parseDurationMs } from '@emberwatch/engine/units';
import { generateDirect } from '@emberwatch/lab/quick-data';
import { count } from './format.ts';
import { mustBeWritable } from './outputs.ts';

export interface DirectArguments {
  readonly modules: string;
  readonly hours: string;
  readonly interval: string;
  readonly faulty: string;
  readonly hazardRows: string;
  readonly start: string;
  readonly seed: string;
  readonly output: string;
}

export async function direct(options: DirectArguments): Promise<void> {
  await mkdir(dirname(options.output), { recursive: true });
  await mustBeWritable([options.output]);
  const startMs = performance.now();
  const { rows, bytes } = await generateDirect(options.output, {
    modules: numberOf('modules', options.modules),
    durationMs: durationOf('hours', `${options.hours}h`),
    intervalMs: durationOf('interval', options.interval),
    faulty: options.faulty,
    hazardRows: numberOf('hazard-rows', options.hazardRows),
    hazardStartMs: durationOf('start', options.start),
    seed: numberOf('seed', options.seed),
  });
  const seconds = (performance.now() - startMs) / 1000;
  process.stdout.write(
    `${options.output}: ${count(rows)} rows, ${options.hazardRows} labelled, ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s\n`,
  );
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || text.trim() === '')
    throw new InputError(`--${name} ${text}: expected a whole number`);
  return value;
}

function durationOf(name: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 0 || (ms === 0 && name !== 'start'))
    throw new InputError(
      name === 'hours'
        ? `--hours ${text.slice(0, -1)}: expected hours above 0, such as 6 or 0.5`
        : `--${name} ${text}: expected a duration such as 10s, 90min or 1h`,
    );
  return ms;
}
