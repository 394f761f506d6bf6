import type { ModuleState } from './wire.ts';

const collator = new Intl.Collator('en', { numeric: true });
export const naturalOrder = (a: string, b: string): number => collator.compare(a, b);

function withoutRack({ moduleId, rackId }: ModuleState): string {
  if (!rackId || !moduleId.startsWith(rackId)) return moduleId;
  return moduleId.slice(rackId.length).replace(/^[_\-.:/ ]+/, '') || moduleId;
}

/** Names for tiles: without the rack, and without the word that all of them begin with. */
export function shortNames(modules: readonly ModuleState[]): Map<string, string> {
  const names = new Map(modules.map((module) => [module.moduleId, withoutRack(module)]));
  const words = new Set([...names.values()].map((name) => /^([A-Za-z]+[_\- ]?)\d+$/.exec(name)?.[1] ?? null));
  const [word] = words;
  if (words.size !== 1 || !word || modules.length < 2) return names;
  return new Map([...names].map(([moduleId, name]) => [moduleId, name.slice(word.length)]));
}
