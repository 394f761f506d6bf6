#!/usr/bin/env node
// The built program. A checkout whose source is newer than it, and which has what translates it, runs the source.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';

const built = new URL('../dist/emberwatch.js', import.meta.url);
const source = new URL('../src/main.ts', import.meta.url);
const PACKAGES = ['engine', 'lab', 'service', 'cli'];

const isBuilt = existsSync(built);
const runsSource = canTranslate() && !(isBuilt && isNewerThanSource(statSync(built).mtimeMs));

if (runsSource) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
} else if (isBuilt) await import(built.href);
else {
  process.stderr.write(
    'Emberwatch is not built, and the packages that run it from source are not installed.\n' +
      'Run "npm ci" and "npm run build"; then "npm prune --omit=dev" keeps only what it needs to run.\n',
  );
  process.exitCode = 1;
}

function canTranslate() {
  if (!existsSync(source)) return false;
  try {
    createRequire(import.meta.url).resolve('tsx/esm/api');
    return true;
  } catch {
    return false;
  }
}

function isNewerThanSource(builtMs) {
  return PACKAGES.every((name) => {
    const folder = new URL(`../../${name}/src/`, import.meta.url);
    return readdirSync(folder, { recursive: true }).every(
      (path) => statSync(new URL(path, folder)).mtimeMs <= builtMs,
    );
  });
}
