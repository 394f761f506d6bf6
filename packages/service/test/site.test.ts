import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startService } from '../src/index.ts';
import { type StandIn, type StandInOptions, standInSite } from './api/stand-in-site.ts';
import { recordOf, START_MS } from './stand-in.ts';

let service: StandIn;

async function start(options: StandInOptions = {}): Promise<void> {
  service = await standInSite({ mode: 'open', ...options });
}

const get = async (url: string, headers: Record<string, string> = {}) => {
  const response = await service.app.inject({ url, headers: { host: 'localhost', ...headers } });
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    body: parsed(response.body),
  };
};

const parsed = (text: string) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const post = (records: unknown) =>
  service.app.inject({
    method: 'POST',
    url: '/api/v1/frames',
    headers: { host: 'localhost', 'content-type': 'application/json' },
    payload: JSON.stringify(records),
  });

afterEach(async () => {
  await service.app.close();
});

describe('questions about the site', () => {
  it('gives the snapshot with values, derived ones too, and verdicts', async () => {
    await start();
    await post([
      recordOf('RackA1_Module01', 0, {
        cell_voltages_v: [3.2, null, 3.45],
        cell_temperatures_degc: [24, 71.5],
      }),
      recordOf('RackA1_Module02', 0, { surface_temperature_max_degc: 65 }),
    ]);
    const { body } = await get('/api/v1/modules');
    expect(body.health).toMatchObject({
      status: 'ok',
      framesAccepted: 2,
      clockMs: START_MS,
      obstacles: [],
    });
    const [first, second] = body.modules;
    expect(first).toMatchObject({ moduleId: 'RackA1_Module01', rackId: 'RackA1', level: 'normal' });
    expect(first.values).toMatchObject({ hottest_degc: 71.5, cell_spread_mv: 250, co_ppm: null });
    expect(second).toMatchObject({ level: 'warning', lastKnownLevel: 'warning' });
    expect(second.reasons[0].text).toContain('65');
    expect(body.changes[0]).toMatchObject({ seq: 2, from: 'unknown', to: 'warning' });
  });

  it('gives trends, from an instant on', async () => {
    await start();
    service.nowMs += 60_000;
    await post(Array.from({ length: 60 }, (_, i) => recordOf('A', i, { voltage_v: 50 + (i % 2) })));
    const { body } = await get('/api/v1/modules/A/trend');
    expect(body.timesMs).toHaveLength(6);
    const voltage = body.series.find((s: { id: string }) => s.id === 'voltage_v');
    expect(voltage).toMatchObject({ unit: 'V', min: Array(6).fill(50), max: Array(6).fill(51) });
    expect(body.series.some((s: { id: string }) => s.id === 'co_ppm')).toBe(false);
    const later = await get(`/api/v1/modules/A/trend?afterMs=${START_MS + 49_000}`);
    expect(later.body.timesMs).toEqual([START_MS + 49_000, START_MS + 59_000]);
  });

  it('answers 404 for a module never seen and 400 for a bad query', async () => {
    await start();
    expect(await get('/api/v1/modules/nobody/trend')).toMatchObject({
      status: 404,
      body: { error: { code: 'UNKNOWN_MODULE' } },
    });
    expect((await get('/api/v1/modules/A/trend?afterMs=noon')).body.error).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: 'querystring/afterMs must be number',
    });
    expect((await get('/api/v1/changes?limit=0')).status).toBe(400);
    expect((await get('/api/v1/nothing')).body.error.code).toBe('NOT_FOUND');
  });

  it('lists changes newest first, by module, within bounds', async () => {
    await start({ limits: { changes: 5 } });
    for (let i = 0; i < 10; i++)
      await post(recordOf('A', i, { surface_temperature_max_degc: i % 2 ? 25 : 55 }));
    const { body } = await get('/api/v1/changes?limit=5&moduleId=A');
    expect(body.changes.map((c: { seq: number }) => c.seq)).toEqual([10, 9, 8, 7, 6]);
    expect((await get('/api/v1/changes?moduleId=B&limit=5')).body.changes).toEqual([]);
  });

  it('lists sensor faults, and the same one when it has ended', async () => {
    await start();
    await post([recordOf('A', 0, { co_ppm: 5000 })]);
    expect((await get('/api/v1/sensor-faults')).body.sensorFaults).toMatchObject([
      { channel: 'co_ppm', toMs: null },
    ]);
    await post([recordOf('A', 5, { co_ppm: 3 })]);
    expect((await get('/api/v1/sensor-faults?moduleId=A')).body.sensorFaults).toMatchObject([
      { fromMs: START_MS, toMs: START_MS + 5000 },
    ]);
  });

  it('tells health as it is: before, during, after, and when the detector fails', async () => {
    await start();
    expect((await get('/api/v1/health')).body).toMatchObject({ status: 'waiting', clockMs: null });
    await post([recordOf('A', 0), { ...recordOf('A', 0), time: 'x' }]);
    service.nowMs += 5000;
    expect((await get('/api/v1/health')).body).toMatchObject({
      status: 'ok',
      lastFrameAgeMs: 5000,
      framesAccepted: 1,
      rowsRejected: 1,
      rejectionsByReason: { 'bad-time': 1 },
    });
    service.nowMs += 60_000;
    expect((await get('/api/v1/health')).body.status).toBe('no-data');
    await post(recordOf('A', 1, { surface_temperature_max_degc: 666 }));
    expect(await get('/api/v1/health')).toMatchObject({
      status: 503,
      body: { status: 'failing', detectorFailures: 1, detectorMessage: 'the stand-in was told to fail' },
    });
  });
});

describe('the door to the outside', () => {
  it('sends strict headers with every answer', async () => {
    await start();
    for (const url of ['/api/v1/health', '/', '/nothing']) {
      const { headers } = await get(url);
      expect(headers['content-security-policy']).toContain("default-src 'self'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('does not answer to foreign names on loopback', async () => {
    await start();
    expect(await get('/api/v1/modules', { host: 'evil.example' })).toMatchObject({
      status: 403,
      body: { error: { code: 'FOREIGN_HOST' } },
    });
    for (const host of ['localhost:8080', '127.0.0.1:1', '[::1]:8080'])
      expect((await get('/api/v1/health', { host })).status).toBe(200);
  });

  it('says so when the page is not built', async () => {
    await start();
    const { status, text } = await get('/');
    expect(status).toBe(503);
    expect(text).toContain('npm run build');
  });

  it.each([
    ['headers', 'POST /api/v1/frames HTTP/1.1\r\nhost: localhost\r\n'],
    [
      'a body',
      'POST /api/v1/frames HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 99\r\n\r\nt,',
    ],
  ])('does not wait for ever for %s', async (_, sent) => {
    await start({ limits: { requestMs: 500 } });
    const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(sent));
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });

  it('names the address when it cannot listen', async () => {
    await start();
    const taken = await startService({ port: 0, access: 'open', logLevel: 'silent' });
    const port = Number(new URL(taken.url).port);
    await expect(startService({ port, access: 'open', logLevel: 'silent' })).rejects.toMatchObject({
      code: 'LISTEN',
      detail: expect.stringContaining(`127.0.0.1:${port}`),
    });
    await taken.close();
  });
});
