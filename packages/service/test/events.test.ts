import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { newFrame } from '@emberwatch/engine/telemetry';
import { afterEach, expect, it } from 'vitest';
import { EventStream } from '../src/api/events.ts';
import { healthOf } from '../src/api/site.ts';
import { HEALTH_EVERY_MS, LIMITS, VERDICTS_AT_ONCE, VERDICTS_EVERY_MS } from '../src/limits.ts';
import { Fleet } from '../src/monitor/fleet.ts';
import { type StandIn, type StandInOptions, standInSite } from './api/stand-in-site.ts';
import { recordOf, START_MS } from './stand-in.ts';

let service: StandIn;
let url: string;
let timers: NodeJS.Timeout[] = [];

async function start(options: StandInOptions = {}): Promise<void> {
  service = await standInSite({ mode: 'open', ...options });
  url = await service.app.listen({ host: '127.0.0.1', port: 0 });
  const { fleet, events } = service.site;
  timers = [
    setInterval(() => {
      const modules = fleet.takeChanged(VERDICTS_AT_ONCE);
      if (modules.length > 0) events.send('verdicts', { clockMs: fleet.clock.timeMs, modules });
    }, VERDICTS_EVERY_MS),
    setInterval(() => events.send('health', healthOf(service.site)), HEALTH_EVERY_MS),
  ];
}

async function stop(): Promise<void> {
  timers.forEach(clearInterval);
  service.site.events.close();
  await service.app.close();
}

afterEach(stop);

const post = (records: unknown) =>
  fetch(`${url}/api/v1/frames`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(records),
  });

interface Event {
  id: number;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an event is looked at field by field
  body: any;
}

