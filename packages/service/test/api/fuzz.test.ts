/** Bodies and headers that were damaged on purpose: never a failure of the service, never a frame that is none. */
import { gzipSync } from 'node:zlib';
import { createRandom, type Random } from '@emberwatch/engine/random';
import { CHANNELS } from '@emberwatch/engine/telemetry';
import { afterEach, expect, it } from 'vitest';
import { PERMISSIONS } from '../../src/api/permissions.ts';
import { ServiceError } from '../../src/errors.ts';
import type { BodyFormat, Delivery } from '../../src/monitor/intake.ts';
import { recordOf, START_MS } from '../stand-in.ts';
import { type StandIn, standInSite } from './stand-in-site.ts';

const SEED = 20_260_101;
/** Through the whole door, and at the intake behind it. */
const REQUESTS = 12_000;
const BODIES = 90_000;
const REQUESTS_OF_ONE = 1000;

let service: StandIn;
afterEach(() => service.app.close());

const RECORDS = [recordOf('A', 0), recordOf('B', 1, { cell_voltages_v: [3.2, null, 3.3], co_ppm: 5 })];
const CSV = `Timestamp,Module_ID,Rack_ID,Module_Max_Surface_Temp_C,Module_Voltage_V
2026-01-01 00:00:00,A,RackA1,25.5,51.2
2026-01-01 00:00:10,B,RackA1,26,51.1
`;
const GOOD: Readonly<Record<BodyFormat, readonly string[]>> = {
  json: [JSON.stringify(RECORDS), JSON.stringify({ frames: RECORDS }), JSON.stringify(RECORDS[0])],
  ndjson: [RECORDS.map((record) => JSON.stringify(record)).join('\n')],
  csv: [CSV],
};
const FORMATS = Object.keys(GOOD) as BodyFormat[];
const MEDIA: Readonly<Record<BodyFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
};

const PIECES = [
  '',
  '0',
  '-0',
  '1e999',
  '-1e-999',
  'NaN',
  'Infinity',
  'null',
  'true',
  '[]',
  '{}',
  '[[',
  '{{',
  '"',
  "'",
  '\\',
  '\\u0000',
  '\u0000',
  '\ufeff',
  '\u2028',
  ',',
  '\n',
  '\r\n',
  '\t',
  ';',
  '=cmd()',
  '9007199254740993',
  '0x10',
  '1_0',
  '2026-13-45',
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '8.64e15',
  '8.65e15',
  '65535',
  '-32768',
  '3.4e38',
  '__proto__',
  'constructor',
  'x'.repeat(3000),
];

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.uniform() * from.length)]!;

function damaged(text: string, random: Random): Buffer {
  let bytes = Buffer.from(text);
  for (let i = 1 + Math.floor(random.uniform() * 4); i > 0; i--) {
    const at = Math.floor(random.uniform() * (bytes.length + 1));
    const to = Math.min(bytes.length, at + Math.floor(random.uniform() * 12));
    const kind = Math.floor(random.uniform() * 5);
    if (kind === 0)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(random, PIECES)), bytes.subarray(to)]);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    else if (kind === 3) bytes = bytes.subarray(0, at);
    else if (bytes.length > 0) bytes[at % bytes.length] = Math.floor(random.uniform() * 256);
    else return bytes;
    // `subarray` shares its memory with what the next turn changes.
    bytes = Buffer.from(bytes);
  }
  return bytes;
}

/** What was stored is a measurement, or nothing. */
function expectPlausible(): void {
  for (const { moduleId, timeMs, values } of service.store.keptFrames) {
    expect(moduleId.trim()).not.toBe('');
    expect(Number.isFinite(timeMs) && timeMs <= START_MS + 86_400_000).toBe(true);
    for (const [i, { plausibleMin, plausibleMax }] of CHANNELS.entries()) {
      const value = values[i]!;
      if (!Number.isNaN(value)) expect(value >= plausibleMin && value <= plausibleMax).toBe(true);
    }
  }
  service.store.keptFrames.length = 0;
}

