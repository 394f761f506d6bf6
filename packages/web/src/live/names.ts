import type { ModuleState } from '../wire.ts';

const collator = new Intl.Collator('en', { numeric: true });
export const naturalOrder = (a: string, b: string): number => collator.compare(a, b);

function withoutRack({ moduleId, rackId }: ModuleState): string {
  if (!rackId || !moduleId.startsWith(rackId)) return moduleId;
  return moduleId.slice(rackId.length).replace(/^[_\-.:/ ]+/, '') || moduleId;
}

function commonPrefix(names: readonly string[]): string {
  let prefix = names[0] ?? '';
  for (const name of names) while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}

/** So few names have room to stand whole. */
const WHOLE_UP_TO = 4;

/** Names for tiles: without the rack, and without what all of them begin with, cut where a word or number ends. */
export function shortNames(modules: readonly ModuleState[]): Map<string, string> {
  const names = new Map(modules.map((module) => [module.moduleId, withoutRack(module)]));
  if (names.size <= WHOLE_UP_TO) return names;
  const short = shortest([...names.values()]);
  return new Map([...names.keys()].map((moduleId, i) => [moduleId, short[i]!]));
}

/** Without what all of them begin with, cut where a word or number ends. */
export function shortest(names: readonly string[]): string[] {
  const shared = commonPrefix(names).replace(/\d+$/, '');
  const endsWord = names.every((name) => /^\d/.test(name.slice(shared.length)));
  const prefix = endsWord ? shared : shared.replace(/[^_\-.:/ ]*$/, '');
  return names.map((name) => name.slice(prefix.length) || name);
}
