/** What is delivered and not understood is told: to the sender, in health, among the refusals, and by an alarm. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../../src/compose.ts';
import type { ServiceOptions } from '../../src/options.ts';
import { recordOf, START_MS } from '../stand-in.ts';

let service: BuiltService;
let nowMs = START_MS;

async function start(options: Partial<ServiceOptions> = {}): Promise<void> {
  nowMs = START_MS;
  service = await buildService({ now: () => nowMs, access: 'open', logLevel: 'silent', ...options });
}

afterEach(() => service.close());

const HEADERS = { host: 'localhost', 'emberwatch-gateway': 'gw' };

async function post(
  payload: string | Buffer,
  type = 'application/json',
  headers = {},
  url = '/api/v1/frames',
) {
  const answer = await service.app.inject({
    method: 'POST',
    url,
    headers: { ...HEADERS, 'content-type': type, ...headers },
    payload,
  });
  return { status: answer.statusCode, body: answer.json() };
}

const get = async (path: string) =>
  (await service.app.inject({ url: `/api/v1/${path}`, headers: { host: 'localhost' } })).json();

const ids = async (): Promise<string[]> =>
  (await get('modules')).modules.map(({ moduleId }: { moduleId: string }) => moduleId);

const open = (): string[] => {
  service.monitor.tick();
  return service.monitor.alarms.open().map(({ kind, source }) => `${kind} ${source}`);
};

/** What still holds once it had a minute to return. */
const active = (): string[] => {
  service.monitor.tick();
  nowMs += 62_000;
  service.monitor.tick();
  return service.monitor.alarms
    .open()
    .filter(({ state }) => state !== 'returned')
    .map(({ kind, source }) => `${kind} ${source}`);
};

const json = (moduleId: string, rest = ''): string => {
  const text = JSON.stringify(recordOf(moduleId, 0));
  return rest === '' ? text : `${text.slice(0, -1)},${rest}}`;
};

describe('a JSON body', () => {
  it.each([
    ['a NaN', 'application/json', `[${json('A', '"co_ppm":NaN')},${json('B')}]`, 1],
    ['Python', 'application/json', `{'frames': [${json('A', "'co_ppm': nan")}, ${json('B')},]}`, 1],
    ['lines', 'application/x-ndjson', `${json('A', '"co_ppm":-Infinity')}\n${json('B')}\n`, 1],
    ['a byte-order mark and an end mark', 'application/json', `\ufeff[${json('A')},${json('B')}]\u0000`, 0],
    ['one after another', 'application/json', `${json('A')}${json('B')}`, 0],
  ])('loses a value and no more: %s', async (_, type, payload, rejectedValues) => {
    await start();
    expect((await post(payload, type)).body).toMatchObject({ accepted: 2, rejected: 0, rejectedValues });
    expect(await ids()).toEqual(['A', 'B']);
  });

  it.each([
    ['a member without a value sign', `[${json('A')},{"time" 1},${json('B')}]`],
    ['brackets that do not match', `[${json('A')},{"a":[1,2},${json('B')}]`],
    ['no object', `[${json('A')},nan,${json('B')}]`],
    ['what nests deep', `[${json('A')},${'['.repeat(500)}${']'.repeat(500)},${json('B')}]`],
    [
      'an end within a record',
      `[${json('A')},${json('B')},{"time":"2026-01-01T00:00:00Z","module_id":"C","voltage_v":5`,
    ],
    ['an end within the list of frames', `{"frames":[${json('A')},${json('B')},{"time":"2026-0`],
    ['something behind it', `[${json('A')},${json('B')}]xyz`],
    [
      'a letter of another encoding',
      Buffer.concat([
        Buffer.from(`[${json('A')},`),
        Buffer.from(json('X\xe9'), 'latin1'),
        Buffer.from(`,${json('B')}]`),
      ]),
    ],
  ])('loses one broken item and no more: %s', async (_, payload) => {
    await start();
    const { status, body } = await post(payload);
    expect([status, body.accepted]).toEqual([200, 2]);
    expect(body.rejected).toBeGreaterThan(0);
    expect(await ids()).toEqual(['A', 'B']);
  });

  it('of which nothing can be read is refused, counted for its gateway, and the third one is an alarm', async () => {
    await start();
    await post(json('A'));
    for (const payload of [
      '{"time":"2026',
      'no json at all',
      '[]',
      '[1,2]',
      '{"a":1}',
      Buffer.from([0xff, 0xfe, 0x7b, 0]),
    ])
      expect((await post(payload)).status).toBe(400);
    expect((await get('gateways')).gateways[0]).toMatchObject({ gatewayId: 'gw', rejectedBodies: 6 });
    const { refusals: rejections } = await get('refusals');
    expect(rejections.find(({ reason }: { reason: string }) => reason === 'bad-body')).toMatchObject({
      gatewayId: 'gw',
      count: 6,
    });
    expect(open()).toContain('rejections gw');
  });

  it('that fails before it is read counts as well', async () => {
    await start();
    await post(json('A'));
    await post(json('A'), 'text/plain');
    await post(json('A'), 'application/json; charset=utf-16');
    await post('no gzip', 'application/json', { 'content-encoding': 'gzip' });
    await post(json('A'), 'application/json', { 'content-encoding': 'br' });
    await post(json('A'), 'application/json', { 'emberwatch-epoch': 'x' });
    expect((await get('gateways')).gateways).toMatchObject([{ gatewayId: 'gw', rejectedBodies: 5 }]);
    expect(open()).toContain('rejections gw');
    nowMs += 1000;
    await post(JSON.stringify(recordOf('A', 1)));
    expect((await get('gateways')).gateways[0]).toMatchObject({ rejectedBodies: 5 });
  });
});

