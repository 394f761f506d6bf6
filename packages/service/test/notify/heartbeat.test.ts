import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startHeartbeat, type Watching } from '../../src/notify/heartbeat.ts';
import { type Call, type Outbound, openOutbound } from '../../src/notify/outbound.ts';
import type { HeartbeatSettings } from '../../src/notify/settings.ts';
import { START_MS } from './alarms.ts';
import { listen, newFolder } from './servers.ts';
import { settled, VirtualTime } from './virtual-time.ts';

const SILENT = { info() {}, warn() {} };
const SOUND: Watching = { ok: true, why: null };

function stage(settings: HeartbeatSettings) {
  const time = new VirtualTime(START_MS);
  const calls: Call[] = [];
  const said: [string, Record<string, unknown>][] = [];
  const state: { watching: Watching | Error; isHanging: boolean } = { watching: SOUND, isHanging: false };
  const outbound: Outbound = {
    check() {},
    call(call) {
      calls.push(call);
      return state.isHanging ? new Promise(() => {}) : Promise.resolve();
    },
  };
  const heartbeat = startHeartbeat({
    settings,
    siteName: 'Warehouse 7',
    isWatching: () => {
      if (state.watching instanceof Error) throw state.watching;
      return state.watching;
    },
    outbound,
    publish: (topic, payload) => void said.push([topic, JSON.parse(payload)]),
    timers: time,
    log: SILENT as never,
  });
  return { time, calls, said, state, heartbeat };
}

describe('the heart', () => {
  const webhook = { url: 'https://hc.example/uuid' };

  it('beats at once and then every ten seconds, and stops when closed', async () => {
    const { time, calls, heartbeat } = stage({ webhook });
    await time.pass(60_000);
    expect(calls).toHaveLength(7);
    expect(heartbeat.metrics()).toMatchObject([
      { target: 'webhook', lastBeatMs: START_MS + 60_000, lastError: null },
    ]);
    await heartbeat.close();
    await time.pass(60_000);
    expect(calls).toHaveLength(7);
  });

  it('while the watch is broken it tells the failure, with the reason, and beats nowhere', async () => {
    const file = join(newFolder(), 'beat');
    const { time, calls, said, state } = stage({ webhook, mqttTopic: 'w7/heartbeat', file });
    await settled();
    await time.pass(0);
    await expect.poll(() => readFileSync(file, 'utf8')).toContain('"watching":true');
    const before = readFileSync(file, 'utf8');
    state.watching = { ok: false, why: 'the detector failed' };
    await time.pass(20_000);
    expect(calls.map(({ url }) => url.pathname)).toEqual(['/uuid', '/uuid/fail', '/uuid/fail']);
    expect(calls[1]!.body).toContain('the detector failed');
    expect(said.map(([topic]) => topic)).toEqual(['w7/heartbeat', 'w7/heartbeat/fail', 'w7/heartbeat/fail']);
    expect(readFileSync(file, 'utf8')).toBe(before);
    state.watching = SOUND;
    await time.pass(10_000);
    expect(said.at(-1)![0]).toBe('w7/heartbeat');
  });

  it('a state that cannot be told is a failure', async () => {
    const { time, calls, state } = stage({ webhook });
    state.watching = new Error('CANARY');
    await time.pass(10_000);
    expect(calls[1]!.url.pathname).toBe('/uuid/fail');
    expect(calls[1]!.body).not.toContain('CANARY');
  });

  it('one place that hangs stops no other, and is not asked again meanwhile', async () => {
    const { time, calls, said, state } = stage({ webhook, mqttTopic: 't' });
    state.isHanging = true;
    await time.pass(50_000);
    expect(calls).toHaveLength(2);
    expect(said).toHaveLength(6);
  });

  it('the file is whole whenever it is read, and no drafts are left', async () => {
    const folder = newFolder();
    const file = join(folder, 'beat');
    const { time, heartbeat } = stage({ file, everyS: 1 });
    for (let i = 0; i < 50; i++) {
      await time.pass(1000);
      if (readdirSync(folder).includes('beat')) expect(readFileSync(file, 'utf8')).toMatch(/^\{.*\}\n$/);
    }
    await heartbeat.close();
    expect(readdirSync(folder)).toEqual(['beat']);
  });

  it('a file that cannot be written is a failure that is seen', async () => {
    const folder = join(newFolder(), 'gone');
    mkdirSync(folder);
    const { time, heartbeat } = stage({ file: join(folder, 'beat') });
    await expect.poll(() => readdirSync(folder)).toEqual(['beat']);
    rmSync(folder, { recursive: true });
    await expect
      .poll(async () => {
        await time.pass(10_000);
        return heartbeat.metrics()[0]!.lastError;
      })
      .toMatch(/cannot be written \(ENOENT\)/);
  });

  it('reaches a real watchdog by GET', async () => {
    const requested: string[] = [];
    const port = await listen((request, response) => {
      requested.push(`${request.method} ${request.url}`);
      response.end('OK');
    });
    const url = `http://127.0.0.1:${port}/ping/uuid`;
    const heartbeat = startHeartbeat({
      settings: { webhook: { url, method: 'GET' } },
      siteName: 'Warehouse 7',
      isWatching: () => SOUND,
      outbound: openOutbound({ hosts: [`127.0.0.1:${port}`], networks: ['loopback'] }),
      publish: null,
      timers: new VirtualTime(START_MS),
      log: SILENT as never,
    });
    await heartbeat.close();
    expect(requested).toEqual(['GET /ping/uuid']);
    expect(heartbeat.metrics()).toMatchObject([{ lastBeatMs: START_MS, failures: 0 }]);
  });

  it('needs what it was told to use', () => {
    const start = (settings: HeartbeatSettings) => () =>
      startHeartbeat({
        settings,
        siteName: 'x',
        isWatching: () => SOUND,
        outbound: openOutbound({ hosts: [] }),
        publish: null,
        timers: new VirtualTime(START_MS),
        log: SILENT as never,
      });
    expect(start({ webhook })).toThrow(/heartbeat\.webhook\.url: hc\.example is not among the hosts/);
    expect(start({ mqttTopic: 't' })).toThrow(/heartbeat\.mqttTopic: there is no MQTT/);
  });
});