/** A client that collects events and can wait for one. */
interface Client {
  readonly events: Event[];
  until(name: string): Promise<Event>;
  /** Once the service has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

async function listen(): Promise<Client> {
  const events: Event[] = [];
  const waiting = new Set<() => void>();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/api/v1/events`, resolve).on('error', reject);
  });
  expect(response.headers['content-type']).toContain('text/event-stream');
  expect(response.headers['content-security-policy']).toBeDefined();
  let text = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      text = text.slice(end + 2);
      events.push({ id: Number(fields['id']), name: fields['event']!, body: JSON.parse(fields['data']!) });
    }
    for (const wake of waiting) wake();
  });
  const until = (name: string): Promise<Event> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = events.find((event) => event.name === name);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const ended = new Promise<void>((resolve) => void response.once('end', resolve));
  return { events, until, ended, close: () => response.destroy() };
}

it('begins with a snapshot and goes on with what changes', async () => {
  await start();
  await post(recordOf('A', 0));
  const client = await listen();
  const snapshot = await client.until('snapshot');
  expect(snapshot.body.modules).toMatchObject([{ moduleId: 'A', level: 'normal' }]);
  await post([recordOf('A', 1, { surface_temperature_max_degc: 65, co_ppm: 5000 }), recordOf('B', 1)]);
  expect((await client.until('change')).body).toMatchObject({ moduleId: 'A', from: 'normal', to: 'warning' });
  expect((await client.until('sensor-fault')).body).toMatchObject({ moduleId: 'A', channel: 'co_ppm' });
  const { body } = await client.until('verdicts');
  expect(body.modules.map((m: { moduleId: string }) => m.moduleId)).toContain('A');
  expect((await client.until('health')).body).toMatchObject({ framesAccepted: 3, clients: 1 });
  const ids = client.events.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  client.close();
});

it('sends verdicts at most four times a second and only of modules that changed', async () => {
  await start();
  await post(Array.from({ length: 20 }, (_, i) => recordOf(`M${i}`, 0)));
  const client = await listen();
  await client.until('snapshot');
  const endMs = Date.now() + 1500;
  for (let i = 1; Date.now() < endMs; i++) await post(recordOf('M7', i));
  const verdicts = client.events.filter(({ name }) => name === 'verdicts');
  expect(verdicts.length).toBeGreaterThan(1);
  expect(verdicts.length).toBeLessThanOrEqual(7);
  for (const { body } of verdicts.slice(1)) expect(body.modules).toHaveLength(1);
  client.close();
});

it('gives a new snapshot to a page that comes back', async () => {
  await start();
  const first = await listen();
  await first.until('snapshot');
  first.close();
  await post(recordOf('A', 0, { surface_temperature_max_degc: 85 }));
  const second = await listen();
  expect((await second.until('snapshot')).body.modules).toMatchObject([{ moduleId: 'A', level: 'critical' }]);
  second.close();
});

it('drops a page that does not read, and goes on for the others', async () => {
  await start({ limits: { clientBufferBytes: 100_000 } });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const reader = await listen();
  await reader.until('snapshot');
  const ballast = 'x'.repeat(200_000);
  for (let i = 0; i < 400 && service.site.events.dropped === 0; i++) {
    service.site.events.send('health', { ballast });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(service.site.events.dropped).toBe(1);
  expect(service.site.events.size).toBe(1);
  await post(recordOf('A', 0));
  await reader.until('change');
  socket.destroy();
  reader.close();
});

async function* nothing(): AsyncGenerator<string> {
  yield '{}';
}

it('lets a page go whose snapshot fails, and keeps no place for it', async () => {
  const stream = new EventStream(LIMITS);
  let isDestroyed = false;
  const destroy = (): void => {
    isDestroyed = true;
  };
  const response = { writeHead: () => {}, on: () => {}, write: () => true, destroy };
  // biome-ignore lint/correctness/useYield: it fails before it has a piece
  const failing = (async function* (): AsyncGenerator<string> {
    throw new Error('no state');
  })();
  const opened = stream.open(response as never, {}, failing, { tokenId: 'a', isAllowed: () => true });
  await expect(opened).rejects.toThrow('no state');
  expect(isDestroyed).toBe(true);
  expect(stream.size).toBe(0);
});

it('lets a page in above the limit: the oldest of whoever has most gives way, and comes back later', () => {
  const stream = new EventStream({ ...LIMITS, clients: 4 });
  const open = (tokenId: string) => {
    const written: string[] = [];
    const response = {
      writeHead: () => {},
      on: () => {},
      write: (text: string) => written.push(text),
      end: (text: string) => written.push(`END ${text}`),
    };
    void stream.open(response as never, {}, nothing(), { tokenId, isAllowed: () => true });
    return () => written.some((text) => text.startsWith('END retry: 60000'));
  };
  const greedy = Array.from({ length: 40 }, () => open('greedy'));
  expect(stream.size).toBe(4);
  const room = [open('control room'), open('control room')];
  const other = open('other');
  for (let i = 0; i < 10; i++) greedy.push(open('greedy'));
  expect(room.concat(other).map((hasGivenWay) => hasGivenWay())).toEqual([false, false, false]);
  expect(greedy.filter((hasGivenWay) => !hasGivenWay())).toHaveLength(1);
  expect(stream.gaveWay).toBe(40 - 4 + 3 + 10);
});

it('ends the streams of its pages when it stops', async () => {
  await start();
  const client = await listen();
  await client.until('snapshot');
  await stop();
  await client.ended;
  expect(service.site.events.size).toBe(0);
});

it('of a large site a part is shown at a time, and who waits longest comes first', () => {
  const fleet = new Fleet({ now: () => START_MS });
  let atMs = START_MS - 60_000;
  const seen = (...modules: string[]): void => {
    atMs += 1000;
    for (const id of modules) fleet.observe(newFrame(id, null, atMs));
  };
  const taken = (): string[] => fleet.takeChanged(2).map(({ moduleId }) => moduleId);
  seen('a', 'b', 'c', 'd', 'e');
  expect(taken()).toEqual(['a', 'b']);
  seen('a', 'b', 'c');
  expect(taken()).toEqual(['c', 'd']);
  expect(taken()).toEqual(['e', 'a']);
  expect(taken()).toEqual(['b']);
  expect(taken()).toEqual([]);
});
