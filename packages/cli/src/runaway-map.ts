/** `emberwatch runaway-map`: which pairs of two parameters run away. */
import { writeFile } from 'node:fs/promises';
import { InputError } from '@emberwatch/engine/telemetry';
import { chosenModule, loadScenario, mapCsv, mapScenario, mapSvg, parseAxis } from '@emberwatch/lab/simulate';
import { mustBeWritable } from './outputs.ts';
import { progressBar } from './progress.ts';
import { printMap } from './truth-text.ts';

export interface MapArguments {
  readonly x: string;
  readonly y: string;
  readonly module?: string;
  readonly output?: string;
  readonly csv?: string;
}

export async function map(name: string, options: MapArguments): Promise<void> {
  if (process.argv[2] === 'map')
    process.stderr.write(
      'emberwatch: "map" is now "runaway-map"; the earlier name works for one more release\n',
    );
  const { output, csv } = options;
  if (output !== undefined && !/\.svg$/i.test(output))
    throw new InputError(
      `-o ${output}: the picture is an SVG; the name must end in .svg (--csv writes the table)`,
    );
  await mustBeWritable([output, csv]);
  const x = parseAxis('--x', options.x);
  const y = parseAxis('--y', options.y);
  const source = await loadScenario(name);
  const module = chosenModule(source, options.module);
  const pairs = x.values.length * y.values.length;
  const bar = progressBar({ unit: `of ${pairs} runs` });
  try {
    const result = await mapScenario(source, module, x, y, (share) =>
      bar.update(share, 'simulating', share * pairs),
    );
    bar.stop();
    if (output !== undefined) await writeFile(output, mapSvg(result));
    if (csv !== undefined) await writeFile(csv, mapCsv(result));
    printMap(result, { Picture: output, Table: csv });
  } finally {
    bar.stop();
  }
}
