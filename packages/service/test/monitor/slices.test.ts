/** No body holds the service: what it takes to decode and to evaluate is cut into slices, and one body has a limit. */
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type BuiltService, buildService } from '../../src/compose.ts';
import { recordOf, START_MS, StandInDetector } from '../stand-in.ts';

let service: BuiltService | undefined;

async function start(limits: Record<string, number> = {}): Promise<BuiltService> {
  service = await buildService(
    { now: () => START_MS, access: 'open', logLevel: 'silent', limits },
    (sink) => new StandInDetector(sink),
  );
  return service;
}

afterEach(async () => {
  await service?.close();
  service = undefined;
});

async function post(
  payload: string | Buffer,
  contentType: string,
  headers: Record<string, string> = {},
  url = '/api/v1/frames',
) {
  const response = await service!.app.inject({
    method: 'POST',
    url,
    headers: { host: 'localhost', 'content-type': contentType, ...headers },
    payload,
  });
  return { status: response.statusCode, body: response.json() };
}

const MIB = 1024 * 1024;
const NATIVE_HEADER = 'time,module_id,surface_temperature_max_degc\n';
const KINDS: readonly (readonly [string, string, string])[] = [
  ['empty objects', 'application/json', `[${'{},'.repeat(2 * MIB)}{}]`],
  ['empty lists', 'application/json', `[${'[],'.repeat(2 * MIB)}[]]`],
  ['numbers', 'application/json', `{"frames":[${'0,'.repeat(3 * MIB)}0]}`],
  [
    'nothing between commas',
    'application/json',
    `[${JSON.stringify(recordOf('A', 0))}${','.repeat(6 * MIB)}]`,
  ],
  ['one-character lines', 'text/csv', NATIVE_HEADER + 'x\n'.repeat(3 * MIB)],
  [
    'lines with nothing in them',
    'application/x-ndjson',
    `${JSON.stringify(recordOf('A', 0))}\n${'\n'.repeat(6 * MIB)}`,
  ],
  ['one-character records', 'application/x-ndjson', '1\n'.repeat(3 * MIB)],
  ['rows of no module', 'text/csv', NATIVE_HEADER + ',,\n'.repeat(2 * MIB)],
  [
    'rows of one module',
    'text/csv',
    NATIVE_HEADER + Array.from({ length: 200_000 }, (_, i) => `${START_MS - i},A,20\n`).join(''),
  ],
];

describe('a body with endless rows', () => {
  it.each(KINDS)('is rejected whole, with the limit and what to do: %s', async (_, contentType, body) => {
    const { monitor } = await start();
    const before = monitor.pipeline.turns.slices;
    const answer = await post(body, contentType);
    expect([400, 413]).toContain(answer.status);
    if (answer.status === 413)
      expect(answer.body.error).toMatchObject({
        code: 'BODY_TOO_LARGE',
        message: expect.stringContaining('send smaller'),
        detail: expect.stringMatching(/more than 50000 (rows|lines)/),
      });
    expect(monitor.pipeline.totals.accepted).toBe(0);
    // Far from the end of the body.
    expect(monitor.pipeline.turns.slices - before).toBeLessThan(320);
  });
});

it('takes what a body holds below the limit, whatever its order, and stores each part once', async () => {
  const { monitor } = await start();
  const rows = Array.from({ length: 20_000 }, (_, i) => `${START_MS - i},A,20\n`);
  const { status, body } = await post(NATIVE_HEADER + rows.join(''), 'text/csv');
  expect(status).toBe(200);
  expect(body).toMatchObject({ accepted: 20_000, late: 0, repeated: 0 });
  expect(monitor.pipeline.turns.slices).toBeGreaterThan(20_000 / 1000);
});