it(`${BODIES} damaged bodies at the intake, seed ${SEED}`, async () => {
  service = await standInSite({ mode: 'open' });
  const random = createRandom(SEED, 'bodies');
  const outcomes = new Set<string>();
  for (let i = 0; i < BODIES; i++) {
    const format = pick(random, FORMATS);
    const body = damaged(pick(random, GOOD[format]), random);
    const sequence =
      random.uniform() < 0.2 ? { epoch: 'e', number: Math.floor(random.uniform() * 1000) } : null;
    const delivery: Delivery = {
      gatewayId: `gw${i % 7}`,
      door: 'http',
      sequence,
      modules: i % 5 ? null : ['A'],
    };
    try {
      const { accepted, late, repeated, failure } = await service.intake.take(delivery, format, body);
      outcomes.add(
        failure ?? (accepted > 0 ? 'taken' : late > 0 ? 'late' : repeated > 0 ? 'repeated' : 'nothing'),
      );
    } catch (error) {
      if (!(error instanceof ServiceError))
        throw new Error(`body ${i}, ${format}: ${body.toString('base64')}`, { cause: error });
      outcomes.add(error.code);
    }
    service.intake.deliveries.length = 0;
    if (i % 1000 === 0) expectPlausible();
  }
  expectPlausible();
  expect(service.site.fleet.failure.count).toBe(0);
  // All ways out were walked: the damage is neither too small nor too great.
  expect([...outcomes]).toEqual(
    expect.arrayContaining(['taken', 'repeated', 'NOTHING_TAKEN', 'NO_TELEMETRY', 'INVALID_JSON']),
  );
}, 240_000);

const HEADER_VALUES = [
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  '999999999999999999',
  'gzip',
  'gzip, gzip',
  'br',
  'identity',
  'utf-16',
  'null',
  'Bearer',
  'Bearer ',
  'Bearer ew_x',
  'Basic QQ==',
  'a'.repeat(2000),
  '../..',
  '%00',
  'a;b=c',
  'text/csv; charset=utf-8',
  'application/json;charset="UTF-8',
  'multipart/form-data; boundary=x',
  'http://localhost',
  'cross-site',
  '\u00ff',
];
const HEADER_NAMES = [
  'content-type',
  'content-encoding',
  'authorization',
  'cookie',
  'origin',
  'sec-fetch-site',
  'emberwatch-gateway',
  'emberwatch-epoch',
  'emberwatch-number',
  'accept',
  'x-forwarded-for',
  'range',
  'if-none-match',
  'expect-ct',
];
const QUERY_PARTS = [
  'limit=0',
  'limit=x',
  'limit=1e9',
  'cursor=..%2f',
  'fromMs=NaN',
  'toMs=-1',
  'afterMs=1e400',
  'channels=,',
  'open=maybe',
  'x=1',
  'a[b]=c',
  '__proto__=1',
  '%',
  '&&',
  'format=csv&fromMs=0&toMs=1',
  'format=ndjson&fromMs=0&toMs=9e15',
  'maxPoints=5000&cells=true',
  'moduleId=%00',
  'afterSeq=-1',
];
const ids = ['A', 'A000001', '%00', '..', '%2e%2e%2f', '%ff', 'x'.repeat(700), '__proto__', "'--"];

it(`${REQUESTS} damaged requests at all routes, seed ${SEED}`, async () => {
  service = await standInSite({ mode: 'open', limits: { clients: 0 } });
  const random = createRandom(SEED, 'requests');
  // By a token: those who are not known are refused before anything is read.
  let token = '';
  const routes = Object.keys(PERMISSIONS);
  const statuses = new Map<number, number>();
  for (let i = 0; i < REQUESTS; i++) {
    // Nobody may ask so much in so short a time.
    if (i % REQUESTS_OF_ONE === 0)
      ({ token } = await service.site.access.create({ name: 'Eve', role: 'admin' }, 'root'));
    const [method, pattern] = (random.uniform() < 0.4 ? 'POST /api/v1/frames' : pick(random, routes)).split(
      ' ',
    ) as ['POST', string];
    const query = random.uniform() < 0.3 ? `?${pick(random, QUERY_PARTS)}&${pick(random, QUERY_PARTS)}` : '';
    const url = pattern.replace(':id', () => pick(random, ids)) + query;
    const format = pick(random, FORMATS);
    const body = damaged(pick(random, GOOD[format]), random);
    const isPacked = random.uniform() < 0.1;
    const payload = isPacked ? damaged(gzipSync(body).toString('latin1'), random) : body;
    const headers: Record<string, string> = {
      host: 'localhost',
      'content-type': MEDIA[format],
      ...(isPacked && { 'content-encoding': 'gzip' }),
      ...(random.uniform() < 0.9 && { authorization: `Bearer ${token}` }),
    };
    if (random.uniform() < 0.4) headers[pick(random, HEADER_NAMES)] = pick(random, HEADER_VALUES);
    const { statusCode } = await service.app.inject({
      method,
      url,
      headers,
      ...(method === 'POST' && { payload }),
    });
    // 503: no page may connect here; all else that fails is the fault of the request.
    const isFailure = statusCode >= 500 && !(statusCode === 503 && pattern.endsWith('/events'));
    if (isFailure)
      throw new Error(
        `request ${i}: ${method} ${url} → ${statusCode}: ${body.toString('base64')} ${JSON.stringify(headers)}`,
      );
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
  }
  expect(service.site.fleet.failure.count).toBe(0);
  expectPlausible();
  for (const status of [200, 400, 401, 404, 415])
    expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(0);
}, 240_000);
