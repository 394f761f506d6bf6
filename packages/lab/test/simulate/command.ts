/** The command line as a person calls it, in a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const EMBERWATCH = fileURLToPath(new URL('../../../cli/bin/emberwatch.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function emberwatch(folder: string, ...args: string[]): Promise<Outcome> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [EMBERWATCH, ...args], { cwd: folder });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', failed);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

/** A new folder with these files. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'emberwatch-truth-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** Two small modules of four cells; a heater drives the first cell of the first one into runaway within minutes. */
export const HEATED = `# heated for the tests
name: heated
seed: 5
durationS: 1500
outputIntervalS: 7
site: {racks: [{id: RackA1, modules: 2}]}
module: {cell: lco-18650, series: 4, parallel: 1, startCharge: 1, cellToCaseWPerK: 0.02}
recordCellsOf: [RackA1_Module01]
label: {windowS: 200, guardS: 30}
faults: # one heater
  - {kind: externalHeating, module: RackA1_Module01, startS: 60, powerW: 40, firstCell: 0, cells: 1}
`;
