/** A delivery on which the service fails every time blocks its sender for ever: it is set aside, stored and alarmed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BuiltService, buildService } from '../../src/compose.ts';
import type { Delivery } from '../../src/monitor/intake.ts';
import { Reception } from '../../src/protocols/mqtt/reception.ts';
import { recordOf, START_MS } from '../stand-in.ts';

const SENDER = { topic: 'emberwatch/north/gw/frames', payload: Buffer.from('') };
let service: BuiltService;
let dataDir: string;
let nowMs = START_MS;

async function start(): Promise<void> {
  service = await buildService({
    dataDirectory: dataDir,
    now: () => nowMs,
    access: 'open',
    logLevel: 'silent',
  });
}

beforeEach(async () => {
  nowMs = START_MS;
  dataDir = await mkdtemp(join(tmpdir(), 'set-aside-'));
  await start();
});

afterEach(async () => {
  await service.close();
  await rm(dataDir, { recursive: true });
});

/** The defect: whatever holds this module makes the evaluation throw. */
const breakOn = (moduleId: string) => {
  const { fleet } = service.monitor;
  const claim = fleet.claim.bind(fleet);
  return vi.spyOn(fleet, 'claim').mockImplementation((id, ...rest) => {
    if (id === moduleId) throw new TypeError('a defect');
    return claim(id, ...rest);
  });
};

const bodyOf = (...modules: string[]): Buffer =>
  Buffer.from(JSON.stringify(modules.map((moduleId) => recordOf(moduleId, 0))));

/** As a client at QoS 1 does: again and again until it is answered. @returns attempts, and the last outcome */
async function publish(payload: Buffer, max = 20) {
  const reception = new Reception({ site: 'north', intake: service.monitor.pipeline });
  for (let attempts = 1; ; attempts++) {
    const prepared = reception.prepare({ ...SENDER, payload }, null);
    const { kind } = 'kind' in prepared ? prepared : await prepared.run();
    if ((kind !== 'busy' && kind !== 'failed') || attempts === max) return { attempts, kind };
  }
}

const open = () => {
  service.monitor.tick();
  return service.monitor.alarms
    .open()
    .map(({ kind, source, priority, text }) => ({ kind, source, priority, text }));
};
const setAside = () => service.monitor.pipeline.setAside.list();

describe('a message on which the service fails', () => {
  it('is set aside after five attempts, the client goes on, and the alarm says what was not evaluated', async () => {
    breakOn('poison');
    const payload = bodyOf('A', 'poison');
    expect(await publish(payload)).toEqual({ attempts: 5, kind: 'invalid' });
    expect(await publish(bodyOf('B'))).toEqual({ attempts: 1, kind: 'stored' });
    const [one] = setAside();
    expect(one).toMatchObject({ gatewayId: 'gw', door: 'mqtt', error: 'TypeError: a defect' });
    expect(Buffer.from(one!.bodyBase64, 'base64')).toEqual(payload);
    expect(open()).toContainEqual({
      kind: 'rejections',
      source: 'gw',
      priority: 3,
      text: expect.stringContaining('1 message set aside and NOT evaluated'),
    });
    expect([...service.monitor.pipeline.gateways.refusals()]).toContainEqual(
      expect.objectContaining({ gatewayId: 'gw', reason: 'failed', count: 5 }),
    );
  });

  it('survives a restart, and is removed by an engineer with a reason; then the same is evaluated', async () => {
    breakOn('poison');
    await publish(bodyOf('poison'));
    await service.close();
    await start();
    expect(open()).toContainEqual(expect.objectContaining({ kind: 'rejections', source: 'gw' }));
    expect(await publish(bodyOf('poison'))).toEqual({ attempts: 1, kind: 'invalid' });
    const { id } = setAside()[0]!;
    await expect(async () => service.monitor.removeSetAside(id, 'Ada', ' ')).rejects.toThrow(/reason/);
    expect(setAside()).toHaveLength(1);
    await service.monitor.removeSetAside(id, 'Ada', 'version 2 reads it');
    const rows = await service.site.store.audit({ afterSeq: 0, limit: 100 });
    expect(rows).toContainEqual(expect.objectContaining({ action: 'delivery.removed', subject: id }));
    expect(await publish(bodyOf('poison'))).toEqual({ attempts: 1, kind: 'stored' });
    await service.close();
    await start();
    expect(setAside()).toEqual([]);
  });

  it('is not acknowledged where it cannot be stored, or where the gateway has four of them', async () => {
    breakOn('poison');
    const write = vi.spyOn(service.monitor.commitQueue, 'writeFirst').mockRejectedValue(new Error('no disk'));
    expect(await publish(bodyOf('poison', 'first'))).toMatchObject({ attempts: 20 });
    expect(setAside()).toEqual([]);
    write.mockRestore();
    for (const name of ['1', '2', '3', '4'])
      expect(await publish(bodyOf('poison', name))).toMatchObject({ kind: 'invalid' });
    expect(await publish(bodyOf('poison', '5'))).toEqual({ attempts: 20, kind: 'failed' });
    expect(setAside()).toHaveLength(4);
  });

  it('what of it was evaluated before is stored under its own gateway', async () => {
    breakOn('poison');
    const delivery: Delivery = { gatewayId: 'gw', door: 'http', sequence: null, modules: null };
    await expect(service.monitor.pipeline.take(delivery, 'json', bodyOf('A', 'poison'))).rejects.toThrow(
      'a defect',
    );
    await service.monitor.pipeline.take({ ...delivery, gatewayId: 'other' }, 'json', bodyOf('B'));
    const batches = await service.site.store.journalAfter(0, 10);
    expect(batches.map(({ gatewayId, frameCount }) => [gatewayId, frameCount])).toEqual([
      ['gw', 1],
      ['other', 1],
    ]);
  });
});
