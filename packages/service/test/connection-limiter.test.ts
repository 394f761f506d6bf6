/** Connections that do nothing, or too many of one: whoever comes is let in. */
import { get } from 'node:https';
import { createServer, connect as open, type Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionLimiter } from '../src/connection-limiter.ts';
import { type Service, startService } from '../src/index.ts';
import { isNetwork, networkMatcher } from '../src/networks.ts';
import { certificateFor } from './notify/servers.ts';

const LIMITS = { connections: 16, strangersOfAddress: 8, strangerMs: 10_000, requestMs: 30_000 };

interface Made {
  readonly socket: Socket;
  readonly isClosed: () => boolean;
}

function rig(limits: Partial<typeof LIMITS> = {}, isProxy = (_address: string) => false) {
  const clock = { nowMs: 0 };
  const notes: string[] = [];
  const connections = new ConnectionLimiter({
    limits: { ...LIMITS, ...limits },
    now: () => clock.nowMs,
    isProxy,
    note: ({ address }, why) => notes.push(`${address}: ${why}`),
  });
  let port = 0;
  const connect = (remoteAddress: string): Made => {
    const socket = Object.defineProperties(new Socket(), {
      remoteAddress: { value: remoteAddress },
      remotePort: { value: ++port },
    });
    connections.add(socket);
    return { socket, isClosed: () => socket.destroyed };
  };
  const many = (count: number, address: (n: number) => string): Made[] =>
    Array.from({ length: count }, (_, n) => {
      clock.nowMs++;
      return connect(address(n));
    });
  return { connections, clock, notes, connect, many };
}

it('strangers of one address have a bound; the oldest of them gives way', () => {
  const { clock, connect, many, notes } = rig({ connections: 64 });
  const idle = Array.from({ length: 20 }, () => {
    clock.nowMs += 3000;
    return many(1, () => '10.0.0.9')[0]!;
  });
  expect(idle.filter(({ isClosed }) => !isClosed())).toEqual(idle.slice(-8));
  expect(connect('10.0.0.1').isClosed()).toBe(false);
  expect(notes[0]).toContain('10.0.0.9: its address has too many connections');
});

it('gateways behind one address that connect at once are all let in', () => {
  const { clock, connections, many } = rig({ connections: 64 });
  const gateways = many(40, () => '10.0.0.9');
  gateways.forEach(({ socket }, n) => {
    connections.begin(socket, `token ${n}`);
  });
  clock.nowMs += 5000;
  expect(many(20, () => '10.0.0.9').some(({ isClosed }) => isClosed())).toBe(false);
  expect(gateways.some(({ isClosed }) => isClosed())).toBe(false);
});

it('whoever comes is let in although all connections are taken by strangers of many addresses', () => {
  const { connections, connect, many } = rig();
  many(200, (n) => `10.0.${n}.1`);
  expect(connections.size).toBe(16);
  expect(connect('10.1.0.1').isClosed()).toBe(false);
});

it('the address with most strangers gives way first', () => {
  const { connect, many } = rig();
  const few = many(8, (n) => `10.0.${n}.1`);
  const crowd = many(8, () => '10.9.9.9');
  connect('10.1.0.1');
  expect(few.some(({ isClosed }) => isClosed())).toBe(false);
  expect(crowd.filter(({ isClosed }) => isClosed())).toEqual([crowd[0]]);
});

it('whoever has shown a token keeps its connection, idle ones as long as there are strangers', () => {
  const { connections, many } = rig();
  const [known, working] = many(2, () => '10.0.0.1');
  connections.begin(known!.socket, 'token');
  connections.end(known!.socket);
  connections.begin(working!.socket, 'token');
  many(100, (n) => `10.0.${n}.1`);
  expect(known!.isClosed()).toBe(false);
  expect(working!.isClosed()).toBe(false);
});

it('one token holds at most three quarters, the idle ones of its own give way', () => {
  const { connections, connect, many } = rig();
  const own = many(16, (n) => `10.0.${n}.1`);
  for (const { socket } of own.slice(0, 12)) connections.begin(socket, 'greedy');
  connections.end(own[3]!.socket);
  connections.begin(own[12]!.socket, 'greedy');
  expect(own.filter(({ isClosed }) => isClosed())).toEqual([own[3]]);
  const other = connect('10.1.0.1');
  connections.begin(other.socket, 'other');
  expect(other.isClosed()).toBe(false);
});

