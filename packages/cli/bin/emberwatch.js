#!/usr/bin/env node
// A checkout runs its source as it stands; what is published carries one bundled file.
import { existsSync } from 'node:fs';

const source = new URL('../src/main.ts', import.meta.url);
if (existsSync(source)) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
} else {
  await import('../dist/emberwatch.js');
}
