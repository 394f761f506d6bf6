/** A module that was taken away, or a name that was mistyped in a test, is not missed for ever. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../src/compose.ts';
import { recordOf, START_MS } from './stand-in.ts';

let folder = '';
const clock = { nowMs: START_MS };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emberwatch-retire-'));
});
afterEach(() => rm(folder, { recursive: true }));

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
    service.monitor.tick();
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
  const rejected = await ask(service, 'POST', '/modules/A_nowhere/retire', { reason: 'x' });
  expect(rejected.json()).toMatchObject({ error: { code: 'UNKNOWN_MODULE' } });
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

it('is refused while it delivers and is in alarm: only readings end that', async () => {
  const service = await open();
  await live(service, 30, ['A_1', 'A_2', 'A_hot'], 25);
  await live(service, 90, ['A_1', 'A_2', 'A_hot'], 75);
  const answer = await ask(service, 'POST', '/modules/A_hot/retire', { reason: 'it is a nuisance' });
  expect(answer.json()).toMatchObject({ error: { code: 'ALARM_STATE' } });
  expect((await ask(service, 'GET', '/modules/A_hot')).statusCode).toBe(200);
  await service.close();
});

interface Alarm {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly state: string;
  readonly highestPriority: number;
}

const hazardOf = async (service: BuiltService, moduleId: string): Promise<Alarm | undefined> =>
  (await ask(service, 'GET', '/alarms?limit=100'))
    .json()
    .alarms.find(({ kind, source }: Alarm) => kind === 'hazard' && source === moduleId);

const act = (service: BuiltService, id: string, action: string, body: unknown) =>
  ask(service, 'POST', `/alarms/${id}/${action}`, body);

describe('a module that burnt', () => {
  const others = ['A_1', 'A_2', 'A_3'];

  const heat = async (service: BuiltService): Promise<void> => {
    for (let hotDegC = 25; hotDegC <= 140; hotDegC++) await live(service, 1, [...others, 'A_hot'], hotDegC);
    await live(service, 20, [...others, 'A_hot'], 140);
  };

  /** As hot as it gets, then nothing more. */
  async function burn(service: BuiltService): Promise<void> {
    await live(service, 30, [...others, 'A_hot'], 25);
    await heat(service);
    await live(service, 60, others);
    expect(await hazardOf(service, 'A_hot')).toMatchObject({ state: 'unacknowledged', highestPriority: 1 });
  }

  it('can be retired, and its emergency waits for an acknowledgement and a reset', async () => {
    const service = await open();
    await burn(service);
    const reason = { reason: 'seen burnt out through the window at 14:10' };
    expect((await ask(service, 'POST', '/modules/A_hot/retire', reason)).statusCode).toBe(204);
    const returned = await hazardOf(service, 'A_hot');
    expect(returned).toMatchObject({ state: 'returned' });
    const { id } = returned!;
    // Nobody tidies it away by retiring alone, nor by looking alone.
    expect((await act(service, id, 'reset', { reason: 'gone' })).statusCode).toBe(409);
    await act(service, id, 'acknowledge', {});
    await live(service, 90, others);
    expect(await hazardOf(service, 'A_hot')).toMatchObject({ state: 'latched' });
    // Evidence is kept, and the place is not shown as if nothing had been there.
    const evidence = (await ask(service, 'GET', `/alarms/${id}/evidence`)).json();
    expect(evidence.modules[0].moduleId).toBe('A_hot');
    const sheet = (await ask(service, 'GET', '/responder.html')).body;
    expect(sheet).toContain('retired, not monitored');
    expect(sheet).toContain('A_hot (was critical, 140 °C');
    expect(sheet).not.toContain('class="state normal"');
    const { retired, changes } = (await ask(service, 'GET', '/modules')).json();
    expect(retired).toMatchObject([{ moduleId: 'A_hot', rackId: 'A', lastLevel: 'critical', ...reason }]);
    expect(changes[0]).toMatchObject({ moduleId: 'A_hot', from: 'critical', to: 'unknown' });
    expect((await act(service, id, 'reset', { reason: 'removed by the fire service' })).statusCode).toBe(200);
    expect(await hazardOf(service, 'A_hot')).toMatchObject({ state: 'closed' });
    const { rows } = (await ask(service, 'GET', '/audit?subject=A_hot')).json();
    expect(rows[0]).toMatchObject({ action: 'module.retired' });
    expect(JSON.parse(rows[0].detail)).toMatchObject({ ...reason, lastLevel: 'critical' });
    const ended = (await ask(service, 'GET', `/audit?subject=${id}`)).json().rows;
    const back = ended.find(({ action }: { action: string }) => action === 'alarm.returned');
    expect(back).toMatchObject({ actor: 'open access' });
    expect(JSON.parse(back.detail)).toMatchObject(reason);
    await service.close();
  });

  it('stays retired after an end of the process at any point, and is a new module when it delivers hot', async () => {
    let service = await open();
    await burn(service);
    await service.monitor.snapshots.take();
    await live(service, 10, others);
    await ask(service, 'POST', '/modules/A_hot/retire', { reason: 'burnt out' });
    // The snapshot that is on disk knows it as critical; what was retired since is not judged back.
    service.monitor.snapshots.take = async () => false;
    await service.close();
    service = await open();
    expect((await ask(service, 'GET', '/modules/A_hot')).json().error.detail).toContain('was retired by');
    expect(await hazardOf(service, 'A_hot')).toMatchObject({ state: 'returned' });
    await live(service, 120, others);
    expect(await silences(service)).toEqual([]);
    // It burns still: evaluated at once, and its emergency asks for a look again.
    for (let hotDegC = 110; hotDegC <= 170; hotDegC++) await live(service, 1, [...others, 'A_hot'], hotDegC);
    expect((await ask(service, 'GET', '/modules/A_hot')).json()).toMatchObject({ level: 'critical' });
    expect(await hazardOf(service, 'A_hot')).toMatchObject({ state: 'unacknowledged' });
    expect((await ask(service, 'GET', '/modules')).json().retired).toEqual([]);
    service.monitor.snapshots.take = async () => false;
    await service.close();
    // Judged again from the old snapshot: retired in between, and back.
    service = await open();
    expect((await ask(service, 'GET', '/modules/A_hot')).json()).toMatchObject({ level: 'critical' });
    expect((await ask(service, 'GET', '/modules')).json().retired).toEqual([]);
    await service.close();
  });

  it('can be retired though the service knows nothing of it any more but its alarm', async () => {
    const service = await open();
    await live(service, 60, others);
    const fleet = service.monitor.fleet;
    await heat(service);
    fleet.forget('A_hot');
    await live(service, 5, others);
    const answer = await ask(service, 'POST', '/modules/A_hot/retire', { reason: 'taken away' });
    expect(answer.statusCode).toBe(204);
    expect(await hazardOf(service, 'A_hot')).toMatchObject({ state: 'returned' });
    await service.close();
  });
});
