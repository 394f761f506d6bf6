/** `emberwatch feed`: play a recording into a running service. */
import { feedRecording } from '@emberwatch/lab';
import { EXIT_FAILED } from './fail.ts';
import { count, stamp } from './format.ts';
import { mappingFrom } from './mapping.ts';

export interface FeedArguments {
  readonly to: string;
  readonly speed: string;
  readonly map?: string;
}

export async function feed(file: string, options: FeedArguments): Promise<void> {
  const mapping = options.map === undefined ? null : await mappingFrom(options.map);
  const speed = options.speed === 'max' ? Number.POSITIVE_INFINITY : Number(options.speed);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const onProgress = progressLine();
  try {
    const result = await feedRecording(file, {
      to: options.to,
      speed,
      mapping,
      signal: stop.signal,
      onProgress,
    });
    process.stdout.write(
      `${count(result.frames)} frames sent: ${count(result.accepted)} accepted, ${count(result.rejected)} rejected by the service; ` +
        `${count(result.refusedAtSource)} rows or values of the file refused before\n`,
    );
    if (result.accepted > 0) return;
    const isHeld = result.reasons.some(
      (reason) => reason === 'duplicate-time' || reason === 'time-goes-back',
    );
    process.stderr.write(
      isHeld
        ? 'emberwatch: nothing was taken: the site already holds these times, or later ones, of these modules\n'
        : `emberwatch: nothing was taken: ${result.reasons.join(', ')}\n`,
    );
    process.exitCode = EXIT_FAILED;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('stopped\n');
    process.exitCode = 130;
  }
}

function progressLine(): (progress: { timeMs: number; accepted: number; rejected: number }) => void {
  if (!process.stderr.isTTY) return () => {};
  return ({ timeMs, accepted, rejected }) => {
    process.stderr.write(`\r${stamp(timeMs)} UTC  ${count(accepted)} accepted, ${count(rejected)} rejected `);
  };
}
