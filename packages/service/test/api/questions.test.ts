/** Predictions, export, alarms, metrics: what the routes answer. */
import { connect } from 'node:net';
import {
  CsvRecordingReader,
  copyOfFrame,
  type Frame,
  NdjsonRecordingReader,
} from '@emberwatch/engine/telemetry';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { textCell } from '../../src/api/export.ts';
import { MAX_READINGS } from '../../src/api/predict.ts';
import { recordOf, START_MS } from '../stand-in.ts';
import { alarmOf, type StandIn, type StandInOptions, standInSite } from './stand-in-site.ts';

let service: StandIn;

const start = async (options: StandInOptions = {}) => {
  service = await standInSite({ mode: 'open', ...options });
};

afterEach(() => service.app.close());

const get = (url: string) => service.app.inject({ url, headers: { host: 'localhost' } });
const post = (url: string, payload: object) =>
  service.app.inject({ method: 'POST', url, headers: { host: 'localhost' }, payload });

const seedReading = (atS: number | null, part: Record<string, unknown> = {}) => ({
  Module_ID: 'RackA1_Module01',
  Rack_ID: 'RackA1',
  ...(atS !== null && { Timestamp: new Date(START_MS + atS * 1000).toISOString() }),
  Module_Avg_Surface_Temp_C: 25,
  Module_Max_Surface_Temp_C: 26,
  Module_Voltage_V: 51.2,
  Module_Current_A: 0,
  ...part,
});

describe('predictions', () => {
  const predict = async (readings: object[]) => (await post('/predict', { readings })).json();

  it('of one reading says what it cannot know, and never 0 for it', async () => {
    await start();
    const { Module_Avg_Surface_Temp_C, Module_ID } = seedReading(null);
    const body = await predict([{ Module_ID, Module_Avg_Surface_Temp_C }]);
    expect(body.model_version).toBe('rules');
    const [prediction] = body.predictions;
    expect(prediction).toMatchObject({ Module_ID, hazard_probability: null, time_ms: START_MS });
    expect(prediction.missing.length).toBeGreaterThan(0);
    if (prediction.level === 'unknown')
      expect(prediction).toMatchObject({
        hazard_prediction: null,
        unknown_because: expect.stringMatching(/./),
      });
  });

  it('calls what burns a hazard and what rests none, in the order of the readings', async () => {
    await start();
    const cool = Array.from({ length: 120 }, (_, i) => seedReading(i));
    const hot = cool.map((reading, i) => ({
      ...reading,
      Module_ID: 'RackA1_Module02',
      Module_Avg_Surface_Temp_C: 25 + i,
      Module_Max_Surface_Temp_C: 26 + i,
    }));
    const { predictions } = await predict([...hot, ...cool]);
    expect(predictions).toHaveLength(240);
    expect(predictions[119]).toMatchObject({
      Module_ID: 'RackA1_Module02',
      level: 'critical',
      hazard_prediction: 1,
    });
    expect(predictions[239]).toMatchObject({
      Module_ID: 'RackA1_Module01',
      level: 'normal',
      hazard_prediction: 0,
    });
  });

  it('keeps nothing: neither module nor alarm, nor memory of an earlier request', async () => {
    await start();
    const readings = [seedReading(0, { Module_Max_Surface_Temp_C: 200, Module_Avg_Surface_Temp_C: 200 })];
    const first = await predict(readings);
    expect(await predict(readings)).toEqual(first);
    expect(service.site.fleet.size).toBe(0);
    expect(service.store.keptChanges).toEqual([]);
  });

  it('answers each reading that is refused with its reason, at its place', async () => {
    await start();
    const { predictions } = await predict([
      seedReading(0),
      seedReading(1, { Timestamp: 'soon' }),
      seedReading(2, { Module_Voltage_V: 'high' }),
      seedReading(2, { Module_Max_Surface_Temp_C: 99 }),
    ]);
    expect(predictions.map((p: { time_ms: number | null }) => p.time_ms)).toEqual([
      START_MS,
      null,
      START_MS + 2000,
      null,
    ]);
    expect(predictions[1]).toMatchObject({
      hazard_prediction: null,
      unknown_because: expect.stringContaining('soon'),
    });
    expect(predictions[2].refused_values[0]).toContain('Module_Voltage_V');
    expect(predictions[3].unknown_because).toContain('same time');
  });

  it('names fields that are no columns, and has limits', async () => {
    await start();
    const body = await predict([seedReading(0, { Module_Temp: 99 })]);
    expect(body.ignored_fields).toEqual(['Module_Temp']);
    const many = Array.from({ length: MAX_READINGS + 1 }, (_, i) => ({ Module_ID: 'A', i }));
    expect((await post('/api/v1/predict', { readings: many })).statusCode).toBe(400);
    expect((await post('/api/v1/predict', { readings: [] })).statusCode).toBe(400);
    expect((await post('/api/v1/predict', { readings: [{ a: 1 }] })).json().error.code).toBe('NO_TELEMETRY');
  });
});

