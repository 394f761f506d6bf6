/** `emberwatch simulate`: run a scenario and say what happened. */
import { writeFile } from 'node:fs/promises';
import { InputError } from '@emberwatch/engine/telemetry';
import {
  loadScenario,
  runHtml,
  runScenario,
  runSvg,
  summaryOf,
  writeTruthCsv,
} from '@emberwatch/lab/simulate';
import { mustBeWritable } from './outputs.ts';
import { progressBar } from './progress.ts';
import { printRun } from './truth-text.ts';

export interface SimulateArguments {
  readonly output?: string;
  readonly seed?: string;
  readonly csv?: string;
  readonly plot?: string;
  readonly json?: boolean;
  /** False with --no-intervention. */
  readonly intervention: boolean;
}

export async function simulate(name: string, options: SimulateArguments): Promise<void> {
  const { output, csv, plot } = options;
  if (plot !== undefined && !/\.(svg|html?)$/i.test(plot))
    throw new InputError(`--plot ${plot}: the name must end in .svg or .html`);
  await mustBeWritable([output, csv, plot]);
  const { scenario } = await loadScenario(
    name,
    options.seed === undefined ? {} : { seed: seedOf(options.seed) },
  );
  const bar = progressBar({ unit: null, blocking: true });
  bar.update(0, 'simulating', 0);
  let run: ReturnType<typeof runScenario>;
  try {
    run = runScenario(scenario, {
      intervention: options.intervention,
      onProgress: (share) => bar.update(share, 'simulating', 0),
      onSearch: (searched, toSearch) =>
        bar.update(searched / toSearch, `last moments ${searched}/${toSearch}`, 0),
    });
  } finally {
    bar.stop();
  }
  if (output !== undefined) await writeFile(output, new Uint8Array(run.trajectory.encode()));
  if (csv !== undefined) await writeTruthCsv(run, csv);
  if (plot !== undefined) await writeFile(plot, await (/\.svg$/i.test(plot) ? runSvg(run) : runHtml(run)));
  if (options.json) process.stdout.write(`${JSON.stringify(summaryOf(run))}\n`);
  else printRun(run, { Trajectory: output, Table: csv, Plot: plot });
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new InputError(`--seed ${text}: expected an integer`);
  return seed;
}
