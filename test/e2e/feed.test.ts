/** A recording played into a service by the command, once and again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, startService } from '@emberwatch/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emberwatch, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const now = Date.UTC(2026, 5, 1);
let service: Service;

beforeAll(async () => {
  service = await startService({
    port: 0,
    access: 'open',
    isPlayback: true,
    now: () => now,
    logLevel: 'silent',
  });
});
afterAll(() => service.close());

function recording(name: string, startMs: number, moduleId = 'M1'): string {
  const path = join(folder, name);
  const rows = Array.from(
    { length: 50 },
    (_, i) => `${new Date(startMs + i * 1000).toISOString()},${moduleId},25,51`,
  );
  writeFileSync(path, `time,module_id,surface_temperature_max_degc,voltage_v\n${rows.join('\n')}\n`);
  return path;
}

const feed = (path: string) => emberwatch(['feed', path, '--to', service.url, '--speed', 'max']);

it('is taken once; what the site already holds is said and is a failure', async () => {
  const path = recording('first.csv', now - 3_600_000);
  expect(await feed(path)).toMatchObject({ code: 0, err: '' });
  const again = await feed(path);
  expect(again.code).toBe(1);
  expect(again.out).toContain('0 judged, 49 kept as late, 1 there before, 0 refused');
  expect(again.err).toContain('nothing was judged: the site already holds these times');
});

it('is kept, and said not to be judged, where the site is far ahead of it', async () => {
  const { code, out, err } = await feed(recording('old.csv', now - 30 * 86_400_000, 'M9'));
  expect(code).toBe(1);
  expect(out).toContain('0 judged, 50 kept as late');
  expect(err).toContain('nothing was judged');
});