describe('fields that nobody knows', () => {
  const FIELD = { field: 'surfaceTemperatureMax', didYouMean: 'surface_temperature_max_degc' };

  it.each([
    [
      'application/json',
      JSON.stringify([recordOf('A', 0), { ...recordOf('B', 0), surfaceTemperatureMax: 144 }]),
    ],
    ['application/json', JSON.stringify({ surfaceTemperatureMax: 144, frames: [recordOf('A', 0)] })],
    ['application/x-ndjson', JSON.stringify({ ...recordOf('A', 0), surfaceTemperatureMax: 144 })],
    ['text/csv', 'time,module_id,voltage_v,surfaceTemperatureMax\n2026-01-01T00:00:00Z,A,52,144\n'],
  ])('stand in the answer, in health, among the refusals, and are an alarm: %s', async (type, payload) => {
    await start();
    expect((await post(payload, type)).body).toMatchObject({ unknownFields: [FIELD], moreUnknownFields: 0 });
    expect(await get('health')).toMatchObject({
      unknownFieldCount: 1,
      unknownFields: [{ gatewayId: 'gw', ...FIELD }],
    });
    expect((await get('refusals')).unknownFields).toMatchObject([
      { gatewayId: 'gw', ...FIELD, deliveries: 1 },
    ]);
    expect(open()).toContain('ignored-fields gw');
    nowMs += 3_700_000;
    expect(active()).not.toContain('ignored-fields gw');
  });

  it('are bounded, however many there are', async () => {
    await start();
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field_${i}`, 1]));
    const { body } = await post(JSON.stringify([{ ...recordOf('A', 0), ...many }]));
    expect(body.unknownFields).toHaveLength(20);
    expect(body.moreUnknownFields).toBe(5000 - 20);
    for (let i = 1; i < 10; i++)
      await post(
        JSON.stringify([
          { ...recordOf('A', i), [`other_${i}_a`]: 1, [`other_${i}_b`]: 1, [`x${i}c`]: 1, [`y${i}d`]: 1 },
        ]),
      );
    expect((await get('health')).unknownFieldCount).toBe(50);
  });

  it('may be delivered on purpose where the settings say so', async () => {
    await start({ ignoreFields: ['firmware', 'diag_*'] });
    const { body } = await post(JSON.stringify({ ...recordOf('A', 0), firmware: '1.2', diag_1: 5 }));
    expect(body.unknownFields).toEqual([]);
    expect(open()).not.toContain('ignored-fields gw');
  });
});

describe('a temperature that is renamed while the module heats', () => {
  it('leaves it unknown, not normal, and the lost channel and the new field are alarms', async () => {
    await start();
    const deliver = async (seconds: number, name: string) => {
      const rows = Array.from({ length: seconds }, () => {
        nowMs += 1000;
        const atS = (nowMs - START_MS) / 1000;
        const { surface_temperature_max_degc: _, ...rest } = recordOf('A', atS, {
          voltage_v: 52 + (atS % 3) / 100,
        });
        return JSON.stringify({ ...rest, [name]: 25 + (atS % 2) / 10 });
      });
      await post(rows.join('\n'), 'application/x-ndjson');
    };
    await deliver(120, 'surface_temperature_max_degc');
    expect((await get('modules')).modules[0].level).toBe('normal');
    await deliver(120, 'surfaceTemperatureMax');
    expect((await get('modules')).modules[0].level).toBe('unknown');
    expect(open()).toEqual(expect.arrayContaining(['lost-channel A', 'ignored-fields gw']));
    const [alarm] = service.monitor.alarms.open().filter(({ kind }) => kind === 'lost-channel');
    expect(alarm).toMatchObject({
      priority: 3,
      text: 'A no longer sends surface_temperature_max_degc since 2026-01-01 00:02:00 UTC.',
    });
    await deliver(120, 'surface_temperature_max_degc');
    expect(active()).not.toContain('lost-channel A');
  });

  it('is told after a restart as before it', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'emberwatch-'));
    try {
      await start({ dataDirectory });
      const deliver = async (name: string) => {
        const rows = Array.from({ length: 120 }, () => {
          nowMs += 1000;
          const atS = (nowMs - START_MS) / 1000;
          const { surface_temperature_max_degc: _, ...rest } = recordOf('A', atS, {
            voltage_v: 52 + (atS % 3) / 100,
          });
          return JSON.stringify({ ...rest, [name]: 25 + (atS % 2) / 10 });
        });
        await post(rows.join('\n'), 'application/x-ndjson');
      };
      await deliver('surface_temperature_max_degc');
      await deliver('surfaceTemperatureMax');
      expect(open()).toEqual(expect.arrayContaining(['lost-channel A', 'ignored-fields gw']));
      await service.close();
      service = await buildService({ now: () => nowMs, access: 'open', logLevel: 'silent', dataDirectory });
      expect((await get('modules')).modules[0].level).toBe('unknown');
      expect(active()).toEqual(expect.arrayContaining(['lost-channel A', 'ignored-fields gw']));
      await service.close();
      await start();
    } finally {
      await rm(dataDirectory, { recursive: true, force: true });
    }
  });
});
