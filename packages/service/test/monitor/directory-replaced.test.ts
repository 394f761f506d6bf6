/** The data directory is replaced while the service runs: no sender is told that anything is stored. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BuiltService, buildService } from '../../src/compose.ts';
import type { Protocol } from '../../src/monitor/intake.ts';
import { Reception } from '../../src/protocols/mqtt/reception.ts';
import { SparkplugHost } from '../../src/protocols/sparkplug/host.ts';
import { Edge, START_MS, temperature } from '../sparkplug/edge.ts';
import { recordOf } from '../stand-in.ts';

let folder: string;
let service: BuiltService;
let nowMs: number;
const data = (): string => join(folder, 'data');
const aside = (): string => join(folder, 'aside');

beforeEach(async () => {
  nowMs = START_MS;
  folder = await mkdtemp(join(tmpdir(), 'directory-replaced-'));
  const dataDirectory = data();
  service = await buildService({ dataDirectory, now: () => nowMs, access: 'open', logLevel: 'silent' });
});

afterEach(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

async function replace(): Promise<void> {
  await rename(data(), aside());
  await mkdir(data());
}

async function putBack(): Promise<void> {
  await rm(data(), { recursive: true });
  await rename(aside(), data());
}

async function storageAlarms(): Promise<string[]> {
  for (let second = 0; second < 4; second++) {
    nowMs += 1000;
    service.monitor.tick();
    await service.monitor.commitQueue.checkPlace();
  }
  service.monitor.tick();
  return service.monitor.alarms
    .open()
    .filter(({ kind, state }) => kind === 'storage' && state !== 'returned')
    .map(({ source }) => source);
}

it('Sparkplug data are not acknowledged, an alarm says so, and they are stored once it is back', async () => {
  const intake = service.monitor.pipeline;
  const sparkplug = new SparkplugHost({ intake, command: () => undefined, now: () => nowMs });
  const reception = new Reception({ site: 'north', intake, sparkplug });
  const edge = new Edge();
  const prepare = (type: string, payload: Uint8Array, device?: string) => {
    const prepared = reception.prepare({ topic: edge.topic(type, device), payload }, null);
    if ('kind' in prepared) throw new Error(prepared.detail);
    return prepared;
  };
  expect(await prepare('NBIRTH', edge.nodeBirth()).run()).toMatchObject({ kind: 'stored' });
  expect(await prepare('DBIRTH', edge.deviceBirth(0), 'm1').run()).toMatchObject({ kind: 'stored' });
  await replace();
  nowMs += 1000;
  const hot = prepare('DDATA', edge.data(1, temperature(95)), 'm1');
  expect(await hot.run()).toMatchObject({ kind: 'busy' });
  expect(await storageAlarms()).toHaveLength(1);
  await putBack();
  expect(await hot.run()).toMatchObject({ kind: 'stored' });
});

it.each<Protocol>(['modbus', 'sunspec', 'http'])(
  'readings over %s are refused as not stored',
  async (protocol) => {
    const take = () =>
      service.monitor.pipeline.takeRecords(
        { gatewayId: 'gw', door: protocol, sequence: null, modules: null },
        [{ ...recordOf('A', 0), time: new Date(nowMs).toISOString() }],
      );
    await replace();
    await expect(take()).rejects.toMatchObject({ code: 'STORAGE_FAILED', retriable: true });
    expect(await storageAlarms()).toHaveLength(1);
    await putBack();
    nowMs += 1000;
    expect(await take()).toMatchObject({ accepted: 1 });
  },
);
