import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../src/compose.ts';
import type { ServiceOptions } from '../src/options.ts';
import { recordOf, START_MS, StandInDetector } from './stand-in.ts';

let service: BuiltService | undefined;

async function start(options: ServiceOptions = {}): Promise<BuiltService> {
  service = await buildService(
    { now: () => START_MS, access: 'open', logLevel: 'silent', ...options },
    (sink) => new StandInDetector(sink),
  );
  return service;
}

async function post(
  payload: unknown,
  contentType = 'application/json',
  headers: Record<string, string> = {},
) {
  const { app } = service ?? (await start());
  const isRaw = typeof payload === 'string' || Buffer.isBuffer(payload);
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/frames',
    headers: { host: 'localhost', 'content-type': contentType, ...headers },
    payload: isRaw ? payload : JSON.stringify(payload),
  });
  return { status: response.statusCode, body: response.json(), headers: response.headers };
}

afterEach(async () => {
  await service?.close();
  service = undefined;
});

const SEED_CSV = `Timestamp,Module_ID,Rack_ID,Module_Max_Surface_Temp_C,Module_Voltage_V
2025-12-31 10:00:00,RackA1_Module01,RackA1,25.5,51.2
2025-12-31 10:00:10,RackA1_Module01,RackA1,hot,51.2
2025-12-31 10:00:10,RackA1_Module01,RackA1,25.5,51.2
2025-12-31 10:00:20,RackA1_Module01,RackA1,25.5,51.2
`;

