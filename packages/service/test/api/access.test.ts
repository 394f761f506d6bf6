/** What comes in from outside: cookies, foreign pages, the open door, limits, and what is never said. */
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import { recordOf, START_MS } from '../stand-in.ts';
import { alarmOf, type StandIn, type StandInOptions, standInSite } from './stand-in-site.ts';

let service: StandIn;

async function start(options: StandInOptions = {}): Promise<StandIn> {
  service = await standInSite(options);
  service.alarms.alarms.push(alarmOf('A000001'));
  return service;
}

afterEach(async () => {
  service.site.events.close();
  await service.app.close();
});

type Headers = Record<string, string>;

const ask = (
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  headers: Headers = {},
  payload?: object | string,
) =>
  service.app.inject({
    method,
    url,
    headers: { host: 'localhost', ...headers },
    ...(payload !== undefined && { payload }),
  });

const ACK = '/api/v1/alarms/A000001/acknowledge';

async function tokenOf(role: 'viewer' | 'operator' | 'gateway' | 'engineer' = 'operator', name = 'Ada') {
  const modules = role === 'gateway' ? { modules: ['*'] } : {};
  return service.site.access.create({ name, role, ...modules }, 'root');
}

async function cookieOf(role: 'viewer' | 'operator' = 'operator') {
  const { token, info } = await tokenOf(role);
  const answer = await ask('POST', '/api/v1/session', {}, { token });
  expect(answer.statusCode).toBe(200);
  const header = String(answer.headers['set-cookie']);
  return { header, info, cookie: header.split(';')[0]! };
}

