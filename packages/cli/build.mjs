// Bundles the command line, with the workspace packages inside and what npm installs outside.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));
await rm(`${folder}dist`, { recursive: true, force: true });
await build({
  entryPoints: {
    emberwatch: `${folder}src/main.ts`,
    // Threads start from files of their own.
    'dataset-worker': `${folder}../lab/src/dataset/worker.ts`,
    'judge-worker': `${folder}../lab/src/evaluate/worker.ts`,
    'search-worker': `${folder}../lab/src/learn/search/worker.ts`,
    'store-worker': `${folder}../service/src/store/worker.ts`,
    'trees-worker': `${folder}../lab/src/learn/trees/worker.ts`,
  },
  outdir: `${folder}dist`,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  logLevel: 'warning',
  plugins: [
    {
      name: 'packages of npm stay outside',
      setup: ({ onResolve }) =>
        onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
          kind === 'entry-point' || path.startsWith('@emberwatch/') ? undefined : { path, external: true },
        ),
    },
  ],
});
