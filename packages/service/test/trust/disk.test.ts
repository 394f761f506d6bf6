/**
 * A disk that is full, first down to the reserve that is kept for alarms, then to the last byte. It needs a file system of
 * its own: without the right to mount one it skips and says so, except in CI, where it fails.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, expect, it } from 'vitest';
import { withTokens } from '../../src/auth/offline.ts';
import { checkAlarms, readKept } from './kept.ts';
import { bundleService, Program } from './program.ts';
import { Receiver, until } from './receiver.ts';
import { bodyOf, moduleOf, type Story } from './story.ts';

const MIB = 1024 * 1024;
/** The reserve of 256 MiB, and some for readings. */
const DISK_MIB = 288;
const PIECE = Buffer.alloc(MIB);

const mountPoint = mkdtempSync(join(tmpdir(), 'emberwatch-trust-disk-'));
const why = mounted();
if (why !== null) process.stderr.write(`a full disk is not tried: ${why}\n`);
afterAll(() => {
  if (why === null) execFileSync('umount', [mountPoint]);
  rmSync(mountPoint, { recursive: true, force: true });
});

bundleService();

/** Null where it is; else why it cannot be. */
function mounted(): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', mountPoint], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const freeBytes = (): number => {
  const { bavail, bsize } = statfsSync(mountPoint);
  return bavail * bsize;
};

const FILLER = join(mountPoint, 'filler');

