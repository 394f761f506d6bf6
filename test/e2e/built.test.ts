import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './command.ts';

const BUILT = join(ROOT, 'packages/cli/dist/emberwatch.js');

/** What runs in production: plain JavaScript, without the loader of the sources. */
describe.skipIf(!existsSync(BUILT) && !process.env['CI'])('the build (npm run build makes it)', () => {
  const start = (args: readonly string[]) => spawn(process.execPath, [BUILT, ...args], { cwd: ROOT });

  it('judges the example', async () => {
    const child = start([
      'watch',
      'examples/recordings/warehouse.parquet',
      '--map',
      'examples/recordings/warehouse.yaml',
      '--json',
    ]);
    let out = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    const code = await new Promise((done) => child.on('close', done));
    expect(code).toBe(0);
    expect(JSON.parse(out.trim().split('\n').at(-1)!)).toMatchObject({ type: 'summary', frames: 46_144 });
  });

  it('makes the tiny dataset, on threads with programs of their own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emberwatch-built-'));
    const child = start(['dataset', 'build', 'tiny', '-o', join(folder, 'tiny'), '--workers', '2', '--json']);
    let out = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
    const { runs, failed, rows } = JSON.parse(out);
    expect({ runs: runs > 10, failed, rows: rows > 10_000 }).toEqual({ runs: true, failed: 0, rows: true });
    await rm(folder, { recursive: true });
  });

  it('serves the API and the page, and ends when it is asked to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emberwatch-built-'));
    const child = start(['serve', '--port', '0', '--data', join(folder, 'data')]);
    const [url, token] = await new Promise<[string, string]>((done, fail) => {
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
        const found = /listens on (http:\S+)[\s\S]*?(ew_[\w-]+)/.exec(said);
        if (found) done([found[1]!, found[2]!]);
      });
      child.on('close', () => fail(new Error(`ended early: ${said}`)));
    });
    const authorization = `Bearer ${token}`;
    try {
      const posted = await fetch(`${url}/api/v1/frames`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ time: '2026-01-15T08:00:00Z', module_id: 'M1', voltage_v: 51.2 }),
      });
      expect(await posted.json()).toMatchObject({ accepted: 1, rejected: 0 });
      expect(
        await (await fetch(`${url}/api/v1/health`, { headers: { authorization } })).json(),
      ).toMatchObject({ framesAccepted: 1 });
      const page = await fetch(url);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(await page.text()).toContain('<div id="root">');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
    await rm(folder, { recursive: true });
  });
});
