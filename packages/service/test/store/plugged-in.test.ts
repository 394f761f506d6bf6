/** Another store in place of the embedded one: whoever implements `Store` can be plugged in. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { withTokens } from '../../src/auth/offline.ts';
import { buildService } from '../../src/compose.ts';
import type { OpenStore } from '../../src/store/store.ts';
import { Disk, VirtualStore } from '../simulation/disk.ts';
import { recordOf, START_MS } from '../stand-in.ts';

const calm = {
  delayMs: () => 0,
  mood: () => 'well' as const,
  after: (_delayMs: number, call: () => void) => queueMicrotask(call),
};

it('a store in memory keeps what a service is told, over a restart, and nothing is written elsewhere', async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'emberwatch-plugged-in-'));
  onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const disk = new Disk();
  const opened: string[] = [];
  const store: OpenStore = async (directory) => {
    opened.push(directory);
    return new VirtualStore(disk, calm).asStore();
  };
  let nowMs = START_MS;
  const now = (): number => nowMs;
  const start = () => buildService({ now, access: 'open', logLevel: 'silent', dataDirectory, store });

  const service = await start();
  for (let s = 0; s < 60; s++) {
    nowMs += 1000;
    const payload = [recordOf('R_1', s, { surface_temperature_max_degc: 25 + 2 * s })];
    const answer = await service.app.inject({
      method: 'POST',
      url: '/api/v1/frames',
      headers: { host: 'localhost' },
      payload,
    });
    expect(answer.statusCode, answer.body).toBe(200);
    service.monitor.tick();
  }
  const level = service.site.fleet.state('R_1')!.level;
  expect(level).toBe('critical');
  await service.close();
  expect(disk.frames.size).toBe(60);
  expect([...disk.alarms.values()].map(({ kind, source }) => `${kind} ${source}`)).toContain('hazard R_1');

  const again = await start();
  expect(again.monitor.recovery).toMatchObject({ from: 'snapshot', rejectedWhy: null });
  expect(again.monitor.alarms.open().some(({ kind, source }) => kind === 'hazard' && source === 'R_1')).toBe(
    true,
  );
  await again.close();

  const { info } = await withTokens(
    dataDirectory,
    now,
    (access, actor) => access.create({ name: 'east', role: 'gateway', modules: ['*'] }, actor),
    store,
  );
  expect(disk.tokens.get(info.id)).toMatchObject({ name: 'east' });
  expect(opened).toEqual([dataDirectory, dataDirectory, dataDirectory]);
  expect(readdirSync(dataDirectory)).toEqual([]);
});