/** Somebody else writes until no more than so much is free. */
function fillTo(bytes: number): void {
  const file = openSync(FILLER, 'a');
  try {
    for (;;) {
      const over = freeBytes() - bytes;
      if (over <= 0) return;
      writeSync(file, PIECE, 0, Math.min(over, PIECE.length));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

const HOT = moduleOf('north', 3);
const STORY: Story = {
  gatewayId: 'north',
  modules: 16,
  instants: 300,
  heatings: [{ moduleId: HOT, fromInstant: 180, perInstantK: 1 }],
};
const WEST: Story = { gatewayId: 'west', modules: 4, instants: 1, heatings: [] };

async function deliver(
  program: Program,
  instant: number,
): Promise<{ status: number; code: string | null; retryAfter: string | null }> {
  const response = await fetch(`${program.url}/api/v1/frames`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-ndjson',
      'emberwatch-gateway': 'north',
      'emberwatch-epoch': 'first',
      'emberwatch-number': String(instant + 1),
    },
    body: bodyOf(STORY, instant),
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  return {
    status: response.status,
    code: error?.code ?? null,
    retryAfter: response.headers.get('retry-after'),
  };
}

const isOfHot = (alarm: { kind: string; source: string }): boolean =>
  alarm.kind === 'hazard' && alarm.source === HOT;

const REFUSED = { status: 507, code: 'STORAGE_FULL', retryAfter: '1' };

it.skipIf(why !== null && process.env['CI'] !== 'true')(
  'a full disk: nothing is acknowledged, the watch goes on, and afterwards all is there',
  { timeout: 240_000 },
  async () => {
    expect(why, 'a file system of its own').toBeNull();
    const data = join(mountPoint, 'data');
    mkdirSync(data);
    const webhook = await Receiver.start();
    const { token } = await withTokens(data, Date.now, (access, actor) =>
      access.create({ name: 'west', role: 'gateway', modules: ['*'] }, actor),
    );
    const program = await Program.start({
      dataDirectory: data,
      silentAfterMs: 600_000,
      mqtt: { embedded: { port: 0 } },
      outbound: { hosts: [webhook.host], networks: ['loopback'] },
      notify: {
        channels: { phone: { kind: 'webhook', url: webhook.url } },
        routes: [{ channels: ['phone'] }],
      },
    });
    const alarms = async (): Promise<{ kind: string; source: string; level: string | null }[]> =>
      (await program.get('/alarms?open=true')).alarms;
    const has = async (kind: string): Promise<boolean> =>
      (await alarms()).some((alarm) => alarm.kind === kind);
    for (let instant = 0; instant < 100; instant++)
      expect(await deliver(program, instant)).toMatchObject({ status: 200 });

    // Down to the reserve: readings are refused, everything else is kept.
    fillTo(200 * MIB);
    let next = 100;
    // How much is free is known as of a second ago.
    await until(async () => {
      const { status } = await deliver(program, next);
      if (status === 200) next++;
      return status !== 200;
    }, 'a refusal');
    expect(await deliver(program, next)).toEqual(REFUSED);
    await until(async () => {
      await deliver(program, next);
      return has('storage');
    }, 'the alarm of the storage');
    expect((await fetch(`${program.url}/api/v1/ready`)).status).toBe(503);
    const gateway = await connectAsync(`mqtt://127.0.0.1:${program.service.mqttPort}`, {
      protocolVersion: 5,
      username: 'west',
      password: token,
    });
    let isAcknowledged = false;
    const rejected = new Promise((resolve) => gateway.once('disconnect', resolve));
    const published = gateway
      .publishAsync('emberwatch/site/west/first/1/frames', bodyOf(WEST, 0), { qos: 1 })
      .then(() => {
        isAcknowledged = true;
      });
    expect(await rejected, 'by MQTT').toMatchObject({ reasonCode: 0x97 });
    expect(isAcknowledged).toBe(false);

    // To the last byte: a module that heats is judged and told of, although nothing of it can be kept.
    fillTo(0);
    for (let instant = next; instant < STORY.instants; instant++)
      expect(await deliver(program, instant)).toEqual(REFUSED);
    const isHot = ({ body }: { body: unknown }): boolean => {
      const text = JSON.stringify(body);
      return text.includes('critical') && text.includes(HOT);
    };
    await until(() => webhook.reported.some(isHot), 'the emergency through the webhook');
    expect(await alarms()).toContainEqual(
      expect.objectContaining({ kind: 'hazard', source: HOT, level: 'critical' }),
    );
    const [storage] = (await alarms()).filter(({ kind }) => kind === 'storage');
    expect(storage).toBeDefined();
    // What people do is done and stored, or neither.
    const hazard = async () => (await program.get('/alarms?open=true')).alarms.find(isOfHot);
    const before = await hazard();
    const acknowledging = await program.post(`/alarms/${before.id}/acknowledge`, {});
    expect([503, 507]).toContain(acknowledging.status);
    expect(await hazard()).toMatchObject({ state: before.state, acknowledgedBy: null });

    // Room again: the gateways send what they have kept.
    rmSync(FILLER);
    await until(async () => (await deliver(program, next)).status === 200, 'room is noticed');
    for (let instant = next + 1; instant < STORY.instants; instant++)
      expect(await deliver(program, instant)).toMatchObject({ status: 200 });
    // The client sends it again by itself.
    await published;
    await gateway.endAsync();
    await until(async () => (await fetch(`${program.url}/api/v1/ready`)).status === 200, 'it is ready again');
    expect(await hazard()).toMatchObject({ acknowledgedBy: null });
    expect((await program.post(`/alarms/${before.id}/acknowledge`, {})).status).toBe(200);
    await program.stop();

    const kept = await readKept(data);
    expect(kept.frames).toBe(STORY.modules * STORY.instants + WEST.modules);
    for (const [moduleId, times] of kept.times)
      expect(times.length, moduleId).toBe(moduleId.startsWith('west') ? 1 : STORY.instants);
    checkAlarms(kept, 'after a full disk');
    const acknowledged = kept.audit.filter(({ action }) => action === 'alarm.acknowledged');
    expect(acknowledged.map(({ actor }) => actor)).toEqual(['open access']);
    const reported = kept.alarms.map(({ kind, source, highestLevel }) => [kind, source, highestLevel]);
    expect(reported).toContainEqual(['hazard', HOT, 'critical']);
    expect(reported).toContainEqual(['storage', 'site', null]);
    // It did not come and go while alarms could still be kept.
    expect(kept.alarms.filter(({ kind }) => kind === 'storage')).toMatchObject([{ returns: 0 }]);
  },
);