describe('a session of the page', () => {
  it('is a cookie that no script reads and no other site sends', async () => {
    await start();
    const { header, cookie } = await cookieOf();
    expect(header).toMatch(/HttpOnly/);
    expect(header).toMatch(/SameSite=Strict/);
    expect(header).not.toMatch(/Secure/);
    expect((await ask('GET', '/api/v1/session', { cookie })).json()).toMatchObject({
      name: 'Ada',
      role: 'operator',
    });
  });

  it('is secure behind a proxy that speaks TLS, once that proxy is trusted', async () => {
    await start({ server: { trustedProxies: ['127.0.0.1'] } });
    const { token } = await tokenOf();
    const answer = await ask('POST', '/api/v1/session', { 'x-forwarded-proto': 'https' }, { token });
    expect(String(answer.headers['set-cookie'])).toMatch(/Secure/);
    expect(answer.headers['strict-transport-security']).toBeDefined();
  });

  it('ends by signing out', async () => {
    await start();
    const { cookie } = await cookieOf();
    expect((await ask('DELETE', '/api/v1/session', { cookie, origin: 'http://localhost' })).statusCode).toBe(
      204,
    );
    expect((await ask('GET', '/api/v1/session', { cookie })).statusCode).toBe(401);
  });

  it.each<[string, Headers, number]>([
    ['the page itself', { 'sec-fetch-site': 'same-origin' }, 200],
    ['the page itself in an older browser', { origin: 'http://localhost' }, 200],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['another port of this computer', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:9' }, 403],
    ['another site in an older browser', { origin: 'https://evil.example' }, 403],
    ['a frame without an origin', { origin: 'null' }, 403],
    ['who does not say where from', {}, 403],
    ['who lies with one of two', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost' }, 403],
  ])('changes something for %s: %j → %i', async (_, headers, status) => {
    await start();
    const { cookie } = await cookieOf();
    expect((await ask('POST', ACK, { cookie, ...headers }, {})).statusCode).toBe(status);
    expect(service.alarms.acts).toHaveLength(status === 200 ? 1 : 0);
  });

  it('cannot be begun by another site under a name of its choice', async () => {
    await start();
    const { token } = await tokenOf();
    const answer = await ask('POST', '/api/v1/session', { origin: 'https://evil.example' }, { token });
    expect(answer.json().error.code).toBe('CROSS_ORIGIN');
  });

  it('acts under the name of its token', async () => {
    await start();
    const { cookie } = await cookieOf();
    await ask('POST', ACK, { cookie, 'sec-fetch-site': 'same-origin' }, { comment: 'on my way' });
    expect(service.alarms.acts[0]).toMatchObject({
      action: { kind: 'acknowledge', id: 'A000001', comment: 'on my way' },
      actor: { name: 'Ada', role: 'operator' },
    });
  });
});

describe('the event stream', () => {
  const stream = async (headers: Headers): Promise<IncomingMessage> => {
    const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    return new Promise((resolve, reject) => {
      get(`${url}/api/v1/events`, { headers }, resolve).on('error', reject);
    });
  };

  it('ends for a session whose token is revoked, before it says anything more', async () => {
    await start();
    const { cookie, info } = await cookieOf('viewer');
    const response = await stream({ cookie });
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    const ended = new Promise((resolve) => response.on('end', resolve));
    await vi.waitFor(() => expect(text).toContain('event: snapshot'));
    await service.site.access.revoke(info.id, 'root');
    service.site.events.send('health', { secret: 'after the end' });
    await ended;
    expect(text).not.toContain('after the end');
    expect(service.site.events.size).toBe(0);
  });

  it('is not for gateways, nor for nobody', async () => {
    await start();
    const { token } = await tokenOf('gateway', 'gw');
    expect((await stream({ authorization: `Bearer ${token}` })).statusCode).toBe(403);
    expect((await ask('GET', '/api/v1/events')).statusCode).toBe(401);
  });
});

describe('the open door', () => {
  it.each(['0.0.0.0', '::', '10.0.0.5', 'battery.example'])('does not open on %s', async (host) => {
    await start();
    await expect(standInSite({ mode: 'open', server: { host } })).rejects.toMatchObject({
      code: 'OPEN_TO_NETWORK',
      detail: expect.stringContaining(host),
    });
  });

  it('lets in as an engineer, who makes no tokens', async () => {
    await start({ mode: 'open' });
    expect((await ask('GET', '/api/v1/session')).json()).toMatchObject({ role: 'engineer', isOpen: true });
    expect((await ask('POST', ACK, {}, {})).statusCode).toBe(200);
    expect((await ask('POST', '/api/v1/tokens', {}, { name: 'x', role: 'admin' })).statusCode).toBe(403);
  });

  it.each<[string, Headers]>([
    ['through a proxy', { 'x-forwarded-for': '203.0.113.9' }],
    ['through a proxy of the other kind', { forwarded: 'for=203.0.113.9' }],
    ['with a token that is wrong', { authorization: 'Bearer ew_wrong' }],
  ])('is closed to who comes %s', async (_, headers) => {
    await start({ mode: 'open' });
    expect((await ask('GET', '/api/v1/modules', headers)).statusCode).toBe(401);
  });

  it('is closed to whoever is not on this computer', async () => {
    await start({ mode: 'open' });
    const answer = await service.app.inject({
      url: '/api/v1/modules',
      remoteAddress: '203.0.113.9',
      headers: { host: 'localhost' },
    });
    expect(answer.statusCode).toBe(401);
  });

  it('is no way for a page of another site to change something', async () => {
    await start({ mode: 'open' });
    const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
    expect((await ask('POST', ACK, headers)).statusCode).toBe(403);
    expect((await ask('POST', ACK, { 'sec-fetch-site': 'cross-site' }, {})).statusCode).toBe(403);
    expect(service.alarms.acts).toEqual([]);
  });
});

describe('what is never said', () => {
  it('a token, in no log, no error, no metric and no audit row', async () => {
    let log = '';
    const sink = new Writable({
      write(chunk, _encoding, done) {
        log += String(chunk);
        done();
      },
    });
    await start({ log: sink });
    const { token } = await tokenOf('engineer');
    const canary = token.slice(3);
    const authorization = `Bearer ${token}`;
    const answers = [
      await ask('POST', '/api/v1/session', {}, `{"token": "${token}"`),
      await ask(
        'POST',
        '/api/v1/session',
        { 'content-type': 'application/json' },
        `{"token": "${token}", "more": 1}`,
      ),
      await ask('POST', '/api/v1/session', { 'content-type': 'application/json' }, `{"token": "${token}x"}`),
      await ask('POST', '/api/v1/session', { 'content-type': 'application/json' }, `{"token": "${token}"`),
      await ask('POST', '/api/v1/session', { 'content-type': 'application/json' }, `["${token}"]`),
      await ask('GET', '/api/v1/modules', { authorization: `Basic ${token}` }),
      await ask('GET', '/api/v1/modules', { authorization: `Bearer ${token}x` }),
      await ask('GET', '/api/v1/tokens', { authorization }),
      await ask('GET', '/api/v1/audit', { authorization }),
      await ask('GET', '/api/v1/metrics', { authorization }),
    ];
    service.intake.failure = new ServiceError('STORAGE_FAILED');
    answers.push(await ask('POST', '/api/v1/frames', { authorization }, recordOf('A', 0)));
    service.intake.take = () => Promise.reject(new Error('it broke'));
    answers.push(await ask('POST', '/api/v1/frames', { authorization }, recordOf('A', 0)));
    expect(answers.at(-1)!.statusCode).toBe(500);
    expect(log).toContain('it broke');
    const said =
      log +
      JSON.stringify(service.store.keptAudit) +
      answers.map((a) => a.body + JSON.stringify(a.headers)).join();
    expect(said).not.toContain(canary);
  });

  it('why the service failed', async () => {
    await start();
    service.intake.take = () => Promise.reject(new Error('secret path /etc/passwd'));
    const { token } = await tokenOf('gateway', 'gw');
    const { statusCode, body } = await ask(
      'POST',
      '/api/v1/frames',
      { authorization: `Bearer ${token}` },
      {},
    );
    expect(statusCode).toBe(500);
    expect(body).not.toMatch(/secret|passwd|at /);
  });

  it('to nobody more of health than one word', async () => {
    await start();
    expect((await ask('GET', '/api/v1/health')).json()).toEqual({ status: 'waiting' });
    const { token } = await tokenOf('viewer');
    const requested = await ask('GET', '/api/v1/health', { authorization: `Bearer ${token}` });
    expect(requested.json()).toMatchObject({ status: 'waiting', modules: 0, obstacles: [] });
  });
});

describe('a disk that fails', () => {
  it('stops no token that is known, neither delivering nor looking', async () => {
    await start();
    const gateway = await tokenOf('gateway', 'gw');
    const viewer = await tokenOf('viewer');
    service.store.isBroken = true;
    const delivered = await ask(
      'POST',
      '/api/v1/frames',
      { authorization: `Bearer ${gateway.token}` },
      recordOf('A', 0),
    );
    expect(delivered.json()).toMatchObject({ accepted: 1 });
    expect(
      (await ask('GET', '/api/v1/modules', { authorization: `Bearer ${viewer.token}` })).statusCode,
    ).toBe(200);
    expect((await ask('GET', '/api/v1/modules')).statusCode).toBe(401);
  });

  it.each([
    ['STORAGE_FULL', 507],
    ['STORAGE_FAILED', 503],
    ['BUSY', 503],
  ] as const)('is told to who delivers: %s', async (code, status) => {
    await start();
    service.intake.failure = new ServiceError(code);
    const { token } = await tokenOf('gateway', 'gw');
    const answer = await ask(
      'POST',
      '/api/v1/frames',
      { authorization: `Bearer ${token}` },
      recordOf('A', 0),
    );
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json().error).toMatchObject({ code, retriable: true });
  });
});

describe('limits', () => {
  it('slow who asks too much, each by his own token, and not who delivers', async () => {
    await start();
    const bearer = async (role: 'viewer' | 'engineer', name: string) => ({
      authorization: `Bearer ${(await tokenOf(role, name)).token}`,
    });
    const [first, second, sender] = [
      await bearer('viewer', 'A'),
      await bearer('viewer', 'B'),
      await bearer('engineer', 'E'),
    ];
    for (let i = 0; i < 600; i++) await ask('GET', '/api/v1/gateways', first);
    const slowed = await ask('GET', '/api/v1/gateways', first);
    expect(slowed.statusCode).toBe(429);
    expect(slowed.json().error).toMatchObject({ code: 'TOO_MANY_REQUESTS', retriable: true });
    expect(Number(slowed.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask('GET', '/api/v1/gateways', second)).statusCode).toBe(200);
    for (let i = 0; i < 1300; i++) await ask('GET', '/api/v1/gateways', sender);
    expect((await ask('GET', '/api/v1/gateways', sender)).statusCode).toBe(429);
    expect((await ask('POST', '/api/v1/frames', sender, recordOf('A', 0))).statusCode).toBe(200);
  });

  it.each<[string, string, string, object | string]>([
    ['a field nobody knows', 'POST', ACK, { comment: 'x', untill: 5 }],
    ['a number as text', 'POST', '/api/v1/alarms/A000001/shelve', { untilMs: '5', reason: 'x' }],
    ['no reason', 'POST', '/api/v1/alarms/A000001/reset', {}],
    ['an empty reason', 'POST', '/api/v1/alarms/A000001/reset', { reason: '' }],
    ['a reason without end', 'POST', '/api/v1/alarms/A000001/reset', { reason: 'x'.repeat(501) }],
    ['a list', 'POST', ACK, '[]'],
    ['a prototype', 'POST', ACK, '{"__proto__": {"role": "admin"}}'],
    ['nesting', 'POST', ACK, `{"comment": ${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['no JSON', 'POST', ACK, '{"comment": '],
    ['a question nobody knows', 'GET', '/api/v1/modules?all=1', ''],
    ['a page too long', 'GET', '/api/v1/alarms?limit=501', ''],
    ['a kind of no alarm', 'GET', '/api/v1/alarms?kind=fire', ''],
    ['a time that is none', 'GET', '/api/v1/changes?fromMs=noon', ''],
    ['points without end', 'GET', '/api/v1/modules/A/history?maxPoints=5001', ''],
  ])('refuse %s', async (_, method, url, payload) => {
    await start({ mode: 'open' });
    await ask('POST', '/api/v1/frames', {}, recordOf('A', 0));
    const headers = { 'content-type': 'application/json' };
    const answer = method === 'GET' ? await ask('GET', url) : await ask('POST', url, headers, payload);
    expect(answer.statusCode, answer.body).toBe(400);
    expect(['INVALID_REQUEST', 'INVALID_JSON']).toContain(answer.json().error.code);
    expect(service.alarms.acts).toEqual([]);
  });

  it('refuse a body that is too large, and one of another kind', async () => {
    await start({ mode: 'open' });
    const large = JSON.stringify({ comment: 'x'.repeat(70_000) });
    expect((await ask('POST', ACK, { 'content-type': 'application/json' }, large)).statusCode).toBe(413);
    expect((await ask('POST', ACK, { 'content-type': 'text/plain' }, 'x')).statusCode).toBe(415);
  });

  it.each<[string, Headers]>([
    ['a number without an epoch', { 'emberwatch-number': '5' }],
    ['an epoch without a number', { 'emberwatch-epoch': 'boot-1' }],
    ['a number that is none', { 'emberwatch-epoch': 'boot-1', 'emberwatch-number': '5e3' }],
    ['a number below zero', { 'emberwatch-epoch': 'boot-1', 'emberwatch-number': '-1' }],
    ['an epoch with a line in it', { 'emberwatch-epoch': 'a b', 'emberwatch-number': '1' }],
    ['a gateway like a topic', { 'emberwatch-gateway': 'a/#' }],
  ])('refuse %s', async (_, headers) => {
    await start({ mode: 'open' });
    expect((await ask('POST', '/api/v1/frames', headers, recordOf('A', 0))).statusCode).toBe(400);
    expect(service.intake.deliveries).toEqual([]);
  });

  it('hand on number and epoch of a delivery', async () => {
    await start({ mode: 'open' });
    const headers = { 'emberwatch-gateway': 'gw-9', 'emberwatch-epoch': 'boot-1', 'emberwatch-number': '17' };
    await ask('POST', '/api/v1/frames', headers, recordOf('A', 0));
    expect(service.intake.deliveries).toEqual([
      {
        gatewayId: 'gw-9',
        door: 'http',
        sender: 'open',
        sequence: { epoch: 'boot-1', number: 17 },
        modules: null,
      },
    ]);
  });
});

it('lets go of a body that comes a byte at a time, and goes on for the others', async () => {
  await start({ mode: 'open', limits: { requestMs: 500 } });
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
  const head =
    'POST /api/v1/frames HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 1000000\r\n\r\n';
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(head));
  const drip = setInterval(() => socket.writable && socket.write('t'), 20);
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.on('close', resolve));
  const answer = await fetch(`${url}/api/v1/health`);
  expect(answer.status).toBe(200);
  socket.resume();
  await closed;
  clearInterval(drip);
  expect(service.intake.deliveries).toEqual([]);
});

it('says when it is not ready, and why', async () => {
  await start({ site: { obstacles: () => ['recovering'] } });
  const answer = await ask('GET', '/api/v1/ready');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({ isReady: false, obstacles: ['recovering'] });
});

it('is ready only while the detector works', async () => {
  await start({ mode: 'open' });
  expect((await ask('GET', '/api/v1/ready')).statusCode).toBe(200);
  await ask('POST', '/api/v1/frames', {}, recordOf('A', 0, { surface_temperature_max_degc: 666 }));
  expect((await ask('GET', '/api/v1/ready')).json()).toEqual({ isReady: false, obstacles: ['detector'] });
  expect(START_MS).toBe(service.nowMs);
});
