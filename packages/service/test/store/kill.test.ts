import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@emberwatch/engine/random';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/store/audit-chain.ts';
import { decodeFrames } from '../../src/store/frames.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { START_MS } from './samples.ts';

const KILLS = 20;
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

let bundle: string;
let folder: string;

beforeAll(async () => {
  // Bundled as production is: the process starts in a fifth of the time, and the thread from its own file.
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  bundle = mkdtempSync(join(ROOT, 'node_modules/.cache/emberwatch-victim-'));
  folder = mkdtempSync(join(tmpdir(), 'emberwatch-kill-'));
  await build({
    entryPoints: {
      victim: fileURLToPath(new URL('victim.ts', import.meta.url)),
      'store-worker': fileURLToPath(new URL('../../src/store/worker.ts', import.meta.url)),
    },
    outdir: bundle,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['libsql'],
    logLevel: 'silent',
  });
});

afterAll(() => {
  for (const path of [bundle, folder]) if (path) rmSync(path, { recursive: true, force: true });
});

/** Lets a process commit, kills it so many ms after its first acknowledgement, and returns the numbers it was given. */
async function killedAfter(directory: string, delayMs: number): Promise<number[]> {
  const child = spawn(process.execPath, [join(bundle, 'victim.mjs'), directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += text));
  child.stdout.on('data', (text) => {
    if (printed === '') setTimeout(() => child.kill('SIGKILL'), delayMs);
    printed += text;
  });
  const signal = await new Promise((done) => child.on('close', (_, by) => done(by)));
  expect(signal, complaint).toBe('SIGKILL');
  // A number that was cut by the kill was not acknowledged.
  return printed.split('\n').slice(0, -1).map(Number);
}

async function everythingOf(store: Store) {
  const times = { m1: [] as number[], m2: [] as number[] };
  for await (const piece of store.frames(null, 0, Number.MAX_SAFE_INTEGER))
    decodeFrames(piece, ({ moduleId, timeMs }) =>
      times[moduleId as 'm1' | 'm2'].push((timeMs - START_MS) / 10_000),
    );
  const alarms: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await store.alarms({ limit: 1000, ...(cursor && { cursor }) });
    alarms.push(...page.rows.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor);
  return {
    times,
    alarms: alarms.map((id) => Number(id.slice(1))).reverse(),
    audit: await store.audit({ afterSeq: 0, limit: 1e6 }),
    notices: (await store.waitingOutbox(1e6)).map(({ id }) => Number(id.slice(1))),
    lastSeq: await store.lastSeq(),
    delivered: (await store.deliveries())[0]?.number,
    snapshot: await store.snapshot(),
  };
}

describe('a process that is killed', () => {
  it('keeps what it acknowledged, once each, and nothing half', { timeout: 180_000 }, async () => {
    const random = createRandom(20_260_301, 'kills');
    const directory = join(folder, 'data');
    const delays = Array.from({ length: KILLS }, () => Math.floor(random.uniform() * 120));
    for (const [life, delayMs] of delays.entries()) {
      const acknowledged = await killedAfter(directory, delayMs);
      const store = await openStore(directory, { now: () => START_MS, minFreeBytes: 0 });
      const { lastSeq, times, alarms, audit, notices, delivered, snapshot } = await everythingOf(store);
      const all = Array.from({ length: lastSeq }, (_, k) => k + 1);
      const place = `life ${life} of ${lastSeq} commits, killed after ${delayMs} ms (delays: ${delays.join(' ')})`;
      expect(acknowledged.length, place).toBeGreaterThan(0);
      expect(Math.max(...acknowledged), place).toBeLessThanOrEqual(lastSeq);
      expect(times, place).toEqual({ m1: all, m2: all });
      expect(alarms, place).toEqual(all);
      expect(
        notices.sort((a, b) => a - b),
        place,
      ).toEqual(all);
      expect(delivered, place).toBe(lastSeq);
      expect(audit, place).toHaveLength(lastSeq);
      expect(verifyAudit(audit), place).toMatchObject({ isRight: true });
      if (snapshot) expect(snapshot.parts[0]!.length, place).toBe(snapshot.takenMs % 9999);
      await store.close();
    }
  });
});
