/** What can be read first: no file needs itself by way of others, types included, and of two folders one is below. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT, readSource, type Source, sources } from './sources.ts';

type Graph = ReadonlyMap<string, readonly string[]>;

const graphOf = (files: readonly Source[]): Graph => {
  const paths = new Set(files.map(({ path }) => path));
  return new Map(files.map((file) => [file.path, importsOf(file).filter((path) => paths.has(path))]));
};

/** Every file from which a way leads back to it. */
function circlesIn(graph: Graph): string[] {
  const reachedFrom = (start: string): Set<string> => {
    const reached = new Set<string>();
    const open = [...graph.get(start)!];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      open.push(...graph.get(path)!);
    }
    return reached;
  };
  return [...graph.keys()].filter((path) => reachedFrom(path).has(path)).sort();
}

/** Pairs of folders that import each other, where none lies within the other: `a b`. */
function pairsIn(graph: Graph): string[] {
  const edges = new Set<string>();
  for (const [path, targets] of graph)
    for (const target of targets) edges.add(`${dirname(path)} ${dirname(target)}`);
  return [...edges]
    .filter((edge) => {
      const [from, to] = edge.split(' ') as [string, string];
      return from < to && !to.startsWith(`${from}/`) && edges.has(`${to} ${from}`);
    })
    .sort();
}

const benches = (): Source[] =>
  readdirSync(join(ROOT, 'bench'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readSource(join(ROOT, 'bench', name)));

describe('layers', () => {
  const graph = graphOf([...sources(), ...benches()]);

  it('no file imports itself by way of others, types included', () => {
    expect(circlesIn(graph)).toEqual([]);
  });

  it('no two folders import each other', () => {
    expect(pairsIn(graph)).toEqual([]);
  });

  it('the test sees what it forbids', () => {
    const made = (path: string, text: string): Source => ({ path, text, lines: [text] });
    const violationsOf = graphOf([
      made('lab/a/x.ts', "import type { Y } from '../b/y.ts';"),
      made('lab/b/y.ts', "export { z } from '../a/z.ts';"),
      made('lab/a/z.ts', "import './x.ts';"),
      made('lab/main.ts', "import './a/x.ts';"),
    ]);
    expect(circlesIn(violationsOf)).toEqual(['lab/a/x.ts', 'lab/a/z.ts', 'lab/b/y.ts']);
    expect(pairsIn(violationsOf)).toEqual(['lab/a lab/b']);
  });
});
