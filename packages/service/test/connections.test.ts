/** Connections that do nothing, or too many of one: whoever comes is let in. */
import { createServer, type Server, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Connections } from '../src/connections.ts';

const LIMITS = { connections: 16, strangersOfAddress: 8, strangerMs: 10_000, requestMs: 30_000 };

interface Made {
  readonly socket: Socket;
  readonly isClosed: () => boolean;
}

function rig(limits: Partial<typeof LIMITS> = {}) {
  const clock = { nowMs: 0 };
  const notes: string[] = [];
  const connections = new Connections({
    limits: { ...LIMITS, ...limits },
    now: () => clock.nowMs,
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
  const { connect, many, notes } = rig();
  const idle = many(20, () => '10.0.0.9');
  expect(idle.filter(({ isClosed }) => !isClosed())).toEqual(idle.slice(-8));
  expect(connect('10.0.0.1').isClosed()).toBe(false);
  expect(notes[0]).toContain('10.0.0.9: its address has too many connections');
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
