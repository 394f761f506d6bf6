/** `emberwatch cell`: one lumped cell in an oven or in an adiabatic calorimeter. */
import { runCellFile } from '@emberwatch/lab/simulate';
import { printCell } from './truth-text.ts';

export async function cell(path: string, options: { json?: boolean }): Promise<void> {
  const result = await runCellFile(path);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else printCell(result);
}