it('a stranger that asks nothing ends after ten seconds, one that asks after thirty, others never', () => {
  const { connections, clock, many } = rig();
  const [idle, asking, known] = many(3, () => '10.0.0.1');
  clock.nowMs = 100;
  connections.begin(asking!.socket, null);
  connections.begin(known!.socket, 'token');
  clock.nowMs = 10_050;
  connections.check();
  expect([idle!.isClosed(), asking!.isClosed(), known!.isClosed()]).toEqual([true, false, false]);
  clock.nowMs = 3_600_000;
  connections.check();
  expect([asking!.isClosed(), known!.isClosed()]).toEqual([true, false]);
});

it('all taken by busy ones that are known: what comes is turned away and counted', () => {
  const { connections, connect, many } = rig();
  const all = many(16, (n) => `10.0.${n}.1`);
  all.forEach(({ socket }, n) => {
    connections.begin(socket, `token ${n}`);
  });
  expect(connect('10.1.0.1').isClosed()).toBe(true);
  expect(connections.closed).toBe(1);
});

let server: Server | undefined;
afterEach(() => void server?.close());

it('knows a socket of the system by its ends, and forgets it with its end', async () => {
  const { connections } = rig();
  const listening = createServer((socket) => connections.add(socket));
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as { port: number };
  const visitor = new Socket().connect(port, '127.0.0.1');
  await expect.poll(() => connections.size).toBe(1);
  visitor.destroy();
  await expect.poll(() => connections.size).toBe(0);
});

it('a trusted proxy may have as many as there are, and gives way to whoever comes', () => {
  const { connections, connect, many } = rig({}, (address) => address === '10.0.0.7');
  const through = many(16, () => '10.0.0.7');
  expect(connections.size).toBe(16);
  expect(connect('10.1.0.1').isClosed()).toBe(false);
  expect(through.filter(({ isClosed }) => isClosed())).toEqual([through[0]]);
});

describe('networks', () => {
  it.each([
    ['10.0.0.7', true],
    ['10.0.0.0/8', true],
    ['fd00::/8', true],
    ['10.0.0.0/33', false],
    ['10.0.0/8', false],
    ['proxy.example', false],
    ['10.0.0.0/8/8', false],
    ['', false],
  ])('%s is one: %s', (text, isOne) => {
    expect(isNetwork(text)).toBe(isOne);
  });

  it('hold the addresses in them, also as IPv6 shows them', () => {
    const isIn = networkMatcher(['10.0.0.0/8', '192.168.1.5', 'fd00::/8']);
    for (const address of ['10.255.0.1', '::ffff:10.0.0.9', '192.168.1.5', 'fd12::1'])
      expect(isIn(address), address).toBe(true);
    for (const address of ['11.0.0.1', '::ffff:192.168.1.6', 'fe80::1', 'unknown', ''])
      expect(isIn(address), address).toBe(false);
    expect(networkMatcher([])('10.0.0.1')).toBe(false);
  });
});

describe('real sockets', () => {
  const sockets: Socket[] = [];
  let service: Service;

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await service.close();
  });

  async function occupy(port: number, first: string): Promise<void> {
    for (let n = 0; n < 600; n++) {
      const socket = open(port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
      socket.write(first);
    }
  }

  it.each([
    ['nothing', ''],
    ['half of a header', 'GET / HTTP/1.1\r\nHost: loc'],
  ])('600 that send %s keep out neither a gateway nor whoever asks for health', async (_, first) => {
    service = await startService({ port: 0, logLevel: 'silent', access: 'open' });
    await occupy(Number(new URL(service.url).port), first);
    const answer = await fetch(`${service.url}/api/v1/frames`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ time: Date.now(), module_id: 'A', surface_temperature_max_degc: 25 }),
    });
    expect(await answer.json()).toMatchObject({ accepted: 1 });
    expect((await fetch(`${service.url}/api/v1/health`)).status).toBe(200);
  });

  it('600 that begin no TLS handshake keep nobody out', async () => {
    const { certFile, keyFile, cert } = certificateFor('localhost');
    service = await startService({ port: 0, logLevel: 'silent', access: 'open', tls: { certFile, keyFile } });
    const { port } = new URL(service.url);
    await occupy(Number(port), '');
    const body = await new Promise<string>((resolve, reject) => {
      const options = { port, ca: cert, host: '127.0.0.1', servername: 'localhost', path: '/api/v1/health' };
      get({ ...options, headers: { host: 'localhost' } }, (response) => {
        response.setEncoding('utf8').on('data', resolve).on('error', reject);
      }).on('error', reject);
    });
    expect(JSON.parse(body).status).toBe('waiting');
  });
});
