/** What a person sees when a command cannot do its work. */
import { InputError } from '@emberwatch/engine/telemetry';

/** The input cannot be judged: the file, the mapping, the arguments. */
export const EXIT_INPUT = 2;
/** The work itself failed: disk, network, a defect. */
export const EXIT_FAILED = 1;

/**
 * Output that nobody takes: `… | head` has read enough, which is no failure; a full disk is one. Errors of
 * standard error have nowhere to be told.
 */
export function endWhereOutputFails(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    const reason = error.code === 'ENOSPC' ? 'no space left on the disk' : error.message;
    process.stderr.write(`emberwatch: standard output: ${reason}\n`);
    process.exit(EXIT_FAILED);
  });
  process.stderr.on('error', () => {});
}

/** Prints the error in one line, with its trace where EMBERWATCH_TRACE is set; returns the exit code. */
export function fail(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`emberwatch: ${message}\n`);
  if (process.env['EMBERWATCH_TRACE'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof InputError ? EXIT_INPUT : EXIT_FAILED;
}
