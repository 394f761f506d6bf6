/** What a person sees when a command cannot do its work. */
import { InputError } from '@emberwatch/engine/telemetry';

/** The input cannot be judged: the file, the mapping, the arguments. */
export const EXIT_INPUT = 2;
/** The work itself failed: disk, network, a defect. */
export const EXIT_FAILED = 1;

/** Prints the error in one line, with its trace where EMBERWATCH_TRACE is set; returns the exit code. */
export function fail(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`emberwatch: ${message}\n`);
  if (process.env['EMBERWATCH_TRACE'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof InputError ? EXIT_INPUT : EXIT_FAILED;
}