describe('export', () => {
  const records = [
    recordOf('RackA1_Module01', 0, { cell_voltages_v: [3.2, null, 3.25], current_a: -12.5 }),
    recordOf('RackA1_Module02', 1, { cell_temperatures_degc: [24, 24.5] }),
    recordOf('a "quoted", name', 2),
  ];
  const period = `fromMs=${START_MS}&toMs=${START_MS + 10_000}`;

  function framesOf(text: string, Reader: typeof CsvRecordingReader | typeof NdjsonRecordingReader): Frame[] {
    const frames: Frame[] = [];
    const reader = new Reader(null, {
      frame: (f) => void frames.push(copyOfFrame(f)),
      rejection: (r) => expect.fail(JSON.stringify(r)),
    });
    reader.push(new TextEncoder().encode(text));
    reader.end();
    return frames;
  }

  it.each([
    ['csv', CsvRecordingReader],
    ['ndjson', NdjsonRecordingReader],
  ] as const)('as %s is taken by the same reader, and gives the same frames', async (format, Reader) => {
    await start();
    await post('/api/v1/frames', records);
    const answer = await get(`/api/v1/export?${period}&format=${format}`);
    expect(answer.headers['content-disposition']).toContain(`.${format}"`);
    expect(framesOf(answer.body, Reader)).toEqual(service.store.keptFrames);
  });

  it('has numbers as numbers, and no text that a spreadsheet takes for a formula', async () => {
    await start();
    await post('/api/v1/frames', [recordOf('=cmd|"/c calc"!A1', 0, { current_a: -12.5 })]);
    const { body } = await get(`/api/v1/export?${period}&format=csv`);
    expect(body).toContain(`"'=cmd|""/c calc""!A1"`);
    expect(body).toContain(',-12.5,');
  });

  it.each(['=1', '+1', '-1', '@x', '\tx', '\rx', '\0x'])('disarms %j', (text) => {
    expect(textCell(text).replace(/^"/, '').startsWith("'")).toBe(true);
  });

  it('is of the modules and the period that are asked for', async () => {
    await start();
    await post('/api/v1/frames', records);
    const lines = async (query: string) =>
      (await get(`/api/v1/export?format=ndjson&${query}`)).body.trim().split('\n').filter(Boolean).length;
    expect(await lines(`${period}&moduleId=RackA1_Module01`)).toBe(1);
    expect(await lines(`${period}&moduleId=RackA1_Module01&moduleId=RackA1_Module02`)).toBe(2);
    expect(await lines(`fromMs=${START_MS}&toMs=${START_MS + 1000}`)).toBe(1);
    expect((await get(`/api/v1/export?format=csv&fromMs=5&toMs=5`)).statusCode).toBe(400);
  });

  it('reads no more than its reader takes, gives way after two, and is free again once they are gone', async () => {
    await start();
    let pieces = 0;
    const [piece] = [await firstPiece()];
    service.store.frames = async function* () {
      for (; pieces < 1_000_000; pieces++) yield piece;
    };
    const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    const slow = [0, 1].map(() => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(`GET /api/v1/export?${period}&format=csv HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      socket.on('error', () => {});
      return new Promise<typeof socket>((resolve) =>
        socket.once('data', () => {
          socket.pause();
          resolve(socket);
        }),
      );
    });
    const sockets = await Promise.all(slow);
    expect((await fetch(`${url}/api/v1/export?${period}&format=csv`)).status).toBe(503);
    await vi.waitFor(async () => {
      const before = pieces;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(pieces).toBe(before);
    });
    expect(pieces).toBeLessThan(1_000_000);
    for (const socket of sockets) socket.destroy();
    service.store.frames = async function* () {};
    await vi.waitFor(async () => {
      expect((await fetch(`${url}/api/v1/export?${period}&format=csv`)).status).toBe(200);
    });
  });

  async function firstPiece(): Promise<Uint8Array> {
    await post('/api/v1/frames', records);
    for await (const piece of service.store.frames(null, START_MS, START_MS + 10_000)) return piece;
    throw new Error('no piece');
  }
});

describe('alarms', () => {
  it('come from memory while they are open, from the store once they are closed', async () => {
    await start();
    service.alarms.alarms.push(
      alarmOf('A000002'),
      alarmOf('A000003', { kind: 'silence', source: 'B', priority: 4 }),
    );
    service.store.keptAlarms.set('A000001', alarmOf('A000001', { state: 'closed' }));
    const ids = async (query: string) =>
      (await get(`/api/v1/alarms${query}`)).json().alarms.map(({ id }: { id: string }) => id);
    expect(await ids('?open=true')).toEqual(['A000003', 'A000002']);
    expect(await ids('?open=true&kind=silence')).toEqual(['A000003']);
    expect(await ids('?open=false')).toEqual(['A000001']);
    expect((await get('/api/v1/alarms/A000003')).json()).toEqual(service.alarms.alarms[1]);
    expect((await get('/api/v1/alarms/A000001')).json()).toMatchObject({ state: 'closed' });
    expect((await get('/api/v1/alarms/A9')).json().error.code).toBe('UNKNOWN_ALARM');
  });

  it('say every field of the record', async () => {
    await start();
    const alarm = alarmOf('A000007', {
      suppression: { kind: 'shelved', byName: 'Ada', reason: 'known', fromMs: 1, untilMs: 2 },
      comments: [{ atMs: 1, byName: 'Ada', text: 'seen' }],
      reasons: [{ rule: 'HOT', physics: 'thermal', text: 'hot', value: 91, limit: 90, unit: 'degC' }],
      members: ['A', 'B'],
    });
    service.alarms.alarms.push(alarm);
    expect((await get('/api/v1/alarms/A000007')).json()).toEqual(alarm);
  });
});

describe('pages of a list', () => {
  it('follow each other by cursor without a gap', async () => {
    await start();
    for (let i = 0; i < 7; i++)
      await post('/api/v1/frames', recordOf('A', i, { surface_temperature_max_degc: i % 2 ? 25 : 55 }));
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const body: { changes: { seq: number }[]; cursor: string | null } = (
        await get(`/api/v1/changes?limit=3${cursor && `&cursor=${cursor}`}`)
      ).json();
      seen.push(...body.changes.map(({ seq }) => seq));
      cursor = body.cursor;
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });
});

describe('history', () => {
  it('has the channels that are asked for, with null where nothing was measured', async () => {
    await start();
    await post('/api/v1/frames', [recordOf('A', 0), recordOf('A', 1, { voltage_v: null })]);
    const { body } = await get('/api/v1/modules/A/history?channels=voltage_v');
    expect(JSON.parse(body)).toMatchObject({
      moduleId: 'A',
      timesMs: [START_MS, START_MS + 1000],
      series: [{ id: 'voltage_v', unit: 'V', mean: [51.2, null] }],
    });
    expect((await get('/api/v1/modules/A/history?channels=voltage')).json().error.detail).toContain(
      '"voltage"',
    );
    expect((await get('/api/v1/modules/B/history')).statusCode).toBe(404);
  });

  it('takes the trend from cells where nothing else tells of them', async () => {
    await start();
    const cells = {
      surface_temperature_max_degc: null,
      cell_temperatures_degc: [24, 71.5],
      cell_voltages_v: [3.2, 3.45],
    };
    await post('/api/v1/frames', [recordOf('A', 0, cells)]);
    const { series } = (await get('/api/v1/modules/A/trend')).json();
    const of = (id: string) => series.find((one: { id: string }) => one.id === id).max;
    expect(of('hottest_degc')).toEqual([71.5]);
    expect(of('cell_spread_mv')[0]).toBeCloseTo(250);
  });
});

describe('metrics', () => {
  it('are of this service, with units, and count what happened', async () => {
    await start();
    await post('/api/v1/frames', [recordOf('A', 0), { ...recordOf('B', 0), time: 'x' }]);
    service.alarms.alarms.push(alarmOf('A000001'));
    const { body } = await get('/api/v1/metrics');
    const names = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
    expect(names.filter((name) => !name.startsWith('emberwatch_'))).toEqual([]);
    expect(body).toContain('emberwatch_frames_accepted_total 1');
    expect(body).toContain('emberwatch_rejections_total{reason="bad-time"} 1');
    expect(body).toContain('emberwatch_alarms_open{priority="1"} 1');
    expect(body).toContain('emberwatch_last_frame_age_seconds 0');
  });

  it('count requests by the pattern of their address, so that nobody makes series at will', async () => {
    await start();
    for (const url of ['/api/v1/alarms/A1', '/api/v1/alarms/A2', '/nothing/1', '/nothing/2']) await get(url);
    const { body } = await get('/api/v1/metrics');
    expect(body).toContain('route="/api/v1/alarms/:id"');
    expect(body).not.toMatch(/A1|nothing/);
  });

  it('are public only where that was set', async () => {
    await start({ mode: 'tokens', server: { hasPublicMetrics: true } });
    expect((await get('/api/v1/metrics')).statusCode).toBe(200);
    expect((await get('/api/v1/modules')).statusCode).toBe(401);
  });
});
