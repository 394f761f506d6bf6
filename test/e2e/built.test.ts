import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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

  it('serves the API and the page, and ends when it is asked to', async () => {
    const child = start(['serve', '--port', '0']);
    const url = await new Promise<string>((done, fail) => {
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
        const found = /listens on (http:\S+)/.exec(said);
        if (found) done(found[1]!);
      });
      child.on('close', () => fail(new Error(`ended early: ${said}`)));
    });
    try {
      const posted = await fetch(`${url}/api/v1/frames`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ time: '2026-01-15T08:00:00Z', module_id: 'M1', voltage_v: 51.2 }),
      });
      expect(await posted.json()).toMatchObject({ accepted: 1, rejected: 0 });
      expect(await (await fetch(`${url}/api/v1/health`)).json()).toMatchObject({ framesAccepted: 1 });
      const page = await fetch(url);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(await page.text()).toContain('<div id="root">');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
  });
});
