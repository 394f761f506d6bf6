/** Recordings have a service of their own: its clock is that of the data, and nobody is notified of what is over. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../src/compose.ts';
import type { ServiceOptions } from '../src/options.ts';
import { recordOf, START_MS } from './stand-in.ts';

const LATER_MS = START_MS + 300 * 86_400_000;
const NOTIFY: NonNullable<ServiceOptions['notify']> = {
  channels: { shift: { kind: 'mqtt', topic: 'told' } },
  routes: [{ channels: ['shift'], priorities: [1, 2] }],
};

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'emberwatch-playback-'));
  cleanUp.push(() => rm(made, { recursive: true }));
  return join(made, 'data');
}

async function start(options: ServiceOptions): Promise<BuiltService> {
  const service = await buildService({ now: () => LATER_MS, access: 'open', logLevel: 'silent', ...options });
  cleanUp.push(() => service.close());
  return service;
}

const ask = async ({ app }: BuiltService, url: string, payload?: unknown) => {
  const headers = { host: 'localhost', 'content-type': 'application/json' };
  const method = payload === undefined ? 'GET' : 'POST';
  const body = payload === undefined ? {} : { payload: JSON.stringify(payload) };
  return (await app.inject({ method, url: `/api/v1${url}`, headers, ...body })).json();
};

/** Three modules for so many seconds; the third heats by 1 K/s after a minute. */
const recording = (spanS: number): object[] =>
  Array.from({ length: spanS }, (_, s) =>
    ['R_1', 'R_2', 'R_3'].map((id) =>
      recordOf(id, s, {
        surface_temperature_max_degc: 25 + 0.1 * (s % 3) + (id === 'R_3' ? Math.max(0, s - 60) : 0),
        voltage_v: 51 + 0.01 * (s % 5),
      }),
    ),
  ).flat();

describe('a service for recordings', () => {
  it('evaluates what is months old as the present of its clock, and says what it is', async () => {
    const service = await start({ isPlayback: true });
    const answer = await ask(service, '/frames', recording(200));
    expect(answer).toMatchObject({ accepted: 600, late: 0 });
    expect(answer.old).toBeUndefined();
    const { health, modules } = await ask(service, '/modules');
    expect(health).toMatchObject({ isPlayback: true, clockMs: START_MS + 199_000, hostClockErrorMs: null });
    expect(modules.map(({ level }: { level: string }) => level)).toEqual(['normal', 'normal', 'critical']);
    service.monitor.tick();
    const { alarms } = await ask(service, '/alarms?open=true');
    expect(alarms.map(({ kind }: { kind: string }) => kind)).toEqual(['hazard']);
    expect(alarms[0].text).not.toContain('old');
  });

  it('has nobody to notify, whatever the settings say', async () => {
    const service = await start({ isPlayback: true, mqtt: { embedded: { port: 0 } }, notify: NOTIFY });
    expect(await service.site.testNotices('Ada')).toEqual([]);
    await ask(service, '/frames', recording(200));
    expect(await service.site.store.waitingOutbox(10)).toEqual([]);
  });
});

describe('a live service', () => {
  it('calls the same old, and takes none of it for the present', async () => {
    const service = await start({});
    expect(await ask(service, '/frames', recording(200))).toMatchObject({ accepted: 600, old: 600 });
    const { health, modules } = await ask(service, '/modules');
    expect(health.isPlayback).toBe(false);
    for (const { level } of modules) expect(level).not.toBe('normal');
    const { alarms } = await ask(service, '/alarms?open=true');
    expect(alarms.find(({ kind }: { kind: string }) => kind === 'hazard').text).toMatch(
      /; data 300 days old\.$/,
    );
  });
});

describe('a data directory', () => {
  it.each([true, false])('of one kind is refused by the other: first playback %s', async (isPlayback) => {
    const dataDirectory = await folder();
    const first = await buildService({ dataDirectory, isPlayback, access: 'open', logLevel: 'silent' });
    await ask(first, '/frames', recording(2));
    await first.close();
    await expect(start({ dataDirectory, isPlayback: !isPlayback })).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      detail: expect.stringContaining('--playback'),
    });
    const again = await start({ dataDirectory, isPlayback });
    expect(again.monitor.fleet.size).toBe(3);
  });
});