describe('bodies that are telemetry', () => {
  it('takes one record, a list, and a list under "frames"', async () => {
    expect((await post(recordOf('A', 0))).body).toMatchObject({ accepted: 1, rejected: 0, rejections: [] });
    expect((await post([recordOf('A', 1), recordOf('B', 1)])).body.accepted).toBe(2);
    expect((await post({ frames: [recordOf('A', 2)] })).body.accepted).toBe(1);
  });

  it('takes NDJSON and names line and value of what it refuses', async () => {
    const lines = [JSON.stringify(recordOf('A', 0)), '{"time":', JSON.stringify(recordOf('A', 1)), ''];
    const { status, body } = await post(lines.join('\n'), 'application/x-ndjson');
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 2, rejected: 1 });
    expect(body.rejections).toEqual([
      { reason: 'bad-row', scope: 'row', line: 2, column: null, value: '{"time":' },
    ]);
  });

  it('takes CSV in the seed schema, part of it, with line, column and value', async () => {
    const { status, body } = await post(SEED_CSV, 'text/csv; charset=utf-8');
    expect(status).toBe(200);
    // The third row has the value that the second lacks: both are parts of one instant.
    expect(body).toMatchObject({ accepted: 4, repeated: 0, rejected: 0, rejectedValues: 1 });
    expect(body.rejections).toEqual([
      { reason: 'not-a-number', scope: 'value', line: 3, column: 'Module_Max_Surface_Temp_C', value: 'hot' },
    ]);
  });

  it('takes gzip', async () => {
    const packed = gzipSync(SEED_CSV);
    const { body } = await post(packed, 'text/csv', { 'content-encoding': 'gzip' });
    expect(body.accepted).toBe(4);
  });

  it('refuses again what was refused under its number, and takes it once it can be taken', async () => {
    const { monitor } = await start({ limits: { modules: 1 } });
    const numbered = { 'emberwatch-epoch': 'e', 'emberwatch-number': '1' };
    await post([recordOf('B', 0)]);
    for (let i = 0; i < 2; i++)
      expect(await post([recordOf('A', 1)], 'application/json', numbered)).toMatchObject({
        status: 400,
        body: { error: { code: 'NOTHING_TAKEN' }, rejected: 1, repeated: 0 },
      });
    monitor.pipeline.forget('B');
    expect(await post([recordOf('A', 1)], 'application/json', numbered)).toMatchObject({
      status: 200,
      body: { accepted: 1, repeated: 0 },
    });
  });

  it('refuses a row whose rack has an endless name, and keeps the others', async () => {
    const endless = { ...recordOf('B', 0), rack_id: 'R'.repeat(25_000) };
    expect(await post([recordOf('A', 0), endless])).toMatchObject({
      status: 200,
      body: { accepted: 1, rejected: 1, rejections: [{ reason: 'module-name-too-long', line: 2 }] },
    });
  });

  it('counts a batch that comes twice as repeated and does not call it an error', async () => {
    const batch = [recordOf('A', 0), recordOf('B', 0)];
    await post(batch);
    const { status, body } = await post(batch);
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 0, repeated: 2, rejected: 0, rejections: [] });
  });

  it('keeps what lies before what was judged, and puts the frames of one request in order', async () => {
    await start({ now: () => START_MS + 14_000 });
    await post(recordOf('A', 10));
    const { body } = await post([recordOf('A', 9), recordOf('A', 13), recordOf('A', 11)]);
    expect(body).toMatchObject({ accepted: 2, late: 1, rejected: 0 });
  });

  it('takes brackets inside of text for what they are, and lists that nest too deep as no values', async () => {
    const { body } = await post(recordOf('A', 0, { note: `\\"${'['.repeat(100)}` }));
    expect(body).toMatchObject({ accepted: 1, rejected: 0 });
    const deep = `${JSON.stringify(recordOf('A', 1)).slice(0, -1)},"cell_voltages_v":[3,${'['.repeat(1e5)}${']'.repeat(1e5)}]}`;
    const answer = await post(deep, 'application/x-ndjson');
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1, rejectedValues: 1 } });
  });

  it('lists the first twenty rejections and counts them all', async () => {
    const records = Array.from({ length: 50 }, () => ({ ...recordOf('A', 0), module_id: '' }));
    const { body } = await post([recordOf('A', 0), ...records]);
    expect(body).toMatchObject({ accepted: 1, rejected: 50 });
    expect(body.rejections).toHaveLength(20);
  });

  it('takes a stamp far ahead for no time, and the next one is believed', async () => {
    const far = { ...recordOf('A', 0), time: START_MS + 2 * 86_400_000 };
    const { body } = await post([recordOf('A', 0), far]);
    expect(body).toMatchObject({ accepted: 2, repeated: 0, rejected: 0 });
    expect((await post(recordOf('A', 1))).body.accepted).toBe(1);
  });

  it('refuses modules above the limit and keeps the others going', async () => {
    await start({ limits: { modules: 2 } });
    const { body } = await post([recordOf('A', 0), recordOf('B', 0), recordOf('C', 0), recordOf('A', 1)]);
    expect(body).toMatchObject({ accepted: 3, rejected: 1 });
    expect(body.rejections[0]).toMatchObject({ reason: 'module-limit', value: 'C', line: 3 });
  });
});

describe('any body at all', () => {
  const media = ['application/json', 'application/x-ndjson', 'text/csv'];
  const column = fc.constantFrom(
    'time',
    'Timestamp',
    'module_id',
    'Module_ID',
    'voltage_v',
    'cell_voltages_v',
  );
  const record = fc.dictionary(column, fc.jsonValue(), { maxKeys: 6 });
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.json(),
    fc.array(record, { maxLength: 4 }).map((records) => JSON.stringify(records)),
    fc.array(record, { maxLength: 4 }).map((records) => records.map((r) => JSON.stringify(r)).join('\n')),
    fc.array(fc.array(fc.oneof(column, fc.string()), { maxLength: 4 })).map((rows) => rows.join('\n')),
  );

  it('is answered, never with a failure of the service', async () => {
    await start();
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(...media), fc.boolean(), async (body, type, isPacked) => {
        const payload = isPacked ? gzipSync(body) : Buffer.from(body);
        const { status } = await post(payload, type, isPacked ? { 'content-encoding': 'gzip' } : {});
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 500 },
    );
    expect(service!.site.fleet.failure.count).toBe(0);
  });
});

