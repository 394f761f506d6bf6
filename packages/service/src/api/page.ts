import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Where the built page can be: beside the sources, or beside a bundle of the service. */
const CANDIDATES = ['../../../web/dist/', '../../web/dist/', '../web/dist/', './web/', '../web/'];

export function findPage(given: string | undefined): string | null {
  const directories = given
    ? [given.endsWith('/') ? given : `${given}/`]
    : CANDIDATES.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return directories.find((directory) => existsSync(`${directory}index.html`)) ?? null;
}

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Emberwatch: page not built</title></head>
<body><h1>The page is not built</h1>
<p>The service is running and its API answers under <a href="/api/v1/health">/api/v1/health</a>,
but the files of the page were not found. Build them and start again:</p>
<pre>npm run build</pre></body></html>
`;

const ASSET = /[/\\]assets[/\\]/;

export async function servePage(app: FastifyInstance, directory: string | null): Promise<void> {
  if (directory === null) {
    app.get('/', async (_request, reply) => reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT));
    return;
  }
  await app.register(fastifyStatic, {
    root: directory,
    cacheControl: false,
    // Names of assets carry a hash of their content; the page itself must always be fresh.
    setHeaders: (reply, path) => {
      reply.header('cache-control', ASSET.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
