/** A module that was taken away, or a name that was mistyped in a test, is not missed for ever. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../src/main.ts';
import { recordOf, START_MS } from './stand-in.ts';

let folder = '';
const clock = { nowMs: START_MS };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emberwatch-retire-'));
});
afterAll(() => rm(folder, { recursive: true }));

const open = (): Promise<BuiltService> =>
  buildService({
    now: () => clock.nowMs,
    access: 'open',
    logLevel: 'silent',
    dataDirectory: join(folder, 'data'),
  });

const ask = (service: BuiltService, method: 'GET' | 'POST', url: string, payload?: unknown) =>
  service.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: { host: 'localhost', 'content-type': 'application/json' },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });

/** So many seconds of these modules, one of them as hot as it is said. */
async function live(
  service: BuiltService,
  spanS: number,
  modules: readonly string[],
  hotDegC = 25,
): Promise<void> {
  for (let s = 0; s < spanS; s++) {
    clock.nowMs += 1000;
    const atS = (clock.nowMs - START_MS) / 1000;
    const flicker = (s % 3) * 0.1;
    const records = modules.map((id) =>
      recordOf(id, atS, {
        surface_temperature_max_degc: (id === 'A_hot' ? hotDegC : 25) + flicker,
        voltage_v: 51 + flicker,
      }),
    );
    if (records.length > 0) await ask(service, 'POST', '/frames', records);
    service.core.tick();
  }
}

const silences = async (service: BuiltService): Promise<string[]> =>
  (await ask(service, 'GET', '/alarms?open=true'))
    .json()
    .alarms.filter(
      ({ kind, state }: { kind: string; state: string }) => kind === 'silence' && state === 'unacknowledged',
    )
    .map(({ source }: { source: string }) => source);

it('is gone from the site and from its alarms, also after a restart, and comes back when it delivers', async () => {
  let service = await open();
  const site = ['A_1', 'A_2', 'A_3'];
  await live(service, 10, [...site, 'A_typo']);
  await live(service, 120, site);
  expect(await silences(service)).toEqual(['A_typo']);
  const refused = await ask(service, 'POST', '/modules/A_nowhere/retire', { reason: 'x' });
  expect(refused.json()).toMatchObject({ error: { code: 'UNKNOWN_MODULE' } });
  expect((await ask(service, 'POST', '/modules/A_typo/retire', {})).statusCode).toBe(400);
  const retired = await ask(service, 'POST', '/modules/A_typo/retire', { reason: 'a slip in a test' });
  expect(retired.statusCode).toBe(204);
  await live(service, 90, site);
  expect(await silences(service)).toEqual([]);
  await service.close();

  service = await open();
  await live(service, 90, site);
  expect((await ask(service, 'GET', '/modules/A_typo')).statusCode).toBe(404);
  expect(await silences(service)).toEqual([]);
  const { rows } = (await ask(service, 'GET', '/audit?subject=A_typo')).json();
  expect(rows).toMatchObject([{ actor: 'open access', action: 'module.retired' }]);
  // What was kept of it stays, and it is welcome again.
  await live(service, 5, [...site, 'A_typo']);
  expect((await ask(service, 'GET', '/modules/A_typo')).statusCode).toBe(200);
  await service.close();
});

it('is refused while it is in alarm: only data end that', async () => {
  const service = await open();
  await live(service, 30, ['A_1', 'A_2', 'A_hot'], 25);
  await live(service, 90, ['A_1', 'A_2', 'A_hot'], 75);
  const answer = await ask(service, 'POST', '/modules/A_hot/retire', { reason: 'it is a nuisance' });
  expect(answer.json()).toMatchObject({ error: { code: 'ALARM_STATE' } });
  expect((await ask(service, 'GET', '/modules/A_hot')).statusCode).toBe(200);
  await service.close();
});
