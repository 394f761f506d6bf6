import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { type StandIn, standInSite } from './stand-in-site.ts';

let service: StandIn;
afterEach(() => service.app.close());

interface Operation {
  summary: string;
  'x-role': string;
}

it('docs/api.md has the routes of the OpenAPI document (UPDATE_DOCS=1 writes them)', async () => {
  service = await standInSite();
  const { paths } = (
    await service.app.inject({ url: '/api/v1/openapi.json', headers: { host: 'localhost' } })
  ).json<{ paths: Record<string, Record<string, Operation>> }>();
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { summary, 'x-role': role }]) =>
        `| \`${method.toUpperCase()} ${path}\` | ${role} | ${summary} |`,
    ),
  );
  const table = ['| route | least role | |', '| --- | --- | --- |', ...rows.sort()].join('\n');
  const file = new URL('../../../../docs/api.md', import.meta.url);
  const page = readFileSync(file, 'utf8');
  const renewed = page.replace(
    /(<!-- routes: .*? -->\n)[\s\S]*?(<!-- end -->)/,
    (_, begin: string, end: string) => `${begin}${table}\n${end}`,
  );
  if (process.env['UPDATE_DOCS']) writeFileSync(file, renewed);
  else expect(page).toBe(renewed);
  expect(rows.length).toBeGreaterThan(30);
});
