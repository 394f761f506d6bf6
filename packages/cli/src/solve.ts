/** `emberwatch solve`: the strength of a fault for a wanted time to the point of no return. */
import { writeFile } from 'node:fs/promises';
import { InputError } from '@emberwatch/engine/telemetry';
import { MS_PER_S, parseDurationMs } from '@emberwatch/engine/units';
import { chosenModule, loadScenario, solveScenario } from '@emberwatch/lab/simulate';
import { mustBeWritable } from './outputs.ts';
import { printSolution } from './truth-text.ts';

export interface SolveArguments {
  readonly module?: string;
  readonly timeToPnr: string;
  readonly output?: string;
  readonly json?: boolean;
}

export async function solve(name: string, options: SolveArguments): Promise<void> {
  const wantedMs = parseDurationMs(options.timeToPnr);
  if (wantedMs === undefined || wantedMs < MS_PER_S)
    throw new InputError(
      `--time-to-pnr ${options.timeToPnr}: expected a duration such as 90min, 3h or 5400s`,
    );
  await mustBeWritable([options.output]);
  const source = await loadScenario(name);
  const module = chosenModule(source, options.module);
  if (process.stderr.isTTY) process.stderr.write(`searching the strength of the fault in ${module} …\r`);
  const solved = solveScenario(source, module, wantedMs / MS_PER_S);
  if (process.stderr.isTTY) process.stderr.write('\x1b[2K\r');
  if (options.output !== undefined && solved.yaml !== null) await writeFile(options.output, solved.yaml);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...solved, yaml: undefined })}\n`);
  else printSolution(solved, options.output);
}