describe('bodies that are none', () => {
  it.each([
    ['no JSON', '{"time": 1,', 'application/json', 'INVALID_JSON'],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 'NO_TELEMETRY'],
    ['numbers', '[1, 2]', 'application/json', 'NO_TELEMETRY'],
    ['nothing', '', 'application/json', 'INVALID_JSON'],
    ['nothing as CSV', '', 'text/csv', 'NO_TELEMETRY'],
    ['an empty list', '[]', 'application/json', 'NO_TELEMETRY'],
    ['a text', '"hello"', 'application/json', 'NO_TELEMETRY'],
    ['another schema', '[{"a": 1}]', 'application/json', 'NO_TELEMETRY'],
    ['CSV of another schema', 'a,b\n1,2\n', 'text/csv', 'NO_TELEMETRY'],
    ['an empty CSV', '\n', 'text/csv', 'NO_TELEMETRY'],
    ['an empty NDJSON', '\n', 'application/x-ndjson', 'NO_TELEMETRY'],
    ['what nests too deep', '['.repeat(1e5) + ']'.repeat(1e5), 'application/json', 'NO_TELEMETRY'],
    [
      'what nests too deep, inside a record',
      `{"time":1,"module_id":${'{"a":['.repeat(5e3)}${']}'.repeat(5e3)},"voltage_v":5}`,
      'application/json',
      'NOTHING_TAKEN',
    ],
    [
      'a line that nests too deep',
      `${'['.repeat(1e5)}${']'.repeat(1e5)}`,
      'application/x-ndjson',
      'NOTHING_TAKEN',
    ],
    [
      'a list of cells that nests too deep',
      `{"time":"soon","module_id":"A","cell_voltages_v":[${'['.repeat(1e5)}${']'.repeat(1e5)}]}`,
      'application/x-ndjson',
      'NOTHING_TAKEN',
    ],
    ['times that cannot be read', '[{"time":"soon","module_id":"A"}]', 'application/json', 'NOTHING_TAKEN'],
  ])('answers 400 to %s', async (_name, payload, contentType, code) => {
    const { status, body } = await post(payload, contentType);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code, retriable: false });
  });

  it('names the rows where every one was bad', async () => {
    const { body } = await post('[{"time":"soon","module_id":"A"}]');
    expect(body.rejections).toEqual([
      { reason: 'bad-time', scope: 'row', line: 1, column: 'time', value: 'soon' },
    ]);
  });

  it('answers 415 to other media types, charsets and encodings', async () => {
    expect((await post('x', 'text/plain')).status).toBe(415);
    expect((await post('{}', 'application/json; charset=utf-16')).status).toBe(415);
    const encoded = await post('{}', 'application/json', { 'content-encoding': 'br' });
    expect(encoded).toMatchObject({ status: 415, body: { error: { code: 'UNSUPPORTED_ENCODING' } } });
  });

  it('answers 400 to broken and to cut gzip, and takes nothing of it', async () => {
    const cut = gzipSync(SEED_CSV).subarray(0, 60);
    for (const payload of [Buffer.from('no gzip'), cut]) {
      const { status, body } = await post(payload, 'text/csv', { 'content-encoding': 'gzip' });
      expect(status).toBe(400);
      expect(body.error.code).toBe('BROKEN_GZIP');
    }
    expect(service!.site.fleet.size).toBe(0);
  });

  it('answers 413 to a body and to a gzip bomb above the limit', async () => {
    await start({ limits: { bodyBytes: 2000, inflatedBytes: 10_000 } });
    expect(await post('x'.repeat(3000), 'text/csv')).toMatchObject({
      status: 413,
      body: { error: { code: 'BODY_TOO_LARGE' } },
    });
    const bomb = gzipSync('x'.repeat(500_000));
    expect(bomb.length).toBeLessThan(2000);
    expect((await post(bomb, 'text/csv', { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('answers 503 with Retry-After when too many batches are open', async () => {
    await start({ limits: { batchesInFlight: 0 } });
    const { status, headers, body } = await post(recordOf('A', 0));
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(body.error).toMatchObject({ code: 'BUSY', retriable: true });
  });
});
