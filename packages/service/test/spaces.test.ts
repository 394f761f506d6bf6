/** A vent in one container of a site: what people get of it, also with an end of the process in the middle. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../src/compose.ts';
import { settingsOf } from '../src/settings/load.ts';
import { recordOf, START_MS } from './stand-in.ts';

let folder = '';
const clock = { nowMs: START_MS };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emberwatch-spaces-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (spaces?: Record<string, { racks: string[] }>): Promise<BuiltService> =>
  buildService({
    now: () => clock.nowMs,
    access: 'open',
    logLevel: 'silent',
    dataDirectory: join(folder, 'data'),
    site: { name: 'hall', ...(spaces && { spaces }) },
  });

const SPACES = { north: { racks: ['A*'] }, south: { racks: ['B*', 'Z9'] } };
const RACKS = ['A1', 'A2', 'B1'];
const MODULES = RACKS.flatMap((rack) => [1, 2, 3, 4].map((n) => `${rack}_${n}`));

/** Gas over its baseline of 5 ppm: strong in A1, a third of it in A2, weak but present in B1. */
const GAS_PPM: Readonly<Record<string, number>> = { A1: 400, A2: 130, B1: 60 };

async function live(service: BuiltService, spanS: number, isVenting: boolean, hotK = 0): Promise<void> {
  for (let s = 0; s < spanS; s++) {
    clock.nowMs += 1000;
    const flicker = (clock.nowMs / 1000) % 3;
    const records = MODULES.map((moduleId) => {
      const rackId = moduleId.split('_')[0]!;
      return recordOf(moduleId, (clock.nowMs - START_MS) / 1000, {
        rack_id: rackId,
        surface_temperature_max_degc:
          25 + 0.1 * flicker + (moduleId === 'A1_1' ? Math.min(hotK, 0.6 * s) : 0),
        voltage_v: 51 + 0.1 * flicker,
        voc_ppm: isVenting ? GAS_PPM[rackId]! + flicker : 5,
      });
    });
    await service.app.inject({
      method: 'POST',
      url: '/api/v1/frames',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      payload: JSON.stringify(records),
    });
    service.monitor.tick();
  }
}

const ask = async (service: BuiltService, url: string) =>
  (await service.app.inject({ method: 'GET', url: `/api/v1${url}`, headers: { host: 'localhost' } })).json();

async function openAlarms(service: BuiltService): Promise<string[]> {
  const { alarms } = await ask(service, '/alarms?open=true&limit=100');
  return alarms
    .map((one: { kind: string; source: string; priority: number; members: string[] }) =>
      [one.kind, one.source, one.priority, one.members.length].join(' '),
    )
    .sort();
}

describe('a vent in one of two containers', () => {
  it('is one alarm of its air with its modules, and one of the air behind the wall', async () => {
    let service = await open(SPACES);
    await live(service, 60, false);
    await live(service, 60, true);
    const found = ['gas north 2 4', 'gas south 2 4'];
    expect(await openAlarms(service)).toEqual(found);
    // The rack beside it smells what came from A1; B1 is compared with nothing of the north.
    const { modules } = await ask(service, '/modules');
    const levels = Object.fromEntries(
      modules.map(({ moduleId, level }: { moduleId: string; level: string }) => [moduleId, level]),
    );
    expect(levels).toMatchObject({ A1_2: 'warning', A2_2: 'normal', B1_2: 'warning' });
    await service.close();
    service = await open(SPACES);
    await live(service, 20, true);
    expect(await openAlarms(service)).toEqual(found);
    // The vent is followed by heat of one module: its emergency stands beside the gas.
    await live(service, 240, true, 130);
    expect(await openAlarms(service)).toEqual(['gas north 2 3', 'gas south 2 4', 'hazard A1_1 1 0']);
    await service.close();
  });

  it('is one alarm of the whole site where nothing is said of its air', async () => {
    const service = await open();
    await live(service, 60, false);
    await live(service, 60, true);
    expect(await openAlarms(service)).toEqual(['gas whole site 2 4']);
    expect((await ask(service, '/health')).spacesUnmatched).toEqual([]);
    await service.close();
  });

  it('patterns that name no rack are shown, and the page that judges again knows the spaces', async () => {
    const service = await open(SPACES);
    expect((await ask(service, '/health')).spacesUnmatched).toEqual([]);
    await live(service, 2, false);
    expect((await ask(service, '/health')).spacesUnmatched).toEqual([{ space: 'south', pattern: 'Z9' }]);
    expect((await ask(service, '/model')).spaces).toEqual(SPACES);
    await service.close();
  });
});

describe('air spaces in the settings', () => {
  const of = (spaces: string) => settingsOf(`site:\n  name: hall\n  spaces: ${spaces}\n`, 'site.yaml');

  it('say which racks share air', () => {
    expect(of('{ north: { racks: ["A*"] } }').site.spaces).toEqual({ north: { racks: ['A*'] } });
  });

  it.each([
    [
      '{ a: { racks: ["R*"] }, b: { racks: [R1] } }',
      'site.spaces: "R*" and "R1" can name the same rack, which is then in a and in b',
    ],
    ['{ a: { racks: [R1, R1] } }', 'twice in a'],
    ['{ site: { racks: [R1] } }', '"site" is no name of a space'],
    ['{ north hall: { racks: [R1] } }', '"north hall" is no name of a space'],
    ['{ a: { racks: [] } }', 'site.spaces.a.racks'],
    ['{ a: { rack: [R1] } }', 'there is no setting "rack"'],
  ])('%s is refused in words', (spaces, words) => {
    expect(() => of(spaces)).toThrow(words);
  });
});