it('evaluates the readings of another sender between the slices of a long body', async () => {
  const { monitor } = await start();
  const rows = Array.from({ length: 40_000 }, (_, i) => recordOf(`M${i % 400}`, Math.floor(i / 400) - 100));
  const bytes = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  const delivery = (gatewayId: string) =>
    ({ gatewayId, door: 'http', sequence: null, modules: null }) as const;
  let slicesBefore = -1;
  const observe = monitor.fleet.observe.bind(monitor.fleet);
  vi.spyOn(monitor.fleet, 'observe').mockImplementation((frame, ...rest) => {
    if (frame.moduleId === 'Z') slicesBefore = monitor.pipeline.turns.slices;
    return observe(frame, ...rest);
  });
  const long = monitor.pipeline.take(delivery('long'), 'ndjson', bytes);
  const short = monitor.pipeline.take(
    delivery('short'),
    'json',
    Buffer.from(JSON.stringify(recordOf('Z', 0))),
  );
  expect(await short).toMatchObject({ accepted: 1 });
  expect(slicesBefore).toBeGreaterThan(0);
  expect(slicesBefore).toBeLessThan(6);
  expect(await long).toMatchObject({ accepted: 40_000, late: 0 });
});

it('rejects a record or a line that is too long, and takes the others', async () => {
  await start();
  const long = { ...recordOf('B', 0), note: 'x'.repeat(300_000) };
  const records = [recordOf('A', 0), long, recordOf('C', 0)];
  const asJson = await post(JSON.stringify(records), 'application/json');
  expect(asJson.body).toMatchObject({
    accepted: 2,
    rejected: 1,
    rejections: [{ reason: 'bad-row', line: 2 }],
  });
  const lines = [recordOf('A', 1), { ...long, time: START_MS + 1000 }, recordOf('C', 1)];
  const asLines = await post(lines.map((line) => JSON.stringify(line)).join('\n'), 'application/x-ndjson');
  expect(asLines.body).toMatchObject({
    accepted: 2,
    rejected: 1,
    rejections: [{ reason: 'bad-row', line: 2 }],
  });
});

it('a list of frames may not stand there twice, and what is broken around it is counted', async () => {
  await start();
  const record = JSON.stringify(recordOf('A', 0));
  expect(await post(`{"frames":[${record}],"frames":[${record}]}`, 'application/json')).toMatchObject({
    status: 400,
    body: { error: { code: 'INVALID_JSON' } },
  });
  for (const body of [`[${record}] [${record}]`, `[${record},,5]`, `[${record}`, `[${record}}`]) {
    await service?.close();
    await start();
    const { status, body: answer } = await post(body, 'application/json');
    expect([status, answer.accepted, answer.rejected > 0], body).toEqual([200, 1, true]);
  }
  await service?.close();
  await start();
  const around = `{"gateway":{"a":[1,"]"]},"frames":[${record}],"n":1}`;
  expect((await post(around, 'application/json')).body).toMatchObject({ accepted: 1 });
});

it('modules with thousands of cells are evaluated in slices of few frames', async () => {
  const { monitor } = await start();
  const cells = Array.from({ length: 4096 }, () => 3.7);
  const records = Array.from({ length: 40 }, (_, i) => recordOf('A', i, { cell_voltages_v: cells }));
  const delivery = { gatewayId: 'g', door: 'http', sequence: null, modules: null } as const;
  expect(await monitor.pipeline.takeRecords(delivery, records)).toMatchObject({ accepted: 40 });
  expect(monitor.pipeline.turns.slices).toBeGreaterThan((40 * 4096) / 32 / 1000);
});

it('modules that are all new are evaluated in slices of few frames, and an answer with all of them is made in pieces', async () => {
  const { monitor, app } = await start();
  const records = Array.from({ length: 2000 }, (_, i) => recordOf(`M${i}`, 0));
  const delivery = { gatewayId: 'g', door: 'http', sequence: null, modules: null } as const;
  expect(await monitor.pipeline.takeRecords(delivery, records)).toMatchObject({ accepted: 2000 });
  expect(monitor.pipeline.turns.slices).toBeGreaterThan((2000 * 15) / 1000);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const { body } = await app.inject({ url: '/api/v1/modules', headers: { host: 'localhost' } });
  isDone = true;
  expect(JSON.parse(body).modules).toHaveLength(2000);
  expect(turns).toBeGreaterThanOrEqual(2000 / 200);
});

it('rejects SunSpec that is too much for one slice, also packed', async () => {
  await start();
  const packed = gzipSync(`[${'{},'.repeat(800_000)}{}]`);
  const answer = await post(packed, 'application/json', { 'content-encoding': 'gzip' }, '/api/v1/sunspec');
  expect(answer.status).toBe(413);
  expect(answer.body.error.detail).toContain('more than 2097152 bytes unpacked');
});
