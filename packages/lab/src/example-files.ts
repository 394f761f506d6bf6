/** Scenarios and plans by name: those in `scenarios/` and `plans/`, and those that come with the program below `examples/`. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '@emberwatch/engine/telemetry';

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * The file that is meant: a path, the name of an example, or `scenarios/NAME.yaml` as it was before the examples moved. A
 * folder of the name is none: the dataset that was made of a plan may lie there.
 *
 * @throws InputError naming what is known, where it is a name of none
 */
export function findExample(kind: 'scenario' | 'plan', pathOrName: string): string {
  if (statSync(pathOrName, { throwIfNoEntry: false })?.isFile()) return pathOrName;
  const folder = `${kind}s`;
  const [, name] = new RegExp(`^(?:${folder}/)?([\\w-]+)(?:(?<=/[\\w-]+)\\.yaml)?$`).exec(pathOrName) ?? [];
  if (name === undefined) return pathOrName;
  const folders = [...above(resolve('.')), ...above(HERE)]
    .flatMap((at) => [join(at, folder), join(at, 'examples', folder)])
    .filter((path) => existsSync(path));
  const found = folders.map((path) => join(path, `${name}.yaml`)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  const known = [...new Set(folders.flatMap(namesIn))].sort().join(', ');
  throw new InputError(`${pathOrName}: no such file, and no ${kind} of this name; known: ${known || 'none'}`);
}

const above = (folder: string): string[] =>
  folder === dirname(folder) ? [folder] : [folder, ...above(dirname(folder))];

const namesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => (name.endsWith('.yaml') ? [name.slice(0, -'.yaml'.length)] : []));
