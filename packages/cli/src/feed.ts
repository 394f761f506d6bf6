/** `emberwatch feed`: play a recording into a running service. */
import { feedRecording } from '@emberwatch/lab';
import { EXIT_FAILED } from './fail.ts';
import { count, stamp } from './format.ts';
import { mappingFrom } from './mapping.ts';

export interface FeedArguments {
  readonly to: string;
  readonly speed: string;
  readonly map?: string;
  readonly token?: string;
  readonly gateway?: string;
}

export async function feed(file: string, options: FeedArguments): Promise<void> {
  const mapping = options.map === undefined ? null : await mappingFrom(options.map);
  const speed = options.speed === 'max' ? Number.POSITIVE_INFINITY : Number(options.speed);
  const token = options.token ?? process.env['EMBERWATCH_TOKEN'];
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const onProgress = progressLine();
  try {
    const result = await feedRecording(file, {
      to: options.to,
      speed,
      mapping,
      ...(token !== undefined && { token }),
      ...(options.gateway !== undefined && { gateway: options.gateway }),
      signal: stop.signal,
      onProgress,
    });
    process.stdout.write(
      `${count(result.frames)} frames sent: ${count(result.accepted)} judged, ${count(result.late)} kept as late, ${count(result.repeated)} there before, ` +
        `${count(result.rejected)} refused; ${count(result.rejectedAtSource)} rows or values of the file refused before\n`,
    );
    if (result.accepted > 0) return;
    process.stderr.write(
      result.late + result.repeated > 0
        ? 'emberwatch: nothing was judged: the site already holds these times, or later ones, of these modules\n'
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
