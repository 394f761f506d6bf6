/** The sources of the project as the structure tests read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const SKIPPED = new Set(['node_modules', 'dist', '.git', 'coverage']);

export function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

const isCode = (path: string): boolean => /\.(ts|tsx)$/.test(path) && !path.endsWith('.d.ts');

export const readSource = (path: string): Source => {
  const text = readFileSync(path, 'utf8');
  return { path: relative(ROOT, path).replaceAll('\\', '/'), text, lines: text.split('\n') };
};

/** Everything under packages/…/src. */
export const sources = (): Source[] =>
  filesUnder(join(ROOT, 'packages'))
    .filter((path) => isCode(path) && /\/src\//.test(path))
    .map(readSource);

/** Sources and tests. */
export const allCode = (): Source[] =>
  [join(ROOT, 'packages'), join(ROOT, 'test'), join(ROOT, 'examples')]
    .flatMap(filesUnder)
    .filter(isCode)
    .map(readSource);

/** What a file imports, types and workers included: package names as they stand, relative ones as paths from the root. */
export function importsOf({ path, text }: Source): string[] {
  const found = text.matchAll(
    /(?:^|[\s;])(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|(?:^|\n)import\s*['"]([^'"]+)['"]|\bnew URL\(\s*['"](\.[^'"]+\.tsx?)['"]/g,
  );
  return [...found].map(([, from, dynamic, bare, worker]) => {
    const target = (from ?? dynamic ?? bare ?? worker)!;
    return target.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(path), target)).replaceAll('\\', '/')
      : target;
  });
}
